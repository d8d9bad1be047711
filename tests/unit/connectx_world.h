/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the data path's tests stand on: a function in service whose objects were made by hand, not
 * by commands, guest memory with rings on scattered pages, and a fabric with the function's port
 * and a peer that keeps what it gets. One world a test file.
 */
#ifndef CONNECTX_WORLD_H
#define CONNECTX_WORLD_H

#include "../../tools/lab/connectx/command.h"
#include "../../tools/lab/connectx/cqe.h"
#include "../../tools/lab/connectx/objects.h"
#include "../../tools/lab/connectx/wqe.h"
#include "../../tools/lab/log.h"
#include "fabric_frames.h"
#include "unit.h"

#include <stdlib.h>

#define WORLD_BASE 0x100000ull
#define WORLD_SIZE (1u << 20)
#define WORLD_KEPT 64
#define WORLD_VARIANT 0x42
#define WORLD_TIME 1000u
#define WORLD_USER_INDEX 0xabcdefu

static const uint8_t world_vf_mac[6] = { 0x02, 0, 0, 0, 0, 0xaa };
static const uint8_t world_peer_mac[6] = { 0x02, 0, 0, 0, 0, 0xbb };

static struct world {
	struct lab_mem mem;
	struct lab_clock clock;
	struct cx cx;
	struct cx_command command;
	struct fabric *fabric;
	struct fabric_port *vf, *peer;
	gpa_t free;             /* next byte of guest memory nobody has */
	struct cx_eq eq;
	struct cx_tis tis;
	struct cx_mkey pa;      /* all of guest memory, writable */
	unsigned int interrupts;
	/* at the peer */
	unsigned int frames;
	size_t len[WORLD_KEPT];
	uint8_t frame[WORLD_KEPT][FABRIC_FRAME_MAX];
} world;

static uint8_t world_ram[WORLD_SIZE] __attribute__((aligned(4096)));

static inline uint64_t world_now(void *ctx)
{
	(void)ctx;
	return WORLD_TIME;
}

static inline void world_raise(void *ctx, unsigned int vector)
{
	(void)ctx;
	(void)vector;
	world.interrupts++;
}

static inline enum fabric_drop world_keep(void *ctx, const uint8_t *frame, size_t len)
{
	unsigned int slot = world.frames++ % WORLD_KEPT;

	(void)ctx;
	world.len[slot] = len;
	memcpy(world.frame[slot], frame, len);
	return FABRIC_DELIVERED;
}

static inline gpa_t world_alloc(size_t size, size_t align)
{
	gpa_t at = (world.free + align - 1) / align * align;

	world.free = at + size;
	CU_ASSERT_FATAL(world.free <= WORLD_BASE + WORLD_SIZE);
	return at;
}

static inline uint8_t *world_at(gpa_t address)
{
	uint8_t *p = lab_mem_window(&world.mem, address, 1);

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	return p;
}

/* A ring on pages that are in memory in reverse, `offset` bytes into the first. */
static inline void world_buffer(struct cx_buffer *buffer, size_t size, size_t offset)
{
	uint32_t count = (uint32_t)((offset + size + 4095) / 4096);
	gpa_t pages = world_alloc((size_t)count * 4096, 4096);

	*buffer = (struct cx_buffer){ .page = malloc(count * sizeof(*buffer->page)),
				      .count = count, .log_page = 12, .offset = offset,
				      .size = size };
	CU_ASSERT_PTR_NOT_NULL_FATAL(buffer->page);
	for (uint32_t i = 0; i < count; i++)
		buffer->page[i] = pages + (uint64_t)(count - 1 - i) * 4096;
}

static inline uint8_t *world_in(const struct cx_buffer *buffer, uint64_t offset)
{
	gpa_t at = 0;

	CU_ASSERT_EQUAL_FATAL(cx_buffer_address(buffer, offset, 1, &at), 0);
	return world_at(at);
}

/* Without commands nobody has said what kinds there are; these objects are the test's own. */
static inline void world_add(struct cx_object *object, enum cx_object_type type)
{
	static struct cx_object_kind kinds[CX_OBJECT_TYPES];
	uint32_t first = type == CX_UAR ? CX_UAR_FIRST : 16;

	kinds[type] = (struct cx_object_kind){ type, first, first + CX_UAR_COUNT, NULL };
	CU_ASSERT_EQUAL_FATAL(cx_object_add(&world.cx, object, &kinds[type]), 0);
}

static inline uint32_t world_key(const struct cx_mkey *mkey)
{
	return mkey->object.number << 8 | mkey->variant;
}

static inline void world_record(gpa_t dbr, unsigned int offset, uint32_t value)
{
	cx_set32(world_at(dbr + offset), 0, value);
}

static inline void world_cq(struct cx_cq *cq, uint8_t log_size, bool cqe128)
{
	size_t size = (size_t)(cqe128 ? 128 : 64) << log_size;

	*cq = (struct cx_cq){ .eq = &world.eq, .log_size = log_size, .cqe128 = cqe128 };
	cq->dbr = world_alloc(8, 8);
	world_buffer(&cq->buffer, size, 64 * 3);
	for (size_t i = 0; i < size; i++) /* 0xf1 in the last byte is what drivers begin with */
		*world_in(&cq->buffer, i) = 0xf1;
	world_record(cq->dbr, 4, 2u << 28);
	world_add(&cq->object, CX_CQ);
}

/* The CQE of that free-running index, or NULL while it is still the consumer's. */
static inline const uint8_t *world_cqe(const struct cx_cq *cq, uint32_t index)
{
	uint32_t slot = index & ((1u << cq->log_size) - 1);
	const uint8_t *cqe = world_in(&cq->buffer, cq->cqe128 ? slot * 128 + 64 : slot * 64);

	if ((cqe[CQE_OP_OWN] & 1) != (index >> cq->log_size & 1) || cqe[CQE_OP_OWN] >> 4 == 15)
		return NULL;
	return cqe;
}

static inline void world_wq(struct cx_wq *wq, uint8_t log_stride, uint8_t log_size)
{
	*wq = (struct cx_wq){ .type = 1, .log_stride = log_stride, .log_size = log_size };
	wq->dbr = world_alloc(8, 8);
	world_buffer(&wq->buffer, (size_t)1 << (log_stride + log_size), 64 * 5);
}

static inline void world_sq(struct cx_sq *sq, struct cx_cq *cq, uint8_t log_size)
{
	*sq = (struct cx_sq){ .cq = cq, .tis = &world.tis, .user_index = WORLD_USER_INDEX,
			      .state = CX_QUEUE_RDY, .flush_in_error = true };
	world_wq(&sq->wq, 6, log_size);
	world_add(&sq->object, CX_SQ);
}

static inline void world_rq(struct cx_rq *rq, struct cx_cq *cq, uint8_t log_stride,
			    uint8_t log_size)
{
	*rq = (struct cx_rq){ .cq = cq, .user_index = WORLD_USER_INDEX, .state = CX_QUEUE_RDY };
	world_wq(&rq->wq, log_stride, log_size);
	world_add(&rq->object, CX_RQ);
}

static inline void world_data(uint8_t *segment, uint32_t count, uint32_t key, uint64_t address)
{
	cx_set32(segment, WQE_DATA_COUNT, count);
	cx_set32(segment, WQE_DATA_KEY, key);
	cx_set64(segment, WQE_DATA_ADDRESS, address);
}

/* Posts one buffer of len bytes as a receive WQE of one segment; returns where it is. */
static inline gpa_t world_post_rx(struct cx_rq *rq, uint16_t index, size_t len)
{
	uint32_t slot = index & ((1u << rq->wq.log_size) - 1);
	gpa_t at = world_alloc(len, 2);

	world_data(world_in(&rq->wq.buffer, (uint64_t)slot << rq->wq.log_stride), (uint32_t)len,
		   world_key(&world.pa), at);
	if (rq->wq.log_stride > 4) /* the rest of the list ends here */
		world_data(world_in(&rq->wq.buffer, ((uint64_t)slot << rq->wq.log_stride) + 16), 0,
			   WQE_INVALID_KEY, 0);
	world_record(rq->wq.dbr, 0, index + 1u);
	return at;
}

static inline void world_setup(void)
{
	static const struct fabric_path_ops peer = { .deliver = world_keep };

	lab_log_set_level(LAB_LOG_ERROR); /* bad guests are the point here */
	memset(&world, 0, sizeof(world));
	memset(world_ram, 0, sizeof(world_ram));
	world.clock.now = world_now;
	world.free = WORLD_BASE;
	lab_mem_add(&world.mem, WORLD_BASE, WORLD_SIZE, world_ram);
	world.fabric = fabric_create(&(struct fabric_config){ .clock = &world.clock });
	world.vf = fabric_nic_add(world.fabric, 0, world_vf_mac);
	world.peer = fabric_nic_add(world.fabric, 1, world_peer_mac);
	fabric_attach(world.peer, FABRIC_SYNTHETIC, &peer, NULL);
	fabric_set_datapath(world.vf, FABRIC_VF);
	world.cx = (struct cx){
		.config = { .mem = &world.mem, .clock = &world.clock, .port = world.vf,
			    .raise = world_raise },
		.command = &world.command, .in_service = true,
	};
	world.eq = (struct cx_eq){ .log_size = 8, .event_mask = 1u << 4 };
	world_buffer(&world.eq.buffer, 64u << 8, 0);
	world_add(&world.eq.object, CX_EQ);
	world_add(&world.tis.object, CX_TIS);
	world.pa = (struct cx_mkey){ .variant = WORLD_VARIANT, .mode = CX_MKEY_PA, .whole = true,
				     .local_write = true };
	world_add(&world.pa.object, CX_MKEY);
	cx_fabric_attach(&world.cx, true);
}

static inline void world_teardown(void)
{
	struct cx_object *object = NULL;

	free(world.eq.buffer.page);
	while ((object = cx_object_next(&world.cx, CX_CQ, object)) != NULL)
		free(((struct cx_cq *)object)->buffer.page);
	while ((object = cx_object_next(&world.cx, CX_SQ, object)) != NULL)
		free(((struct cx_sq *)object)->wq.buffer.page);
	while ((object = cx_object_next(&world.cx, CX_RQ, object)) != NULL)
		free(((struct cx_rq *)object)->wq.buffer.page);
	for (int i = 0; i < CX_OBJECT_TYPES; i++)
		free(world.cx.table[i].slot);
	fabric_destroy(world.fabric);
}

#endif
