// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hook engine: attaches what the mechanisms' tables ask for, by whatever means
 * this kernel has, and keeps a state for each hook that a user can read.
 *
 * A hook on results is a wrapper (module ipcstat_wrap) or, where there is none, a
 * kretprobe with the same callback. Entries are seen by an ftrace_ops, kretprobes are
 * run by another.
 *
 * A hook that cannot be attached is no error: its columns become unknown.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ftrace.h>
#include <linux/jiffies.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/tracepoint.h>

#include "hook.h"
#include "mechs.h"
#include "params.h"
#include "read.h"
#include "resolve.h"
#include "set.h"

#define IPC_MAX_CALLERS		6
#define IPC_CALLER_NAME		64
#define IPC_MAX_FUNCTIONS	96
#define IPC_FUNCTION_BUCKETS	256
#define IPC_POOL_SHORT		256	/* kretprobe pool of a function that does not sleep */

/*
 * @kind: how it is attached: "wrap", "probe", "entry", "tracepoint"
 * @symbol: the candidate that is attached; NULL: none
 * @err: why not; -ENOENT: none of the candidates exists; -EEXIST: it is not needed, since
 *	the hook that it would stand in for is attached
 * @stand_in: the hook that is attached instead
 */
struct ipc_hook_state {
	struct ipc_hook *hook;
	const char *kind;
	const char *symbol;
	int err;
	const struct ipc_hook_state *stand_in;

	int slot;			/* wrapper */
	struct kretprobe krp;
	struct tracepoint *tp;
	struct ipc_range caller[IPC_MAX_CALLERS];	/* entry */
	unsigned int nr_callers;
};

static struct ipc_hook_state *states;
static unsigned int nr_states;
static u64 since;

/* The wrapper module's interface; NULL: it is not loaded, or not wanted. */
static const struct ipc_wrap_api *wrap;

/* ---- callers ---- */

/* Takes the first of some alternatives, "one|other", into @name. False: none is left. */
static bool next_name(const char **alternatives, char name[IPC_CALLER_NAME])
{
	size_t len = strcspn(*alternatives, "|");

	if (!**alternatives || WARN_ON_ONCE(len >= IPC_CALLER_NAME))
		return false;
	memcpy(name, *alternatives, len);
	name[len] = '\0';
	*alternatives += len + ((*alternatives)[len] == '|');
	return true;
}

/* Whether one of some alternatives calls @function, or, with a "|" in front, none exists. */
static bool is_called_by(const char *alternatives, unsigned long function)
{
	bool absent = *alternatives == '|';
	char name[IPC_CALLER_NAME];

	alternatives += absent;
	while (next_name(&alternatives, name)) {
		struct ipc_range range;
		int err = ipc_resolve_near(name, function, &range);

		if (!err && ipc_code_calls(range.start, range.size, function, true))
			return true;
		if (err ? err != -ENOENT : !ipc_is_no_syscall(range.start))
			absent = false;
	}
	return absent;
}

/*
 * A function exists, and has still been merged into some of its callers: what these do
 * would not be seen.
 */
static int check_called_by(const struct ipc_hook *hook, unsigned long function)
{
	const char *const *caller;

	for (caller = hook->called_by; IPC_READS_CODE && caller && *caller; caller++)
		if (!is_called_by(*caller, function))
			return -ESRCH;
	return 0;
}

/* ---- functions that ftrace calls us for ---- */

/*
 * Many functions of one ftrace_ops, found by address. An ops each would be faster by a few
 * instructions, but each is a grace period for rmmod to wait for. A function may have
 * several hooks.
 * @entry: of a hook for whoever calls the function; or NULL
 */
struct ipc_function {
	unsigned long ip;
	ipc_entry_t entry;
	struct ipc_hook_state *st;
	const struct ipc_function *next;
};

struct ipc_functions {
	const struct ipc_function *bucket[IPC_FUNCTION_BUCKETS];
	struct ftrace_ops ops;
	struct ipc_function all[IPC_MAX_FUNCTIONS];
	unsigned int nr;
};

/* Functions begin at multiples of 16. */
static __always_inline unsigned int function_bucket(unsigned long ip)
{
	return (ip >> 4) % IPC_FUNCTION_BUCKETS;
}

static bool functions_has(const struct ipc_functions *functions, unsigned long ip)
{
	unsigned int i;

	for (i = 0; i < functions->nr; i++)
		if (functions->all[i].ip == ip)
			return true;
	return false;
}

static int functions_add(struct ipc_functions *functions, struct ipc_hook_state *st,
			 unsigned long ip)
{
	struct ipc_function *function = &functions->all[functions->nr];
	const struct ipc_function **bucket = &functions->bucket[function_bucket(ip)];
	int err = 0;

	if (functions->nr == IPC_MAX_FUNCTIONS)
		return -ENOSPC;
	if (!functions_has(functions, ip))
		err = ftrace_set_filter_ip(&functions->ops, ip, 0, 0);
	if (err)
		return err;
	*function = (struct ipc_function){ .ip = ip, .st = st, .next = *bucket };
	if (st->hook->kind == IPC_HOOK_ENTRY && !st->hook->callers)
		function->entry = st->hook->entry;
	*bucket = function;
	functions->nr++;
	return 0;
}

/* All of them at once, or none. */
static int functions_register(struct ipc_functions *functions)
{
	int err = 0;

	if (functions->nr)
		err = register_ftrace_function(&functions->ops);
	if (err) {
		ftrace_free_filter(&functions->ops);
		functions->nr = 0;
	}
	return err;
}

/*
 * When this returns no handler runs any more; unless ftrace was shut down: then it changes no
 * call site, and says so.
 */
static void functions_unregister(struct ipc_functions *functions)
{
	int err;

	if (!functions->nr)
		return;
	err = unregister_ftrace_function(&functions->ops);
	if (err) {
		pr_err("ftrace keeps its hooks (%d), and calls code that is freed: reboot this machine\n",
		       err);
		return;
	}
	ftrace_free_filter(&functions->ops);
	functions->nr = 0;
}

/* ---- whether ftrace still works ---- */

/* Never registered. */
static struct ftrace_ops idle_ops;
static DEFINE_MUTEX(dead_mutex);
static bool ftrace_dead;

/* Not by a tracepoint. */
static bool hook_is_dead(const struct ipc_hook *hook)
{
	return READ_ONCE(ftrace_dead) && hook->kind != IPC_HOOK_TRACE;
}

/*
 * ftrace finds an error in itself, and shuts itself down (ftrace_kill()): it never takes a hook
 * back, and may have left any call site as it is. So what functions feed is unknown from now on,
 * sets of objects are not looked at, and this module stays.
 */
static void ftrace_died(void)
{
	const struct ipc_hook_state *st;
	const struct ipc_feed *feed;

	mutex_lock(&dead_mutex);
	if (ftrace_dead)
		goto out;
	pr_warn("ftrace was shut down after an error: what its hooks count is unknown, and the module stays\n");
	ipc_sets_abandon();
	for (st = states; st < states + nr_states; st++)
		for (feed = st->hook->feeds; st->hook->kind != IPC_HOOK_TRACE && st->symbol &&
		     feed && feed->row; feed++)
			WRITE_ONCE(feed->row->lost, feed->row->lost | feed->cols);
	__module_get(THIS_MODULE);
	WRITE_ONCE(ftrace_dead, true);
out:
	mutex_unlock(&dead_mutex);
}

/*
 * Only an ftrace that was shut down refuses a filter with -ENODEV. One that works finds no
 * function at this address, before it takes its own lock, which others may hold for long.
 */
void ipc_hooks_check(void)
{
	static unsigned long next = INITIAL_JIFFIES;

	if (READ_ONCE(ftrace_dead) || time_before(jiffies, READ_ONCE(next)))
		return;
	WRITE_ONCE(next, jiffies + 1);	/* once in a tick is enough */
	if (ftrace_set_filter_ip(&idle_ops, 0, 0, 0) == -ENODEV)
		ftrace_died();
}

/* ---- results: wrapper or kretprobe ---- */

static struct ipc_hook_state *krp_state(struct kretprobe *krp)
{
	return container_of(krp, struct ipc_hook_state, krp);
}

static int krp_entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct ipc_call *call = (struct ipc_call *)ri->data;
	struct kretprobe *krp = get_kretprobe(ri);
	const struct ipc_hook *hook;
	unsigned int i;

	if (!krp)	/* it is being unregistered, on a kernel without rethook */
		return 1;
	hook = krp_state(krp)->hook;
	for (i = 0; i < ARRAY_SIZE(call->arg); i++)
		call->arg[i] = regs_get_kernel_argument(regs, i);
	call->nvcsw = current->nvcsw;
	if (hook->begin)
		hook->begin(call);
	if (hook->asleep)
		hook->asleep(call);	/* if it falls asleep: nobody will say so then */
	return 0;
}
NOKPROBE_SYMBOL(krp_entry);

static int krp_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct ipc_call *call = (struct ipc_call *)ri->data;
	struct kretprobe *krp = get_kretprobe(ri);

	if (!krp)
		return 0;
	call->ret = regs_return_value(regs);
	krp_state(krp)->hook->done(call);
	return 0;
}
NOKPROBE_SYMBOL(krp_return);

/*
 * The kernel goes through all functions that can be traced for each kretprobe that it arms
 * or disarms: 50 of them take a second where that is slow. Ours stay disarmed. One
 * ftrace_ops, armed for all at once, does what the kernel's own one (kprobe_ftrace_ops) would
 * do: it calls the handler that register_kretprobe() has put into the kprobe.
 */
static void notrace probe_handler(unsigned long ip, unsigned long parent_ip,
				  struct ftrace_ops *ops, struct ftrace_regs *fregs);

static struct ipc_functions probes = {
	.ops = {
		.func = probe_handler,
		.flags = FTRACE_OPS_FL_PERMANENT | FTRACE_OPS_FL_SAVE_REGS | FTRACE_OPS_FL_RECURSION,
	},
};

/* With preemption disabled, and never nested (FTRACE_OPS_FL_RECURSION). */
static void notrace probe_handler(unsigned long ip, unsigned long parent_ip,
				  struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	const struct ipc_function *function = *(probes.bucket + function_bucket(ip));

	for (; function; function = function->next) {
		if (function->ip == ip) {
			struct kprobe *kp = &function->st->krp.kp;

			kp->pre_handler(kp, ftrace_get_regs(fregs));
		}
	}
}

static int attach_krp(struct ipc_hook_state *st, const char *symbol)
{
	struct ipc_range range;
	int err;

	st->kind = "probe";
	err = ipc_resolve(symbol, &range);
	if (err)
		return err;
	memset(&st->krp, 0, sizeof(st->krp));
	st->krp.kp.symbol_name = symbol;
	st->krp.entry_handler = krp_entry;
	st->krp.handler = krp_return;
	st->krp.data_size = sizeof(struct ipc_call);
	st->krp.maxactive = st->hook->sleeps ? ipc_max_sleepers : IPC_POOL_SHORT;
	if (IPC_KRP_AT_FENTRY)
		st->krp.kp.flags = KPROBE_FLAG_DISABLED;
	err = register_kretprobe(&st->krp);
	if (err || !IPC_KRP_AT_FENTRY)
		return err;
	err = functions_add(&probes, st, range.start);
	if (err)
		unregister_kretprobe(&st->krp);
	return err;
}

static int attach_return(struct ipc_hook_state *st, const char *symbol)
{
	struct ipc_range range;
	int err = 0;

	if (st->hook->called_by)
		err = ipc_resolve(symbol, &range) ?: check_called_by(st->hook, range.start);
	if (err)
		return err;
	if (wrap) {
		const struct ipc_hook *hook = st->hook;
		const struct ipc_wrap_hook want = {
			.name = symbol,
			.passed_by = hook->passed_by,
			.nargs = hook->nargs ?: 6,
			.keeps = hook->uses ?: min(hook->nargs ?: 6, 6),
			.failures = hook->failures,
			.begin = hook->begin, .asleep = hook->asleep, .done = hook->done,
		};

		st->kind = "wrap";
		st->slot = wrap->attach(&want);
		if (st->slot >= 0 || st->slot == -ENOENT)
			return min(st->slot, 0);
		pr_info("%s: no wrapper (%d), using a kretprobe\n", symbol, st->slot);
	}
	return attach_krp(st, symbol);
}

/* ---- entries ---- */

static __always_inline bool is_caller(const struct ipc_hook_state *st,
				      unsigned long parent_ip)
{
	unsigned int i;

	if (!st->hook->callers)
		return true;
	for (i = 0; i < st->nr_callers; i++)
		/* A call in the last instruction returns behind the function. */
		if (parent_ip - st->caller[i].start <= st->caller[i].size)
			return true;
	return false;
}

static void notrace entry_handler(unsigned long ip, unsigned long parent_ip,
				  struct ftrace_ops *ops, struct ftrace_regs *fregs);

static struct ipc_functions entries = {
	.ops = {
		.func = entry_handler,
		.flags = FTRACE_OPS_FL_PERMANENT,
	},
};

static noinline void notrace entry_search(const struct ipc_function *function,
					  unsigned long ip, unsigned long parent_ip,
					  struct ftrace_regs *fregs)
{
	for (; function; function = function->next) {
		if (function->ip == ip && is_caller(function->st, parent_ip)) {
			function->st->hook->entry(fregs);
			return;
		}
	}
}

/* Only called for functions that are among them: there is a first one in the bucket. */
static void notrace entry_handler(unsigned long ip, unsigned long parent_ip,
				  struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	const struct ipc_function *first = *(entries.bucket + function_bucket(ip));

	if (likely(first->ip == ip && first->entry))
		first->entry(fregs);
	else
		entry_search(first, ip, parent_ip, fregs);
}

/*
 * Those of some alternatives, "one|other", that call @function: the compiler may have merged
 * it into its caller, or that into the caller's caller, and then nothing would ever be seen.
 */
static int add_callers(struct ipc_hook_state *st, const char *alternatives,
		       unsigned long function)
{
	unsigned int nr_before = st->nr_callers;
	char name[IPC_CALLER_NAME];

	while (next_name(&alternatives, name)) {
		struct ipc_range range;

		if (ipc_resolve(name, &range))
			continue;
		if (!st->hook->indirect &&
		    !ipc_code_calls(range.start, range.size, function, false))
			continue;
		if (WARN_ON_ONCE(st->nr_callers == IPC_MAX_CALLERS))
			return -ENOSPC;
		st->caller[st->nr_callers++] = range;
	}
	return st->nr_callers > nr_before ? 0 : -ESRCH;
}

static int find_callers(struct ipc_hook_state *st, unsigned long function)
{
	const char *const *caller;
	int err = 0;

	st->nr_callers = 0;
	for (caller = st->hook->callers; !err && caller && *caller; caller++)
		err = add_callers(st, *caller, function);
	return err;
}

static int attach_entry(struct ipc_hook_state *st, const char *symbol)
{
	struct ipc_range range;
	int err;

	err = ipc_resolve(symbol, &range);
	if (err)
		return err;
	err = check_called_by(st->hook, range.start) ?: find_callers(st, range.start);
	return err ?: functions_add(&entries, st, range.start);
}

/* ---- tracepoints: not exported, so found by name ---- */

struct ipc_tp_search {
	const char *name;
	struct tracepoint *tp;
};

static void tp_match(struct tracepoint *tp, void *priv)
{
	struct ipc_tp_search *search = priv;

	if (!strcmp(tp->name, search->name))
		search->tp = tp;
}

static int attach_trace(struct ipc_hook_state *st, const char *name)
{
	struct ipc_tp_search search = { .name = name };
	int err;

	for_each_kernel_tracepoint(tp_match, &search);
	if (!search.tp)
		return -ENOENT;
	err = tracepoint_probe_register(search.tp, st->hook->probe, st->hook);
	if (!err)
		st->tp = search.tp;
	return err;
}

/* ---- all hooks ---- */

static int attach_one(struct ipc_hook_state *st, const char *symbol)
{
	switch (st->hook->kind) {
	case IPC_HOOK_RETURN:
		return attach_return(st, symbol);
	case IPC_HOOK_ENTRY:
		return attach_entry(st, symbol);
	case IPC_HOOK_TRACE:
		return attach_trace(st, symbol);
	}
	return -EINVAL;
}

/*
 * A kernel without the path that the hook watches, or another hook that watches it: nothing
 * to count, nothing unknown.
 */
static bool hook_absent(const struct ipc_hook_state *st)
{
	return (st->err == -ENOENT && st->hook->optional) || st->err == -EEXIST ||
	       (st->stand_in && st->stand_in->symbol);
}

bool ipc_hook_lost(const struct ipc_hook *hook)
{
	return hook_is_dead(hook) ||
	       (!hook->state->symbol && !hook_absent(hook->state));
}

static void hook_set_feeds(const struct ipc_hook_state *st)
{
	const struct ipc_feed *feed;

	for (feed = st->hook->feeds; feed && feed->row; feed++) {
		if (!hook_absent(st))
			feed->row->fed |= feed->cols;
		if (ipc_hook_lost(st->hook))
			feed->row->lost |= feed->cols;
	}
	if (ipc_hook_lost(st->hook))
		pr_warn("hook %s is unavailable (%d)\n", st->hook->symbols[0], st->err);
}

static const char *kind_name(enum ipc_hook_kind kind)
{
	switch (kind) {
	case IPC_HOOK_ENTRY:
		return "entry";
	case IPC_HOOK_TRACE:
		return "tracepoint";
	default:
		return wrap ? "wrap" : "probe";
	}
}

static void attach_hook(struct ipc_hook_state *st)
{
	struct ipc_hook_state *first = NULL;
	const char *const *symbol;

	st->kind = kind_name(st->hook->kind);

	if (st->hook->instead_of)
		first = st->hook->instead_of->state;
	if (first && first->symbol) {
		st->err = -EEXIST;
		return;
	}
	if (first)
		first->stand_in = st;
	st->err = -ENOENT;
	for (symbol = st->hook->symbols; *symbol; symbol++) {
		int err = attach_one(st, *symbol);

		if (!err) {
			st->symbol = *symbol;
			st->err = 0;
			break;
		}
		/* Of several reasons, one that is not "no such function" says more. */
		if (err != -ENOENT)
			st->err = err;
	}
}

static void wrap_get(void)
{
	if (ipc_hooks_probe)
		return;
	wrap = symbol_get(ipcstat_wrap_api);
	if (!wrap || (wrap->version == IPC_WRAP_VERSION && ipc_can_wrap()))
		return;
	if (wrap->version != IPC_WRAP_VERSION)
		pr_warn("module ipcstat_wrap has another version: using kretprobes\n");
	else
		pr_info("no wrappers on this machine (calls are counted, or it is no x86-64): using kretprobes\n");
	symbol_put(ipcstat_wrap_api);
	wrap = NULL;
}

static void withdraw(const char *kind, int err)
{
	struct ipc_hook_state *st;

	for (st = states; st < states + nr_states; st++) {
		if (!st->symbol || strcmp(st->kind, kind))
			continue;
		if (st->hook->kind == IPC_HOOK_RETURN)
			unregister_kretprobe(&st->krp);
		st->symbol = NULL;
		st->err = err;
	}
}

/*
 * While ftrace is off (sysctl kernel.ftrace_enabled=0) this fails. Kretprobes that the
 * kernel runs itself are registered nevertheless, but nothing happens: they must not count
 * as attached.
 */
static void functions_attach(void)
{
	int entries_err = functions_register(&entries);
	int probes_err = functions_register(&probes);

	if (entries_err)
		withdraw("entry", entries_err);
	if (probes_err || (entries_err && !IPC_KRP_AT_FENTRY))
		withdraw("probe", probes_err ?: entries_err);
}

int ipc_hooks_attach(void)
{
	unsigned int i, j, nr = 0;

	for (i = 0; i < ipc_nr_mechs; i++)
		nr_states += ipc_mechs[i]->nr_hooks;
	states = kvcalloc(nr_states, sizeof(*states), GFP_KERNEL);
	if (!states)
		return -ENOMEM;

	wrap_get();
	for (i = 0; i < ipc_nr_mechs; i++) {
		for (j = 0; j < ipc_mechs[i]->nr_hooks; j++) {
			states[nr].hook = &ipc_mechs[i]->hooks[j];
			states[nr].hook->state = &states[nr];
			attach_hook(&states[nr++]);
		}
	}
	functions_attach();
	/* Here it prepares what later callers share. */
	ipc_hooks_check();
	for (i = 0; i < nr_states; i++)
		hook_set_feeds(&states[i]);
	since = ktime_get_real_seconds();
	return 0;
}

static void detach_return(void)
{
	struct kretprobe **krps = kcalloc(nr_states, sizeof(*krps), GFP_KERNEL);
	int *slots = kcalloc(nr_states, sizeof(*slots), GFP_KERNEL);
	unsigned int i, nr_krps = 0, nr_slots = 0;

	functions_unregister(&probes);
	for (i = 0; i < nr_states; i++) {
		struct ipc_hook_state *st = &states[i];

		if (!st->symbol || st->hook->kind != IPC_HOOK_RETURN)
			continue;
		/* In one go, for one grace period; one by one if memory is that short. */
		if (!strcmp(st->kind, "wrap")) {
			if (slots)
				slots[nr_slots++] = st->slot;
			else
				wrap->detach(&st->slot, 1);
		} else if (krps) {
			krps[nr_krps++] = &st->krp;
		} else {
			unregister_kretprobe(&st->krp);
		}
	}
	if (nr_slots)
		wrap->detach(slots, nr_slots);
	if (nr_krps)
		unregister_kretprobes(krps, nr_krps);
	kfree(slots);
	kfree(krps);
}

void ipc_hooks_detach(void)
{
	detach_return();
	functions_unregister(&entries);
}

void ipc_hooks_exit(void)
{
	struct ipc_hook_state *st;

	for (st = states; st < states + nr_states; st++)
		if (st->symbol && st->hook->kind == IPC_HOOK_TRACE)
			tracepoint_probe_unregister(st->tp, st->hook->probe, st->hook);
	tracepoint_synchronize_unregister();
	if (wrap)
		symbol_put(ipcstat_wrap_api);
	kvfree(states);
}

/* ---- what the readers see ---- */

static u64 hook_missed(const struct ipc_hook_state *st)
{
	if (!st->symbol || st->hook->kind != IPC_HOOK_RETURN || strcmp(st->kind, "probe"))
		return 0;
	return st->krp.nmissed + st->krp.kp.nmissed;
}

static const char *hook_reason(const struct ipc_hook_state *st)
{
	switch (st->err) {
	case 0:
		return NULL;
	case -ENOENT:
		return "this kernel has no such function";
	case -EEXIST:
		return "not needed: another hook is in its place";
	case -ENOTUNIQ:
		return "several functions have this name";
	case -ESRCH:
		return "this kernel has no such caller";
	case -EBUSY:
		return "somebody else redirects the function, or ftrace is off";
	case -ENOMEM:
		return "not enough memory";
	case -EOPNOTSUPP:
		return "the function cannot be hooked";
	default:
		return "the kernel refuses the hook";
	}
}

bool ipc_hook_info(unsigned int nr, struct ipc_hook_info *info)
{
	const struct ipc_hook_state *st = &states[nr];

	if (nr >= nr_states)
		return false;
	info->name = st->hook->name ?: st->hook->symbols[0];
	info->kind = st->kind;
	info->state = hook_absent(st) ? "absent" :
		      ipc_hook_lost(st->hook) ? "unavailable" : "attached";
	info->symbol = st->symbol;
	info->reason = st->symbol && hook_is_dead(st->hook) ?
		       "ftrace was shut down after an error" : hook_reason(st);
	info->missed = hook_missed(st);
	info->nargs = st->hook->kind == IPC_HOOK_RETURN ? st->hook->nargs ?: 6 : 0;
	info->feeds = st->hook->feeds;
	return true;
}

void ipc_summary(struct ipc_summary *sum)
{
	const struct ipc_hook_state *st;

	memset(sum, 0, sizeof(*sum));
	sum->backend = wrap ? "wrap" : "probe";
	sum->since = since;
	sum->missed = atomic64_read(&ipc_missed);
	for (st = states; st < states + nr_states; st++) {
		if (hook_absent(st))
			continue;
		sum->hooks_all++;
		if (!ipc_hook_lost(st->hook))
			sum->hooks_attached++;
		sum->missed += hook_missed(st);
	}
}
