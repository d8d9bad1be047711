// SPDX-License-Identifier: BSD-3-Clause
/* Command lines, exit statuses, and what is printed for recorded trees. */
#include "../../tools/accelnet/output.h"
#include "accelnet_run.h"
#include "pair_tree.h"
#include "unit.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

static struct tree tree;
static struct run result;

static void setup(void)
{
	tree_unpack(&tree, "second", NULL);
}

static void teardown(void)
{
	tree_remove(&tree);
}

static void retree(const char *name, const char *changes)
{
	tree_remove(&tree);
	tree_unpack(&tree, name, changes);
}

static void command_lines(void)
{
	static const struct {
		const char *words;
		int status;
		const char *out;
		const char *err;
	} row[] = {
		{ "", 0, "usage: accelnet [-j] COMMAND", NULL },
		{ "--help", 0, "exit status:", NULL },
		{ "-h", 0, "  status  report what is known", NULL },
		{ "help", 0, "exit status:", NULL },
		{ "--version", 0, "accelnet 0.1.0\n", NULL },
		{ "-V", 0, "accelnet 0.1.0\n", NULL },
		{ "-j", 0, "usage: accelnet [-j] COMMAND", NULL },
		{ "-j stat", 64, NULL, "no such command: stat" },
		{ "-x status", 64, NULL, "no such option: -x" },
		{ "-j status eth0", 0, "\"interface\": \"eth0\"", NULL },
		{ "--json check eth0", 0, "\"exit_code\": 0", NULL },
		{ "check -j", 2, "\"exit_code\": 2", NULL },
		{ "check -j eth0", 0, "\"interface\": \"eth0\"", NULL },
		{ "stat", 64, NULL, "no such command: stat" },
		{ "status --help", 0, "usage: accelnet status [-j] [--allow-none", NULL },
		{ "check -h", 0, "usage: accelnet check [-j] [--allow-none", NULL },
		{ "status -x", 64, NULL, "no such option: -x" },
		{ "status --jason", 64, NULL, "no such option: --jason" },
		{ "status --json=1", 64, NULL, "no such option: --json=1" },
		{ "check --nonsense", 3, "UNKNOWN - accelnet check: wrong usage\n",
		  "no such option: --nonsense" },
		{ "status eth0 eth1", 64, NULL, "at most one interface" },
		{ "status ", 64, NULL, "at most one interface" },
		{ "check eth0 eth1", 3, "UNKNOWN - ", "usage: accelnet check [-j]" },
		{ "status", 2, "eth1: degraded\n", NULL },
		{ "status eth0", 0, "eth0: ok\n", NULL },
		{ "status enP2s1", 0, "eth0: ok\n", NULL },
		{ "status F8615163-0000-1000-2000-00224876a401", 0, "eth0: ok\n", NULL },
		{ "status eth0 -j", 0, "\"interface\": \"eth0\"", NULL },
		{ "status --json -- eth1", 2, "\"interface\": \"eth1\"", NULL },
		{ "status 00:22:48:76:A4:01", 0, "eth0: ok\n", NULL },
		{ "status 00:22:48:76:b5:02", 2, "eth1: degraded\n", NULL },
		{ "status 0002:00:02.0", 0, "eth0: ok\n", NULL },
		{ "status 0003:00:02.0", 2, "eth1: degraded\n", NULL },
		{ "status 0004:00:02.0", 3, NULL, "0004:00:02.0 is neither" },
		{ "status eth9", 3, NULL,
		  "eth9 is neither a synthetic NIC nor the VF of one; there are: eth0 (VF enP2s1), "
		  "eth1\n" },
		{ "status ../eth0", 3, NULL, "../eth0 is neither" },
		{ "status -j eth9", 3, "\"error\": \"eth9 is neither", "eth9 is neither" },
		{ "check eth9", 3, "UNKNOWN - eth9 is neither", NULL },
		{ "check eth0", 0, "OK - eth0\neth0: ok: VF active, data path vf (inferred)\n",
		  NULL },
		{ "check eth1", 2, "DEGRADED - eth1\n", NULL },
		{ "check", 2, "DEGRADED - 2 NICs: 1 ok, 1 degraded\n", NULL },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		run(&result, tree.root, row[i].words);
		CU_ASSERT_EQUAL(result.status, row[i].status);
		CU_ASSERT_TRUE(row[i].out ? strstr(result.out, row[i].out) != NULL :
					    result.out[0] == '\0');
		CU_ASSERT_TRUE(row[i].err ? strstr(result.err, row[i].err) != NULL :
					    result.err[0] == '\0');
	}
}

static void machines(void)
{
	static const struct {
		const char *tree;
		const char *changes;
		int status;
		const char *out;
	} row[] = {
		{ "stock", NULL, 0, "OK - 1 NIC: 1 ok\n" },
		{ "stock", "bus/pci/devices/0002:00:02.0 -\nclass/net/enP2s1 -\n"
			   "class/net/eth0/lower_enP2s1 -", 1,
		  "UNACCELERATED - 1 NIC: 1 unaccelerated\n" },
		{ "second", "class/net/eth1/mtu !\nbus/pci/devices/0003:00:02.0 -", 3,
		  "UNKNOWN - 2 NICs: 1 ok, 1 unknown\n" },
		{ "second", "class/net/eth0/lower_enP2s1 -\nbus/pci/devices/0002:00:02.0/net -\n"
			    "bus/pci/devices/0002:00:02.0/driver -", 2,
		  "DEGRADED - 2 NICs: 2 degraded\n" },
		{ "second", "class/net/eth0/lower_enP2s1 -\nbus/pci/devices/0002:00:02.0 -", 2,
		  "DEGRADED - 2 NICs: 2 unknown\n" },
		{ "mana-nine", NULL, 0, "OK - 9 NICs: 9 ok\n" },
		{ "stock", "bus/pci/devices/0002:00:02.0/vendor !", 3,
		  "UNKNOWN - 1 NIC: 1 ok; cannot tell what PCI function 0002:00:02.0 is" },
		{ NULL, NULL, 3, "UNKNOWN - no synthetic NIC: this is no Hyper-V guest" },
		{ NULL, "bus/vmbus/devices /", 3, "UNKNOWN - no synthetic NIC on VMBus\n" },
		{ NULL, "bus/vmbus/devices = x", 3, "UNKNOWN - cannot list the devices on VMBus" },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		retree(row[i].tree, row[i].changes);
		run(&result, tree.root, "check");
		CU_ASSERT_EQUAL(result.status, row[i].status);
		CU_ASSERT_EQUAL(strncmp(result.out, row[i].out, strlen(row[i].out)), 0);
		CU_ASSERT_STRING_EQUAL(result.err, "");
	}
	run(&result, "/nonexistent", "check");
	CU_ASSERT_EQUAL(result.status, 3);
	CU_ASSERT_STRING_EQUAL(result.out,
			       "UNKNOWN - cannot open /nonexistent: No such file or directory\n");
	run(&result, "/nonexistent", "status -j");
	CU_ASSERT_EQUAL(result.status, 3);
	CU_ASSERT_PTR_NOT_NULL(strstr(result.out, "\"error\": \"cannot open /nonexistent"));
}

/* No VF, on purpose. A broken one is never that, and a wrong name is not passed over. */
static void none_on_purpose(void)
{
	static const struct {
		const char *tree, *words;
		int status;
		const char *out;
	} row[] = {
		{ "an-off", "check --allow-none", 0, "OK - 1 NIC: 1 ok\neth0: ok: VF absent" },
		{ "an-off", "check --allow-none=eth0", 0, "OK - 1 NIC: 1 ok\n" },
		{ "an-off", "check --allow-none=eth9", 3, "UNKNOWN - eth9 is neither" },
		{ "mana-one", "check --allow-none=00:22:48:a1:b2:02,eth0", 0,
		  "OK - 2 NICs: 2 ok\n" },
		{ "mana-one", "check --allow-none=eth0", 1, "UNACCELERATED - 2 NICs: 1 ok, 1 un" },
		{ "mana-one", "check --allow-none=eth0,", 3, "UNKNOWN - " },
		{ "mana-half", "check --allow-none", 2, "DEGRADED - 2 NICs: 1 ok, 1 degraded\n" },
		{ "mana-half", "check 7870:00:00.0", 3,
		  "UNKNOWN - 7870:00:00.0 is of several NICs: eth0 (VF enP30832s1), eth1\n" },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		retree(row[i].tree, NULL);
		run(&result, tree.root, row[i].words);
		CU_ASSERT_EQUAL(result.status, row[i].status);
		CU_ASSERT_NSTRING_EQUAL(result.out, row[i].out, strlen(row[i].out));
	}
}

static void compare(const char *words, const char *golden)
{
	static char wanted[RUN_MAX];
	size_t length = 0;
	FILE *file;

	run(&result, tree.root, words);
	file = fopen(golden, "r");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	length = fread(wanted, 1, sizeof(wanted) - 1, file);
	wanted[length] = '\0';
	fclose(file);
	CU_ASSERT_STRING_EQUAL(result.out, wanted);
	CU_ASSERT_STRING_EQUAL(result.err, "");
}

static void golden(void)
{
	compare("status", "tests/unit/trees/second.txt");
	compare("status -j", "tests/unit/trees/second.json");
}

/* Names of interfaces may hold nearly any byte; neither terminal nor parser shall see it. */
static void hostile_names(void)
{
	struct json_object *report;

	retree("stock", "class/net/eth0/lower_enP2s1 -\n"
			"class/net/eth0/lower_\033[2J\"\xff -> x\n"
			"class/net/\033[2J\"\xff/device -> ../0002:00:02.0");
	run(&result, tree.root, "status -j");
	CU_ASSERT_PTR_NULL(strpbrk(result.out, "\033\xff"));
	report = json_tokener_parse(result.out);
	CU_ASSERT_PTR_NOT_NULL(report);
	json_object_put(report);
	run(&result, tree.root, "status");
	CU_ASSERT_PTR_NOT_NULL(strstr(result.out, "?[2J\"?"));
	CU_ASSERT_PTR_NULL(strpbrk(result.out, "\033\xff"));
	run(&result, tree.root, "check a\033[2Jb");
	CU_ASSERT_PTR_NULL(strchr(result.out, '\033'));
}

static void a_full_disk(void)
{
	FILE *full = fopen("/dev/full", "w");

	if (full == NULL)
		return;		/* a build without /dev/full */
	fputs("x", full);
	CU_ASSERT_EQUAL(an_output_end(full, AN_OK), 3);
	fclose(full);
}

static CU_TestInfo tests[] = {
	{ "command lines", command_lines },
	{ "machines", machines },
	{ "no VF, on purpose", none_on_purpose },
	{ "the report, in text and in JSON", golden },
	{ "hostile names", hostile_names },
	{ "a full disk", a_full_disk },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("accelnet/main", setup, teardown, tests);
