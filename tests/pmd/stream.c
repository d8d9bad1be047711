// SPDX-License-Identifier: BSD-3-Clause
/*
 * Builds and recognises the frames of the stream. The payload begins with a magic word, the flow
 * and the sequence number, the rest is pseudo-random from the seed, the flow and that number.
 */
#include "stream.h"

#include "../../tools/lab/fabric/wire.h"

#include <errno.h>
#include <string.h>

#define MAGIC	   0x6163636eu /* first of the payload, big endian */
#define PORT_FIRST 10000u      /* of the port's side; one for each flow */
#define PORT_PEER  7u
#define TTL	   64u
#define LAST_SHORTER 11u       /* bytes that the last frame of a batch lacks */

/* 10.77.0.2 and fd77::2 to the lab's peer, 10.77.0.1 and fd77::1. */
static const uint8_t own_ipv4[IPV4_ADDRESS] = { 10, 77, 0, 2 };
static const uint8_t peer_ipv4_[IPV4_ADDRESS] = { 10, 77, 0, 1 };
static const uint8_t own_ipv6[IPV6_ADDRESS] = { 0xfd, 0x77, [15] = 2 };
static const uint8_t peer_ipv6_[IPV6_ADDRESS] = { 0xfd, 0x77, [15] = 1 };

static const struct stream_layout layouts[STREAM_KINDS] = {
	[STREAM_UDP4] = { 14, 34, 42, false, false },
	[STREAM_TCP4] = { 14, 34, 54, false, true },
	[STREAM_UDP6] = { 14, 54, 62, true, false },
	[STREAM_TCP6] = { 14, 54, 74, true, true },
};

/* One step of splitmix64: a well-mixed number from any other. */
static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static uint64_t frame_seed(const struct stream *stream, unsigned int flow, uint32_t sequence)
{
	return mix(stream->seed ^ mix((uint64_t)flow << 32 | sequence));
}

int stream_init(struct stream *stream)
{
	if (stream->flows == 0)
		stream->flows = 64;
	if (stream->kinds == 0)
		stream->kinds = (1u << STREAM_KINDS) - 1;
	if (stream->least == 0)
		stream->least = STREAM_FRAME_MIN;
	if (stream->most == 0)
		stream->most = 1514;
	if (stream->flows > STREAM_FLOWS_MAX || stream->kinds >= 1u << STREAM_KINDS ||
	    stream->least < STREAM_FRAME_MIN || stream->least > stream->most ||
	    stream->most > STREAM_FRAME_MAX)
		return -EINVAL;
	if (stream->batch > 1 &&
	    (stream->most < 200 || (uint64_t)stream->batch * stream->most > STREAM_BATCH_MAX - 1))
		return -EINVAL;
	return 0;
}

enum stream_kind stream_kind(const struct stream *stream, unsigned int flow)
{
	unsigned int count = (unsigned int)__builtin_popcount(stream->kinds);
	unsigned int kind, left = (flow + flow / count) % count; /* each queue gets all kinds */

	for (kind = 0; kind < STREAM_KINDS; kind++)
		if ((stream->kinds & 1u << kind) != 0 && left-- == 0)
			break;
	return (enum stream_kind)kind;
}

const struct stream_layout *stream_layout(enum stream_kind kind)
{
	return &layouts[kind];
}

bool stream_is_batched(const struct stream *stream, unsigned int flow)
{
	return stream->batch > 1 && layouts[stream_kind(stream, flow)].tcp;
}

unsigned int stream_length(const struct stream *stream, unsigned int flow, uint32_t sequence)
{
	const struct stream_layout *layout = &layouts[stream_kind(stream, flow)];
	unsigned int least = layout->payload + STREAM_PAYLOAD_MIN;
	uint64_t random = frame_seed(stream, flow, sequence);

	if (stream_is_batched(stream, flow))
		return sequence % stream->batch == stream->batch - 1 ?
			stream->most - LAST_SHORTER : stream->most;
	if (least < stream->least)
		least = stream->least;
	if (least >= stream->most)
		return least;
	/* The ends are where drivers err: every fourth frame is one of them. */
	switch (random & 7) {
	case 0:
		return least;
	case 1:
		return stream->most;
	default:
		return least + (unsigned int)((random >> 8) % (stream->most - least + 1));
	}
}

/* ----------------------------------------------------------------------- checksums ---- */

static uint32_t sum16(const uint8_t *data, size_t length, uint32_t sum)
{
	uint64_t wide = sum;
	size_t i;

	for (i = 0; i + 1 < length; i += 2)
		wide += wire_get16(data + i);
	if (i < length)
		wide += (uint32_t)data[i] << 8;
	while (wide >> 16 != 0)
		wide = (wide & 0xffff) + (wide >> 16);
	return (uint32_t)wide;
}

/* Of the L4 header and what follows, pseudo-header included; 0xffff where it is right. */
static uint32_t l4_sum(const uint8_t *frame, size_t length, const struct stream_layout *layout)
{
	const uint8_t *l3 = frame + layout->l3;
	size_t l4_length = length - layout->l4;
	uint32_t sum = (uint32_t)l4_length + (layout->tcp ? PROTO_TCP : PROTO_UDP);

	if (layout->ipv6)
		sum = sum16(l3 + IPV6_SRC, 2 * IPV6_ADDRESS, sum);
	else
		sum = sum16(l3 + IPV4_SRC, 2 * IPV4_ADDRESS, sum);
	return sum16(frame + layout->l4, l4_length, sum);
}

bool stream_checksums_ok(const uint8_t *frame, size_t length, const struct stream_layout *layout)
{
	if (!layout->ipv6 && sum16(frame + layout->l3, IPV4_HEADER, 0) != 0xffff)
		return false;
	/* UDP without a checksum is not what was sent. */
	if (!layout->tcp && wire_get16(frame + layout->l4 + UDP_CHECKSUM) == 0)
		return false;
	return l4_sum(frame, length, layout) == 0xffff;
}

void stream_fill_checksums(uint8_t *frame, size_t length, const struct stream_layout *layout)
{
	uint8_t *field = frame + layout->l4 + (layout->tcp ? TCP_CHECKSUM : UDP_CHECKSUM);
	uint16_t sum;

	if (!layout->ipv6) {
		wire_put16(frame + layout->l3 + IPV4_CHECKSUM, 0);
		wire_put16(frame + layout->l3 + IPV4_CHECKSUM,
			   (uint16_t)~sum16(frame + layout->l3, IPV4_HEADER, 0));
	}
	wire_put16(field, 0);
	sum = (uint16_t)~l4_sum(frame, length, layout);
	wire_put16(field, sum == 0 && !layout->tcp ? 0xffff : sum);
}

/* --------------------------------------------------------------------------- frames ---- */

static void write_l3(const struct stream_layout *layout, unsigned int length, uint32_t sequence,
		     bool returned, uint8_t *l3)
{
	uint8_t protocol = layout->tcp ? PROTO_TCP : PROTO_UDP;

	if (layout->ipv6) {
		wire_put32(l3, 0x60000000u);
		wire_put16(l3 + IPV6_LENGTH, (uint16_t)(length - layout->l4));
		l3[IPV6_NEXT] = protocol;
		l3[IPV6_HOPS] = TTL;
		memcpy(l3 + (returned ? IPV6_DST : IPV6_SRC), own_ipv6, IPV6_ADDRESS);
		memcpy(l3 + (returned ? IPV6_SRC : IPV6_DST), peer_ipv6_, IPV6_ADDRESS);
		return;
	}
	l3[IPV4_VERSION_IHL] = 0x45;
	l3[1] = 0;
	wire_put16(l3 + IPV4_LENGTH, (uint16_t)(length - layout->l3));
	wire_put16(l3 + IPV4_ID, (uint16_t)sequence);
	wire_put16(l3 + IPV4_FRAGMENT, 0x4000);
	l3[IPV4_TTL] = TTL;
	l3[IPV4_PROTOCOL] = protocol;
	wire_put16(l3 + IPV4_CHECKSUM, 0);
	memcpy(l3 + (returned ? IPV4_DST : IPV4_SRC), own_ipv4, IPV4_ADDRESS);
	memcpy(l3 + (returned ? IPV4_SRC : IPV4_DST), peer_ipv4_, IPV4_ADDRESS);
}

/* Bytes of the TCP stream before this frame; only batches make it matter. */
static uint32_t tcp_position(const struct stream *stream, unsigned int flow, uint32_t sequence)
{
	unsigned int payload = layouts[stream_kind(stream, flow)].payload;
	uint32_t segment = stream->most - payload;

	if (!stream_is_batched(stream, flow))
		return sequence;
	return sequence / stream->batch * (stream->batch * segment - LAST_SHORTER) +
		sequence % stream->batch * segment;
}

static void write_headers(const struct stream *stream, unsigned int flow, uint32_t sequence,
			  unsigned int length, bool returned, uint8_t *frame)
{
	const struct stream_layout *layout = &layouts[stream_kind(stream, flow)];
	uint8_t *l4 = frame + layout->l4;

	memcpy(frame + (returned ? ETHER_DST : ETHER_SRC), stream->mac, ETHER_MAC);
	memcpy(frame + (returned ? ETHER_SRC : ETHER_DST), stream->peer_mac, ETHER_MAC);
	wire_put16(frame + ETHER_TYPE, layout->ipv6 ? ETHER_TYPE_IPV6 : ETHER_TYPE_IPV4);
	write_l3(layout, length, sequence, returned, frame + layout->l3);
	wire_put16(l4 + (returned ? L4_DST_PORT : L4_SRC_PORT), (uint16_t)(PORT_FIRST + flow));
	wire_put16(l4 + (returned ? L4_SRC_PORT : L4_DST_PORT), PORT_PEER);
	if (layout->tcp) {
		wire_put32(l4 + TCP_SEQUENCE, tcp_position(stream, flow, sequence));
		wire_put32(l4 + 8, 1);
		l4[TCP_DATA_OFFSET] = TCP_HEADER / 4 << 4;
		l4[TCP_FLAGS] = 0x10;
		wire_put16(l4 + 14, 0x2000);
		wire_put32(l4 + TCP_CHECKSUM, 0);
	} else {
		wire_put16(l4 + UDP_LENGTH, (uint16_t)(length - layout->l4));
		wire_put16(l4 + UDP_CHECKSUM, 0);
	}
}

static void write_payload(const struct stream *stream, unsigned int flow, uint32_t sequence,
			  uint8_t *payload, unsigned int length)
{
	uint64_t state = frame_seed(stream, flow, sequence) | 1;
	unsigned int i = STREAM_PAYLOAD_MIN;

	wire_put32(payload, MAGIC);
	wire_put32(payload + 4, flow);
	wire_put32(payload + 8, sequence);
	wire_put32(payload + 12, (uint32_t)(state >> 32));
	for (; i + 8 <= length; i += 8) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		memcpy(payload + i, &state, 8);
	}
	for (; i < length; i++)
		payload[i] = (uint8_t)(state >> (i & 7) * 8);
}

unsigned int stream_frame(const struct stream *stream, unsigned int flow, uint32_t sequence,
			  bool returned, uint8_t *frame)
{
	const struct stream_layout *layout = &layouts[stream_kind(stream, flow)];
	unsigned int length = stream_length(stream, flow, sequence);

	write_headers(stream, flow, sequence, length, returned, frame);
	write_payload(stream, flow, sequence, frame + layout->payload, length - layout->payload);
	stream_fill_checksums(frame, length, layout);
	return length;
}

unsigned int stream_batch(const struct stream *stream, unsigned int flow, uint32_t sequence,
			  uint8_t *packet, unsigned int *segment)
{
	const struct stream_layout *layout = &layouts[stream_kind(stream, flow)];
	unsigned int length = layout->payload, part;

	for (unsigned int i = 0; i < stream->batch; i++) {
		part = stream_length(stream, flow, sequence + i) - layout->payload;
		write_payload(stream, flow, sequence + i, packet + length, part);
		length += part;
	}
	*segment = stream->most - layout->payload;
	write_headers(stream, flow, sequence, length, false, packet);
	return length;
}

/* ---------------------------------------------------------------------- recognition ---- */

/* Whose addresses: 0 as sent, 1 as returned, -ENOENT neither. */
static int match_addresses(const uint8_t *source, const uint8_t *destination, const uint8_t *own,
			   const uint8_t *peer, size_t length)
{
	if (memcmp(source, own, length) == 0 && memcmp(destination, peer, length) == 0)
		return 0;
	if (memcmp(source, peer, length) == 0 && memcmp(destination, own, length) == 0)
		return 1;
	return -ENOENT;
}

/* The same for a frame; *layout by what is in its IP header, NULL if it is neither TCP nor UDP. */
static int match_l3(const uint8_t *frame, size_t length, const struct stream_layout **layout)
{
	const uint8_t *l3 = frame + ETHER_HEADER;
	uint8_t protocol;
	bool ipv6;
	int way;

	if (length < ETHER_HEADER + IPV4_HEADER)
		return -ENOENT;
	ipv6 = wire_get16(frame + ETHER_TYPE) == ETHER_TYPE_IPV6;
	if (!ipv6 && wire_get16(frame + ETHER_TYPE) != ETHER_TYPE_IPV4)
		return -ENOENT;
	if (ipv6 && length < ETHER_HEADER + IPV6_HEADER)
		return -ENOENT;
	if (ipv6)
		way = match_addresses(l3 + IPV6_SRC, l3 + IPV6_DST, own_ipv6, peer_ipv6_,
				      IPV6_ADDRESS);
	else
		way = match_addresses(l3 + IPV4_SRC, l3 + IPV4_DST, own_ipv4, peer_ipv4_,
				      IPV4_ADDRESS);
	protocol = l3[ipv6 ? IPV6_NEXT : IPV4_PROTOCOL];
	*layout = NULL;
	if (protocol == PROTO_UDP)
		*layout = &layouts[ipv6 ? STREAM_UDP6 : STREAM_UDP4];
	else if (protocol == PROTO_TCP)
		*layout = &layouts[ipv6 ? STREAM_TCP6 : STREAM_TCP4];
	return way;
}

int stream_identify(const struct stream *stream, const uint8_t *frame, size_t length,
		    unsigned int *flow, uint32_t *sequence, bool *returned)
{
	const struct stream_layout *layout;
	const uint8_t *payload;
	int way = match_l3(frame, length, &layout);

	if (way < 0)
		return way;
	*returned = way == 1;
	if (layout == NULL || length < layout->payload + STREAM_PAYLOAD_MIN)
		return -EBADMSG;
	payload = frame + layout->payload;
	*flow = wire_get32(payload + 4);
	*sequence = wire_get32(payload + 8);
	if (wire_get32(payload) != MAGIC || *flow >= stream->flows ||
	    layout != &layouts[stream_kind(stream, *flow)])
		return -EBADMSG;
	return 0;
}
