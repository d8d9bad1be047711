/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What befalls the port while traffic runs, at given numbers of packets sent: words for the host,
 * in a thread of their own so that the traffic goes on.
 */
#ifndef TESTS_PMD_EVENTS_H
#define TESTS_PMD_EVENTS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define EVENTS_MAX 8192u

enum event_kind {
	EVENT_EJECT,    /* the host takes the VF away, asking first */
	EVENT_SURPRISE, /* and without asking */
	EVENT_ADD,      /* and gives it back */
	EVENT_DOWN,     /* the link */
	EVENT_UP,
	EVENT_VF,       /* wait until the VF carries frames both ways */
	EVENT_SLOW,     /* wait until the synthetic side does */
	EVENT_FAULT,    /* a fault of the host, by its words */
	EVENT_KINDS,
};

struct event {
	enum event_kind kind;
	uint64_t at;        /* packets sent since the event before it was done */
	char words[40];     /* of EVENT_FAULT */
};

struct events {
	struct event event[EVENTS_MAX];
	unsigned int count;
	unsigned int limit;        /* seconds that a wait may take */
	const uint64_t *sent;      /* atomic; packets */
	unsigned int done;         /* atomic; how many have happened */
	bool failed;               /* atomic; one could not happen: the reason is on stderr */
	bool stop;                 /* atomic */
	pthread_t thread;
	bool started;
};

/*
 * "eject@1000,vf@0,add@2000,fault cqe-error@10" in order; each number counts from the event before.
 * "20*(...)" stands for the part in brackets 20 times. 0 or -EINVAL with a line on stderr.
 */
int events_parse(const char *text, struct events *events);
int events_start(struct events *events, const uint64_t *sent);
/* All have happened, or one failed. */
bool events_over(const struct events *events);
void events_stop(struct events *events);

#endif
