// SPDX-License-Identifier: GPL-2.0-only
/* ipcstat-exporter: the numbers for Prometheus, over HTTP or in a file. */
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cli.h"
#include "common/options.h"
#include "http.h"

#define DEFAULT_LISTEN "127.0.0.1:10472"
#define DEFAULT_GROUPS 10
#define MAX_GROUPS 1000
#define BACKLOG 4096 /* or net.core.somaxconn, if that is less */

struct arguments {
	struct exporter_args serve;
	const char *listen, *file; /* as given; or NULL */
};

/* ---- the address ---- */

/* Takes ADDRESS:PORT and [ADDRESS]:PORT apart; false: it is no such thing. */
static bool split_address(const char *text, char **host, char **port)
{
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;
	uint64_t number;

	if (!len || !parse_number(colon + 1, 65535, &number) || !number)
		return false;
	if (text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	} else if (memchr(text, ':', len)) {
		return false; /* where does it end? */
	}
	*host = must(strndup(text, len));
	*port = format("%u", (unsigned int)number);
	return true;
}

/* Numbers only: nothing has to be looked up, and nothing can be guessed wrong. */
static struct addrinfo *parse_address(const char *text)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
					.ai_socktype = SOCK_STREAM };
	struct addrinfo *address = NULL;
	char *host = NULL, *port = NULL;

	if (!split_address(text, &host, &port) || !*host ||
	    getaddrinfo(host, port, &hints, &address)) {
		warnx("%s: no address to listen at: give ADDRESS:PORT, or [ADDRESS]:PORT of IPv6, "
		      "in numbers",
		      text);
		address = NULL;
	}
	free(host);
	free(port);
	return address;
}

static bool is_loopback(const struct sockaddr *address)
{
	const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)address;

	if (address->sa_family == AF_INET)
		return ntohl(ipv4->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	return address->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&ipv6->sin6_addr);
}

/* The socket, or -1 and a line that says why there is none. */
static int open_listener(const struct addrinfo *address, const char *text)
{
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int one = 1;

	if (fd >= 0 && !setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) &&
	    !bind(fd, address->ai_addr, address->ai_addrlen) && !listen(fd, BACKLOG))
		return fd;
	warn("cannot listen at %s", text);
	if (fd >= 0)
		close(fd);
	return -1;
}

/* ---- the file ---- */

/* All of it is on the disk before it has its name. */
static bool replace_file(const char *path, const char *text, size_t len)
{
	char *temporary = format("%s.XXXXXX", path);
	int fd = mkstemp(temporary);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
	bool good = out && fwrite(text, 1, len, out) == len && !fflush(out) && !fchmod(fd, 0644) &&
		    !fsync(fd);

	if (out && fclose(out))
		good = false;
	if (good && rename(temporary, path))
		good = false;
	if (!good) {
		warn("%s: cannot write it", path);
		if (fd >= 0)
			unlink(temporary);
	}
	free(temporary);
	return good;
}

static int write_textfile(const struct arguments *args)
{
	int status = EXIT_SUCCESS;
	char *text;
	size_t len;

	if (metrics_get(&args->serve.metrics, false, &text, &len)) {
		warnx("%s", text);
		status = EXIT_FAILURE;
	} else if (!strcmp(args->file, "-")) {
		fwrite(text, 1, len, stdout); /* main() finds out what came of it */
	} else if (!replace_file(args->file, text, len)) {
		status = EXIT_FAILURE;
	}
	free(text);
	return status;
}

/* ---- arguments ---- */

static bool parse_groups(const char *arg, const char *option, unsigned int *nr)
{
	uint64_t number = DEFAULT_GROUPS;

	if (arg && (!parse_number(arg, MAX_GROUPS, &number) || !number)) {
		warnx("%s: %s takes a number from 1 to %d", arg, option, MAX_GROUPS);
		return false;
	}
	*nr = (unsigned int)number;
	return true;
}

/* 0, EXIT_BAD_ARGS and a line, or -1: no such option */
static int parse_option(int c, struct arguments *args)
{
	struct metrics_args *metrics = &args->serve.metrics;
	bool good = true;

	switch (c) {
	case OPT_CREATED:
		metrics->created = true;
		break;
	case OPT_FLOWS:
		args->serve.flows = true;
		break;
	case OPT_LISTEN:
		args->listen = optarg;
		break;
	case OPT_PER_CGROUP:
		good = parse_groups(optarg, "--per-cgroup", &metrics->per_cgroup);
		break;
	case OPT_PER_PROCESS:
		good = parse_groups(optarg, "--per-process", &metrics->per_process);
		break;
	case OPT_TEXTFILE:
		args->file = optarg;
		break;
	default:
		return -1;
	}
	return good ? 0 : EXIT_BAD_ARGS;
}

static const struct syntax serve_syntax;

/* Returns -1, or the exit status if the program is to end here. */
static int parse_arguments(int argc, char **argv, struct arguments *args)
{
	int c, status;

	while ((c = opt_next(argc, argv, &serve_syntax)) != -1) {
		if (c == 'h')
			return opt_help(&serve_syntax);
		if (c == 'V')
			return program_version();
		status = parse_option(c, args);
		if (status)
			return status > 0 ? status : opt_bad(c, argv, &serve_syntax);
	}
	return opt_end(argc, argv, &serve_syntax);
}

/* What goes with what. */
static bool check_arguments(const struct arguments *args)
{
	if (args->file && args->listen)
		warnx("--textfile writes once and ends: there is nothing to --listen for");
	else if (args->file && args->serve.flows)
		warnx("--flows is of the page, and --textfile serves none");
	else if (args->file && args->serve.metrics.created)
		warnx("--created is of OpenMetrics, and a file for node_exporter is not");
	else if (args->file && !*args->file)
		warnx("--textfile needs the name of a file");
	else
		return true;
	return false;
}

static int cmd_serve(int argc, char **argv)
{
	struct arguments args = { 0 };
	struct addrinfo *address;
	int status, fd;

	status = parse_arguments(argc, argv, &args);
	if (status >= 0)
		return status;
	if (!check_arguments(&args))
		return EXIT_BAD_ARGS;
	if (args.file)
		return write_textfile(&args);
	if (!args.listen)
		args.listen = DEFAULT_LISTEN;
	address = parse_address(args.listen);
	if (!address)
		return EXIT_BAD_ARGS;
	args.serve.local = is_loopback(address->ai_addr);
	fd = open_listener(address, args.listen);
	freeaddrinfo(address);
	return fd < 0 ? EXIT_FAILURE : exporter_serve(fd, &args.serve);
}

static const struct opt opts[] = {
	{ OPT_LISTEN, "listen", "ADDRESS:PORT", "serve there; 127.0.0.1:10472 is the default",
	  NULL },
	{ OPT_TEXTFILE, "textfile", "FILE", "write them once, for a node_exporter; - to the output",
	  NULL },
	{ OPT_FLOWS, "flows", NULL, "on the page, what this user may see of the flows", NULL },
	{ OPT_CREATED, "created", NULL, "OpenMetrics: since when counters count", NULL },
	{ OPT_PER_PROCESS, "per-process", "[N]", "flows of the N names that move most", NULL },
	{ OPT_PER_CGROUP, "per-cgroup", "[N]", "flows of the N cgroups that move most", NULL },
	{ 0 },
};

static const struct syntax serve_syntax = {
	.args = "[OPTION]...",
	.run = cmd_serve,
	.opts = { opts, version_opt },
};

static const struct syntax *const commands[] = { &complete_syntax, NULL };

static const struct program exporter = {
	.name = "ipcstat-exporter",
	.what = "Serve the numbers of the ipcstat module to Prometheus, and as a page.\n",
	.alone = &serve_syntax,
	.commands = commands,
	.more = "Exit status: 0 fine, 1 failed (the address is in use, ...), 2 bad arguments.",
};

int main(int argc, char **argv)
{
	return program_main(argc, argv, &exporter);
}
