// SPDX-License-Identifier: BSD-3-Clause
/*
 * The function as a whole: its life, the initialization segment in BAR0's first page, the counters
 * in the second, link, health and configuration blocks.
 * Source: docs/protocol.md 7.1, linux/mlx5/device.h (mlx5_init_seg), mlx5/core/health.c.
 */
#include "command.h"
#include "doorbell.h"

#include "../log.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

/* Initialization segment. */
#define SEG_FW_REV 0x0
#define SEG_CMDIF_REV 0x4
#define SEG_QUEUE_HIGH 0x10
#define SEG_QUEUE_LOW 0x14
#define SEG_DOORBELL 0x18
#define SEG_HEALTH_FW_VER 0x230
#define SEG_HEALTH_HW_ID 0x234
#define SEG_HEALTH_SEVERITY 0x238 /* byte: bit 7 = reset asked for, bits 2:0 severity */
#define SEG_HEALTH_SYNDROME 0x23c /* byte 1 of the dword */
#define SEG_COMMAND_TIMEOUT 0xff8
#define SEG_INIT_TIMEOUT 0xffc
#define SEG_SIZE 0x1000u
#define TIMEOUT_SECONDS (1u << 29) /* multiplier of the two time-outs, bits 31:29 */

#define FW_MAJOR 16u /* what real ConnectX-5 firmware calls itself */
#define FW_MINOR 35u
#define FW_SUBMINOR 2000u
#define CMDIF_REV 5u
#define QUEUE_SIZES 0x56u /* log2 of entries (32) and of an entry's bytes (64) */
#define QUEUE_ADDRESS 0xfffff000u
#define INTERFACE_SHIFT 8
#define INTERFACE_MASK 0x7u
#define SEVERITY_RESET (1u << 7 | 0x1u) /* reset requested, severity "critical" */

enum interface { INTERFACE_FULL = 0, INTERFACE_DISABLED = 1, INTERFACE_SW_RESET = 7 };

/* Counter page: BAR0 offset 0x1000. */
#define COUNTER_PAGE 0x1000u
#define COUNTER_TIMER_HIGH 0x0
#define COUNTER_TIMER_LOW 0x4
#define COUNTER_HEALTH 0x10
#define UAR_PAGES (CX_UAR_FIRST * LAB_PAGE_SIZE)

#define EVENT_INTERNAL_ERROR 0x08
#define EVENT_PORT_CHANGE 0x09
#define PORT_DOWN 1
#define PORT_UP 4
#define PORT_NUMBER_BYTE 8 /* of the event data, high nibble */

static void *pages_map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

struct cx *cx_create(const struct cx_config *config)
{
	struct cx *cx = calloc(1, sizeof(*cx));

	if (cx == NULL)
		return NULL;
	cx->config = *config;
	cx->command = calloc(1, sizeof(*cx->command));
	if (cx->command == NULL)
		goto err_free_cx;
	/* Whole host pages of their own: the VMM maps them into the guest. */
	cx->counter_page = pages_map(LAB_PAGE_SIZE);
	if (cx->counter_page == NULL)
		goto err_free_command;
	cx->uar = pages_map(CX_UAR_COUNT * LAB_PAGE_SIZE);
	if (cx->uar == NULL)
		goto err_unmap_counters;
	cx->command->created = lab_clock_now(config->clock);
	cx->command->ticked = cx->command->created;
	cx->vport.up = config->port == NULL || fabric_link(config->port);
	cx_reset(cx);
	return cx;

err_unmap_counters:
	munmap(cx->counter_page, LAB_PAGE_SIZE);
err_free_command:
	free(cx->command);
err_free_cx:
	free(cx);
	return NULL;
}

void cx_destroy(struct cx *cx)
{
	if (cx == NULL)
		return;
	cx_reset(cx);
	cx_objects_free_tables(cx);
	munmap(cx->uar, CX_UAR_COUNT * LAB_PAGE_SIZE);
	munmap(cx->counter_page, LAB_PAGE_SIZE);
	free(cx->command);
	free(cx);
}

static void service_update(struct cx *cx)
{
	const struct cx_command *command = cx->command;
	bool in_service = command->stage == CX_STAGE_READY && command->syndrome == 0 &&
			  command->interface == INTERFACE_FULL;

	if (in_service == cx->in_service)
		return;
	cx->in_service = in_service;
	cx_fabric_attach(cx, in_service);
}

void cx_enter_stage(struct cx *cx, enum cx_stage stage)
{
	cx->command->stage = stage;
	service_update(cx);
}

void cx_reset(struct cx *cx)
{
	cx_objects_clear(cx);
	cx->rx_root = 0;
	cx_command_reset(cx);
	cx_vport_reset(cx);
	service_update(cx);
	memset(cx->uar, 0, CX_UAR_COUNT * LAB_PAGE_SIZE);
}

/* One dword of the segment as the big-endian number it is. */
static uint32_t segment_dword(const struct cx *cx, uint32_t offset)
{
	const struct cx_command *command = cx->command;

	switch (offset) {
	case SEG_FW_REV:
		return FW_MINOR << 16 | FW_MAJOR;
	case SEG_CMDIF_REV:
		return CMDIF_REV << 16 | FW_SUBMINOR;
	case SEG_QUEUE_HIGH:
		return (uint32_t)(command->queue >> 32);
	case SEG_QUEUE_LOW:
		return ((uint32_t)command->queue & QUEUE_ADDRESS) | QUEUE_SIZES |
		       (uint32_t)command->interface << INTERFACE_SHIFT;
	case SEG_HEALTH_FW_VER:
		return FW_MAJOR << 24 | FW_MINOR << 16 | FW_SUBMINOR;
	case SEG_HEALTH_HW_ID:
		return 0x20d; /* ConnectX-5 */
	case SEG_HEALTH_SEVERITY:
		return command->syndrome != 0 ? SEVERITY_RESET << 24 : 0;
	case SEG_HEALTH_SYNDROME:
		return (uint32_t)command->syndrome << 16;
	case SEG_COMMAND_TIMEOUT:
		/* Commands are carried out within the doorbell's exit. A surprise removal costs the
		 * driver one whole time-out: its health work is stopped, so nobody flushes what is
		 * in flight (mlx5_drain_health_wq). */
		return TIMEOUT_SECONDS | 10;
	case SEG_INIT_TIMEOUT:
		return TIMEOUT_SECONDS | 120;
	default:
		return 0; /* includes `initializing`: done */
	}
}

static uint8_t *bar_ram(struct cx *cx, uint64_t offset, unsigned int size)
{
	if (offset >= COUNTER_PAGE && offset + size <= COUNTER_PAGE + LAB_PAGE_SIZE)
		return cx->counter_page + (offset - COUNTER_PAGE);
	if (offset >= UAR_PAGES && offset + size <= CX_BAR_SIZE)
		return cx->uar + (offset - UAR_PAGES);
	return NULL;
}

uint64_t cx_bar_read(struct cx *cx, uint64_t offset, unsigned int size)
{
	const uint8_t *ram;
	uint64_t value = 0;

	if (size > sizeof(value) || offset >= CX_BAR_SIZE)
		return 0;
	ram = bar_ram(cx, offset, size);
	if (ram != NULL) {
		memcpy(&value, ram, size);
		return value;
	}
	for (unsigned int i = 0; i < size && offset + i < SEG_SIZE; i++) {
		uint32_t dword = segment_dword(cx, (uint32_t)(offset + i) & ~3u);
		unsigned int byte = (offset + i) % 4;

		value |= (uint64_t)(dword >> (24 - 8 * byte) & 0xff) << 8 * i;
	}
	return value;
}

/* The low half of the queue address completes it, and carries the driver's wish for the NIC. */
static void queue_low_write(struct cx *cx, uint32_t value)
{
	struct cx_command *command = cx->command;
	unsigned int interface = value >> INTERFACE_SHIFT & INTERFACE_MASK;

	switch (interface) {
	case INTERFACE_FULL:
		command->queue = (uint64_t)command->queue_high << 32 | (value & QUEUE_ADDRESS);
		command->interface = INTERFACE_FULL;
		break;
	case INTERFACE_DISABLED:
		command->interface = INTERFACE_DISABLED;
		break;
	case INTERFACE_SW_RESET:
		/* Reads back as disabled when it is over, which here is at once. */
		cx_reset(cx);
		command->interface = INTERFACE_DISABLED;
		break;
	default:
		lab_log(LAB_LOG_INFO, "connectx", "NIC interface %u is not supported", interface);
		return;
	}
	service_update(cx);
}

static void segment_write(struct cx *cx, uint32_t offset, uint32_t value)
{
	switch (offset) {
	case SEG_QUEUE_HIGH:
		cx->command->queue_high = value;
		break;
	case SEG_QUEUE_LOW:
		queue_low_write(cx, value);
		break;
	case SEG_DOORBELL:
		cx_command_doorbell(cx, value);
		break;
	default:
		break; /* read-only */
	}
}

void cx_bar_write(struct cx *cx, uint64_t offset, uint64_t value, unsigned int size)
{
	uint8_t *ram;

	if (size > sizeof(value) || offset >= CX_BAR_SIZE)
		return;
	ram = bar_ram(cx, offset, size);
	if (ram != NULL) {
		memcpy(ram, &value, size);
		if (offset >= UAR_PAGES)
			cx_doorbell_store(cx, offset - UAR_PAGES, value, size);
		return;
	}
	/* Registers are whole dwords; a part of one is no write to it. */
	if (offset % 4 != 0 || size % 4 != 0)
		return;
	for (unsigned int i = 0; i < size && offset + i < SEG_SIZE; i += 4)
		segment_write(cx, (uint32_t)offset + i,
			      __builtin_bswap32((uint32_t)(value >> 8 * i)));
}

void *cx_counter_page(struct cx *cx)
{
	return cx->counter_page;
}

void *cx_uar_pages(struct cx *cx)
{
	return cx->uar;
}

static void counter_store(struct cx *cx, unsigned int offset, uint32_t value)
{
	uint32_t *dword = (uint32_t *)(cx->counter_page + offset);

	__atomic_store_n(dword, __builtin_bswap32(value), __ATOMIC_RELAXED);
}

void cx_tick(struct cx *cx)
{
	struct cx_command *command = cx->command;
	uint64_t now = lab_clock_now(cx->config.clock);
	uint64_t timer = now - command->created;

	counter_store(cx, COUNTER_TIMER_HIGH, (uint32_t)(timer >> 32));
	counter_store(cx, COUNTER_TIMER_LOW, (uint32_t)timer);
	/* The driver looks every 2 s and after three equal values calls the function dead. */
	if (now - command->ticked >= LAB_S) {
		command->ticked = now;
		command->health_counter++;
	}
	counter_store(cx, COUNTER_HEALTH, command->health_counter);
}

void cx_set_link(struct cx *cx, bool up)
{
	uint8_t data[28] = { [PORT_NUMBER_BYTE] = 1 << 4 };

	if (cx->vport.up == up)
		return;
	cx->vport.up = up;
	if (cx->in_service)
		cx_event(cx, EVENT_PORT_CHANGE, up ? PORT_UP : PORT_DOWN, data);
}

void cx_set_health(struct cx *cx, uint8_t syndrome)
{
	const uint8_t data[28] = { 0 };
	struct cx_command *command = cx->command;

	if (syndrome != 0) {
		if (cx->in_service)
			cx_event(cx, EVENT_INTERNAL_ERROR, 0, data);
		command->syndrome = syndrome;
		service_update(cx);
	} else if (command->syndrome != 0) {
		/* The host restarted the firmware; a VF's driver waits for this state (health.c,
		 * mlx5_error_sw_reset) and then starts over. */
		cx_reset(cx);
		command->interface = INTERFACE_DISABLED;
	}
}

int cx_block_read(struct cx *cx, uint32_t id, void *buf, size_t len)
{
	if (id >= CX_BLOCKS || len > CX_BLOCK_SIZE)
		return -EINVAL;
	memcpy(buf, cx->command->block[id], len);
	return 0;
}

int cx_block_write(struct cx *cx, uint32_t id, const void *buf, size_t len)
{
	if (id >= CX_BLOCKS || len > CX_BLOCK_SIZE)
		return -EINVAL;
	memcpy(cx->command->block[id], buf, len);
	return 0;
}

unsigned int cx_pages_held(const struct cx *cx)
{
	return cx->command->pages;
}

uint64_t cx_commands(const struct cx *cx)
{
	return cx->command->executed;
}
