// SPDX-License-Identifier: BSD-3-Clause
/*
 * The device's two halves: what it does with its rings. Its verbs are in pmd_device_verbs.c.
 * Layouts: dpdk.md's sources, drivers/common/mlx5/mlx5_prm.h, linux/mlx5/qp.h and device.h.
 */
#define _GNU_SOURCE /* REG_EFL */
#include "pmd_device.h"

#include "pmd_eal.h"
#include "unit.h"

#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#define PAGE 4096u
#define UAR_OFFSET 0x800u
#define TRAP_FLAG 0x100
#define BLOCK 64u
#define DS 16u
#define WQE_MAX (16u * BLOCK)

struct device device;

static unsigned int heap_blocks; /* of DPDK's heap, when the device was opened */
static struct sigaction old_segv, old_trap;
static volatile unsigned int stores;

/* ------------------------------------------------------------------------ bytes and memory -- */

static uint32_t be32(const void *at)
{
	const uint8_t *b = at;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static uint16_t be16(const void *at)
{
	return (uint16_t)(be32((const uint8_t *)at - 2) & 0xffff);
}

static uint64_t be64(const void *at)
{
	return (uint64_t)be32(at) << 32 | be32((const uint8_t *)at + 4);
}

static void put32(void *at, uint32_t value)
{
	uint8_t *b = at;

	b[0] = (uint8_t)(value >> 24);
	b[1] = (uint8_t)(value >> 16);
	b[2] = (uint8_t)(value >> 8);
	b[3] = (uint8_t)value;
}

/* NULL unless the key's region holds all of it. */
static void *region_window(uint32_t key, uint64_t address, size_t len)
{
	for (unsigned int i = 0; i < DEVICE_REGIONS; i++) {
		const struct device_region *region = &device.regions[i];

		if (region->key == 0 || region->key != key)
			continue;
		if (address < region->start || len > region->len ||
		    address - region->start > region->len - len)
			return NULL;
		return (void *)(uintptr_t)address;
	}
	return NULL;
}

/* --------------------------------------------------------------------------------- the UAR -- */

/* A store traps, is counted, and is done by a single step with the page open. */
static void uar_fault(int signal_number, siginfo_t *info, void *context)
{
	ucontext_t *user = context;
	uintptr_t page = (uintptr_t)device.uar & ~(uintptr_t)(PAGE - 1);

	(void)signal_number;
	if ((uintptr_t)info->si_addr - page >= PAGE) {
		sigaction(SIGSEGV, &old_segv, NULL); /* not ours: it faults again, for good */
		return;
	}
	stores++;
	mprotect((void *)page, PAGE, PROT_READ | PROT_WRITE);
	user->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
}

static void uar_step(int signal_number, siginfo_t *info, void *context)
{
	ucontext_t *user = context;

	(void)signal_number;
	(void)info;
	mprotect((void *)((uintptr_t)device.uar & ~(uintptr_t)(PAGE - 1)), PAGE, PROT_READ);
	user->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
}

static void uar_open(void)
{
	struct sigaction fault = { .sa_sigaction = uar_fault, .sa_flags = SA_SIGINFO };
	struct sigaction step = { .sa_sigaction = uar_step, .sa_flags = SA_SIGINFO };
	uint8_t *page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CU_ASSERT_TRUE_FATAL(page != MAP_FAILED);
	device.uar = (uint64_t *)(void *)(page + UAR_OFFSET);
	sigaction(SIGSEGV, &fault, &old_segv);
	sigaction(SIGTRAP, &step, &old_trap);
	stores = 0;
}

static void uar_close(void)
{
	sigaction(SIGSEGV, &old_segv, NULL);
	sigaction(SIGTRAP, &old_trap, NULL);
	munmap((uint8_t *)device.uar - UAR_OFFSET, PAGE);
}

unsigned int device_doorbells(void)
{
	unsigned int count = stores;

	stores = 0;
	return count;
}

/* ------------------------------------------------------------------------- open and close -- */

static unsigned int heap_count(void)
{
	struct rte_malloc_socket_stats stats = { 0 };

	CU_ASSERT_EQUAL(rte_malloc_get_socket_stats(0, &stats), 0);
	return stats.alloc_count;
}

void device_open(unsigned int buffers, uint16_t room)
{
	CU_ASSERT_TRUE_FATAL(eal_open());
	rte_log_set_level(an_log_type, RTE_LOG_EMERG); /* what is logged here is meant to happen */
	memset(&device, 0, sizeof(device));
	heap_blocks = heap_count();
	device.pool = rte_pktmbuf_pool_create("device", buffers, 0, 0, room, SOCKET_ID_ANY);
	CU_ASSERT_PTR_NOT_NULL_FATAL(device.pool);
	device.frames = calloc(DEVICE_FRAMES, sizeof(*device.frames));
	CU_ASSERT_PTR_NOT_NULL_FATAL(device.frames);
	device.dev.data = &device.data;
	device.data.dev_private = &device.port;
	device.data.mtu = 1500;
	device.data.port_id = 7;
	device.data.rx_queues = calloc(1, sizeof(void *));
	device.data.tx_queues = calloc(1, sizeof(void *));
	device.port.data = &device.data;
	strcpy(device.port.args.iface, "unit");
	device.vf.vlan_insert = true;
	device.vf.vlan_strip = true;
	device.vf.tso_max = 65535;
	device.vf.max_wqe = 32768;
	device.vf.max_cqe = 32768;
	uar_open();
}

/* Buffers in a pool are as DPDK wants them there: single, not referenced. */
static void buffer_check(struct rte_mempool *pool, void *context, void *object, unsigned int index)
{
	const struct rte_mbuf *mbuf = object;
	unsigned int *odd = context;

	(void)pool;
	(void)index;
	*odd += mbuf->next != NULL || mbuf->nb_segs != 1 || rte_mbuf_refcnt_read(mbuf) != 1;
}

void device_close(void)
{
	unsigned int odd = 0;

	rte_log_set_level(an_log_type, RTE_LOG_NOTICE);
	if (device.vf.memory.list != NULL)
		an_mr_table_destroy(&device.vf.memory);
	CU_ASSERT_EQUAL(device.registered, 0);
	CU_ASSERT_EQUAL(device.objects, 0);
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(device.pool), 0);
	rte_mempool_obj_iter(device.pool, buffer_check, &odd);
	CU_ASSERT_EQUAL(odd, 0);
	device_forget();
	uar_close();
	rte_mempool_free(device.pool);
	CU_ASSERT_EQUAL(heap_count(), heap_blocks);
	free(device.data.rx_queues);
	free(device.data.tx_queues);
	free(device.frames);
	memset(&device, 0, sizeof(device));
}

void device_forget(void)
{
	for (unsigned int i = 0; i < device.frame_count; i++)
		free(device.frames[i].bytes);
	device.frame_count = 0;
	device.wqes = 0;
	device.multi = 0;
}

/* ------------------------------------------------------------------------ completion queues -- */

static uint8_t *cq_slot(struct device_cq *cq, uint32_t counter)
{
	return cq->ring + (size_t)(counter & ((1u << cq->log) - 1)) * BLOCK;
}

/* The owner byte last. False when the consumer left no room, which ends a real queue. */
static bool cq_push(struct device_cq *cq, const uint8_t cqe[BLOCK], uint32_t slots)
{
	uint32_t used = (cq->producer - be32(&cq->records[0])) & 0xffffff;
	uint8_t *slot = cq_slot(cq, cq->producer);

	CU_ASSERT_TRUE(used + slots <= 1u << cq->log);
	if (used + slots > 1u << cq->log)
		return false;
	memcpy(slot, cqe, BLOCK - 1);
	__atomic_store_n(&slot[BLOCK - 1], (cqe[BLOCK - 1] & ~1u) | (cq->producer >> cq->log & 1),
			 __ATOMIC_RELEASE);
	cq->producer += slots;
	return true;
}

void device_fail(unsigned int cq, uint8_t opcode)
{
	uint8_t cqe[BLOCK] = { [BLOCK - 1] = (uint8_t)(opcode << 4) };

	cq_push(&device.cqs[cq], cqe, 1);
}

/* ------------------------------------------------------------------------------ send queue -- */

static void frame_keep(struct device_frame *frame, const uint8_t *bytes, size_t len)
{
	CU_ASSERT_TRUE_FATAL(device.frame_count < DEVICE_FRAMES);
	frame->bytes = malloc(len + 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(frame->bytes);
	memcpy(frame->bytes, bytes, len);
	frame->len = len;
	device.frames[device.frame_count++] = *frame;
}

/* Appends what a data segment points to. */
static bool segment_gather(const uint8_t *segment, uint8_t *bytes, size_t *len)
{
	uint32_t count = be32(segment);
	const void *from = region_window(be32(segment + 4), be64(segment + 8), count);

	if (count == 0 || count > DEVICE_FRAME_MAX - *len || from == NULL)
		return false;
	memcpy(bytes + *len, from, count);
	*len += count;
	return true;
}

static bool wqe_execute(const uint8_t *wqe, unsigned int ds)
{
	static uint8_t bytes[DEVICE_FRAME_MAX];
	struct device_frame frame = { .opcode = wqe[3], .checksums = wqe[0x14],
				      .mss = be16(wqe + 0x16) };
	uint16_t inlined = be16(wqe + 0x1c);
	unsigned int at = 2 * DS;
	size_t len = 0;

	if (frame.opcode == 0x00)
		return ds == 1;
	if (ds < 2)
		return false;
	if (frame.opcode == 0x29) {
		device.multi++;
		for (; at < ds * DS; at += DS, len = 0) {
			if (!segment_gather(wqe + at, bytes, &len))
				return false;
			frame_keep(&frame, bytes, len);
		}
		return inlined == 0;
	}
	if (frame.opcode != 0x0a && frame.opcode != 0x0e)
		return false;
	if (inlined & 0x8000) {
		frame.tagged = true;
		frame.tci = be16(wqe + 0x1e);
	} else if (inlined > 0) {
		frame.inlined = inlined;
		memcpy(bytes, wqe + 0x1e, inlined);
		len = inlined;
		if (0x1e + inlined > 0x20)
			at = (0x1e + inlined + DS - 1) / DS * DS;
	}
	for (; at < ds * DS; at += DS)
		if (!segment_gather(wqe + at, bytes, &len))
			return false;
	frame_keep(&frame, bytes, len);
	return at == ds * DS;
}

unsigned int device_send_some(unsigned int most)
{
	uint16_t producer = (uint16_t)be32(&device.records[1]);
	uint32_t mask = (1u << device.sq_log) - 1;
	unsigned int count = 0;

	CU_ASSERT_TRUE((uint16_t)(producer - device.sq_consumer) <= 1u << device.sq_log);
	while (device.sq_consumer != producer && !device.broken && count < most) {
		uint8_t wqe[WQE_MAX], cqe[BLOCK] = { 0 };
		unsigned int ds = device.sq[(device.sq_consumer & mask) * BLOCK + 7] & 0x3f;
		unsigned int blocks = (ds + 3) / 4;

		for (unsigned int i = 0; i < blocks; i++)
			memcpy(wqe + i * BLOCK,
			       device.sq + ((device.sq_consumer + i) & mask) * BLOCK, BLOCK);
		/* Its index and queue are in it, and it lies within what was posted. */
		device.broken = ds == 0 || blocks > (uint16_t)(producer - device.sq_consumer) ||
				(be32(wqe) >> 8 & 0xffff) != device.sq_consumer ||
				be32(wqe + 4) >> 8 != 0x123 || !wqe_execute(wqe, ds);
		cqe[BLOCK - 1] = device.broken ? 13 << 4 : 0;
		if (device.broken || (wqe[0x0b] >> 2 & 3) >= 2)
			cq_push(&device.cqs[0], cqe, 1);
		device.sq_consumer += blocks;
		device.wqes++;
		count++;
	}
	return count;
}

unsigned int device_send(void)
{
	return device_send_some(UINT32_MAX);
}

/* --------------------------------------------------------------------------- receive queue -- */

unsigned int device_room(void)
{
	return (uint16_t)(be32(&device.rq_record) - device.rq_consumer);
}

/* Scatters over the next posted WQE. */
static bool wqe_fill(const uint8_t *frame, size_t len)
{
	uint32_t mask = (1u << device.rq_log) - 1;
	const uint8_t *wqe = device.rq + (device.rq_consumer & mask) * device.rq_stride;

	if (device_room() == 0)
		return false;
	for (unsigned int at = 0; at < device.rq_stride && len > 0; at += DS) {
		size_t count = be32(wqe + at);
		void *to;

		if (be32(wqe + at + 4) == 0x100 || count == 0)
			break;
		count = count < len ? count : len;
		to = region_window(be32(wqe + at + 4), be64(wqe + at + 8), count);
		CU_ASSERT_PTR_NOT_NULL_FATAL(to);
		memcpy(to, frame, count);
		frame += count;
		len -= count;
	}
	CU_ASSERT_EQUAL(len, 0);
	device.rq_consumer++;
	return true;
}

static void cqe_describe(uint8_t cqe[BLOCK], const struct device_facts *facts, uint32_t count)
{
	memset(cqe, 0, BLOCK);
	put32(cqe + 0x0c, facts->hash);
	cqe[0x1c] = facts->hds;
	cqe[0x1d] = facts->type;
	cqe[0x1e] = (uint8_t)(facts->tci >> 8);
	cqe[0x1f] = (uint8_t)facts->tci;
	put32(cqe + 0x2c, count);
	cqe[0x3f] = 2 << 4;
}

bool device_receive(const void *frame, size_t len, const struct device_facts *facts)
{
	uint8_t cqe[BLOCK];

	if (!wqe_fill(frame, len))
		return false;
	cqe_describe(cqe, facts, (uint32_t)len);
	return cq_push(&device.cqs[1], cqe, 1);
}

/* Only the title's slot and those with minis are written, the title's owner byte last of all. */
bool device_session(const uint8_t *frames, size_t stride, const uint32_t *lens, unsigned int n,
		    const struct device_facts *facts)
{
	struct device_cq *cq = &device.cqs[1];
	uint8_t cqe[BLOCK];

	for (unsigned int i = 0; i < n; i++) {
		uint32_t slot = cq->producer + (i < 8 ? 1 : i / 8 * 8);
		uint8_t *mini = cq_slot(cq, slot) + i % 8 * 8;

		if (!wqe_fill(frames + i * stride, lens[i]))
			return false;
		put32(mini, facts->hash + i);
		put32(mini + 4, lens[i]);
	}
	cqe_describe(cqe, facts, n);
	cqe[0x3f] |= 3 << 2;
	return cq_push(cq, cqe, n);
}

/* ------------------------------------------------------------------------------------ mbufs -- */

uint8_t device_byte(unsigned int seed, size_t at)
{
	return (uint8_t)((seed * 2654435761u + at * 40503u) >> 8);
}

struct rte_mbuf *device_mbuf(size_t len, size_t piece, unsigned int seed)
{
	struct rte_mbuf *frame = NULL, *last = NULL;
	size_t at = 0;

	while (at < len || frame == NULL) {
		struct rte_mbuf *mbuf = rte_pktmbuf_alloc(device.pool);
		size_t n = piece != 0 && len - at > piece ? piece : len - at;
		uint8_t *data;

		CU_ASSERT_PTR_NOT_NULL_FATAL(mbuf);
		data = rte_pktmbuf_mtod(mbuf, uint8_t *);
		for (size_t i = 0; i < n; i++)
			data[i] = device_byte(seed, at + i);
		mbuf->data_len = (uint16_t)n;
		at += n;
		if (frame == NULL || last == NULL) {
			frame = mbuf;
			frame->pkt_len = (uint32_t)len;
		} else {
			last->next = mbuf;
			frame->nb_segs++;
		}
		last = mbuf;
	}
	return frame;
}
