// SPDX-License-Identifier: BSD-3-Clause
/* The command line: every option, its bounds, its bad values, and what --help says of them. */
#define _GNU_SOURCE
#include "../../tools/lab/run/options.h"
#include "../../tools/lab/vmm/vmm.h"
#include "unit.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct lab_options o;
static char said[8192]; /* by the last parse, on stderr and stdout */

/* Parses the words before the NULL; what it says goes to `said`. */
static int parse(const char *const words[])
{
	static char *argv[2048]; /* o.command points into it */
	FILE *to = tmpfile();
	int out, err, argc = 0, ret;
	size_t n;

	for (; words[argc] != NULL; argc++)
		argv[argc] = (char *)words[argc];
	argv[argc] = NULL;
	fflush(stdout);
	fflush(stderr);
	out = dup(STDOUT_FILENO);
	err = dup(STDERR_FILENO);
	dup2(fileno(to), STDOUT_FILENO);
	dup2(fileno(to), STDERR_FILENO);
	ret = lab_options_parse(&o, argc, argv);
	fflush(stdout);
	fflush(stderr);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	close(out);
	close(err);
	rewind(to);
	n = fread(said, 1, sizeof(said) - 1, to);
	said[n] = '\0';
	fclose(to);
	return ret;
}

static int parse_one(const char *option, const char *value)
{
	return parse((const char *const[]){ option, value, "--", "true", NULL });
}

static void defaults(void)
{
	CU_ASSERT_EQUAL(parse((const char *const[]){ "true", NULL }), 0);
	CU_ASSERT_EQUAL(o.driver, LAB_DRIVER_STOCK);
	CU_ASSERT_EQUAL(o.vf, LAB_VF_ON);
	CU_ASSERT_EQUAL(o.peer, LAB_PEER_TAP);
	CU_ASSERT_EQUAL(o.doorbells, LAB_DOORBELLS_POLLED);
	CU_ASSERT_EQUAL(o.vcpus, 2);
	CU_ASSERT_EQUAL(o.queues, 2);
	CU_ASSERT_EQUAL(o.memory, 1024);
	CU_ASSERT_EQUAL(o.nics, 1);
	CU_ASSERT_EQUAL(o.vms, 1);
	CU_ASSERT_EQUAL(o.pages, 0);
	CU_ASSERT_EQUAL(o.timeout, 600);
	CU_ASSERT_EQUAL(o.vmbus, 0x50003);
	CU_ASSERT_EQUAL(o.nvsp, 0x60001);
	CU_ASSERT_EQUAL(o.vpci, 0x10004);
	CU_ASSERT_EQUAL(o.with, 0);
	CU_ASSERT_TRUE(o.monitored);
	CU_ASSERT_PTR_NULL(o.kernel);
	CU_ASSERT_PTR_NULL(o.pcap);
	CU_ASSERT_FALSE(o.dummy || o.no_net || o.how || o.verbose || o.direct);
	for (unsigned int i = 0; i < LAB_NICS_MAX; i++)
		CU_ASSERT_EQUAL(o.uplink[i], -1);
	CU_ASSERT_STRING_EQUAL(said, "");
}

#define AT(field) offsetof(struct lab_options, field)

static unsigned int field(size_t at)
{
	unsigned int value;

	memcpy(&value, (const char *)&o + at, sizeof(value));
	return value;
}

static void words(void)
{
	static const struct {
		const char *option, *value;
		size_t at;
		unsigned int wanted;
	} row[] = {
		{ "--driver", "stock", AT(driver), LAB_DRIVER_STOCK },
		{ "--driver", "accelnet", AT(driver), LAB_DRIVER_ACCELNET },
		{ "--driver", "none", AT(driver), LAB_DRIVER_NONE },
		{ "--vf", "on", AT(vf), LAB_VF_ON },
		{ "--vf", "off", AT(vf), LAB_VF_OFF },
		{ "--vf", "late", AT(vf), LAB_VF_LATE },
		{ "--peer", "tap", AT(peer), LAB_PEER_TAP },
		{ "--peer", "echo", AT(peer), LAB_PEER_ECHO },
		{ "--peer", "sink", AT(peer), LAB_PEER_SINK },
		{ "--peer", "reflect", AT(peer), LAB_PEER_REFLECT },
		{ "--with", "rdma", AT(with), LAB_WITH_RDMA },
		{ "--with", "dpdk", AT(with), LAB_WITH_DPDK },
		{ "--with", "stack", AT(with), LAB_WITH_STACK },
		{ "--doorbells", "polled", AT(doorbells), LAB_DOORBELLS_POLLED },
		{ "--doorbells", "strict", AT(doorbells), LAB_DOORBELLS_STRICT },
		{ "--doorbells", "records", AT(doorbells), LAB_DOORBELLS_RECORDS },
		{ "--vmbus", "5.3", AT(vmbus), 0x50003 },
		{ "--vmbus", "4.1", AT(vmbus), 0x40001 },
		{ "--vmbus", "2.4", AT(vmbus), 0x20004 },
		{ "--nvsp", "6.1", AT(nvsp), 0x60001 },
		{ "--nvsp", "6", AT(nvsp), 0x60000 },
		{ "--nvsp", "2", AT(nvsp), 0x30002 },
		{ "--nvsp", "1", AT(nvsp), 2 },
		{ "--vpci", "1.4", AT(vpci), 0x10004 },
		{ "--vpci", "1.1", AT(vpci), 0x10001 },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		CU_ASSERT_EQUAL(parse_one(row[i].option, row[i].value), 0);
		CU_ASSERT_EQUAL(field(row[i].at), row[i].wanted);
		/* A prefix of a word, or more than one, is not the word. */
		CU_ASSERT_EQUAL(parse_one(row[i].option, ""), -EINVAL);
		CU_ASSERT_PTR_NOT_NULL(strstr(said, "not one of"));
		CU_ASSERT_EQUAL(parse_one(row[i].option, "tapx"), -EINVAL);
	}
	CU_ASSERT_EQUAL(parse((const char *const[]){ "--with", "dpdk", "--with", "rdma", "--",
						     "true", NULL }),
			0);
	CU_ASSERT_EQUAL(o.with, LAB_WITH_RDMA | LAB_WITH_DPDK);
	CU_ASSERT_EQUAL(parse_one("--monitor", "off"), 0);
	CU_ASSERT_FALSE(o.monitored);
	CU_ASSERT_EQUAL(parse_one("--monitor", "on"), 0);
	CU_ASSERT_TRUE(o.monitored);
	CU_ASSERT_EQUAL(parse_one("--monitor", "maybe"), -EINVAL);
	CU_ASSERT_EQUAL(parse_one("--vf-device", "dummy"), 0);
	CU_ASSERT_TRUE(o.dummy);
	CU_ASSERT_EQUAL(parse_one("--vf-device", "1018"), 0);
	CU_ASSERT_FALSE(o.dummy);
	CU_ASSERT_EQUAL(parse_one("--vf-device", "1019"), -EINVAL);
}

static void numbers(void)
{
	static const struct {
		const char *option;
		size_t at;
		unsigned int low, high;
	} row[] = {
		{ "--vcpus", AT(vcpus), 1, VMM_VCPUS_MAX },
		{ "--memory", AT(memory), VMM_MEMORY_MIN, VMM_MEMORY_MAX },
		{ "--nics", AT(nics), 1, LAB_NICS_MAX },
		{ "--vms", AT(vms), 1, LAB_VMS_MAX },
		{ "--pages", AT(pages), 0, 65536 },
		{ "--queues", AT(queues), 1, 8 },
		{ "--timeout", AT(timeout), 1, 86400 },
	};
	static const char *const bad[] = { "",	 " ",  "x",  "-1", "+1", " 1", "1 ",
					   "1x", "0x1", "1e1", "99999999999999999999" };
	char text[32];

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		for (unsigned int high = 0; high < 2; high++) {
			unsigned int n = high ? row[i].high : row[i].low;

			snprintf(text, sizeof(text), "%u", n);
			CU_ASSERT_EQUAL(parse_one(row[i].option, text), 0);
			CU_ASSERT_EQUAL(field(row[i].at), n);
			snprintf(text, sizeof(text), "%d", high ? (int)n + 1 : (int)n - 1);
			CU_ASSERT_EQUAL(parse_one(row[i].option, text), -EINVAL);
			CU_ASSERT_PTR_NOT_NULL(strstr(said, "a number from"));
			CU_ASSERT_PTR_NOT_NULL(strstr(said, row[i].option));
		}
		for (size_t b = 0; b < sizeof(bad) / sizeof(bad[0]); b++)
			CU_ASSERT_EQUAL(parse_one(row[i].option, bad[b]), -EINVAL);
	}
	CU_ASSERT_EQUAL(parse_one("--vcpus", "5"), 0);
	CU_ASSERT_EQUAL(o.queues, 5);
}

/* A message of each level is logged, or not; what was is in `said`. */
static void log_all(void)
{
	FILE *to = tmpfile();
	int err = dup(STDERR_FILENO);
	size_t n;

	dup2(fileno(to), STDERR_FILENO);
	lab_log(LAB_LOG_WARN, "test", "a warning");
	lab_log(LAB_LOG_INFO, "test", "what is done");
	lab_log(LAB_LOG_DEBUG, "test", "a command");
	fflush(stderr);
	dup2(err, STDERR_FILENO);
	close(err);
	rewind(to);
	n = fread(said, 1, sizeof(said) - 1, to);
	said[n] = '\0';
	fclose(to);
}

static void verbose(void)
{
	static const struct {
		const char *words[4];
		bool done, command;
	} row[] = {
		{ { "true" }, false, false },
		{ { "-v", "true" }, true, false },
		{ { "--verbose", "true" }, true, false },
		{ { "-vv", "true" }, true, true },
		{ { "-v", "-v", "true" }, true, true },
		{ { "--verbose", "-v", "true" }, true, true },
		{ { "-vvv", "true" }, true, true },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		CU_ASSERT_EQUAL(parse(row[i].words), 0);
		lab_log_set_level(lab_options_log_level(&o));
		log_all();
		CU_ASSERT_PTR_NOT_NULL(strstr(said, "a warning"));
		CU_ASSERT_EQUAL(strstr(said, "what is done") != NULL, row[i].done);
		CU_ASSERT_EQUAL(strstr(said, "a command") != NULL, row[i].command);
	}
	lab_log_set_level(LAB_LOG_WARN);
}

static void flags_and_texts(void)
{
	CU_ASSERT_EQUAL(parse((const char *const[]){ "--no-net", "-v", "--kernel", "/a b",
						     "--pcap", "", "--add", "x y:/z", "--add", "",
						     "--", "sh", "-c", "--vcpus", "", NULL }),
			0);
	CU_ASSERT_TRUE(o.no_net);
	CU_ASSERT_EQUAL(o.verbose, 1);
	CU_ASSERT_STRING_EQUAL(o.kernel, "/a b");
	CU_ASSERT_STRING_EQUAL(o.pcap, "");
	CU_ASSERT_EQUAL(o.add_count, 2);
	CU_ASSERT_STRING_EQUAL(o.add[0], "x y:/z");
	CU_ASSERT_STRING_EQUAL(o.add[1], "");
	/* What stands behind the command's first word is the command's. */
	CU_ASSERT_STRING_EQUAL(o.command[0], "sh");
	CU_ASSERT_STRING_EQUAL(o.command[2], "--vcpus");
	CU_ASSERT_STRING_EQUAL(o.command[3], "");
	CU_ASSERT_PTR_NULL(o.command[4]);
	CU_ASSERT_EQUAL(parse((const char *const[]){ "sh", "--nonsense", NULL }), 0);
	CU_ASSERT_STRING_EQUAL(o.command[1], "--nonsense");
	CU_ASSERT_EQUAL(parse((const char *const[]){ "--how", NULL }), 0);
	CU_ASSERT_TRUE(o.how);
}

static void refusals(void)
{
	CU_ASSERT_EQUAL(parse((const char *const[]){ NULL }), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "no command"));
	CU_ASSERT_EQUAL(parse((const char *const[]){ "--vcpus", "1", "--", NULL }), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "no command"));
	CU_ASSERT_EQUAL(parse((const char *const[]){ "--nonsense", "--", "true", NULL }), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "accelnet-lab: unrecognized option '--nonsense'"));
	CU_ASSERT_EQUAL(parse((const char *const[]){ "-x", "--", "true", NULL }), -EINVAL);
	CU_ASSERT_EQUAL(parse((const char *const[]){ "--vcpus", NULL }), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "requires an argument"));
	CU_ASSERT_EQUAL(parse((const char *const[]){ "--no-net=1", "--", "true", NULL }), -EINVAL);
}

static void too_many_files(void)
{
	const char *argv[2 * (LAB_ADD_MAX + 1) + 2] = { NULL };
	unsigned int n = 0;

	while (n < 2 * LAB_ADD_MAX) {
		argv[n++] = "--add";
		argv[n++] = "f";
	}
	argv[n] = "true";
	CU_ASSERT_EQUAL(parse(argv), 0);
	CU_ASSERT_EQUAL(o.add_count, LAB_ADD_MAX);
	argv[n++] = "--add";
	argv[n++] = "f";
	argv[n] = "true";
	CU_ASSERT_EQUAL(parse(argv), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "at most 32 files"));
}

/* labinit would get a part of it only. */
static void too_long_commands(void)
{
	static const char *argv[1026];
	static char word[70000];

	for (unsigned int i = 0; i < 1024; i++)
		argv[i] = "w";
	CU_ASSERT_EQUAL(parse(argv), 0);
	argv[1024] = "w";
	CU_ASSERT_EQUAL(parse(argv), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "1025 words"));
	memset(word, 'x', sizeof(word) - 1);
	CU_ASSERT_EQUAL(parse((const char *const[]){ word, NULL }), -EINVAL);
	word[65000] = '\0';
	CU_ASSERT_EQUAL(parse((const char *const[]){ word, NULL }), 0);
	CU_ASSERT_EQUAL(parse((const char *const[]){ word, word + 64000, NULL }), -EINVAL);
}

/* The nested host's own options come first and once; a user's must not take their place. */
static void internal_options(void)
{
	CU_ASSERT_EQUAL(parse((const char *const[]){ "--direct", "--image", "i", "--initrd", "r",
						     "--out", "o", "--vcpus", "3", "true", NULL }),
			0);
	CU_ASSERT_TRUE(o.direct);
	CU_ASSERT_STRING_EQUAL(o.image, "i");
	CU_ASSERT_STRING_EQUAL(o.initrd, "r");
	CU_ASSERT_STRING_EQUAL(o.out, "o");
	CU_ASSERT_EQUAL(parse((const char *const[]){ "--direct", "--image", "i", "--initrd", "r",
						     "--out", "o", "--out", "p", "true", NULL }),
			-EINVAL);
	CU_ASSERT_EQUAL(parse_one("--image", "i"), -EINVAL);
	CU_ASSERT_EQUAL(parse_one("--initrd", "i"), -EINVAL);
	CU_ASSERT_EQUAL(parse_one("--out", "i"), -EINVAL);
	CU_ASSERT_EQUAL(parse((const char *const[]){ "--direct", "true", NULL }), -EINVAL);
}

/* What the README's table says of them; `make check-unit` runs in the repository's root. */
static bool in_readme(const char *option)
{
	static char text[32768];
	FILE *f = fopen("tools/lab/README.md", "r");

	if (f == NULL)
		return true; /* run from elsewhere */
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	return strstr(text, option) != NULL;
}

static void help(void)
{
	static const char *const option[] = {
		"--driver", "--kernel", "--vcpus", "--memory", "--nics", "--vms",
		"--vf",
		"--vf-device", "--doorbells", "--vmbus", "--nvsp", "--vpci", "--pages", "--queues",
		"--monitor", "--peer",
		"--add", "--with", "--no-net", "--pcap", "--timeout", "--how", "--verbose",
		"-vv",
	};
	char bounds[32];

	CU_ASSERT_EQUAL(parse((const char *const[]){ "--help", "--x", NULL }), -ECANCELED);
	for (size_t i = 0; i < sizeof(option) / sizeof(option[0]); i++) {
		CU_ASSERT_PTR_NOT_NULL(strstr(said, option[i]));
		CU_ASSERT_TRUE(in_readme(option[i]));
	}
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "Exit status"));
	CU_ASSERT_PTR_NULL(strstr(said, "--direct"));
	snprintf(bounds, sizeof(bounds), "%d..%d (1024)", VMM_MEMORY_MIN, VMM_MEMORY_MAX);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, bounds));
	snprintf(bounds, sizeof(bounds), "1..%d (2)", VMM_VCPUS_MAX);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, bounds));
	CU_ASSERT_EQUAL(parse((const char *const[]){ "-h", NULL }), -ECANCELED);
}

static CU_TestInfo tests[] = {
	{ "defaults", defaults },
	{ "words", words },
	{ "numbers", numbers },
	{ "flags and texts", flags_and_texts },
	{ "-v logs what is done, -vv everything", verbose },
	{ "refusals", refusals },
	{ "too many files", too_many_files },
	{ "too long commands", too_long_commands },
	{ "options between the lab and its nested host", internal_options },
	{ "help and README name every option", help },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("lab/options", NULL, NULL, tests);
