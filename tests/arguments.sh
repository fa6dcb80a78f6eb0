#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What the tools say to wrong arguments: one line, and status 2. No module is needed
# for that. With the sanitizers, too.
set -u

cd "${0%/*}/.." || exit 2
. tests/cli.bash

# each PROGRAM: lines of "pattern arguments..." from stdin
each() {
	local program=$1 pattern args words
	while read -r pattern args; do
		eval "words=($args)"
		complains "$program $args" 2 "$pattern" "$program" "${words[@]}"
	done
}

ipcstat() { # PROGRAM
	each "$1" <<- 'END'
		no.such.option -5
		no.such.option 1 -1
		no.such.option -x
		no.such.option -Jx
		no.such.option --foo
		takes.no.value --json=3
		not.a.DELAY abc
		not.a.DELAY 1.5
		not.a.DELAY 1s
		not.a.DELAY +1
		not.a.DELAY ''
		not.a.DELAY -J signals
		DELAY.goes.from.1.to 0
		DELAY.goes.from.1.to 2147483648
		DELAY.goes.from.1.to 99999999999999999999999999
		COUNT.goes.from.1.to 1 0
		COUNT.goes.from.1.to 1 18446744073709551616
		not.a.COUNT 1 x
		nothing.can.follow 1 2 3
		give.a.DELAY -y
		needs.a.value -o
		needs.a.value --output
		needs.a.value --mechanism
		takes.no.such signals 1
		no.such.option signals -y
		needs.a.value signals --columns
		no.such.format.of.times --time-format rfc
		there.are:.short.iso.epoch signals --time-format ''
		needs.a.value events --time-format
		there.are:.short.iso.epoch events --time-format full
		no.such.option events --raw
		no.such.option events -t
		there.are:.auto.always.never --color=red
		there.are:.auto.always.never limits --color=
		takes.no.value limits --raw=1
		takes.no.value limits --noheadings=no
		takes.no.value limits --bytes=1
		no.such.column;.there.are:.mechanism.limit.use.max.use%.unit.scope limits -o size
		no.such.column limits -J -o size
		no.such.column limits --columns=Use
		no.such.column limits --output 'use ,max'
		named.twice limits -o use,max,use
		is.empty limits -o use,,max
		is.empty limits -o ''
		is.empty limits -o +
		named.twice limits -o +use,use
		no.such.column limits -o +max,size
		no.such.column limits -o all,use
		there.are:.hook.kind.state.missed.feeds hooks -o nonsense
		there.are:.pid.tid.comm blocked -o nonsense
		there.are:.pid.comm.mechanism.object.send_ops flows -o nonsense
		there.are:.user.send_ops flows -o comm --by user
		there.are:.mechanism.send_ops run --columns comm true
		there.are:.pid.comm.mechanism.send_ops top -b -o nonsense
		with.-b.only top -o pid
		with.-b.only top --raw
		with.-b.only top --noheadings
		with.-b.only top --time-format iso
		no.such.option top --json
		no.such.option hist --raw
		no.such.option graph -t
		no.such.option load -J
		no.such.option complete -x
		takes.no.such hooks pipe
		no.such.mechanism.with.limits limits futex
		there.are:.pipe.sysv_msg limits -J nonsense
		no.such.mechanism limits tcp nonsense udp
		named.twice limits tcp tcp
		is.empty limits ''
		no.such.option limits -z
		takes.no.value limits --json=1
		one.list.of.mechanisms hist pipe fifo
		no.such.option hist -y
		takes.no.value hist --json=1
		takes.no.such blocked pipe
		no.such.option blocked -z
		needs.a.value blocked --longer-than
		needs.a.value blocked --mechanism
		no.time blocked --longer-than ''
		no.time blocked --longer-than abc
		no.time blocked --longer-than -1s
		no.time blocked --longer-than +1s
		no.time blocked --longer-than .5s
		no.time blocked --longer-than 1x
		no.time blocked --longer-than 1.2.3s
		no.time blocked --longer-than 1e3s
		no.time blocked --longer-than 0x10s
		no.time blocked --longer-than inf
		no.time blocked --longer-than nan
		no.time blocked --longer-than '1 s'
		no.time blocked --longer-than 1s1
		no.time blocked --longer-than 99999999999999999999s
		takes.on,.off flows pipe
		no.such.option flows -z
		needs.a.value flows --by
		no.such.grouping flows --by pairs
		no.such.number.to.sort flows --sort size
		no.process.has flows -p 0
		no.process.has flows -p x
		no.process.has flows -p 99999999999
		no.number.of.bytes flows --min-bytes -1
		no.number.of.bytes flows --min-bytes 1k
		invalid.object flows --object 0x1
		invalid.object flows --object=-
		no.number.of.flows flows on 0
		no.number.of.flows flows on many
		takes.no.such flows on 64 65
		takes.no.such flows off 64
		takes.no.such graph pipe
		no.such.option graph -J
		no.process graph -p 0
		no.process graph -p -1
		no.process graph --pid 2147483648
		no.number.of.bytes graph --min-bytes 1k
		needs.the.name graph --svg ''
		needs.a.value graph --svg
		needs.a.value graph -C
		no.such.group events pips
		no.such.group events wait-1s
		no.such.option events -z
		no.process.has events -p 0
		no.number.of.events events --count 0
		no.number.of.events events --count x
		no.time.of.1ms events --wait 999us
		no.time.of.1ms events --wait soon
		needs.a.value events --wait
		takes.no.such top pipe
		no.such.option top -J
		no.such.option top --min-bytes 23
		needs.a.value top -d
		no.delay top -d 0
		no.delay top -d 0.09
		no.delay top -d -1
		no.delay top -d +1
		no.delay top -d ''
		no.delay top -d .
		no.delay top -d 1,5
		no.delay top -d 1.2.3
		no.delay top -d 1e3
		no.delay top -d 0x10
		no.delay top -d inf
		no.delay top -d nan
		no.delay top -d 1000001
		no.number.of.reports top -b -n 0
		no.number.of.reports top -n x
		no.number.of.reports top -n 99999999999
		no.process.has top -p 0
		needs.a.command run
		needs.a.command run --
		needs.a.command run -J --by process
		no.such.option run -z true
		takes.no.value run --json=1 true
		needs.a.value run --by
		needs.a.value run -o
		needs.the.name run -o '' true
		unknown.user.'no-such-user':.no.such.name.or.number run -u no-such-user true
		unknown.user.'' run -u '' true
		unknown.user.'4294967295' run --user 4294967295 true
		unknown.user.'-1' run --user=-1 true
		needs.a.value run -u
		no.such.grouping run --by pairs true
		no.such.number.to.sort run --sort size -- true
		no.number.of.flows run --max-flows 0 true
		no.number.of.flows run --max-flows -1 true
		no.number.of.flows run --max-flows 64k true
		no.number.of.flows run --max-flows 4294967296 true
		takes.no.such exporter pipe
		no.such.option exporter -J
		needs.a.value exporter --listen
		needs.a.value exporter --textfile
		needs.the.name exporter --textfile ''
		no.address exporter --listen ''
		no.address exporter --listen 127.0.0.1
		no.address exporter --listen :10472
		no.address exporter --listen 10472
		no.address exporter --listen 127.0.0.1:
		no.address exporter --listen 127.0.0.1:0
		no.address exporter --listen 127.0.0.1:65536
		no.address exporter --listen 127.0.0.1:http
		no.address exporter --listen 127.0.0.1:-1
		no.address exporter --listen 127.0.0.256:10472
		no.address exporter --listen localhost:10472
		no.address exporter --listen ::1:10472
		no.address exporter --listen '[]:10472'
		no.address exporter --listen '[::1:10472'
		no.address exporter --listen '[::1]'
		no.address exporter --listen '[::1] :10472'
		takes.no.value exporter --created=1
		nothing.to.--listen.for exporter --textfile x --listen 127.0.0.1:10472
		takes.no.value exporter --flows=1
		flows.is.of.the.page exporter --textfile x --flows
		created.is.of.OpenMetrics exporter --textfile x --created
		from.1.to.1000 exporter --per-process=0
		from.1.to.1000 exporter --per-process=
		from.1.to.1000 exporter --per-process=x
		from.1.to.1000 exporter --per-cgroup=1001
		from.1.to.1000 exporter --per-cgroup=-1
		takes.no.such exporter --per-process 5
		no.such.option hooks -z
		takes.no.such unload ipcstat
		not.PARAMETER=VALUE load max_objects
		not.PARAMETER=VALUE load =3
		not.PARAMETER=VALUE load 'hooks=auto max_objects=3'
		no.such.option load --now
	END
}

ipclab() { # PROGRAM
	each "$1" <<- 'END'
		what.to.do
		no.such.command frobnicate
		takes.no.such list pipe
		takes.one.name run
		takes.one.name run pipe fifo
		no.such.exercise run nonsense
		no.such.exercise run ''
		no.such.option run pipe -x
		needs.a.value run pipe -n
		not.a.whole.number run pipe -n x
		not.a.whole.number run pipe -n ''
		not.a.whole.number run pipe -n -1
		not.a.whole.number run pipe -n 1.5
		out.of.range run pipe -n 0
		out.of.range run pipe -n 99999999999999999999
		out.of.range run pipe -p 0
		out.of.range run pipe -p 257
		out.of.range run pipe -s 0
		too.large:.at.most.65536 run pipe -s 65537
		too.large:.at.most.65507 run udp -s 65508
		too.large run all -s 65537
		-s.does.not.apply run sysv_sem -s 3
		unknown.lab lab nonsense
		unknown.lab lab 0
		unknown.lab lab 21
		unknown.lab lab ''
		unknown.lab lab 1x
		unexpected.argument.'2' lab 1 2
		missing.lab lab -q
		missing.lab lab --source
		runs.no.lab lab 1 --source -q
		runs.no.lab lab 1 --task --program /bin/true
		not.both lab 1 --source --task
		for.one.lab lab all --program /bin/true
		for.one.lab lab all --task
		takes.no.program lab cost --program /bin/true
		No.such.file lab copies --program /nonexistent
		Permission.denied lab copies --program /etc/passwd
		no.such.option lab -x
		needs.a.value lab 1 --program
		no.such.option -n 3 bench pipe
		no.such.mechanism;.there.are:.pipe.fifo bench nonsense
		no.such.mechanism bench pipe ''
		no.such.mechanism bench pipe all
		named.twice bench pipe fifo pipe
		no.such.option bench --foo
		no.such.option bench -p 3
		needs.a.value bench -n
		needs.a.value bench --plot
		takes.no.value bench --json=1
		not.a.whole.number bench -n x
		out.of.range bench -n 0
		out.of.range bench -n 1000000001
		exclude.each.other bench -n 3 --time 1s
		no.time bench --time soon
		no.time bench --time -1
		no.time bench --time ''
		out.of.range,.1ms.to.1h bench --time 0
		out.of.range,.1ms.to.1h bench --time 999us
		out.of.range,.1ms.to.1h bench --time 2h
		no.size bench -s ''
		no.size bench -s x
		no.size bench -s 1,,4
		no.size bench -s 1,
		no.size bench -s K
		no.size bench -s -1
		no.size bench -s 1.5K
		no.size bench -s 1KB
		no.size bench -s '1 4'
		out.of.range,.1.to.64M bench -s 0
		out.of.range,.1.to.64M bench -s 1,65M
		out.of.range,.1.to.64M bench -s 67108865
		out.of.range,.1.to.64M bench -s 99999999999999999999999
		out.of.range,.1.to.64M bench -s 18014398509481985K
		1024.bytes.are.named.twice bench -s 1K,1,1024
		more.than.32.sizes bench -s 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33
		-s.does.not.apply bench futex sysv_sem -s 4
		not.two.CPUs bench --pin 0
		not.two.CPUs bench --pin 0,
		not.two.CPUs bench --pin 0,0,0
		not.two.CPUs bench --pin 0,x
		not.two.CPUs bench --pin ''
		not.two.CPUs bench --pin 0,-1
		not.two.CPUs bench --pin 99999999999,0
		CPU.8191.is.not.online bench --pin 0,8191
		CPU.2147483647.is.not.online bench --pin 2147483647,0
		needs.the.name bench --plot ''
	END
}

for directory in build/bin build/sanitize/bin; do
	ipcstat $directory/ipcstat
	ipclab $directory/ipclab
done
# Each has a help, which fits.
for command in '' $(build/bin/ipcstat complete -- ''); do
	# shellcheck disable=SC2086 # or none
	is "$command -h fits 80 columns" "$(build/bin/ipcstat $command -h | awk 'length > 80')$?" 0
	# shellcheck disable=SC2086
	is "$command -h names all options that it completes" "$(build/bin/ipcstat complete -- $command - |
		while read -r option; do build/bin/ipcstat $command -h | grep -qE "^ +(-[^ ]+, )*$option\\b" || echo "$option"; done)" ""
done
for command in '' $(build/bin/ipclab complete -- ''); do
	# shellcheck disable=SC2086 # or none
	is "ipclab $command -h fits 80 columns" "$(build/bin/ipclab $command -h | awk 'length > 80')$?" 0
done
is "ipcstat-exporter -h fits 80 columns" "$(build/bin/ipcstat-exporter -h | awk 'length > 80')$?" 0
for program in ipcstat ipcstat-exporter ipclab; do
	is "$program -h begins with how it is used" "$(build/bin/$program -h | grep -c "^Usage: $program ")" 1
done
# completes WORD...: what bash makes of the last one
completes() {
	# shellcheck disable=SC2016 # for the shell inside
	bash --norc -c '. user/completion/ipclab
		compopt() { :; }
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_ipclab "$1"
		echo "${COMPREPLY[*]}" | xargs' bash build/bin/ipclab "$@"
}
is "bash completes commands of ipclab" "$(completes '')" "list run lab bench complete"
is "run: exercises" "$(completes run p)" "pipe posix_mq posix_shm"
is "bench: mechanisms, several" "$(completes bench pipe un)" "unix_stream unix_dgram unix_seqpacket"
is "bench: options, all of its help" \
	"$(for option in $(completes bench -); do build/bin/ipclab bench -h | grep -q -e "$option" || echo "$option"; done)" ""
is "bench: their values" "$(completes bench --pin n)$(completes bench -n '')$(completes bench --plot '')" "none"
is "-V says the version" "$(build/bin/ipcstat -V)" \
	"ipcstat $(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' dkms.conf)"
done_testing
