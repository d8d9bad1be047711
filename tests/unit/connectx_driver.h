/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A driver for the function's command side: guest memory with a command queue and mailboxes, and
 * commands given the way mlx5_core gives them. Offsets are written down again here and in the
 * tests, so that a wrong one in the model is a disagreement. One driver a test file.
 */
#ifndef CONNECTX_DRIVER_H
#define CONNECTX_DRIVER_H

#include "../../tools/lab/connectx/command.h"
#include "../../tools/lab/log.h"
#include "unit.h"

#include <stdlib.h>

#define DRIVER_BASE 0x40000000ull
#define DRIVER_SIZE (4u << 20)
#define DRIVER_QUEUE DRIVER_BASE             /* 32 entries of 64 bytes */
#define DRIVER_IN_BOX (DRIVER_BASE + 0x10000)  /* 1 KB each */
#define DRIVER_OUT_BOX (DRIVER_BASE + 0x30000)
#define DRIVER_PAGES (DRIVER_BASE + 0x100000) /* handed out by driver_page() */
#define DRIVER_MESSAGE 0x5000u
#define DRIVER_TOKEN 0x5a

static struct driver {
	struct lab_mem mem;
	struct lab_clock clock;
	uint64_t time;
	struct cx *cx;
	gpa_t next_page;
	unsigned int slot; /* used by the next command */
	bool by_event;
	unsigned int interrupts[CX_MSIX_VECTORS];
	uint8_t in[DRIVER_MESSAGE], out[DRIVER_MESSAGE];
	uint32_t uar, eq, cq, pd, td, tis, tir, rq, rqt, sq, mkey; /* made by driver_objects() */
	gpa_t eq_page;
} driver;

static uint8_t driver_ram[DRIVER_SIZE] __attribute__((aligned(4096)));

static inline uint64_t driver_now(void *ctx)
{
	(void)ctx;
	return driver.time;
}

static inline void driver_raise(void *ctx, unsigned int vector)
{
	(void)ctx;
	CU_ASSERT_FATAL(vector < CX_MSIX_VECTORS);
	driver.interrupts[vector]++;
}

static inline uint8_t *driver_at(gpa_t address)
{
	return driver_ram + (address - DRIVER_BASE);
}

static inline gpa_t driver_page(void)
{
	gpa_t page = driver.next_page;

	driver.next_page += 4096;
	CU_ASSERT_FATAL(driver.next_page <= DRIVER_BASE + DRIVER_SIZE);
	return page;
}

static inline uint32_t driver_read32(uint64_t offset)
{
	return __builtin_bswap32((uint32_t)cx_bar_read(driver.cx, offset, 4));
}

static inline void driver_write32(uint64_t offset, uint32_t value)
{
	cx_bar_write(driver.cx, offset, __builtin_bswap32(value), 4);
}

static inline void driver_queue(void)
{
	driver_write32(0x10, (uint32_t)(DRIVER_QUEUE >> 32));
	driver_write32(0x14, (uint32_t)DRIVER_QUEUE);
}

static inline void driver_setup(unsigned int pages)
{
	struct cx_config config = {
		.mem = &driver.mem, .clock = &driver.clock, .raise = driver_raise,
		.mac = { 0x00, 0x0d, 0x3a, 0x11, 0x22, 0x33 }, .pages = pages, .vhca_id = 7,
	};

	lab_log_set_level(LAB_LOG_ERROR); /* bad guests are the point here */
	memset(&driver, 0, sizeof(driver));
	memset(driver_ram, 0, sizeof(driver_ram));
	driver.next_page = DRIVER_PAGES;
	driver.time = 5 * LAB_S;
	driver.clock.now = driver_now;
	CU_ASSERT_EQUAL_FATAL(lab_mem_add(&driver.mem, DRIVER_BASE, DRIVER_SIZE, driver_ram), 0);
	driver.cx = cx_create(&config);
	CU_ASSERT_PTR_NOT_NULL_FATAL(driver.cx);
	driver_queue();
}

static inline void driver_teardown(void)
{
	cx_destroy(driver.cx);
	driver.cx = NULL;
}

static inline uint8_t *driver_entry(unsigned int slot)
{
	return driver_at(DRIVER_QUEUE + slot * 64);
}

/* A chain of mailboxes from `box` on for what does not fit into the entry; its first address. */
static inline gpa_t driver_chain(gpa_t box, const uint8_t *message, uint32_t len)
{
	uint32_t blocks = len <= 16 ? 0 : (len - 16 + 511) / 512;

	for (uint32_t i = 0; i < blocks; i++) {
		uint8_t *at = driver_at(box + i * 1024);
		uint32_t rest = len - 16 - i * 512;

		memset(at, 0xee, 1024);
		memset(at + 512, 0, 64);
		if (message != NULL)
			memcpy(at, message + 16 + i * 512, rest < 512 ? rest : 512);
		cx_set64(at, 0x230, i + 1 < blocks ? box + (i + 1) * 1024 : 0);
		cx_set32(at, 0x238, i);
		at[0x23d] = DRIVER_TOKEN;
	}
	return blocks == 0 ? 0 : box;
}

/* Fills the entry of the slot in use with driver.in and an output of out_len bytes. */
static inline uint8_t *driver_prepare(uint32_t in_len, uint32_t out_len)
{
	uint8_t *entry = driver_entry(driver.slot);

	memset(entry, 0, 64);
	entry[0] = 7;
	cx_set32(entry, 0x4, in_len);
	cx_set64(entry, 0x8, driver_chain(DRIVER_IN_BOX, driver.in, in_len));
	memcpy(entry + 0x10, driver.in, 16);
	memset(entry + 0x20, 0xee, 16);
	cx_set64(entry, 0x30, driver_chain(DRIVER_OUT_BOX, NULL, out_len));
	cx_set32(entry, 0x38, out_len);
	entry[0x3c] = DRIVER_TOKEN;
	entry[0x3f] = 1;
	return entry;
}

/* Rings. Returns the delivery status; the output is in driver.out, status in its first byte. */
static inline unsigned int driver_ring(uint32_t out_len)
{
	uint8_t *entry = driver_entry(driver.slot);

	driver_write32(0x18, 1u << driver.slot);
	CU_ASSERT_EQUAL(entry[0x3f] & 1, 0);
	memset(driver.out, 0, sizeof(driver.out));
	memcpy(driver.out, entry + 0x20, 16);
	for (uint32_t i = 0; out_len > 16 && i * 512 < out_len - 16; i++)
		memcpy(driver.out + 16 + i * 512, driver_at(DRIVER_OUT_BOX + i * 1024), 512);
	return entry[0x3f] >> 1;
}

/* Executes driver.in with that header. Returns the command's status; driver.in is zeroed after. */
static inline unsigned int driver_run(uint16_t opcode, uint16_t op_mod, uint32_t in_len,
				      uint32_t out_len)
{
	unsigned int delivery;

	cx_set(driver.in, CX_FIELD(0, 31, 16), opcode);
	cx_set(driver.in, CX_FIELD(4, 15, 0), op_mod);
	driver_prepare(in_len, out_len);
	delivery = driver_ring(out_len);
	CU_ASSERT_EQUAL(delivery, 0);
	memset(driver.in, 0, sizeof(driver.in));
	return driver.out[0];
}

static inline unsigned int driver_simple(uint16_t opcode, uint32_t number)
{
	cx_set32(driver.in, 0x8, number);
	return driver_run(opcode, 0, 16, 16);
}

/* A command that creates and must succeed: the new number. */
static inline uint32_t driver_made(unsigned int status)
{
	CU_ASSERT_EQUAL_FATAL(status, 0);
	return cx_get32(driver.out, 0x8) & 0xffffff;
}

static inline void driver_enable(void)
{
	CU_ASSERT_EQUAL_FATAL(driver_simple(0x104, 0), 0);
}

static inline void driver_init(void)
{
	driver_enable();
	CU_ASSERT_EQUAL_FATAL(driver_simple(0x102, 0), 0);
}

static inline void driver_put_page(unsigned int at, gpa_t page)
{
	cx_set64(driver.in, at, page);
}

/* Contexts as mlx5_core fills them in; the caller may spoil them before it runs the command. */
static inline void driver_eq_context(unsigned int log_size, unsigned int vector, uint64_t mask)
{
	unsigned int pages = ((64u << log_size) + 4095) / 4096;

	cx_set(driver.in, CX_FIELD(0x1c, 28, 24), log_size);
	cx_set(driver.in, CX_FIELD(0x1c, 23, 0), driver.uar);
	cx_set(driver.in, CX_FIELD(0x24, 11, 0), vector);
	cx_set64(driver.in, 0x58, mask);
	driver.eq_page = driver.next_page;
	for (unsigned int i = 0; i < pages; i++) {
		gpa_t page = driver_page();

		memset(driver_at(page), 0, 4096);
		for (unsigned int e = 63; e < 4096; e += 64)
			*(driver_at(page) + e) = 1;
		driver_put_page(0x110 + i * 8, page);
	}
}
#define DRIVER_EQ_LEN(log_size) (0x110 + 8 * (((64u << (log_size)) + 4095) / 4096))

static inline void driver_cq_context(unsigned int log_size, uint32_t eq)
{
	gpa_t page = driver_page();

	cx_set(driver.in, CX_FIELD(0x1c, 28, 24), log_size);
	cx_set(driver.in, CX_FIELD(0x1c, 23, 0), driver.uar);
	cx_set32(driver.in, 0x24, eq);
	cx_set64(driver.in, 0x48, driver_page());
	driver_put_page(0x110, page);
}

static inline void driver_wq_context(unsigned int log_stride, unsigned int log_size)
{
	cx_set(driver.in, CX_FIELD(0x50, 31, 28), 1);
	cx_set32(driver.in, 0x58, driver.pd);
	cx_set32(driver.in, 0x5c, driver.uar);
	cx_set64(driver.in, 0x60, driver_page());
	cx_set(driver.in, CX_FIELD(0x70, 19, 16), log_stride);
	cx_set(driver.in, CX_FIELD(0x70, 4, 0), log_size);
	driver_put_page(0x110, driver_page());
	cx_set32(driver.in, 0x28, driver.cq);
}

static inline void driver_sq_context(void)
{
	driver_wq_context(6, 6);
	cx_set(driver.in, CX_FIELD(0x40, 31, 16), 1);
	cx_set32(driver.in, 0x4c, driver.tis);
}

static inline unsigned int driver_modify_queue(uint16_t opcode, uint32_t number, uint32_t from,
					       uint32_t to)
{
	cx_set32(driver.in, 0x8, from << 28 | number);
	cx_set(driver.in, CX_FIELD(0x20, 23, 20), to);
	return driver_run(opcode, 0, 272, 16);
}

/* An initialised function with one object of each kind the data path has. */
static inline void driver_objects(void)
{
	driver_init();
	driver.uar = driver_made(driver_simple(0x802, 0));
	driver_eq_context(6, 1, 0);
	driver.eq = driver_made(driver_run(0x301, 0, DRIVER_EQ_LEN(6), 16)) & 0xff;
	driver.pd = driver_made(driver_simple(0x800, 0));
	driver.td = driver_made(driver_simple(0x816, 0));
	driver_cq_context(6, driver.eq);
	driver.cq = driver_made(driver_run(0x400, 0, 0x118, 16));
	cx_set32(driver.in, 0x44, driver.td);
	driver.tis = driver_made(driver_run(0x912, 0, 192, 16));
	driver_sq_context();
	driver.sq = driver_made(driver_run(0x904, 0, 0x118, 16));
	driver_wq_context(4, 8);
	driver.rq = driver_made(driver_run(0x908, 0, 0x118, 16));
	cx_set32(driver.in, 0x34, 1);
	cx_set32(driver.in, 0x38, 1);
	cx_set32(driver.in, 0x110, driver.rq);
	driver.rqt = driver_made(driver_run(0x916, 0, 0x114, 16));
	cx_set32(driver.in, 0x24, 1u << 28);
	cx_set32(driver.in, 0x40, driver.rqt);
	cx_set32(driver.in, 0x44, 2u << 28 | driver.td);
	driver.tir = driver_made(driver_run(0x900, 0, 272, 16));
	cx_set32(driver.in, 0x10, 1u << 11 | 1u << 10);
	cx_set32(driver.in, 0x14, 0xffffff42);
	cx_set32(driver.in, 0x1c, 1u << 31 | driver.pd);
	driver.mkey = driver_made(driver_run(0x200, 0, 272, 16));
}

#endif
