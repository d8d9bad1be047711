// SPDX-License-Identifier: BSD-3-Clause
/*
 * See netvsp_fake.h. Channels are kept for the whole test, so that a NIC which uses one it was
 * told is released trips over an assertion instead of reading freed memory.
 */
#include "netvsp_fake.h"

#include "../../tools/lab/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct fake fake;

struct vmbus_gpadl {
	uint32_t handle, size;
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
	return gpadl->size;
}

int vmbus_gpadl_read(const struct vmbus_gpadl *gpadl, uint32_t offset, void *dst, size_t len)
{
	if (offset > gpadl->size || len > gpadl->size - offset)
		return -EFAULT;
	memcpy(dst, gpadl->data + offset, len);
	return 0;
}

int vmbus_gpadl_write(const struct vmbus_gpadl *gpadl, uint32_t offset, const void *src,
		      size_t len)
{
	if (offset > gpadl->size || len > gpadl->size - offset)
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
	gpadls[0] = (struct vmbus_gpadl){ FAKE_RECV_GPADL, FAKE_RECV_SIZE, fake.recv };
	gpadls[1] = (struct vmbus_gpadl){ FAKE_SEND_GPADL, FAKE_SEND_SIZE, fake.send };
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

/* ------------------------------------------------------------------- the guest's protocol -- */

static uint64_t last_transaction;

struct nvsp_message fake_ask(const struct nvsp_message *m, uint32_t answer_type)
{
	const struct fake_packet *p;
	struct nvsp_message answer = { 0 };

	fake_put(0, VMBUS_PACKET_INBAND, FAKE_WANTS, ++last_transaction, NULL, 0, m, sizeof(*m));
	p = fake_get(0);
	CU_ASSERT_PTR_NOT_NULL(p);
	if (p == NULL)
		return answer;
	CU_ASSERT_EQUAL(p->type, VMBUS_PACKET_COMPLETION);
	CU_ASSERT_EQUAL(p->transaction, last_transaction);
	if (answer_type == 0) {
		CU_ASSERT_EQUAL(p->len, 0);
		return answer;
	}
	CU_ASSERT_EQUAL(p->len, sizeof(answer));
	memcpy(&answer, p->payload, sizeof(answer));
	CU_ASSERT_EQUAL(answer.type, answer_type);
	return answer;
}

bool fake_init(uint32_t version)
{
	struct nvsp_message m = { .type = NVSP_INIT };

	m.init.min = version;
	m.init.max = version;
	return fake_ask(&m, NVSP_INIT_COMPLETE).init_complete.status == NVSP_STATUS_SUCCESS;
}

void fake_ndis_config(uint32_t mtu, uint64_t capabilities)
{
	struct nvsp_message m = { .type = NVSP_SEND_NDIS_CONFIG };

	m.ndis_config.frame_max = mtu + 14;
	m.ndis_config.capabilities = capabilities;
	fake_put(0, VMBUS_PACKET_INBAND, 0, 0, NULL, 0, &m, sizeof(m));
}

struct nvsp_message fake_recv_buf(void)
{
	struct nvsp_message m = { .type = NVSP_SEND_RECV_BUF };

	gpadls[0].size = fake.recv_size;
	m.buffer.gpadl = FAKE_RECV_GPADL;
	m.buffer.id = FAKE_RECV_ID;
	return fake_ask(&m, NVSP_SEND_RECV_BUF_COMPLETE);
}

struct nvsp_message fake_send_buf(void)
{
	struct nvsp_message m = { .type = NVSP_SEND_SEND_BUF };

	gpadls[1].size = fake.send_size;
	m.buffer.gpadl = FAKE_SEND_GPADL;
	return fake_ask(&m, NVSP_SEND_SEND_BUF_COMPLETE);
}

/* One range of whole pages at the start of RAM: enough for every control message. */
uint32_t fake_control(const void *message, size_t len)
{
	struct {
		struct nvsp_gpa_direct head;
		struct nvsp_gpa_range range;
		uint64_t pfn[2];
	} extension = { { 0, 1 }, { (uint32_t)len, 8 },
			{ FAKE_RAM / LAB_PAGE_SIZE, FAKE_RAM / LAB_PAGE_SIZE + 1 } };
	struct nvsp_message m = { .type = NVSP_SEND_RNDIS };
	const struct fake_packet *p;
	uint32_t status = 0;

	CU_ASSERT_FATAL(len <= 4000);
	memcpy(fake.ram + 8, message, len);
	m.rndis.channel_type = NVSP_CHANNEL_CONTROL;
	m.rndis.section = NVSP_NO_SECTION;
	fake_put(0, VMBUS_PACKET_GPA_DIRECT, FAKE_WANTS, ++last_transaction, &extension,
		 sizeof(extension), &m, sizeof(m));
	/* The answer may have come first. */
	for (unsigned int i = fake_waiting(0); i > 0; i--) {
		p = fake_get(0);
		if (p->type == VMBUS_PACKET_COMPLETION) {
			memcpy(&m, p->payload, sizeof(m));
			CU_ASSERT_EQUAL(p->transaction, last_transaction);
			CU_ASSERT_EQUAL(m.type, NVSP_SEND_RNDIS_COMPLETE);
			status = m.rndis_complete.status;
		} else { /* to the back, for fake_receive() */
			push(&fake_channel(0)->out, p->type, p->flags, p->transaction,
			     p->extension, p->extension_len, p->payload, p->len);
		}
	}
	return status;
}

size_t fake_receive(unsigned int index, uint8_t *out, size_t size, bool give_back)
{
	const struct fake_packet *p = fake_get(index);
	struct nvsp_transfer_page page;
	struct nvsp_message m = { .type = NVSP_SEND_RNDIS_COMPLETE };

	CU_ASSERT_PTR_NOT_NULL(p);
	if (p == NULL)
		return 0;
	CU_ASSERT_EQUAL(p->type, VMBUS_PACKET_TRANSFER_PAGES);
	CU_ASSERT_EQUAL(p->extension_len, sizeof(page));
	CU_ASSERT_NOT_EQUAL(p->transaction, 0);
	memcpy(&page, p->extension, sizeof(page));
	CU_ASSERT_EQUAL(page.pageset, FAKE_RECV_ID);
	CU_ASSERT_EQUAL(page.ranges, 1);
	CU_ASSERT_FATAL(page.offset <= fake.recv_size && page.len <= fake.recv_size - page.offset);
	CU_ASSERT_FATAL(page.len <= size);
	memcpy(out, fake.recv + page.offset, page.len);
	m.rndis_complete.status = NVSP_STATUS_SUCCESS;
	if (give_back)
		fake_put(index, VMBUS_PACKET_COMPLETION, 0, p->transaction, NULL, 0, &m, 8);
	return page.len;
}

static uint32_t oid_request(uint32_t type, uint32_t oid, const void *info, uint32_t info_len)
{
	static uint32_t id;
	struct {
		struct rndis_oid_request head;
		uint8_t info[1024];
	} request = { .head = { { type, (uint32_t)sizeof(request.head) + info_len }, ++id, oid,
				info_len, sizeof(request.head) - 8, 0 } };

	CU_ASSERT_FATAL(info_len <= sizeof(request.info));
	if (info_len > 0)
		memcpy(request.info, info, info_len);
	CU_ASSERT_EQUAL(fake_control(&request, request.head.header.len), NVSP_STATUS_SUCCESS);
	return id;
}

uint32_t fake_query(uint32_t oid, const void *info, uint32_t info_len, uint8_t *out,
		    size_t *out_len)
{
	uint32_t id = oid_request(RNDIS_QUERY, oid, info, info_len);
	struct rndis_query_complete done = { 0 };
	uint8_t message[512];
	size_t len = fake_receive(0, message, sizeof(message), true);

	*out_len = 0;
	CU_ASSERT(len >= sizeof(done));
	memcpy(&done, message, sizeof(done));
	CU_ASSERT_EQUAL(done.header.type, RNDIS_QUERY | RNDIS_COMPLETION);
	CU_ASSERT_EQUAL(done.header.len, len);
	CU_ASSERT_EQUAL(done.id, id);
	if (done.status != RNDIS_SUCCESS) {
		CU_ASSERT_EQUAL(done.info_len, 0);
		return done.status;
	}
	/* rndis_filter_query_device(): behind the answer's head and inside the message. */
	CU_ASSERT_EQUAL(done.info_offset, 16);
	CU_ASSERT_EQUAL_FATAL(len, sizeof(done) + done.info_len);
	memcpy(out, message + 8 + done.info_offset, done.info_len);
	*out_len = done.info_len;
	return done.status;
}

uint32_t fake_set(uint32_t oid, const void *info, uint32_t info_len)
{
	uint32_t id = oid_request(RNDIS_SET, oid, info, info_len);
	struct rndis_status_complete done = { 0 };

	CU_ASSERT_EQUAL(fake_receive(0, (uint8_t *)&done, sizeof(done), true), sizeof(done));
	CU_ASSERT_EQUAL(done.header.type, RNDIS_SET | RNDIS_COMPLETION);
	CU_ASSERT_EQUAL(done.header.len, sizeof(done));
	CU_ASSERT_EQUAL(done.id, id);
	return done.status;
}

void fake_up(uint32_t version)
{
	struct rndis_initialize init = { { RNDIS_INITIALIZE, sizeof(init) }, 7, 1, 0, 0x4000 };
	struct rndis_initialize_complete done = { 0 };
	uint32_t filter = RNDIS_FILTER_DIRECTED | RNDIS_FILTER_ALL_MULTICAST |
			  RNDIS_FILTER_BROADCAST;

	CU_ASSERT_EQUAL(fake_open(0), 0);
	CU_ASSERT_TRUE(fake_init(version));
	if (version >= NVSP_VERSION_2)
		fake_ndis_config(1500, NVSP_CAPABILITY_TEAMING);
	CU_ASSERT_EQUAL(fake_recv_buf().recv_complete.status, NVSP_STATUS_SUCCESS);
	CU_ASSERT_EQUAL(fake_send_buf().send_complete.status, NVSP_STATUS_SUCCESS);
	CU_ASSERT_EQUAL(fake_control(&init, sizeof(init)), NVSP_STATUS_SUCCESS);
	CU_ASSERT_EQUAL(fake_receive(0, (uint8_t *)&done, sizeof(done), true), sizeof(done));
	CU_ASSERT_EQUAL(done.status, RNDIS_SUCCESS);
	CU_ASSERT_EQUAL(fake_set(OID_GEN_CURRENT_PACKET_FILTER, &filter, 4), RNDIS_SUCCESS);
	CU_ASSERT_TRUE(netvsp_is_up(fake.nic));
}

void fake_subchannels(unsigned int count)
{
	struct nvsp_message m = { .type = NVSP_SUBCHANNEL }, answer;

	m.subchannel.op = NVSP_SUBCHANNEL_ALLOCATE;
	m.subchannel.count = count;
	answer = fake_ask(&m, NVSP_SUBCHANNEL);
	CU_ASSERT_EQUAL(answer.subchannel_complete.status, NVSP_STATUS_SUCCESS);
	CU_ASSERT_EQUAL(answer.subchannel_complete.count, count);
	for (unsigned int i = 1; i <= count; i++)
		CU_ASSERT_EQUAL(fake_open(i), 0);
}

/* -------------------------------------------------------------------------------- frames -- */

size_t fake_build(uint8_t *out, const struct fake_flow *flow)
{
	static const uint8_t peer[6] = { 0x02, 0, 0, 0, 0, 1 };
	size_t l3 = flow->vlan ? 18 : 14, l4 = l3 + (flow->v6 ? 40 : 20);
	size_t len = l4 + (flow->udp ? 8 : 20) + flow->payload;
	size_t datagram = len - l3;
	struct frame_info info;

	memset(out, 0, len);
	memcpy(out, nic_mac, 6);
	memcpy(out + 6, peer, 6);
	if (flow->vlan)
		memcpy(out + 12, "\x81\x00\x60\x05", 4); /* priority 3, VLAN 5 */
	memcpy(out + l3 - 2, flow->v6 ? "\x86\xdd" : "\x08\x00", 2);
	if (flow->v6) {
		out[l3] = 0x60;
		out[l3 + 4] = (uint8_t)((datagram - 40) >> 8);
		out[l3 + 5] = (uint8_t)(datagram - 40);
		out[l3 + 6] = flow->udp ? 17 : 6;
		out[l3 + 8] = 0xfd;
		out[l3 + 23] = flow->host;
		out[l3 + 24] = 0xfd;
		out[l3 + 39] = 2;
	} else {
		out[l3] = 0x45;
		out[l3 + 2] = (uint8_t)(datagram >> 8);
		out[l3 + 3] = (uint8_t)datagram;
		out[l3 + 8] = 64;
		out[l3 + 9] = flow->udp ? 17 : 6;
		memcpy(out + l3 + 12, "\x0a\x4d\x00\x00\x0a\x4d\x00\x02", 8);
		out[l3 + 15] = flow->host;
	}
	out[l4] = (uint8_t)(flow->port >> 8);
	out[l4 + 1] = (uint8_t)flow->port;
	out[l4 + 3] = 80;
	if (flow->udp) {
		out[l4 + 4] = (uint8_t)((8 + flow->payload) >> 8);
		out[l4 + 5] = (uint8_t)(8 + flow->payload);
	} else {
		out[l4 + 12] = 0x50;
		out[l4 + 13] = 0x18;
	}
	for (size_t i = 0; i < flow->payload; i++)
		out[len - flow->payload + i] = (uint8_t)(i * 7 + flow->host);
	CU_ASSERT_EQUAL(frame_parse(out, len, &info), 0);
	frame_fill_l3(out, &info);
	frame_fill_l4(out, &info);
	return len;
}

enum fabric_drop fake_deliver(const uint8_t *frame, size_t len)
{
	if (fake.attached == NULL)
		return FABRIC_DROP_PATH_DOWN;
	return fake.attached->deliver(fake.attached_ctx, frame, len);
}

size_t fake_ppi(uint8_t *out, uint32_t type, uint32_t value)
{
	struct rndis_ppi ppi = { sizeof(ppi) + 4, type, sizeof(ppi) };

	memcpy(out, &ppi, sizeof(ppi));
	memcpy(out + sizeof(ppi), &value, 4);
	return ppi.size;
}

size_t fake_wrap(uint8_t *out, const void *ppi, size_t ppi_len, const uint8_t *frame, size_t len)
{
	struct rndis_packet packet = {
		.header = { RNDIS_PACKET, 0 },
		.data_offset = RNDIS_PACKET_BODY + (uint32_t)ppi_len,
		.data_len = (uint32_t)len,
		.ppi_offset = RNDIS_PACKET_BODY,
		.ppi_len = (uint32_t)ppi_len,
	};
	size_t total = sizeof(packet) + ppi_len + len, padded = (total + 7) / 8 * 8;

	packet.header.len = (uint32_t)padded;
	memcpy(out, &packet, sizeof(packet));
	if (ppi_len > 0)
		memcpy(out + sizeof(packet), ppi, ppi_len);
	memcpy(out + sizeof(packet) + ppi_len, frame, len);
	memset(out + total, 0, padded - total);
	return padded;
}

uint32_t fake_send_section(unsigned int index, const void *bytes, size_t len)
{
	struct nvsp_message m = { .type = NVSP_SEND_RNDIS };

	CU_ASSERT_FATAL(len <= NVSP_SEND_SECTION);
	memcpy(fake.send, bytes, len);
	m.rndis.section_len = (uint32_t)len;
	fake_put(index, VMBUS_PACKET_INBAND, FAKE_WANTS, ++last_transaction, NULL, 0, &m,
		 sizeof(m));
	return fake_get_nvsp(index, VMBUS_PACKET_COMPLETION, NVSP_SEND_RNDIS_COMPLETE)
		.rndis_complete.status;
}
