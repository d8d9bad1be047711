// SPDX-License-Identifier: BSD-3-Clause
/* The serial port as drivers/tty/serial/8250/8250_port.c finds it, and a panic seen on it. */
#include "vmm_fake.h"

#include "unit.h"

#include <stdlib.h>
#include <string.h>

enum reg { RX_TX = 0, IER = 1, IIR_FCR = 2, LCR = 3, MCR = 4, LSR = 5, MSR = 6, SCR = 7 };

static FILE *console;
static char *printed;
static size_t printed_len;

static void setup(void)
{
	console = open_memstream(&printed, &printed_len);
	vmm_fake_create(1, console);
}

static void teardown(void)
{
	vmm_fake_destroy();
	fclose(console);
	free(printed);
}

static uint8_t in(enum reg reg)
{
	return vmm_serial_read(vmm_fake.vmm, reg);
}

static void out(enum reg reg, uint8_t value)
{
	vmm_serial_write(vmm_fake.vmm, reg, value);
}

static void print(const char *text)
{
	while (*text != '\0')
		out(RX_TX, (uint8_t)*text++);
}

/* autoconfig(): is something there, does loop-back work, has it a FIFO? */
static void is_found_by_autoconfig(void)
{
	uint8_t scratch = in(IER), mcr, lcr;

	out(IER, 0);
	CU_ASSERT_EQUAL(in(IER) & 0x0f, 0);
	out(IER, 0x0f);
	CU_ASSERT_EQUAL(in(IER) & 0x0f, 0x0f);
	out(IER, scratch);
	mcr = in(MCR);
	lcr = in(LCR);
	out(MCR, 0x10 | 0x0a);
	CU_ASSERT_EQUAL(in(MSR) & 0xf0, 0x90);
	out(MCR, mcr);
	out(LCR, 0xbf);
	out(IIR_FCR, 0); /* EFR, if there were one */
	out(LCR, 0);
	out(IIR_FCR, 1);
	CU_ASSERT_EQUAL(in(IIR_FCR) >> 6, 3); /* a 16550A, or something later: */
	out(LCR, lcr);
}

/* autoconfig_16550a() and size_fifo(): and it is no later one. */
static void is_a_plain_16550a(void)
{
	unsigned int i;
	uint8_t mcr, ier;

	out(IIR_FCR, 1);
	out(LCR, 0x80);
	CU_ASSERT_NOT_EQUAL(in(IIR_FCR), 0); /* no EFR behind DLAB: no ST16C650V1 */
	out(LCR, 0xbf);
	CU_ASSERT_NOT_EQUAL(in(IIR_FCR), 0); /* nor V2 */
	out(LCR, 0);
	mcr = in(MCR);
	out(MCR, mcr ^ 0x10); /* EXCR1 of a NatSemi would follow */
	out(LCR, 0xe0);
	CU_ASSERT_EQUAL((in(IIR_FCR) ^ mcr) & 0x10, 0);
	out(LCR, 0);
	out(MCR, mcr);
	out(IIR_FCR, 0x21);
	CU_ASSERT_EQUAL(in(IIR_FCR) >> 5, 6); /* a TI16750: 6, and 7 behind DLAB */
	out(IIR_FCR, 1);
	out(LCR, 0x80);
	out(IIR_FCR, 0x21);
	CU_ASSERT_EQUAL(in(IIR_FCR) >> 5, 6);
	out(LCR, 0);
	ier = in(IER);
	out(IER, ier | 0x40); /* the XScale's UUE */
	CU_ASSERT_EQUAL(in(IER) & 0x40, 0);
	out(IER, ier);
	out(MCR, 0x10);
	for (i = 0; i < 256; i++)
		out(RX_TX, (uint8_t)i);
	for (i = 0; (in(LSR) & 1) && i < 256; i++)
		in(RX_TX);
	CU_ASSERT_EQUAL(i, 0); /* not the U6's 64 */
	fflush(console);
	CU_ASSERT_EQUAL(printed_len, 0); /* looped back, not printed */
}

static void registers(void)
{
	out(LCR, 0x83);
	out(RX_TX, 0x01);
	out(IER, 0x02);
	CU_ASSERT_EQUAL(in(RX_TX), 0x01); /* the divisor */
	CU_ASSERT_EQUAL(in(IER), 0x02);
	out(LCR, 0x03);
	CU_ASSERT_EQUAL(in(LCR), 0x03);
	CU_ASSERT_EQUAL(in(RX_TX), 0); /* nothing is ever received */
	CU_ASSERT_EQUAL(in(IER), 0);
	out(SCR, 0x5a);
	CU_ASSERT_EQUAL(in(SCR), 0x5a);
	out(MCR, 0xff);
	CU_ASSERT_EQUAL(in(MCR), 0x1f);
	for (uint8_t line = 0; line < 16; line++) {
		out(MCR, 0x10 | line);
		CU_ASSERT_EQUAL(in(MSR) >> 4,
				(line & 2) >> 1 | (line & 1) << 1 | (line & 4) | (line & 8));
	}
	out(LSR, 0xff);
	out(MSR, 0xff);
	out(MCR, 0);
	CU_ASSERT_EQUAL(in(LSR), 0x60); /* always ready for more */
	CU_ASSERT_EQUAL(in(MSR), 0xb0);
	CU_ASSERT_EQUAL(vmm_serial_read(vmm_fake.vmm, 8), 0xff);
	vmm_serial_write(vmm_fake.vmm, 8, 1);
}

static void prints(void)
{
	print("hello\r\n");
	CU_ASSERT_EQUAL(printed_len, 7); /* flushed at the line's end */
	print("\x80 not text");
	fflush(console);
	CU_ASSERT_EQUAL(printed_len, 17);
	CU_ASSERT_EQUAL(memcmp(printed, "hello\r\n\x80 not text", 17), 0);
	/* Without a console nothing breaks. */
	vmm_fake.vmm->config.console = NULL;
	print("x\n");
}

static void sees_a_panic(void)
{
	static char padding[300];
	static const struct {
		const char *before, *words;
		bool seen;
	} row[] = {
		{ "", "Kernel panic - not syncing: VFS: Unable to mount root fs\n", true },
		{ "[    1.234567] ", "Kernel panic - not syncing", true }, /* no end of line yet */
		{ padding, "Kernel panic - not syncing: far right\n", true },
		{ "\n\n", "Kernel panic - not syncing\n", true },
		{ "", "KKernel panic - not syncing", true },
		{ "", "Kernel Kernel panic - not syncing", true },
		{ "Kernel panic - not ", "Kernel panic - not syncing", true },
		{ "", "Kernel panic - not\n syncing", false },
		{ "", "kernel panic - not syncing", false },
		{ "", "Kernel panic - not synced\n", false },
		{ "", "Kernel panic", false },
	};

	memset(padding, 'x', sizeof(padding) - 1);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		teardown();
		setup();
		print(row[i].before);
		CU_ASSERT_FALSE(vmm_fake.vmm->panicking);
		print(row[i].words);
		CU_ASSERT_EQUAL(vmm_fake.vmm->panicking, row[i].seen);
		/* The reason and the trace are still to come. */
		CU_ASSERT_EQUAL(vmm_ended(vmm_fake.vmm), VMM_RUNNING);
	}
}

static void a_panic_that_stands_still(void)
{
	print("Kernel panic - not syncing: x\nCall Trace:\n <TASK>\n");
	CU_ASSERT_EQUAL(vmm_ended(vmm_fake.vmm), VMM_RUNNING);
	print("---[ end Kernel panic - not syncing: x ]---\n");
	CU_ASSERT_EQUAL(vmm_ended(vmm_fake.vmm), VMM_PANICKED);
}

static CU_TestInfo tests[] = {
	{ "is found by autoconfig", is_found_by_autoconfig },
	{ "is a plain 16550A", is_a_plain_16550a },
	{ "registers", registers },
	{ "prints", prints },
	{ "sees a panic", sees_a_panic },
	{ "a panic that stands still", a_panic_that_stands_still },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("vmm/serial", setup, teardown, tests);
