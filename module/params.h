/* SPDX-License-Identifier: GPL-2.0-only */
/* The parameters of the module (params.c): ipcstat(8) says what they mean. */
#ifndef _IPCSTAT_PARAMS_H
#define _IPCSTAT_PARAMS_H

#include <linux/types.h>

#define IPC_MIN_SLEEPERS	64U
#define IPC_MAX_SLEEPERS	(1U << 20)
#define IPC_MIN_OBJECTS		1024U
#define IPC_MAX_OBJECTS		(1U << 24)
#define IPC_MIN_FLOWS		16U
#define IPC_MAX_FLOWS		(1U << 22)
#define IPC_MAX_EVENTS		100000U

extern unsigned int ipc_max_sleepers;
extern unsigned int ipc_max_objects;
extern unsigned int ipc_max_flows;
extern unsigned int ipc_max_events;
extern bool ipc_flows_wanted;
/* Of /proc/ipcstat; 0: there is no such file. */
extern umode_t ipc_proc_mode;
/* Kretprobes alone, also where there are wrappers. */
extern bool ipc_hooks_probe;

/* Before anything else starts: whether they are what they may be. Says so in the log if not. */
int ipc_params_check(void);

#endif /* _IPCSTAT_PARAMS_H */
