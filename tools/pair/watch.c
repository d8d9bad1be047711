// SPDX-License-Identifier: BSD-3-Clause
/*
 * The kernel's messages about a NIC, from two sockets behind one descriptor: rtnetlink's about
 * interfaces, which track.c makes sense of, and devlink's about the health reporter "vf" of
 * accelnet.ko (kmod/devlink.c: report_work). The latter come as DEVLINK_CMD_HEALTH_REPORTER_RECOVER
 * to the group "config", at each loss of an active VF and at each change of the reporter's state
 * (linux: devlink_recover_notify); they do not say which state the VF is in.
 *
 * Reading never asks the kernel anything: a question would wait for RTNL, and who watches must not.
 */
#include "watch.h"
#include "pair.h"
#include "devlink.h"
#include "rtlink.h"
#include "track.h"

#include <errno.h>
#include <linux/devlink.h>
#include <linux/genetlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUS	    "vmbus"
#define REPORTER    "vf"
#define GROUP	    "config"
#define RECEIVE_MAX (1 << 20)	/* bytes of messages that may wait; the kernel may grant less */
#define READ_MAX    64		/* datagrams of each socket that one call takes */

struct an_pair_watch {
	struct an_track track;
	struct mnl_socket *route;
	struct mnl_socket *generic;	/* NULL: there is no devlink, or no name for it */
	struct an_watch_group devlink;
	char vmbus[AN_PAIR_NAME];
	int epoll;
	char buf[32768] __attribute__((aligned(8)));
};

/* -------------------------------------------------------------------------------- devlink -- */

static void take_group(struct an_watch_group *to, const struct nlattr *entry)
{
	const struct nlattr *attr;
	const char *name = "";
	uint32_t id = 0;

	mnl_attr_for_each_nested(attr, entry) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_NAME &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0)
			name = mnl_attr_get_str(attr);
		else if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_ID &&
			 mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
			id = mnl_attr_get_u32(attr);
	}
	if (strcmp(name, GROUP) == 0)
		to->group = id;
}

int an_watch_parse_group(const struct nlmsghdr *message, void *group)
{
	struct an_watch_group *to = group;
	const struct nlattr *attr, *entry;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(struct genlmsghdr))
		return MNL_CB_OK;
	mnl_attr_for_each(attr, message, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID &&
		    mnl_attr_validate(attr, MNL_TYPE_U16) == 0)
			to->family = mnl_attr_get_u16(attr);
		if (mnl_attr_get_type(attr) != CTRL_ATTR_MCAST_GROUPS)
			continue;
		mnl_attr_for_each_nested(entry, attr) {
			take_group(to, entry);
		}
	}
	return MNL_CB_OK;
}

static bool says(const struct nlattr *attr, const char *text)
{
	return mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0 &&
	       strcmp(mnl_attr_get_str(attr), text) == 0;
}

/* The reporter's state, or -ENOMSG. */
static int parse_reporter(const struct nlattr *reporter)
{
	const struct nlattr *attr;
	bool ours = false;
	int state = -ENOMSG;

	mnl_attr_for_each_nested(attr, reporter) {
		if (mnl_attr_get_type(attr) == DEVLINK_ATTR_HEALTH_REPORTER_NAME)
			ours = says(attr, REPORTER);
		else if (mnl_attr_get_type(attr) == DEVLINK_ATTR_HEALTH_REPORTER_STATE &&
			 mnl_attr_validate(attr, MNL_TYPE_U8) == 0)
			state = mnl_attr_get_u8(attr);
	}
	return ours ? state : -ENOMSG;
}

int an_watch_parse_health(const struct nlmsghdr *message, uint16_t family, const char *vmbus)
{
	const struct genlmsghdr *generic = mnl_nlmsg_get_payload(message);
	bool bus = false, device = false;
	const struct nlattr *attr;
	int state = -ENOMSG;

	if (message->nlmsg_type != family ||
	    mnl_nlmsg_get_payload_len(message) < sizeof(*generic) ||
	    generic->cmd != DEVLINK_CMD_HEALTH_REPORTER_RECOVER)
		return -ENOMSG;
	mnl_attr_for_each(attr, message, sizeof(*generic)) {
		switch (mnl_attr_get_type(attr)) {
		case DEVLINK_ATTR_BUS_NAME:
			bus = says(attr, BUS);
			break;
		case DEVLINK_ATTR_DEV_NAME:
			device = says(attr, vmbus);
			break;
		case DEVLINK_ATTR_HEALTH_REPORTER:
			state = parse_reporter(attr);
			break;
		default:
			break;
		}
	}
	if (!bus || !device || state < 0)
		return -ENOMSG;
	return state == AN_DEVLINK_HEALTHY;
}

/* ------------------------------------------------------------------------------- creation -- */

static int open_socket(struct an_pair_watch *watch, int bus, struct mnl_socket **to)
{
	struct epoll_event event = { .events = EPOLLIN };
	int size = RECEIVE_MAX, fd;

	*to = mnl_socket_open2(bus, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (*to == NULL)
		return -errno;
	if (mnl_socket_bind(*to, 0, MNL_SOCKET_AUTOPID) != 0)
		return -errno;
	fd = mnl_socket_get_fd(*to);
	/* A short queue is no reason to do without: what it loses is told as AN_PAIR_RESYNC. */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (epoll_ctl(watch->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
		return -errno;
	return 0;
}

static int join_group(struct mnl_socket *socket, uint32_t group)
{
	int ret = mnl_socket_setsockopt(socket, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group));

	return ret != 0 ? -errno : 0;
}

/* Kernels may be built without devlink. */
static int open_devlink(struct an_pair_watch *watch)
{
	char buf[256] __attribute__((aligned(8)));
	struct an_netlink netlink;
	struct nlmsghdr *message;
	int ret;

	ret = an_netlink_open(&netlink, NETLINK_GENERIC);
	if (ret)
		return ret;
	message = an_netlink_start(buf, GENL_ID_CTRL, NLM_F_ACK, CTRL_CMD_GETFAMILY, 1);
	mnl_attr_put_strz(message, CTRL_ATTR_FAMILY_NAME, DEVLINK_GENL_NAME);
	ret = an_netlink_ask(&netlink, message, an_watch_parse_group, &watch->devlink);
	an_netlink_close(&netlink);
	if (ret == -ENOENT || (ret == 0 && watch->devlink.group == 0))
		return 0;
	if (ret)
		return ret;
	ret = open_socket(watch, NETLINK_GENERIC, &watch->generic);
	return ret ? ret : join_group(watch->generic, watch->devlink.group);
}

static void take_link(const struct an_rtlink *link, void *ctx)
{
	an_track_link(ctx, link);
}

/* The NIC's interface comes first, since others are held against it. */
static int read_links(struct an_track *track)
{
	struct an_netlink netlink;
	struct an_rtlink net;
	int ret;

	ret = an_netlink_open(&netlink, NETLINK_ROUTE);
	if (ret)
		return ret;
	ret = an_rtlink_ask(&netlink, NULL, track->net.link.ifindex, &net);
	if (ret == 0) {
		an_track_link(track, &net);
		ret = an_rtlink_dump(&netlink, take_link, track);
	}
	an_netlink_close(&netlink);
	return ret;
}

int an_pair_watch_create(struct an_pair_watch **watch, uint32_t ifindex, uint32_t vf_ifindex,
			 const char *vmbus)
{
	struct an_pair_watch *new;
	int ret;

	*watch = NULL;
	if (ifindex == 0)
		return -ENODEV;
	new = calloc(1, sizeof(*new));
	if (new == NULL)
		return -ENOMEM;
	an_track_init(&new->track, ifindex);
	new->epoll = epoll_create1(EPOLL_CLOEXEC);
	ret = new->epoll < 0 ? -errno : open_socket(new, NETLINK_ROUTE, &new->route);
	if (ret == 0)
		ret = join_group(new->route, RTNLGRP_LINK);
	if (ret == 0 && vmbus != NULL) {
		snprintf(new->vmbus, sizeof(new->vmbus), "%s", vmbus);
		ret = open_devlink(new);
	}
	/* After the group: what changes meanwhile is told a second time rather than not at all. */
	if (ret == 0)
		ret = read_links(&new->track);
	if (ret) {
		an_pair_watch_destroy(new);
		return ret;
	}
	an_track_set_vf(&new->track, vf_ifindex);
	*watch = new;
	return 0;
}

void an_pair_watch_destroy(struct an_pair_watch *watch)
{
	if (watch == NULL)
		return;
	if (watch->generic != NULL)
		mnl_socket_close(watch->generic);
	if (watch->route != NULL)
		mnl_socket_close(watch->route);
	if (watch->epoll >= 0)
		close(watch->epoll);
	free(watch);
}

int an_pair_watch_fd(const struct an_pair_watch *watch)
{
	return watch->epoll;
}

void an_pair_watch_set_vf(struct an_pair_watch *watch, uint32_t vf_ifindex)
{
	an_track_set_vf(&watch->track, vf_ifindex);
}

/* -------------------------------------------------------------------------------- reading -- */

/* Bytes of a datagram; 0: none is there; -ENOBUFS: some were lost; -ENOMSG: not from the kernel. */
static ssize_t receive(struct mnl_socket *socket, void *buf, size_t size)
{
	struct sockaddr_nl from = { 0 };
	struct iovec part = { .iov_base = buf, .iov_len = size };
	struct msghdr header = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &part, .msg_iovlen = 1,
	};
	ssize_t n;

	do
		n = recvmsg(mnl_socket_get_fd(socket), &header, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	if (header.msg_flags & MSG_TRUNC)
		return -ENOBUFS;
	return from.nl_pid == 0 ? n : -ENOMSG;
}

static void take_route(struct an_pair_watch *watch, const struct nlmsghdr *message)
{
	struct an_rtlink link;
	int ret = an_rtlink_parse(message, &link);

	if (ret > 0)
		an_track_link(&watch->track, &link);
	else if (ret < 0)
		an_track_resync(&watch->track);
}

static void take_health(struct an_pair_watch *watch, const struct nlmsghdr *message)
{
	int ret = an_watch_parse_health(message, watch->devlink.family, watch->vmbus);

	if (ret >= 0)
		an_track_health(&watch->track, ret);
}

static int read_socket(struct an_pair_watch *watch, struct mnl_socket *socket,
		       void (*take)(struct an_pair_watch *watch, const struct nlmsghdr *message))
{
	const struct nlmsghdr *message;
	ssize_t n;
	int left;

	for (int i = 0; i < READ_MAX; i++) {
		n = receive(socket, watch->buf, sizeof(watch->buf));
		if (n == -ENOMSG)
			continue;
		if (n == -ENOBUFS)
			an_track_resync(&watch->track);
		else if (n <= 0)
			return (int)n;
		left = (int)n;
		message = (const struct nlmsghdr *)watch->buf;
		for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left))
			take(watch, message);
	}
	return 0;
}

int an_pair_watch_read(struct an_pair_watch *watch, an_pair_notify notify, void *ctx)
{
	int ret;

	watch->track.notify = notify;
	watch->track.ctx = ctx;
	watch->track.told = 0;
	ret = read_socket(watch, watch->route, take_route);
	if (ret == 0 && watch->generic != NULL)
		ret = read_socket(watch, watch->generic, take_health);
	watch->track.notify = NULL;
	return ret ? ret : watch->track.told;
}
