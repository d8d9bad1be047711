// SPDX-License-Identifier: BSD-3-Clause
/*
 * The guest's requests: one table row a message says how long it must be, where its slot stands,
 * since which protocol version and in which power state it is allowed.
 *
 * The guest waits for every answer without limit, some with interrupts off: so all is answered at
 * once, what is wrong with an error (docs/protocol.md 6.1, 6.4).
 */
#include "message.h"

#include "../log.h"
#include "bus.h"
#include "window.h"

#include <errno.h>
#include <string.h>

#define PARTY "vpci"
#define MODE_FIXED 0
#define MODE_LOWEST_PRIORITY 1 /* with one target the same */

/* Larger than any message: RESOURCES_ASSIGNED2 has 202 bytes. */
#define REQUEST_MAX 208

struct request {
	uint32_t type;
	size_t len; /* bytes that are there, padding included */
	uint8_t bytes[REQUEST_MAX];
};

/* Handlers return an enum vpci_status; what else they answer they put into the answer. */
typedef uint32_t handler(struct vpci *bus, const struct request *request,
			 struct vpci_answer *answer);

struct message {
	uint32_t type;
	uint32_t since; /* protocol version; 0: before one is agreed on */
	enum vpci_state state; /* OPEN, or D0 */
	uint16_t len;
	uint16_t slot_at; /* 0: is not about a function */
	handler *handle;
	void (*after)(struct vpci *bus); /* once it is answered with success; may be NULL */
};

static uint32_t status_of(int error)
{
	switch (error) {
	case 0:
		return VPCI_SUCCESS;
	case -EINVAL:
		return VPCI_INVALID_PARAMETER;
	case -ENOSPC:
	case -ENOMEM:
		return VPCI_INSUFFICIENT_RESOURCES;
	case -EBUSY:
	case -EEXIST:
		return VPCI_CONFLICTING_ADDRESSES;
	case -ENOTSUP:
		return VPCI_NOT_SUPPORTED;
	default:
		return VPCI_UNSUCCESSFUL;
	}
}

static uint32_t succeed(struct vpci *bus, const struct request *request, struct vpci_answer *answer)
{
	(void)bus;
	(void)request;
	(void)answer;
	return VPCI_SUCCESS;
}

static uint32_t query_version(struct vpci *bus, const struct request *request,
			      struct vpci_answer *answer)
{
	struct vpci_version_request in;

	(void)answer;
	memcpy(&in, request->bytes, sizeof(in));
	if (bus->state == VPCI_D0)
		return VPCI_INVALID_DEVICE_STATE;
	if (in.version < VPCI_VERSION_1_1 || in.version > bus->config.max_version)
		return VPCI_REVISION_MISMATCH;
	bus->version = in.version;
	return VPCI_SUCCESS;
}

static void owe_relations(struct vpci *bus)
{
	bus->outbox.owes_relations = true;
}

static uint32_t query_requirements(struct vpci *bus, const struct request *request,
				   struct vpci_answer *answer)
{
	struct vpci_requirements_reply out = { 0 };

	(void)request;
	vpci_space_probed(&bus->space, out.probed_bar);
	memcpy(answer->bytes, &out, sizeof(out));
	answer->len = sizeof(out);
	return VPCI_SUCCESS;
}

/* A second entry without an exit is how the kernel of a crash dump begins: it is refused, the
 * guest then exits D0 by itself and comes again. */
static uint32_t enter_d0(struct vpci *bus, const struct request *request,
			 struct vpci_answer *answer)
{
	struct vpci_d0_entry in;
	int ret;

	(void)answer;
	memcpy(&in, request->bytes, sizeof(in));
	if (bus->state == VPCI_D0)
		return VPCI_INVALID_DEVICE_STATE;
	ret = vpci_window_claim(bus, in.mmio_base);
	if (ret != 0)
		return ret == -EINVAL ? VPCI_INVALID_PARAMETER : VPCI_CONFLICTING_ADDRESSES;
	vpci_bus_set_state(bus, VPCI_D0);
	return VPCI_SUCCESS;
}

/* From here on the guest knows the function: an ejection it would have ignored can be sent. */
static void entered_d0(struct vpci *bus)
{
	if (bus->ejection != VPCI_EJECT_NONE) {
		bus->ejection = VPCI_EJECT_SENT;
		bus->outbox.owes_eject = true;
	}
	if (bus->config.events != NULL && bus->config.events->d0 != NULL)
		bus->config.events->d0(bus->config.events_ctx);
}

static uint32_t exit_d0(struct vpci *bus, const struct request *request,
			struct vpci_answer *answer)
{
	(void)request;
	(void)answer;
	if (bus->state == VPCI_D0) {
		vpci_bus_leave_d0(bus);
		vpci_bus_set_state(bus, VPCI_OPEN);
	}
	return VPCI_SUCCESS;
}

static uint32_t create(struct vpci *bus, uint32_t vector, unsigned int vectors, uint8_t mode,
		       unsigned int vp, struct vpci_answer *answer)
{
	struct vpci_create_reply out = { 0 };
	int index;

	/* One function that has MSI-X only: no blocks of vectors. */
	if (vectors != 1 || (mode != MODE_FIXED && mode != MODE_LOWEST_PRIORITY))
		return VPCI_INVALID_PARAMETER;
	index = vpci_interrupts_add(&bus->interrupts, vector, vp);
	if (index < 0)
		return status_of(index);
	out.interrupt.vectors = 1;
	out.interrupt.address = VPCI_MSI_ADDRESS;
	out.interrupt.data = (uint32_t)index;
	memcpy(answer->bytes, &out, sizeof(out));
	answer->len = sizeof(out);
	return VPCI_SUCCESS;
}

/* The processors of a first-generation message are a mask, commonly all ones: the real target
 * follows in a retarget. */
static uint32_t create_interrupt(struct vpci *bus, const struct request *request,
				 struct vpci_answer *answer)
{
	struct vpci_create_interrupt in;

	memcpy(&in, request->bytes, sizeof(in));
	if (in.processor_mask == 0)
		return VPCI_INVALID_PARAMETER;
	return create(bus, in.vector, in.vectors, in.mode,
		      (unsigned int)__builtin_ctzll(in.processor_mask), answer);
}

static uint32_t create_interrupt2(struct vpci *bus, const struct request *request,
				  struct vpci_answer *answer)
{
	struct vpci_create_interrupt2 in;

	memcpy(&in, request->bytes, sizeof(in));
	if (in.processors == 0 || in.processors > VPCI_PROCESSORS_MAX)
		return VPCI_INVALID_PARAMETER;
	return create(bus, in.vector, in.vectors, in.mode, in.processor[0], answer);
}

static uint32_t create_interrupt3(struct vpci *bus, const struct request *request,
				  struct vpci_answer *answer)
{
	struct vpci_create_interrupt3 in;

	memcpy(&in, request->bytes, sizeof(in));
	if (in.processors == 0 || in.processors > VPCI_PROCESSORS_MAX)
		return VPCI_INVALID_PARAMETER;
	return create(bus, in.vector, in.vectors, in.mode, in.processor[0], answer);
}

static uint32_t delete_interrupt(struct vpci *bus, const struct request *request,
				 struct vpci_answer *answer)
{
	struct vpci_delete_interrupt in;
	struct vpci_interrupt *entry;

	(void)answer;
	memcpy(&in, request->bytes, sizeof(in));
	entry = vpci_interrupts_find(&bus->interrupts, in.interrupt.address, in.interrupt.data);
	if (entry == NULL)
		return VPCI_INVALID_PARAMETER;
	entry->used = false;
	return VPCI_SUCCESS;
}

static uint32_t read_block(struct vpci *bus, const struct request *request,
			   struct vpci_answer *answer)
{
	const struct pci_function *f = bus->function;
	struct vpci_read_block_reply out = { 0 };
	struct vpci_block_request in;
	uint32_t status;

	memcpy(&in, request->bytes, sizeof(in));
	if (in.bytes == 0 || in.bytes > VPCI_BLOCK_MAX)
		return VPCI_INVALID_PARAMETER;
	if (f->ops->block_read == NULL)
		return VPCI_NOT_SUPPORTED;
	status = status_of(f->ops->block_read(f->model, in.block, out.bytes, in.bytes));
	if (status != VPCI_SUCCESS)
		return status;
	memcpy(answer->bytes, &out, sizeof(out.status) + in.bytes);
	answer->len = sizeof(out.status) + in.bytes;
	return VPCI_SUCCESS;
}

static uint32_t write_block(struct vpci *bus, const struct request *request,
			    struct vpci_answer *answer)
{
	const struct pci_function *f = bus->function;
	struct vpci_block_request in;

	(void)answer;
	memcpy(&in, request->bytes, sizeof(in));
	if (in.bytes == 0 || in.bytes > VPCI_BLOCK_MAX || in.bytes > request->len - sizeof(in))
		return VPCI_INVALID_PARAMETER;
	if (f->ops->block_write == NULL)
		return VPCI_NOT_SUPPORTED;
	return status_of(f->ops->block_write(f->model, in.block, request->bytes + sizeof(in),
					     in.bytes));
}

static uint32_t complete_ejection(struct vpci *bus, const struct request *request,
				  struct vpci_answer *answer)
{
	struct vpci_ejection_complete in;

	(void)answer;
	memcpy(&in, request->bytes, sizeof(in));
	if (bus->ejection != VPCI_EJECT_SENT || bus->outbox.owes_eject)
		return VPCI_INVALID_DEVICE_STATE;
	if ((int32_t)in.status < 0)
		lab_log(LAB_LOG_WARN, PARTY, "%s: ejected with status %#x", bus->name, in.status);
	return VPCI_SUCCESS;
}

#define CHILD offsetof(struct vpci_child_message, slot)
#define BLOCK offsetof(struct vpci_block_request, slot)
#define SIZE(name) sizeof(struct vpci_##name)

static const struct message messages[] = {
	{ VPCI_QUERY_PROTOCOL_VERSION, 0, VPCI_OPEN, SIZE(version_request), 0, query_version,
	  NULL },
	{ VPCI_QUERY_BUS_RELATIONS, VPCI_VERSION_1_1, VPCI_OPEN, sizeof(uint32_t), 0, succeed,
	  owe_relations },
	{ VPCI_QUERY_RESOURCE_REQUIREMENTS, VPCI_VERSION_1_1, VPCI_OPEN, SIZE(child_message), CHILD,
	  query_requirements, NULL },
	{ VPCI_BUS_D0ENTRY, VPCI_VERSION_1_1, VPCI_OPEN, SIZE(d0_entry), 0, enter_d0, entered_d0 },
	/* Also out of D0: what the guest sends between a refused D0ENTRY and the next. */
	{ VPCI_BUS_D0EXIT, VPCI_VERSION_1_1, VPCI_OPEN, sizeof(uint32_t), 0, exit_d0, NULL },
	{ VPCI_RESOURCES_RELEASED, VPCI_VERSION_1_1, VPCI_OPEN, SIZE(child_message), CHILD, succeed,
	  NULL },
	{ VPCI_RESOURCES_ASSIGNED, VPCI_VERSION_1_1, VPCI_D0, VPCI_RESOURCES_ASSIGNED_SIZE, CHILD,
	  succeed, NULL },
	{ VPCI_RESOURCES_ASSIGNED2, VPCI_VERSION_1_2, VPCI_D0, VPCI_RESOURCES_ASSIGNED2_SIZE, CHILD,
	  succeed, NULL },
	{ VPCI_CREATE_INTERRUPT, VPCI_VERSION_1_1, VPCI_D0, SIZE(create_interrupt), CHILD,
	  create_interrupt, NULL },
	{ VPCI_CREATE_INTERRUPT2, VPCI_VERSION_1_2, VPCI_D0, SIZE(create_interrupt2), CHILD,
	  create_interrupt2, NULL },
	{ VPCI_CREATE_INTERRUPT3, VPCI_VERSION_1_4, VPCI_D0, SIZE(create_interrupt3), CHILD,
	  create_interrupt3, NULL },
	{ VPCI_DELETE_INTERRUPT, VPCI_VERSION_1_1, VPCI_D0, SIZE(delete_interrupt), CHILD,
	  delete_interrupt, NULL },
	{ VPCI_READ_BLOCK, VPCI_VERSION_1_1, VPCI_D0, SIZE(block_request), BLOCK, read_block,
	  NULL },
	{ VPCI_WRITE_BLOCK, VPCI_VERSION_1_1, VPCI_D0, SIZE(block_request), BLOCK, write_block,
	  NULL },
	{ VPCI_EJECTION_COMPLETE, VPCI_VERSION_1_1, VPCI_OPEN, SIZE(ejection_complete), CHILD,
	  complete_ejection, vpci_bus_finish_ejection },
};

static const struct message *find_message(uint32_t type)
{
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
		if (messages[i].type == type)
			return &messages[i];
	return NULL;
}

/* What can be said of a request without knowing what it means. */
static uint32_t check(const struct vpci *bus, const struct message *message,
		      const struct request *request)
{
	uint32_t slot;

	if (message == NULL)
		return VPCI_NOT_SUPPORTED;
	if (request->len < message->len)
		return VPCI_LENGTH_MISMATCH;
	if (bus->version < message->since)
		return VPCI_INVALID_DEVICE_STATE;
	if (message->state == VPCI_D0 && bus->state != VPCI_D0)
		return VPCI_INVALID_DEVICE_STATE;
	if (message->slot_at != 0) {
		memcpy(&slot, request->bytes + message->slot_at, sizeof(slot));
		if (slot != VPCI_SLOT)
			return VPCI_NO_SUCH_DEVICE;
	}
	return VPCI_SUCCESS;
}

static void copy_request(struct request *request, const struct vmbus_packet *packet)
{
	request->len = packet->len < REQUEST_MAX ? packet->len : REQUEST_MAX;
	memset(request->bytes, 0, sizeof(request->bytes));
	if (request->len != 0)
		memcpy(request->bytes, packet->payload, request->len);
	memcpy(&request->type, request->bytes, sizeof(request->type));
}

void vpci_message_handle(struct vpci *bus, const struct vmbus_packet *packet)
{
	struct vpci_answer answer = { .transaction = packet->transaction };
	const struct message *message = NULL;
	struct request request;
	uint32_t status;

	copy_request(&request, packet);
	if (packet->type == VMBUS_PACKET_INBAND && request.len >= sizeof(request.type))
		message = find_message(request.type);
	status = check(bus, message, &request);
	if (status == VPCI_SUCCESS)
		status = message->handle(bus, &request, &answer);
	/* A version refused is how the two sides are meant to agree on one. */
	if (status != VPCI_SUCCESS && status != VPCI_REVISION_MISMATCH)
		vpci_bus_complain(bus, VPCI_BAD_MESSAGE,
				  "message %#x of %zu bytes, packet type %u, refused with %#x",
				  request.type, packet->len, packet->type, status);

	answer.status = status;
	if (answer.len < VPCI_ANSWER_MIN)
		answer.len = VPCI_ANSWER_MIN;
	if ((packet->flags & VMBUS_FLAG_COMPLETION_REQUESTED) != 0)
		vpci_outbox_answer(bus, &answer);
	if (status == VPCI_SUCCESS && message->after != NULL)
		message->after(bus);
}
