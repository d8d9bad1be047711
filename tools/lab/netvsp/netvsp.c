// SPDX-License-Identifier: BSD-3-Clause
/*
 * The synthetic NIC's life: it is offered, opened and closed by the guest any number of times,
 * takes the packets out of its rings, keeps the VF association over re-opens, and moves the data
 * path. What one opening of the primary channel built up is a session; closing forgets it whole.
 */
#include "answer.h"
#include "control.h"
#include "malformed.h"
#include "nic.h"
#include "rx.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_NS 100000ull /* between two looks at a ring that is polled */
#define DRAIN_BUDGET 256 /* packets a turn: one busy guest must not stop the others */

/* Class f8615163-df3e-46c5-913f-f2d2f965ed0e. */
static const struct vmbus_guid nic_class = { { 0x63, 0x51, 0x61, 0xf8, 0x3e, 0xdf, 0xc5, 0x46,
					       0x91, 0x3f, 0xf2, 0xd2, 0xf9, 0x65, 0xed, 0x0e } };

static const struct fabric_path_ops path_ops = { .deliver = rx_deliver };
static const struct vmbus_device_ops device_ops;

static void retry_later(struct netvsp *nic)
{
	nic->retry_at = lab_clock_now(nic->config.clock) + NIC_RETRY;
}

/* ----------------------------------------------------------------------------- offers ---- */

static int offer(struct nic_channel *c)
{
	struct netvsp *nic = c->nic;
	char name[sizeof(nic->name) + 16];
	struct vmbus_offer o = {
		.type = nic_class,
		.instance = nic->config.instance,
		.subchannel = (uint16_t)c->index,
		.max_packet = NVSP_MAX_PACKET,
		.monitored = nic->config.monitored,
		.ops = &device_ops,
		.device = c,
		.name = nic->name,
	};

	if (c->index != 0) {
		snprintf(name, sizeof(name), "%s/%u", nic->name, c->index);
		o.name = name;
	}
	return vmbus_offer(nic->config.vmbus, &o, &c->ch);
}

/* True if c is offered; false: its predecessor is in the way, or the bus is out of something. */
static bool try_offer(struct nic_channel *c)
{
	int ret = c->ch == NULL ? offer(c) : 0;

	if (c->ch != NULL && vmbus_channel_is_rescinded(c->ch))
		ret = -EEXIST;
	if (ret == 0)
		return true;
	if (ret != -EEXIST)
		nic_warn(c->nic, "cannot offer channel %u: %s", c->index, strerror(-ret));
	retry_later(c->nic);
	return false;
}

/* Is the primary there to have subchannels? */
static bool is_offered(const struct netvsp *nic)
{
	return nic->channel[0].ch != NULL && !vmbus_channel_is_rescinded(nic->channel[0].ch);
}

static void offer_subchannels(struct netvsp *nic)
{
	if (!is_offered(nic))
		return;
	for (unsigned int i = 1; i <= nic->session.granted; i++)
		try_offer(&nic->channel[i]);
}

/* ----------------------------------------------------------------------- the host speaks -- */

static unsigned int channels_open(const struct netvsp *nic)
{
	unsigned int open = 0;

	for (unsigned int i = 1; i <= nic->session.granted; i++)
		open += nic->channel[i].open;
	return open;
}

/*
 * The association goes to guests that said they can use one, and not before both buffers are there:
 * until then a guest may take whatever comes for the answer that it waits for (DPDK's net_netvsc).
 */
static void catch_up_vf(struct netvsp *nic)
{
	if (!netvsp_has_negotiated(nic) || !netvsp_can_use_vf(nic))
		return;
	if (!nvsp_say_vf(nic))
		return;
	nic->vf.told = nic->vf.allocated;
	nic->owed &= ~NIC_OWES_VF;
}

/* Says and does what the host owes the guest of its own accord, as far as it can now. */
static void catch_up(struct netvsp *nic)
{
	const struct nic_session *s = &nic->session;
	uint32_t active = NVSP_DATAPATH_SYNTHETIC;

	if (!nic->channel[0].open)
		return;
	if (nic->owed & NIC_OWES_VF)
		catch_up_vf(nic);
	/* A guest without RNDIS will ask for the link's state by itself. */
	if ((nic->owed & NIC_OWES_LINK) && (!s->rndis_ready || control_indicate_link(nic)))
		nic->owed &= ~NIC_OWES_LINK;
	if (fabric_datapath(nic->config.port) == FABRIC_VF)
		active = NVSP_DATAPATH_VF;
	if ((nic->owed & NIC_OWES_DATAPATH) &&
	    (s->version < NVSP_VERSION_4 || nvsp_say_datapath(nic, active)))
		nic->owed &= ~NIC_OWES_DATAPATH;
	if ((nic->owed & NIC_OWES_TABLE) && nvsp_say_table(nic))
		nic->owed &= ~NIC_OWES_TABLE;
	if (nic->owed & NIC_OWES_SUBCHANNELS) {
		nic->owed &= ~NIC_OWES_SUBCHANNELS; /* poll goes on with those that fail */
		offer_subchannels(nic);
	}
}

/* The host owes the guest this of its own accord: said now, if it can be. */
static void owe(struct netvsp *nic, unsigned int what)
{
	nic->owed |= what;
	catch_up(nic);
}

/* ------------------------------------------------------------------------ channel events -- */

/* Takes at most budget packets. Returns how many; *more: the ring may hold others. */
static unsigned int take(struct nic_channel *c, unsigned int budget, bool *more)
{
	struct vmbus_packet packet;
	unsigned int taken = 0;
	int ret = 0;

	*more = true;
	if (c->nic->faults.stalled)
		return 0;
	while (taken < budget && answer_has_room(c->nic) &&
	       vmbus_channel_has_room(c->ch, sizeof(struct nvsp_message))) {
		ret = vmbus_channel_receive(c->ch, &packet);
		if (ret <= 0) {
			*more = false;
			break;
		}
		nvsp_receive(c, &packet);
		if (c->nic->owed != 0)
			catch_up(c->nic);
		taken++;
	}
	if (ret < 0)
		nic_warn(c->nic, "channel %u is broken: %s", c->index, strerror(-ret));
	return taken;
}

/*
 * Empties the ring, unless there is no room for answers or the turn is over: then poll goes on. It
 * also goes on for a while after the last frame (nic_keep_polling); the guest need not signal
 * meanwhile, which would be an exit and costs more than a look at the ring (docs/protocol.md 3.4).
 */
static bool drain(struct nic_channel *c)
{
	unsigned int taken;

	vmbus_channel_set_polling(c->ch, true);
	taken = take(c, DRAIN_BUDGET, &c->stalled);
	if (taken == DRAIN_BUDGET)
		c->nic->retry_at = 0;
	else if (c->stalled)
		retry_later(c->nic);
	if (c->stalled || lab_clock_now(c->nic->config.clock) < c->linger_until)
		return taken > 0;
	c->linger_until = 0;
	if (vmbus_channel_set_polling(c->ch, false)) {
		c->stalled = true; /* one came in between, unannounced */
		c->nic->retry_at = 0;
	}
	return taken > 0;
}

static void begin_session(struct netvsp *nic)
{
	nic->session = (struct nic_session){ .rx_checksum = NIC_RX_ALL };
	rx_revoke_buffer(nic);
	nic->owed = 0;
	/* A re-opened guest remembers what it was told last, a new one nothing. */
	if (nic->vf.allocated || nic->vf.told)
		nic->owed |= NIC_OWES_VF;
}

static int open_channel(void *device, struct vmbus_channel *ch)
{
	struct nic_channel *c = device;
	struct netvsp *nic = c->nic;

	if (ch != c->ch || c->index > nic->session.granted)
		return -EINVAL;
	c->open = true;
	c->stalled = false;
	if (c->index == 0) {
		begin_session(nic);
		fabric_attach(nic->config.port, FABRIC_SYNTHETIC, &path_ops, nic);
	} else if (channels_open(nic) == nic->session.granted) {
		owe(nic, NIC_OWES_TABLE);
		answer_flush(nic);
	}
	return 0;
}

/*
 * A guest that leaves, leaves the VF too: the next one starts on the synthetic path. The bus
 * rescinds the subchannels, and hv_netvsc asks for new ones at each open: the old are strangers.
 */
static void end_session(struct netvsp *nic)
{
	fabric_attach(nic->config.port, FABRIC_SYNTHETIC, NULL, NULL);
	if (fabric_datapath(nic->config.port) != FABRIC_SYNTHETIC)
		nic_set_datapath(nic, FABRIC_SYNTHETIC, true);
	begin_session(nic);
	for (unsigned int i = 1; i < NETVSP_QUEUES_MAX; i++) {
		nic->channel[i].ch = NULL;
		nic->channel[i].open = false;
		nic->channel[i].stalled = false;
		nic->channel[i].linger_until = 0;
	}
}

static void close_channel(void *device, struct vmbus_channel *ch)
{
	struct nic_channel *c = device;

	if (ch != c->ch)
		return;
	c->open = false;
	c->stalled = false;
	c->linger_until = 0;
	answer_forget(c);
	if (c->index == 0)
		end_session(c->nic);
}

static void signal_channel(void *device, struct vmbus_channel *ch)
{
	struct nic_channel *c = device;

	if (ch != c->ch || !c->open)
		return;
	answer_flush(c->nic); /* the guest may have made room */
	drain(c);
	answer_flush(c->nic);
}

static void released_channel(void *device, struct vmbus_channel *ch)
{
	struct nic_channel *c = device;
	struct netvsp *nic = c->nic;

	if (ch != c->ch)
		return;
	c->ch = NULL;
	if (c->index != 0)
		return;
	memcpy(nic->mac, nic->config.mac, NIC_MAC);
	nic->vf.told = false;
	if (nic->offer_wanted)
		netvsp_offer(nic);
}

static const struct vmbus_device_ops device_ops = {
	.open = open_channel,
	.close = close_channel,
	.signal = signal_channel,
	.released = released_channel,
};

/* ----------------------------------------------------------------------------- interface -- */

#define MTU_LARGEST (FABRIC_FRAME_MAX - NIC_ETHER_HEADER - 2 * NIC_VLAN_TAG)
#define MTU_DEFAULT 9000

struct netvsp *netvsp_create(const struct netvsp_config *config)
{
	struct netvsp *nic;

	if (config->queues == 0 || config->queues > NETVSP_QUEUES_MAX || config->mtu > MTU_LARGEST)
		return NULL;
	nic = calloc(1, sizeof(*nic));
	if (nic == NULL)
		return NULL;
	nic->config = *config;
	if (nic->config.mtu == 0)
		nic->config.mtu = MTU_DEFAULT;
	snprintf(nic->name, sizeof(nic->name), "%s", config->name);
	nic->config.name = nic->name;
	memcpy(nic->mac, config->mac, NIC_MAC);
	nic->link = true;
	for (unsigned int i = 0; i < NETVSP_QUEUES_MAX; i++) {
		nic->channel[i].nic = nic;
		nic->channel[i].index = i;
	}
	begin_session(nic);
	if (offer(&nic->channel[0]) != 0)
		goto err_free;
	return nic;

err_free:
	free(nic);
	return NULL;
}

void netvsp_destroy(struct netvsp *nic)
{
	if (nic == NULL)
		return;
	if (nic->channel[0].open)
		fabric_attach(nic->config.port, FABRIC_SYNTHETIC, NULL, NULL);
	answer_forget(&nic->channel[0]);
	if (nic->channel[0].ch != NULL)
		vmbus_withdraw(nic->channel[0].ch);
	free(nic);
}

void netvsp_associate_vf(struct netvsp *nic, bool allocated, uint32_t serial)
{
	nic->vf.allocated = allocated;
	nic->vf.serial = serial;
	owe(nic, NIC_OWES_VF);
	answer_flush(nic);
}

void netvsp_host_datapath(struct netvsp *nic, enum fabric_path path)
{
	nic_set_datapath(nic, path, true);
	owe(nic, NIC_OWES_DATAPATH);
	answer_flush(nic);
}

void netvsp_set_link(struct netvsp *nic, bool up)
{
	if (nic->link == up)
		return;
	nic->link = up;
	owe(nic, NIC_OWES_LINK);
	answer_flush(nic);
}

void netvsp_set_faults(struct netvsp *nic, const struct netvsp_faults *faults)
{
	nic->faults = faults != NULL ? *faults : (struct netvsp_faults){ 0 };
}

int netvsp_send_malformed(struct netvsp *nic, const char *kind)
{
	return malformed_send(nic, kind);
}

const char *netvsp_malformed_kind(unsigned int i)
{
	return malformed_name(i);
}

int netvsp_claim_vf(struct netvsp *nic, bool allocated, uint32_t serial)
{
	struct nvsp_message m = { .type = NVSP_SEND_VF_ASSOCIATION };

	if (!nic->channel[0].open)
		return -ENOTCONN;
	m.vf_association.allocated = allocated;
	m.vf_association.serial = serial;
	return vmbus_channel_send(nic->channel[0].ch, VMBUS_PACKET_INBAND, 0, 0, NULL, 0, &m,
				  sizeof(m));
}

void netvsp_rescind(struct netvsp *nic)
{
	nic->offer_wanted = false;
	if (nic->channel[0].ch != NULL)
		vmbus_rescind(nic->channel[0].ch);
}

void netvsp_offer(struct netvsp *nic)
{
	nic->offer_wanted = !try_offer(&nic->channel[0]);
}

bool netvsp_poll(struct netvsp *nic)
{
	bool moved = answer_flush(nic);

	catch_up(nic);
	moved |= answer_flush(nic);
	for (unsigned int i = 0; i < nic->config.queues; i++)
		if (nic->channel[i].open &&
		    (nic->channel[i].stalled || nic->channel[i].linger_until != 0))
			moved |= drain(&nic->channel[i]);
	moved |= answer_flush(nic);
	if (nic->offer_wanted)
		nic->offer_wanted = !try_offer(&nic->channel[0]);
	offer_subchannels(nic);
	return moved;
}

/* Is there an offer left to make? One that waits for a release comes with that. */
static bool offers_wait(const struct netvsp *nic)
{
	for (unsigned int i = 1; is_offered(nic) && i <= nic->session.granted; i++)
		if (nic->channel[i].ch == NULL)
			return true;
	return nic->offer_wanted && nic->channel[0].ch == NULL;
}

uint64_t netvsp_deadline(const struct netvsp *nic)
{
	uint64_t deadline = answer_deadline(nic);
	bool stalled = false, lingers = false;

	for (unsigned int i = 0; i < nic->config.queues; i++) {
		stalled |= nic->channel[i].stalled;
		lingers |= nic->channel[i].linger_until != 0;
	}
	if (lingers) {
		uint64_t look = lab_clock_now(nic->config.clock) + LOOK_NS;

		deadline = look < deadline ? look : deadline;
	}
	if ((stalled || offers_wait(nic)) && nic->retry_at < deadline)
		deadline = nic->retry_at;
	return deadline;
}

uint32_t netvsp_version(const struct netvsp *nic)
{
	return nic->session.version;
}

bool netvsp_is_up(const struct netvsp *nic)
{
	return nic->channel[0].open && nic->session.filter != 0;
}
