// SPDX-License-Identifier: BSD-3-Clause
/*
 * See vpci_fake.h. The channel is on the heap and freed when it is released, so that a bus which
 * touches it afterwards is caught.
 */
#include "vpci_fake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct vmbus_channel {
	bool open, rescinded;
};

struct fake fake;

/* --------------------------------------------------------------------------------- VMBus -- */

int vmbus_offer(struct vmbus *bus, const struct vmbus_offer *offer, struct vmbus_channel **ch)
{
	(void)bus;
	CU_ASSERT_PTR_NULL(fake.channel);
	if (fake.offer_error != 0)
		return fake.offer_error;
	fake.offer = *offer;
	fake.offers++;
	fake.channel = calloc(1, sizeof(*fake.channel));
	*ch = fake.channel;
	return 0;
}

void vmbus_rescind(struct vmbus_channel *ch)
{
	CU_ASSERT_PTR_EQUAL(ch, fake.channel);
	CU_ASSERT_FALSE(ch->rescinded);
	ch->rescinded = true;
	fake.rescinds++;
	if (!fake.connected)
		fake_release();
}

void vmbus_withdraw(struct vmbus_channel *ch)
{
	CU_ASSERT_PTR_EQUAL(ch, fake.channel);
	free(ch);
	fake.channel = NULL;
}

int vmbus_channel_receive(struct vmbus_channel *ch, struct vmbus_packet *packet)
{
	const struct fake_packet *p = &fake.in[fake.in_head % FAKE_PACKETS];

	CU_ASSERT_TRUE(ch->open);
	if (fake.in_head == fake.in_tail)
		return 0;
	fake.in_head++;
	*packet = (struct vmbus_packet){
		.type = (uint16_t)p->type,
		.flags = p->flags,
		.transaction = p->transaction,
		.payload = p->payload,
		.len = (p->len + 7) / 8 * 8,
	};
	return 1;
}

int vmbus_channel_send(struct vmbus_channel *ch, enum vmbus_packet_type type, uint16_t flags,
		       uint64_t transaction, const void *extension, size_t extension_len,
		       const void *payload, size_t len)
{
	struct fake_packet *p = &fake.out[fake.out_tail % FAKE_PACKETS];

	(void)extension;
	CU_ASSERT_TRUE(ch->open);
	CU_ASSERT_FALSE(ch->rescinded);
	CU_ASSERT_EQUAL(extension_len, 0);
	CU_ASSERT_FATAL(len >= 8 && len <= sizeof(p->payload));
	if (fake.room == 0)
		return -EAGAIN;
	CU_ASSERT_FATAL(fake.out_tail - fake.out_head < FAKE_PACKETS);
	fake.room--;
	fake.out_tail++;
	*p = (struct fake_packet){ type, flags, transaction, len, { 0 } };
	memcpy(p->payload, payload, len);
	return 0;
}

int fake_open(void)
{
	int ret = fake.offer.ops->open(fake.offer.device, fake.channel);

	fake.channel->open = ret == 0;
	return ret;
}

void fake_close(void)
{
	fake.in_head = fake.in_tail;
	fake.channel->open = false;
	fake.offer.ops->close(fake.offer.device, fake.channel);
}

void fake_release(void)
{
	struct vmbus_channel *ch = fake.channel;

	fake.channel = NULL;
	fake.offer.ops->released(fake.offer.device, ch);
	free(ch);
}

void fake_put(enum vmbus_packet_type type, uint16_t flags, uint64_t transaction,
	      const void *payload, size_t len)
{
	struct fake_packet *p = &fake.in[fake.in_tail % FAKE_PACKETS];

	CU_ASSERT_FATAL(len <= sizeof(p->payload) && fake.in_tail - fake.in_head < FAKE_PACKETS);
	fake.in_tail++;
	*p = (struct fake_packet){ type, flags, transaction, len, { 0 } };
	if (len != 0)
		memcpy(p->payload, payload, len);
}

void fake_signal(void)
{
	fake.offer.ops->signal(fake.offer.device, fake.channel);
}

const struct fake_packet *fake_take(void)
{
	if (fake.out_head == fake.out_tail)
		return NULL;
	fake.room++;
	return &fake.out[fake.out_head++ % FAKE_PACKETS];
}

const struct fake_packet *fake_request(const void *payload, size_t len)
{
	fake_put(VMBUS_PACKET_INBAND, VMBUS_FLAG_COMPLETION_REQUESTED, ++fake.last_transaction,
		 payload, len);
	fake_signal();
	return fake_take();
}

uint32_t fake_status(const void *payload, size_t len)
{
	const struct fake_packet *p = fake_request(payload, len);
	uint32_t status;

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(p->type, VMBUS_PACKET_COMPLETION);
	CU_ASSERT_EQUAL(p->transaction, fake.last_transaction);
	memcpy(&status, p->payload, sizeof(status));
	return status;
}

void fake_tell(const void *payload, size_t len)
{
	fake_put(VMBUS_PACKET_INBAND, 0, 0, payload, len);
	fake_signal();
}

/* ----------------------------------------------------------------------------------- VMM -- */

const struct fake_place *fake_place_at(gpa_t base)
{
	for (unsigned int i = 0; i < FAKE_PLACES; i++)
		if (fake.place[i].size != 0 && fake.place[i].base == base)
			return &fake.place[i];
	return NULL;
}

unsigned int fake_places(void)
{
	unsigned int used = 0;

	for (unsigned int i = 0; i < FAKE_PLACES; i++)
		used += fake.place[i].size != 0;
	return used;
}

static int place(struct fake_place new)
{
	struct fake_place *free_place = NULL;

	CU_ASSERT_TRUE(new.size != 0 && new.base % 4096 == 0 && new.size % 4096 == 0);
	CU_ASSERT_TRUE(new.base + new.size >= new.base);
	if (new.base < FAKE_GUEST_RAM)
		return -EBUSY;
	for (unsigned int i = 0; i < FAKE_PLACES; i++) {
		struct fake_place *p = &fake.place[i];

		if (p->size == 0)
			free_place = p;
		else if (new.base < p->base + p->size && p->base < new.base + new.size)
			return -EBUSY;
	}
	CU_ASSERT_PTR_NOT_NULL_FATAL(free_place);
	*free_place = new;
	return 0;
}

static void unplace(gpa_t base, bool memory)
{
	struct fake_place *p = (struct fake_place *)fake_place_at(base);

	/* Not fatal: this also runs in teardown, where CUnit has nowhere to jump to. */
	CU_ASSERT_PTR_NOT_NULL(p);
	if (p == NULL)
		return;
	CU_ASSERT_EQUAL(p->memory != NULL, memory);
	p->size = 0;
}

static int mmio_claim(void *host, gpa_t base, uint64_t size, const struct vpci_mmio_ops *ops,
		      void *ctx)
{
	CU_ASSERT_PTR_EQUAL(host, &fake);
	if (fake.claim_error != 0)
		return fake.claim_error;
	return place((struct fake_place){ base, size, ops, ctx, NULL });
}

static void mmio_release(void *host, gpa_t base)
{
	(void)host;
	unplace(base, false);
}

static int ram_map(void *host, gpa_t base, uint64_t size, void *memory)
{
	(void)host;
	return place((struct fake_place){ base, size, NULL, NULL, memory });
}

static void ram_unmap(void *host, gpa_t base)
{
	(void)host;
	unplace(base, true);
}

static void msi(void *host, uint64_t address, uint32_t data)
{
	(void)host;
	CU_ASSERT_FATAL(fake.msis < FAKE_MSIS);
	fake.msi[fake.msis].address = address;
	fake.msi[fake.msis++].data = data;
}

static const struct vpci_host_ops host_ops = { mmio_claim, mmio_release, ram_map, ram_unmap, msi };

static const struct fake_place *covering(gpa_t at)
{
	for (unsigned int i = 0; i < FAKE_PLACES; i++) {
		const struct fake_place *p = &fake.place[i];

		if (p->size != 0 && at >= p->base && at - p->base < p->size)
			return p;
	}
	return NULL;
}

uint64_t fake_read(gpa_t at, unsigned int size)
{
	const struct fake_place *p = covering(at);
	uint64_t value = 0;

	if (p == NULL)
		value = UINT64_MAX;
	else if (p->ops != NULL)
		value = p->ops->read(p->ctx, at - p->base, size);
	else
		memcpy(&value, (uint8_t *)p->memory + (at - p->base), size);
	return size == 8 ? value : value & ((1ull << 8 * size) - 1);
}

void fake_write(gpa_t at, uint64_t value, unsigned int size)
{
	const struct fake_place *p = covering(at);

	if (p != NULL && p->ops != NULL)
		p->ops->write(p->ctx, at - p->base, value, size);
	else if (p != NULL)
		memcpy((uint8_t *)p->memory + (at - p->base), &value, size);
}

uint32_t fake_config_read(unsigned int offset, unsigned int size)
{
	fake_write(FAKE_WINDOW, FAKE_SLOT, 4);
	return (uint32_t)fake_read(FAKE_WINDOW + 4096 + offset, size);
}

void fake_config_write(unsigned int offset, uint32_t value, unsigned int size)
{
	fake_write(FAKE_WINDOW, FAKE_SLOT, 4);
	fake_write(FAKE_WINDOW + 4096 + offset, value, size);
}

/* ------------------------------------------------------------------- function and events -- */

static uint64_t model_read(void *model, uint64_t offset, unsigned int size)
{
	CU_ASSERT_PTR_EQUAL(model, &fake);
	fake.reads++;
	fake.last_offset = offset;
	fake.last_size = size;
	return 0x1122334455667788ull;
}

static void model_write(void *model, uint64_t offset, uint64_t value, unsigned int size)
{
	(void)model;
	fake.writes++;
	fake.last_offset = offset;
	fake.last_value = value;
	fake.last_size = size;
}

static int model_block_read(void *model, uint32_t id, void *buf, size_t len)
{
	(void)model;
	fake.last_block = id;
	memcpy(buf, fake.block, len);
	return fake.block_error;
}

static int model_block_write(void *model, uint32_t id, const void *buf, size_t len)
{
	(void)model;
	fake.last_block = id;
	fake.block_len = len;
	memcpy(fake.block, buf, len);
	return fake.block_error;
}

static void model_reset(void *model)
{
	(void)model;
	fake.resets++;
}

static const struct pci_function_ops model_ops = {
	model_read, model_write, model_block_read, model_block_write, model_reset,
};

static void d0(void *ctx)
{
	(void)ctx;
	fake.d0s++;
}

static void ejected(void *ctx)
{
	(void)ctx;
	fake.ejecteds++;
	CU_ASSERT_FALSE(vpci_is_present(fake.bus));
	CU_ASSERT_EQUAL(vpci_add(fake.bus, 99), -EBUSY);
}

static void released(void *ctx)
{
	(void)ctx;
	fake.releaseds++;
	if (fake.add_on_release)
		CU_ASSERT_EQUAL(vpci_add(fake.bus, 8), 0);
}

static const struct vpci_events events = { d0, ejected, released };

void fake_hang(uint32_t max_version, const struct pci_function *function)
{
	struct vpci_config config = {
		.pending = &fake.pending,
		.host = &host_ops,
		.host_ctx = &fake,
		.events = &events,
		.max_version = max_version,
		.instance = { { 0, 0, 0, 0, 0x34, 0x92, 0x7f, 0x56 } },
		.function = function,
		.name = "vf0",
	};

	fake.bus = vpci_create(&config);
	CU_ASSERT_PTR_NOT_NULL_FATAL(fake.bus);
	CU_ASSERT_EQUAL_FATAL(vpci_add(fake.bus, 7), 0);
}

void fake_setup(uint32_t max_version)
{
	memset(&fake, 0, sizeof(fake));
	fake.connected = true;
	fake.room = 32;
	fake.function = (struct pci_function){
		.vendor = 0x15b3, .device = 0x1018,
		.subsystem_vendor = 0x15b3, .subsystem_device = 0x0190,
		.revision = 0x80, .prog_if = 0x01, .subclass = 0x03, .base_class = 0x02,
		.bar0_size = FAKE_BAR_SIZE,
		.msix_vectors = FAKE_VECTORS,
		.msix_table_offset = FAKE_TABLE,
		.msix_pba_offset = FAKE_PBA,
		.ram_count = 2,
		.ram = {
			{ FAKE_RAM_B, 0x2000, fake.memory + 4096 },
			{ FAKE_RAM_A, 0x1000, fake.memory },
		},
		.ops = &model_ops,
		.model = &fake,
	};
	fake_hang(max_version, &fake.function);
}

void fake_teardown(void)
{
	vpci_destroy(fake.bus);
	fake.bus = NULL;
	CU_ASSERT_EQUAL(fake_places(), 0);
	CU_ASSERT_PTR_NULL(lab_pending_oldest(&fake.pending));
	CU_ASSERT_PTR_NULL(fake.channel);
}

/* ------------------------------------------------------------------------ what guests do -- */

void fake_probe(uint32_t version)
{
	struct vpci_version_request query = { VPCI_QUERY_PROTOCOL_VERSION, version };
	struct vpci_d0_entry entry = { VPCI_BUS_D0ENTRY, 0, FAKE_WINDOW };
	uint32_t relations = VPCI_QUERY_BUS_RELATIONS;

	CU_ASSERT_EQUAL(fake_open(), 0);
	CU_ASSERT_EQUAL(fake_status(&query, sizeof(query)), VPCI_SUCCESS);
	fake_tell(&relations, sizeof(relations));
	CU_ASSERT_PTR_NOT_NULL(fake_take());
	CU_ASSERT_EQUAL(fake_status(&entry, sizeof(entry)), VPCI_SUCCESS);
}

void fake_map(void)
{
	fake_config_write(0x10, (uint32_t)FAKE_BAR, 4);
	fake_config_write(0x14, (uint32_t)(FAKE_BAR >> 32), 4);
	fake_config_write(0x04, 0x0006, 2);
}

uint32_t fake_create_interrupt(uint32_t vector, uint16_t vp)
{
	struct vpci_create_interrupt3 in = {
		.child = { VPCI_CREATE_INTERRUPT3, FAKE_SLOT },
		.vector = vector,
		.vectors = 1,
		.processors = 1,
		.processor = { vp },
	};
	const struct fake_packet *p = fake_request(&in, sizeof(in));
	struct vpci_create_reply out;

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	memcpy(&out, p->payload, sizeof(out));
	if (out.status != VPCI_SUCCESS)
		return UINT32_MAX;
	CU_ASSERT_EQUAL(p->len, sizeof(out));
	CU_ASSERT_EQUAL(out.interrupt.address, 0xfee00000);
	CU_ASSERT_EQUAL(out.interrupt.vectors, 1);
	return out.interrupt.data;
}

void fake_program(unsigned int n, uint64_t address, uint32_t data)
{
	gpa_t entry = FAKE_BAR + FAKE_TABLE + 16ull * n;

	fake_write(entry, (uint32_t)address, 4);
	fake_write(entry + 4, (uint32_t)(address >> 32), 4);
	fake_write(entry + 8, data, 4);
	fake_write(entry + 12, 0, 4);
}
