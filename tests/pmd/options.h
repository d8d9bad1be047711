/* SPDX-License-Identifier: BSD-3-Clause */
/* What the command line of the traffic program says. */
#ifndef TESTS_PMD_OPTIONS_H
#define TESTS_PMD_OPTIONS_H

#include "events.h"
#include "frame.h"
#include "port.h"
#include "stream.h"

struct options {
	struct stream stream;
	struct frame_options frame;
	struct port_options port;
	struct events events;
	uint64_t packets;      /* to send, at least; more while events are to come */
	unsigned int window;   /* frames under way at most */
	uint16_t burst;
	int back;              /* port that receives; -1: the same one */
	bool lossy;            /* losses are no failure if they are counted; so with events */
	bool no_offload;
	bool promiscuous;      /* and all multicast */
	unsigned int limit;    /* seconds; it takes longer only if it hangs */
};

#define OPTIONS_BURST_MAX 256u

/* 0; -EINVAL with a line on stderr; 1 after --help. */
int options_parse(int argc, char **argv, struct options *options);

#endif
