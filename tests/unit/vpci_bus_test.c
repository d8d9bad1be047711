// SPDX-License-Identifier: BSD-3-Clause
#include "vpci_fake.h"

#include <errno.h>
#include <string.h>

static void setup(void)
{
	fake_setup(VPCI_VERSION_1_4);
}

static void expect(const struct fake_packet *p, enum vmbus_packet_type type, const void *bytes,
		   size_t len)
{
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(p->type, type);
	CU_ASSERT_EQUAL_FATAL(p->len, len);
	CU_ASSERT_EQUAL(memcmp(p->payload, bytes, len), 0);
}

static void offer_is_a_pci_device(void)
{
	static const uint8_t class[16] = { 0x1d, 0xf6, 0xc4, 0x44, 0x44, 0x44, 0x00, 0x44,
					   0x9d, 0x52, 0x80, 0x2e, 0x27, 0xed, 0xe1, 0x9f };

	CU_ASSERT_EQUAL(memcmp(fake.offer.type.b, class, sizeof(class)), 0);
	CU_ASSERT_EQUAL(fake.offer.instance.b[4], 0x34);
	CU_ASSERT_EQUAL(fake.offer.subchannel, 0);
	CU_ASSERT_STRING_EQUAL(fake.offer.name, "vf0");
	CU_ASSERT_TRUE(vpci_is_present(fake.bus));
	CU_ASSERT_EQUAL(vpci_add(fake.bus, 8), -EBUSY);
}

/* What Linux 6.1 sends with protocol 1.4, and what it must get, byte for byte. */
static void probe_of_1_4(void)
{
	static const uint8_t ok[8] = { 0 };
	static const uint8_t version[] = { 0x13, 0, 0x49, 0x42, 4, 0, 1, 0 };
	static const uint8_t query_relations[] = { 0x01, 0, 0x49, 0x42 };
	static const uint8_t relations[] = {
		0x19, 0x00, 0x49, 0x42, 1, 0, 0, 0,
		0xb3, 0x15, 0x18, 0x10, 0x80, 0x01, 0x03, 0x02, 0xb3, 0x15, 0x90, 0x01,
		2, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
	};
	static const uint8_t query_requirements[] = { 0x05, 0, 0x49, 0x42, 2, 0, 0, 0 };
	static const uint8_t requirements[28] = {
		0, 0, 0, 0, 0x0c, 0x80, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	};
	static const uint8_t entry[] = { 0x07, 0, 0x49, 0x42, 0, 0, 0, 0,
					 0, 0, 0, 0xd0, 0, 0, 0, 0 };
	static const uint8_t assigned[202] = { 0x16, 0, 0x49, 0x42, 2 };
	static const uint8_t create[82] = { 0x1b, 0, 0x49, 0x42, 2, 0, 0, 0, 0x23, 0, 0, 0,
					    0, 0, 1, 0, 1, 0, 3 };
	static const uint8_t created[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0,
					   0, 0, 0, 0, 0, 0, 0xe0, 0xfe, 0, 0, 0, 0 };
	static const uint8_t delete[] = { 0x15, 0, 0x49, 0x42, 2, 0, 0, 0, 0, 0, 1, 0,
					  0, 0, 0, 0, 0, 0, 0xe0, 0xfe, 0, 0, 0, 0 };
	static const uint8_t released[] = { 0x11, 0, 0x49, 0x42, 2, 0, 0, 0 };
	static const uint8_t leave[] = { 0x08, 0, 0x49, 0x42 };

	CU_ASSERT_EQUAL(fake_open(), 0);
	expect(fake_request(version, sizeof(version)), VMBUS_PACKET_COMPLETION, ok, 8);
	fake_tell(query_relations, sizeof(query_relations));
	expect(fake_take(), VMBUS_PACKET_INBAND, relations, sizeof(relations));
	expect(fake_request(query_requirements, sizeof(query_requirements)),
	       VMBUS_PACKET_COMPLETION, requirements, sizeof(requirements));
	CU_ASSERT_EQUAL(fake.d0s, 0);
	expect(fake_request(entry, sizeof(entry)), VMBUS_PACKET_COMPLETION, ok, 8);
	CU_ASSERT_EQUAL(fake.d0s, 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(fake_place_at(FAKE_WINDOW));
	CU_ASSERT_EQUAL(fake_place_at(FAKE_WINDOW)->size, 0x2000);
	expect(fake_request(assigned, sizeof(assigned)), VMBUS_PACKET_COMPLETION, ok, 8);
	expect(fake_request(create, sizeof(create)), VMBUS_PACKET_COMPLETION, created,
	       sizeof(created));
	fake_tell(delete, sizeof(delete));
	CU_ASSERT_EQUAL(fake_create_interrupt(0x24, 0), 0);
	fake_tell(released, sizeof(released));
	expect(fake_request(leave, sizeof(leave)), VMBUS_PACKET_COMPLETION, ok, 8);
	CU_ASSERT_EQUAL(fake_places(), 0);
	CU_ASSERT_EQUAL(fake.resets, 1);
	CU_ASSERT_PTR_NULL(fake_take());
}

static void versions_fall_back(void)
{
	static const struct {
		uint32_t host, guest, status;
	} row[] = {
		{ VPCI_VERSION_1_4, VPCI_VERSION_1_4, VPCI_SUCCESS },
		{ VPCI_VERSION_1_4, VPCI_VERSION_1_1, VPCI_SUCCESS },
		{ VPCI_VERSION_1_4, 0x00010005, VPCI_REVISION_MISMATCH },
		{ VPCI_VERSION_1_4, 0x00020000, VPCI_REVISION_MISMATCH },
		{ VPCI_VERSION_1_4, 0x00010000, VPCI_REVISION_MISMATCH },
		{ VPCI_VERSION_1_4, 0, VPCI_REVISION_MISMATCH },
		{ VPCI_VERSION_1_3, VPCI_VERSION_1_4, VPCI_REVISION_MISMATCH },
		{ VPCI_VERSION_1_3, VPCI_VERSION_1_3, VPCI_SUCCESS },
		{ VPCI_VERSION_1_1, VPCI_VERSION_1_2, VPCI_REVISION_MISMATCH },
		{ VPCI_VERSION_1_1, VPCI_VERSION_1_1, VPCI_SUCCESS },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct vpci_version_request in = { VPCI_QUERY_PROTOCOL_VERSION, row[i].guest };

		fake_teardown();
		fake_setup(row[i].host);
		fake_open();
		CU_ASSERT_EQUAL(fake_status(&in, sizeof(in)), row[i].status);
		/* A refusal leaves the way open for an older one. */
		in.version = VPCI_VERSION_1_1;
		CU_ASSERT_EQUAL(fake_status(&in, sizeof(in)), VPCI_SUCCESS);
	}
}

static void relations_have_the_form_of_the_version(void)
{
	static const struct {
		uint32_t version, type;
		size_t len;
	} row[] = {
		{ VPCI_VERSION_1_1, VPCI_BUS_RELATIONS, 28 },
		{ VPCI_VERSION_1_2, VPCI_BUS_RELATIONS, 28 },
		{ VPCI_VERSION_1_3, VPCI_BUS_RELATIONS, 28 },
		{ VPCI_VERSION_1_4, VPCI_BUS_RELATIONS2, 36 },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct vpci_version_request in = { VPCI_QUERY_PROTOCOL_VERSION, row[i].version };
		uint32_t query = VPCI_QUERY_BUS_RELATIONS;
		const struct fake_packet *p;

		fake_open();
		fake_status(&in, sizeof(in));
		fake_tell(&query, sizeof(query));
		p = fake_take();
		CU_ASSERT_PTR_NOT_NULL_FATAL(p);
		CU_ASSERT_EQUAL(p->type, VMBUS_PACKET_INBAND);
		CU_ASSERT_EQUAL(p->len, row[i].len);
		CU_ASSERT_EQUAL(memcmp(p->payload, &row[i].type, 4), 0);
		fake_close();
	}
}

static void interrupts_have_the_form_of_the_version(void)
{
	struct vpci_create_interrupt v1 = {
		{ VPCI_CREATE_INTERRUPT, FAKE_SLOT }, 0x31, 0, 1, 0, UINT64_MAX,
	};
	struct vpci_create_interrupt2 v2 = {
		{ VPCI_CREATE_INTERRUPT2, FAKE_SLOT }, 0x31, 0, 1, 1, { 1 },
	};

	fake_probe(VPCI_VERSION_1_1);
	CU_ASSERT_EQUAL(fake_status(&v1, sizeof(v1)), VPCI_SUCCESS);
	CU_ASSERT_EQUAL(fake_status(&v2, sizeof(v2)), VPCI_INVALID_DEVICE_STATE);
	CU_ASSERT_EQUAL(fake_create_interrupt(0x31, 0), UINT32_MAX);
	fake_close();
	fake_probe(VPCI_VERSION_1_3);
	CU_ASSERT_EQUAL(fake_status(&v2, sizeof(v2)), VPCI_SUCCESS);
	CU_ASSERT_EQUAL(fake_create_interrupt(0x31, 0), UINT32_MAX);
	fake_close();
	fake_probe(VPCI_VERSION_1_4);
	CU_ASSERT_EQUAL(fake_create_interrupt(0x31, 0), 0);
}

static void a_second_d0_entry_is_refused_once(void)
{
	struct vpci_d0_entry entry = { VPCI_BUS_D0ENTRY, 0, FAKE_WINDOW + 0x4000 };
	struct vpci_child_message released = { VPCI_RESOURCES_RELEASED, FAKE_SLOT };
	uint32_t leave = VPCI_BUS_D0EXIT;

	fake_probe(VPCI_VERSION_1_4);
	fake_map();
	CU_ASSERT_EQUAL(fake_status(&entry, sizeof(entry)), VPCI_INVALID_DEVICE_STATE);
	fake_tell(&released, sizeof(released));
	CU_ASSERT_EQUAL(fake_status(&leave, sizeof(leave)), VPCI_SUCCESS);
	CU_ASSERT_EQUAL(fake_places(), 0);
	CU_ASSERT_EQUAL(fake_status(&entry, sizeof(entry)), VPCI_SUCCESS);
	CU_ASSERT_PTR_NOT_NULL(fake_place_at(FAKE_WINDOW + 0x4000));
	CU_ASSERT_EQUAL(fake.d0s, 2);
}

static void complete_ejection(void)
{
	struct vpci_ejection_complete done = { { VPCI_EJECTION_COMPLETE, FAKE_SLOT }, 0 };

	fake_tell(&done, sizeof(done));
}

static void eject_in_order(void)
{
	struct vpci_child_message eject = { VPCI_EJECT, FAKE_SLOT };

	fake_probe(VPCI_VERSION_1_4);
	fake_map();
	/* Unasked: nothing happens. */
	complete_ejection();
	CU_ASSERT_EQUAL(fake.rescinds, 0);

	CU_ASSERT_EQUAL(vpci_eject(fake.bus), 0);
	CU_ASSERT_EQUAL(vpci_eject(fake.bus), 0);
	CU_ASSERT_FALSE(vpci_is_present(fake.bus));
	expect(fake_take(), VMBUS_PACKET_INBAND, &eject, sizeof(eject));
	CU_ASSERT_PTR_NULL(fake_take());
	CU_ASSERT_PTR_NOT_NULL_FATAL(lab_pending_oldest(&fake.pending));
	CU_ASSERT_STRING_EQUAL(lab_pending_oldest(&fake.pending)->what, "vf0: EJECTION_COMPLETE");
	/* The driver still has the function to take down. */
	CU_ASSERT_EQUAL(fake_config_read(0, 2), 0x15b3);
	CU_ASSERT_EQUAL(fake.rescinds, 0);

	complete_ejection();
	CU_ASSERT_EQUAL(fake.ejecteds, 1);
	CU_ASSERT_EQUAL(fake.rescinds, 1);
	CU_ASSERT_EQUAL(fake.resets, 1);
	CU_ASSERT_PTR_NULL(lab_pending_oldest(&fake.pending));
	CU_ASSERT_EQUAL(vpci_eject(fake.bus), -ENODEV);
	CU_ASSERT_EQUAL(vpci_add(fake.bus, 8), -EBUSY);
	fake_close();
	CU_ASSERT_EQUAL(fake_places(), 0);
	CU_ASSERT_EQUAL(vpci_add(fake.bus, 8), -EBUSY);
	fake_release();
	CU_ASSERT_EQUAL(fake.releaseds, 1);
	CU_ASSERT_EQUAL(vpci_add(fake.bus, 8), 0);
}

static void eject_without_an_open_channel(void)
{
	CU_ASSERT_EQUAL(vpci_eject(fake.bus), 0);
	CU_ASSERT_EQUAL(fake.ejecteds, 1);
	CU_ASSERT_EQUAL(fake.rescinds, 1);
	fake_release();
	CU_ASSERT_EQUAL(vpci_eject(fake.bus), -ENODEV);
	CU_ASSERT_EQUAL(vpci_surprise(fake.bus), -ENODEV);
	/* With nobody connected, the release comes from inside, the next offer from inside it. */
	CU_ASSERT_EQUAL(vpci_add(fake.bus, 8), 0);
	fake.connected = false;
	fake.add_on_release = true;
	CU_ASSERT_EQUAL(vpci_eject(fake.bus), 0);
	CU_ASSERT_EQUAL(fake.releaseds, 2);
	CU_ASSERT_EQUAL(fake.offers, 3);
	CU_ASSERT_TRUE(vpci_is_present(fake.bus));
	CU_ASSERT_EQUAL(vpci_surprise(fake.bus), 0);
	CU_ASSERT_EQUAL(fake.offers, 4);
}

/* Linux drops an EJECT for a function it has not recorded yet. */
static void eject_in_mid_probe_waits_for_d0(void)
{
	struct vpci_version_request version = { VPCI_QUERY_PROTOCOL_VERSION, VPCI_VERSION_1_4 };
	struct vpci_d0_entry entry = { VPCI_BUS_D0ENTRY, 0, FAKE_WINDOW };
	struct vpci_child_message eject = { VPCI_EJECT, FAKE_SLOT };

	fake_open();
	CU_ASSERT_EQUAL(fake_status(&version, sizeof(version)), VPCI_SUCCESS);
	CU_ASSERT_EQUAL(vpci_eject(fake.bus), 0);
	CU_ASSERT_PTR_NULL(fake_take());
	CU_ASSERT_EQUAL(fake_status(&entry, sizeof(entry)), VPCI_SUCCESS);
	expect(fake_take(), VMBUS_PACKET_INBAND, &eject, sizeof(eject));
	complete_ejection();
	CU_ASSERT_EQUAL(fake.ejecteds, 1);
}

static void a_guest_that_closes_has_let_go(void)
{
	fake_probe(VPCI_VERSION_1_4);
	fake_map();
	vpci_eject(fake.bus);
	fake_close();
	CU_ASSERT_EQUAL(fake.ejecteds, 1);
	CU_ASSERT_EQUAL(fake.rescinds, 1);
	CU_ASSERT_EQUAL(fake_places(), 0);
	CU_ASSERT_PTR_NULL(lab_pending_oldest(&fake.pending));
}

static void surprise_reads_all_ones(void)
{
	struct vpci_version_request version = { VPCI_QUERY_PROTOCOL_VERSION, VPCI_VERSION_1_4 };

	fake_probe(VPCI_VERSION_1_4);
	fake_map();
	CU_ASSERT_EQUAL(fake_read(FAKE_BAR, 4), 0x55667788);
	fake_write(FAKE_BAR + FAKE_RAM_A, 0xabcd, 4);
	CU_ASSERT_EQUAL(fake_read(FAKE_BAR + FAKE_RAM_A, 4), 0xabcd);
	fake.reads = 0;
	/* Its answer must never be sent: the ring is the guest's alone after the rescind. */
	fake_put(VMBUS_PACKET_INBAND, VMBUS_FLAG_COMPLETION_REQUESTED, 1, &version,
		 sizeof(version));

	CU_ASSERT_EQUAL(vpci_surprise(fake.bus), 0);
	CU_ASSERT_EQUAL(fake.rescinds, 1);
	CU_ASSERT_EQUAL(fake.resets, 1);
	CU_ASSERT_EQUAL(fake.ejecteds, 0);
	CU_ASSERT_EQUAL(vpci_surprise(fake.bus), -ENODEV);
	fake_signal();
	CU_ASSERT_PTR_NULL(fake_take());

	CU_ASSERT_EQUAL(fake_config_read(0, 2), 0xffff);
	for (uint64_t at = 0; at < FAKE_BAR_SIZE; at += 0x1000) {
		fake_write(FAKE_BAR + at, 0, 8);
		CU_ASSERT_EQUAL(fake_read(FAKE_BAR + at, 8), UINT64_MAX);
	}
	fake_config_write(0x04, 0, 2);
	CU_ASSERT_EQUAL(fake_places(), 2);
	CU_ASSERT_EQUAL(fake.reads + fake.writes, 0);
	vpci_raise(fake.bus, 0);
	CU_ASSERT_EQUAL(vpci_retarget(fake.bus, 0x92345678, 0xfee00000, 0, 0x40, 0), -ENOENT);
	CU_ASSERT_EQUAL(vpci_invalidate_blocks(fake.bus, 1), -ENODEV);
	fake_close();
	CU_ASSERT_EQUAL(fake_places(), 0);
	CU_ASSERT_EQUAL(fake_open(), -ENODEV);
	fake_release();
	CU_ASSERT_EQUAL(fake.msis, 0);
}

static void surprise_then_release_without_a_close(void)
{
	fake_probe(VPCI_VERSION_1_4);
	fake_map();
	CU_ASSERT_EQUAL(vpci_surprise(fake.bus), 0);
	fake_release();
	CU_ASSERT_EQUAL(fake_places(), 0);
	CU_ASSERT_EQUAL(fake.releaseds, 1);
}

static void again_with_another_serial(void)
{
	static const uint8_t serial[] = { 8, 0, 0, 0 };
	struct vpci_version_request version = { VPCI_QUERY_PROTOCOL_VERSION, VPCI_VERSION_1_1 };
	uint32_t query = VPCI_QUERY_BUS_RELATIONS;
	const struct fake_packet *p;

	fake_probe(VPCI_VERSION_1_4);
	fake_map();
	fake_create_interrupt(0x40, 0);
	vpci_surprise(fake.bus);
	fake.add_on_release = true;
	fake_close();
	fake_release();
	CU_ASSERT_EQUAL(fake.offers, 2);
	CU_ASSERT_EQUAL(fake_open(), 0);
	CU_ASSERT_EQUAL(fake_status(&version, sizeof(version)), VPCI_SUCCESS);
	fake_tell(&query, sizeof(query));
	p = fake_take();
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(memcmp(p->payload + 24, serial, 4), 0);
	fake_close();
	fake_probe(VPCI_VERSION_1_4);
	/* Nothing of the first life is left. */
	CU_ASSERT_EQUAL(fake_config_read(0x04, 2), 0);
	CU_ASSERT_EQUAL(fake_config_read(0x10, 4), 0xc);
	CU_ASSERT_EQUAL(fake_create_interrupt(0x40, 0), 0);
}

static void a_failed_offer_leaves_it_absent(void)
{
	vpci_surprise(fake.bus);
	fake_release();
	fake.offer_error = -ENOSPC;
	CU_ASSERT_EQUAL(vpci_add(fake.bus, 8), -ENOSPC);
	CU_ASSERT_FALSE(vpci_is_present(fake.bus));
	fake.offer_error = 0;
	CU_ASSERT_EQUAL(vpci_add(fake.bus, 8), 0);
}

static void close_and_reset_put_all_back(void)
{
	fake_probe(VPCI_VERSION_1_4);
	fake_map();
	fake_close();
	CU_ASSERT_EQUAL(fake.resets, 1);
	CU_ASSERT_EQUAL(fake_places(), 0);
	CU_ASSERT_TRUE(vpci_is_present(fake.bus));
	fake_probe(VPCI_VERSION_1_2);
	fake_map();
	/* Released in full use, as by a bus that goes away. */
	fake_release();
	CU_ASSERT_EQUAL(fake.resets, 2);
	CU_ASSERT_EQUAL(fake_places(), 0);
}

static void impossible_functions_are_refused(void)
{
	static const struct {
		const char *what;
		struct pci_function change;
	} row[] = {
		{ "no vectors", { .bar0_size = 0x8000, .msix_pba_offset = 0x6000 } },
		{ "too many vectors", { .bar0_size = 0x80000, .msix_vectors = 2049,
					.msix_pba_offset = 0x40000 } },
		{ "not a power of two", { .bar0_size = 0x9000, .msix_vectors = 1,
					  .msix_pba_offset = 0x1000 } },
		{ "no BAR", { .msix_vectors = 1 } },
		{ "table outside", { .bar0_size = 0x1000, .msix_vectors = 1,
				     .msix_table_offset = 0x1000 } },
		{ "table over the end", { .bar0_size = 0x1000, .msix_vectors = 2,
					  .msix_table_offset = 0xff0 } },
		{ "table over the PBA", { .bar0_size = 0x1000, .msix_vectors = 2,
					  .msix_pba_offset = 0x18 } },
		{ "memory over the table", { .bar0_size = 0x2000, .msix_vectors = 1,
					     .msix_pba_offset = 0x100, .ram_count = 1,
					     .ram = { { 0, 0x1000, &fake } } } },
		{ "memory outside", { .bar0_size = 0x2000, .msix_vectors = 1,
				      .msix_pba_offset = 0x100, .ram_count = 1,
				      .ram = { { 0x1000, 0x2000, &fake } } } },
		{ "part of a page", { .bar0_size = 0x2000, .msix_vectors = 1,
				      .msix_pba_offset = 0x100, .ram_count = 1,
				      .ram = { { 0x1000, 0x800, &fake } } } },
		{ "memory twice", { .bar0_size = 0x8000, .msix_vectors = 1,
				    .msix_pba_offset = 0x100, .ram_count = 2,
				    .ram = { { 0x1000, 0x2000, &fake },
					     { 0x2000, 0x1000, &fake } } } },
		{ "memory pieces beyond count", { .bar0_size = 0x8000, .msix_vectors = 1,
						  .msix_pba_offset = 0x100, .ram_count = 9 } },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct pci_function function = row[i].change;
		struct vpci_config config = {
			.max_version = VPCI_VERSION_1_4,
			.function = &function,
			.name = row[i].what,
		};

		function.ops = fake.function.ops;
		CU_ASSERT_PTR_NULL(vpci_create(&config));
	}
}

static CU_TestInfo tests[] = {
	{ "the offer is a PCI device", offer_is_a_pci_device },
	{ "probe of 1.4, byte for byte", probe_of_1_4 },
	{ "versions fall back", versions_fall_back },
	{ "relations have the form of the version", relations_have_the_form_of_the_version },
	{ "interrupts have the form of the version", interrupts_have_the_form_of_the_version },
	{ "a second D0 entry is refused once", a_second_d0_entry_is_refused_once },
	{ "eject in order", eject_in_order },
	{ "eject without an open channel", eject_without_an_open_channel },
	{ "eject in mid-probe waits for D0", eject_in_mid_probe_waits_for_d0 },
	{ "a guest that closes has let go", a_guest_that_closes_has_let_go },
	{ "surprise reads all ones", surprise_reads_all_ones },
	{ "surprise, then release without a close", surprise_then_release_without_a_close },
	{ "again with another serial", again_with_another_serial },
	{ "a failed offer leaves it absent", a_failed_offer_leaves_it_absent },
	{ "close and reset put all back", close_and_reset_put_all_back },
	{ "impossible functions are refused", impossible_functions_are_refused },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("vpci/bus", setup, fake_teardown, tests);
