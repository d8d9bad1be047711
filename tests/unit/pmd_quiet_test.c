// SPDX-License-Identifier: BSD-3-Clause
/*
 * The kernel does not answer the port's unicast, and does again as soon as the port is gone. A TCP
 * SYN to a port where nobody listens asks whether it does, followed by an ARP request, which is
 * broadcast and always answered: a reset that has not come before that reply will not come.
 */
#include "../../pmd/quiet.h"
#include "pmd_synthetic.h"

#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static const uint8_t peer_mac[6] = { 2, 0, 0, 0, 0, 7 };
static uint8_t frame[FRAMES_MAX], wire[FRAMES_MAX];

static size_t syn_build(void)
{
	struct frame_spec spec = { .version = 4, .protocol = PROTO_TCP, .dst_mac = side.mac,
				   .src_mac = peer_mac, .src = { 10, 77, 0, 2 },
				   .dst = { 10, 77, 0, 1 }, .sport = 1000, .dport = 2000,
				   .tcp_flags = 2 };

	return frames_build(frame, &spec);
}

static size_t arp_build(void)
{
	static const uint8_t request[] = { 8, 6, 0, 1, 8, 0, 6, 4, 0, 1 };

	memset(frame, 0, 60);
	memset(frame, 0xff, 6);
	memcpy(frame + 6, peer_mac, 6);
	memcpy(frame + 12, request, sizeof(request));
	memcpy(frame + 22, peer_mac, 6);
	memcpy(frame + 28, (uint8_t[]){ 10, 77, 0, 2 }, 4);
	memcpy(frame + 38, (uint8_t[]){ 10, 77, 0, 1 }, 4);
	return 60;
}

static bool kernel_answers(void)
{
	bool reset = false;
	size_t len = syn_build();

	CU_ASSERT_TRUE(net_send(side.peer, NULL, frame, len));
	len = arp_build();
	CU_ASSERT_TRUE(net_send(side.peer, NULL, frame, len));
	for (;;) {
		len = net_receive(side.peer, wire, sizeof(wire), 1000);
		CU_ASSERT_NOT_EQUAL_FATAL(len, 0);
		if (wire[12] == 8 && wire[13] == 6 && wire[21] == 2)
			return reset; /* the ARP reply */
		if (len >= 54 && wire[14 + IPV4_PROTOCOL] == PROTO_TCP &&
		    (wire[34 + TCP_FLAGS] & 4))
			reset = true;
	}
}

static void neighbour_add(void)
{
	CU_ASSERT_EQUAL(net_run("ip neigh replace 10.77.0.2 lladdr 02:00:00:00:00:07 dev an0"), 0);
}

static void port_instead(void)
{
	struct rte_mbuf *frames[2];

	if (!side_is_there())
		return;
	neighbour_add();
	CU_ASSERT_TRUE(kernel_answers());
	side_open(true);
	side_start(1, 0);
	CU_ASSERT_FALSE(kernel_answers());
	/* Both are the port's, the broadcast also the kernel's. */
	CU_ASSERT_EQUAL_FATAL(side_receive(0, frames, 2, 1000), 2);
	CU_ASSERT_TRUE(side_is(frames[1], frame, 60));
	CU_ASSERT_TRUE(side_is(frames[0], frame, syn_build()));
	rte_pktmbuf_free_bulk(frames, 2);
	side_stop();
	CU_ASSERT_FALSE(kernel_answers());
	side_close();
	CU_ASSERT_TRUE(kernel_answers());
}

static void killed(void)
{
	int ready[2], status;
	char byte = 0;
	pid_t child;

	if (!side_is_there())
		return;
	neighbour_add();
	CU_ASSERT_EQUAL_FATAL(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		char reason[AN_SYNTHETIC_REASON];

		byte = an_quiet_open(net_index("an0"), reason, sizeof(reason)) >= 0;
		if (write(ready[1], &byte, 1) == 1)
			pause();
		_exit(1);
	}
	CU_ASSERT_EQUAL(read(ready[0], &byte, 1), 1);
	CU_ASSERT_EQUAL(byte, 1);
	CU_ASSERT_FALSE(kernel_answers());
	CU_ASSERT_EQUAL(kill(child, SIGKILL), 0);
	CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
	CU_ASSERT_TRUE(kernel_answers());
	close(ready[0]);
	close(ready[1]);
}

static void renamed(void)
{
	char reason[AN_SYNTHETIC_REASON];

	if (!side_is_there())
		return;
	neighbour_add();
	side_open(true);
	CU_ASSERT_EQUAL(net_run("ip link set an0 name an1"), 0);
	CU_ASSERT_EQUAL(side_ops->link_changed(side.synthetic, reason), 0);
	CU_ASSERT_FALSE(kernel_answers());
	CU_ASSERT_EQUAL(side_ops->link_changed(side.synthetic, reason), 0);
	CU_ASSERT_FALSE(kernel_answers());
	CU_ASSERT_EQUAL(net_run("ip link set an1 name an0"), 0);
	CU_ASSERT_EQUAL(side_ops->link_changed(side.synthetic, reason), 0);
	CU_ASSERT_FALSE(kernel_answers());
	side_close();
	CU_ASSERT_TRUE(kernel_answers());
}

/* Two ports of one process or of two: their tables do not meet. */
static void two_interfaces(void)
{
	char reason[AN_SYNTHETIC_REASON];
	int first, second;

	if (!side_is_there())
		return;
	neighbour_add();
	first = an_quiet_open(net_index("an0"), reason, sizeof(reason));
	second = an_quiet_open(net_index("peer0"), reason, sizeof(reason));
	CU_ASSERT_TRUE(first >= 0 && second >= 0);
	CU_ASSERT_FALSE(kernel_answers());
	close(second);
	CU_ASSERT_FALSE(kernel_answers());
	close(first);
	CU_ASSERT_TRUE(kernel_answers());
}

static void reasons(void)
{
	char reason[AN_SYNTHETIC_REASON] = "";
	pid_t child;
	int status = 0;

	if (!side_is_there())
		return;
	CU_ASSERT_EQUAL(an_quiet_open(4711, reason, sizeof(reason)), -ENODEV);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason, "the interface is gone"));
	if (geteuid() != 0)
		return;
	child = fork();
	if (child == 0) {
		if (setreuid(65534, 65534) != 0)
			_exit(9);
		_exit(an_quiet_open(net_index("an0"), reason, sizeof(reason)) == -EPERM &&
		      strstr(reason, "CAP_NET_ADMIN") != NULL ? 0 : 1);
	}
	CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
	CU_ASSERT_EQUAL(status, 0);
}

static CU_TestInfo tests[] = {
	{ "the port gets unicast and the kernel does not", port_instead },
	{ "a killed process leaves nothing behind", killed },
	{ "the interface gets another name", renamed },
	{ "two interfaces", two_interfaces },
	{ "what is missing is named", reasons },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("pmd/quiet", side_setup, side_teardown, tests);
