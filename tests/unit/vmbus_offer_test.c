// SPDX-License-Identifier: BSD-3-Clause
#include "vmbus_guest.h"

static void walk(void)
{
	const struct vmbus_msg_relid *rescind;
	struct vmbus_channel *ch, *again;
	uint32_t relid;

	guest_connect(VMBUS_VERSION_V5_3);
	CU_ASSERT_EQUAL(guest_offer(1, 0, &ch), 0);
	relid = vmbus_channel_relid(ch);
	CU_ASSERT_STRING_EQUAL(vmbus_channel_name(ch), "dev");
	guest_open(ch, 8);
	CU_ASSERT_EQUAL(guest_offer(1, 0, &again), -EEXIST);

	vmbus_rescind(ch);
	vmbus_rescind(ch);
	CU_ASSERT_EQUAL(guest_count(VMBUS_MSG_RESCIND), 1);
	rescind = guest_got(VMBUS_MSG_RESCIND);
	CU_ASSERT_EQUAL(rescind->relid, relid);
	CU_ASSERT(vmbus_channel_is_rescinded(ch));
	CU_ASSERT(vmbus_channel_is_open(ch));
	CU_ASSERT_STRING_EQUAL(lab_pending_oldest(&guest.pending)->what, "dev: RELID_RELEASED");
	CU_ASSERT_EQUAL(guest_offer(1, 0, &again), -EEXIST);

	guest_send(VMBUS_MSG_CLOSE, relid);
	CU_ASSERT_EQUAL(guest.closed, 1);
	CU_ASSERT(guest_teardown(relid, 100 + relid));
	CU_ASSERT_EQUAL(guest.released, 0);
	CU_ASSERT_EQUAL(guest_offer(1, 0, &again), -EEXIST);
	guest_send(VMBUS_MSG_RELID_RELEASED, relid);
	CU_ASSERT_EQUAL(guest.released, 1);
	CU_ASSERT_PTR_NULL(lab_pending_oldest(&guest.pending));

	CU_ASSERT_EQUAL(guest_offer(1, 0, &again), 0);
	CU_ASSERT_NOT_EQUAL(vmbus_channel_relid(again), relid);
	guest_open(again, 8);
	CU_ASSERT_EQUAL(vmbus_guest_errors(guest.bus), 0);
}

/* Linux after a rescind: no GPADL_TEARDOWN, and a probe that failed sends no CLOSECHANNEL. */
static void released_while_open(void)
{
	struct vmbus_channel *ch;

	guest_connect(VMBUS_VERSION_V5_3);
	CU_ASSERT_EQUAL(guest_offer(1, 0, &ch), 0);
	guest_open(ch, 8);
	vmbus_rescind(ch);
	guest_send(VMBUS_MSG_RELID_RELEASED, vmbus_channel_relid(ch));
	CU_ASSERT_EQUAL(guest.closed, 1);
	CU_ASSERT_EQUAL(guest.released, 1);
}

static void unknown_to_the_guest(void)
{
	struct vmbus_channel *ch;

	CU_ASSERT_EQUAL(guest_offer(1, 0, &ch), 0);
	vmbus_rescind(ch);
	CU_ASSERT_EQUAL(guest.released, 1);
	CU_ASSERT(guest_contact(VMBUS_VERSION_V5_3));
	CU_ASSERT_EQUAL(guest_offer(1, 0, &ch), 0);
	guest_send(VMBUS_MSG_RELID_RELEASED, vmbus_channel_relid(ch));
	CU_ASSERT_EQUAL(guest.released, 1);
	vmbus_rescind(ch);
	CU_ASSERT_EQUAL(guest.released, 2);
	CU_ASSERT_EQUAL(guest_count(VMBUS_MSG_RESCIND), 0);
}

static void open_after_rescind_is_ignored(void)
{
	struct vmbus_channel *ch;

	guest_connect(VMBUS_VERSION_V5_3);
	CU_ASSERT_EQUAL(guest_offer(1, 0, &ch), 0);
	CU_ASSERT(guest_gpadl(1, 5, 8, 8));
	vmbus_rescind(ch);
	CU_ASSERT_EQUAL(guest_open_at(1, 5, 0, 4), UINT32_MAX);
	CU_ASSERT_EQUAL(guest.opened, 0);
}

/* The guest never answers: the next connection, reset and destroy clean up. */
static void a_guest_that_never_answers(void)
{
	struct vmbus_channel *a, *b, *c;

	guest_connect(VMBUS_VERSION_V5_3);
	CU_ASSERT_EQUAL(guest_offer(1, 0, &a), 0);
	CU_ASSERT_EQUAL(guest_offer(2, 0, &b), 0);
	CU_ASSERT_EQUAL(guest_offer(3, 0, &c), 0);
	guest_open(a, 8);
	guest_open(c, 16);
	vmbus_rescind(a);
	vmbus_rescind(b);
	guest_connect(VMBUS_VERSION_V5_3);
	CU_ASSERT_EQUAL(guest.closed, 2);
	CU_ASSERT_EQUAL(guest.released, 2);
	CU_ASSERT_EQUAL(guest_count(VMBUS_MSG_OFFERCHANNEL), 1);
	CU_ASSERT_PTR_NULL(lab_pending_oldest(&guest.pending));
	guest_open(c, 16);
	vmbus_rescind(c);
	vmbus_reset(guest.bus);
	CU_ASSERT_EQUAL(guest.closed, 3);
	CU_ASSERT_EQUAL(guest.released, 3);
}

static void guest_declines(void)
{
	struct vmbus_channel *ch;

	guest_connect(VMBUS_VERSION_V5_3);
	CU_ASSERT_EQUAL(guest_offer(1, 0, &ch), 0);
	CU_ASSERT(guest_gpadl(1, 5, 8, 8));
	guest_send(VMBUS_MSG_RELID_RELEASED, 1);
	CU_ASSERT_EQUAL(guest.released, 0);
	CU_ASSERT_PTR_NULL(vmbus_gpadl_find(ch, 5));
	CU_ASSERT_EQUAL(guest_open_at(1, 5, 0, 4), VMBUS_STATUS_UNSUCCESSFUL);
	guest_connect(VMBUS_VERSION_V5_3);
	CU_ASSERT_EQUAL(guest_count(VMBUS_MSG_OFFERCHANNEL), 1);
	guest_send(VMBUS_MSG_RELID_RELEASED, 1);
	vmbus_rescind(ch);
	CU_ASSERT_EQUAL(guest.released, 1);
}

static void relids_run_out(void)
{
	bool seen[VMBUS_RELIDS] = { false };
	struct vmbus_channel *ch = NULL;

	guest_connect(VMBUS_VERSION_V5_3);
	for (unsigned int i = 0; i < VMBUS_RELIDS - 1; i++) {
		struct vmbus_offer offer = { .ops = &device_ops };
		uint32_t relid;

		memcpy(offer.instance.b + 1, &i, sizeof(i));
		guest.logged = 0;
		CU_ASSERT_EQUAL_FATAL(vmbus_offer(guest.bus, &offer, &ch), 0);
		relid = vmbus_channel_relid(ch);
		CU_ASSERT_FATAL(relid > 0 && relid < VMBUS_RELIDS && !seen[relid]);
		seen[relid] = true;
	}
	CU_ASSERT_EQUAL(guest_offer(0xff, 0, &ch), -ENOSPC);
	vmbus_rescind(ch);
	guest_send(VMBUS_MSG_RELID_RELEASED, vmbus_channel_relid(ch));
	CU_ASSERT_EQUAL(guest_offer(0xff, 0, &ch), 0);
}

static void subchannels(void)
{
	const struct vmbus_msg_offer *offer;
	const struct vmbus_msg_relid *rescind;
	struct vmbus_channel *primary, *sub[2], *extra;

	CU_ASSERT_EQUAL(guest_offer(1, 0, &primary), 0);
	CU_ASSERT_EQUAL(guest_offer(1, 1, &extra), -ENODEV); /* no guest has asked */
	guest_connect(VMBUS_VERSION_V5_3);
	CU_ASSERT_EQUAL(guest_offer(2, 1, &extra), -ENODEV);
	CU_ASSERT_EQUAL(guest_offer(1, 1, &sub[0]), 0);
	CU_ASSERT_EQUAL(guest_offer(1, 2, &sub[1]), 0);
	CU_ASSERT_EQUAL(guest_offer(1, 2, &extra), -EEXIST);
	offer = guest_got(VMBUS_MSG_OFFERCHANNEL);
	CU_ASSERT_EQUAL(offer->subchannel, 2);
	CU_ASSERT_EQUAL(vmbus_channel_subchannel(sub[1]), 2);
	guest_open(primary, 8);
	guest_open(sub[0], 16);

	/* The primary's RESCIND is the last one. */
	vmbus_rescind(primary);
	CU_ASSERT_EQUAL(guest_count(VMBUS_MSG_RESCIND), 3);
	rescind = guest_got(VMBUS_MSG_RESCIND);
	CU_ASSERT_EQUAL(rescind->relid, vmbus_channel_relid(primary));
	CU_ASSERT_EQUAL(guest_offer(1, 3, &extra), -ENODEV);
	CU_ASSERT_PTR_NULL(vmbus_gpadl_find(sub[0], 5));

	/* In any order: here the primary goes before a subchannel. */
	guest_send(VMBUS_MSG_RELID_RELEASED, vmbus_channel_relid(sub[1]));
	guest_send(VMBUS_MSG_RELID_RELEASED, vmbus_channel_relid(primary));
	CU_ASSERT_PTR_NULL(vmbus_gpadl_find(sub[0], 5));
	guest_send(VMBUS_MSG_RELID_RELEASED, vmbus_channel_relid(sub[0]));
	CU_ASSERT_EQUAL(guest.released, 3);
	CU_ASSERT_EQUAL(guest.closed, 2);
}

/* Unbinding netvsc closes the primary and keeps the subchannels until the host rescinds them. */
static void closing_the_primary_ends_subchannels(void)
{
	struct vmbus_channel *primary, *sub, *anew;

	guest_connect(VMBUS_VERSION_V5_3);
	CU_ASSERT_EQUAL(guest_offer(1, 0, &primary), 0);
	guest_open(primary, 8);
	CU_ASSERT_EQUAL(guest_offer(1, 1, &sub), 0);
	guest_open(sub, 16);
	guest_send(VMBUS_MSG_CLOSE, vmbus_channel_relid(sub));
	CU_ASSERT_FALSE(vmbus_channel_is_rescinded(sub));
	guest_send(VMBUS_MSG_CLOSE, vmbus_channel_relid(primary));
	CU_ASSERT(vmbus_channel_is_rescinded(sub));
	CU_ASSERT_FALSE(vmbus_channel_is_rescinded(primary));

	/* Bound again before the old one is released: the new one has its own relid. */
	CU_ASSERT_EQUAL(guest_offer(1, 1, &anew), 0);
	CU_ASSERT_NOT_EQUAL(vmbus_channel_relid(anew), vmbus_channel_relid(sub));
	guest_send(VMBUS_MSG_RELID_RELEASED, vmbus_channel_relid(sub));
	CU_ASSERT_EQUAL(guest.released, 1);
	guest_open(anew, 16);
}

static unsigned int closed_first;

static void note_first(struct vmbus_channel *ch)
{
	if (guest.closed == 1)
		closed_first = vmbus_channel_subchannel(ch);
}

static void reset_takes_subchannels(void)
{
	struct vmbus_channel *primary, *sub;

	guest_connect(VMBUS_VERSION_V5_3);
	CU_ASSERT_EQUAL(guest_offer(1, 0, &primary), 0);
	CU_ASSERT_EQUAL(guest_offer(1, 1, &sub), 0);
	guest_open(primary, 8);
	guest_open(sub, 16);
	guest.on_close = note_first;
	vmbus_reset(guest.bus);
	CU_ASSERT_EQUAL(guest.closed, 2);
	CU_ASSERT_EQUAL(closed_first, 1);
	CU_ASSERT_EQUAL(guest.released, 1);

	guest_connect(VMBUS_VERSION_V5_3);
	CU_ASSERT_EQUAL(guest_count(VMBUS_MSG_OFFERCHANNEL), 1);
	CU_ASSERT_EQUAL(guest_offer(1, 1, &sub), 0);
	vmbus_reset(guest.bus); /* neither is open */
	CU_ASSERT_EQUAL(guest.released, 2);
}

/* A device that takes its channels back when its primary closes, whoever closes it. */
static struct vmbus_channel *device_sub;

static void rescind_sub(struct vmbus_channel *ch)
{
	if (vmbus_channel_subchannel(ch) == 0 && device_sub != NULL)
		vmbus_rescind(device_sub);
}

static void rescind_self(struct vmbus_channel *ch)
{
	vmbus_rescind(ch);
}

static void forget_sub(struct vmbus_channel *ch)
{
	if (ch == device_sub)
		device_sub = NULL;
}

static void devices_that_act_in_close(void)
{
	struct vmbus_channel *primary;

	guest.on_released = forget_sub;
	for (int self = 0; self < 2; self++) {
		guest_connect(VMBUS_VERSION_V5_3);
		CU_ASSERT_EQUAL(guest_offer(1, 0, &primary), 0);
		CU_ASSERT_EQUAL(guest_offer(1, 1, &device_sub), 0);
		guest_open(primary, 8);
		guest_open(device_sub, 16);
		guest.on_close = self ? rescind_self : rescind_sub;
		guest.logged = 0;
		vmbus_reset(guest.bus);
		CU_ASSERT_EQUAL(guest.logged, 0);
		CU_ASSERT_PTR_NULL(device_sub);
		CU_ASSERT_EQUAL(guest.closed, 2 * (self + 1));
		if (!self)
			vmbus_rescind(primary);
		CU_ASSERT_EQUAL(guest.released, 2 * (self + 1));
	}
	guest_connect(VMBUS_VERSION_V5_3);
	CU_ASSERT_EQUAL(guest_count(VMBUS_MSG_OFFERCHANNEL), 0);
}

static struct vmbus_channel *reoffered;

static void offer_again(struct vmbus_channel *ch)
{
	(void)ch;
	reoffered = NULL;
	guest_offer(1, 0, &reoffered);
}

static void offered_again_from_released(void)
{
	struct vmbus_channel *ch;

	guest.on_released = offer_again;
	guest_connect(VMBUS_VERSION_V5_3);
	CU_ASSERT_EQUAL(guest_offer(1, 0, &ch), 0);
	vmbus_rescind(ch);
	guest_send(VMBUS_MSG_RELID_RELEASED, vmbus_channel_relid(ch));
	CU_ASSERT_PTR_NOT_NULL_FATAL(reoffered);
	CU_ASSERT_EQUAL(guest_count(VMBUS_MSG_OFFERCHANNEL), 2);
	vmbus_rescind(reoffered);
	vmbus_reset(guest.bus);
	CU_ASSERT_PTR_NOT_NULL(reoffered);
	/* guest_stop(): a bus that is being destroyed takes no offer, and ends. */
}

static void withdrawn(void)
{
	struct vmbus_channel *primary, *sub;

	guest_connect(VMBUS_VERSION_V5_3);
	CU_ASSERT_EQUAL(guest_offer(1, 0, &primary), 0);
	CU_ASSERT_EQUAL(guest_offer(1, 1, &sub), 0);
	guest_open(primary, 8);
	guest_open(sub, 16);
	vmbus_withdraw(primary);
	CU_ASSERT_EQUAL(guest_count(VMBUS_MSG_RESCIND), 2);
	CU_ASSERT_EQUAL(vmbus_signal_event(guest.bus, VMBUS_CONNECTION_CHANNEL(1)), 0);
	guest_send(VMBUS_MSG_CLOSE, 2);
	guest_send(VMBUS_MSG_RELID_RELEASED, 2);
	guest_send(VMBUS_MSG_RELID_RELEASED, 1);
	CU_ASSERT_EQUAL(guest.closed + guest.released + guest.signalled, 0);
	CU_ASSERT_EQUAL(guest_offer(1, 0, &primary), 0);
	vmbus_reset(guest.bus);
	vmbus_withdraw(primary);
	CU_ASSERT_EQUAL(guest.released, 0);
	CU_ASSERT_EQUAL(guest_offer(1, 0, &primary), 0);
}

static CU_TestInfo tests[] = {
	{ "offer, rescind, release, offer again", walk },
	{ "released while open", released_while_open },
	{ "taken back before the guest knows", unknown_to_the_guest },
	{ "OPENCHANNEL after a rescind", open_after_rescind_is_ignored },
	{ "a guest that never answers", a_guest_that_never_answers },
	{ "a guest that declines", guest_declines },
	{ "relids run out", relids_run_out },
	{ "subchannels", subchannels },
	{ "closing the primary ends subchannels", closing_the_primary_ends_subchannels },
	{ "reset takes subchannels", reset_takes_subchannels },
	{ "devices that act in close()", devices_that_act_in_close },
	{ "offered again from released()", offered_again_from_released },
	{ "withdrawn", withdrawn },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("vmbus/offer", guest_start, guest_stop, tests);
