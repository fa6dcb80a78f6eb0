// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <err.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/cli.h"
#include "dashboard.h"
#include "reply.h"

#define TEXT_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define OPENMETRICS_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* How old a document may be; and so many times the time that it took to make, if that is more. */
#define DOCUMENT_MS 500
#define DOCUMENT_REST 9

int64_t now_ms(void)
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

/* With what all have in common; the text is freed with it, as mode says. */
static struct MHD_Response *make_response(const char *type, char *text, size_t len,
					  enum MHD_ResponseMemoryMode mode)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(len, text, mode);

	if (!response) {
		if (mode == MHD_RESPMEM_MUST_FREE)
			free(text);
		return NULL;
	}
	/* Who keeps a connection keeps it from others: a scrape is a connection. */
	MHD_add_response_header(response, "Connection", "close");
	MHD_add_response_header(response, "Content-Type", type);
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(response, "Cross-Origin-Resource-Policy", "same-origin");
	return response;
}

static enum MHD_Result queue(struct MHD_Connection *connection, unsigned int status,
			     struct MHD_Response *response)
{
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result reply_constant(struct MHD_Connection *connection, unsigned int status,
				      const char *text)
{
	struct MHD_Response *response =
		make_response("text/plain", (char *)text, strlen(text), MHD_RESPMEM_PERSISTENT);

	if (response && status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, "Allow", "GET, HEAD");
	return queue(connection, status, response);
}

/* A line for each new trouble, and not for each scrape. */
static void say_once(char **said, const char *trouble)
{
	if (trouble && (!*said || strcmp(*said, trouble)))
		warnx("%s", trouble);
	free(*said);
	*said = trouble ? must(strdup(trouble)) : NULL;
}

/* why is freed. */
static struct MHD_Response *make_trouble(char **said, char *why)
{
	char *line;

	say_once(said, why);
	line = format("%s\n", why);
	free(why);
	return make_response("text/plain; charset=utf-8", line, strlen(line),
			     MHD_RESPMEM_MUST_FREE);
}

static void make_metrics(struct replies *replies, bool openmetrics, struct metrics_text *metrics)
{
	char *text;
	size_t len;

	if (metrics->response)
		MHD_destroy_response(metrics->response);
	if (metrics_get(&replies->args->metrics, openmetrics, &text, &len)) {
		metrics->status = MHD_HTTP_INTERNAL_SERVER_ERROR;
		metrics->response = make_trouble(&replies->trouble, text);
	} else {
		say_once(&replies->trouble, NULL);
		metrics->status = MHD_HTTP_OK;
		metrics->response = make_response(openmetrics ? OPENMETRICS_TYPE : TEXT_TYPE, text,
						  len, MHD_RESPMEM_MUST_FREE);
	}
	metrics->round = replies->round;
}

/* Nothing that was read before the request, and one reading for many that come together. */
static enum MHD_Result reply_metrics(struct replies *replies, struct MHD_Connection *connection)
{
	const char *accept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Accept");
	bool openmetrics = wants_openmetrics(accept);
	struct metrics_text *metrics = openmetrics ? &replies->openmetrics : &replies->text;

	if (!metrics->response || metrics->round != replies->round)
		make_metrics(replies, openmetrics, metrics);
	if (!metrics->response)
		return MHD_NO;
	return MHD_queue_response(connection, metrics->status, metrics->response);
}

/* ---- the page ---- */

static enum MHD_Result reply_page(struct MHD_Connection *connection)
{
	struct MHD_Response *response =
		make_response("text/html; charset=utf-8", (char *)dashboard_page,
			      strlen(dashboard_page), MHD_RESPMEM_PERSISTENT);

	if (response) {
		MHD_add_response_header(response, "Content-Security-Policy", dashboard_policy);
		MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
		MHD_add_response_header(response, "Cache-Control", "no-cache");
	}
	return queue(connection, MHD_HTTP_OK, response);
}

static void make_document(struct replies *replies, struct document *document)
{
	enum dashboard which = document == &replies->flows ? DASHBOARD_FLOWS : DASHBOARD_REPORT;
	int64_t start = now_ms(), took;
	char *text;
	size_t len;
	int err;

	err = dashboard_get(which, replies->args->flows, &text, &len);
	if (document->response)
		MHD_destroy_response(document->response);
	if (err) {
		document->status = MHD_HTTP_INTERNAL_SERVER_ERROR;
		document->response = make_trouble(&document->trouble, text);
	} else {
		say_once(&document->trouble, NULL);
		document->status = MHD_HTTP_OK;
		document->response =
			make_response("application/json", text, len, MHD_RESPMEM_MUST_FREE);
	}
	if (document->response)
		MHD_add_response_header(document->response, "Cache-Control", "no-store");
	took = now_ms() - start;
	document->until_ms =
		start + took +
		(DOCUMENT_REST * took > DOCUMENT_MS ? DOCUMENT_REST * took : DOCUMENT_MS);
}

/* Whoever asks, and however often: most of the time is left for others. */
static enum MHD_Result reply_document(struct replies *replies, struct MHD_Connection *connection,
				      struct document *document)
{
	if (!document->response || now_ms() >= document->until_ms)
		make_document(replies, document);
	if (!document->response)
		return MHD_NO;
	return MHD_queue_response(connection, document->status, document->response);
}

static enum MHD_Result reply_dashboard(struct replies *replies, struct MHD_Connection *connection,
				       const char *url)
{
	if (!strcmp(url, "/"))
		return reply_page(connection);
	if (!strcmp(url, "/report.json"))
		return reply_document(replies, connection, &replies->report);
	if (replies->args->flows)
		return reply_document(replies, connection, &replies->flows);
	return reply_constant(connection, MHD_HTTP_FORBIDDEN,
			      "Flows are shown by `ipcstat-exporter --flows`.\n");
}

/* ---- names of hosts ---- */

/* The host's own name is nobody else's. */
static bool is_own_name(const char *name)
{
	char own[HOST_NAME_MAX + 1] = "";

	return !gethostname(own, sizeof(own) - 1) && *own && !strcasecmp(name, own);
}

/*
 * Anybody can have a name of their own lead here. A browser then takes their page and this server
 * for the same origin, and lets the page read what is answered.
 */
static bool is_strange(const char *host)
{
	struct in6_addr address;
	bool strange = true;
	char *copy, *end;

	if (!host)
		return false; /* of no browser */
	copy = must(strdup(host));
	if (*copy == '[') {
		end = strchr(copy, ']');
		if (end) {
			*end = '\0';
			strange = !inet_pton(AF_INET6, copy + 1, &address);
		}
	} else {
		copy[strcspn(copy, ":")] = '\0';
		strange = strcasecmp(copy, "localhost") && !inet_pton(AF_INET, copy, &address) &&
			  !is_own_name(copy);
	}
	free(copy);
	return strange;
}

/* ---- */

enum MHD_Result exporter_reply(struct replies *replies, struct MHD_Connection *connection,
			       const char *url, const char *method)
{
	const char *host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host");
	bool metrics = !strcmp(url, "/metrics");

	if (replies->args->local && is_strange(host))
		return reply_constant(
			connection, MHD_HTTP_FORBIDDEN,
			"The name in the header Host is not this host's: use an "
			"address in numbers, localhost, or what hostname(1) prints.\n");
	if (!metrics && strcmp(url, "/") && strcmp(url, "/report.json") &&
	    strcmp(url, "/flows.json"))
		return reply_constant(connection, MHD_HTTP_NOT_FOUND,
				      "There is /, /metrics, /report.json and /flows.json.\n");
	if (strcmp(method, "GET") && strcmp(method, "HEAD"))
		return reply_constant(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
				      "There is GET and HEAD.\n");
	if (metrics)
		return reply_metrics(replies, connection);
	return reply_dashboard(replies, connection, url);
}

static void free_document(struct document *document)
{
	if (document->response)
		MHD_destroy_response(document->response);
	free(document->trouble);
}

void exporter_reply_end(struct replies *replies)
{
	if (replies->text.response)
		MHD_destroy_response(replies->text.response);
	if (replies->openmetrics.response)
		MHD_destroy_response(replies->openmetrics.response);
	free_document(&replies->report);
	free_document(&replies->flows);
	free(replies->trouble);
}
