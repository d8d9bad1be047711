// SPDX-License-Identifier: BSD-3-Clause
/*
 * libFuzzer over the bus: a guest that posts, signals, and scribbles over its memory, and a device
 * that answers what it gets. The input is a list of steps, each one byte of operation and one of
 * length. Built with clang -fsanitize=fuzzer,address,undefined and the sources of vmbus/.
 */
#include "../../tools/lab/log.h"
#include "../../tools/lab/vmbus/protocol.h"

#include <string.h>

#define PAGES	 16u
#define CHANNELS 3

enum step {
	STEP_POST, STEP_POST_OLD, STEP_SIGNAL, STEP_SCRIBBLE, STEP_RESCIND, STEP_OFFER, STEP_POLL,
	STEPS,
};

static uint8_t ram[PAGES][LAB_PAGE_SIZE] __attribute__((aligned(LAB_PAGE_SIZE)));
static struct vmbus_channel *channel[CHANNELS];

static void host_post(void *ctx, unsigned int vp, const void *msg, size_t len)
{
	(void)ctx;
	if (vp >= 2 || msg == NULL || len > VMBUS_MESSAGE_MAX)
		__builtin_trap();
}

static void host_event(void *ctx, unsigned int vp, uint32_t relid)
{
	(void)ctx;
	if (vp >= 2 || relid == 0 || relid >= VMBUS_RELIDS)
		__builtin_trap();
}

static void device_signal(void *device, struct vmbus_channel *ch)
{
	struct vmbus_packet packet;
	uint8_t bytes[64];

	(void)device;
	/* Bounded: a guest that scribbles can make a ring of packets without end. */
	for (int i = 0; i < 64 && vmbus_channel_receive(ch, &packet) > 0; i++) {
		struct vmbus_gpadl *gpadl = vmbus_gpadl_find(ch, (uint32_t)packet.transaction);

		if (gpadl != NULL && packet.len >= 8) {
			uint32_t offset;

			memcpy(&offset, packet.payload, sizeof(offset));
			if (vmbus_gpadl_read(gpadl, offset, bytes, sizeof(bytes)) == 0)
				vmbus_gpadl_write(gpadl, offset / 2, bytes, sizeof(bytes));
		}
		vmbus_channel_send(ch, VMBUS_PACKET_COMPLETION, 0, packet.transaction,
				   packet.extension, packet.extension_len, packet.payload,
				   packet.len);
	}
	vmbus_channel_set_polling(ch, !vmbus_channel_has_room(ch, 100));
}

static int device_open(void *device, struct vmbus_channel *ch)
{
	device_signal(device, ch);
	return vmbus_channel_userdata(ch)[0] == 0xff ? -1 : 0;
}

static void device_close(void *device, struct vmbus_channel *ch)
{
	device_signal(device, ch);
}

static void device_released(void *device, struct vmbus_channel *ch)
{
	struct vmbus_channel **slot = device;

	if (*slot != ch)
		__builtin_trap();
	*slot = NULL;
}

static void offer(struct vmbus *bus, unsigned int i)
{
	static const struct vmbus_device_ops ops = {
		device_open, device_close, device_signal, device_released,
	};
	/* The last one is a subchannel of the first. */
	struct vmbus_offer o = {
		.instance.b = { i == CHANNELS - 1 ? 0 : i },
		.subchannel = i == CHANNELS - 1,
		.monitored = true,
		.ops = &ops,
		.device = &channel[i],
		.name = "fuzz",
	};

	if (channel[i] == NULL && vmbus_offer(bus, &o, &channel[i]) < 0)
		channel[i] = NULL;
}

static void step(struct vmbus *bus, enum step op, uint8_t arg, const uint8_t *data, size_t len)
{
	uint32_t at;

	switch (op) {
	case STEP_POST:
		vmbus_post_message(bus, VMBUS_CONNECTION_NEW, VMBUS_MESSAGE_TYPE, data, len);
		break;
	case STEP_POST_OLD:
		vmbus_post_message(bus, VMBUS_CONNECTION_OLD, VMBUS_MESSAGE_TYPE, data, len);
		break;
	case STEP_SIGNAL:
		vmbus_signal_event(bus, VMBUS_CONNECTION_CHANNEL(arg));
		break;
	case STEP_SCRIBBLE:
		at = arg % PAGES * LAB_PAGE_SIZE + (arg / PAGES) * 8;
		if (at + len <= sizeof(ram))
			memcpy(&ram[0][0] + at, data, len);
		break;
	case STEP_RESCIND:
		if (channel[arg % CHANNELS] != NULL)
			vmbus_rescind(channel[arg % CHANNELS]);
		break;
	case STEP_OFFER:
		offer(bus, arg % CHANNELS);
		break;
	case STEP_POLL:
		vmbus_poll(bus);
		break;
	case STEPS:
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct vmbus_host_ops host = { host_post, host_event };
	struct lab_mem mem = { .count = 0 };
	struct vmbus_config config = {
		.mem = &mem, .host = &host, .max_version = VMBUS_VERSION_V5_3, .vps = 2,
	};
	struct vmbus *bus;

	lab_log_set_level(LAB_LOG_ERROR);
	memset(ram, 0, sizeof(ram));
	lab_mem_add(&mem, 0, sizeof(ram), ram);
	bus = vmbus_create(&config);
	if (bus == NULL)
		return 0;
	for (unsigned int i = 0; i < CHANNELS; i++)
		offer(bus, i);
	while (size >= 3) {
		enum step op = data[0] % STEPS;
		uint8_t arg = data[1];
		size_t len = data[2];

		data += 3;
		size -= 3;
		if (len > size)
			len = size;
		step(bus, op, arg, data, len);
		data += len;
		size -= len;
	}
	vmbus_destroy(bus);
	for (unsigned int i = 0; i < CHANNELS; i++)
		if (channel[i] != NULL)
			__builtin_trap();
	return 0;
}
