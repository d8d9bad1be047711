// SPDX-License-Identifier: BSD-3-Clause
/* Reads the list of events and lets them happen. */
#include "events.h"

#include "control.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LIMIT 30u /* seconds */
#define LOOK_NS 1000000L

static const struct {
	const char *name, *words; /* words: for the host; NULL: none */
} kinds[EVENT_KINDS] = {
	[EVENT_EJECT] = { "eject", "vf eject 0" },
	[EVENT_SURPRISE] = { "surprise", "vf surprise 0" },
	[EVENT_ADD] = { "add", "vf add 0" },
	[EVENT_DOWN] = { "down", "link down 0" },
	[EVENT_UP] = { "up", "link up 0" },
	[EVENT_VF] = { "vf", NULL },
	[EVENT_SLOW] = { "synthetic", NULL },
	[EVENT_FAULT] = { "fault", NULL },
};

/* WORD@NUMBER, of so many characters. */
static int parse_one(const char *text, size_t length, struct event *event)
{
	const char *at = memchr(text, '@', length);
	char *end;

	if (at == NULL || at + 1 == text + length)
		return -EINVAL;
	event->at = strtoull(at + 1, &end, 10);
	if (end != text + length)
		return -EINVAL;
	length = (size_t)(at - text);
	event->kind = 0;
	while (event->kind < EVENT_KINDS) {
		size_t n = strlen(kinds[event->kind].name);

		if (strncmp(text, kinds[event->kind].name, n) == 0 &&
		    (n == length || (event->kind == EVENT_FAULT && n < length && text[n] == ' ')))
			break;
		event->kind++;
	}
	if (event->kind == EVENT_KINDS || length >= sizeof(event->words))
		return -EINVAL;
	memcpy(event->words, text, length);
	event->words[length] = '\0';
	return 0;
}

/* A list without brackets, of so many characters. */
static int parse_list(const char *text, size_t length, struct events *events)
{
	const char *end = text + length;

	while (text < end) {
		const char *comma = memchr(text, ',', (size_t)(end - text));
		size_t n = (size_t)((comma != NULL ? comma : end) - text);

		if (events->count == EVENTS_MAX)
			return -E2BIG;
		if (parse_one(text, n, &events->event[events->count]) < 0)
			return -EINVAL;
		events->count++;
		text += n + 1;
	}
	return 0;
}

static int parse(const char *text, struct events *events)
{
	while (*text != '\0') {
		const char *open = strstr(text, "*("), *close;
		unsigned long times;
		char *end;
		int err = 0;

		times = strtoul(text, &end, 10);
		if (end == text || end != open) {
			size_t n = open == NULL ? strlen(text) : 0;

			/* What stands before a bracket ends in a comma and its number. */
			for (const char *p = text; open != NULL && p < open; p++)
				if (*p == ',')
					n = (size_t)(p - text);
			if (n == 0 || parse_list(text, n, events) < 0)
				return -EINVAL;
			text += n;
			text += *text == ',';
			continue;
		}
		close = strchr(open, ')');
		if (close == NULL || (close[1] != '\0' && close[1] != ','))
			return -EINVAL;
		while (err == 0 && times-- > 0)
			err = parse_list(open + 2, (size_t)(close - open - 2), events);
		if (err < 0)
			return err;
		text = close + 1;
		text += *text == ',';
	}
	return 0;
}

int events_parse(const char *text, struct events *events)
{
	int err;

	memset(events, 0, sizeof(*events));
	events->limit = LIMIT;
	err = parse(text, events);
	if (err == -E2BIG)
		fprintf(stderr, "events: more than %u\n", EVENTS_MAX);
	else if (err < 0)
		fprintf(stderr, "events: \"%s\" is no list of WORD@PACKETS with the words eject, "
			"surprise, add, down, up, vf, synthetic and fault NAME\n", text);
	return err;
}

static bool is_stopped(const struct events *events)
{
	return __atomic_load_n(&events->stop, __ATOMIC_ACQUIRE);
}

static uint64_t sent(const struct events *events)
{
	return __atomic_load_n(events->sent, __ATOMIC_RELAXED);
}

static void look_again(void)
{
	static const struct timespec pause = { .tv_nsec = LOOK_NS };

	nanosleep(&pause, NULL);
}

/* Until frames have gone both ways on one path. */
static int wait_path(const struct events *events, bool vf)
{
	time_t end = time(NULL) + (time_t)events->limit;
	struct control_stats first, now;
	int err = control_stats(&first);

	while (err == 0 && !is_stopped(events)) {
		look_again();
		err = control_stats(&now);
		if (err == 0 && vf && now.vf_rx > first.vf_rx && now.vf_tx > first.vf_tx)
			return 0;
		if (err == 0 && !vf && now.synthetic_rx > first.synthetic_rx &&
		    now.synthetic_tx > first.synthetic_tx)
			return 0;
		if (err == 0 && time(NULL) > end) {
			fprintf(stderr, "events: no traffic on the %s within %u s\n",
				vf ? "VF" : "synthetic side", events->limit);
			err = -ETIMEDOUT;
		}
	}
	return err;
}

static int happen(const struct events *events, const struct event *event)
{
	switch (event->kind) {
	case EVENT_VF:
	case EVENT_SLOW:
		return wait_path(events, event->kind == EVENT_VF);
	case EVENT_FAULT:
		return control_request(event->words, NULL, 0);
	default:
		return control_request(kinds[event->kind].words, NULL, 0);
	}
}

static void *run(void *arg)
{
	struct events *events = arg;
	uint64_t base = 0;

	for (unsigned int i = 0; i < events->count; i++) {
		const struct event *event = &events->event[i];

		while (!is_stopped(events) && sent(events) - base < event->at)
			look_again();
		if (is_stopped(events))
			return NULL;
		if (happen(events, event) != 0) {
			if (!is_stopped(events))
				fprintf(stderr, "events: number %u, %s, did not happen\n", i + 1,
					event->words);
			__atomic_store_n(&events->failed, true, __ATOMIC_RELEASE);
			return NULL;
		}
		base = sent(events);
		__atomic_fetch_add(&events->done, 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

int events_start(struct events *events, const uint64_t *packets)
{
	events->sent = packets;
	events->started = events->count > 0 &&
		pthread_create(&events->thread, NULL, run, events) == 0;
	return events->count == 0 || events->started ? 0 : -EAGAIN;
}

bool events_over(const struct events *events)
{
	return __atomic_load_n(&events->failed, __ATOMIC_ACQUIRE) ||
		__atomic_load_n(&events->done, __ATOMIC_ACQUIRE) == events->count;
}

void events_stop(struct events *events)
{
	if (!events->started)
		return;
	__atomic_store_n(&events->stop, true, __ATOMIC_RELEASE);
	pthread_join(events->thread, NULL);
	events->started = false;
}
