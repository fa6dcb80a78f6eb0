// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's own numbers beside the module's: whatever interface shows a
 * count, a length or a number of bytes of some mechanism has to agree. What is
 * expected of ipcstat is what that interface has moved by, and that is first
 * held against what was done, so that a mute oracle proves nothing.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <linux/sockios.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge.h"

static char data[4096];

/* An oracle has to say what we know ourselves. */
static int64_t agreed(const char *oracle, int64_t says, int64_t did)
{
	edge_check(says == did, "%s says %" PRId64 " (we did %" PRId64 ")", oracle, says, did);
	return says;
}

/* ---- /proc/sysvipc: one line an object; the sum of a column ("" counts lines) ---- */

static int64_t sysvipc(const char *file, const char *column)
{
	char path[64], line[512], *word, *rest;
	int64_t sum = 0;
	int nr = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/sysvipc/%s", file);
	f = fopen(path, "r");
	EDGE_MUST(f && fgets(line, sizeof(line), f));
	for (int i = 0; (word = strtok_r(i ? NULL : line, " \n", &rest)); i++)
		if (!strcmp(word, column))
			nr = i;
	EDGE_MUST(nr >= 0 || !*column);
	while (fgets(line, sizeof(line), f)) {
		sum += !*column;
		for (int i = 0; (word = strtok_r(i ? NULL : line, " \n", &rest)); i++)
			sum += i == nr ? atoll(word) : 0;
	}
	fclose(f);
	return sum;
}

static void sysv_msg(void)
{
	struct {
		long type;
		char text[1000];
	} msg = { .type = 1 };
	int64_t queues = sysvipc("msg", ""), messages = sysvipc("msg", "qnum");
	int64_t bytes = sysvipc("msg", "cbytes");
	int id[3];

	edge_begin("sysv_msg against /proc/sysvipc/msg");
	for (int i = 0; i < 3; i++) {
		id[i] = msgget(IPC_PRIVATE, 0600);
		EDGE_MUST(id[i] >= 0);
		for (int j = 0; j < 7; j++)
			EDGE_MUST(!msgsnd(id[i], &msg, 100 * i + j, 0));
	}
	EDGE_MUST(msgrcv(id[2], &msg, sizeof(msg.text), 0, 0) == 200);
	queues = sysvipc("msg", "") - queues;
	messages = sysvipc("msg", "qnum") - messages;
	bytes = sysvipc("msg", "cbytes") - bytes;
	edge_expect("sysv_msg", "objects", queues);
	edge_expect("sysv_msg", "queued", messages);
	edge_expect("sysv_msg", "queued_bytes", bytes);
	edge_op("sysv_msg", EDGE_SEND, messages + 1, bytes + 200, bytes + 200, 0);
	edge_op("sysv_msg", EDGE_RECV, 1, 200, 200, 0);
	edge_end();
	agreed("/proc/sysvipc/msg: queues", queues, 3);
	agreed("/proc/sysvipc/msg: qnum", messages, 3 * 7 - 1);
	agreed("/proc/sysvipc/msg: cbytes", bytes, 3 * 21 + 7 * 300 - 200);
	for (int i = 0; i < 3; i++)
		EDGE_MUST(!msgctl(id[i], IPC_RMID, NULL));
}

static void sysv_shm(void)
{
	int64_t segments = sysvipc("shm", ""), before = sysvipc("shm", "nattch");
	int64_t attached, detached;
	void *mem[5];
	int id;

	edge_begin("sysv_shm against /proc/sysvipc/shm");
	id = shmget(IPC_PRIVATE, 8192, 0600);
	EDGE_MUST(id >= 0);
	for (int i = 0; i < 5; i++) {
		mem[i] = shmat(id, NULL, 0);
		EDGE_MUST(mem[i] != (void *)-1);
	}
	attached = sysvipc("shm", "nattch") - before;
	for (int i = 0; i < 3; i++)
		EDGE_MUST(!shmdt(mem[i]));
	detached = attached - (sysvipc("shm", "nattch") - before);
	segments = sysvipc("shm", "") - segments;
	edge_expect("sysv_shm", "objects", segments);
	edge_op("sysv_shm", EDGE_SEND, attached, attached * 8192, 0, 0);
	edge_op("sysv_shm", EDGE_RECV, detached, detached * 8192, 0, 0);
	edge_end();
	agreed("/proc/sysvipc/shm: segments", segments, 1);
	agreed("/proc/sysvipc/shm: nattch after attaching", attached, 5);
	agreed("/proc/sysvipc/shm: nattch less after detaching", detached, 3);
	EDGE_MUST(!shmdt(mem[3]) && !shmdt(mem[4]) && !shmctl(id, IPC_RMID, NULL));
}

static void sysv_sem(void)
{
	struct sembuf give = { .sem_op = 1 }, take = { .sem_op = -1 };
	int64_t sets = sysvipc("sem", ""), left;
	int id[4];

	edge_begin("sysv_sem against /proc/sysvipc/sem and GETVAL");
	for (int i = 0; i < 4; i++) {
		id[i] = semget(IPC_PRIVATE, 5, 0600);
		EDGE_MUST(id[i] >= 0);
	}
	for (int i = 0; i < 9; i++)
		EDGE_MUST(!semop(id[0], &give, 1));
	for (int i = 0; i < 2; i++)
		EDGE_MUST(!semop(id[0], &take, 1));
	left = semctl(id[0], 0, GETVAL);
	sets = sysvipc("sem", "") - sets;
	edge_expect("sysv_sem", "objects", sets);
	edge_expect("sysv_sem", "send_ops", left + 2);
	edge_expect("sysv_sem", "recv_ops", 2);
	edge_end();
	agreed("/proc/sysvipc/sem: sets", sets, 4);
	agreed("GETVAL", left, 7);
	for (int i = 0; i < 4; i++)
		EDGE_MUST(!semctl(id[i], 0, IPC_RMID));
}

/* ---- POSIX queues: mq_getattr, and the file of the queue in its file system ---- */

static int64_t queue_bytes(const char *name)
{
	char path[64], dir[] = "/tmp/mqueue.XXXXXX";
	int64_t bytes = -1;
	FILE *f;

	EDGE_MUST(mkdtemp(dir) && !mount("none", dir, "mqueue", 0, NULL));
	snprintf(path, sizeof(path), "%s%s", dir, name);
	f = fopen(path, "r");
	EDGE_MUST(f && fscanf(f, "QSIZE:%" SCNd64, &bytes) == 1);
	fclose(f);
	EDGE_MUST(!umount(dir) && !rmdir(dir));
	return bytes;
}

static void posix_mq(void)
{
	struct mq_attr attr = { .mq_maxmsg = 10, .mq_msgsize = 500 };
	int64_t bytes;
	mqd_t mq;

	edge_begin("posix_mq against mq_getattr and QSIZE");
	mq = mq_open("/ipcstat-oracle", O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
	EDGE_MUST(mq >= 0);
	for (int i = 0; i < 8; i++)
		EDGE_MUST(!mq_send(mq, data, 50 * i, i % 3));
	EDGE_MUST(mq_receive(mq, data, 500, NULL) == 100);
	EDGE_MUST(!mq_getattr(mq, &attr));
	bytes = queue_bytes("/ipcstat-oracle");
	edge_expect("posix_mq", "objects", 1);
	edge_expect("posix_mq", "queued", attr.mq_curmsgs);
	edge_expect("posix_mq", "queued_bytes", bytes);
	edge_op("posix_mq", EDGE_SEND, attr.mq_curmsgs + 1, bytes + 100, bytes + 100, 0);
	edge_op("posix_mq", EDGE_RECV, 1, 100, 100, 0);
	edge_end();
	agreed("mq_getattr", attr.mq_curmsgs, 7);
	agreed("QSIZE", bytes, 50 * 28 - 100);
	EDGE_MUST(!mq_close(mq) && !mq_unlink("/ipcstat-oracle"));
}

/* ---- streams: FIONREAD ---- */

static int64_t unread(int fd)
{
	int n = -1;

	EDGE_MUST(!ioctl(fd, FIONREAD, &n));
	return n;
}

/* Three writes and a read: FIONREAD is what is left. */
static void stream(const char *row, int in, int out, int64_t objects)
{
	int64_t left;

	EDGE_MUST(write(in, data, 4000) == 4000 && write(in, data, 77) == 77 &&
		  write(in, data, 1) == 1);
	EDGE_MUST(read(out, data, 1000) == 1000);
	left = unread(out);
	edge_expect(row, "objects", objects);
	edge_expect(row, "queued_bytes", left);
	edge_op(row, EDGE_SEND, 3, left + 1000, left + 1000, 0);
	edge_op(row, EDGE_RECV, 1, 1000, 1000, 0);
	edge_end();
	agreed("FIONREAD", left, 3078);
	close(in);
	close(out);
}

static void streams(void)
{
	char name[] = "/tmp/ipcstat-oracle.fifo";
	int fd[2];

	edge_begin("pipe against FIONREAD");
	EDGE_MUST(!pipe(fd));
	stream("pipe", fd[1], fd[0], 1);

	EDGE_MUST(!mkfifo(name, 0600));
	edge_begin("fifo against FIONREAD");
	fd[0] = open(name, O_RDONLY | O_NONBLOCK);
	fd[1] = open(name, O_WRONLY);
	EDGE_MUST(fd[0] >= 0 && fd[1] >= 0);
	stream("fifo", fd[1], fd[0], 1);
	EDGE_MUST(!unlink(name));

	edge_begin("unix_stream against FIONREAD");
	EDGE_MUST(!socketpair(AF_UNIX, SOCK_STREAM, 0, fd));
	stream("unix_stream", fd[1], fd[0], 2);
}

/* ---- sockets: what ss shows as Recv-Q ---- */

/* Recv-Q, which is that column of `ss`, of the one socket with this local address. */
static int64_t recv_queue(const char *options, int queue_at, int local_at, const char *local)
{
	char command[128], line[512], *rest, *w;
	int64_t queue, found = 0;
	int lines = 0;
	FILE *f;

	/* No pipe: what a shell and ss do to pipes is not what we test. */
	snprintf(command, sizeof(command), "ss -H %s > /tmp/ipcstat-oracle.ss", options);
	EDGE_MUST(!system(command));
	f = fopen("/tmp/ipcstat-oracle.ss", "r");
	EDGE_MUST(f);
	while (fgets(line, sizeof(line), f)) {
		queue = 0;
		for (int i = 0; (w = strtok_r(i ? NULL : line, " \n", &rest)); i++) {
			if (i == queue_at)
				queue = atoll(w);
			if (i == local_at && !strcmp(w, local)) {
				lines++;
				found = queue;
			}
		}
	}
	fclose(f);
	EDGE_MUST(!unlink("/tmp/ipcstat-oracle.ss"));
	EDGE_MUST(lines == 1);
	return found;
}

static void unix_queue(const char *row, int type)
{
	struct stat st;
	char inode[24];
	int64_t queue;
	int fd[2];

	edge_begin("%s against ss", row);
	EDGE_MUST(!socketpair(AF_UNIX, type, 0, fd));
	for (int i = 1; i <= 5; i++)
		EDGE_MUST(send(fd[1], data, 100 * i, 0) == 100 * i);
	EDGE_MUST(!fstat(fd[0], &st));
	snprintf(inode, sizeof(inode), "%lu", (unsigned long)st.st_ino);
	queue = recv_queue("-xa", 2, 5, inode);
	edge_any(row, NULL); /* ss may have its own sockets */
	edge_expect(row, "queued_bytes", queue);
	edge_end();
	agreed("Recv-Q", queue, 1500);
	close(fd[0]);
	close(fd[1]);
}

static void tcp(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	socklen_t len = sizeof(addr);
	int server, in, out, unsent;
	char local[32];
	int64_t queue;

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	edge_begin("tcp against ss, FIONREAD and SIOCOUTQNSD");
	server = socket(AF_INET, SOCK_STREAM, 0);
	in = socket(AF_INET, SOCK_STREAM, 0);
	EDGE_MUST(server >= 0 && in >= 0);
	EDGE_MUST(!bind(server, (struct sockaddr *)&addr, len) && !listen(server, 1));
	EDGE_MUST(!getsockname(server, (struct sockaddr *)&addr, &len));
	EDGE_MUST(!connect(in, (struct sockaddr *)&addr, len));
	out = accept(server, NULL, NULL);
	EDGE_MUST(out >= 0);
	EDGE_MUST(send(in, data, 4000, 0) == 4000 && send(in, data, 95, 0) == 95);
	for (int i = 0; i < 100 && unread(out) < 4095; i++)
		usleep(20000);
	EDGE_MUST(recv(out, data, 1000, 0) == 1000);
	EDGE_MUST(!ioctl(in, SIOCOUTQNSD, &unsent));
	snprintf(local, sizeof(local), "127.0.0.1:%u", ntohs(addr.sin_port));
	queue = recv_queue("-tn state established", 0, 2, local);
	edge_expect("tcp", "objects", 3);
	edge_expect("tcp", "queued_bytes", queue + unsent);
	edge_op("tcp", EDGE_SEND, 2, 4095, 4095, 0);
	edge_op("tcp", EDGE_RECV, 1, 1000, 1000, 0);
	edge_expect("tcp", "ipv4_send_ops", 2);
	edge_expect("tcp", "ipv4_recv_ops", 1);
	edge_end();
	agreed("Recv-Q", queue, 3095);
	agreed("FIONREAD", unread(out), 3095);
	agreed("SIOCOUTQNSD", unsent, 0);
	close(in);
	close(out);
	close(server);
}

/* ---- udp: /proc/net/snmp ---- */

static int64_t snmp(const char *counter)
{
	char names[512], values[512], *name, *value, *rest[2];
	int64_t found = -1;
	FILE *f = fopen("/proc/net/snmp", "r");

	EDGE_MUST(f);
	while (fgets(names, sizeof(names), f) && fgets(values, sizeof(values), f)) {
		if (strncmp(names, "Udp:", 4))
			continue;
		name = strtok_r(names, " \n", &rest[0]);
		value = strtok_r(values, " \n", &rest[1]);
		for (; name && value; name = strtok_r(NULL, " \n", &rest[0]),
				      value = strtok_r(NULL, " \n", &rest[1]))
			if (!strcmp(name, counter))
				found = atoll(value);
	}
	fclose(f);
	EDGE_MUST(found >= 0);
	return found;
}

static void udp(void)
{
	int64_t in = snmp("InDatagrams"), out = snmp("OutDatagrams");
	struct sockaddr_in addr = { .sin_family = AF_INET };
	socklen_t len = sizeof(addr);
	int fd[2];

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	edge_begin("udp against /proc/net/snmp");
	for (int i = 0; i < 2; i++) {
		fd[i] = socket(AF_INET, SOCK_DGRAM, 0);
		EDGE_MUST(fd[i] >= 0);
	}
	EDGE_MUST(!bind(fd[0], (struct sockaddr *)&addr, len));
	EDGE_MUST(!getsockname(fd[0], (struct sockaddr *)&addr, &len));
	EDGE_MUST(!connect(fd[1], (struct sockaddr *)&addr, len));
	for (int i = 0; i < 23; i++)
		EDGE_MUST(send(fd[1], data, 10 + i, 0) == 10 + i);
	for (int i = 0; i < 20; i++)
		EDGE_MUST(recv(fd[0], data, sizeof(data), 0) == 10 + i);
	in = snmp("InDatagrams") - in;
	out = snmp("OutDatagrams") - out;
	edge_expect("udp", "objects", 2);
	edge_expect("udp", "queued", out - in);
	edge_expect("udp", "queued_bytes", 30 + 31 + 32);
	edge_op("udp", EDGE_SEND, out, 23 * 21, 23 * 21, 0);
	edge_op("udp", EDGE_RECV, in, 10 * 39, 10 * 39, 0);
	edge_expect("udp", "ipv4_send_ops", out);
	edge_expect("udp", "ipv4_recv_ops", in);
	edge_end();
	agreed("InDatagrams", in, 20);
	agreed("OutDatagrams", out, 23);
	close(fd[0]);
	close(fd[1]);
}

/* ---- signals: SigQ of /proc/self/status, all that are queued for this user ---- */

static int64_t sigq(void)
{
	int64_t queued = -1;
	char line[256];
	FILE *f = fopen("/proc/self/status", "r");

	EDGE_MUST(f);
	while (queued < 0 && fgets(line, sizeof(line), f))
		sscanf(line, "SigQ: %" SCNd64, &queued);
	fclose(f);
	EDGE_MUST(queued >= 0);
	return queued;
}

static void signals(void)
{
	int64_t queued = sigq();
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	EDGE_MUST(!sigprocmask(SIG_BLOCK, &set, NULL));
	edge_begin("signal against SigQ");
	for (int i = 0; i < 12; i++)
		EDGE_MUST(!sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = i }));
	for (int i = 0; i < 5; i++)
		EDGE_MUST(sigwaitinfo(&set, NULL) == SIGRTMIN);
	queued = sigq() - queued;
	edge_expect("signal", "queued", queued);
	edge_expect("signal", "send_ops", queued + 5);
	edge_expect("signal", "recv_ops", 5);
	edge_end();
	agreed("SigQ", queued, 7);
	for (int i = 0; i < 7; i++)
		EDGE_MUST(sigwaitinfo(&set, NULL) == SIGRTMIN);
}

int main(void)
{
	sysv_msg();
	sysv_shm();
	sysv_sem();
	posix_mq();
	streams();
	unix_queue("unix_stream", SOCK_STREAM);
	unix_queue("unix_seqpacket", SOCK_SEQPACKET);
	tcp();
	udp();
	signals();
	return edge_done();
}
