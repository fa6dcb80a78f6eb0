// SPDX-License-Identifier: GPL-2.0-only
/*
 * ipcstat exporter, as a server. One thread, and no pipe or eventfd to wake it: what it does is
 * ppoll(2) and the TCP of its clients, and nothing else that is counted.
 *
 * Whoever connects can hold a connection for CLIENT_SECONDS, and CLIENTS_PER_IP of them;
 * others wait in the listen queue meanwhile.
 */
#include <err.h>
#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "exporter.h"
#include "exporter_reply.h"
#include "interrupt.h"

#define MAX_CLIENTS 16
#define CLIENTS_PER_IP 8
#define CLIENT_SECONDS 10 /* from the connection to the last byte of the reply */
#define SILENCE_SECONDS 5
#define CLIENT_MEMORY 8192 /* for the request's line and headers */

struct server {
	struct replies replies;
	bool closed; /* a connection was, in this round */
	struct client {
		int fd; /* -1: nobody */
		int64_t end_ms;
	} client[MAX_CLIENTS];
};

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

/* ---- clients ---- */

static void on_connection(void *cls, struct MHD_Connection *connection, void **context,
			  enum MHD_ConnectionNotificationCode code)
{
	const union MHD_ConnectionInfo *info;
	struct server *server = cls;
	struct client *client = *context;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		server->closed = true;
		if (client)
			client->fd = -1;
		return;
	}
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	for (int i = 0; info && i < MAX_CLIENTS; i++) {
		client = &server->client[i];
		if (client->fd >= 0)
			continue;
		client->fd = info->connect_fd;
		client->end_ms = now_ms() + CLIENT_SECONDS * 1000;
		*context = client;
		return;
	}
}

/* Those whose time is over are cut off, however busy. How long until the next one, or -1. */
static int64_t cut_off(struct server *server)
{
	int64_t now = now_ms(), first = -1;

	for (int i = 0; i < MAX_CLIENTS; i++) {
		struct client *client = &server->client[i];
		int64_t left = client->end_ms - now;

		if (client->fd < 0)
			continue;
		if (left <= 0) {
			/* MHD finds the end of it, and closes it. */
			shutdown(client->fd, SHUT_RDWR);
			client->end_ms = now + 1000;
			left = 1000;
		}
		if (first < 0 || left < first)
			first = left;
	}
	return first;
}

/* ---- the loop ---- */

static void sleep_until_something(struct MHD_Daemon *daemon, struct server *server,
				  const sigset_t *mask)
{
	struct pollfd poll = {
		.fd = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd,
		.events = POLLIN,
	};
	int64_t left = cut_off(server);
	unsigned long long silence;
	struct timespec time;

	if (MHD_get_timeout(daemon, &silence) == MHD_YES && (left < 0 || (int64_t)silence < left))
		left = (int64_t)silence;
	time = (struct timespec){ left / 1000, left % 1000 * 1000000 };
	ppoll(&poll, 1, left < 0 ? NULL : &time, mask);
}

int exporter_serve(int listener, const struct exporter_args *args)
{
	struct server server = { .replies.args = args };
	struct MHD_Daemon *daemon;
	sigset_t mask;

	for (int i = 0; i < MAX_CLIENTS; i++)
		server.client[i].fd = -1;
	interrupt_block(true, &mask);
	signal(SIGPIPE, SIG_IGN); /* main() wants to end by it */
	daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, &server,
				  MHD_OPTION_LISTEN_SOCKET, listener, /* */
				  MHD_OPTION_CONNECTION_LIMIT, (unsigned int)MAX_CLIENTS,
				  MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned int)CLIENTS_PER_IP,
				  MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)SILENCE_SECONDS,
				  MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CLIENT_MEMORY,
				  MHD_OPTION_NOTIFY_CONNECTION, on_connection, &server,
				  MHD_OPTION_END);
	if (!daemon) {
		warn("cannot serve");
		close(listener);
		return EXIT_FAILURE;
	}
	while (!interrupted) {
		sleep_until_something(daemon, &server, &mask);
		/*
		 * MHD does not look at who waits to connect while there are MAX_CLIENTS, and only
		 * finds out at the beginning of a round that there are fewer again.
		 */
		do {
			server.closed = false;
			MHD_run(daemon);
		} while (server.closed);
	}
	MHD_stop_daemon(daemon);
	exporter_reply_end(&server.replies);
	return EXIT_SUCCESS;
}
