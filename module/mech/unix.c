// SPDX-License-Identifier: GPL-2.0-only
/*
 * unix_stream, unix_dgram, unix_seqpacket: the sockets of AF_UNIX and what waits
 * in them. Operations are counted in shared/socket.c.
 */
#include <net/af_unix.h>

#include "shared/socket.h"

static void unix_gauge(struct ipc_row *row, struct ipc_gauge *gauge);

struct ipc_row ipc_unix_stream = {
	.name = "unix_stream",
	.na = IPC_BIT(IPC_QUEUED),	/* a byte stream has no messages */
	.details = IPC_UNIX_DETAILS,
	.gauge = unix_gauge,
};

struct ipc_row ipc_unix_dgram = {
	.name = "unix_dgram",
	.details = IPC_UNIX_DETAILS,
	.gauge = unix_gauge,
};

struct ipc_row ipc_unix_seqpacket = {
	.name = "unix_seqpacket",
	.details = IPC_UNIX_DETAILS,
	.gauge = unix_gauge,
};

static struct ipc_row *unix_row_of(struct file *file)
{
	const struct sock *sk = ipc_file_sk(file);

	return sk && sk->sk_family == AF_UNIX ? ipc_unix_row(sk) : NULL;
}

#if IS_ENABLED(CONFIG_UNIX)

/* Of a stream. */
u64 ipc_unix_unread(struct sock *sk)
{
	return max(unix_inq_len(sk), 0L);
}

static int unix_type(const struct ipc_row *row)
{
	if (row == &ipc_unix_stream)
		return SOCK_STREAM;
	return row == &ipc_unix_dgram ? SOCK_DGRAM : SOCK_SEQPACKET;
}

/*
 * A listener's queue holds connections, not messages. They are sockets, in the
 * table like all others.
 */
static void unix_count(struct sock *sk, struct ipc_gauge *gauge)
{
	gauge->value[IPC_OBJECTS]++;
	if (READ_ONCE(sk->sk_state) == TCP_LISTEN)
		return;
	if (sk->sk_type == SOCK_STREAM)
		gauge->value[IPC_QUEUED_BYTES] += ipc_unix_unread(sk);
	else
		ipc_count_queue(&sk->sk_receive_queue, gauge);
}

/* The same walk, under the same locks, as unix_diag_dump(). */
static void unix_gauge(struct ipc_row *row, struct ipc_gauge *gauge)
{
	int type = unix_type(row);
	struct net *net;
	struct sock *sk;
	unsigned int i;

	for (net = ipc_next_net(NULL); net; net = ipc_next_net(net)) {
		const struct unix_table *table = &net->unx.table;

		for (i = 0; i < UNIX_HASH_SIZE; i++) {
			if (hlist_empty(&table->buckets[i]))
				continue;
			spin_lock(&table->locks[i]);
			sk_for_each(sk, &table->buckets[i])
				if (sk->sk_type == type)
					unix_count(sk, gauge);
			spin_unlock(&table->locks[i]);
			cond_resched();
		}
	}
}

#else /* no such sockets */

u64 ipc_unix_unread(struct sock *sk)
{
	return 0;
}

static void unix_gauge(struct ipc_row *row, struct ipc_gauge *gauge)
{
	gauge->unknown = IPC_BIT(IPC_OBJECTS) | IPC_BITS_QUEUE;
}

#endif

static struct ipc_row *const unix_rows[] = {
	&ipc_unix_stream, &ipc_unix_dgram, &ipc_unix_seqpacket,
};

struct ipc_mech ipc_mech_unix = {
	.rows = unix_rows,
	.nr_rows = ARRAY_SIZE(unix_rows),
	.row_of = unix_row_of,
};
