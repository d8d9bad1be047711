// SPDX-License-Identifier: BSD-3-Clause
/* Every combination of facts against what must hold of any verdict; and several NICs. */
#include "../../tools/accelnet/verdict.h"
#include "accelnet_world.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

static const enum an_fact facts[] = { AN_UNKNOWN, AN_NO, AN_YES };

static bool holds(void)
{
	const struct an_verdict *verdict = &nic->verdict;
	bool failed = nic->failed[0] != '\0' || host.failed[0] != '\0';

	/* Nothing is well that is not known to be active. */
	if (verdict->result == AN_OK)
		return verdict->state == AN_VF_ACTIVE && verdict->path == AN_PATH_VF &&
		       nic->failed[0] == '\0' && verdict->reason[0] == '\0';
	if (verdict->reason[0] == '\0' || strchr(verdict->reason, '{') != NULL ||
	    strchr(verdict->next, '{') != NULL || strchr(verdict->next, '?') != NULL)
		return false;
	/* "No" needs knowledge, and a fault that is proven tells what to do. */
	if (verdict->result == AN_NOT_ACCELERATED)
		return verdict->state == AN_VF_ABSENT && (!failed || nic->module.diagnosed);
	if (verdict->result == AN_DOWN)
		return nic->net.up == AN_NO;
	if (verdict->result == AN_DEGRADED)
		return verdict->next[0] != '\0';
	return true;
}

/* Digits of a number in mixed radix: which value each fact has this time. */
static unsigned int digit(unsigned int *number, unsigned int radix)
{
	unsigned int value = *number % radix;

	*number /= radix;
	return value;
}

static void combination(unsigned int number)
{
	static void (*const shapes[])(void) = {
		world_setup, unjoined, no_ports, no_driver, no_driver_no_module, vfio, other_mac,
		absent, absent_idle_bus,
	};
	static void (*const samples[])(void) = {
		sent_vf, sent_synthetic, received_vf, sent_nothing, counters_back,
	};
	unsigned int state;

	world_setup();
	shapes[digit(&number, 9)]();
	samples[digit(&number, 5)]();
	nic->net.up = facts[digit(&number, 3)];
	if (nic->vf.name[0] != '\0') {
		nic->vf.up = facts[digit(&number, 3)];
		nic->vf.carrier = facts[digit(&number, 3)];
		nic->vf_has_ip = facts[digit(&number, 3)];
		nic->vf.mtu = digit(&number, 2) * 1500;
	}
	state = digit(&number, AN_VF_STATES + 3);
	if (state <= AN_VF_UNKNOWN)
		world_module((enum an_vf_state)state, AN_VF_HOST_MOVED);
	else if (state == AN_VF_UNKNOWN + 1)
		m_denied();
	if (digit(&number, 2))
		strcpy(nic->failed, "cannot read y");
	if (digit(&number, 2))
		strcpy(host.failed, "cannot list x");
	world_judge();
}

static void every_combination(void)
{
	const unsigned int all = 9 * 5 * 3 * 3 * 3 * 3 * 2 * (AN_VF_STATES + 3) * 2 * 2;

	for (unsigned int i = 0; i < all; i++) {
		combination(i);
		if (holds())
			continue;
		printf("combination %u: state %d path %d result %d \"%s\" \"%s\"\n", i,
		       nic->verdict.state, nic->verdict.path, nic->verdict.result,
		       nic->verdict.reason, nic->verdict.next);
		CU_FAIL("a verdict that cannot be");
		return;
	}
	CU_PASS("all hold");
}

/* -------------------------------------------------------------------------- several NICs -- */

static void of_all(void)
{
	static const struct {
		enum an_result nic[3];
		const char *failed;
		enum an_result all;
	} of[] = {
		{ { AN_OK, AN_OK, AN_OK }, "", AN_OK },
		{ { AN_OK, AN_NOT_ACCELERATED, AN_OK }, "", AN_NOT_ACCELERATED },
		{ { AN_CANNOT_TELL, AN_NOT_ACCELERATED, AN_OK }, "", AN_CANNOT_TELL },
		{ { AN_NOT_ACCELERATED, AN_CANNOT_TELL, AN_OK }, "", AN_CANNOT_TELL },
		{ { AN_NOT_ACCELERATED, AN_CANNOT_TELL, AN_DEGRADED }, "", AN_DEGRADED },
		{ { AN_DEGRADED, AN_OK, AN_OK }, "", AN_DEGRADED },
		{ { AN_OK, AN_OK, AN_OK }, "x", AN_CANNOT_TELL },
		{ { AN_OK, AN_OK, AN_DEGRADED }, "x", AN_DEGRADED },
		{ { AN_OK, AN_DOWN, AN_FOREIGN }, "", AN_OK },
		{ { AN_DOWN, AN_NOT_ACCELERATED, AN_ELSEWHERE }, "", AN_NOT_ACCELERATED },
		{ { AN_DOWN, AN_FOREIGN, AN_ELSEWHERE }, "", AN_DOWN },
		{ { AN_FOREIGN, AN_FOREIGN, AN_ELSEWHERE }, "", AN_FOREIGN },
		{ { AN_ELSEWHERE, AN_ELSEWHERE, AN_ELSEWHERE }, "", AN_ELSEWHERE },
	};

	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		world_setup();
		host.nics = 3;
		strcpy(host.failed, of[i].failed);
		for (size_t j = 0; j < 3; j++)
			host.nic[j].verdict.result = of[i].nic[j];
		CU_ASSERT_EQUAL(an_verdict_result(&host, NULL), of[i].all);
		CU_ASSERT_EQUAL(an_verdict_result(&host, &host.nic[2]), of[i].nic[2]);
	}
	host.nics = 0;
	host.failed[0] = '\0';
	CU_ASSERT_EQUAL(an_verdict_result(&host, NULL), AN_CANNOT_TELL);
}

/* Two NICs, and functions without driver: one cannot be attributed, two need not be. */
static void unattributed(void)
{
	no_driver_no_module();
	host.nic[1] = *nic;
	host.nics = 2;
	strcpy(host.nic[1].net.name, "eth1");
	world_judge();
	CU_ASSERT_EQUAL(host.nic[0].verdict.result, AN_CANNOT_TELL);
	CU_ASSERT_EQUAL(host.nic[1].verdict.result, AN_CANNOT_TELL);
	CU_ASSERT_STRING_EQUAL(nic->verdict.next, "modprobe mlx5_core");
	/* One of the two is degraded, and so is the machine. */
	CU_ASSERT_EQUAL(an_verdict_result(&host, NULL), AN_DEGRADED);

	world_setup();
	no_driver_no_module();
	host.nic[1] = *nic;
	host.function[1] = *function;
	host.nics = host.functions = 2;
	world_judge();
	for (size_t i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(host.nic[i].verdict.result, AN_DEGRADED);
		CU_ASSERT_EQUAL(host.nic[i].verdict.state, AN_VF_PRESENT);
		CU_ASSERT_STRING_EQUAL(host.nic[i].verdict.next, "modprobe mlx5_core");
		CU_ASSERT_PTR_NULL(strstr(host.nic[i].verdict.reason, "0002:00"));
	}
}

/* Whoever names an interface does not get to write commands. */
static void quoting(void)
{
	nic->vf.up = AN_NO;
	strcpy(nic->vf.name, "a;reboot'$(b)");
	strcpy(function->port[0].name, nic->vf.name);
	world_judge();
	CU_ASSERT_STRING_EQUAL(nic->verdict.next, "ip link set dev 'a;reboot'\\''$(b)' up");

	world_setup();
	unjoined();
	nic->bound = AN_NO;
	memset(nic->override, '\'', sizeof(nic->override) - 1);
	world_judge();
	CU_ASSERT_STRING_EQUAL(nic->verdict.next, "");
	CU_ASSERT_TRUE(strlen(nic->verdict.reason) < AN_TEXT);
}

static CU_TestInfo tests[] = {
	{ "every combination of facts", every_combination },
	{ "of several NICs", of_all },
	{ "functions that cannot be attributed", unattributed },
	{ "commands are quoted", quoting },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("accelnet/verdict, all of it", world_setup, NULL, tests);
