// SPDX-License-Identifier: BSD-3-Clause
#include "connectx_world.h"

#define BUFFER 2048u

static struct cx_cq cq;
static struct cx_rq rq;
static uint8_t frame[FRAMES_MAX];
static uint32_t seen;

static void setup(void)
{
	world_setup();
	world_cq(&cq, 6, false);
	world_rq(&rq, &cq, 6, 4);
	seen = 0;
}

static enum fabric_drop deliver(size_t len)
{
	return cx_rq_deliver(&world.cx, &rq, frame, len, 0, 0, 0);
}

static const uint8_t *take(void)
{
	const uint8_t *cqe = world_cqe(&cq, seen);

	if (cqe != NULL)
		world_record(cq.dbr, 0, ++seen & 0xffffff);
	return cqe;
}

static struct frame_spec spec(int version, int protocol, size_t payload)
{
	return (struct frame_spec){ .version = version, .protocol = protocol, .payload = payload,
				    .src = { 10, 77, 0, 1 }, .dst = { 10, 77, 0, 2 },
				    .sport = 80, .dport = 1234, .dst_mac = world_vf_mac };
}

static void completion_fields(void)
{
	struct frame_spec sp = spec(4, PROTO_UDP, 200);
	size_t len = frames_build(frame, &sp);
	uint8_t want[CX_CQE_SIZE] = { 0 };
	gpa_t at;

	cx_set32(want, CQE_RSS_HASH, 0x12345678);
	want[CQE_RSS_HASH_TYPE] = 0xa5;
	cx_set16(want, CQE_CHECKSUM, frames_sum(frame + 14, len - 14, 0));
	want[CQE_HDS_IP_EXT] = 7;
	want[CQE_L4_L3_TYPE] = 2 << 2 | 2 << 4;
	cx_set32(want, CQE_USER_INDEX, WORLD_USER_INDEX);
	cx_set32(want, CQE_BYTE_COUNT, (uint32_t)len);
	cx_set64(want, CQE_TIMESTAMP, WORLD_TIME);
	cx_set32(want, CQE_OPCODE_QPN, 0xc0ffee);
	cx_set16(want, CQE_WQE_COUNTER, 0xffff);
	want[CQE_OP_OWN] = 2 << 4;

	rq.consumer = 0xffff; /* counters are free-running */
	at = world_post_rx(&rq, 0xffff, BUFFER);
	CU_ASSERT_EQUAL(cx_rq_deliver(&world.cx, &rq, frame, len, 0xffc0ffee, 0x12345678, 0xa5),
			FABRIC_DELIVERED);
	CU_ASSERT_EQUAL(rq.consumer, 0);
	CU_ASSERT_EQUAL(memcmp(take(), want, sizeof(want)), 0);
	CU_ASSERT_EQUAL(memcmp(world_at(at), frame, len), 0);
	CU_ASSERT_EQUAL(*world_at(at + len), 0);
	CU_ASSERT_EQUAL(deliver(len), FABRIC_DROP_NO_BUFFER);
}

/*
 * What mlx5e makes of the CQE (en_rx.c mlx5e_handle_csum, mlx5e_skb_csum_fixup): the checksum the
 * stack takes for the sum of everything behind the Ethernet header. 0: not CHECKSUM_COMPLETE.
 */
static uint16_t kernel_sum(const uint8_t *got, size_t len, const uint8_t *cqe)
{
	uint32_t sum = cx_get16(cqe, CQE_CHECKSUM);
	size_t depth = 14, ip_len;

	if (len <= 64)
		return 0;
	if (cx_get16(got, 12) == 0x8100)
		depth = 18;
	if (cx_get16(got, depth - 2) == 0x0800)
		ip_len = cx_get16(got, depth + 2);
	else if (cx_get16(got, depth - 2) == 0x86dd)
		ip_len = 40u + cx_get16(got, depth + 4);
	else
		return 0;
	sum += frames_sum(got + 14, depth - 14, 0);
	if (depth + ip_len < len) {
		uint16_t tail = frames_sum(got + depth + ip_len, len - depth - ip_len, 0);

		/* csum_block_add: at an odd offset the bytes change places. */
		sum += (depth + ip_len) % 2 ? (uint16_t)(tail << 8 | tail >> 8) : tail;
	}
	return frames_sum(NULL, 0, (sum & 0xffff) + (sum >> 16));
}

static void checksum_is_what_the_kernel_completes(void)
{
	static const size_t payload[] = { 0, 1, 2, 25, 26, 60, 61, 999, 1000 };
	static const size_t padding[] = { 0, 1, 6, 7, 8, 9, 30 };
	unsigned int complete = 0;
	gpa_t mark = world.free;

	for (unsigned int i = 0; i < 9 * 7 * 16; i++) {
		bool v6 = i & 1, tcp = i & 2, tagged = i & 4, strip = i & 8;
		struct frame_spec sp = spec(v6 ? 6 : 4, tcp ? PROTO_TCP : PROTO_UDP,
					    payload[i / 16 % 9]);
		size_t len, pad = padding[i / 16 / 9], got_len;
		const uint8_t *cqe, *got;
		uint16_t sum;
		gpa_t at;

		world.free = mark;
		sp.vlan = tagged ? 0x2345 : 0;
		sp.tcp_flags = 0x10;
		len = frames_build(frame, &sp);
		for (size_t n = 0; n < pad; n++) /* padding need not be zero */
			frame[len + n] = (uint8_t)(0xe1 + n);
		rq.vlan_strip_off = !strip;
		at = world_post_rx(&rq, (uint16_t)i, BUFFER);
		CU_ASSERT_EQUAL(deliver(len + pad), FABRIC_DELIVERED);
		cqe = take();
		CU_ASSERT_PTR_NOT_NULL_FATAL(cqe);
		got = world_at(at);
		got_len = cx_get32(cqe, CQE_BYTE_COUNT);
		CU_ASSERT_EQUAL(got_len, len + pad - (tagged && strip ? 4 : 0));
		CU_ASSERT_EQUAL(cqe[CQE_L4_L3_TYPE] & 1, tagged && strip);
		CU_ASSERT_EQUAL(cx_get16(cqe, CQE_VLAN_TCI), tagged && strip ? 0x2345 : 0);
		CU_ASSERT_EQUAL(cqe[CQE_HDS_IP_EXT], 7);
		sum = kernel_sum(got, got_len, cqe);
		if (sum != 0) {
			complete++;
			CU_ASSERT_EQUAL(sum, frames_sum(got + 14, got_len - 14, 0));
		}
	}
	CU_ASSERT_TRUE(complete > 600);
}

static void stripped_frame_is_the_frame_without_its_tag(void)
{
	struct frame_spec sp = spec(4, PROTO_UDP, 300);
	uint8_t untagged[600];
	size_t len = frames_build(untagged, &sp);
	gpa_t at = world_post_rx(&rq, 0, BUFFER);

	sp.vlan = 100;
	frames_build(frame, &sp);
	CU_ASSERT_EQUAL(deliver(len + 4), FABRIC_DELIVERED);
	CU_ASSERT_EQUAL(memcmp(world_at(at), untagged, len), 0);
	CU_ASSERT_EQUAL(*world_at(at + len), 0);
}

enum spoil { NOTHING, L3_BAD, L4_BAD, ZERO_UDP, FRAGMENT, ARP, TOO_LONG, SHORT_TCP, ICMP };

static void spoil_frame(enum spoil what)
{
	switch (what) {
	case NOTHING:
		break;
	case L3_BAD:
		frame[14 + IPV4_CHECKSUM] ^= 0xff;
		break;
	case L4_BAD:
		frame[100] ^= 0xff;
		break;
	case ZERO_UDP:
		wire_put16(frame + 34 + UDP_CHECKSUM, 0);
		break;
	case FRAGMENT: /* the checksum stays right: the header's sum is kept */
		wire_put16(frame + 14 + IPV4_FRAGMENT, 0x2000);
		wire_put16(frame + 14 + IPV4_CHECKSUM,
			   (uint16_t)(wire_get16(frame + 14 + IPV4_CHECKSUM) - 0x2000));
		break;
	case ARP:
		wire_put16(frame + 12, ETHER_TYPE_ARP);
		break;
	case TOO_LONG:
		wire_put16(frame + 14 + IPV4_LENGTH, 5000);
		break;
	case SHORT_TCP:
		frame[34 + TCP_DATA_OFFSET] = 0x10;
		break;
	case ICMP:
		frame[14 + IPV4_PROTOCOL] = PROTO_ICMP;
		wire_put16(frame + 14 + IPV4_CHECKSUM, 0);
		wire_put16(frame + 14 + IPV4_CHECKSUM, (uint16_t)~frames_sum(frame + 14, 20, 0));
		break;
	}
}

static void layers_and_verdict(void)
{
	static const struct {
		int version, protocol;
		size_t payload;
		uint8_t tcp_flags;
		enum spoil spoil;
		uint8_t ok, type;
	} row[] = {
		{ 4, PROTO_UDP, 200, 0, NOTHING, 7, CQE_L3_IPV4 | CQE_L4_UDP },
		{ 6, PROTO_UDP, 200, 0, NOTHING, 7, CQE_L3_IPV6 | CQE_L4_UDP },
		{ 4, PROTO_TCP, 200, 0x02, NOTHING, 7, CQE_L3_IPV4 | CQE_L4_TCP },
		{ 4, PROTO_TCP, 200, 0x10, NOTHING, 7, CQE_L3_IPV4 | CQE_L4_TCP_DATA },
		{ 6, PROTO_TCP, 0, 0x10, NOTHING, 7, CQE_L3_IPV6 | CQE_L4_TCP_ACK },
		{ 4, PROTO_TCP, 200, 0x10, L3_BAD, 5, CQE_L3_IPV4 | CQE_L4_TCP_DATA },
		{ 4, PROTO_TCP, 200, 0x10, L4_BAD, 3, CQE_L3_IPV4 | CQE_L4_TCP_DATA },
		{ 6, PROTO_UDP, 200, 0, L4_BAD, 3, CQE_L3_IPV6 | CQE_L4_UDP },
		{ 4, PROTO_UDP, 200, 0, ZERO_UDP, 7, CQE_L3_IPV4 | CQE_L4_UDP },
		{ 4, PROTO_UDP, 200, 0, FRAGMENT, 3, CQE_L3_IPV4 },
		{ 4, PROTO_UDP, 200, 0, ICMP, 3, CQE_L3_IPV4 },
		{ 4, PROTO_UDP, 200, 0, ARP, 1, 0 },
		{ 4, PROTO_UDP, 200, 0, TOO_LONG, 1, 0 },
		{ 4, PROTO_TCP, 200, 0x10, SHORT_TCP, 3, CQE_L3_IPV4 },
	};

	for (uint16_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct frame_spec sp = spec(row[i].version, row[i].protocol, row[i].payload);
		const uint8_t *cqe;
		size_t len;

		sp.tcp_flags = row[i].tcp_flags;
		len = frames_build(frame, &sp);
		spoil_frame(row[i].spoil);
		world_post_rx(&rq, i, BUFFER);
		CU_ASSERT_EQUAL(deliver(len), FABRIC_DELIVERED);
		cqe = take();
		CU_ASSERT_EQUAL(cqe[CQE_HDS_IP_EXT], row[i].ok);
		CU_ASSERT_EQUAL(cqe[CQE_L4_L3_TYPE], row[i].type);
	}
}

/* A WQE of four segments; what ends the list; what is not enough. */
static void scattering(void)
{
	static const struct {
		uint32_t count[4];
		uint32_t end_key; /* of segments with count 0 */
		bool fits;
	} row[] = {
		{ { 242, 0, 0, 0 }, 0, true },
		{ { 100, 100, 42, 0 }, WQE_INVALID_KEY, true },
		{ { 100, 100, 41, 1 }, 0, true },
		{ { 1, 1, 1, 4096 }, 0, true },
		{ { 0x80000000u | 242, 0, 0, 0 }, 0, true }, /* bit 31 is not the count's */
		{ { 241, 0, 4096, 0 }, 0, false },
		{ { 0x80000000u, 4096, 0, 0 }, 0, false },
		{ { 60, 60, 60, 61 }, 0, false },
		{ { 0, 4096, 0, 0 }, 0, false },
	};
	struct frame_spec sp = spec(4, PROTO_UDP, 200);
	size_t len = frames_build(frame, &sp);

	CU_ASSERT_EQUAL_FATAL(len, 242);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		gpa_t at[4] = { 0 };
		size_t done = 0;

		for (unsigned int n = 0; n < 4; n++) {
			uint32_t count = row[i].count[n] & ~0x80000000u;

			at[n] = world_alloc(count + 1, 1);
			world_data(world_in(&rq.wq.buffer, n * 16), row[i].count[n],
				   count ? world_key(&world.pa) : row[i].end_key, at[n]);
		}
		world_record(rq.wq.dbr, 0, 1);
		CU_ASSERT_EQUAL(deliver(len),
				row[i].fits ? FABRIC_DELIVERED : FABRIC_DROP_TOO_BIG);
		if (row[i].fits) {
			CU_ASSERT_EQUAL(take()[CQE_OP_OWN] >> 4, CQE_RESPONDER_SEND);
			for (unsigned int n = 0; n < 4 && done < len; n++) {
				size_t part = row[i].count[n] & ~0x80000000u;

				part = part < len - done ? part : len - done;
				CU_ASSERT_EQUAL(memcmp(world_at(at[n]), frame + done, part), 0);
				done += part;
			}
		} else {
			const uint8_t *cqe = take();

			CU_ASSERT_EQUAL(cqe[CQE_OP_OWN] >> 4, CQE_RESPONDER_ERROR);
			CU_ASSERT_EQUAL(cqe[CQE_SYNDROME], CQE_LOCAL_LENGTH);
			CU_ASSERT_EQUAL(rq.state, CX_QUEUE_ERR);
		}
		cx_rq_set_state(&world.cx, &rq, CX_QUEUE_RST);
		cx_rq_set_state(&world.cx, &rq, CX_QUEUE_RDY);
	}
}

static void bad_buffers(void)
{
	struct frame_spec sp = spec(4, PROTO_UDP, 200);
	size_t len = frames_build(frame, &sp);

	for (int i = 0; i < 3; i++) {
		uint8_t *segment = world_in(&rq.wq.buffer, 0);
		const uint8_t *cqe;

		world_post_rx(&rq, 0, BUFFER);
		world.pa.local_write = i != 0;
		if (i == 1)
			cx_set32(segment, WQE_DATA_KEY, 0xffffff00);
		if (i == 2)
			cx_set64(segment, WQE_DATA_ADDRESS, UINT64_MAX - 100);
		CU_ASSERT_EQUAL(deliver(len), FABRIC_DROP_NO_BUFFER);
		cqe = take();
		CU_ASSERT_PTR_NOT_NULL_FATAL(cqe);
		CU_ASSERT_EQUAL(cqe[CQE_OP_OWN] >> 4, CQE_RESPONDER_ERROR);
		CU_ASSERT_EQUAL(cqe[CQE_SYNDROME], CQE_LOCAL_PROTECTION);
		CU_ASSERT_EQUAL(cx_get32(cqe, CQE_USER_INDEX), WORLD_USER_INDEX);
		CU_ASSERT_EQUAL(rq.state, CX_QUEUE_ERR);
		cx_rq_set_state(&world.cx, &rq, CX_QUEUE_RST);
		cx_rq_set_state(&world.cx, &rq, CX_QUEUE_RDY);
	}
}

static void nowhere_to_put_it(void)
{
	struct cx_q_counter counter = { 0 };
	struct frame_spec sp = spec(4, PROTO_UDP, 200);
	size_t len = frames_build(frame, &sp);

	world_add(&counter.object, CX_Q_COUNTER);
	rq.counter_set = (uint8_t)counter.object.number;
	CU_ASSERT_EQUAL(deliver(len), FABRIC_DROP_NO_BUFFER); /* nothing posted */
	CU_ASSERT_EQUAL(counter.out_of_buffer, 1);
	world_record(rq.wq.dbr, 0, 17); /* more than the ring has */
	CU_ASSERT_EQUAL(deliver(len), FABRIC_DROP_NO_BUFFER);
	CU_ASSERT_EQUAL(counter.out_of_buffer, 2);
	world_post_rx(&rq, 0, BUFFER);
	rq.wq.type = 0; /* a linked list */
	CU_ASSERT_EQUAL(deliver(len), FABRIC_DROP_NO_BUFFER);
	rq.wq.type = 1;
	rq.state = CX_QUEUE_RST;
	CU_ASSERT_EQUAL(deliver(len), FABRIC_DROP_PATH_DOWN);
	rq.state = CX_QUEUE_RDY;
	cq.error = true;
	CU_ASSERT_EQUAL(deliver(len), FABRIC_DROP_PATH_DOWN);
	cq.error = false;
	CU_ASSERT_EQUAL(deliver(FABRIC_FRAME_MAX + 1), FABRIC_DROP_TOO_BIG);
	CU_ASSERT_EQUAL(counter.out_of_buffer, 3);
	CU_ASSERT_PTR_NULL(take());
	CU_ASSERT_EQUAL(deliver(len), FABRIC_DELIVERED);
}

/* Big strides are read as far as a list may go, small ones to their end, rings round the corner. */
static void strides_and_wrap(void)
{
	struct frame_spec sp = spec(4, PROTO_UDP, 200);
	size_t len = frames_build(frame, &sp);

	for (uint8_t log_stride = 4; log_stride <= 12; log_stride++) {
		struct cx_rq other;

		world_rq(&other, &cq, log_stride, 2);
		for (uint16_t i = 0; i < 9; i++) {
			gpa_t at = world_post_rx(&other, i, 256);

			CU_ASSERT_EQUAL(cx_rq_deliver(&world.cx, &other, frame, len, 0, 0, 0),
					FABRIC_DELIVERED);
			CU_ASSERT_EQUAL(cx_get16(take(), CQE_WQE_COUNTER), i);
			CU_ASSERT_EQUAL(memcmp(world_at(at), frame, len), 0);
		}
		free(other.wq.buffer.page);
		cx_object_remove(&world.cx, &other.object);
	}
}

static void flush(void)
{
	for (uint16_t i = 0; i < 5; i++)
		world_post_rx(&rq, i, 64);
	cx_rq_set_state(&world.cx, &rq, CX_QUEUE_ERR);
	CU_ASSERT_PTR_NULL(take()); /* mlx5e frees its buffers itself and asks for no flush */
	CU_ASSERT_FALSE(cx_poll(&world.cx));
	rq.flush_in_error = true;
	CU_ASSERT_TRUE(cx_poll(&world.cx));
	for (uint16_t i = 0; i < 5; i++) {
		const uint8_t *cqe = take();

		CU_ASSERT_PTR_NOT_NULL_FATAL(cqe);
		CU_ASSERT_EQUAL(cqe[CQE_OP_OWN] >> 4, CQE_RESPONDER_ERROR);
		CU_ASSERT_EQUAL(cqe[CQE_SYNDROME], CQE_FLUSHED);
		CU_ASSERT_EQUAL(cx_get16(cqe, CQE_WQE_COUNTER), i);
	}
	CU_ASSERT_PTR_NULL(take());
	world_post_rx(&rq, 5, 64); /* posted while in error */
	CU_ASSERT_TRUE(cx_poll(&world.cx));
	CU_ASSERT_PTR_NOT_NULL(take());
	cx_rq_set_state(&world.cx, &rq, CX_QUEUE_RST);
	CU_ASSERT_EQUAL(rq.consumer, 0);
	CU_ASSERT_EQUAL(cx_get32(world_at(rq.wq.dbr), 0), 0);
}

static CU_TestInfo tests[] = {
	{ "completion fields", completion_fields },
	{ "checksum is what the kernel completes", checksum_is_what_the_kernel_completes },
	{ "stripped frame", stripped_frame_is_the_frame_without_its_tag },
	{ "layers and verdict", layers_and_verdict },
	{ "scattering", scattering },
	{ "bad buffers", bad_buffers },
	{ "nowhere to put it", nowhere_to_put_it },
	{ "strides and wrap", strides_and_wrap },
	{ "flush", flush },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("connectx/rq", setup, world_teardown, tests);
