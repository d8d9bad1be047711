// SPDX-License-Identifier: BSD-3-Clause
/* The guest's end for the vmbus tests: builds the messages a guest would, keeps what comes back. */
#include "vmbus_guest.h"

#include "../../tools/lab/log.h"

#include <string.h>

struct guest guest;

static void guest_take(void *ctx, unsigned int vp, const void *msg, size_t len)
{
	(void)ctx;
	CU_ASSERT_FATAL(len <= VMBUS_MESSAGE_MAX && guest.logged < GUEST_LOG);
	guest.log[guest.logged].vp = vp;
	guest.log[guest.logged].len = len;
	memcpy(guest.log[guest.logged++].b, msg, len);
}

static void guest_event(void *ctx, unsigned int vp, uint32_t relid)
{
	(void)ctx;
	guest.events++;
	guest.event_vp = vp;
	guest.event_relid = relid;
}

static int device_open(void *device, struct vmbus_channel *ch)
{
	(void)device;
	(void)ch;
	guest.opened++;
	return guest.open_result;
}

static void device_close(void *device, struct vmbus_channel *ch)
{
	(void)device;
	guest.closed++;
	if (guest.on_close != NULL)
		guest.on_close(ch);
}

static void device_signal(void *device, struct vmbus_channel *ch)
{
	(void)device;
	(void)ch;
	guest.signalled++;
}

static void device_released(void *device, struct vmbus_channel *ch)
{
	(void)device;
	guest.released++;
	if (guest.on_released != NULL)
		guest.on_released(ch);
}

const struct vmbus_device_ops device_ops = {
	device_open, device_close, device_signal, device_released,
};

void guest_start_max(uint32_t max_version)
{
	static const struct vmbus_host_ops host = { guest_take, guest_event };
	struct vmbus_config config = {
		.mem = &guest.mem,
		.pending = &guest.pending,
		.host = &host,
		.max_version = max_version,
		.vps = GUEST_VPS,
	};

	memset(&guest, 0, sizeof(guest));
	lab_log_set_level(LAB_LOG_ERROR);
	lab_mem_add(&guest.mem, 0, sizeof(guest.ram), guest.ram);
	guest.bus = vmbus_create(&config);
}

void guest_start(void)
{
	guest_start_max(VMBUS_VERSION_V5_3);
}

void guest_stop(void)
{
	vmbus_destroy(guest.bus);
	guest.bus = NULL;
}

uint16_t guest_post(const void *msg, size_t len)
{
	return vmbus_post_message(guest.bus, guest.connection, 1, msg, len);
}

const void *guest_got(uint32_t type)
{
	for (unsigned int i = guest.logged; i > 0; i--)
		if (guest.log[i - 1].type == type)
			return guest.log[i - 1].b;
	return NULL;
}

unsigned int guest_count(uint32_t type)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < guest.logged; i++)
		n += guest.log[i].type == type;
	return n;
}

bool guest_contact(uint32_t version)
{
	struct vmbus_msg_contact msg = {
		.header.type = VMBUS_MSG_INITIATE_CONTACT,
		.version = version,
		.target_vp = 1,
		.sint = VMBUS_SINT,
		.monitor_page = { 0, guest.monitor_page },
	};
	const struct vmbus_msg_version *answer;

	guest.connection = version >= VMBUS_VERSION_V5_0 ? 4 : 1;
	guest.logged = 0;
	if (guest_post(&msg, sizeof(msg)) != HV_STATUS_SUCCESS)
		return false;
	answer = guest_got(VMBUS_MSG_VERSION_RESPONSE);
	return answer != NULL && answer->supported;
}

void guest_send(uint32_t type, uint32_t relid)
{
	struct vmbus_msg_relid msg = { { .type = type }, relid };

	CU_ASSERT_EQUAL(guest_post(&msg, sizeof(msg)), HV_STATUS_SUCCESS);
}

void guest_connect(uint32_t version)
{
	CU_ASSERT_FATAL(guest_contact(version));
	guest_send(VMBUS_MSG_REQUESTOFFERS, 0);
}

int guest_offer(uint8_t id, uint16_t subchannel, struct vmbus_channel **ch)
{
	struct vmbus_offer offer = {
		.type.b = { 0xee },
		.instance.b = { id },
		.subchannel = subchannel,
		.monitored = guest.monitored,
		.ops = &device_ops,
		.name = "dev",
	};

	return vmbus_offer(guest.bus, &offer, ch);
}

bool guest_gpadl(uint32_t relid, uint32_t handle, uint32_t first, uint32_t pages)
{
	struct vmbus_msg_gpadl_header head = {
		.header.type = VMBUS_MSG_GPADL_HEADER,
		.relid = relid,
		.gpadl = handle,
		.range_buflen = 8 + 8 * pages,
		.range_count = 1,
		.byte_count = pages * LAB_PAGE_SIZE,
	};
	struct vmbus_msg_gpadl_body body = {
		.header.type = VMBUS_MSG_GPADL_BODY,
		.gpadl = handle,
	};
	const struct vmbus_msg_gpadl_created *created;
	uint32_t n = 0, in_body;

	for (; n < pages && n < VMBUS_GPADL_HEADER_PFNS; n++)
		head.pfn[n] = first + n;
	guest_post(&head, offsetof(struct vmbus_msg_gpadl_header, pfn) + n * 8);
	while (n < pages) {
		for (in_body = 0; n < pages && in_body < VMBUS_GPADL_BODY_PFNS; n++)
			body.pfn[in_body++] = first + n;
		guest_post(&body, offsetof(struct vmbus_msg_gpadl_body, pfn) + in_body * 8);
	}
	created = guest_got(VMBUS_MSG_GPADL_CREATED);
	return created != NULL && created->relid == relid && created->gpadl == handle &&
	       created->status == 0;
}

uint32_t guest_open_at(uint32_t relid, uint32_t handle, uint32_t vp,
				     uint32_t downstream)
{
	struct vmbus_msg_open msg = {
		.header.type = VMBUS_MSG_OPEN,
		.relid = relid,
		.open_id = relid + 1000,
		.gpadl = handle,
		.target_vp = vp,
		.downstream_page = downstream,
		.user = { 'u', 's', 'e', 'r' },
	};
	const struct vmbus_msg_open_result *result;
	unsigned int before = guest_count(VMBUS_MSG_OPEN_RESULT);

	guest_post(&msg, sizeof(msg));
	if (guest_count(VMBUS_MSG_OPEN_RESULT) == before)
		return UINT32_MAX; /* no answer */
	result = guest_got(VMBUS_MSG_OPEN_RESULT);
	CU_ASSERT_EQUAL(result->relid, relid);
	CU_ASSERT_EQUAL(result->open_id, relid + 1000);
	return result->status;
}

void guest_open(struct vmbus_channel *ch, uint32_t first)
{
	uint32_t relid = vmbus_channel_relid(ch);

	memset(guest.ram[first], 0, 8 * sizeof(guest.ram[0]));
	CU_ASSERT(guest_gpadl(relid, 100 + relid, first, 8));
	CU_ASSERT_EQUAL(guest_open_at(relid, 100 + relid, 2, 4), 0);
}

bool guest_teardown(uint32_t relid, uint32_t handle)
{
	struct vmbus_msg_gpadl_teardown msg = {
		{ .type = VMBUS_MSG_GPADL_TEARDOWN }, relid, handle,
	};
	unsigned int before = guest_count(VMBUS_MSG_GPADL_TORNDOWN);

	guest_post(&msg, sizeof(msg));
	return guest_count(VMBUS_MSG_GPADL_TORNDOWN) == before + 1;
}
