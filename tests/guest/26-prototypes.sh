#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What the kernel's BTF says of each function that the module hooks: its arguments are those
# that the callbacks read, and not more than the hook passes on. And of the structures that the
# module has copies of.
# vm: -c 1 -m 1024 -t 120

. tests/cli.bash
. tests/guest/lib.bash

table=$dir/prototypes
tests/btf/table > "$table"
prototypes=(build/tests/btf/prototypes /sys/kernel/btf/vmlinux)

for backend in auto probe; do
	ok "hooks=$backend: load" modprobe ipcstat hooks=$backend
	ipcstat hooks -J > "$dir/json"
	json "$dir/json" '"\n".join("%s %s %d" % (h["symbol"], h["kind"], h.get("args", 0))
		for h in j["hooks"] if "symbol" in h and h["kind"] != "tracepoint")' > "$dir/hooks"
	is "hooks=$backend: every hook on results tells its arguments" \
		"$(awk '$2 != "entry" && $3 < 1' "$dir/hooks")" ""
	merge "hooks=$backend" "${prototypes[@]}" "$table" "$dir/hooks"
	rmmod ipcstat
done

layouts=(build/tests/btf/layouts ipcstat)
ok "load" modprobe ipcstat
is "the copies of structures" "$(sed -n 's/^struct \(ipc_.*\) {$/\1/p' module/compat.h | xargs)" \
	"ipc_msg_queue ipc_eventfd ipc_mqueue"
if [ -e /sys/kernel/btf/ipcstat ]; then
	merge "copies" "${layouts[@]}" ipc_msg_queue=msg_queue ipc_eventfd=eventfd_ctx ipc_mqueue=mqueue_inode_info
	fails "one that is another" 1 'the kernel has none' "${layouts[@]}" ipc_msg_queue=mqueue_inode_info
else
	skip "the copies, by the BTF of both" "the module was built without BTF: it takes the kernel's vmlinux"
fi
rmmod ipcstat

# The check can fail.
echo "do_msgrcv wrap 5" > "$dir/hooks"
fails "a hook that passes on too few arguments" 1 '6 arguments, of which 5' \
	"${prototypes[@]}" "$table" "$dir/hooks"
echo "do_sendfile probe 6" > "$dir/hooks"
sed 's/int out_fd, int in_fd/int in_fd, int out_fd/' "$table" > "$dir/table"
fails "a function with other arguments" 1 'table: .*in_fd, int out_fd' \
	"${prototypes[@]}" "$dir/table" "$dir/hooks"
echo "kernel_clone wrap 6" > "$dir/hooks"
fails "a function that the table has not" 1 'not in the table' "${prototypes[@]}" "$table" "$dir/hooks"
echo "no_such_function wrap 6" > "$dir/hooks"
fails "a function that the kernel has not" 1 'no such function' \
	"${prototypes[@]}" "$table" "$dir/hooks"

is "the table has nothing that is not hooked" \
	"$(sed -nE 's/^[^(]*[ *]([a-z0-9_]+)\(.*/\1/p' "$table" | sort -u |
		while read -r name; do grep -q "\"$name\"" module/mech/*.c module/mech/*/*.c module/compat.h || echo "$name"; done)" ""
done_testing
