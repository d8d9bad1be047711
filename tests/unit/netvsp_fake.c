// SPDX-License-Identifier: BSD-3-Clause
/*
 * See netvsp_fake.h. Channels are kept for the whole test, so that a NIC which uses one it was
 * told is released trips over an assertion instead of reading freed memory.
 */
#include "netvsp_fake.h"

#include "../../tools/lab/vmbus/ring.h"

#include "../../tools/lab/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct fake fake;

struct vmbus_gpadl {
	uint32_t handle;
	const uint32_t *size; /* fake.recv_size or fake.send_size */
	uint8_t *data;
};

struct vmbus_channel {
	struct vmbus_offer offer;
	bool open, rescinded, released;
	struct fake_queue in, out;
};

static struct vmbus_channel *channels[FAKE_CHANNELS];
static struct vmbus_gpadl gpadls[2];
static const uint8_t nic_mac[6] = { 0x00, 0x15, 0x5d, 0x01, 0x02, 0x03 };

/* --------------------------------------------------------------------------------- VMBus -- */

int vmbus_offer(struct vmbus *bus, const struct vmbus_offer *offer, struct vmbus_channel **ch)
{
	(void)bus;
	CU_ASSERT_FATAL(fake.offers < FAKE_CHANNELS);
	for (unsigned int i = 0; i < fake.offers; i++)
		if (channels[i]->offer.subchannel == offer->subchannel && !channels[i]->released &&
		    (offer->subchannel == 0 || !channels[i]->rescinded))
			return -EEXIST;
	*ch = calloc(1, sizeof(**ch));
	CU_ASSERT_PTR_NOT_NULL_FATAL(*ch);
	(*ch)->offer = *offer;
	channels[fake.offers++] = *ch;
	return 0;
}

static void release(struct vmbus_channel *ch)
{
	const struct vmbus_device_ops *ops = ch->offer.ops;

	if (ch->released)
		return;
	if (ch->open) {
		ch->open = false;
		ops->close(ch->offer.device, ch);
	}
	ch->released = true;
	if (ops->released != NULL)
		ops->released(ch->offer.device, ch);
}

void vmbus_rescind(struct vmbus_channel *ch)
{
	CU_ASSERT_FALSE(ch->released);
	ch->rescinded = true;
	for (unsigned int i = 0; ch->offer.subchannel == 0 && i < fake.offers; i++)
		if (channels[i]->offer.subchannel != 0)
			channels[i]->rescinded = true;
	if (!fake.connected)
		release(ch);
}

void vmbus_withdraw(struct vmbus_channel *ch)
{
	CU_ASSERT_FALSE(ch->released);
	for (unsigned int i = 0; i < fake.offers; i++) {
		channels[i]->rescinded = true;
		channels[i]->released = true;
	}
}

bool vmbus_channel_is_rescinded(const struct vmbus_channel *ch)
{
	CU_ASSERT_FALSE(ch->released);
	return ch->rescinded;
}

/* Each packet is handed out in blocks of its exact size, for the address sanitizer to watch. */
static uint8_t *exact[2];

static uint8_t *exact_copy(unsigned int which, const uint8_t *bytes, size_t len)
{
	free(exact[which]);
	exact[which] = len > 0 ? malloc(len) : NULL;
	if (len > 0)
		memcpy(exact[which], bytes, len);
	return exact[which];
}

int vmbus_channel_receive(struct vmbus_channel *ch, struct vmbus_packet *packet)
{
	const struct fake_packet *p = &ch->in.packet[ch->in.head % FAKE_PACKETS];

	CU_ASSERT_TRUE(ch->open);
	if (fake.broken)
		return -EPROTO;
	if (ch->in.head == ch->in.tail)
		return 0;
	ch->in.head++;
	*packet = (struct vmbus_packet){
		.type = p->type, .flags = p->flags, .transaction = p->transaction,
		.extension = exact_copy(0, p->extension, p->extension_len),
		.extension_len = p->extension_len,
		.payload = exact_copy(1, p->payload, p->len),
		.len = p->len,
	};
	return 1;
}

static void push(struct fake_queue *q, uint16_t type, uint16_t flags, uint64_t transaction,
		 const void *extension, size_t extension_len, const void *payload, size_t len)
{
	struct fake_packet *p = &q->packet[q->tail % FAKE_PACKETS];

	CU_ASSERT_FATAL(q->tail - q->head < FAKE_PACKETS);
	CU_ASSERT_FATAL(extension_len <= FAKE_PACKET_MAX && len <= FAKE_PACKET_MAX);
	memset(p, 0, sizeof(*p));
	p->type = type;
	p->flags = flags;
	p->transaction = transaction;
	p->extension_len = extension_len;
	p->len = (len + 7) / 8 * 8; /* as on the wire */
	if (extension_len > 0)
		memcpy(p->extension, extension, extension_len);
	if (len > 0)
		memcpy(p->payload, payload, len);
	q->tail++;
}

int vmbus_channel_send(struct vmbus_channel *ch, enum vmbus_packet_type type, uint16_t flags,
		       uint64_t transaction, const void *extension, size_t extension_len,
		       const void *payload, size_t len)
{
	CU_ASSERT_FALSE(ch->released);
	CU_ASSERT_TRUE(ch->open);
	if (fake.room == 0)
		return -EAGAIN;
	fake.room--;
	push(&ch->out, (uint16_t)type, flags, transaction, extension, extension_len, payload, len);
	return 0;
}

int vmbus_channel_send_raw(struct vmbus_channel *ch, const void *packet, size_t len)
{
	struct ring_descriptor d;

	CU_ASSERT_FATAL(len >= sizeof(d) && len % 8 == 0);
	memcpy(&d, packet, sizeof(d));
	return vmbus_channel_send(ch, (enum vmbus_packet_type)d.type, d.flags, d.transaction, NULL,
				  0, packet, len);
}

bool vmbus_channel_has_room(const struct vmbus_channel *ch, size_t len)
{
	CU_ASSERT_TRUE(ch->open);
	return fake.room > (len >= 512 ? fake.reserve : 0);
}

bool vmbus_channel_set_polling(struct vmbus_channel *ch, bool polling)
{
	(void)polling;
	return ch->in.head != ch->in.tail;
}

struct vmbus_gpadl *vmbus_gpadl_find(struct vmbus_channel *ch, uint32_t handle)
{
	CU_ASSERT_FALSE(ch->released);
	if (handle == FAKE_RECV_GPADL && fake.recv_torn_down)
		return NULL;
	for (size_t i = 0; i < 2; i++)
		if (gpadls[i].handle == handle)
			return &gpadls[i];
	return NULL;
}

uint32_t vmbus_gpadl_size(const struct vmbus_gpadl *gpadl)
{
	return *gpadl->size;
}

int vmbus_gpadl_read(const struct vmbus_gpadl *gpadl, uint32_t offset, void *dst, size_t len)
{
	if (offset > *gpadl->size || len > *gpadl->size - offset)
		return -EFAULT;
	memcpy(dst, gpadl->data + offset, len);
	return 0;
}

int vmbus_gpadl_write(const struct vmbus_gpadl *gpadl, uint32_t offset, const void *src,
		      size_t len)
{
	if (offset > *gpadl->size || len > *gpadl->size - offset)
		return -EFAULT;
	memcpy(gpadl->data + offset, src, len);
	return 0;
}

/* -------------------------------------------------------------------------------- fabric -- */

void fabric_attach(struct fabric_port *port, enum fabric_path path,
		   const struct fabric_path_ops *ops, void *ctx)
{
	(void)port;
	CU_ASSERT_EQUAL(path, FABRIC_SYNTHETIC);
	fake.attached = ops;
	fake.attached_ctx = ctx;
}

void fabric_send(struct fabric_port *port, enum fabric_path path, const uint8_t *frame,
		 size_t len)
{
	struct fake_frame *f = &fake.frame[fake.frames];
	uint8_t back[FABRIC_FRAME_MAX];

	(void)port;
	CU_ASSERT_EQUAL(path, FABRIC_SYNTHETIC);
	CU_ASSERT_FATAL(fake.frames < FAKE_FRAMES);
	free(f->data); /* tests forget frames by setting the count back */
	f->len = len;
	f->data = malloc(len + 1);
	memcpy(f->data, frame, len);
	fake.frames++;
	if (fake.echo && len <= sizeof(back) && len >= 14) {
		memcpy(back, frame, len);
		memcpy(back, frame + 6, 6);
		memcpy(back + 6, frame, 6);
		fake_deliver(back, len);
	}
}

void fabric_set_datapath(struct fabric_port *port, enum fabric_path path)
{
	(void)port;
	fake.datapath = path;
}

enum fabric_path fabric_datapath(const struct fabric_port *port)
{
	(void)port;
	return fake.datapath;
}

const struct fabric_counters *fabric_counters(const struct fabric_port *port,
					      enum fabric_path path, enum fabric_direction dir)
{
	(void)port;
	CU_ASSERT_EQUAL(path, FABRIC_SYNTHETIC);
	return &fake.counters[dir];
}

enum fabric_drop fake_deliver(const uint8_t *frame, size_t len)
{
	if (fake.attached == NULL)
		return FABRIC_DROP_PATH_DOWN;
	return fake.attached->deliver(fake.attached_ctx, frame, len);
}

/* --------------------------------------------------------------------------------- world -- */

static uint64_t fake_now(void *ctx)
{
	(void)ctx;
	return fake.now;
}

static void datapath_event(void *ctx, enum fabric_path path, bool by_host)
{
	(void)ctx;
	fake.datapath_events++;
	fake.event_path = path;
	fake.event_by_host = by_host;
}

static void negotiated_event(void *ctx)
{
	(void)ctx;
	fake.negotiated_events++;
	CU_ASSERT_TRUE(netvsp_has_negotiated(fake.nic));
}

void fake_start(uint32_t version, unsigned int queues)
{
	static const struct netvsp_events events = {
		.datapath = datapath_event,
		.negotiated = negotiated_event,
	};

	memset(&fake, 0, sizeof(fake));
	lab_log_set_level(LAB_LOG_ERROR); /* the lies told here are on purpose */
	fake.clock.now = fake_now;
	fake.now = 1000 * LAB_S;
	fake.pending.clock = &fake.clock;
	fake.connected = true;
	fake.room = 100000;
	fake.recv_size = FAKE_RECV_SIZE;
	fake.send_size = FAKE_SEND_SIZE;
	gpadls[0] = (struct vmbus_gpadl){ FAKE_RECV_GPADL, &fake.recv_size, fake.recv };
	gpadls[1] = (struct vmbus_gpadl){ FAKE_SEND_GPADL, &fake.send_size, fake.send };
	CU_ASSERT_EQUAL(lab_mem_add(&fake.mem, FAKE_RAM, sizeof(fake.ram), fake.ram), 0);
	fake.config = (struct netvsp_config){
		.mem = &fake.mem, .clock = &fake.clock, .pending = &fake.pending,
		.events = &events, .max_version = version, .queues = queues, .mtu = 9000,
		.link_speed = 40000000000ull, .name = "nic0",
	};
	memcpy(fake.config.mac, nic_mac, 6);
	fake.nic = netvsp_create(&fake.config);
	CU_ASSERT_PTR_NOT_NULL_FATAL(fake.nic);
}

void fake_stop(void)
{
	netvsp_destroy(fake.nic);
	CU_ASSERT_PTR_NULL(lab_pending_oldest(&fake.pending));
	exact_copy(0, NULL, 0);
	exact_copy(1, NULL, 0);
	for (unsigned int i = 0; i < FAKE_FRAMES; i++)
		free(fake.frame[i].data);
	for (unsigned int i = 0; i < fake.offers; i++)
		free(channels[i]);
	fake.offers = 0;
}

struct vmbus_channel *fake_channel(unsigned int index)
{
	for (unsigned int i = fake.offers; i-- > 0;)
		if (channels[i]->offer.subchannel == index && !channels[i]->released)
			return channels[i];
	return NULL;
}

unsigned int fake_offered(void)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < fake.offers; i++)
		n += !channels[i]->rescinded && !channels[i]->released;
	return n;
}

int fake_open(unsigned int index)
{
	struct vmbus_channel *ch = fake_channel(index);
	int ret;

	CU_ASSERT_PTR_NOT_NULL_FATAL(ch);
	ch->in.head = ch->in.tail;
	ch->out.head = ch->out.tail;
	ch->open = true;
	ret = ch->offer.ops->open(ch->offer.device, ch);
	if (ret != 0)
		ch->open = false;
	return ret;
}

void fake_close(unsigned int index)
{
	struct vmbus_channel *ch = fake_channel(index);

	CU_ASSERT_PTR_NOT_NULL_FATAL(ch);
	ch->open = false;
	ch->offer.ops->close(ch->offer.device, ch);
	for (unsigned int i = 0; index == 0 && i < fake.offers; i++)
		if (channels[i]->offer.subchannel != 0)
			channels[i]->rescinded = true;
}

void fake_release_subchannels(void)
{
	for (unsigned int i = fake.offers; i-- > 0;)
		if (channels[i]->rescinded && channels[i]->offer.subchannel != 0)
			release(channels[i]);
}

void fake_release(void)
{
	fake_release_subchannels();
	for (unsigned int i = fake.offers; i-- > 0;)
		if (channels[i]->rescinded)
			release(channels[i]);
}

void fake_put_quiet(unsigned int index, enum vmbus_packet_type type, uint16_t flags,
		    uint64_t transaction, const void *extension, size_t extension_len,
		    const void *payload, size_t len)
{
	push(&fake_channel(index)->in, (uint16_t)type, flags, transaction, extension,
	     extension_len, payload, len);
}

void fake_calm(void)
{
	fake.now += 2 * NIC_LINGER_NS;
	netvsp_poll(fake.nic);
}

void fake_signal(unsigned int index)
{
	struct vmbus_channel *ch = fake_channel(index);

	ch->offer.ops->signal(ch->offer.device, ch);
}

void fake_put(unsigned int index, enum vmbus_packet_type type, uint16_t flags,
	      uint64_t transaction, const void *extension, size_t extension_len,
	      const void *payload, size_t len)
{
	fake_put_quiet(index, type, flags, transaction, extension, extension_len, payload, len);
	fake_signal(index);
}

const struct fake_packet *fake_get(unsigned int index)
{
	struct fake_queue *q = &fake_channel(index)->out;

	return q->head == q->tail ? NULL : &q->packet[q->head++ % FAKE_PACKETS];
}

void fake_put_back(unsigned int index, const struct fake_packet *p)
{
	push(&fake_channel(index)->out, p->type, p->flags, p->transaction, p->extension,
	     p->extension_len, p->payload, p->len);
}

unsigned int fake_waiting(unsigned int index)
{
	const struct fake_queue *q = &fake_channel(index)->out;

	return q->tail - q->head;
}

struct nvsp_message fake_get_nvsp(unsigned int index, uint16_t packet_type, uint32_t type)
{
	const struct fake_packet *p = fake_get(index);
	struct nvsp_message m = { 0 };

	CU_ASSERT_PTR_NOT_NULL(p);
	if (p == NULL)
		return m;
	CU_ASSERT_EQUAL(p->type, packet_type);
	CU_ASSERT(p->len >= sizeof(m));
	memcpy(&m, p->payload, sizeof(m));
	CU_ASSERT_EQUAL(m.type, type);
	return m;
}
