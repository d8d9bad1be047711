/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which side the port's queues should use: pure, with the time given, so that a table of facts can
 * test it. switch.c carries out what is decided here, control.c gathers the facts.
 *
 *	none     the queues are on the synthetic side; the VF is not open
 *	used     the queues are on the VF
 *	suspect  frames wait for completions that do not come: what is sent goes synthetic, the VF
 *	         keeps its queues, and either completions resume or the kernel says that it is gone
 *
 * A surprise removal is silent in user space for 10 to 60 s, which is why the watchdog's word is
 * enough to stop using a VF; since it may be wrong (a host that stalls for a moment), it is not
 * enough to take the VF's queues apart.
 */
#ifndef AN_FAILOVER_H
#define AN_FAILOVER_H

#include <stdbool.h>
#include <stdint.h>

#define AN_FAILOVER_STALL_NS 50000000ull	/* a completion this late makes a VF suspect */
#define AN_FAILOVER_RETRY_MIN_NS 100000000ull	/* first wait after a VF could not be used */
#define AN_FAILOVER_RETRY_MAX_NS 1000000000ull	/* longest wait; there is no last try */
#define AN_FAILOVER_PROVEN_NS 10000000000ull	/* a VF used for so long starts anew */

enum an_failover_state { AN_FAILOVER_NONE, AN_FAILOVER_USED, AN_FAILOVER_SUSPECT };

enum an_failover_action {
	AN_FAILOVER_STAY,
	AN_FAILOVER_ENTER,   /* open the VF, build its queues, move to it */
	AN_FAILOVER_SUSPEND, /* send synthetic, keep the VF's queues */
	AN_FAILOVER_RESUME,  /* send on the VF again */
	AN_FAILOVER_LEAVE,   /* move to the synthetic side, take the VF's queues apart */
};

enum an_failover_reason {
	AN_FAILOVER_BY_KERNEL, /* its driver said so: link or devlink message */
	AN_FAILOVER_BY_DEVICE, /* asynchronous event of the device */
	AN_FAILOVER_BY_ERROR,  /* a queue ended with an error */
	AN_FAILOVER_BY_STALL,  /* completions stopped coming */
};

struct an_failover_facts {
	bool usable;       /* the kernel shows a VF in use with this NIC, and its RDMA device */
	uint64_t instance; /* which one: differs after it came back */
	bool gone;         /* the device said that it is lost */
	bool failed;       /* a queue ended with an error */
	bool stalled;      /* a completion is later than AN_FAILOVER_STALL_NS */
};

struct an_failover {
	enum an_failover_state state;
	enum an_failover_reason reason; /* of the last move away from the VF */
	uint64_t instance;              /* in use, or last used */
	bool lost;                      /* that instance was lost: wait for another */
	uint64_t entered_at;            /* ns */
	uint64_t retry_at, retry_ns;    /* not before; how long the last wait was */
};

/* What is to be done now; call an_failover_done with the outcome before asking again. */
enum an_failover_action an_failover_next(struct an_failover *failover,
					 const struct an_failover_facts *facts, uint64_t now);
/* `worked` matters for ENTER alone: the others cannot fail. */
void an_failover_done(struct an_failover *failover, enum an_failover_action action,
		      const struct an_failover_facts *facts, bool worked, uint64_t now);
/* When to ask again even if no fact changes, in ns of the same clock; UINT64_MAX: never. */
uint64_t an_failover_deadline(const struct an_failover *failover,
			      const struct an_failover_facts *facts);

const char *an_failover_reason_name(enum an_failover_reason reason);

#endif
