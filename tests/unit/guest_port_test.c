// SPDX-License-Identifier: BSD-3-Clause
#include "../../tools/lab/guest/parameters.h"
#include "../../tools/lab/guest/port.h"
#include "unit.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* A VMM that remembers what it was sent and answers what the test wants. */
static _Alignas(8) uint8_t page[LAB_PORT_SIZE];
static struct {
	unsigned int calls;
	uint32_t op, arg, length;
	size_t total;
	int32_t status;
	uint32_t reply_length;
	const void *reply;
	bool silent;
} vmm;
static struct lab_port port;

static void put32(size_t offset, uint32_t value)
{
	memcpy(page + offset, &value, sizeof(value));
}

static uint32_t get32(size_t offset)
{
	uint32_t value;

	memcpy(&value, page + offset, sizeof(value));
	return value;
}

static void ring(const struct lab_port *p)
{
	CU_ASSERT_PTR_EQUAL(p, &port);
	vmm.calls++;
	vmm.op = get32(LAB_PORT_OFF_OP);
	vmm.arg = get32(LAB_PORT_OFF_ARG);
	vmm.length = get32(LAB_PORT_OFF_LENGTH);
	vmm.total += vmm.length;
	if (vmm.silent)
		return;
	put32(LAB_PORT_OFF_STATUS, (uint32_t)vmm.status);
	put32(LAB_PORT_OFF_REPLY_LENGTH, vmm.reply_length);
	if (vmm.reply != NULL)
		memcpy(page + LAB_PORT_OFF_DATA, vmm.reply, vmm.reply_length);
}

static void setup(void)
{
	memset(page, 0, sizeof(page));
	memset(&vmm, 0, sizeof(vmm));
	port = (struct lab_port){ .page = page, .ring = ring, .lock = -1 };
}

static void a_call_goes_both_ways(void)
{
	char reply[32];
	struct lab_port_call call = {
		.op = LAB_PORT_HOSTCTL,
		.arg = 7,
		.request = "vf\0eject\0" "0",
		.length = 10,
		.reply = reply,
		.reply_size = sizeof(reply),
	};

	vmm.status = 3;
	vmm.reply = "no such NIC\n";
	vmm.reply_length = 12;
	CU_ASSERT_EQUAL(lab_port_call(&port, &call), 3);
	CU_ASSERT_EQUAL(vmm.op, LAB_PORT_HOSTCTL);
	CU_ASSERT_EQUAL(vmm.arg, 7);
	CU_ASSERT_EQUAL(vmm.length, 10);
	CU_ASSERT_EQUAL(call.reply_length, 12);
	CU_ASSERT_EQUAL(memcmp(reply, "no such NIC\n", 12), 0);
}

static void what_does_not_fit_is_refused(void)
{
	static uint8_t big[LAB_PORT_DATA_MAX + 1];
	char reply[8];
	struct lab_port_call call = { .request = big, .length = LAB_PORT_DATA_MAX + 1 };

	CU_ASSERT_EQUAL(lab_port_call(&port, &call), -EMSGSIZE);
	CU_ASSERT_EQUAL(vmm.calls, 0);
	call.length = LAB_PORT_DATA_MAX;
	CU_ASSERT_EQUAL(lab_port_call(&port, &call), 0);
	CU_ASSERT_EQUAL(vmm.length, LAB_PORT_DATA_MAX);

	call = (struct lab_port_call){ .reply = reply, .reply_size = sizeof(reply) };
	vmm.reply_length = sizeof(reply) + 1;
	CU_ASSERT_EQUAL(lab_port_call(&port, &call), -EMSGSIZE);
	vmm.reply_length = UINT32_MAX;
	call.reply_size = SIZE_MAX;
	CU_ASSERT_EQUAL(lab_port_call(&port, &call), -EMSGSIZE);
	CU_ASSERT_EQUAL(call.reply_length, 0);
}

static void a_silent_vmm_is_an_error(void)
{
	struct lab_port_call call = { .op = LAB_PORT_PARAMETERS };

	vmm.silent = true;
	CU_ASSERT_EQUAL(lab_port_call(&port, &call), -ENOSYS);
}

static void output_is_cut_into_calls(void)
{
	static const struct {
		size_t length;
		unsigned int calls;
	} row[] = {
		{ 0, 0 },
		{ 1, 1 },
		{ LAB_PORT_DATA_MAX, 1 },
		{ LAB_PORT_DATA_MAX + 1, 2 },
		{ 3 * LAB_PORT_DATA_MAX, 3 },
	};
	static char text[3 * LAB_PORT_DATA_MAX];

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		vmm.calls = 0;
		vmm.total = 0;
		CU_ASSERT_EQUAL(lab_port_output(&port, 2, text, row[i].length), 0);
		CU_ASSERT_EQUAL(vmm.calls, row[i].calls);
		CU_ASSERT_EQUAL(vmm.total, row[i].length);
	}
	CU_ASSERT_EQUAL(vmm.arg, 2);
	vmm.status = -EIO;
	CU_ASSERT_EQUAL(lab_port_output(&port, 2, text, sizeof(text)), -EIO);
}

static void progress_is_one_short_line(void)
{
	char name[1000];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	CU_ASSERT_EQUAL(lab_port_progress(&port, "load %s", "hv_netvsc"), 0);
	CU_ASSERT_EQUAL(vmm.length, 14);
	CU_ASSERT_EQUAL(memcmp(page + LAB_PORT_OFF_DATA, "load hv_netvsc", 14), 0);
	CU_ASSERT_EQUAL(lab_port_progress(&port, "%s", name), 0);
	CU_ASSERT_EQUAL(vmm.length, 255);
}

static struct parameters parameters;

static void ask(const char *text, size_t length)
{
	vmm.reply = text;
	vmm.reply_length = (uint32_t)length;
	CU_ASSERT_EQUAL(parameters_ask(&parameters, &port), 0);
}

static void parameters_are_found(void)
{
	static const char text[] = "NICS=2\0VM=\0DRIVER=stock\0BIG=99999999999999999999\0NEG=-1\0"
				   "X=3x\0ARG0=sh\0ARG1=a=b\nc\0ARG3=lost";
	char *argv[PARAMETERS_ARGS_MAX + 1];

	ask(text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(parameters_get(&parameters, "DRIVER"), "stock");
	CU_ASSERT_PTR_NULL(parameters_get(&parameters, "DRIVE"));
	CU_ASSERT_PTR_NULL(parameters_get(&parameters, "ICS"));
	CU_ASSERT_EQUAL(parameters_number(&parameters, "NICS", 16, 1), 2);
	CU_ASSERT_EQUAL(parameters_number(&parameters, "NICS", 1, 1), 1);
	CU_ASSERT_EQUAL(parameters_number(&parameters, "VM", 16, 5), 5);
	CU_ASSERT_EQUAL(parameters_number(&parameters, "BIG", UINT32_MAX, 5), 5);
	CU_ASSERT_EQUAL(parameters_number(&parameters, "NEG", UINT32_MAX, 5), 5);
	CU_ASSERT_EQUAL(parameters_number(&parameters, "X", 16, 5), 5);
	CU_ASSERT_EQUAL(parameters_number(&parameters, "GONE", 16, 5), 5);
	CU_ASSERT_EQUAL(parameters_argv(&parameters, argv), 2);
	CU_ASSERT_STRING_EQUAL(argv[1], "a=b\nc");
	CU_ASSERT_PTR_NULL(argv[2]);
}

static void parameters_may_be_broken(void)
{
	static char full[LAB_PORT_DATA_MAX];
	char *argv[PARAMETERS_ARGS_MAX + 1];

	ask("", 0);
	CU_ASSERT_PTR_NULL(parameters_get(&parameters, "NICS"));
	CU_ASSERT_EQUAL(parameters_argv(&parameters, argv), 0);
	/* No NUL at all, up to the last byte of the mailbox. */
	memset(full, 'A', sizeof(full));
	ask(full, sizeof(full));
	CU_ASSERT_PTR_NULL(parameters_get(&parameters, "A"));
	memcpy(full, "NICS=", 5);
	ask(full, sizeof(full));
	CU_ASSERT_EQUAL(strlen(parameters_get(&parameters, "NICS")), sizeof(full) - 5);
	/* Nothing of a longer answer is left behind a shorter one. */
	ask("NICS=2", 6);
	CU_ASSERT_STRING_EQUAL(parameters_get(&parameters, "NICS"), "2");
	vmm.status = -EIO;
	CU_ASSERT_EQUAL(parameters_ask(&parameters, &port), -EIO);
}

static void too_many_arguments_are_cut(void)
{
	static char text[LAB_PORT_DATA_MAX];
	char *argv[PARAMETERS_ARGS_MAX + 1];
	size_t at = 0;

	for (unsigned int i = 0; i < PARAMETERS_ARGS_MAX + 10; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "ARG%u=%u", i, i) + 1;
	ask(text, at);
	CU_ASSERT_EQUAL(parameters_argv(&parameters, argv), PARAMETERS_ARGS_MAX);
	CU_ASSERT_PTR_NULL(argv[PARAMETERS_ARGS_MAX]);
}

static CU_TestInfo tests[] = {
	{ "a call goes both ways", a_call_goes_both_ways },
	{ "what does not fit is refused", what_does_not_fit_is_refused },
	{ "a silent VMM is an error", a_silent_vmm_is_an_error },
	{ "output is cut into calls", output_is_cut_into_calls },
	{ "progress is one short line", progress_is_one_short_line },
	{ "parameters are found", parameters_are_found },
	{ "parameters may be broken", parameters_may_be_broken },
	{ "too many arguments are cut", too_many_arguments_are_cut },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("guest/port", setup, NULL, tests);
