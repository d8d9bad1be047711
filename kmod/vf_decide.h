/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What to ask the host for, and when. Facts come in, in any order; a question for the host's data
 * path comes out. Pure: time comes in as milliseconds since boot, questions are sent by vf_path.c,
 * which locks. tests/unit/kmod_vf_decide_test.c drives it through random histories.
 */
#ifndef AN_VF_DECIDE_H
#define AN_VF_DECIDE_H

#include "vf_hold.h"
#include "vf_state.h"

#define AN_ASK_MS	5000	/* the host's answer to a switch is late after this */
#define AN_ASK_AGAIN_MS	1000	/* what could not be sent, or was not answered, is asked again; */
#define AN_ASK_AGAIN_MAX_MS 60000 /* doubling each time it is not answered, up to this */
#define AN_SETTLE_MS	50	/* a VF that has just come up sets its receive filters up */

enum an_vf_policy {
	AN_VF_AUTO,		/* the VF whenever it is there, unless it flaps */
	AN_VF_SYNTHETIC,	/* never the VF */
	AN_VF_ALWAYS,		/* the VF whenever it is there */
};

enum an_vf_question {
	AN_VF_ASK_NOTHING,
	AN_VF_ASK_SYNTHETIC,
	AN_VF_ASK_VF,
};

struct an_vf_decision {
	struct an_vf_facts facts;
	enum an_vf_policy policy;
	enum an_vf_reason hint;		/* what happened last, where the facts do not say */
	enum an_vf_question asked;	/* the last question, */
	u32 number;			/* its number, */
	u64 deadline;			/* and when its answer is late (facts.pending) */
	unsigned int unanswered;	/* questions in a row */
	u64 again_at;			/* the next one, when the path is unknown */
	u64 ready_at;			/* the VF could carry traffic from then on */
	struct an_vf_hold hold;
};

/*
 * The facts have changed from `was`. Returns what to ask at once: packets must not wait for a VF
 * that is not ready any more. Everything else is an_vf_decide()'s.
 */
enum an_vf_question an_vf_decide_change(struct an_vf_decision *decision,
					const struct an_vf_facts *was, u64 now);
/* What to ask now. */
enum an_vf_question an_vf_decide(struct an_vf_decision *decision, u64 now);
/* Ms until an_vf_decide() has something new to say by itself; 0: only after a change. */
u64 an_vf_decide_wait(const struct an_vf_decision *decision, u64 now);

/* A question was sent (error 0, its number is decision->number now), or not (-errno). */
void an_vf_decide_asked(struct an_vf_decision *decision, enum an_vf_question question, int error,
			u64 now);
/* The host has answered that question. False: nobody waits for it any more. */
bool an_vf_decide_answered(struct an_vf_decision *decision, u32 number, u64 now);
/* The answer is late, and not waited for any longer. False: there is time left, or no question. */
bool an_vf_decide_expired(struct an_vf_decision *decision, u64 now);
/* The host has moved the path to the synthetic side by itself. */
void an_vf_decide_host_moved(struct an_vf_decision *decision, u64 now);
void an_vf_decide_policy(struct an_vf_decision *decision, enum an_vf_policy policy);

/* Why the VF is not active, from the facts and what happened last; `state` is theirs. */
enum an_vf_reason an_vf_decide_reason(struct an_vf_decision *decision, enum an_vf_state state);

#endif
