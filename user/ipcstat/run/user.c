// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/cli.h"
#include "ipcstat/flow/args.h"
#include "user.h"

#define MAX_ID (UINT32_MAX - 1) /* the last one means "unchanged" */

/* ---- who it is ---- */

/* Its own, and those that list its name if passwd(5) has it. */
static void take_groups(struct run_user *user)
{
	int nr = 16;

	if (!user->name) {
		user->name = format("%u", (unsigned int)user->uid);
		user->home = must(strdup("/"));
		user->groups = must(malloc(sizeof(gid_t)));
		user->groups[0] = user->gid;
		user->nr_groups = 1;
		return;
	}

	do {
		user->nr_groups = nr;
		user->groups = must(reallocarray(user->groups, (size_t)nr, sizeof(gid_t)));
	} while (getgrouplist(user->name, user->gid, user->groups, &nr) < 0 &&
		 nr > user->nr_groups);
	user->nr_groups = nr;
}

static void take_entry(struct run_user *user, const struct passwd *entry)
{
	user->uid = entry->pw_uid;
	user->gid = entry->pw_gid;
	user->name = must(strdup(entry->pw_name));
	user->home = must(strdup(entry->pw_dir));
}

static int find_named(const char *arg, struct run_user *user)
{
	const struct passwd *entry = getpwnam(arg);
	uint64_t uid;

	if (!entry && parse_number(arg, MAX_ID, &uid))
		entry = getpwuid((uid_t)uid);
	if (!entry) {
		warnx("unknown user '%s': no such name or number is in passwd(5); "
		      "`getent passwd` lists them",
		      arg);
		return EXIT_BAD_ARGS;
	}
	take_entry(user, entry);
	if (geteuid() && (user->uid != getuid() || user->uid != geteuid())) {
		warnx("cannot run the command as '%s': only root can run it as another user; "
		      "run `sudo ipcstat run -u %s ...`",
		      arg, arg);
		return EXIT_FAILURE;
	}
	return 0;
}

/* Several names may have the number. */
static const struct passwd *entry_of_caller(uid_t uid)
{
	const char *name = getenv("SUDO_USER");
	const struct passwd *entry = name ? getpwnam(name) : NULL;

	return entry && entry->pw_uid == uid ? entry : getpwuid(uid);
}

/* What sudo(8) says of its caller. */
static int find_caller(const char *sudo_uid, const char *sudo_gid, struct run_user *user)
{
	const struct passwd *entry;
	uint64_t uid, gid;

	if (!sudo_gid || !parse_number(sudo_uid, MAX_ID, &uid) ||
	    !parse_number(sudo_gid, MAX_ID, &gid)) {
		warnx("invalid SUDO_UID '%s' or SUDO_GID '%s': they are not the numbers of a user "
		      "and a group; name the user with -u, for example -u root",
		      sudo_uid, sudo_gid ? sudo_gid : "");
		return EXIT_FAILURE;
	}
	entry = entry_of_caller((uid_t)uid);
	if (entry)
		take_entry(user, entry);
	user->uid = (uid_t)uid;
	user->gid = (gid_t)gid;
	return 0;
}

int run_user_find(const char *arg, struct run_user *user)
{
	const char *sudo_uid = getenv("SUDO_UID");
	int status = 0;

	*user = (struct run_user){ 0 };
	if (arg)
		status = find_named(arg, user);
	else if (sudo_uid && !geteuid())
		status = find_caller(sudo_uid, getenv("SUDO_GID"), user);
	/* Root stays as it is, with its groups. Users can only name themselves. */
	user->other = !status && !geteuid() && user->uid;
	if (user->other)
		take_groups(user);
	return status;
}

/* ---- to become it ---- */

static int clear_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	return (int)syscall(SYS_capset, &header, none);
}

/* Whether nothing is left to go back to. */
static bool has_become(const struct run_user *user)
{
	uid_t uid, effective_uid, saved_uid;
	gid_t gid, effective_gid, saved_gid;

	return !getresuid(&uid, &effective_uid, &saved_uid) && uid == user->uid &&
	       effective_uid == user->uid && saved_uid == user->uid &&
	       !getresgid(&gid, &effective_gid, &saved_gid) && gid == user->gid &&
	       effective_gid == user->gid && saved_gid == user->gid && setuid(0);
}

int run_user_become(const struct run_user *user)
{
	if (!user->other)
		return 0;
	/* The groups while it is still allowed, and the user at last. */
	if (setgroups((size_t)user->nr_groups, user->groups) ||
	    setresgid(user->gid, user->gid, user->gid) ||
	    setresuid(user->uid, user->uid, user->uid))
		return -1;
	/* With the securebits of some containers setresuid(2) leaves capabilities. */
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (clear_capabilities())
		return -1;
	if (!has_become(user)) {
		errno = EPERM;
		return -1;
	}
	return setenv("HOME", user->home, 1) || setenv("USER", user->name, 1) ||
			       setenv("LOGNAME", user->name, 1)
		       ? -1
		       : 0;
}

void run_user_free(struct run_user *user)
{
	free(user->groups);
	free(user->name);
	free(user->home);
	*user = (struct run_user){ 0 };
}
