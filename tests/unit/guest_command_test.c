// SPDX-License-Identifier: BSD-3-Clause
#include "../../tools/lab/guest/command.h"
#include "unit.h"

#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static _Alignas(8) uint8_t page[LAB_PORT_SIZE];
static char out[2][1 << 20];
static size_t length[2];
static unsigned int takes;
static unsigned int slow_us; /* the VMM takes its time */
static struct lab_port port;

/* A VMM that keeps what comes out, by stream. */
static void ring(const struct lab_port *p)
{
	uint32_t arg, n, zero = 0;

	(void)p;
	usleep(slow_us);
	memcpy(&arg, page + LAB_PORT_OFF_ARG, sizeof(arg));
	memcpy(&n, page + LAB_PORT_OFF_LENGTH, sizeof(n));
	CU_ASSERT_FATAL(arg == 1 || arg == 2);
	CU_ASSERT_FATAL(n <= LAB_PORT_DATA_MAX);
	if (length[arg - 1] + n < sizeof(out[0]))
		memcpy(out[arg - 1] + length[arg - 1], page + LAB_PORT_OFF_DATA, n);
	length[arg - 1] += n;
	takes++;
	memcpy(page + LAB_PORT_OFF_STATUS, &zero, sizeof(zero));
}

static void setup(void)
{
	port = (struct lab_port){ .page = page, .ring = ring, .lock = -1 };
	memset(out, 0, sizeof(out));
	memset(length, 0, sizeof(length));
	takes = 0;
	slow_us = 0;
}

static int shell(const char *script)
{
	return command_run(&port, (char *const[]){ "sh", "-c", (char *)script, NULL });
}

static void status_is_the_commands(void)
{
	static const struct {
		const char *script;
		int status;
	} row[] = {
		{ "exit 0", 0 },
		{ "exit 3", 3 },
		{ "exit 255", 255 },
		{ "kill -9 $$", COMMAND_SIGNALLED + SIGKILL },
		{ "kill -TERM $$", COMMAND_SIGNALLED + SIGTERM },
		{ "exec /dev/null", COMMAND_NOT_RUN },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		CU_ASSERT_EQUAL(shell(row[i].script), row[i].status);
}

static void a_missing_command_is_said(void)
{
	CU_ASSERT_EQUAL(command_run(&port, (char *const[]){ "no-such-command", NULL }),
			COMMAND_NOT_FOUND);
	CU_ASSERT_STRING_EQUAL(out[1], "no-such-command: No such file or directory\n");
}

static void streams_stay_apart(void)
{
	CU_ASSERT_EQUAL(shell("echo a; echo b >&2; echo c; cat"), 0);
	CU_ASSERT_STRING_EQUAL(out[0], "a\nc\n");
	CU_ASSERT_STRING_EQUAL(out[1], "b\n");
}

static void output_comes_as_it_is_made(void)
{
	CU_ASSERT_EQUAL(shell("echo a; sleep 0.2; echo b"), 0);
	CU_ASSERT_EQUAL(takes, 2);
}

static void everything_arrives(void)
{
	CU_ASSERT_EQUAL(shell("dd if=/dev/zero bs=1000 count=700 2>/dev/null; echo end >&2"), 0);
	CU_ASSERT_EQUAL(length[0], 700000);
	CU_ASSERT_STRING_EQUAL(out[1], "end\n");
}

static void a_daemon_does_not_hold_the_run(void)
{
	struct timespec start, end;

	/* They keep the pipe open, one of them full, after the command has ended. */
	slow_us = 1000;
	clock_gettime(CLOCK_MONOTONIC, &start);
	CU_ASSERT_EQUAL(shell("timeout 5 yes & sleep 0.01; exit 4"), 4);
	CU_ASSERT_EQUAL(shell("sleep 5 & exit 5"), 5);
	clock_gettime(CLOCK_MONOTONIC, &end);
	CU_ASSERT(end.tv_sec - start.tv_sec < 4);
}

static CU_TestInfo tests[] = {
	{ "the status is the command's", status_is_the_commands },
	{ "a missing command is said", a_missing_command_is_said },
	{ "streams stay apart", streams_stay_apart },
	{ "output comes as it is made", output_comes_as_it_is_made },
	{ "everything arrives", everything_arrives },
	{ "a daemon does not hold the run", a_daemon_does_not_hold_the_run },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("guest/command", setup, NULL, tests);
