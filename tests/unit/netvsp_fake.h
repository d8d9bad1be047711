/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The world of a synthetic NIC under test: a VMBus whose channels are two queues of packets, and a
 * fabric that keeps what it is sent.
 */
#ifndef NETVSP_FAKE_H
#define NETVSP_FAKE_H

#include "../../tools/lab/fabric/frame.h"
#include "../../tools/lab/netvsp/ndis.h"
#include "../../tools/lab/netvsp/nic.h"
#include "../../tools/lab/netvsp/netvsp.h"
#include "../../tools/lab/netvsp/nvsp.h"
#include "../../tools/lab/netvsp/rndis.h"
#include "unit.h"

#define FAKE_CHANNELS	 32
#define FAKE_PACKETS	 512
#define FAKE_PACKET_MAX	 1024
#define FAKE_FRAMES	 256
#define FAKE_RAM_PAGES	 64u
#define FAKE_RAM	 0x100000ull /* guest-physical */
#define FAKE_RECV_SIZE	 (64u * 1024)
#define FAKE_SEND_SIZE	 (8u * NVSP_SEND_SECTION)
#define FAKE_RECV_GPADL	 0xe1e10u
#define FAKE_SEND_GPADL	 0xe1e11u
#define FAKE_RECV_ID	 0xcafe
#define FAKE_WANTS	 VMBUS_FLAG_COMPLETION_REQUESTED

struct fake_packet {
	uint16_t type, flags;
	uint64_t transaction;
	size_t extension_len, len;
	uint8_t extension[FAKE_PACKET_MAX], payload[FAKE_PACKET_MAX];
};

struct fake_queue {
	unsigned int head, tail;
	struct fake_packet packet[FAKE_PACKETS];
};

struct fake_frame {
	size_t len;
	uint8_t *data;
};

extern struct fake {
	struct netvsp *nic;
	struct netvsp_config config;
	struct lab_mem mem;
	struct lab_clock clock;
	uint64_t now;
	struct lab_pending pending;
	uint8_t ram[FAKE_RAM_PAGES * LAB_PAGE_SIZE];
	/* VMBus */
	bool connected;	   /* released() waits for fake_release() */
	bool recv_torn_down;
	unsigned int reserve; /* packets' room that has_room(512) takes */
	unsigned int room; /* packets the rings to the guest still take */
	bool broken;	   /* receive says -EPROTO */
	unsigned int offers;
	uint8_t recv[FAKE_RECV_SIZE], send[FAKE_SEND_SIZE];
	uint32_t recv_size, send_size; /* of the GPADLs */
	/* fabric */
	const struct fabric_path_ops *attached;
	void *attached_ctx;
	enum fabric_path datapath;
	struct fabric_counters counters[FABRIC_DIRECTIONS];
	unsigned int frames;
	struct fake_frame frame[FAKE_FRAMES];
	bool echo; /* what is sent comes back with the addresses swapped */
	/* events */
	unsigned int datapath_events, negotiated_events;
	enum fabric_path event_path;
	bool event_by_host;
} fake;

/* The world, with a NIC of that many queues; version: the newest the host takes. */
void fake_start(uint32_t version, unsigned int queues);
void fake_stop(void);

/* The channel offered last with that subchannel index; NULL: none. */
struct vmbus_channel *fake_channel(unsigned int index);
unsigned int fake_offered(void); /* channels that are offered and not rescinded */
int fake_open(unsigned int index);
void fake_close(unsigned int index);
/* The guest lets go of every rescinded channel; or of rescinded subchannels only. */
void fake_release(void);
void fake_release_subchannels(void);

/* The guest's packet; it is signalled unless `quiet`. */
void fake_put(unsigned int index, enum vmbus_packet_type type, uint16_t flags,
	      uint64_t transaction, const void *extension, size_t extension_len,
	      const void *payload, size_t len);
void fake_put_quiet(unsigned int index, enum vmbus_packet_type type, uint16_t flags,
		    uint64_t transaction, const void *extension, size_t extension_len,
		    const void *payload, size_t len);
/* Time passes, nothing moves: polling after the last frame is over. */
void fake_calm(void);
void fake_signal(unsigned int index);
/* The next packet of the host, valid until the queue wraps; NULL: none. */
const struct fake_packet *fake_get(unsigned int index);
void fake_put_back(unsigned int index, const struct fake_packet *p); /* behind the others */
unsigned int fake_waiting(unsigned int index); /* packets of the host not taken yet */
/* The next packet must be in-band or a completion of that type; its 40 bytes, or zeroes. */
struct nvsp_message fake_get_nvsp(unsigned int index, uint16_t packet_type, uint32_t type);

/* A frame from the fabric to the NIC. */
enum fabric_drop fake_deliver(const uint8_t *frame, size_t len);

#endif
