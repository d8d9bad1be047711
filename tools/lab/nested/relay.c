// SPDX-License-Identifier: BSD-3-Clause
/*
 * Takes the relay's stream apart. A frame is gathered in the buffer, which holds one of the
 * largest, and handed on once it is whole. What comes after the exit status is nobody's.
 */
#include "relay.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void relay_init(struct relay *relay, int (*output)(void *, int, const void *, size_t), void *ctx)
{
	relay->output = output;
	relay->ctx = ctx;
	relay->ready = false;
	relay->status = -1;
	relay->have = 0;
}

static int exit_take(struct relay *relay, const uint8_t *data, size_t len)
{
	uint32_t status;

	if (len != sizeof(status))
		return -EPROTO;
	memcpy(&status, data, sizeof(status));
	if (status > UINT8_MAX)
		return -EPROTO;
	relay->status = (int)status;
	return 0;
}

static int frame_take(struct relay *relay, uint32_t type, const uint8_t *data, size_t len)
{
	switch ((enum relay_type)type) {
	case RELAY_STDOUT:
		return relay->output(relay->ctx, STDOUT_FILENO, data, len);
	case RELAY_STDERR:
		return relay->output(relay->ctx, STDERR_FILENO, data, len);
	case RELAY_EXIT:
		return exit_take(relay, data, len);
	case RELAY_READY:
		relay->ready = true;
		return len == 0 ? 0 : -EPROTO;
	}
	return -EPROTO;
}

/* Adds bytes to the buffer until it holds `want`. False if they do not suffice. */
static bool gather(struct relay *relay, size_t want, const uint8_t **data, size_t *len)
{
	size_t n = want > relay->have ? want - relay->have : 0;

	if (n > *len)
		n = *len;
	memcpy(relay->buf + relay->have, *data, n);
	relay->have += n;
	*data += n;
	*len -= n;
	return relay->have >= want;
}

int relay_feed(struct relay *relay, const void *bytes, size_t len)
{
	const uint8_t *data = bytes;

	while (len > 0 && relay->status < 0) {
		struct relay_head head;
		int ret;

		if (!gather(relay, sizeof(head), &data, &len))
			break;
		memcpy(&head, relay->buf, sizeof(head));
		if (head.len > RELAY_DATA_MAX)
			return -EPROTO;
		if (!gather(relay, sizeof(head) + head.len, &data, &len))
			break;
		relay->have = 0;
		ret = frame_take(relay, head.type, relay->buf + sizeof(head), head.len);
		if (ret != 0)
			return ret;
	}
	return 0;
}
