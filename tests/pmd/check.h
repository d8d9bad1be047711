/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Judges what comes back of a stream: every byte, the length, the checksums, the order within
 * each flow, duplicates and losses. Several threads may send and receive at once; a flow is sent by
 * one of them.
 */
#ifndef TESTS_PMD_CHECK_H
#define TESTS_PMD_CHECK_H

#include "stream.h"

#include <stdio.h>

enum check_verdict {
	CHECK_GOOD,
	CHECK_FOREIGN,       /* nothing of the stream: no error, others use the wire too */
	CHECK_BAD_LENGTH,
	CHECK_BAD_HEADER,    /* a byte of Ethernet, IP, UDP or TCP */
	CHECK_BAD_CHECKSUM,  /* only a checksum is wrong */
	CHECK_BAD_CONTENT,   /* a byte of the payload */
	CHECK_UNSENT,        /* the stream's addresses on a frame that was never sent */
	CHECK_DUPLICATE,
	CHECK_DISORDER,      /* after a later one of its flow */
	CHECK_VERDICTS,
};

const char *check_verdict_name(enum check_verdict verdict);

struct check_flow {
	uint32_t sent;       /* frames; written by the sender, atomic */
	uint32_t next;       /* sequence number after the highest that came */
	uint32_t received;   /* different frames that came, late ones too */
	uint32_t seen_words;
	uint64_t *seen;      /* a bit a sequence number */
	int queue;           /* it came on; -1: none yet */
	bool moved;          /* it came on more than one */
	bool locked;         /* atomic */
};

struct check {
	const struct stream *stream;
	struct check_flow *flow;
	uint64_t count[CHECK_VERDICTS]; /* atomic */
	uint64_t gaps;       /* frames passed over by a later one of their flow, atomic */
	FILE *complaints;    /* the first few errors are told here; NULL: not */
	uint64_t told;       /* atomic */
};

/* 0 or -ENOMEM. */
int check_create(struct check *check, const struct stream *stream);
void check_destroy(struct check *check);

/* `frames` more of the flow are about to be sent. */
void check_sending(struct check *check, unsigned int flow, unsigned int frames);
/* The last `frames` of what was announced so did not leave after all. */
void check_not_sent(struct check *check, unsigned int flow, unsigned int frames);
/* A frame that came on that receive queue; without VLAN tag. */
enum check_verdict check_frame(struct check *check, const uint8_t *frame, size_t length,
			       int queue);

/* Of all flows; exact once nothing is sent or received any more. */
struct check_sum {
	uint64_t sent, received, lost; /* frames; lost: sent and never received */
	uint64_t errors;               /* all verdicts but good and foreign */
	unsigned int moved;            /* flows that came on more than one queue */
	size_t notes;                  /* bytes of memory for what came */
};
void check_sum(const struct check *check, struct check_sum *sum);

#endif
