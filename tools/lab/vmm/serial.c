// SPDX-License-Identifier: BSD-3-Clause
/*
 * The serial console: as much of a 16550 as Linux's 8250 driver looks at, transmit only and always
 * ready. It also looks for a panic's first words, which come before any driver could report one.
 * The guest goes on after those, since the reason and the trace come behind them (kernel/panic.c):
 * until it resets, reports a crash, or prints the words again, at which it stands still for good.
 */
#include "internal.h"

enum serial_register { REG_DATA, REG_IER, REG_IIR, REG_LCR, REG_MCR, REG_LSR, REG_MSR, REG_SCR };

#define LCR_DLAB     0x80u /* registers 0 and 1 are the divisor */
#define LSR_TX_READY 0x60u
#define MCR_LOOPBACK 0x10u
#define MSR_PRESENT  0xb0u /* carrier, data set ready, clear to send */
#define IIR_NONE     0x01u /* no interrupt pending */
#define IIR_FIFO     0xc0u

static const char panic_words[] = "Kernel panic - not syncing";

/* The words' first letter is in them only once: a mismatch can only start anew. */
static void panic_watch(struct vmm *vmm, char c)
{
	struct vmm_serial *s = &vmm->serial;

	if (c == panic_words[s->panic_matched])
		s->panic_matched++;
	else
		s->panic_matched = c == panic_words[0];
	if (panic_words[s->panic_matched] != '\0')
		return;
	s->panic_matched = 0;
	if (vmm->panicking)
		vmm_end(vmm, VMM_PANICKED);
	vmm->panicking = true;
}

static void put(struct vmm *vmm, char c)
{
	if (vmm->config.console != NULL) {
		fputc(c, vmm->config.console);
		if (c == '\n')
			fflush(vmm->config.console);
	}
	panic_watch(vmm, c);
}

uint8_t vmm_serial_read(struct vmm *vmm, unsigned int reg)
{
	const struct vmm_serial *s = &vmm->serial;

	switch ((enum serial_register)reg) {
	case REG_DATA:
		return s->lcr & LCR_DLAB ? s->dll : 0;
	case REG_IER:
		return s->lcr & LCR_DLAB ? s->dlm : s->ier;
	case REG_IIR:
		return IIR_NONE | (s->fcr & 1 ? IIR_FIFO : 0);
	case REG_LCR:
		return s->lcr;
	case REG_MCR:
		return s->mcr;
	case REG_LSR:
		return LSR_TX_READY;
	case REG_MSR:
		/* In loop-back the outputs (RTS, DTR, OUT1, OUT2) come back as inputs. */
		if (s->mcr & MCR_LOOPBACK)
			return (uint8_t)((s->mcr & 1) << 5 | (s->mcr & 2) << 3 | (s->mcr & 4) << 4 |
					 (s->mcr & 8) << 4);
		return MSR_PRESENT;
	case REG_SCR:
		return s->scr;
	}
	return 0xff;
}

void vmm_serial_write(struct vmm *vmm, unsigned int reg, uint8_t value)
{
	struct vmm_serial *s = &vmm->serial;

	switch ((enum serial_register)reg) {
	case REG_DATA:
		if (s->lcr & LCR_DLAB)
			s->dll = value;
		else if (!(s->mcr & MCR_LOOPBACK))
			put(vmm, (char)value);
		break;
	case REG_IER:
		if (s->lcr & LCR_DLAB)
			s->dlm = value;
		else
			s->ier = value & 0x0f;
		break;
	case REG_IIR: /* written, it is the FIFO control register */
		s->fcr = value;
		break;
	case REG_LCR:
		s->lcr = value;
		break;
	case REG_MCR:
		s->mcr = value & 0x1f;
		break;
	case REG_SCR:
		s->scr = value;
		break;
	case REG_LSR:
	case REG_MSR:
		break;
	}
}
