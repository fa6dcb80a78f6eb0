// SPDX-License-Identifier: GPL-2.0-only
/* One reader of the netlink family, without a library: that would be measured, too. */
#define _GNU_SOURCE
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "ipcstat.h"

static int sock;
static uint16_t family;
static char buf[65536] __attribute__((aligned(NLMSG_ALIGNTO)));

static void ask(uint16_t type, uint8_t cmd, uint16_t flags, const char *family_name)
{
	struct {
		struct nlmsghdr nlh;
		struct genlmsghdr genl;
		struct nlattr attr;
		char name[GENL_NAMSIZ];
	} request = {
		.nlh = { .nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN),
			 .nlmsg_type = type,
			 .nlmsg_flags = NLM_F_REQUEST | flags },
		.genl = { .cmd = cmd, .version = 1 },
		.attr = { .nla_type = CTRL_ATTR_FAMILY_NAME,
			  .nla_len = sizeof(request.attr) + sizeof(request.name) },
	};

	if (family_name) {
		strncpy(request.name, family_name, sizeof(request.name) - 1);
		request.nlh.nlmsg_len = sizeof(request);
	}
	MUST(send(sock, &request, request.nlh.nlmsg_len, 0) == request.nlh.nlmsg_len);
}

void netlink_open(void)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	struct nlmsghdr *nlh = (void *)buf;
	const char *at = buf + NLMSG_LENGTH(GENL_HDRLEN);
	struct nlattr attr;

	sock = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	MUST(sock >= 0 && !bind(sock, (void *)&addr, sizeof(addr)));
	ask(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0, IPCSTAT_GENL_NAME);
	MUST(recv(sock, buf, sizeof(buf), 0) > 0 && nlh->nlmsg_type == GENL_ID_CTRL);
	for (;; at += NLA_ALIGN(attr.nla_len)) {
		MUST(at + NLA_HDRLEN < buf + nlh->nlmsg_len);
		memcpy(&attr, at, sizeof(attr));
		if (attr.nla_type == CTRL_ATTR_FAMILY_ID)
			break;
	}
	memcpy(&family, at + NLA_HDRLEN, sizeof(family));
}

void netlink_dump(void)
{
	const struct nlmsghdr *nlh;
	bool done = false;

	ask(family, IPCSTAT_CMD_ROW, NLM_F_DUMP, NULL);
	while (!done) {
		ssize_t left = recv(sock, buf, sizeof(buf), 0);

		MUST(left > 0);
		for (nlh = (void *)buf; NLMSG_OK(nlh, left); nlh = NLMSG_NEXT(nlh, left)) {
			MUST(nlh->nlmsg_type != NLMSG_ERROR);
			done = nlh->nlmsg_type == NLMSG_DONE;
		}
	}
}

void netlink_close(void)
{
	close(sock);
}
