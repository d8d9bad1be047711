/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tests of what a driver says it can do, one for each row of its features file. Each opens the port
 * as it wants it, in a process of its own. The peer has to return what it gets.
 */
#ifndef TESTS_PMD_FEATURE_H
#define TESTS_PMD_FEATURE_H

#include "frame.h"
#include "port.h"
#include "stream.h"

#define FEATURE_SKIP 77

struct feature {
	const char *name;    /* on the command line */
	const char *row;     /* of features/NAME.ini; NULL: of none */
	int (*run)(void);    /* 0, -errno, FEATURE_SKIP; what was not expected is counted */
};

extern const struct feature features_info[], features_receive[], features_control[];

/* Opens port 0, waits for its link and readies the stream for it. As port_open. */
int feature_open(struct port *port, struct port_options *options, struct stream *stream);
/* Closes it; a buffer that did not come back is not expected. 0 or -errno. */
int feature_close(struct port *port);

/*
 * Sends the frames number `sequence` of the flows from `first` on, `count` of them, on a queue;
 * without offloads. How many the port took.
 */
uint16_t feature_send(const struct port *port, const struct stream *stream, uint16_t queue,
		      unsigned int first, uint16_t count, uint32_t sequence);
/* Sends packets as they are; those not taken are freed. */
uint16_t feature_send_packets(const struct port *port, uint16_t queue, struct rte_mbuf **packets,
			      uint16_t count);
/*
 * Frames of the stream that come within half a second after the last one, at most `most`, from
 * all queues; *queues, if given, gets the queue of each. Others are freed. The caller frees them.
 */
uint16_t feature_receive(const struct port *port, const struct stream *stream,
			 struct rte_mbuf **frames, uint16_t most, uint16_t *queues);
/* The same, freed at once: how many came. */
uint16_t feature_count(const struct port *port, const struct stream *stream, uint16_t most);
/* The flow a received frame belongs to. */
unsigned int feature_flow(const struct stream *stream, const struct rte_mbuf *frame);

/* Says and counts what is not as expected; returns the condition. */
__attribute__((format(printf, 2, 3)))
bool expect(bool condition, const char *format, ...);

#endif
