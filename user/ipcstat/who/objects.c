// SPDX-License-Identifier: GPL-2.0-only
#include <ftw.h>
#include <inttypes.h>
#include <mntent.h>
#include <pwd.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "common/cli.h"
#include "holders.h"
#include "objects.h"
#include "peers.h"

static bool is(const struct nl_flow *flow, const char *mech)
{
	return !strcmp(flow->mech, mech);
}

static bool is_unix(const struct nl_flow *flow)
{
	return !strncmp(flow->mech, "unix_", 5);
}

bool flow_is_socket(const struct nl_flow *flow)
{
	return is_unix(flow) || is(flow, "tcp") || is(flow, "udp") || is(flow, "raw");
}

bool flow_is_sysv(const struct nl_flow *flow)
{
	return !strncmp(flow->mech, "sysv_", 5);
}

/* ---- System V ---- */

static bool in_our_namespace(const struct nl_flow *flow)
{
	struct stat st;

	return !stat("/proc/self/ns/ipc", &st) && (uint32_t)st.st_ino == flow->space;
}

/* In our namespace. False: there is none, or we may not know. */
static bool key_of(const struct nl_flow *flow, key_t *key)
{
	struct msqid_ds msg;
	struct semid_ds sem;
	struct shmid_ds shm;
	int id = (int)flow->id;

	if (is(flow, "sysv_msg") && !msgctl(id, IPC_STAT, &msg))
		*key = msg.msg_perm.__key;
	else if (is(flow, "sysv_sem") && semctl(id, 0, IPC_STAT, &sem) >= 0)
		*key = sem.sem_perm.__key;
	else if (is(flow, "sysv_shm") && !shmctl(id, IPC_STAT, &shm))
		*key = shm.shm_perm.__key;
	else
		return false;
	return *key != IPC_PRIVATE;
}

static char *sysv_name(const struct nl_flow *flow)
{
	const char *kind = flow->mech + strlen("sysv_");
	int id = (int)flow->id;
	key_t key;

	if (!in_our_namespace(flow))
		return format("%s %d of ipc:[%u]", kind, id, flow->space);
	if (key_of(flow, &key))
		return format("%s %d (key 0x%x)", kind, id, (unsigned int)key);
	return format("%s %d", kind, id);
}

/* ---- files ---- */

static char *inode_name(uint32_t dev, uint64_t ino, const struct holders *holders)
{
	const struct held *held = holders_of(holders, dev, ino);

	if (held && held->path)
		return format("%s", held->path);
	return format("%u:%u:%" PRIu64, major(dev), minor(dev), ino);
}

static char *futex_name(const struct nl_flow *flow, const struct holders *holders)
{
	char *file, *name;

	if (!flow->has_file)
		return format("futex 0x%" PRIx64 " of %u", flow->id, flow->pid);
	file = inode_name(flow->dev, flow->file, holders);
	name = format("futex %s+0x%" PRIx64, file, flow->offset);
	free(file);
	return name;
}

static char *object_name(const struct nl_flow *flow, const struct holders *holders)
{
	if (!flow->has_id)
		return format("-");
	if (is(flow, "futex"))
		return futex_name(flow, holders);
	if (is(flow, "signal"))
		return format("process %" PRIu64, flow->id);
	if (is(flow, "pipe") || is(flow, "eventfd"))
		return format("%s:[%" PRIu64 "]", flow->mech, flow->id);
	if (flow_is_socket(flow))
		return format("socket:[%" PRIu64 "]", flow->id);
	if (flow_is_sysv(flow))
		return sysv_name(flow);
	return inode_name(flow->space, flow->id, holders);
}

/* ---- sockets and their peers ---- */

static bool sends(const struct nl_flow *flow)
{
	return !strcmp(flow->direction, "send");
}

/*
 * A way that data take through sockets. With a connection it is both ways between its two ends.
 * Otherwise (unix_dgram) it is the way to a socket, or the way from it, whoever is connected to it.
 */
struct way {
	uint64_t first, second; /* second 0: one socket, and whoever is connected to it */
	bool from;              /* from that socket; otherwise to it, or both ways */
	bool unknown;           /* nobody is known at the other end */
};

static struct way way_of(const struct nl_flow *flow, const struct peer *peer,
			 const struct peers *peers)
{
	uint64_t other = peer->ino;
	struct peer back;

	if (peer->kind != PEER_KNOWN)
		return (struct way){ .first = flow->id,
				     .from = sends(flow),
				     .unknown = !peers_has_clients(peers, flow->id) &&
						(peer->kind == PEER_UNKNOWN ||
						 (is(flow, "unix_dgram") && sends(flow))) };
	back = peers_of(peers, other);
	/* Many may be connected to a socket that is itself connected to none, or to another one. */
	if (back.kind != PEER_KNOWN || back.ino != flow->id)
		return (struct way){ .first = other, .from = !sends(flow) };
	return flow->id < other ? (struct way){ .first = flow->id, .second = other }
				: (struct way){ .first = other, .second = flow->id };
}

static char *way_name(const struct way *way)
{
	if (way->unknown)
		return format("socket:[%" PRIu64 "]-[?]", way->first);
	if (!way->second || way->second == way->first)
		return format("socket:[%" PRIu64 "]", way->first);
	return format("socket:[%" PRIu64 "]-[%" PRIu64 "]", way->first, way->second);
}

static char *other_key(const struct nl_flow *flow)
{
	if (!flow->has_id)
		return format("%s", flow->mech);
	if (flow->has_file)
		return format("%s %u %" PRIu64 " %" PRIu64, flow->mech, flow->dev, flow->file,
			      flow->offset);
	if (is(flow, "futex"))
		return format("futex of %u %" PRIu64 " %" PRIu64, flow->pid, flow->start_ns,
			      flow->id);
	if (flow_is_sysv(flow))
		return format("%s %u %d", flow->mech, flow->space, (int)flow->id);
	return format("%s %u %" PRIu64, flow->mech, flow->space, flow->id);
}

static void name_channel(const struct nl_flow *flow, const struct peers *peers,
			 struct flow_names *names)
{
	struct way way;

	if (!flow_is_socket(flow) || !flow->has_id) {
		names->channel = format("%s", names->object);
		names->key = other_key(flow);
		return;
	}
	names->peer = peers_of(peers, flow->id);
	way = way_of(flow, &names->peer, peers);
	names->channel = way_name(&way);
	names->key = format("%s %" PRIu64 "%s", flow->mech, way.first, way.from ? " from" : "");
}

struct flow_names *flow_names_find(const struct nl_flows *flows)
{
	struct flow_names *names = must(calloc(flows->nr + 1, sizeof(*names)));
	struct holders *holders = holders_new();
	bool of_unix = false, of_tcp = false;
	struct peers *peers;

	for (unsigned int i = 0; i < flows->nr; i++) {
		const struct nl_flow *flow = &flows->flow[i];

		of_unix |= is_unix(flow);
		of_tcp |= is(flow, "tcp");
		if (is(flow, "fifo") || is(flow, "posix_mq") || is(flow, "posix_shm"))
			holders_want(holders, flow->space, flow->id);
		if (flow->has_file)
			holders_want(holders, flow->dev, flow->file);
	}
	peers = peers_find(of_unix, of_tcp);
	holders_scan(holders);
	for (unsigned int i = 0; i < flows->nr; i++) {
		names[i].object = object_name(&flows->flow[i], holders);
		name_channel(&flows->flow[i], peers, &names[i]);
		make_printable(names[i].object);
		make_printable(names[i].channel);
	}
	holders_free(holders);
	peers_free(peers);
	return names;
}

void flow_names_free(struct flow_names *names, unsigned int nr)
{
	for (unsigned int i = 0; names && i < nr; i++) {
		free(names[i].object);
		free(names[i].channel);
		free(names[i].key);
	}
	free(names);
}

void flow_find_file(struct nl_flow *flow)
{
	unsigned long start, end, offset, ino;
	unsigned int dev_major, dev_minor;
	char path[64], line[8192], perms[8];
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%u/maps", flow->pid);
	maps = fopen(path, "r");
	while (maps && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %7s %lx %x:%x %lu", &start, &end, perms, &offset,
			   &dev_major, &dev_minor, &ino) != 7 ||
		    flow->id < start || flow->id >= end)
			continue;
		flow->has_file = perms[3] == 's' && ino;
		flow->dev = (uint32_t)makedev(dev_major, dev_minor);
		flow->file = ino;
		flow->offset = flow->id - start + offset;
		break;
	}
	if (maps)
		fclose(maps);
}

/* ---- groups ---- */

char *flow_user(const struct nl_flow *flow)
{
	const struct passwd *user = flow->has_uid ? getpwuid(flow->uid) : NULL;
	char *name;

	if (!flow->has_uid)
		return format("?");
	name = user ? format("%s", user->pw_name) : format("%u", flow->uid);
	make_printable(name);
	return name;
}

/* All cgroups, by inode; looked through once. nftw(3) has no argument of ours. */
struct cgroup {
	uint64_t ino;
	char *path;
};

static struct {
	bool looked;
	size_t skip;
	void *tree;
} cgroups;

static int by_ino(const void *a, const void *b)
{
	const struct cgroup *x = a, *y = b;

	return x->ino < y->ino ? -1 : x->ino > y->ino;
}

static int on_directory(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	struct cgroup *cgroup;

	(void)ftw;
	if (type != FTW_D)
		return 0;
	cgroup = must(calloc(1, sizeof(*cgroup)));
	cgroup->ino = st->st_ino;
	cgroup->path = must(strdup(path[cgroups.skip] ? path + cgroups.skip : "/"));
	must(tsearch(cgroup, &cgroups.tree, by_ino));
	return 0;
}

static void look_for_cgroups(void)
{
	FILE *mounts = setmntent("/proc/self/mounts", "r");
	const struct mntent *mount;

	cgroups.looked = true;
	while (mounts && !cgroups.tree && (mount = getmntent(mounts))) {
		if (strcmp(mount->mnt_type, "cgroup2"))
			continue;
		cgroups.skip = strlen(mount->mnt_dir);
		nftw(mount->mnt_dir, on_directory, 16, FTW_PHYS | FTW_MOUNT);
	}
	if (mounts)
		endmntent(mounts);
}

static void free_cgroup(void *node)
{
	struct cgroup *cgroup = node;

	free(cgroup->path);
	free(cgroup);
}

void flow_cgroups_forget(void)
{
	tdestroy(cgroups.tree, free_cgroup);
	cgroups.tree = NULL;
	cgroups.looked = false;
}

/* NULL: it is gone. */
static const struct cgroup *find_cgroup(uint64_t ino)
{
	const struct cgroup key = { .ino = ino };
	struct cgroup **node;

	if (!cgroups.looked)
		look_for_cgroups();
	node = tfind(&key, &cgroups.tree, by_ino);
	return node ? *node : NULL;
}

char *flow_cgroup(const struct nl_flow *flow)
{
	const struct cgroup *cgroup = find_cgroup(flow->cgroup);
	char *name;

	name = cgroup ? format("%s", cgroup->path) : format("id %" PRIu64, flow->cgroup);
	make_printable(name);
	return name;
}

bool flow_cgroup_is_gone(const struct nl_flow *flow)
{
	return !find_cgroup(flow->cgroup);
}
