/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The world of a synthetic NIC under test: a VMBus whose channels are two queues of packets, a
 * fabric that keeps what it is sent, and the guest's side of NVSP and RNDIS in a few calls.
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
unsigned int fake_waiting(unsigned int index); /* packets of the host not taken yet */
/* The next packet must be in-band or a completion of that type; its 40 bytes, or zeroes. */
struct nvsp_message fake_get_nvsp(unsigned int index, uint16_t packet_type, uint32_t type);

/* ------------------------------------------------------------------- the guest's protocol -- */

struct nvsp_message fake_ask(const struct nvsp_message *m, uint32_t answer_type);
bool fake_init(uint32_t version);		  /* INIT; true: accepted */
void fake_ndis_config(uint32_t mtu, uint64_t capabilities);
struct nvsp_message fake_recv_buf(void);	  /* both return the answer */
struct nvsp_message fake_send_buf(void);
/* A control message through a GPA range; the completion's status. */
uint32_t fake_control(const void *message, size_t len);
/* The RNDIS message in the next transfer-pages packet, whose section is given back; its length. */
size_t fake_receive(unsigned int index, uint8_t *out, size_t size, bool give_back);
uint32_t fake_query(uint32_t oid, const void *info, uint32_t info_len, uint8_t *out,
		    size_t *out_len);
uint32_t fake_set(uint32_t oid, const void *info, uint32_t info_len);
/* From opening to a packet filter, as hv_netvsc does it. */
void fake_up(uint32_t version);
/* Grants and opens count subchannels. */
void fake_subchannels(unsigned int count);

/* -------------------------------------------------------------------------------- frames -- */

struct fake_flow {
	bool v6, udp, vlan;
	uint8_t host;	/* last byte of the source address */
	uint16_t port;	/* source */
	size_t payload; /* bytes */
};
/* A sound frame to the NIC. Returns its length. */
size_t fake_build(uint8_t *out, const struct fake_flow *flow);
enum fabric_drop fake_deliver(const uint8_t *frame, size_t len);
/* Wraps a frame into an RNDIS packet; ppi may be NULL. Returns the length, padded to 8. */
size_t fake_wrap(uint8_t *out, const void *ppi, size_t ppi_len, const uint8_t *frame, size_t len);
size_t fake_ppi(uint8_t *out, uint32_t type, uint32_t value);
/* Sends RNDIS bytes on the data channel, in section 0, and returns the completion's status. */
uint32_t fake_send_section(unsigned int index, const void *bytes, size_t len);

#endif
