// SPDX-License-Identifier: GPL-2.0-only
/*
 * raw: the raw sockets of IPv4 and IPv6, and the packets that wait in them, as
 * their reader gets them: over IPv4 with the IP header. shared/socket.c finds what is sent and
 * received, for all sockets of IP.
 */
#include <linux/rculist.h>
#include <net/raw.h>
#if IS_ENABLED(CONFIG_IPV6)
#include <net/rawv6.h>
#endif

#include "shared/socket.h"

static void raw_gauge(struct ipc_row *row, struct ipc_gauge *gauge);

static struct ipc_row raw_row = {
	.name = "raw",
	.details = IPC_INET_DETAILS,
	.gauge = raw_gauge,
};

static struct ipc_row *raw_row_of(struct file *file)
{
	const struct sock *sk = ipc_file_sk(file);

	return sk && ipc_sk_is(sk, SOCK_RAW, sk->sk_protocol) ? &raw_row : NULL;
}

/* A raw socket is hashed from inet_create() on until it is closed; it is freed by RCU. */
static void raw_count_table(struct raw_hashinfo *table, struct ipc_gauge *gauge)
{
	struct sock *sk;
	unsigned int i;

	for (i = 0; i < RAW_HTABLE_SIZE; i++) {
		rcu_read_lock();
		sk_for_each_rcu(sk, &table->ht[i]) {
			gauge->value[IPC_OBJECTS]++;
			ipc_count_queue(&sk->sk_receive_queue, gauge);
		}
		rcu_read_unlock();
		cond_resched();
	}
}

/* All namespaces share the tables. */
static void raw_gauge(struct ipc_row *row, struct ipc_gauge *gauge)
{
	raw_count_table(&raw_v4_hashinfo, gauge);
#if IS_ENABLED(CONFIG_IPV6)
	raw_count_table(&raw_v6_hashinfo, gauge);
#endif
}

static const struct ipc_socket_kind raw_kind = {
	.row = &raw_row,
	.family = { AF_INET, AF_INET6 },
	.type = SOCK_RAW,
	.hooks = BIT(IPC_SOCKET_INET_SEND) | BIT(IPC_SOCKET_INET_RECV) |
		 BIT(IPC_SOCKET_COMMON_RECV) |
		 BIT(IPC_SOCKET_ALLOC) | BIT(IPC_SOCKET_PACKETS),
};

static int raw_mech_init(void)
{
	return ipc_socket_add(&raw_kind);
}

static struct ipc_row *const raw_rows[] = { &raw_row };

struct ipc_mech ipc_mech_raw = {
	.rows = raw_rows,
	.nr_rows = ARRAY_SIZE(raw_rows),
	.init = raw_mech_init,
	.row_of = raw_row_of,
};
