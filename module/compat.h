/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernels 6.1 and 7.3. The code is written against the
 * newest; no other file looks at a kernel's version or features.
 */
#ifndef _IPCSTAT_COMPAT_H
#define _IPCSTAT_COMPAT_H

#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/version.h>

#ifndef CONFIG_64BIT
#error "ipcstat counts in 64-bit per-CPU words: 64-bit kernels only"
#endif
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "ipcstat needs Linux 6.1 or newer"
#endif

/*
 * The n-th argument of a function at its ftrace entry. 6.1 has no
 * ftrace_regs_get_argument(); x86-64 saves the arguments there all the same.
 */
static __always_inline unsigned long ipc_arg(struct ftrace_regs *fregs, unsigned int n)
{
#if defined(ftrace_regs_get_argument) || LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	return ftrace_regs_get_argument(fregs, n);
#elif defined(CONFIG_X86_64)
	return regs_get_kernel_argument(&fregs->regs, n);
#else
	return ftrace_get_regs(fregs) ? regs_get_kernel_argument(ftrace_get_regs(fregs), n) : 0;
#endif
}

#endif /* _IPCSTAT_COMPAT_H */
