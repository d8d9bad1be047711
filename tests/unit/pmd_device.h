/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A small device behind libibverbs' and libmlx5's names, for tests of queues: rings in plain
 * memory, which it plays when it is told to. It takes WQEs apart and writes CQEs by the PRM's rules
 * and not by the driver's headers, so that a mistake is not made twice the same way.
 */
#ifndef PMD_DEVICE_H
#define PMD_DEVICE_H

#include "../../pmd/port.h"

#include <rte_mempool.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEVICE_FRAME_MAX 65600u
#define DEVICE_FRAMES 4096u
#define DEVICE_REGIONS 64u

/* A frame that a send queue sent. */
struct device_frame {
	uint8_t *bytes;
	size_t len;
	uint8_t opcode;    /* of its WQE */
	uint8_t checksums; /* cs_flags */
	uint16_t mss;
	bool tagged;       /* the device was to insert a tag */
	uint16_t tci;
	uint16_t inlined;  /* bytes of its head in the WQE */
};

/* What a received frame's CQE says; all zero is a frame of no known protocol. */
struct device_facts {
	uint32_t hash;
	uint8_t hds;       /* hds_ip_ext */
	uint8_t type;      /* l4_hdr_type_etc */
	uint16_t tci;
};

struct device_region {
	uintptr_t start;
	size_t len;
	uint32_t key;      /* 0: not in use */
};

struct device {
	struct an_port port;
	struct rte_eth_dev_data data;
	struct rte_eth_dev dev;
	struct an_vf vf;
	struct rte_mempool *pool;

	/* Send queue. */
	unsigned int sq_log;
	uint8_t *sq;
	uint32_t records[2];      /* RQ and SQ doorbell records of the QP */
	uint16_t sq_consumer;
	uint64_t *uar;            /* a page of its own */
	unsigned int wqes, multi; /* executed; of them with many frames */
	struct device_frame *frames;
	unsigned int frame_count;
	bool broken;              /* a WQE made no sense: an error CQE was written */

	/* Receive queue. */
	unsigned int rq_log, rq_stride;
	uint8_t *rq;
	uint32_t rq_record;
	uint16_t rq_consumer;

	/* Completion queues: of the send queue, of the receive queue. */
	struct device_cq {
		unsigned int log;
		uint8_t *ring;
		uint32_t records[2];
		uint32_t producer;
		bool there, compressed;
	} cqs[2];

	struct device_region regions[DEVICE_REGIONS];
	unsigned int registered, objects; /* memory regions; queues and CQs */
	bool stripping;            /* the WQ was created so */
	int fail_at;               /* the n-th call that creates or changes fails; 0: none */
	int fail_errno;
	int destroy_errno;         /* destroying a QP or WQ fails */
	int modify_errno;          /* so does changing its state then */
	void *undestroyed;         /* what destroying failed for */
	bool relaxed_refused;      /* registering with relaxed ordering is */
};

extern struct device device;

/* Per test: EAL, a pool of `buffers` buffers with data rooms of `room` bytes, a VF without queues.
 * Its end checks that every buffer is back, every object destroyed and every region released. */
void device_open(unsigned int buffers, uint16_t room);
void device_close(void);

/* Releases what could not be destroyed, as the end of the process would. */
void device_abandon(void);

/* Executes what the doorbell record has posted. WQEs executed; a CQE where one is asked for. */
unsigned int device_send(void);
/* At most that many WQEs of it. */
unsigned int device_send_some(unsigned int most);
/* Frees what was sent. */
void device_forget(void);
/* Stores to the UAR since the last call. */
unsigned int device_doorbells(void);
/* An error CQE of the send (0) or receive queue (1). */
void device_fail(unsigned int cq, uint8_t opcode);

/* Buffers posted and not used. */
unsigned int device_room(void);
/* Writes a frame into the next posted WQE and its CQE. False without a WQE. */
bool device_receive(const void *frame, size_t len, const struct device_facts *facts);
/* n frames of the same facts but for the hash (facts->hash + i) in a compressed session. Frame i is
 * frames[i * stride], of lens[i] bytes. */
bool device_session(const uint8_t *frames, size_t stride, const uint32_t *lens, unsigned int n,
		    const struct device_facts *facts);

/* A frame of len bytes in a chain with `piece` bytes in each buffer (0: one), filled by seed. */
struct rte_mbuf *device_mbuf(size_t len, size_t piece, unsigned int seed);
/* The byte at `at` of such a frame. */
uint8_t device_byte(unsigned int seed, size_t at);

#endif
