// SPDX-License-Identifier: BSD-3-Clause
/* Judges each frame against the one that was sent, built anew, and keeps book for each flow. */
#include "check.h"

#include "../../tools/lab/fabric/wire.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define TOLD_MAX 8u

static const char *const verdict_names[CHECK_VERDICTS] = {
	[CHECK_GOOD] = "good",
	[CHECK_FOREIGN] = "foreign",
	[CHECK_BAD_LENGTH] = "wrong length",
	[CHECK_BAD_HEADER] = "wrong header",
	[CHECK_BAD_CHECKSUM] = "wrong checksum",
	[CHECK_BAD_CONTENT] = "wrong content",
	[CHECK_UNSENT] = "never sent",
	[CHECK_DUPLICATE] = "duplicate",
	[CHECK_DISORDER] = "out of order",
};

const char *check_verdict_name(enum check_verdict verdict)
{
	return (unsigned int)verdict < CHECK_VERDICTS ? verdict_names[verdict] : "unknown";
}

int check_create(struct check *check, const struct stream *stream)
{
	memset(check, 0, sizeof(*check));
	check->stream = stream;
	check->flow = calloc(stream->flows, sizeof(*check->flow));
	if (check->flow == NULL)
		return -ENOMEM;
	for (unsigned int i = 0; i < stream->flows; i++)
		check->flow[i].queue = -1;
	return 0;
}

void check_destroy(struct check *check)
{
	for (unsigned int i = 0; check->flow != NULL && i < check->stream->flows; i++)
		free(check->flow[i].seen);
	free(check->flow);
	check->flow = NULL;
}

void check_sending(struct check *check, unsigned int flow, unsigned int frames)
{
	__atomic_fetch_add(&check->flow[flow].sent, frames, __ATOMIC_RELEASE);
}

void check_not_sent(struct check *check, unsigned int flow, unsigned int frames)
{
	__atomic_fetch_sub(&check->flow[flow].sent, frames, __ATOMIC_RELEASE);
}

static void flow_lock(struct check_flow *flow)
{
	while (__atomic_exchange_n(&flow->locked, true, __ATOMIC_ACQUIRE))
		;
}

static void flow_unlock(struct check_flow *flow)
{
	__atomic_store_n(&flow->locked, false, __ATOMIC_RELEASE);
}

/* Notes that the frame came; false if it had come before. Out of memory is the end of the test. */
static bool flow_note(struct check_flow *flow, uint32_t sequence)
{
	uint32_t word = sequence / 64, words;
	uint64_t bit = 1ull << sequence % 64;

	if (word >= flow->seen_words) {
		words = (word + 1) * 2;
		flow->seen = realloc(flow->seen, words * sizeof(*flow->seen));
		if (flow->seen == NULL)
			abort();
		memset(flow->seen + flow->seen_words, 0,
		       (words - flow->seen_words) * sizeof(*flow->seen));
		flow->seen_words = words;
	}
	if ((flow->seen[word] & bit) != 0)
		return false;
	flow->seen[word] |= bit;
	flow->received++;
	return true;
}

/* Where the frame is in its flow. Called with the flow locked. */
static enum check_verdict flow_place(struct check *check, struct check_flow *flow,
				     uint32_t sequence, int queue)
{
	if (sequence >= __atomic_load_n(&flow->sent, __ATOMIC_ACQUIRE))
		return CHECK_UNSENT;
	if (flow->queue >= 0 && flow->queue != queue)
		flow->moved = true;
	flow->queue = queue;
	if (!flow_note(flow, sequence))
		return CHECK_DUPLICATE;
	if (sequence < flow->next) {
		__atomic_fetch_sub(&check->gaps, 1, __ATOMIC_RELAXED);
		return CHECK_DISORDER;
	}
	__atomic_fetch_add(&check->gaps, sequence - flow->next, __ATOMIC_RELAXED);
	flow->next = sequence + 1;
	return CHECK_GOOD;
}

/* What is wrong with a frame that is not the one expected, both of that length. */
static enum check_verdict find_fault(const uint8_t *frame, const uint8_t *expected, size_t length,
				     const struct stream_layout *layout)
{
	size_t checksum = layout->l4 + (layout->tcp ? TCP_CHECKSUM : UDP_CHECKSUM);

	if (memcmp(frame + layout->payload, expected + layout->payload,
		   length - layout->payload) != 0)
		return CHECK_BAD_CONTENT;
	for (size_t i = ETHER_TYPE; i < layout->payload; i++) {
		if (frame[i] == expected[i] || i == checksum || i == checksum + 1)
			continue;
		if (!layout->ipv6 && (i == layout->l3 + IPV4_CHECKSUM ||
				      i == layout->l3 + IPV4_CHECKSUM + 1))
			continue;
		return CHECK_BAD_HEADER;
	}
	return CHECK_BAD_CHECKSUM;
}

/*
 * 0 and 0xffff are the same sum. Cards and this test write the one, Linux the other for TCP as well
 * as for UDP (CSUM_MANGLED_0 in skb_checksum_help): about one frame in 65,536.
 */
static void allow_other_zero(const uint8_t *frame, uint8_t *expected,
			     const struct stream_layout *layout)
{
	size_t checksum = layout->l4 + TCP_CHECKSUM;

	if (layout->tcp && expected[checksum] == 0 && expected[checksum + 1] == 0 &&
	    frame[checksum] == 0xff && frame[checksum + 1] == 0xff)
		memset(expected + checksum, 0xff, 2);
}

/* Byte for byte against what was sent; the source's MAC address is the peer's business. */
static enum check_verdict compare(const struct stream *stream, unsigned int flow,
				  uint32_t sequence, bool returned, const uint8_t *frame,
				  size_t length)
{
	const struct stream_layout *layout = stream_layout(stream_kind(stream, flow));
	uint8_t expected[STREAM_FRAME_MAX];
	unsigned int wanted = stream_length(stream, flow, sequence);

	if (wanted != length)
		return CHECK_BAD_LENGTH;
	stream_frame(stream, flow, sequence, returned, expected);
	allow_other_zero(frame, expected, layout);
	if (memcmp(frame + ETHER_DST, expected + ETHER_DST, ETHER_MAC) != 0)
		return CHECK_BAD_HEADER;
	if (memcmp(frame + ETHER_TYPE, expected + ETHER_TYPE, length - ETHER_TYPE) == 0)
		return CHECK_GOOD;
	return find_fault(frame, expected, length, layout);
}

static void complain(struct check *check, enum check_verdict verdict, const uint8_t *frame,
		     size_t length, unsigned int flow, uint32_t sequence, int queue)
{
	if (check->complaints == NULL ||
	    __atomic_fetch_add(&check->told, 1, __ATOMIC_RELAXED) >= TOLD_MAX)
		return;
	fprintf(check->complaints, "%s: flow %u, number %" PRIu32 ", %zu bytes, queue %d:",
		verdict_names[verdict], flow, sequence, length, queue);
	for (size_t i = 0; i < length && i < 64; i++)
		fprintf(check->complaints, "%s%02x", i % 4 == 0 ? " " : "", frame[i]);
	fputc('\n', check->complaints);
}

enum check_verdict check_frame(struct check *check, const uint8_t *frame, size_t length,
			       int queue)
{
	enum check_verdict verdict;
	unsigned int flow = 0;
	uint32_t sequence = 0;
	bool returned = false;

	switch (stream_identify(check->stream, frame, length, &flow, &sequence, &returned)) {
	case 0:
		verdict = compare(check->stream, flow, sequence, returned, frame, length);
		break;
	case -ENOENT:
		verdict = CHECK_FOREIGN;
		break;
	default:
		verdict = CHECK_UNSENT;
		break;
	}
	if (verdict == CHECK_GOOD) {
		flow_lock(&check->flow[flow]);
		verdict = flow_place(check, &check->flow[flow], sequence, queue);
		flow_unlock(&check->flow[flow]);
	}
	__atomic_fetch_add(&check->count[verdict], 1, __ATOMIC_RELAXED);
	if (verdict != CHECK_GOOD && verdict != CHECK_FOREIGN)
		complain(check, verdict, frame, length, flow, sequence, queue);
	return verdict;
}

void check_sum(const struct check *check, struct check_sum *sum)
{
	memset(sum, 0, sizeof(*sum));
	for (unsigned int i = 0; i < check->stream->flows; i++) {
		const struct check_flow *flow = &check->flow[i];

		sum->sent += flow->sent;
		sum->received += flow->received;
		sum->moved += flow->moved;
		sum->notes += flow->seen_words * sizeof(*flow->seen);
	}
	sum->lost = sum->sent - sum->received;
	for (unsigned int v = CHECK_BAD_LENGTH; v < CHECK_VERDICTS; v++)
		sum->errors += check->count[v];
}
