// SPDX-License-Identifier: BSD-3-Clause
/* Where the machine allows a tap: a kernel answers, and nothing is left when it goes. */
#include "../../tools/lab/fabric/frame.h"
#include "../../tools/lab/log.h"
#include "fabric_fixture.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

static const uint8_t tap_mac[6] = { 0x02, 0x77, 0, 0, 0, 1 };
static const uint8_t broadcast[6] = { 255, 255, 255, 255, 255, 255 };
static struct guest_path *const me = &guest[0][FABRIC_SYNTHETIC];

static unsigned int open_descriptors(void)
{
	unsigned int n = 0;
	DIR *dir = opendir("/proc/self/fd");

	while (dir != NULL && readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

static bool is_impossible_here(int ret)
{
	if (ret != -EPERM && ret != -ENOENT && ret != -EACCES && ret != -ENODEV)
		return false;
	printf("(skipped: no tap here: %s) ", strerror(-ret));
	return true;
}

/* Polls up to two seconds for a frame of that ethertype from the tap. */
static bool await(uint16_t ethertype)
{
	const struct timespec ms = { .tv_nsec = 1000000 };

	for (int i = 0; i < 2000; i++) {
		while (fabric_poll(fabric, 1) > 0)
			if (wire_get16(me->last + ETHER_TYPE) == ethertype &&
			    memcmp(me->last, nic_mac[0], 6) == 0)
				return true;
		nanosleep(&ms, NULL);
	}
	return false;
}

static void arp_request(void)
{
	static const uint8_t request[] = { 0, 1, 8, 0, 6, 4, 0, 1 };

	memset(frame, 0, 64);
	memcpy(frame, broadcast, 6);
	memcpy(frame + 6, nic_mac[0], 6);
	wire_put16(frame + ETHER_TYPE, ETHER_TYPE_ARP);
	memcpy(frame + 14, request, sizeof(request));
	memcpy(frame + 22, nic_mac[0], 6);
	inet_pton(AF_INET, "10.77.0.9", frame + 28);
	inet_pton(AF_INET, "10.77.0.1", frame + 38);
	fabric_send(nic[0], FABRIC_VF, frame, 42);
}

/* A closed port answers with ICMP "port unreachable". */
static void udp_to_closed_port(void)
{
	struct frame_spec spec = { .version = 4, .protocol = PROTO_UDP, .payload = 8,
				   .sport = 5000, .dport = 5001, .src = { 10, 77, 0, 9 },
				   .dst = { 10, 77, 0, 1 }, .dst_mac = tap_mac,
				   .src_mac = nic_mac[0] };

	fabric_send(nic[0], FABRIC_VF, frame, frames_build(frame, &spec));
}

static void a_kernel_answers(void)
{
	struct fabric_peer_config config = { .net = 0 };
	unsigned int before = open_descriptors();
	struct frame_info info;
	struct pollfd fds[2];
	int ret = fabric_peer_tap(fabric, &config);

	if (is_impossible_here(ret))
		return;
	CU_ASSERT_EQUAL_FATAL(ret, 0);
	CU_ASSERT_EQUAL(fabric_pollfds(fabric, fds, 2), 1);
	arp_request();
	CU_ASSERT_TRUE(await(ETHER_TYPE_ARP));
	CU_ASSERT_EQUAL(memcmp(me->last + 22, tap_mac, 6), 0);
	udp_to_closed_port();
	CU_ASSERT_TRUE(await(ETHER_TYPE_IPV4));
	CU_ASSERT_EQUAL(frame_parse(me->last, me->len, &info), 0);
	CU_ASSERT_EQUAL(info.ip_protocol, PROTO_ICMP);
	CU_ASSERT_EQUAL(frame_check_l3(me->last, &info), FRAME_CHECKSUM_GOOD);
	fixture_down();
	/* No child, zombie or descriptor is left. */
	CU_ASSERT_EQUAL(waitpid(-1, NULL, WNOHANG), -1);
	CU_ASSERT_EQUAL(errno, ECHILD);
	CU_ASSERT_EQUAL(open_descriptors(), before);
}

static void two_nets_and_no_servers_in_path(void)
{
	struct fabric_peer_config config = { .net = 0, .mtu = 1500, .servers = true };
	char *path = strdup(getenv("PATH") ? getenv("PATH") : "");
	struct pollfd fds[4];
	int ret;

	setenv("PATH", "/nonexistent", 1); /* missing servers are a warning, not an error */
	lab_log_set_level(LAB_LOG_ERROR);
	ret = fabric_peer_tap(fabric, &config);
	lab_log_set_level(LAB_LOG_WARN);
	setenv("PATH", path, 1);
	free(path);
	if (is_impossible_here(ret))
		return;
	CU_ASSERT_EQUAL(ret, 0);
	config.net = 1;
	config.servers = false;
	CU_ASSERT_EQUAL(fabric_peer_tap(fabric, &config), 0);
	CU_ASSERT_EQUAL(fabric_pollfds(fabric, fds, 4), 2);
	CU_ASSERT_EQUAL(fabric_pollfds(fabric, fds, 1), 1);
}

static void bad_configurations(void)
{
	static const struct fabric_peer_config row[] = {
		{ .net = 23 }, { .mtu = 1279 }, { .mtu = 9219 }, { .mtu = UINT32_MAX },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		CU_ASSERT_EQUAL(fabric_peer_tap(fabric, &row[i]), -EINVAL);
}

static CU_TestInfo tests[] = {
	{ "a kernel answers, and nothing is left of it", a_kernel_answers },
	{ "two nets, and servers that are not installed", two_nets_and_no_servers_in_path },
	{ "bad configurations", bad_configurations },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("fabric/tap", fixture_up, fixture_down, tests);
