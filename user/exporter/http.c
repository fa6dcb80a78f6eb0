// SPDX-License-Identifier: GPL-2.0-only
/*
 * ipcstat-exporter, as a server. One thread, and no pipe or eventfd to wake it: it does epoll
 * and the TCP of its clients, and nothing else that is counted.
 *
 * A client is ASKING until the last byte of its request's headers has arrived. It costs a
 * descriptor until then, and no newcomer is refused for it: when there are too many, the client
 * that has been asking for longest has to go. libmicrohttpd gets only those who have ASKED, and
 * answers them at once. All who have asked before a round begins share what is read in it, so
 * that many requests cost no more readings than one.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/interrupt.h"
#include "http.h"
#include "reply.h"

#define MAX_CLIENTS 256
#define MIN_CLIENTS 16
#define MAX_REPLIES 128 /* clients of libmicrohttpd, which have a second descriptor */
#define SPARE_FILES 32  /* descriptors for all else */
#define NEWCOMERS 64    /* in a round */
#define REQUEST_MS 5000
#define REPLY_MS 10000
#define FRESH_MS 20        /* nobody has to go sooner */
#define REPLY_FRESH_MS 500 /* nor while being answered */
#define CLIENT_MEMORY 8192 /* for the request's line and headers */

enum state {
	FREE,
	ASKING,
	ASKED,
	REPLYING, /* libmicrohttpd has it */
	LEAVING,  /* the kernel has the reply, the client may not have it yet */
};

struct client {
	enum state state;
	int fd;
	int64_t since_ms; /* in this state */
	struct sockaddr_storage address;
	socklen_t address_len;
};

struct server {
	struct replies replies;
	struct MHD_Daemon *daemon;
	int listener, epoll;
	bool newcomers;               /* there may be some */
	struct client *handed;        /* to libmicrohttpd, just now */
	unsigned int max;             /* clients */
	unsigned int nr[LEAVING + 1]; /* clients, by state; of FREE none are counted */
	struct client client[MAX_CLIENTS];
};

static void set_state(struct server *server, struct client *client, enum state state)
{
	if (client->state != FREE)
		server->nr[client->state]--;
	if (state != FREE)
		server->nr[state]++;
	client->state = state;
	client->since_ms = now_ms();
}

static struct client *oldest(struct server *server, enum state state)
{
	struct client *found = NULL;

	for (unsigned int i = 0; server->nr[state] && i < server->max; i++) {
		struct client *client = &server->client[i];

		if (client->state == state && (!found || client->since_ms < found->since_ms))
			found = client;
	}
	return found;
}

/* ---- one client ---- */

static bool has_unsent(const struct client *client)
{
	int bytes;

	return !ioctl(client->fd, SIOCOUTQ, &bytes) && bytes > 0;
}

/* Unread replies go with their connection: the kernel would keep them for minutes. */
static void drop(struct server *server, struct client *client)
{
	const struct linger reset = { .l_onoff = 1 };

	if (client->state == LEAVING && has_unsent(client))
		setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	epoll_ctl(server->epoll, EPOLL_CTL_DEL, client->fd, NULL);
	close(client->fd);
	set_state(server, client, FREE);
}

/* An empty line after the first that is not; libmicrohttpd passes over empty ones before. */
static bool has_end(const char *text, size_t len)
{
	const char *end = text + len;

	while (text < end && (*text == '\r' || *text == '\n'))
		text++;
	while ((text = memchr(text, '\n', (size_t)(end - text)))) {
		text++;
		if (text < end && *text == '\r')
			text++;
		if (text < end && *text == '\n')
			return true;
	}
	return false;
}

/* Leaves the request where it is. One that is too long libmicrohttpd refuses. */
static void look_at_request(struct server *server, struct client *client)
{
	char text[CLIENT_MEMORY];
	ssize_t len = recv(client->fd, text, sizeof(text), MSG_PEEK);

	if (len > 0 && ((size_t)len == sizeof(text) || has_end(text, (size_t)len)))
		set_state(server, client, ASKED);
	else if (!len || (len < 0 && errno != EAGAIN && errno != EINTR))
		drop(server, client);
}

/*
 * What the client still sends must not make the kernel reset the connection before the client
 * has the reply.
 */
static void see_off(struct server *server, struct client *client)
{
	char text[CLIENT_MEMORY];
	ssize_t len = 1;

	for (int i = 0; i < 16 && len > 0; i++)
		len = recv(client->fd, text, sizeof(text), 0);
	if ((!len && !has_unsent(client)) || (len < 0 && errno != EAGAIN && errno != EINTR))
		drop(server, client);
}

static void on_event(struct server *server, struct client *client, uint32_t events)
{
	if (client->state == ASKING) {
		look_at_request(server, client);
		/* Nothing follows. */
		if (client->state == ASKING && events & (EPOLLRDHUP | EPOLLHUP))
			drop(server, client);
	} else if (client->state == LEAVING) {
		see_off(server, client);
	}
}

/* ---- newcomers ---- */

/* False: everybody is still to be given a chance. */
static bool make_room(struct server *server)
{
	static const enum state states[] = { ASKING, LEAVING };
	struct client *served = oldest(server, LEAVING);

	if (served && !has_unsent(served)) {
		drop(server, served);
		return true;
	}
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		struct client *client;

		while ((client = oldest(server, states[i])) &&
		       now_ms() - client->since_ms >= FRESH_MS) {
			on_event(server, client, 0); /* it may have come to its end meanwhile */
			if (client->state == states[i])
				drop(server, client);
			if (client->state == FREE)
				return true;
		}
	}
	return false;
}

static struct client *free_place(struct server *server)
{
	for (int again = 0; again < 2; again++) {
		for (unsigned int i = 0; i < server->max; i++)
			if (server->client[i].state == FREE)
				return &server->client[i];
		if (!make_room(server))
			break;
	}
	return NULL;
}

/* False: there are no more, or no more can be taken now. */
static bool welcome_one(struct server *server)
{
	struct client *client = free_place(server);
	struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP | EPOLLET };

	if (!client)
		return false;
	client->address_len = sizeof(client->address);
	client->fd = accept4(server->listener, (struct sockaddr *)&client->address,
			     &client->address_len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (client->fd < 0) {
		if (errno == EAGAIN)
			server->newcomers = false;
		else if (errno == EMFILE || errno == ENFILE)
			return make_room(server);
		/* Others may be the newcomer's, who has gone again. */
		return errno != EAGAIN && errno != ENOMEM && errno != ENOBUFS;
	}
	set_state(server, client, ASKING);
	event.data.ptr = client;
	if (epoll_ctl(server->epoll, EPOLL_CTL_ADD, client->fd, &event))
		drop(server, client);
	else
		look_at_request(server, client);
	return true;
}

static void welcome(struct server *server)
{
	for (int i = 0; server->newcomers && i < NEWCOMERS; i++)
		if (!welcome_one(server))
			break;
}

/* ---- libmicrohttpd ---- */

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_size, void **state)
{
	struct server *server = cls;

	(void)version;
	(void)upload;
	(void)upload_size;
	(void)state;
	return exporter_reply(&server->replies, connection, url, method);
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **context,
			  enum MHD_ConnectionNotificationCode code)
{
	struct server *server = cls;
	struct client *client = *context;

	(void)connection;
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		*context = server->handed;
	} else if (client) {
		/* libmicrohttpd closes its own descriptor of it. */
		set_state(server, client, LEAVING);
		shutdown(client->fd, SHUT_WR);
		see_off(server, client);
	}
}

static void hand_over(struct server *server, struct client *client)
{
	int fd = fcntl(client->fd, F_DUPFD_CLOEXEC, 0);

	set_state(server, client, REPLYING);
	server->handed = client;
	if (fd < 0 || MHD_add_connection(server->daemon, fd, (struct sockaddr *)&client->address,
					 client->address_len) != MHD_YES) {
		if (client->state == REPLYING)
			drop(server, client);
	}
}

/* libmicrohttpd finds the end of it, and closes it. */
static void cut_off(struct client *client)
{
	shutdown(client->fd, SHUT_RDWR);
}

static void hand_over_all(struct server *server)
{
	struct client *client;

	while (server->nr[REPLYING] < MAX_REPLIES && (client = oldest(server, ASKED)))
		hand_over(server, client);
	if (!server->nr[ASKED])
		return;
	/* All that are being answered are slow to take it. */
	client = oldest(server, REPLYING);
	if (client && now_ms() - client->since_ms >= REPLY_FRESH_MS) {
		cut_off(client);
		client->since_ms = now_ms();
	}
}

/* ---- the loop ---- */

/* Ends what has taken too long. How long until there is something to do, or -1. */
static int64_t time_left(struct server *server)
{
	bool crowded = server->newcomers || server->nr[ASKED];
	int64_t now = now_ms(), first = crowded ? FRESH_MS / 4 : -1;
	unsigned long long silence;

	if (server->nr[ASKED] && server->nr[REPLYING] < MAX_REPLIES)
		return 0;
	for (unsigned int i = 0; i < server->max; i++) {
		struct client *client = &server->client[i];
		int64_t left = client->since_ms - now;

		if (client->state == FREE || client->state == ASKED)
			continue;
		left += client->state == ASKING ? REQUEST_MS : REPLY_MS;
		if (left <= 0) {
			if (client->state != REPLYING) {
				drop(server, client);
				continue;
			}
			cut_off(client);
			client->since_ms = now;
			left = 0;
		}
		if (first < 0 || left < first)
			first = left;
	}
	if (MHD_get_timeout(server->daemon, &silence) == MHD_YES &&
	    (first < 0 || (int64_t)silence < first))
		first = (int64_t)silence;
	return first;
}

static void wait_for_something(struct server *server, const sigset_t *mask)
{
	struct epoll_event event[NEWCOMERS];
	int64_t left = time_left(server);
	int nr;

	nr = epoll_pwait(server->epoll, event, NEWCOMERS, (int)left, mask);
	for (int i = 0; i < nr; i++) {
		if (event[i].data.ptr == server)
			server->newcomers = true;
		else if (event[i].data.ptr)
			on_event(server, event[i].data.ptr, event[i].events);
	}
}

/* As many as there may be descriptors for. */
static unsigned int count_places(void)
{
	const rlim_t want = MAX_CLIENTS + MAX_REPLIES + SPARE_FILES;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= want)
		return MAX_CLIENTS;
	limit.rlim_cur = limit.rlim_max < want ? limit.rlim_max : want;
	if (setrlimit(RLIMIT_NOFILE, &limit) && getrlimit(RLIMIT_NOFILE, &limit))
		return MIN_CLIENTS;
	if (limit.rlim_cur >= want)
		return MAX_CLIENTS;
	return limit.rlim_cur < SPARE_FILES + 2 * MIN_CLIENTS
		       ? MIN_CLIENTS
		       : (unsigned int)(limit.rlim_cur - SPARE_FILES) / 2;
}

static bool start(struct server *server)
{
	struct epoll_event listener = { .events = EPOLLIN | EPOLLET, .data.ptr = server };
	struct epoll_event daemon = { .events = EPOLLIN };
	int fd;

	server->max = count_places();
	server->newcomers = true;
	server->epoll = epoll_create1(EPOLL_CLOEXEC);
	server->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, on_request, server,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned int)MAX_CLIENTS,    /* */
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CLIENT_MEMORY, /* */
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_END);
	if (server->epoll < 0 || !server->daemon)
		return false;
	fd = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
	return !epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &daemon) &&
	       !epoll_ctl(server->epoll, EPOLL_CTL_ADD, server->listener, &listener);
}

static void end(struct server *server)
{
	if (server->daemon)
		MHD_stop_daemon(server->daemon);
	for (unsigned int i = 0; i < server->max; i++)
		if (server->client[i].state != FREE)
			close(server->client[i].fd);
	if (server->epoll >= 0)
		close(server->epoll);
	close(server->listener);
	exporter_reply_end(&server->replies);
}

int exporter_serve(int listener, const struct exporter_args *args)
{
	struct server server = { .replies.args = args, .listener = listener };
	int status = EXIT_SUCCESS;
	sigset_t mask;

	interrupt_block(true, &mask);
	signal(SIGPIPE, SIG_IGN); /* main() wants to end by it */
	if (!start(&server)) {
		warn("cannot serve");
		status = EXIT_FAILURE;
	}
	while (!status && !interrupted) {
		wait_for_something(&server, &mask);
		welcome(&server);
		hand_over_all(&server);
		server.replies.round++;
		MHD_run(server.daemon);
	}
	end(&server);
	return status;
}
