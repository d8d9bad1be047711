// SPDX-License-Identifier: BSD-3-Clause
/*
 * The device thread: rounds over every model while traffic moves, sleep when it does not. Doorbell
 * pages and the monitor page are plain memory, so nothing wakes us for a send: while a VF is in
 * service or a monitored channel is open the sleep is short, and grows with the time since anything
 * moved.
 */
#define _GNU_SOURCE
#include "host.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define TICK_NS	      (200 * LAB_MS)
#define SPIN_NS	      (200000ull)      /* look again at once for so long after work */
#define NAP_NS	      (100000ull)      /* then nap, while there is memory to watch... */
#define NAP_IDLE_NS   (1 * LAB_MS)     /* ...longer once nothing moved for IDLE_AFTER_NS */
#define IDLE_AFTER_NS (20 * LAB_MS)
#define SLOT_RETRY_NS (1 * LAB_MS)     /* a SynIC message slot is busy */
#define FDS_MAX	      32

void host_wake(struct host *host)
{
	uint64_t one = 1;

	if (write(host->wake, &one, sizeof(one)) < 0)
		return; /* full: it is awake already */
}

void host_reschedule(struct host *host)
{
	for (unsigned int i = 0; i < host->options->nics; i++)
		if (nic_deadline(&host->nic[i]) < host->asleep_until) {
			host_wake(host);
			return;
		}
}

static unsigned int fds_collect(struct host *host, struct pollfd *fds)
{
	unsigned int n = 0;

	fds[n++] = (struct pollfd){ .fd = host->wake, .events = POLLIN };
	for (unsigned int i = 0; i < host->options->nics; i++)
		n += fabric_pollfds(host->nic[i].fabric, fds + n, FDS_MAX - n);
	return n;
}

/* How long there is nothing to do for, in ns. */
static uint64_t nap_length(struct host *host, uint64_t now, uint64_t last_work, bool slot_busy)
{
	uint64_t until = host->next_tick;
	bool watch = vmbus_is_monitored(host->vmbus);

	for (unsigned int i = 0; i < host->options->nics; i++) {
		uint64_t deadline = nic_deadline(&host->nic[i]);

		if (deadline < until)
			until = deadline;
		watch |= host->nic[i].cx != NULL && !cx_is_idle(host->nic[i].cx);
	}
	if (slot_busy && now + SLOT_RETRY_NS < until)
		until = now + SLOT_RETRY_NS;
	if (watch) {
		uint64_t nap = now - last_work < IDLE_AFTER_NS ? NAP_NS : NAP_IDLE_NS;

		if (now + nap < until)
			until = now + nap;
	}
	return until > now ? until - now : 0;
}

static bool round_once(struct host *host, uint64_t now, bool *slot_busy)
{
	bool moved = vmbus_poll(host->vmbus);

	for (unsigned int i = 0; i < host->options->nics; i++)
		moved |= nic_poll(&host->nic[i]);
	*slot_busy = vmm_synic_flush(host->vmm);
	if (now >= host->next_tick) {
		host->next_tick = now + TICK_NS;
		for (unsigned int i = 0; i < host->options->nics; i++)
			nic_tick(&host->nic[i]);
	}
	for (unsigned int i = 0; i < host->options->nics; i++)
		if (host->nic[i].plan.add_at != 0 && now >= host->nic[i].plan.add_at)
			nic_tick(&host->nic[i]);
	return moved;
}

static void *device_thread(void *arg)
{
	struct host *host = arg;
	uint64_t last_work = 0;

	while (!__atomic_load_n(&host->stop, __ATOMIC_ACQUIRE)) {
		struct pollfd fds[FDS_MAX];
		struct timespec timeout;
		bool moved, slot_busy;
		uint64_t now, nap, count;
		unsigned int n;

		now = lab_clock_now(&host->clock);
		vmm_lock(host->vmm);
		moved = round_once(host, now, &slot_busy);
		n = fds_collect(host, fds);
		if (moved)
			last_work = now;
		nap = nap_length(host, now, last_work, slot_busy);
		host->asleep_until = now + nap;
		vmm_unlock(host->vmm);
		vmm_give_way(host->vmm);
		if (now - last_work < SPIN_NS) {
			sched_yield();
			continue;
		}
		timeout.tv_sec = (time_t)(nap / LAB_S);
		timeout.tv_nsec = (long)(nap % LAB_S);
		if (ppoll(fds, n, &timeout, NULL) > 0 && (fds[0].revents & POLLIN) &&
		    read(host->wake, &count, sizeof(count)) < 0 && errno != EAGAIN)
			break;
	}
	return NULL;
}

int host_loop_start(struct host *host)
{
	int ret = pthread_create(&host->device_thread, NULL, device_thread, host);

	host->device_thread_started = ret == 0;
	return -ret;
}

void host_loop_stop(struct host *host)
{
	if (!host->device_thread_started)
		return;
	__atomic_store_n(&host->stop, true, __ATOMIC_RELEASE);
	host_wake(host);
	pthread_join(host->device_thread, NULL);
	host->device_thread_started = false;
}
