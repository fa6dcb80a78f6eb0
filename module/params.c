// SPDX-License-Identifier: GPL-2.0-only
/* The parameters of the module, and what they may be. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "params.h"

static char *hooks = "auto";
module_param(hooks, charp, 0444);
MODULE_PARM_DESC(hooks, "auto: wrappers where ipcstat_wrap is loaded, else kretprobes; probe: kretprobes only");

unsigned int ipc_max_sleepers = 12288;
module_param_named(max_sleepers, ipc_max_sleepers, uint, 0444);
MODULE_PARM_DESC(max_sleepers, "tasks asleep in a mechanism that can be followed (64 to 1048576)");

unsigned int ipc_max_objects = 262144;
module_param_named(max_objects, ipc_max_objects, uint, 0444);
MODULE_PARM_DESC(max_objects, "objects of a kind that can be followed (1024 to 16777216)");

bool ipc_flows_wanted;
module_param_named(flows, ipc_flows_wanted, bool, 0444);
MODULE_PARM_DESC(flows, "tell processes and objects apart from the beginning (off; `ipcstat flows on` later)");

unsigned int ipc_max_flows = 65536;
module_param_named(max_flows, ipc_max_flows, uint, 0444);
MODULE_PARM_DESC(max_flows, "flows, of one process, object and direction each, that are kept (16 to 4194304)");

unsigned int ipc_max_events = 1000;
module_param_named(max_events, ipc_max_events, uint, 0444);
MODULE_PARM_DESC(max_events, "maximum of events a second for each group of listeners (1 to 100000)");

static char *proc_mode = "0444";
module_param(proc_mode, charp, 0444);
MODULE_PARM_DESC(proc_mode, "mode of /proc/ipcstat, in octal: 0444 or some of its bits, 0: no file; where others may not read it, netlink wants CAP_SYS_ADMIN");

umode_t ipc_proc_mode;
bool ipc_hooks_probe;

int __init ipc_params_check(void)
{
	if (strcmp(hooks, "auto") && strcmp(hooks, "probe")) {
		pr_err("hooks=%s: must be auto or probe\n", hooks);
		return -EINVAL;
	}
	ipc_hooks_probe = !strcmp(hooks, "probe");
	if (ipc_max_sleepers < IPC_MIN_SLEEPERS || ipc_max_sleepers > IPC_MAX_SLEEPERS) {
		pr_err("max_sleepers=%u: must be %u to %u\n", ipc_max_sleepers, IPC_MIN_SLEEPERS,
		       IPC_MAX_SLEEPERS);
		return -EINVAL;
	}
	if (ipc_max_objects < IPC_MIN_OBJECTS || ipc_max_objects > IPC_MAX_OBJECTS) {
		pr_err("max_objects=%u: must be %u to %u\n", ipc_max_objects, IPC_MIN_OBJECTS,
		       IPC_MAX_OBJECTS);
		return -EINVAL;
	}
	if (ipc_max_flows < IPC_MIN_FLOWS || ipc_max_flows > IPC_MAX_FLOWS) {
		pr_err("max_flows=%u: must be %u to %u\n", ipc_max_flows, IPC_MIN_FLOWS,
		       IPC_MAX_FLOWS);
		return -EINVAL;
	}
	if (!ipc_max_events || ipc_max_events > IPC_MAX_EVENTS) {
		pr_err("max_events=%u: must be 1 to %u\n", ipc_max_events, IPC_MAX_EVENTS);
		return -EINVAL;
	}
	if (kstrtou16(proc_mode, 8, &ipc_proc_mode) || ipc_proc_mode & ~0444) {
		pr_err("proc_mode=%s: must be 0444 or some of its bits, in octal\n", proc_mode);
		return -EINVAL;
	}
	return 0;
}
