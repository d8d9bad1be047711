// SPDX-License-Identifier: BSD-3-Clause
/* Monitored channels: what the offer says, which bit signals whom, and bits that mean nobody. */
#include "vmbus_guest.h"

#define PAGE 60u /* of the guest's memory */

static struct vmbus_channel *ch[4];
static struct vmbus_channel *told; /* by the device, last */

static struct vmbus_monitor_page *page(void)
{
	return (struct vmbus_monitor_page *)guest.ram[PAGE];
}

static const struct vmbus_msg_offer *last_offer(void)
{
	return guest_got(VMBUS_MSG_OFFERCHANNEL);
}

static void set_bit_of(unsigned int id)
{
	page()->group[id / 32].pending |= 1u << id % 32;
}

/* A guest with a monitor page and a channel that is open; the id of its monitor. */
static unsigned int connect_and_open(void)
{
	unsigned int id;

	guest.monitor_page = PAGE * LAB_PAGE_SIZE;
	guest.monitored = true;
	guest_connect(VMBUS_VERSION_V5_3);
	CU_ASSERT_EQUAL_FATAL(guest_offer(1, 0, &ch[0]), 0);
	CU_ASSERT_EQUAL(last_offer()->monitor_allocated, 1);
	id = last_offer()->monitor_id;
	CU_ASSERT_FATAL(id < VMBUS_MONITORS);
	guest_open(ch[0], 8);
	return id;
}

static void offers_say_so(void)
{
	static const struct {
		uint32_t version;
		uint64_t page;
		bool monitored, allocated;
		unsigned int errors;
	} row[] = {
		{ VMBUS_VERSION_V5_3, PAGE * LAB_PAGE_SIZE, true, true, 0 },
		{ VMBUS_VERSION_V2_4, PAGE * LAB_PAGE_SIZE, true, true, 0 },
		{ VMBUS_VERSION_V5_3, PAGE * LAB_PAGE_SIZE, false, false, 0 },
		{ VMBUS_VERSION_V5_3, 0, true, false, 0 },
		{ VMBUS_VERSION_V5_3, GUEST_PAGES * LAB_PAGE_SIZE, true, false, 1 },
		{ VMBUS_VERSION_V5_3, UINT64_MAX - LAB_PAGE_SIZE + 1, true, false, 1 },
		{ VMBUS_VERSION_V5_3, PAGE * LAB_PAGE_SIZE + 8, true, false, 1 },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		guest_stop();
		guest_start();
		guest.monitor_page = row[i].page;
		guest.monitored = row[i].monitored;
		CU_ASSERT_EQUAL(guest_offer(1, 0, &ch[0]), 0);
		guest_connect(row[i].version);
		CU_ASSERT_EQUAL(last_offer()->monitor_allocated, row[i].allocated);
		CU_ASSERT_EQUAL(last_offer()->dedicated_interrupt, 1);
		CU_ASSERT_EQUAL(vmbus_guest_errors(guest.bus), row[i].errors);
		CU_ASSERT_FALSE(vmbus_is_monitored(guest.bus));
		guest_open(ch[0], 8);
		CU_ASSERT_EQUAL(vmbus_is_monitored(guest.bus), row[i].allocated);
		CU_ASSERT_FALSE(vmbus_poll(guest.bus));
	}
}

static void a_bit_signals_its_channel(void)
{
	unsigned int id = connect_and_open();

	CU_ASSERT_FALSE(vmbus_poll(guest.bus));
	set_bit_of(id);
	CU_ASSERT_TRUE(vmbus_poll(guest.bus));
	CU_ASSERT_EQUAL(guest.signalled, 1);
	CU_ASSERT_EQUAL(page()->group[id / 32].pending, 0);
	CU_ASSERT_FALSE(vmbus_poll(guest.bus));
	CU_ASSERT_EQUAL(guest.signalled, 1);
	/* The other way works, too: hv_netvsc's kdump does not use the page. */
	CU_ASSERT_EQUAL(vmbus_signal_event(guest.bus,
					   VMBUS_CONNECTION_CHANNEL(vmbus_channel_relid(ch[0]))),
			0);
	CU_ASSERT_EQUAL(guest.signalled, 2);
}

static void bits_of_nobody(void)
{
	unsigned int id = connect_and_open();

	for (unsigned int i = 0; i < VMBUS_MONITORS; i++)
		if (i != id)
			set_bit_of(i);
	memset(page()->latency, 0xff, sizeof(page()->latency));
	page()->state = UINT32_MAX;
	CU_ASSERT_FALSE(vmbus_poll(guest.bus));
	CU_ASSERT_EQUAL(guest.signalled, 0);
	for (unsigned int group = 0; group < VMBUS_MONITOR_GROUPS; group++)
		CU_ASSERT_EQUAL(page()->group[group].pending, 0);
	CU_ASSERT_EQUAL(vmbus_guest_errors(guest.bus), 0);
}

static void closed_channels(void)
{
	unsigned int id = connect_and_open();

	set_bit_of(id);
	guest_send(VMBUS_MSG_CLOSE, vmbus_channel_relid(ch[0]));
	CU_ASSERT_FALSE(vmbus_is_monitored(guest.bus));
	CU_ASSERT_FALSE(vmbus_poll(guest.bus));
	CU_ASSERT_EQUAL(guest.signalled, 0);
	CU_ASSERT_TRUE(guest_teardown(vmbus_channel_relid(ch[0]),
				      100 + vmbus_channel_relid(ch[0])));
	/* Opened again it is signalled as before; the bit of before is gone. */
	guest_open(ch[0], 16);
	CU_ASSERT_FALSE(vmbus_poll(guest.bus));
	set_bit_of(id);
	CU_ASSERT_TRUE(vmbus_poll(guest.bus));
	CU_ASSERT_EQUAL(guest.signalled, 1);
}

/* Offered again it has another id, so that a late bit of the old one signals nobody. */
static void released_and_offered_again(void)
{
	unsigned int id = connect_and_open(), again;

	vmbus_rescind(ch[0]);
	guest_send(VMBUS_MSG_CLOSE, vmbus_channel_relid(ch[0]));
	guest_send(VMBUS_MSG_RELID_RELEASED, vmbus_channel_relid(ch[0]));
	CU_ASSERT_EQUAL_FATAL(guest_offer(1, 0, &ch[0]), 0);
	again = last_offer()->monitor_id;
	CU_ASSERT_NOT_EQUAL(again, id);
	guest_open(ch[0], 16);
	set_bit_of(id);
	CU_ASSERT_FALSE(vmbus_poll(guest.bus));
	set_bit_of(again);
	CU_ASSERT_TRUE(vmbus_poll(guest.bus));
}

static void a_guest_that_left(void)
{
	unsigned int id = connect_and_open();

	set_bit_of(id);
	guest_send(VMBUS_MSG_UNLOAD, 0);
	CU_ASSERT_FALSE(vmbus_poll(guest.bus));
	/* Its memory is its own again. */
	CU_ASSERT_EQUAL(page()->group[id / 32].pending, 1u << id % 32);
	/* The next one (kexec) may have the page elsewhere, or not at all. */
	guest.monitor_page = (PAGE + 1) * LAB_PAGE_SIZE;
	guest_connect(VMBUS_VERSION_V5_3);
	CU_ASSERT_EQUAL(last_offer()->monitor_id, id);
	guest_open(ch[0], 16);
	CU_ASSERT_FALSE(vmbus_poll(guest.bus));
	((struct vmbus_monitor_page *)guest.ram[PAGE + 1])->group[id / 32].pending = 1u << id % 32;
	CU_ASSERT_TRUE(vmbus_poll(guest.bus));
	vmbus_reset(guest.bus);
	CU_ASSERT_FALSE(vmbus_poll(guest.bus));
}

static int device_open(void *device, struct vmbus_channel *channel)
{
	(void)device;
	(void)channel;
	return 0;
}

static void device_close(void *device, struct vmbus_channel *channel)
{
	(void)device;
	(void)channel;
}

/* What one guest's signal leads to may be the end of its connection. */
static void device_signal(void *device, struct vmbus_channel *channel)
{
	(void)device;
	told = channel;
	vmbus_reset(guest.bus);
}

/* A device that has the guest leave in the midst of the signals: those behind it are not given. */
static void a_device_that_resets(void)
{
	static const struct vmbus_device_ops ops = { device_open, device_close, device_signal,
						     NULL };
	struct vmbus_offer offer = { .monitored = true, .ops = &ops, .name = "x" };
	unsigned int id[2];

	guest.monitor_page = PAGE * LAB_PAGE_SIZE;
	guest_connect(VMBUS_VERSION_V5_3);
	for (uint8_t i = 0; i < 2; i++) {
		offer.instance.b[0] = i + 1;
		CU_ASSERT_EQUAL_FATAL(vmbus_offer(guest.bus, &offer, &ch[i]), 0);
		id[i] = last_offer()->monitor_id;
		guest_open(ch[i], 8 + 8u * i);
	}
	set_bit_of(id[0]);
	set_bit_of(id[1]);
	told = NULL;
	CU_ASSERT_TRUE(vmbus_poll(guest.bus));
	CU_ASSERT_PTR_EQUAL(told, ch[0]);
}

/* Each has an id of its own until there are no more; what comes then is signalled by hypercall. */
static void ids_run_out(void)
{
	bool taken[VMBUS_MONITORS] = { false };
	struct vmbus_channel *extra;

	guest.monitor_page = PAGE * LAB_PAGE_SIZE;
	guest.monitored = true;
	guest_connect(VMBUS_VERSION_V5_3);
	for (unsigned int i = 0; i < VMBUS_MONITORS; i++) {
		guest.logged = 0;
		CU_ASSERT_EQUAL_FATAL(guest_offer((uint8_t)i, 0, &ch[0]), 0);
		CU_ASSERT_EQUAL(last_offer()->monitor_allocated, 1);
		CU_ASSERT_FATAL(last_offer()->monitor_id < VMBUS_MONITORS);
		CU_ASSERT_FALSE(taken[last_offer()->monitor_id]);
		taken[last_offer()->monitor_id] = true;
	}
	guest.logged = 0;
	CU_ASSERT_EQUAL(guest_offer(200, 0, &extra), 0);
	CU_ASSERT_EQUAL(last_offer()->monitor_allocated, 0);
	guest_open(extra, 8);
	CU_ASSERT_FALSE(vmbus_is_monitored(guest.bus));
}

static CU_TestInfo tests[] = {
	{ "offers say which channels are monitored", offers_say_so },
	{ "a bit signals its channel, once", a_bit_signals_its_channel },
	{ "bits that belong to nobody", bits_of_nobody },
	{ "a channel that is closed", closed_channels },
	{ "released and offered again", released_and_offered_again },
	{ "a guest that left", a_guest_that_left },
	{ "a device that resets the bus", a_device_that_resets },
	{ "ids run out", ids_run_out },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("vmbus/monitor", guest_start, guest_stop, tests);
