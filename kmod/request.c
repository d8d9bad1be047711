// SPDX-License-Identifier: GPL-2.0-only
/* Requests to the host: reference counted, waited for in slices that look for a rescind. */
#include "request.h"
#include "waits.h"

#include <linux/delay.h>
#include <linux/slab.h>

struct an_request *an_request_create(bool with_message)
{
	struct an_request *request;

	request = kzalloc(sizeof(*request), GFP_KERNEL);
	if (!request)
		return NULL;
	if (with_message) {
		request->message = (u8 *)get_zeroed_page(GFP_KERNEL);
		if (!request->message) {
			kfree(request);
			return NULL;
		}
	}
	refcount_set(&request->refs, 1);
	init_completion(&request->done);
	INIT_LIST_HEAD(&request->list);
	return request;
}

void an_request_get(struct an_request *request)
{
	refcount_inc(&request->refs);
}

void an_request_put(struct an_request *request)
{
	if (!refcount_dec_and_test(&request->refs))
		return;
	free_page((unsigned long)request->message);
	kfree(request);
}

void an_request_finish(struct an_request *request, int status)
{
	request->status = status;
	complete(&request->done);
}

int an_request_pause(struct an_nic *nic, unsigned long deadline)
{
	if (an_is_gone(nic))
		return -ENODEV;
	if (time_after(jiffies, deadline))
		return -EAGAIN;
	usleep_range(1000, 2000);
	return 0;
}

int an_request_wait(struct an_nic *nic, struct an_request *request, unsigned int ms)
{
	unsigned long deadline = jiffies + msecs_to_jiffies(ms);

	for (;;) {
		if (wait_for_completion_timeout(&request->done,
						msecs_to_jiffies(AN_WAIT_SLICE_MS)))
			return request->status;
		if (an_is_gone(nic))
			return -ENODEV;
		if (time_after(jiffies, deadline)) {
			atomic_long_inc(&nic->stats.host_silent);
			return -ETIMEDOUT;
		}
	}
}
