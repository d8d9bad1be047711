// SPDX-License-Identifier: BSD-3-Clause
/* Questions to this machine's kernel: one it answers, one it refuses, one it says nothing to. */
#include "../../tools/pair/netlink.h"
#include "../../tools/pair/devlink.h"
#include "unit.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <string.h>
#include <time.h>

static char buf[256] __attribute__((aligned(8)));
static struct an_netlink netlink;

static struct nlmsghdr *ask_for(const char *family)
{
	struct nlmsghdr *message;

	message = an_netlink_start(buf, GENL_ID_CTRL, NLM_F_ACK, CTRL_CMD_GETFAMILY, 1);
	mnl_attr_put_strz(message, CTRL_ATTR_FAMILY_NAME, family);
	return message;
}

static void answers(void)
{
	uint16_t id = 0;

	CU_ASSERT_EQUAL_FATAL(an_netlink_open(&netlink, NETLINK_GENERIC), 0);
	CU_ASSERT_EQUAL(an_netlink_ask(&netlink, ask_for("nlctrl"), an_devlink_parse_family, &id),
			0);
	CU_ASSERT_EQUAL(id, GENL_ID_CTRL);
	CU_ASSERT_EQUAL(an_netlink_ask(&netlink, ask_for("no such"), an_devlink_parse_family, &id),
			-ENOENT);
	/* The socket is as good as new after a refusal. */
	id = 0;
	CU_ASSERT_EQUAL(an_netlink_ask(&netlink, ask_for("nlctrl"), an_devlink_parse_family, &id),
			0);
	CU_ASSERT_EQUAL(id, GENL_ID_CTRL);
	an_netlink_close(&netlink);
}

/* What an earlier question left behind is not this one's answer. */
static void late_answers(void)
{
	struct nlmsghdr *message;
	uint16_t id = 0;

	CU_ASSERT_EQUAL_FATAL(an_netlink_open(&netlink, NETLINK_GENERIC), 0);
	message = ask_for("nlctrl");
	message->nlmsg_seq = 77;
	CU_ASSERT(mnl_socket_sendto(netlink.socket, message, message->nlmsg_len) > 0);
	CU_ASSERT_NOT_EQUAL(an_netlink_ask(&netlink, ask_for("nlctrl"), an_devlink_parse_family,
					   &id), 0);
	CU_ASSERT_EQUAL(id, 0);
	an_netlink_close(&netlink);
}

static void silence_is_bounded(void)
{
	struct nlmsghdr *message;
	struct timespec start, end;
	uint16_t id = 0;

	CU_ASSERT_EQUAL_FATAL(an_netlink_open(&netlink, NETLINK_GENERIC), 0);
	message = ask_for("nlctrl");
	message->nlmsg_type = NLMSG_NOOP;
	message->nlmsg_flags = NLM_F_REQUEST;
	clock_gettime(CLOCK_MONOTONIC, &start);
	CU_ASSERT_EQUAL(an_netlink_ask(&netlink, message, an_devlink_parse_family, &id),
			-ETIMEDOUT);
	clock_gettime(CLOCK_MONOTONIC, &end);
	CU_ASSERT_TRUE(end.tv_sec - start.tv_sec <= 3);
	an_netlink_close(&netlink);
}

static CU_TestInfo tests[] = {
	{ "answers and refusals", answers },
	{ "late answers are refused", late_answers },
	{ "silence is bounded", silence_is_bounded },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("pair/netlink", NULL, NULL, tests);
