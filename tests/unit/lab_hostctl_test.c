// SPDX-License-Identifier: BSD-3-Clause
/*
 * hostctl's commands against a host whose NICs, switch and synthetic NICs only take note: every
 * row of the table, words that are none, and waiting, with a clock of the test's own.
 */
#define _GNU_SOURCE
#include "lab_hostctl_fake.h"
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BAD_USE 64

static struct host host;
static struct lab_options options;
static uint64_t now;
static char *answer;

/* ------------------------------------------------------------------------------- asking ---- */

static uint64_t test_now(void *ctx)
{
	(void)ctx;
	return now;
}

static void setup(void)
{
	memset(&host, 0, sizeof(host));
	memset(&did, 0, sizeof(did));
	options = (struct lab_options){ .nics = NICS };
	host.options = &options;
	host.clock.now = test_now;
	host.pending.clock = &host.clock;
	now = 1000 * LAB_S;
	for (unsigned int i = 0; i < NICS; i++) {
		struct nic *nic = &host.nic[i];

		nic->host = &host;
		nic->index = i;
		nic->serial = i + 1;
		snprintf(nic->name, sizeof(nic->name), "nic%u", i);
		/* Only handed on, never looked into. */
		nic->fabric = (struct fabric *)(uintptr_t)(i + 1);
		nic->port = (struct fabric_port *)(uintptr_t)(i + 1);
		nic->netvsp = (struct netvsp *)(uintptr_t)(i + 1);
	}
	host.nic[0].cx = (struct cx *)(uintptr_t)1; /* the other's function is a dummy */
}

static void teardown(void)
{
	free(answer);
	answer = NULL;
}

static int ask_raw(uint32_t caller, const char *words, size_t len)
{
	size_t size;
	FILE *out;
	int ret;

	free(answer);
	out = open_memstream(&answer, &size);
	ret = hostctl_run(&host, caller, words, len, out);
	fclose(out);
	return ret;
}

/* The words as one writes them, with single spaces. */
static int ask_as(uint32_t caller, const char *line)
{
	char words[2048];
	size_t len = strlen(line);

	CU_ASSERT_FATAL(len < sizeof(words));
	memcpy(words, line, len + 1);
	for (size_t i = 0; i < len; i++)
		if (words[i] == ' ')
			words[i] = '\0';
	return ask_raw(caller, words, len);
}

static int ask(const char *line)
{
	did.calls[0] = '\0';
	return ask_as(1, line);
}

static void every_command(void)
{
	static const struct {
		const char *line, *calls;
	} row[] = {
		{ "vf add 0", "add0 " },
		{ "vf add 1", "add1 " },
		{ "vf eject 1", "eject1 " },
		{ "vf surprise 0", "surprise0 " },
		{ "vf flap 1 3", "" },
		{ "link up 0", "link0=1 " },
		{ "link down 1", "link1=0 " },
		{ "datapath synthetic 1", "datapath1=0 " },
		{ "servicing 5", "eject0 eject1 " },
		{ "fault drop-completion", "faults0 faults1 " },
		{ "fault delay-completion 20", "faults0 faults1 " },
		{ "fault silent", "faults0 faults1 " },
		{ "fault silent rndis", "faults0 faults1 " },
		{ "fault stalled", "faults0 faults1 " },
		{ "fault foreign-mac", "" },
		{ "fault refuse-association", "" },
		{ "fault wrong-serial", "" },
		{ "fault cqe-error 0", "cqe0=0,1 " },
		{ "fault cqe-error 0 send", "cqe0=0,1 " },
		{ "fault cqe-error 0 receive", "cqe0=1,1 " },
		{ "fault slow-completions 20", "slow0=20000000 " },
		{ "fault clear", "faults0 faults1 slow0=0 cqe0=0,0 cqe0=1,0 " },
		{ "nic remove 1", "rescind1 " },
		{ "nic add 1", "offer1 " },
		{ "malformed one 1", "malformed1=one " },
		{ "associate 1 2", "associate1=1,2 " },
		{ "associate 1 7", "claim1=1,7 " },
		{ "associate 1 none", "claim1=0,2 " },
		{ "associate 0 4294967295", "claim0=1,4294967295 " },
		{ "policy list", "policy0,list policy1,list " },
		{ "policy add 1 in deny any any any",
		  "policy0,add,1,in,deny,any,any,any policy1,add,1,in,deny,any,any,any " },
		{ "wait synthetic 0", "" },
		{ "wait synthetic 0 1", "" },
		{ "stats", "" },
		{ "help", "" },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		CU_ASSERT_EQUAL(ask(row[i].line), 0);
		CU_ASSERT_STRING_EQUAL(did.calls, row[i].calls);
	}
}

static void bad_words(void)
{
	static const struct {
		const char *line, *says;
	} row[] = {
		{ "nonsense", "nonsense: unknown; known: vf wait link nic datapath fault malformed "
			      "associate policy servicing stats help\n" },
		{ "vf", "unknown; known: add eject surprise flap\n" },
		{ "vf nonsense 0", "vf nonsense: unknown; known: add eject surprise flap\n" },
		{ "vf add", "usage: hostctl vf add NIC\n" },
		{ "vf add 0 1", "usage: hostctl vf add NIC\n" },
		{ "vf add 2", "2: a number from 0 to 1 is wanted\n" },
		{ "vf add -1", "-1: a number from 0 to 1 is wanted\n" },
		{ "vf eject x", "x: a number from 0 to 1 is wanted\n" },
		{ "vf surprise 0x0", "0x0: a number from 0 to 1 is wanted\n" },
		{ "vf flap 0", "usage: hostctl vf flap NIC N\n" },
		{ "vf flap 0 1000001", "a number from 0 to 1000000" },
		{ "vf flap 9 1", "a number from 0 to 1" },
		{ "wait", "usage: hostctl wait STATE SECONDS [NIC]\n" },
		{ "wait vf", "usage: hostctl wait" },
		{ "wait vf 1 0 0", "usage: hostctl wait" },
		{ "wait nonsense 1", "nonsense: not one of vf synthetic present absent settled\n" },
		{ "wait vf 3601", "a number from 0 to 3600" },
		{ "wait vf +1", "a number from 0 to 3600" },
		{ "wait vf 1 2", "a number from 0 to 1" },
		{ "link", "unknown; known: up down\n" },
		{ "link up", "usage: hostctl link up NIC\n" },
		{ "link up 7", "a number" },
		{ "link down 7", "a number" },
		{ "datapath vf 0", "unknown; known: synthetic\n" },
		{ "datapath synthetic 7", "a number" },
		{ "fault", "unknown; known: drop-completion delay-completion" },
		{ "fault silent now", "now: silent about everything, or about rndis\n" },
		{ "fault silent rndis 1", "usage: hostctl fault silent [rndis]\n" },
		{ "fault delay-completion", "usage: hostctl fault delay-completion MS\n" },
		{ "fault delay-completion 600001", "a number from 0 to 600000" },
		{ "fault delay-completion 99999999999999999999", "a number" },
		{ "fault cqe-error", "usage: hostctl fault cqe-error NIC [send|receive]\n" },
		{ "fault cqe-error 7", "a number" },
		{ "fault cqe-error 0 both", "both: send or receive\n" },
		{ "fault slow-completions x", "a number from 0 to 600000" },
		{ "nic", "unknown; known: remove add\n" },
		{ "nic remove 7", "a number" },
		{ "nic add 7", "a number" },
		{ "malformed one", "malformed: a kind and a NIC are wanted; known: one two\n" },
		{ "malformed three 0", "three: unknown; known: one two\n" },
		{ "malformed one 7", "a number" },
		{ "associate 0", "usage: hostctl associate NIC SERIAL|none\n" },
		{ "associate 7 1", "a number" },
		{ "associate 0 some", "some: a number from 0 to 4294967295 is wanted\n" },
		{ "associate 0 4294967296", "a number" },
		{ "policy", "usage: hostctl policy" },
		{ "servicing", "usage: hostctl servicing SECONDS\n" },
		{ "servicing 3601", "a number" },
		{ "stats all", "usage: hostctl stats" },
		{ "help me", "usage: hostctl help" },
		{ "a b c d e f g h i j k l m n o p q r s t u v w x", "a: unknown" },
		{ "a b c d e f g h i j k l m n o p q r s t u v w x y", "more than 24 words\n" },
		{ "vf  0", "vf : unknown" }, /* an empty word is one */
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		CU_ASSERT_EQUAL(ask(row[i].line), BAD_USE);
		CU_ASSERT_PTR_NOT_NULL(strstr(answer, row[i].says));
		CU_ASSERT_STRING_EQUAL(did.calls, "");
	}
}

static void bytes_that_are_no_words(void)
{
	static char bytes[5000];

	CU_ASSERT_EQUAL(ask_raw(1, "", 0), BAD_USE);
	CU_ASSERT_PTR_NOT_NULL(strstr(answer, "hostctl help"));
	CU_ASSERT_EQUAL(ask_raw(1, bytes, 1), BAD_USE);
	CU_ASSERT_EQUAL(ask_raw(1, bytes, sizeof(bytes)), BAD_USE);
	CU_ASSERT_PTR_NOT_NULL(strstr(answer, "too many"));
	memset(bytes, 'x', sizeof(bytes));
	CU_ASSERT_EQUAL(ask_raw(1, bytes, 1023), BAD_USE);
	CU_ASSERT_PTR_NOT_NULL(strstr(answer, "x: unknown"));
	CU_ASSERT_EQUAL(ask_raw(1, bytes, 1024), BAD_USE);
	CU_ASSERT_PTR_NOT_NULL(strstr(answer, "too many"));
	/* Not ended by a NUL, and ended by one. */
	CU_ASSERT_EQUAL(ask_raw(1, "statsX", 5), 0);
	CU_ASSERT_EQUAL(ask_raw(1, "stats", 6), 0);
}

static void failures_are_told(void)
{
	static const struct {
		int ret;
		const char *says;
	} row[] = {
		{ -ENODEV, "nic1 has no VF\n" },
		{ -EALREADY, "nic1 has its VF already\n" },
		{ -ENOSPC, "nic1: No space left on device\n" },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		did.ret = row[i].ret;
		CU_ASSERT_EQUAL(ask("vf add 1"), 1);
		CU_ASSERT_STRING_EQUAL(answer, row[i].says);
		CU_ASSERT_EQUAL(ask("vf eject 1"), 1);
		CU_ASSERT_STRING_EQUAL(answer, row[i].says);
		CU_ASSERT_EQUAL(ask("vf surprise 1"), 1);
		CU_ASSERT_STRING_EQUAL(answer, row[i].says);
	}
	did.ret = -ENOTCONN;
	CU_ASSERT_EQUAL(ask("malformed one 0"), 1);
	CU_ASSERT_STRING_EQUAL(answer, "nic0: Transport endpoint is not connected\n");
	CU_ASSERT_EQUAL(ask("associate 0 7"), 1);
	did.ret = -EINVAL;
	CU_ASSERT_EQUAL(ask("policy add x"), BAD_USE);
	CU_ASSERT_STRING_EQUAL(did.calls, "policy0,add,x ");
	CU_ASSERT_STRING_EQUAL(answer, "rules\n");
}

static void faults(void)
{
	ask("fault drop-completion");
	ask("fault delay-completion 250");
	CU_ASSERT_TRUE(did.faults.drop_completion);
	CU_ASSERT_EQUAL(did.faults.delay_ms, 250);
	CU_ASSERT_FALSE(did.faults.silent);
	ask("fault silent");
	CU_ASSERT_TRUE(did.faults.silent);
	CU_ASSERT_FALSE(did.faults.silent_rndis || did.faults.stalled);
	ask("fault silent rndis");
	ask("fault stalled");
	CU_ASSERT_TRUE(did.faults.silent_rndis && did.faults.stalled);
	ask("fault wrong-serial");
	ask("fault refuse-association");
	ask("fault foreign-mac");
	CU_ASSERT_TRUE(host.faults.wrong_serial && host.faults.refuse_association);
	CU_ASSERT_TRUE(host.faults.foreign_mac);
	ask("fault clear");
	CU_ASSERT_FALSE(did.faults.drop_completion || did.faults.silent);
	CU_ASSERT_EQUAL(did.faults.delay_ms, 0);
	CU_ASSERT_FALSE(did.faults.silent_rndis || did.faults.stalled);
	CU_ASSERT_FALSE(host.faults.wrong_serial || host.faults.refuse_association);
	CU_ASSERT_FALSE(host.faults.foreign_mac);
}

static void a_dummy_has_no_queues(void)
{
	CU_ASSERT_EQUAL(ask("fault cqe-error 1"), 1);
	CU_ASSERT_STRING_EQUAL(answer, "nic1 has no VF\n");
	CU_ASSERT_STRING_EQUAL(did.calls, "");
}

static void plans(void)
{
	ask("vf flap 1 7");
	CU_ASSERT_EQUAL(host.nic[1].plan.flaps, 7);
	CU_ASSERT_EQUAL(host.nic[0].plan.flaps, 0);
	ask("servicing 30");
	CU_ASSERT_EQUAL(host.nic[0].plan.add_at, now + 30 * LAB_S);
	CU_ASSERT_EQUAL(host.nic[1].plan.add_at, now + 30 * LAB_S);
	/* A NIC without a VF is not given one. */
	setup();
	did.ret = -ENODEV;
	CU_ASSERT_EQUAL(ask("servicing 30"), 0);
	CU_ASSERT_EQUAL(host.nic[0].plan.add_at, 0);
}

static void policy_lists_name_the_nic(void)
{
	ask("policy list");
	CU_ASSERT_STRING_EQUAL(answer, "nic0:\nrules\nnic1:\nrules\n");
	options.nics = 1;
	ask("policy list");
	CU_ASSERT_STRING_EQUAL(answer, "rules\n");
}

static void stats(void)
{
	ask("stats");
	CU_ASSERT_STRING_EQUAL(answer, "{\"nics\":[{\"port\":0},{\"port\":1}],\"exits\":12345,"
				       "\"overhead\":2345678,\"outstanding\":[]}\n");
	lab_pending_add(&host.pending, "nic0: SWITCH_DATA_PATH");
	now += 250 * LAB_MS;
	lab_pending_add(&host.pending, "vf0: EJECTION_COMPLETE");
	ask("stats");
	CU_ASSERT_PTR_NOT_NULL(
		strstr(answer, "\"outstanding\":[{\"what\":\"nic0: SWITCH_DATA_PATH\",\"ms\":250},"
			       "{\"what\":\"vf0: EJECTION_COMPLETE\",\"ms\":0}]}\n"));
}

static void help_has_every_command(void)
{
	unsigned int lines = 0;

	ask("help");
	for (const char *c = answer; *c != '\0'; c++)
		lines += *c == '\n';
	CU_ASSERT_EQUAL(lines, 26);
	CU_ASSERT_PTR_NOT_NULL(strstr(answer, "hostctl vf flap NIC N "));
	CU_ASSERT_PTR_NOT_NULL(strstr(answer, "hostctl wait STATE SECONDS [NIC] "));
}

/* -------------------------------------------------------------------------------- waiting -- */

static void states(void)
{
	struct nic *nic = &host.nic[1];

	CU_ASSERT_EQUAL(ask("wait synthetic 0 1"), 0);
	CU_ASSERT_EQUAL(ask("wait vf 0 1"), 1);
	CU_ASSERT_STRING_EQUAL(answer, "nic1: not vf after 0 s\n");
	CU_ASSERT_EQUAL(ask("wait present 0 1"), 1);
	CU_ASSERT_EQUAL(ask("wait absent 0 1"), 1);
	did.path[1] = FABRIC_VF;
	nic->in_use = true;
	CU_ASSERT_EQUAL(ask("wait vf 0 1"), 0);
	CU_ASSERT_EQUAL(ask("wait vf 0"), 1); /* NIC 0 */
	CU_ASSERT_EQUAL(ask("wait synthetic 0 1"), 1);
	CU_ASSERT_EQUAL(ask("wait present 0 1"), 0);
	CU_ASSERT_EQUAL(ask("wait settled 0 1"), 0);
	nic->plan.flaps = 1;
	CU_ASSERT_EQUAL(ask("wait settled 0 1"), 1);
	nic->plan = (struct nic_plan){ .add_at = 1 };
	CU_ASSERT_EQUAL(ask("wait settled 0 1"), 1);
	nic->plan = (struct nic_plan){ .add_when_released = true };
	CU_ASSERT_EQUAL(ask("wait settled 0 1"), 1);
	nic->vf_gone = true;
	CU_ASSERT_EQUAL(ask("wait absent 0 1"), 0);
}

static void waits_end(void)
{
	for (unsigned int i = 0; i < 100; i++, now += 50 * LAB_MS)
		CU_ASSERT_EQUAL(ask("wait vf 5"), LAB_PORT_AGAIN);
	CU_ASSERT_EQUAL(ask("wait vf 5"), 1);
	/* The next is a wait of its own. */
	CU_ASSERT_EQUAL(ask("wait vf 5"), LAB_PORT_AGAIN);
	now += LAB_S;
	did.path[0] = FABRIC_VF;
	CU_ASSERT_EQUAL(ask("wait vf 5"), 0);
	did.path[0] = FABRIC_SYNTHETIC;
	now += 60 * LAB_S;
	CU_ASSERT_EQUAL(ask("wait vf 5"), LAB_PORT_AGAIN);
}

/* Its hostctl was killed; the same words later, by another, get their whole time. */
static void a_wait_that_was_given_up(void)
{
	CU_ASSERT_EQUAL(ask_as(70, "wait vf 5"), LAB_PORT_AGAIN);
	now += 3600 * LAB_S;
	CU_ASSERT_EQUAL(ask_as(71, "wait vf 5"), LAB_PORT_AGAIN);
	now += 5 * LAB_S;
	CU_ASSERT_EQUAL(ask_as(71, "wait vf 5"), 1);
}

static void waits_at_the_same_time(void)
{
	for (unsigned int i = 0; i < 50; i++, now += 100 * LAB_MS) {
		CU_ASSERT_EQUAL(ask_as(10, "wait vf 5"), LAB_PORT_AGAIN);
		CU_ASSERT_EQUAL(ask_as(11, "wait vf 5"), LAB_PORT_AGAIN);
		CU_ASSERT_EQUAL(ask_as(12, "wait vf 8 1"), LAB_PORT_AGAIN);
		CU_ASSERT_EQUAL(ask_as(12, "wait vf 8 0"), LAB_PORT_AGAIN);
	}
	CU_ASSERT_EQUAL(ask_as(10, "wait vf 5"), 1);
	CU_ASSERT_EQUAL(ask_as(11, "wait vf 5"), 1);
	did.path[1] = FABRIC_VF;
	CU_ASSERT_EQUAL(ask_as(12, "wait vf 8 1"), 0);
	CU_ASSERT_EQUAL(ask_as(12, "wait vf 8 0"), LAB_PORT_AGAIN);
	/* More than there is room for: the silent ones go, those who ask on end in time. */
	for (uint32_t caller = 100; caller < 150; caller++)
		CU_ASSERT_EQUAL(ask_as(caller, "wait vf 5"), LAB_PORT_AGAIN);
	now += 5 * LAB_S;
	CU_ASSERT_EQUAL(ask_as(149, "wait vf 5"), 1);
}

static CU_TestInfo tests[] = {
	{ "every command", every_command },
	{ "bad words", bad_words },
	{ "bytes that are no words", bytes_that_are_no_words },
	{ "failures are told", failures_are_told },
	{ "faults", faults },
	{ "a dummy has no queues", a_dummy_has_no_queues },
	{ "plans", plans },
	{ "policy lists name the NIC", policy_lists_name_the_nic },
	{ "stats", stats },
	{ "help has every command", help_has_every_command },
	{ "what is waited for", states },
	{ "waits end", waits_end },
	{ "a wait that was given up", a_wait_that_was_given_up },
	{ "waits at the same time", waits_at_the_same_time },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("lab/hostctl", setup, teardown, tests);
