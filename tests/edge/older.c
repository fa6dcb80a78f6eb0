// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects that are older than the module: the gauges know them and what is queued
 * in them, operations on them count, and they go when they go.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge.h"

static char data[256];
static int pipes[3][2], fifo, courier[2];
static int msg, sem, shm, memfd, events;
static mqd_t mq;
static int stream[2], dgram[2], seqpacket[2], tcp[2], udp, raw;

static const struct sockaddr_in loopback = {
	.sin_family = AF_INET,
	.sin_addr = { 0x0100007f },
};

static void make_pipes(void)
{
	static const char name[] = "edge.older.fifo";

	for (int i = 0; i < 3; i++) {
		EDGE_MUST(!pipe(pipes[i]));
		EDGE_MUST(write(pipes[i][1], data, 10) == 10);
	}
	unlink(name);
	EDGE_MUST(!mkfifo(name, 0600));
	fifo = open(name, O_RDWR);
	unlink(name);
	EDGE_MUST(fifo >= 0 && write(fifo, data, 5) == 5);
}

/* A pipe with seven bytes, and an eventfd, that only a message in a socket holds. */
static void send_files(void)
{
	char control[CMSG_SPACE(3 * sizeof(int))] = "";
	struct iovec iov = { data, 1 };
	struct msghdr head = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&head);
	int fd[3];

	fd[2] = eventfd(0, 0);
	EDGE_MUST(fd[2] >= 0 && !pipe(fd) && write(fd[1], data, 7) == 7);
	EDGE_MUST(!socketpair(AF_UNIX, SOCK_SEQPACKET, 0, courier));
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(cmsg), fd, sizeof(fd));
	EDGE_MUST(sendmsg(courier[0], &head, 0) == 1);
	for (int i = 0; i < 3; i++)
		close(fd[i]);
}

static void make_ipc(void)
{
	struct mq_attr attr = { .mq_maxmsg = 4, .mq_msgsize = 8 };
	struct {
		long type;
		char text[40];
	} m = { .type = 1 };

	msg = msgget(IPC_PRIVATE, 0600);
	sem = semget(IPC_PRIVATE, 1, 0600);
	shm = shmget(IPC_PRIVATE, 4096, 0600);
	memfd = memfd_create("older", 0);
	mq = mq_open("/older", O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
	events = eventfd(5, EFD_SEMAPHORE);
	EDGE_MUST(msg >= 0 && sem >= 0 && shm >= 0 && memfd >= 0 && mq >= 0 && events >= 0);
	for (int i = 0; i < 2; i++)
		EDGE_MUST(!msgsnd(msg, &m, sizeof(m.text), 0));
	for (int i = 0; i < 3; i++)
		EDGE_MUST(!mq_send(mq, data, 8, 0));
}

static void make_sockets(void)
{
	struct sockaddr_in addr = loopback;
	socklen_t len = sizeof(addr);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	EDGE_MUST(!socketpair(AF_UNIX, SOCK_STREAM, 0, stream));
	EDGE_MUST(!socketpair(AF_UNIX, SOCK_DGRAM, 0, dgram));
	EDGE_MUST(!socketpair(AF_UNIX, SOCK_SEQPACKET, 0, seqpacket));
	EDGE_MUST(send(stream[0], data, 100, 0) == 100);
	EDGE_MUST(send(dgram[0], data, 50, 0) == 50 && send(dgram[0], data, 60, 0) == 60);
	EDGE_MUST(send(seqpacket[0], data, 30, 0) == 30);

	tcp[0] = socket(AF_INET, SOCK_STREAM, 0);
	EDGE_MUST(!bind(listener, (void *)&addr, len) && !listen(listener, 1));
	EDGE_MUST(!getsockname(listener, (void *)&addr, &len));
	EDGE_MUST(!connect(tcp[0], (void *)&addr, len));
	tcp[1] = accept(listener, NULL, NULL);
	EDGE_MUST(tcp[1] >= 0);
	close(listener);
	EDGE_MUST(send(tcp[0], data, 200, 0) == 200);
	/* it is there */
	EDGE_MUST(recv(tcp[1], data, 200, MSG_PEEK | MSG_WAITALL) == 200);

	udp = socket(AF_INET, SOCK_DGRAM, 0);
	addr = loopback;
	EDGE_MUST(!bind(udp, (void *)&addr, len) && !getsockname(udp, (void *)&addr, &len));
	EDGE_MUST(sendto(udp, data, 64, 0, (void *)&addr, len) == 64);
	raw = socket(AF_INET, SOCK_RAW, 253);
	addr = loopback;
	EDGE_MUST(raw >= 0 && sendto(raw, data, 64, 0, (void *)&addr, len) == 64);
}

static void gauges(const char *row, int64_t objects, int64_t queued, int64_t bytes)
{
	edge_expect(row, "objects", -objects);
	if (queued)
		edge_expect(row, "queued", -queued);
	if (bytes)
		edge_expect(row, "queued_bytes", -bytes);
}

int main(void)
{
	edge_unload();
	make_pipes();
	send_files();
	make_ipc();
	make_sockets();
	edge_load();

	edge_begin("a pipe of before");
	EDGE_MUST(write(pipes[0][1], data, 64) == 64);
	EDGE_MUST(read(pipes[0][0], data, 64) == 64);
	edge_op("pipe", EDGE_SEND, 1, 64, 64, 0);
	edge_op("pipe", EDGE_RECV, 1, 64, 64, 0);
	edge_end();

	edge_begin("an eventfd of before");
	EDGE_MUST(write(events, &(eventfd_t){ 3 }, 8) == 8);
	for (int i = 0; i < 7; i++)
		EDGE_MUST(read(events, data, sizeof(data)) == 8);
	edge_op("eventfd", EDGE_SEND, 1, 8, 8, 0);
	edge_op("eventfd", EDGE_RECV, 7, 7 * 8, 7 * 8, 0);
	edge_end();

	edge_begin("what was queued before is received");
	EDGE_MUST(recv(dgram[1], data, sizeof(data), 0) == 50);
	EDGE_MUST(recv(stream[1], data, 20, 0) == 20);
	EDGE_MUST(msgrcv(msg, data, 40, 0, 0) == 40);
	edge_op("unix_dgram", EDGE_RECV, 1, 50, 50, 0);
	edge_expect("unix_dgram", "queued", -1);
	edge_expect("unix_dgram", "queued_bytes", -50);
	edge_op("unix_stream", EDGE_RECV, 1, 20, 20, 0);
	edge_expect("unix_stream", "queued_bytes", -20);
	edge_op("sysv_msg", EDGE_RECV, 1, 40, 40, 0);
	edge_expect("sysv_msg", "queued", -1);
	edge_expect("sysv_msg", "queued_bytes", -40);
	edge_end();

	edge_begin("pipes of before go");
	for (int i = 0; i < 3; i++) {
		close(pipes[i][0]);
		close(pipes[i][1]);
	}
	close(fifo);
	gauges("pipe", 3, 0, 30);
	gauges("fifo", 1, 0, 5);
	edge_end();

	/* No process has them open, so they were not found. Nor must their end be counted. */
	edge_begin("a pipe and an eventfd that were under way in a message are not known");
	close(courier[0]);
	close(courier[1]);
	gauges("pipe", 0, 0, 0);
	gauges("eventfd", 0, 0, 0);
	gauges("unix_seqpacket", 2, 1, 1);
	edge_end();

	edge_begin("queues, sets, segments, memfds and eventfds of before go");
	EDGE_MUST(!msgctl(msg, IPC_RMID, NULL) && !semctl(sem, 0, IPC_RMID));
	EDGE_MUST(!shmctl(shm, IPC_RMID, NULL) && !mq_unlink("/older"));
	close(memfd);
	close(events);
	mq_close(mq);
	gauges("sysv_msg", 1, 1, 40);
	gauges("sysv_sem", 1, 0, 0);
	gauges("sysv_shm", 1, 0, 0);
	gauges("posix_shm", 1, 0, 0);
	gauges("eventfd", 1, 0, 0);
	edge_expect("posix_mq", "objects", -1);
	edge_value("posix_mq", "queued", 0);
	edge_value("posix_mq", "queued_bytes", 0);
	edge_end();

	edge_begin("sockets of before go");
	for (int i = 0; i < 2; i++) {
		close(stream[i]);
		close(dgram[i]);
		close(seqpacket[i]);
		close(tcp[i]);
	}
	close(udp);
	close(raw);
	gauges("unix_stream", 2, 0, 80);
	gauges("unix_dgram", 2, 1, 60);
	gauges("unix_seqpacket", 2, 1, 30);
	gauges("tcp", 2, 0, 200);
	gauges("udp", 1, 1, 64);
	gauges("raw", 1, 1, 84); /* with the IP header */
	edge_end();
	return edge_done();
}
