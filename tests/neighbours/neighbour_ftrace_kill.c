// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shuts ftrace down, as ftrace does itself when it finds an error in itself. Nothing brings it
 * back before the next boot.
 */
#include <linux/kprobes.h>
#include <linux/module.h>

static int __init neighbour_init(void)
{
	/* Never armed: it only looks the function up. */
	struct kprobe kp = { .symbol_name = "ftrace_kill", .flags = KPROBE_FLAG_DISABLED };
	void (*ftrace_is_killed)(void);
	int err = register_kprobe(&kp);

	if (err)
		return err;
	ftrace_is_killed = (void (*)(void))kp.addr;
	unregister_kprobe(&kp);
	ftrace_is_killed();
	return 0;
}

static void __exit neighbour_exit(void)
{
}

module_init(neighbour_init);
module_exit(neighbour_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Shuts ftrace down");
