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

#include "cli.h"
#include "exporter.h"
#include "interrupt.h"

#define MAX_CLIENTS 16
#define CLIENTS_PER_IP 8
#define CLIENT_SECONDS 10 /* from the connection to the last byte of the reply */
#define SILENCE_SECONDS 5
#define CLIENT_MEMORY 8192 /* for the request's line and headers */

#define TEXT_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define OPENMETRICS_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

struct server {
	const struct metrics_args *args;
	char *trouble; /* why the module could not be read; said once */
	bool closed;   /* a connection was, in this round */
	struct client {
		int fd; /* -1: nobody */
		int64_t end_ms;
	} client[MAX_CLIENTS];
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* ---- what the client accepts ---- */

static char *trim(char *text)
{
	size_t len;

	text += strspn(text, " \t");
	len = strlen(text);
	while (len && strchr(" \t", text[len - 1]))
		text[--len] = '\0';
	return text;
}

/* One media range, taken apart: how much it is wanted, as either of our two types. */
static void weigh(char *range, double *openmetrics, double *text)
{
	char *type = trim(strsep(&range, ";")), *param;
	bool version = true;
	double q = 1;

	while ((param = strsep(&range, ";"))) {
		param = trim(param);
		if (!strncasecmp(param, "q=", 2))
			q = strtod(param + 2, NULL);
		else if (!strncasecmp(param, "version=", 8))
			version = !strcmp(param + 8, "1.0.0") || !strcmp(param + 8, "\"1.0.0\"");
	}
	if (!strcasecmp(type, "application/openmetrics-text")) {
		if (version && q > *openmetrics)
			*openmetrics = q;
	} else if (!strcasecmp(type, "text/plain") || !strcasecmp(type, "text/*") ||
		   !strcasecmp(type, "*/*")) {
		if (q > *text)
			*text = q;
	}
}

/* OpenMetrics is for those who ask for it by name, and do not prefer the other. */
static bool wants_openmetrics(const char *accept)
{
	char *copy = must(strdup(accept ? accept : "")), *rest = copy, *range;
	double openmetrics = 0, text = 0;

	while ((range = strsep(&rest, ",")))
		weigh(range, &openmetrics, &text);
	free(copy);
	return openmetrics > 0 && openmetrics >= text;
}

/* ---- replies ---- */

static enum MHD_Result reply(struct MHD_Connection *connection, unsigned int status,
			     const char *type, char *text, size_t len,
			     enum MHD_ResponseMemoryMode mode)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(len, text, mode);
	enum MHD_Result result;

	if (!response) {
		if (mode == MHD_RESPMEM_MUST_FREE)
			free(text);
		return MHD_NO;
	}
	/* Who keeps a connection keeps it from others: a scrape is a connection. */
	MHD_add_response_header(response, "Connection", "close");
	MHD_add_response_header(response, "Content-Type", type);
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, "Allow", "GET, HEAD");
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result reply_constant(struct MHD_Connection *connection, unsigned int status,
				      const char *type, const char *text)
{
	return reply(connection, status, type, (char *)text, strlen(text), MHD_RESPMEM_PERSISTENT);
}

/* A line for each new trouble, and not for each scrape. */
static void say_once(struct server *server, const char *trouble)
{
	if (trouble && (!server->trouble || strcmp(server->trouble, trouble)))
		warnx("%s", trouble);
	free(server->trouble);
	server->trouble = trouble ? must(strdup(trouble)) : NULL;
}

static enum MHD_Result reply_metrics(struct server *server, struct MHD_Connection *connection)
{
	const char *accept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Accept");
	bool openmetrics = wants_openmetrics(accept);
	char *text, *line;
	size_t len;

	if (!metrics_get(server->args, openmetrics, &text, &len)) {
		say_once(server, NULL);
		return reply(connection, MHD_HTTP_OK, openmetrics ? OPENMETRICS_TYPE : TEXT_TYPE,
			     text, len, MHD_RESPMEM_MUST_FREE);
	}
	say_once(server, text);
	line = format("%s\n", text);
	free(text);
	return reply(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, "text/plain; charset=utf-8", line,
		     strlen(line), MHD_RESPMEM_MUST_FREE);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_size, void **state)
{
	static const char page[] = "<!DOCTYPE html>\n"
				   "<html lang=\"en\"><head><title>ipcstat</title></head>\n"
				   "<body><h1>ipcstat " IPCSTAT_VERSION "</h1>\n"
				   "<p><a href=\"/metrics\">Metrics</a></p></body></html>\n";

	(void)version;
	(void)upload;
	(void)upload_size;
	(void)state;
	if (strcmp(url, "/") && strcmp(url, "/metrics"))
		return reply_constant(connection, MHD_HTTP_NOT_FOUND, "text/plain",
				      "There is / and /metrics.\n");
	if (strcmp(method, "GET") && strcmp(method, "HEAD"))
		return reply_constant(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "text/plain",
				      "There is GET and HEAD.\n");
	if (!strcmp(url, "/"))
		return reply_constant(connection, MHD_HTTP_OK, "text/html; charset=utf-8", page);
	return reply_metrics(cls, connection);
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

int exporter_serve(int listener, const struct metrics_args *args)
{
	struct server server = { .args = args };
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
	free(server.trouble);
	return EXIT_SUCCESS;
}
