// SPDX-License-Identifier: GPL-2.0-only
/* A system for the tools to ask, made of the fuzzer's input; and of no kernel module. */
#define FAKE_IMPLEMENTATION
#include "fake.h"

#include <errno.h>
#include <getopt.h>
#include <libkmod.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

static const uint8_t *at, *end;
static unsigned int late; /* how often there was a wait for more than that */
static jmp_buf ending;

void fake_input(const uint8_t *data, size_t size)
{
	at = data;
	end = data + size;
	late = 0;
}

int fake_run(int (*tool)(int argc, char **argv), int argc, char **argv)
{
	int status = setjmp(ending);

	if (status)
		return status - 1;
	optind = 0;
	return tool(argc, argv);
}

void fake_exit(int status)
{
	longjmp(ending, status + 1);
}

/* There is one program to execute. */
int fake_execv(const char *path, char *const argv[])
{
	int argc = 0;

	(void)path;
	while (argv[argc])
		argc++;
	optind = 0;
	fake_exit(exporter_main(argc, (char **)argv));
}

/* The next piece of the input, NULL at its end. */
static const uint8_t *piece(size_t *size)
{
	const uint8_t *data;

	if (end - at < 2)
		return NULL;
	data = at + 2;
	*size = (size_t)at[0] | (size_t)at[1] << 8;
	if (*size > (size_t)(end - data))
		*size = (size_t)(end - data);
	at = data + *size;
	return data;
}

/* ---- netlink ---- */

int fake_nl_connect(struct nl_sock *sock, int protocol)
{
	(void)sock;
	(void)protocol;
	return 0;
}

int fake_genl_connect(struct nl_sock *sock)
{
	return fake_nl_connect(sock, 0);
}

int fake_nl_socket_add_membership(struct nl_sock *sock, int group)
{
	(void)sock;
	(void)group;
	return 0;
}

int fake_nl_send_auto(struct nl_sock *sock, struct nl_msg *msg)
{
	(void)sock;
	(void)msg;
	return 1;
}

int fake_nl_send_simple(struct nl_sock *sock, int type, int flags, void *data, size_t size)
{
	(void)sock;
	(void)type;
	(void)flags;
	(void)data;
	return (int)size;
}

/* The datagram goes to libnl in memory of its own size, so that whatever lies behind is seen. */
static int receive(struct nl_sock *sock, struct sockaddr_nl *from, unsigned char **buf,
		   struct ucred **creds)
{
	const uint8_t *data;
	size_t size;

	(void)sock;
	(void)creds;
	memset(from, 0, sizeof(*from));
	from->nl_family = AF_NETLINK;
	data = piece(&size);
	if (!data)
		return -NLE_BAD_SOCK;
	if (!size)
		return 0;
	*buf = malloc(size);
	if (!*buf)
		abort();
	memcpy(*buf, data, size);
	return (int)size;
}

static int any_number(struct nl_msg *msg, void *arg)
{
	(void)msg;
	(void)arg;
	return NL_OK;
}

int fake_nl_recvmsgs(struct nl_sock *sock, struct nl_cb *cb)
{
	nl_cb_overwrite_recv(cb, receive);
	nl_cb_set(cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, any_number, NULL);
	return nl_recvmsgs(sock, cb);
}

int fake_nl_recvmsgs_default(struct nl_sock *sock)
{
	struct nl_cb *cb = nl_socket_get_cb(sock);
	int err = fake_nl_recvmsgs(sock, cb);

	nl_cb_put(cb);
	return err;
}

/* ---- files, processes, users, System V ---- */

FILE *fake_fopen(const char *path, const char *mode)
{
	const uint8_t *data;
	size_t size;

	(void)path;
	data = piece(&size);
	if (data && size)
		return fmemopen((void *)data, size, mode);
	errno = ENOENT;
	return NULL;
}

/* There is one process, and all others are like it. */
DIR *fake_opendir(const char *path)
{
	const char *last = strrchr(path, '/');

	return opendir(last && !strcmp(last, "/fd") ? "/proc/self/fd" : "/proc/self/task");
}

int fake_stat(const char *path, struct stat *st)
{
	(void)path;
	*st = (struct stat){ .st_ino = 1 };
	return 0;
}

int fake_mkdir(const char *path, mode_t mode)
{
	(void)path;
	(void)mode;
	errno = EACCES;
	return -1;
}

/* Out of the next piece, and zeros behind it. */
static void fill(void *to, size_t room)
{
	size_t size = 0;
	const uint8_t *data = piece(&size);

	memset(to, 0, room);
	if (data)
		memcpy(to, data, size < room ? size : room);
}

/* Limits and what is used, with 7 as the last index; or of an index, where not all are used. */
static int sysv(int id, int cmd, int of_index, void *to, size_t room)
{
	fill(to, room);
	if (cmd != of_index)
		return 7;
	errno = EINVAL;
	return id & 1 ? -1 : id;
}

int fake_msgctl(int id, int cmd, struct msqid_ds *ds)
{
	if (cmd != IPC_STAT)
		return sysv(id, cmd, MSG_STAT_ANY, ds,
			    cmd == MSG_STAT_ANY ? sizeof(*ds) : sizeof(struct msginfo));
	*ds = (struct msqid_ds){ .msg_perm.__key = id & 3,
				 .msg_lspid = id & 7,
				 .msg_lrpid = id >> 3 & 7 };
	return 0;
}

int fake_semctl(int id, int nr, int cmd, ...)
{
	va_list ap;

	if (cmd != IPC_STAT && cmd != IPC_INFO && cmd != SEM_INFO && cmd != SEM_STAT_ANY)
		return (id ^ nr) & 7;
	va_start(ap, cmd);
	if (cmd != IPC_STAT) {
		int result = sysv(id, cmd, SEM_STAT_ANY, va_arg(ap, void *),
				  cmd == SEM_STAT_ANY ? sizeof(struct semid_ds)
						      : sizeof(struct seminfo));

		va_end(ap);
		return result;
	}
	*va_arg(ap, struct semid_ds *) = (struct semid_ds){ .sem_perm.__key = id & 3 };
	va_end(ap);
	return id & 4 ? -1 : 0;
}

int fake_shmctl(int id, int cmd, struct shmid_ds *ds)
{
	if (cmd == IPC_INFO || cmd == SHM_INFO || cmd == SHM_STAT_ANY)
		return sysv(id, cmd, SHM_STAT_ANY, ds,
			    cmd == SHM_STAT_ANY ? sizeof(*ds)
			    : cmd == SHM_INFO   ? sizeof(struct shm_info)
						: sizeof(struct shminfo));
	if (cmd == IPC_STAT)
		*ds = (struct shmid_ds){ .shm_perm.__key = id & 3 };
	return id & 4 ? -1 : 0;
}

/* Nobody may mount; nobody has a queue. */
int fake_fsopen(const char *type, unsigned int flags)
{
	(void)type;
	(void)flags;
	errno = EPERM;
	return -1;
}

mqd_t fake_mq_open(const char *name, int flags, ...)
{
	(void)name;
	(void)flags;
	errno = ENOENT;
	return (mqd_t)-1;
}

int fake_statfs(const char *path, struct statfs *fs)
{
	(void)path;
	fill(fs, sizeof(*fs));
	return fs->f_bavail & 1 ? -1 : 0;
}

int fake_getrlimit(int resource, struct rlimit *limit)
{
	if (resource == RLIMIT_NOFILE)
		return getrlimit(resource, limit); /* which ipclab sets */
	fill(limit, sizeof(*limit));
	return 0;
}

struct passwd *fake_getpwuid(uid_t uid)
{
	static struct passwd user = { .pw_name = "someone" };

	return uid & 1 ? &user : NULL;
}

/* There are two cgroups, and POSIX queues. */
FILE *fake_setmntent(const char *path, const char *mode)
{
	static char mounts[] = "cgroup2 /cgroup cgroup2 rw 0 0\n"
			       "mqueue /mqueue mqueue rw 0 0\n";

	(void)path;
	return fmemopen(mounts, strlen(mounts), mode);
}

int fake_nftw(const char *path, __nftw_func_t fn, int fds, int flags)
{
	struct FTW ftw = { 0 };
	struct stat st = { .st_ino = 1 };

	(void)path;
	(void)fds;
	(void)flags;
	fn("/cgroup", &st, FTW_D, &ftw);
	st.st_ino = 2;
	return fn("/cgroup/a", &st, FTW_D, &ftw);
}

/* No program is installed. */
/* Nobody is to connect to a fuzzer, and nothing to be left behind. */
int fake_socket(int domain, int type, int protocol)
{
	(void)domain;
	(void)type;
	(void)protocol;
	errno = EPERM;
	return -1;
}

int fake_mkstemp(char *path)
{
	(void)path;
	errno = EACCES;
	return -1;
}

int fake_posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
		      const posix_spawnattr_t *attrs, char *const argv[], char *const envp[])
{
	(void)pid;
	(void)file;
	(void)actions;
	(void)attrs;
	(void)argv;
	(void)envp;
	return ENOENT;
}

/* ---- time, which does not pass; and somebody who loses patience ---- */

pid_t fake_fork(void)
{
	errno = EAGAIN;
	return -1;
}

int fake_nanosleep(const struct timespec *time, struct timespec *rest)
{
	(void)time;
	(void)rest;
	return 0;
}

int fake_ppoll(struct pollfd *fds, nfds_t nr, const struct timespec *time, const sigset_t *mask)
{
	(void)fds;
	(void)nr;
	(void)time;
	if (at == end && mask && ++late > 3) {
		sigset_t before;

		raise(SIGINT);
		sigprocmask(SIG_SETMASK, mask, &before);
		sigprocmask(SIG_SETMASK, &before, NULL);
	}
	return 0;
}

/* ---- libkmod: a module that can be loaded, with two parameters ---- */

struct kmod_list {
	const char *key, *value;
};

static struct kmod_list info[] = {
	{ "license", "GPL" },
	{ "parmtype", "hooks:charp" },
	{ "parmtype", "max_objects" },
};
static int something;

struct kmod_ctx *kmod_new(const char *dirname, const char *const *config_paths)
{
	(void)dirname;
	(void)config_paths;
	return (void *)&something;
}

struct kmod_ctx *kmod_unref(struct kmod_ctx *ctx)
{
	(void)ctx;
	return NULL;
}

void kmod_set_log_priority(struct kmod_ctx *ctx, int priority)
{
	(void)ctx;
	(void)priority;
}

int kmod_module_new_from_lookup(struct kmod_ctx *ctx, const char *given_alias,
				struct kmod_list **list)
{
	(void)ctx;
	(void)given_alias;
	*list = info;
	return 0;
}

int kmod_module_new_from_name(struct kmod_ctx *ctx, const char *name, struct kmod_module **mod)
{
	(void)ctx;
	(void)name;
	*mod = (void *)&something;
	return 0;
}

struct kmod_module *kmod_module_get_module(const struct kmod_list *entry)
{
	(void)entry;
	return (void *)&something;
}

struct kmod_module *kmod_module_unref(struct kmod_module *mod)
{
	(void)mod;
	return NULL;
}

int kmod_module_unref_list(struct kmod_list *list)
{
	(void)list;
	return 0;
}

int kmod_module_get_info(const struct kmod_module *mod, struct kmod_list **list)
{
	(void)mod;
	*list = info;
	return 3;
}

struct kmod_list *kmod_list_next(const struct kmod_list *list, const struct kmod_list *curr)
{
	(void)list;
	return curr < info + 2 ? (struct kmod_list *)curr + 1 : NULL;
}

const char *kmod_module_info_get_key(const struct kmod_list *entry)
{
	return entry->key;
}

const char *kmod_module_info_get_value(const struct kmod_list *entry)
{
	return entry->value;
}

void kmod_module_info_free_list(struct kmod_list *list)
{
	(void)list;
}

int kmod_module_probe_insert_module(
	struct kmod_module *mod, unsigned int flags, const char *extra_options,
	int (*run_install)(struct kmod_module *m, const char *cmdline, void *data),
	const void *data,
	void (*print_action)(struct kmod_module *m, bool install, const char *options))
{
	(void)mod;
	(void)flags;
	(void)run_install;
	(void)data;
	(void)print_action;
	/* any error */
	return -(int)strlen(extra_options);
}

int kmod_module_get_initstate(const struct kmod_module *mod)
{
	(void)mod;
	return 0;
}

int kmod_module_remove_module(struct kmod_module *mod, unsigned int flags)
{
	(void)mod;
	(void)flags;
	return 0;
}
