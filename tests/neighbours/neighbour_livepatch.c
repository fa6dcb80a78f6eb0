// SPDX-License-Identifier: GPL-2.0-only
/*
 * A livepatch of a function that ipcstat hooks: inet_sendmsg() as it is, but for sockets that
 * have no port yet, which the tests do not send from, and a count of the calls in
 * /sys/module/neighbour_livepatch/parameters/calls.
 */
#include <linux/livepatch.h>
#include <linux/module.h>
#include <net/inet_sock.h>
#include <net/sock.h>

static atomic_t calls;
module_param_named(calls, calls.counter, int, 0444);

static int patched_sendmsg(struct socket *sock, struct msghdr *msg, size_t size)
{
	struct sock *sk = sock->sk;

	atomic_inc(&calls);
	if (!inet_sk(sk)->inet_num && !sk->sk_prot->no_autobind)
		return -EAGAIN;
	return sk->sk_prot->sendmsg(sk, msg, size);
}

static struct klp_func funcs[] = {
	{ .old_name = "inet_sendmsg", .new_func = patched_sendmsg },
	{ }
};

static struct klp_object objs[] = {
	{ .funcs = funcs },
	{ }
};

static struct klp_patch patch = { .mod = THIS_MODULE, .objs = objs };

static int __init neighbour_init(void)
{
	return klp_enable_patch(&patch);
}

/* Never called before the patch is disabled in sysfs. */
static void __exit neighbour_exit(void)
{
}

module_init(neighbour_init);
module_exit(neighbour_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
MODULE_DESCRIPTION("A livepatch beside ipcstat");
