/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A question to the host that somebody waits for, with the time it may take. If the wait runs out
 * the request lives on until the host completes it or the channel closes: the host may still read
 * its message.
 */
#ifndef AN_REQUEST_H
#define AN_REQUEST_H

#include "nic.h"

#define AN_REQUEST_MESSAGE_MAX	HV_HYP_PAGE_SIZE
#define AN_REQUEST_ANSWER_MAX	1024

struct an_request {
	refcount_t refs;	/* the asker, and the open transaction */
	struct completion done;
	int status;		/* valid after done: 0 or what is wrong with the answer */

	/* NVSP: set before sending */
	u32 want;		/* type of the answer */
	struct an_nvsp_message nvsp;

	/* RNDIS */
	struct list_head list;	/* an_nic.requests */
	u32 id;
	u32 want_rndis;
	u32 message_len;
	u8 *message;		/* one page, read by the host */
	u32 answer_len;
	u8 answer[AN_REQUEST_ANSWER_MAX];
};

struct an_request *an_request_create(bool with_message);
void an_request_get(struct an_request *request);
void an_request_put(struct an_request *request);
void an_request_finish(struct an_request *request, int status);

/*
 * Between two tries to put a request on a full ring: sleeps for 1 to 2 ms. Returns 0, or -ENODEV
 * (channel rescinded) or -EAGAIN (past the deadline, in jiffies).
 */
int an_request_pause(struct an_nic *nic, unsigned long deadline);

/*
 * Waits ms at most. Returns the request's status, or -ENODEV (channel rescinded) or -ETIMEDOUT.
 * May be called with RTNL held only with an AN_..RTNL_MS.
 */
int an_request_wait(struct an_nic *nic, struct an_request *request, unsigned int ms);

#endif
