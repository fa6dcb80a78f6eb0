/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Put in front of the tools' sources for the fuzzers here: what they ask of the
 * system is answered by fake.c, out of the fuzzer's input.
 *
 * The input is a row of pieces, {length (two bytes, little endian), bytes}. Whatever reads
 * takes the next one: a netlink datagram, or what a file in /proc holds.
 */
#ifndef FAKE_H
#define FAKE_H

#include <dirent.h>
#include <ftw.h>
#include <mntent.h>
#include <mqueue.h>
#include <poll.h>
#include <pwd.h>
#include <setjmp.h>
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <time.h>
#include <unistd.h>

#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

int ipcstat_main(int argc, char **argv);
int exporter_main(int argc, char **argv); /* which ipcstat exporter executes */
int ipclab_main(int argc, char **argv);

void fake_input(const uint8_t *data, size_t size);
/* Calls a tool's main; returns its exit status, also where it calls exit(3). */
int fake_run(int (*tool)(int argc, char **argv), int argc, char **argv);

void fake_exit(int status) __attribute__((noreturn));
int fake_nl_connect(struct nl_sock *sock, int protocol);
int fake_genl_connect(struct nl_sock *sock);
int fake_nl_send_auto(struct nl_sock *sock, struct nl_msg *msg);
int fake_nl_send_simple(struct nl_sock *sock, int type, int flags, void *data, size_t size);
int fake_nl_socket_add_membership(struct nl_sock *sock, int group);
int fake_nl_recvmsgs(struct nl_sock *sock, struct nl_cb *cb);
int fake_nl_recvmsgs_default(struct nl_sock *sock);
FILE *fake_fopen(const char *path, const char *mode);
DIR *fake_opendir(const char *path);
int fake_stat(const char *path, struct stat *st);
int fake_mkdir(const char *path, mode_t mode); /* without a cgroup `ipcstat run` starts nothing */
int fake_msgctl(int id, int cmd, struct msqid_ds *ds);
int fake_semctl(int id, int nr, int cmd, ...);
int fake_shmctl(int id, int cmd, struct shmid_ds *ds);
int fake_fsopen(const char *type, unsigned int flags);
mqd_t fake_mq_open(const char *name, int flags, ...);
int fake_statfs(const char *path, struct statfs *fs);
int fake_getrlimit(int resource, struct rlimit *limit);
struct passwd *fake_getpwuid(uid_t uid);
FILE *fake_setmntent(const char *path, const char *mode);
int fake_nftw(const char *path, __nftw_func_t fn, int fds, int flags);
int fake_nanosleep(const struct timespec *time, struct timespec *rest);
int fake_ppoll(struct pollfd *fds, nfds_t nr, const struct timespec *time, const sigset_t *mask);
int fake_socket(int domain, int type, int protocol);
int fake_mkstemp(char *path);
pid_t fake_fork(void); /* without a child `ipclab bench` measures nothing */
int fake_execv(const char *path, char *const argv[]);
int fake_posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
		      const posix_spawnattr_t *attrs, char *const argv[], char *const envp[]);

#ifndef FAKE_IMPLEMENTATION
#define exit(status) fake_exit(status)
#define nl_connect(...) fake_nl_connect(__VA_ARGS__)
#define genl_connect(...) fake_genl_connect(__VA_ARGS__)
#define nl_send_auto(...) fake_nl_send_auto(__VA_ARGS__)
#define nl_send_simple(...) fake_nl_send_simple(__VA_ARGS__)
#define nl_socket_add_membership(...) fake_nl_socket_add_membership(__VA_ARGS__)
#define nl_recvmsgs(...) fake_nl_recvmsgs(__VA_ARGS__)
#define nl_recvmsgs_default(...) fake_nl_recvmsgs_default(__VA_ARGS__)
#define fopen(...) fake_fopen(__VA_ARGS__)
#define opendir(...) fake_opendir(__VA_ARGS__)
#define stat(...) fake_stat(__VA_ARGS__)
#define mkdir(...) fake_mkdir(__VA_ARGS__)
#define msgctl(...) fake_msgctl(__VA_ARGS__)
#define semctl(...) fake_semctl(__VA_ARGS__)
#define shmctl(...) fake_shmctl(__VA_ARGS__)
#define fsopen(...) fake_fsopen(__VA_ARGS__)
#define mq_open(...) fake_mq_open(__VA_ARGS__)
#define statfs(...) fake_statfs(__VA_ARGS__)
#define getrlimit(...) fake_getrlimit(__VA_ARGS__)
#define getpwuid(...) fake_getpwuid(__VA_ARGS__)
#define setmntent(...) fake_setmntent(__VA_ARGS__)
#define nftw(...) fake_nftw(__VA_ARGS__)
#define nanosleep(...) fake_nanosleep(__VA_ARGS__)
#define ppoll(...) fake_ppoll(__VA_ARGS__)
#define socket(...) fake_socket(__VA_ARGS__)
#define mkstemp(...) fake_mkstemp(__VA_ARGS__)
#define fork() fake_fork()
#define execv(...) fake_execv(__VA_ARGS__)
#define execvp(...) fake_execv(__VA_ARGS__)
#define posix_spawnp(...) fake_posix_spawnp(__VA_ARGS__)
#endif

#endif
