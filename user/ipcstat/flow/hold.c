// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <fcntl.h>
#include <unistd.h>

#include "hold.h"
#include "view.h"

/* For root: nobody else can turn flows on or off, and nobody else can keep root waiting. */
#define LOCK_FILE "/run/ipcstat.lock"

/* Its bytes. Without the file everything goes on as if there were nobody else. */
enum {
	TURNING, /* locked by who looks whether flows are on, and turns them */
	HOLDING, /* read-locked by all for whom flows have been turned on */
};

static void lock_byte(const struct flow_hold *hold, off_t byte, short type)
{
	struct flock lock = { .l_type = type, .l_start = byte, .l_len = 1 };

	if (hold->lock >= 0)
		fcntl(hold->lock, F_OFD_SETLKW, &lock);
}

static bool others_hold(const struct flow_hold *hold)
{
	struct flock lock = { .l_type = F_WRLCK, .l_start = HOLDING, .l_len = 1 };

	return hold->lock >= 0 && !fcntl(hold->lock, F_OFD_GETLK, &lock) && lock.l_type != F_UNLCK;
}

/* With TURNING locked. */
static int turn_on(struct nl *nl, uint32_t max, struct flow_hold *hold)
{
	struct nl_flow_state state;

	if (nl_get_flow_state(nl, &state)) {
		warnx("%s", nl_error(nl));
		return -1;
	}
	if (!state.max) {
		if (nl_set_flows(nl, max ? max : DEFAULT_FLOWS, &state)) {
			warnx("flows are off: %s", nl_error(nl));
			return -1;
		}
		hold->ours = true;
	} else if (max && max != state.max) {
		warnx("flows are on already, with %u entries: leave out --max-flows, or turn them "
		      "off first (`ipcstat flows off`)",
		      state.max);
		return -1;
	} else {
		hold->ours = others_hold(hold);
	}
	if (hold->ours)
		lock_byte(hold, HOLDING, F_RDLCK);
	return 0;
}

int flow_hold(struct nl *nl, uint32_t max, struct flow_hold *hold)
{
	int err;

	hold->ours = false;
	hold->lock = open(LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	lock_byte(hold, TURNING, F_WRLCK);
	err = turn_on(nl, max, hold);
	lock_byte(hold, TURNING, F_UNLCK);
	if (!hold->ours && hold->lock >= 0) {
		close(hold->lock);
		hold->lock = -1;
	}
	return err;
}

void flow_release(struct nl *nl, struct flow_hold *hold)
{
	struct nl_flow_state state;

	if (!hold->ours)
		return;
	lock_byte(hold, TURNING, F_WRLCK);
	if (!others_hold(hold))
		nl_set_flows(nl, 0, &state);
	if (hold->lock >= 0)
		close(hold->lock);
	*hold = (struct flow_hold){ .lock = -1 };
}
