// SPDX-License-Identifier: BSD-3-Clause
/* What is between both ends of a veth pair, in a network namespace of the test's own. */
#define _GNU_SOURCE /* unshare */
#include "../../tools/lab/verbs/backlog.h"
#include "../../tools/lab/verbs/links.h"
#include "../../tools/lab/verbs/rights.h"
#include "unit.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NEAR "near0"
#define FAR "far0"
#define TRIES 2000 /* of a millisecond: for a softirq */

static struct backlog backlog;
static int near_end, far_end;

static int sender(const char *interface)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_ifindex = (int)if_nametoindex(interface) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void setup(void)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 };
	const struct links_pair pair = { .name = NEAR, .peer = FAR, .mac = mac, .mtu = 1500,
					 .peer_mtu = 1500, .queues = 1 };

	CU_ASSERT_EQUAL_FATAL(unshare(rights_raw() ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET),
			      0);
	CU_ASSERT_EQUAL_FATAL(links_create(&pair), 0);
	CU_ASSERT_EQUAL_FATAL(links_set_up(NEAR, true), 0);
	CU_ASSERT_EQUAL_FATAL(links_set_up(FAR, true), 0);
	near_end = sender(NEAR);
	far_end = sender(FAR);
	CU_ASSERT_EQUAL_FATAL(backlog_open(&backlog, NEAR, FAR), 0);
}

static void teardown(void)
{
	backlog_close(&backlog);
	close(near_end);
	close(far_end);
	CU_ASSERT_EQUAL(links_delete(NEAR), 0);
}

static void frames_send(int fd, unsigned int n)
{
	static const uint8_t frame[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 9,
					   0x88, 0xb5 };

	while (n-- > 0)
		CU_ASSERT_EQUAL(send(fd, frame, sizeof(frame), 0), (ssize_t)sizeof(frame));
}

static bool guest_has_all(void)
{
	const struct timespec pause = { .tv_nsec = 1000000 };

	for (unsigned int i = 0; i < TRIES; i++) {
		if (backlog_to_guest(&backlog) == 0)
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

static void what_is_sent_is_counted(void)
{
	CU_ASSERT_EQUAL(backlog_sent(&backlog), 0);
	frames_send(near_end, 3);
	CU_ASSERT_EQUAL(backlog_sent(&backlog), 3);
	/* The other direction is another matter. */
	CU_ASSERT_TRUE(guest_has_all());
}

static void the_probe_counts_what_it_has_no_room_for(void)
{
	frames_send(far_end, 500);
	CU_ASSERT_TRUE(guest_has_all());
	CU_ASSERT_EQUAL(backlog.arrived, 500);
	frames_send(far_end, 1);
	CU_ASSERT_TRUE(guest_has_all());
	CU_ASSERT_EQUAL(backlog.arrived, 501);
}

static void what_never_comes_is_forgotten(void)
{
	frames_send(near_end, 4);
	backlog_forget(&backlog, 1);
	CU_ASSERT_EQUAL(backlog_sent(&backlog), 1);
	frames_send(near_end, 2);
	CU_ASSERT_EQUAL(backlog_sent(&backlog), 3);
	backlog.arrived -= 5; /* as if they had been lost on the way */
	backlog_forget(&backlog, 3);
	CU_ASSERT_TRUE(guest_has_all());
}

static void no_interface_no_probe(void)
{
	struct backlog none;

	CU_ASSERT_TRUE(backlog_open(&none, "none0", FAR) < 0);
	CU_ASSERT_EQUAL(backlog_sent(&none), 0);
	CU_ASSERT_EQUAL(backlog_to_guest(&none), 0);
	backlog_close(&none);
}

static CU_TestInfo tests[] = {
	{ "what is sent is counted", what_is_sent_is_counted },
	{ "the probe counts what it has no room for", the_probe_counts_what_it_has_no_room_for },
	{ "what never comes is forgotten", what_never_comes_is_forgotten },
	{ "no interface, no probe", no_interface_no_probe },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("verbs/backlog", setup, teardown, tests);
