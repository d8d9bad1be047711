/* SPDX-License-Identifier: BSD-3-Clause */
/* The synthetic side on one end of a veth pair, for its tests. */
#ifndef PMD_SYNTHETIC_H
#define PMD_SYNTHETIC_H

#include "../../pmd/synthetic.h"
#include "fabric_frames.h"
#include "pmd_net.h"

#define SIDE_QUEUES 4u
#define SIDE_PORT 5

struct side {
	struct an_synthetic *synthetic; /* NULL: not open */
	struct an_synthetic_ready ready[SIDE_QUEUES][2];
	int peer;                       /* raw socket on the other end */
	uint8_t mac[6];                 /* of the port's interface */
};

extern struct side side;
extern const struct an_synthetic_ops *const side_ops;

/* Per test: namespace, pair, peer's socket; and all buffers must be back at its end. */
void side_setup(void);
void side_teardown(void);
/* False where there is no namespace: the test passes without having been run. */
bool side_is_there(void);

void side_open(bool keep_from_kernel);
/* Opens and starts with as many queues each way. */
void side_start(unsigned int queues, uint64_t rx_offloads);
void side_stop(void);
void side_close(void);

/* Frames of a queue as its burst would take them: only when the queue is ready. */
uint16_t side_receive(unsigned int queue, struct rte_mbuf **frames, uint16_t n, int ms);
/* The next frame of queue 0; NULL after a second without. */
struct rte_mbuf *side_next(void);
/* Nothing comes. */
bool side_is_silent(void);
/* A buffer chain with a frame, `piece` bytes a segment (0: one segment). */
struct rte_mbuf *side_mbuf(const uint8_t *frame, size_t len, uint16_t piece);
/* Sends it on queue 0: how many were taken. */
uint16_t side_send(struct rte_mbuf *m);
/* The buffer chain holds just that frame. */
bool side_is(const struct rte_mbuf *m, const uint8_t *frame, size_t len);
struct an_synthetic_counters side_counters(void);

#endif
