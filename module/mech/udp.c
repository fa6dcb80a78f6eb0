// SPDX-License-Identifier: GPL-2.0-only
/*
 * udp: the sockets of UDP over IPv4 and IPv6, and the datagrams that wait in
 * them. shared/socket.c finds what is sent and received, for all sockets of IP.
 *
 * The kernel's table holds sockets with a port only, so all are followed in a set
 * from udp_init_sock() until they are freed; a closed one that is not freed yet
 * (SOCK_DEAD) is none.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/udp.h>
#include <net/udp.h>

#include "shared/socket.h"

static void udp_gauge(struct ipc_row *row, struct ipc_gauge *gauge);

static struct ipc_row udp_row = {
	.name = "udp",
	.details = IPC_INET_DETAILS,
	.gauge = udp_gauge,
};

/* All sockets, by struct sock. */
static struct ipc_set *socks;

static struct ipc_row *udp_row_of(struct file *file)
{
	const struct sock *sk = ipc_file_sk(file);

	return sk && ipc_sk_is(sk, SOCK_DGRAM, IPPROTO_UDP) ? &udp_row : NULL;
}

/* ---- reading ---- */

/* Sockets with datagrams, to be looked into when the set is not locked. */
struct udp_take {
	struct sock **sk;
	unsigned int max, nr, wanted;
	u64 objects;
};

static void udp_take(void *object, unsigned long unused, void *arg)
{
	struct udp_take *take = arg;
	struct sock *sk = object;

	if (sock_flag(sk, SOCK_DEAD))
		return;
	/* A network namespace has one of the kernel's own, for igmp; nothing comes in. */
	if (sk->sk_kern_sock && !inet_sk(sk)->inet_num)
		return;
	take->objects++;
	/* Where there has never been a datagram the queue may not be there yet, either. */
	if (!sk_rmem_alloc_get(sk))
		return;
	take->wanted++;
	if (take->nr < take->max && refcount_inc_not_zero(&sk->sk_refcnt))
		take->sk[take->nr++] = sk;
}

/* Arrivals are queued in sk_receive_queue, and moved to reader_queue by a reader. */
static void udp_unread(struct sock *sk, struct ipc_gauge *gauge)
{
	ipc_count_queue(&udp_sk(sk)->reader_queue, gauge);
	ipc_count_queue(&sk->sk_receive_queue, gauge);
}

/* False: there were more sockets than room; take->wanted tells how many. */
static bool udp_gauge_once(struct udp_take *take, struct ipc_gauge *gauge)
{
	unsigned int i;

	ipc_set_for_each(socks, udp_take, take);
	gauge->value[IPC_OBJECTS] = take->objects;
	gauge->value[IPC_QUEUED] = 0;
	gauge->value[IPC_QUEUED_BYTES] = 0;
	for (i = 0; i < take->nr; i++) {
		udp_unread(take->sk[i], gauge);
		sock_put(take->sk[i]);
	}
	return take->wanted <= take->max;
}

static void udp_gauge(struct ipc_row *row, struct ipc_gauge *gauge)
{
	unsigned int max = 64;
	bool whole = false;

	while (!whole) {
		struct udp_take take = { .max = max };

		take.sk = kvmalloc_array(max, sizeof(*take.sk), GFP_KERNEL);
		if (!take.sk)
			break;
		whole = udp_gauge_once(&take, gauge);
		kvfree(take.sk);
		max = 2 * take.wanted;
	}
	if (!whole)
		gauge->unknown |= IPC_BITS_QUEUE;
	if (!ipc_set_exact(socks))
		gauge->unknown |= IPC_BIT(IPC_OBJECTS) | IPC_BITS_QUEUE;
}

/* ---- following ---- */

/* udp_init_sock(sk), udpv6_init_sock(sk): before 7.x also of UDP-Lite. */
static void udp_init_entry(struct ftrace_regs *regs)
{
	const struct sock *sk = (const struct sock *)ipc_arg(regs, 0);

	if (sk->sk_protocol == IPPROTO_UDP)
		ipc_set_add(socks, sk, 0, ipc_sk_uid(sk));
}

/*
 * udp_destruct_sock(sk), udpv6_destruct_sock(sk): sk_destruct, the last that is
 * called for a socket. Not proto->destroy: while that runs the socket is still in
 * the kernel's table, where udp_seed_table() would find it once more.
 */
static void udp_destruct_entry(struct ftrace_regs *regs)
{
	const struct sock *sk = (const struct sock *)ipc_arg(regs, 0);

	if (sk->sk_protocol == IPPROTO_UDP)
		ipc_set_del(socks, sk, ipc_sk_uid(sk));
}

static const struct ipc_socket_kind udp_kind = {
	.row = &udp_row,
	.family = { AF_INET, AF_INET6 },
	.type = SOCK_DGRAM,
	.protocol = IPPROTO_UDP,
	.prot = &udp_prot,
	.hooks = BIT(IPC_SOCKET_INET_SEND) | BIT(IPC_SOCKET_INET_RECV) |
		 BIT(IPC_SOCKET_INET6_SEND) | BIT(IPC_SOCKET_INET6_RECV) |
		 BIT(IPC_SOCKET_ALLOC) | BIT(IPC_SOCKET_PACKETS),
	.unread = udp_unread,
};

static int udp_mech_init(void)
{
	/* fchown(2) of its descriptor changes the owner of a socket. */
	socks = ipc_set_new("udp", ipc_max_objects, IPC_SET_ALL_CHANGING);
	return socks ? ipc_socket_add(&udp_kind) : -ENOMEM;
}

static void udp_seed_table(struct udp_table *table)
{
	const struct sock *sk;
	unsigned int i;

	for (i = 0; i <= table->mask; i++) {
		spin_lock_bh(&table->hash[i].lock);
		sk_for_each(sk, &table->hash[i].head)
			ipc_set_find_again(socks, sk, 0, ipc_sk_uid(sk));
		spin_unlock_bh(&table->hash[i].lock);
		cond_resched();
	}
}

/* All namespaces share one table, but for those with net.ipv4.udp_child_hash_entries. */
static void udp_seed(void)
{
	struct udp_table *shared = ipc_udp_table(&init_net);
	struct net *net;

	if (udp_row.lost & IPC_BIT(IPC_OBJECTS))
		return;
	ipc_set_open(socks);
	for (net = ipc_next_net(NULL); net; net = ipc_next_net(net)) {
		struct udp_table *table = ipc_udp_table(net);

		if (net_eq(net, &init_net) || table != shared)
			udp_seed_table(table);
	}
}

/* Those without a port. The file keeps the socket from being freed meanwhile. */
static void udp_seed_file(struct file *file)
{
	const struct sock *sk = ipc_file_sk(file);

	if (udp_row_of(file))
		ipc_set_find_again(socks, sk, 0, ipc_sk_uid(sk));
}

static void udp_mech_exit(void)
{
	ipc_set_free(socks);
}

#define UDP_HOOK(name, handler, without) \
	{ \
		.kind = IPC_HOOK_ENTRY, \
		.symbols = IPC_NAMES(name), \
		.feeds = IPC_FEEDS({ &udp_row, IPC_BIT(IPC_OBJECTS) | IPC_BITS_QUEUE }), \
		.entry = handler, \
		.optional = without, \
	}

static struct ipc_hook udp_hooks[] = {
	UDP_HOOK("udp_destruct_sock", udp_destruct_entry, false),
	UDP_HOOK("udpv6_destruct_sock", udp_destruct_entry, IPC_NO_INET6),
	UDP_HOOK("udp_init_sock", udp_init_entry, false),
	UDP_HOOK("udpv6_init_sock", udp_init_entry, IPC_NO_INET6),
};

static struct ipc_row *const udp_rows[] = { &udp_row };

/*
 * Prototypes of the hooked functions, as BTF has them, on every kernel (tests/btf). Several for
 * one function are alternatives: the callbacks read only what is the same in all of them.
 *
 *	int udp_init_sock(struct sock *sk);
 *	int udpv6_init_sock(struct sock *sk);
 *	void udp_destruct_sock(struct sock *sk);
 *	void udpv6_destruct_sock(struct sock *sk);
 */

struct ipc_mech ipc_mech_udp = {
	.rows = udp_rows,
	.nr_rows = ARRAY_SIZE(udp_rows),
	.hooks = udp_hooks,
	.nr_hooks = ARRAY_SIZE(udp_hooks),
	.init = udp_mech_init,
	.seed = udp_seed,
	.seed_file = udp_seed_file,
	.exit = udp_mech_exit,
	.row_of = udp_row_of,
};
