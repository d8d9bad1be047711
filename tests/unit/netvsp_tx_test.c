// SPDX-License-Identifier: BSD-3-Clause
/* Guest to fabric: sections, GPA ranges, both, aggregation, offloads. */
#include "netvsp_guest.h"

#include <string.h>

#define PAGE0 (FAKE_RAM / LAB_PAGE_SIZE)

static uint8_t frame[70000], bytes[80000], list[256];

static void setup(void)
{
	fake_start(NVSP_VERSION_61, 2);
	fake_up(NVSP_VERSION_61);
}

static bool sent(unsigned int i, const uint8_t *expected, size_t len)
{
	return i < fake.frames && fake.frame[i].len == len &&
	       memcmp(fake.frame[i].data, expected, len) == 0;
}

/* One page a range, as 6.1 sends them; bytes are scattered over RAM pages backwards. */
static uint32_t send_pages(const uint8_t *data, size_t len)
{
	struct {
		struct nvsp_gpa_direct head;
		struct {
			struct nvsp_gpa_range range;
			uint64_t pfn;
		} page[32];
	} extension = { { 0, 0 }, { { { 0, 0 }, 0 } } };
	uint32_t i = 0;

	for (; len > 0; i++) {
		uint32_t offset = i == 0 ? 100 : 0, part = LAB_PAGE_SIZE - offset;

		CU_ASSERT_FATAL(i < 32);
		part = part < len ? part : (uint32_t)len;
		memcpy(fake.ram + (40 - i) * LAB_PAGE_SIZE + offset, data, part);
		extension.page[i].range = (struct nvsp_gpa_range){ part, offset };
		extension.page[i].pfn = PAGE0 + 40 - i;
		data += part;
		len -= part;
	}
	extension.head.ranges = i;
	return fake_send_ranges(NVSP_NO_SECTION, 0, &extension, 8 + 16 * i);
}

static void through_a_section(void)
{
	size_t len = fake_build(frame, &(struct fake_flow){ .payload = 100 });
	size_t total = fake_wrap(bytes, NULL, 0, frame, len);

	CU_ASSERT_EQUAL(fake_send_section(0, bytes, total), NVSP_STATUS_SUCCESS);
	CU_ASSERT_EQUAL(fake.frames, 1);
	CU_ASSERT_TRUE(sent(0, frame, len));
}

static void through_gpa_ranges(void)
{
	/* 6.12 may send one range over several pages. */
	struct {
		struct nvsp_gpa_direct head;
		struct nvsp_gpa_range range;
		uint64_t pfn[3];
	} extension = { { 0, 1 }, { 0, 4000 }, { PAGE0 + 9, PAGE0 + 3, PAGE0 + 5 } };
	size_t len = fake_build(frame, &(struct fake_flow){ .payload = 4400 });
	size_t total = fake_wrap(bytes, NULL, 0, frame, len);

	CU_ASSERT_EQUAL(send_pages(bytes, total), NVSP_STATUS_SUCCESS);
	CU_ASSERT_TRUE(sent(0, frame, len));
	memcpy(fake.ram + 9 * LAB_PAGE_SIZE + 4000, bytes, 96);
	memcpy(fake.ram + 3 * LAB_PAGE_SIZE, bytes + 96, 4096);
	memcpy(fake.ram + 5 * LAB_PAGE_SIZE, bytes + 96 + 4096, total - 96 - 4096);
	extension.range.len = (uint32_t)total;
	CU_ASSERT_EQUAL(fake_send_ranges(NVSP_NO_SECTION, 0, &extension, sizeof(extension)),
			NVSP_STATUS_SUCCESS);
	CU_ASSERT_TRUE(sent(1, frame, len));
}

/* netvsc_copy_to_send_buf() with cp_partial: whole packets, then a header whose data follows. */
static void through_both(void)
{
	struct {
		struct nvsp_gpa_direct head;
		struct nvsp_gpa_range range;
		uint64_t pfn;
	} extension = { { 0, 1 }, { 0, 8 }, PAGE0 + 2 };
	size_t first = fake_build(frame, &(struct fake_flow){ .payload = 60 });
	size_t at = fake_wrap(bytes, NULL, 0, frame, first), second, total;

	second = fake_build(frame + 4096, &(struct fake_flow){ .udp = true, .payload = 1000 });
	total = at + fake_wrap(bytes + at, NULL, 0, frame + 4096, second);
	memcpy(fake.send + 3 * NVSP_SEND_SECTION, bytes, at + 44);
	memcpy(fake.ram + 2 * LAB_PAGE_SIZE + 8, bytes + at + 44, total - at - 44);
	extension.range.len = (uint32_t)(total - at - 44);
	CU_ASSERT_EQUAL(fake_send_ranges(3, (uint32_t)at + 44, &extension, sizeof(extension)),
			NVSP_STATUS_SUCCESS);
	CU_ASSERT_EQUAL(fake.frames, 2);
	CU_ASSERT_TRUE(sent(0, frame, first));
	CU_ASSERT_TRUE(sent(1, frame + 4096, second));
}

/* Tags grow frames: they must not grow over the packet behind. */
static void aggregated_with_tags(void)
{
	size_t at = 0, len[9];
	uint8_t tagged[9][400];

	for (unsigned int i = 0; i < 9; i++) {
		struct fake_flow flow = { .udp = true, .host = (uint8_t)i, .payload = 50 + i };
		size_t n = fake_build(frame, &flow), ppi;

		flow.vlan = true;
		len[i] = fake_build(tagged[i], &flow);
		ppi = fake_ppi(list, NDIS_PPI_VLAN, ndis_vlan_from_tci(0x6005));
		at += fake_wrap(bytes + at, list, ppi, frame, n);
	}
	CU_ASSERT_EQUAL(fake_send_section(0, bytes, at), NVSP_STATUS_SUCCESS);
	CU_ASSERT_EQUAL(fake.frames, 9);
	for (unsigned int i = 0; i < 9; i++)
		CU_ASSERT_TRUE(sent(i, tagged[i], len[i]));
}

static void checksums_are_computed(void)
{
	static const struct {
		bool v6, udp, vlan;
		uint32_t request;
		bool ip_spoilt;
	} row[] = {
		{ false, false, false, 1 | NDIS_TX_TCP, false },
		{ false, true, false, 1 | NDIS_TX_UDP, false },
		{ true, false, false, 2 | NDIS_TX_TCP, false },
		{ true, true, false, 2 | NDIS_TX_UDP, false },
		{ false, false, true, 1 | NDIS_TX_TCP | 34 << 16, false },
		{ false, false, false, 1 | NDIS_TX_TCP | 1023u << 16, false }, /* a lie */
		{ false, true, false, 1 | NDIS_TX_UDP | NDIS_TX_IP, true },
	};

	for (unsigned int i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct fake_flow flow = { row[i].v6, row[i].udp, row[i].vlan, 3, 5, 333 };
		size_t len = fake_build(frame, &flow), ppi, total;
		size_t l4 = (row[i].vlan ? 18 : 14) + (row[i].v6 ? 40 : 20);
		uint8_t spoilt[1000];

		memcpy(spoilt, frame, len);
		memset(spoilt + l4 + (row[i].udp ? 6 : 16), 0x5a, 2);
		if (row[i].ip_spoilt)
			spoilt[24] ^= 0x5a;
		ppi = fake_ppi(list, NDIS_PPI_HASH, 0x12345678);
		ppi += fake_ppi(list + ppi, NDIS_PPI_CHECKSUM, row[i].request);
		total = fake_wrap(bytes, list, ppi, spoilt, len);
		CU_ASSERT_EQUAL(fake_send_section(0, bytes, total), NVSP_STATUS_SUCCESS);
		CU_ASSERT_TRUE(sent(i, frame, len));
		/* Unasked, nothing is mended. */
		total = fake_wrap(bytes, NULL, 0, spoilt, len);
		fake.frames = i;
		CU_ASSERT_EQUAL(fake_send_section(0, bytes, total), NVSP_STATUS_SUCCESS);
		CU_ASSERT_TRUE(sent(i, spoilt, len));
	}
}

static void checksum_of_what_is_not_there(void)
{
	uint8_t arp[60] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 8, 6 };
	size_t ppi = fake_ppi(list, NDIS_PPI_CHECKSUM, NDIS_TX_TCP | NDIS_TX_UDP | NDIS_TX_IP);
	size_t total = fake_wrap(bytes, list, ppi, arp, sizeof(arp));

	CU_ASSERT_EQUAL(fake_send_section(0, bytes, total), NVSP_STATUS_SUCCESS);
	CU_ASSERT_TRUE(sent(0, arp, sizeof(arp)));
	total = fake_wrap(bytes, list, ppi, arp, 5);
	CU_ASSERT_EQUAL(fake_send_section(0, bytes, total), NVSP_STATUS_SUCCESS);
	CU_ASSERT_TRUE(sent(1, arp, 5)); /* the fabric counts it as malformed */
	ppi = fake_ppi(list, NDIS_PPI_VLAN, 1);
	total = fake_wrap(bytes, list, ppi, arp, 5);
	CU_ASSERT_EQUAL(fake_send_section(0, bytes, total), NVSP_STATUS_SUCCESS);
	CU_ASSERT_TRUE(sent(2, arp, 5)); /* too short to tag */
}

static void large_sends_are_cut(void)
{
	for (int variant = 0; variant < 4; variant++) {
		bool v6 = variant & 1, vlan = variant & 2;
		struct fake_flow flow = { .v6 = v6, .payload = 14000 };
		size_t len = fake_build(frame, &flow), ppi, total, payload = 0;
		size_t headers = (v6 ? 74 : 54) + (vlan ? 4 : 0);

		/* netvsc_xmit() leaves the IP length and checksum 0. */
		memset(frame + (v6 ? 18 : 16), 0, 2);
		if (!v6)
			memset(frame + 24, 0, 2);
		ppi = fake_ppi(list, NDIS_PPI_LSO,
			       1000 | (v6 ? 54 : 34) << 20 | 1u << 30 | (uint32_t)v6 << 31);
		if (vlan)
			ppi += fake_ppi(list + ppi, NDIS_PPI_VLAN, ndis_vlan_from_tci(0x6005));
		total = fake_wrap(bytes, list, ppi, frame, len);
		fake.frames = 0;
		CU_ASSERT_EQUAL(send_pages(bytes, total), NVSP_STATUS_SUCCESS);
		CU_ASSERT_EQUAL_FATAL(fake.frames, 14);
		for (unsigned int i = 0; i < 14; i++) {
			const struct fake_frame *f = &fake.frame[i];
			struct frame_info info;

			CU_ASSERT_EQUAL(f->len, headers + 1000);
			CU_ASSERT_EQUAL(frame_parse(f->data, f->len, &info), 0);
			CU_ASSERT_EQUAL(info.vlan, vlan);
			CU_ASSERT_EQUAL(info.vlan_tci, vlan ? 0x6005 : 0);
			CU_ASSERT_EQUAL(frame_check_l4(f->data, &info), FRAME_CHECKSUM_GOOD);
			CU_ASSERT_NOT_EQUAL(frame_check_l3(f->data, &info), FRAME_CHECKSUM_BAD);
			CU_ASSERT_EQUAL(memcmp(f->data + headers,
					       frame + (v6 ? 74 : 54) + payload, 1000), 0);
			payload += 1000;
		}
	}
}

/* The largest super-frame hv_netvsc makes, and requests nobody can carry out. */
static void odd_large_sends(void)
{
	struct fake_flow flow = { .payload = 62768 - 54 };
	size_t len = fake_build(frame, &flow), ppi, total;

	ppi = fake_ppi(list, NDIS_PPI_LSO, 8948 | 34 << 20 | 1u << 30);
	total = fake_wrap(bytes, list, ppi, frame, len);
	CU_ASSERT_EQUAL(send_pages(bytes, total), NVSP_STATUS_SUCCESS);
	CU_ASSERT_EQUAL(fake.frames, 8);
	fake.frames = 0;
	/* MSS 0: whole, for the fabric to refuse. */
	fake_ppi(list, NDIS_PPI_LSO, 0 | 34 << 20 | 1u << 30);
	total = fake_wrap(bytes, list, ppi, frame, len);
	CU_ASSERT_EQUAL(send_pages(bytes, total), NVSP_STATUS_SUCCESS);
	CU_ASSERT_TRUE(sent(0, frame, len));
	fake.frames = 0;
	fake_ppi(list, NDIS_PPI_LSO, 0xfffff | 34 << 20 | 1u << 30); /* more than a frame holds */
	total = fake_wrap(bytes, list, ppi, frame, len);
	CU_ASSERT_EQUAL(send_pages(bytes, total), NVSP_STATUS_SUCCESS);
	CU_ASSERT_TRUE(sent(0, frame, len));
}

/* The same page thirty times and more: the NIC's buffer has an end. */
static void too_much_data(void)
{
	struct {
		struct nvsp_gpa_direct head;
		struct {
			struct nvsp_gpa_range range;
			uint64_t pfn;
		} page[40];
	} extension = { .head = { 0, 40 } };

	for (int i = 0; i < 40; i++) {
		extension.page[i].range.len = LAB_PAGE_SIZE;
		extension.page[i].pfn = PAGE0;
	}
	CU_ASSERT_EQUAL(fake_send_ranges(NVSP_NO_SECTION, 0, &extension, sizeof(extension)),
			NVSP_STATUS_FAIL);
}

/* An echo that takes the last place in the ring does not cost the completion. */
static void echoes_do_not_displace_completions(void)
{
	size_t len = fake_build(frame, &(struct fake_flow){ .payload = 50 });
	struct nvsp_message m = { .type = NVSP_SEND_RNDIS };
	uint8_t swapped[6];

	memcpy(swapped, frame, 6);
	memcpy(frame, frame + 6, 6);
	memcpy(frame + 6, swapped, 6);
	m.rndis.section_len = (uint32_t)fake_wrap(fake.send, NULL, 0, frame, len);
	fake.echo = true;
	fake.room = 1;
	fake_put(0, VMBUS_PACKET_INBAND, FAKE_WANTS, 9, NULL, 0, &m, sizeof(m));
	CU_ASSERT_EQUAL(fake_waiting(0), 1);
	CU_ASSERT_EQUAL(fake_get(0)->type, VMBUS_PACKET_TRANSFER_PAGES);
	CU_ASSERT_PTR_NOT_NULL(lab_pending_oldest(&fake.pending));
	CU_ASSERT(netvsp_deadline(fake.nic) <= fake.now + LAB_MS);
	fake.room = 10;
	fake.now += LAB_MS;
	CU_ASSERT_TRUE(netvsp_poll(fake.nic));
	CU_ASSERT_EQUAL(fake_get(0)->transaction, 9);
	CU_ASSERT_PTR_NULL(lab_pending_oldest(&fake.pending));
}

/* Without room for completions the guest's packets wait in its own ring. */
static void a_full_ring_holds_the_guest_back(void)
{
	size_t len = fake_build(frame, &(struct fake_flow){ .payload = 50 });
	struct nvsp_message m = { .type = NVSP_SEND_RNDIS };

	m.rndis.section_len = (uint32_t)fake_wrap(fake.send, NULL, 0, frame, len);
	fake.room = 2;
	for (unsigned int i = 0; i < 5; i++)
		fake_put(0, VMBUS_PACKET_INBAND, FAKE_WANTS, 10 + i, NULL, 0, &m, sizeof(m));
	CU_ASSERT_EQUAL(fake.frames, 2);
	CU_ASSERT(netvsp_deadline(fake.nic) <= fake.now + LAB_MS);
	fake.room = 100;
	CU_ASSERT_TRUE(netvsp_poll(fake.nic));
	CU_ASSERT_EQUAL(fake.frames, 5);
	for (unsigned int i = 0; i < 5; i++)
		CU_ASSERT_EQUAL(fake_get(0)->transaction, 10 + i);
	CU_ASSERT_EQUAL(netvsp_deadline(fake.nic), fake.now + 100000); /* more may follow */
	fake_calm();
	CU_ASSERT_EQUAL(netvsp_deadline(fake.nic), UINT64_MAX);
}

/* A ring filled faster than it is emptied: others get their turn. */
static void a_turn_ends(void)
{
	struct nvsp_message m = { .type = NVSP_SEND_RNDIS };

	m.rndis.section = NVSP_NO_SECTION;
	for (unsigned int i = 0; i < 300; i++)
		fake_put_quiet(0, VMBUS_PACKET_INBAND, FAKE_WANTS, 1 + i, NULL, 0, &m, sizeof(m));
	fake_signal(0);
	CU_ASSERT_EQUAL(fake_waiting(0), 256);
	CU_ASSERT(netvsp_deadline(fake.nic) <= fake.now);
	CU_ASSERT_TRUE(netvsp_poll(fake.nic));
	CU_ASSERT_EQUAL(fake_waiting(0), 300);
	fake_calm();
	CU_ASSERT_EQUAL(netvsp_deadline(fake.nic), UINT64_MAX);
	fake.broken = true;
	fake_signal(0);
	CU_ASSERT_EQUAL(netvsp_deadline(fake.nic), UINT64_MAX);
}

static void not_initialised(void)
{
	size_t len = fake_build(frame, &(struct fake_flow){ .payload = 50 });
	struct rndis_request halt = { { RNDIS_HALT, sizeof(halt) }, 1 };

	fake_control(&halt, sizeof(halt));
	len = fake_wrap(bytes, NULL, 0, frame, len);
	CU_ASSERT_EQUAL(fake_send_section(0, bytes, len), NVSP_STATUS_FAIL);
	CU_ASSERT_EQUAL(fake.frames, 0);
}

static void on_a_subchannel(void)
{
	size_t len = fake_build(frame, &(struct fake_flow){ .payload = 50 }), total;

	fake_subchannels(1);
	fake_get(0); /* the send table */
	total = fake_wrap(bytes, NULL, 0, frame, len);
	CU_ASSERT_EQUAL(fake_send_section(1, bytes, total), NVSP_STATUS_SUCCESS);
	CU_ASSERT_TRUE(sent(0, frame, len));
	CU_ASSERT_EQUAL(fake_waiting(0), 0);
}

static CU_TestInfo tests[] = {
	{ "through a section", through_a_section },
	{ "through GPA ranges", through_gpa_ranges },
	{ "through both", through_both },
	{ "aggregated, with tags", aggregated_with_tags },
	{ "checksums are computed", checksums_are_computed },
	{ "checksum of what is not there", checksum_of_what_is_not_there },
	{ "large sends are cut", large_sends_are_cut },
	{ "odd large sends", odd_large_sends },
	{ "too much data", too_much_data },
	{ "echoes do not displace completions", echoes_do_not_displace_completions },
	{ "a full ring holds the guest back", a_full_ring_holds_the_guest_back },
	{ "a turn ends", a_turn_ends },
	{ "not initialised", not_initialised },
	{ "on a subchannel", on_a_subchannel },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("netvsp/tx", setup, fake_stop, tests);
