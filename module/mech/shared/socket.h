/* SPDX-License-Identifier: GPL-2.0-only */
/* What the rows of sockets share: unix.c, tcp.c, udp.c, raw.c and socket.c. */
#ifndef _IPCSTAT_SOCKET_H
#define _IPCSTAT_SOCKET_H

#include <linux/net.h>
#include <linux/skbuff.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "ipcstat.h"

extern struct ipc_row ipc_unix_stream, ipc_unix_dgram, ipc_unix_seqpacket;
extern struct ipc_row ipc_tcp, ipc_udp, ipc_raw;

/* Where this is true the kernel has no IPv6, and lacks its hooks for a good reason. */
#define IPC_NO_INET6		(!IS_ENABLED(CONFIG_IPV6))

/* Details of the rows of AF_UNIX. */
enum {
	IPC_UNIX_PEEKS,
};

#define IPC_UNIX_DETAILS	IPC_NAMES("peeks")

/* Details of the rows that AF_INET and AF_INET6 share. */
enum {
	IPC_INET_SENDS4,
	IPC_INET_RECVS4,
	IPC_INET_SENDS6,
	IPC_INET_RECVS6,
	IPC_INET_PEEKS,
};

#define IPC_INET_DETAILS \
	IPC_NAMES("ipv4_send_ops", "ipv4_recv_ops", "ipv6_send_ops", "ipv6_recv_ops", "peeks")

/* The socket behind a file, or NULL. */
static inline struct sock *ipc_file_sk(struct file *file)
{
	struct socket *sock = sock_from_file(file);

	return sock ? sock->sk : NULL;
}

/* The row of a socket of AF_UNIX. */
static inline struct ipc_row *ipc_unix_row(const struct sock *sk)
{
	switch (sk->sk_type) {
	case SOCK_STREAM:
		return &ipc_unix_stream;
	case SOCK_DGRAM:
		return &ipc_unix_dgram;
	case SOCK_SEQPACKET:
		return &ipc_unix_seqpacket;
	default:
		return NULL;
	}
}

static inline bool ipc_sk_is(const struct sock *sk, int type, int protocol)
{
	return (sk->sk_family == AF_INET || sk->sk_family == AF_INET6) &&
	       sk->sk_type == type && sk->sk_protocol == protocol;
}

/*
 * For each network namespace: for (net = ipc_next_net(NULL); net; net =
 * ipc_next_net(net)). Holds a reference on the current one, and no lock: what is
 * done with it may take its time. To be run to the end.
 */
struct net *ipc_next_net(struct net *net);

/* Adds the messages in a queue of a socket, and their bytes. */
void ipc_count_queue(struct sk_buff_head *queue, struct ipc_gauge *gauge);

/* What can be read from a socket. */
u32 ipc_tcp_unread(const struct sock *sk);
u64 ipc_unix_unread(struct sock *sk);
void ipc_udp_unread(struct sock *sk, struct ipc_gauge *gauge);

#endif /* _IPCSTAT_SOCKET_H */
