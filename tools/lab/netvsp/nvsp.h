/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NVSP on the wire: what hv_netvsc and the host say to each other inside VMBus packets. Little
 * endian, packed as the guest packs it. Source: docs/protocol.md 4,
 * drivers/net/hyperv/hyperv_net.h. IN: guest to host, OUT: host to guest.
 */
#ifndef LAB_NETVSP_NVSP_H
#define LAB_NETVSP_NVSP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "NVSP and RNDIS are read in place: little-endian hosts only"
#endif

enum nvsp_version {
	NVSP_VERSION_1 = 2,
	NVSP_VERSION_2 = 0x30002,
	NVSP_VERSION_4 = 0x40000,
	NVSP_VERSION_5 = 0x50000,
	NVSP_VERSION_6 = 0x60000,
	NVSP_VERSION_61 = 0x60001,
};
#define NVSP_VERSION_INVALID 0xffffffffu

enum nvsp_type {
	NVSP_INIT = 1,			   /* IN */
	NVSP_INIT_COMPLETE = 2,		   /* OUT, as a completion */
	NVSP_SEND_NDIS_VERSION = 100,	   /* IN */
	NVSP_SEND_RECV_BUF = 101,	   /* IN */
	NVSP_SEND_RECV_BUF_COMPLETE = 102, /* OUT, as a completion */
	NVSP_REVOKE_RECV_BUF = 103,	   /* IN */
	NVSP_SEND_SEND_BUF = 104,	   /* IN */
	NVSP_SEND_SEND_BUF_COMPLETE = 105, /* OUT, as a completion */
	NVSP_REVOKE_SEND_BUF = 106,	   /* IN */
	NVSP_SEND_RNDIS = 107,		   /* both */
	NVSP_SEND_RNDIS_COMPLETE = 108,	   /* both, as a completion */
	NVSP_SEND_NDIS_CONFIG = 125,	   /* IN, version 2 */
	NVSP_SEND_VF_ASSOCIATION = 128,	   /* OUT, version 4 */
	NVSP_SWITCH_DATA_PATH = 129,	   /* both, version 4; completed without a payload */
	NVSP_SUBCHANNEL = 133,		   /* IN, and its completion, version 5 */
	NVSP_SEND_INDIRECTION_TABLE = 134, /* OUT, version 5 */
};

enum nvsp_status {
	NVSP_STATUS_SUCCESS = 1,
	NVSP_STATUS_FAIL = 2,
	NVSP_STATUS_TOO_NEW = 3,
	NVSP_STATUS_TOO_OLD = 4,
	NVSP_STATUS_INVALID_RNDIS = 5,
};

enum nvsp_capability { /* of SEND_NDIS_CONFIG */
	NVSP_CAPABILITY_SRIOV = 1 << 2,
	NVSP_CAPABILITY_VLAN = 1 << 3,
	NVSP_CAPABILITY_TEAMING = 1 << 5, /* takes link speed indications */
};

enum nvsp_channel_type { NVSP_CHANNEL_DATA = 0, NVSP_CHANNEL_CONTROL = 1 };
enum nvsp_datapath { NVSP_DATAPATH_SYNTHETIC = 0, NVSP_DATAPATH_VF = 1 };
enum nvsp_subchannel_op { NVSP_SUBCHANNEL_ALLOCATE = 1 };

#define NVSP_NO_SECTION		0xffffffffu /* SEND_RNDIS: nothing in the send buffer */
#define NVSP_RECV_SECTION_MIN	1728
#define NVSP_SEND_SECTION	6144
#define NVSP_RECV_BUF_ID	0xcafe /* hv_netvsc's and the module's; any would do */
#define NVSP_SEND_BUF_ID	0
#define NVSP_SEND_TABLE		16 /* entries; hv_netvsc takes no other number */
#define NVSP_MAX_PACKET		4624 /* what hv_netvsc's NETVSC_MAX_PKT_SIZE lets in */

struct nvsp_message {
	uint32_t type;
	union {
		struct {
			uint32_t min, max;
		} __attribute__((packed)) init;
		struct {
			uint32_t version, max_mdl, status;
		} __attribute__((packed)) init_complete;
		struct {
			uint32_t major, minor;
		} __attribute__((packed)) ndis_version;
		struct {
			uint32_t gpadl;
			uint16_t id;
		} __attribute__((packed)) buffer; /* SEND_RECV_BUF, SEND_SEND_BUF */
		struct {
			uint16_t id;
		} __attribute__((packed)) revoke;
		struct {
			uint32_t status, num_sections;
			uint32_t offset, sub_alloc_size, num_sub_allocs, end_offset;
		} __attribute__((packed)) recv_buf_complete;
		struct {
			uint32_t status, section_size;
		} __attribute__((packed)) send_buf_complete;
		struct {
			uint32_t channel_type, section, section_len;
		} __attribute__((packed)) rndis;
		struct {
			uint32_t status;
		} __attribute__((packed)) rndis_complete;
		struct {
			uint32_t mtu, reserved; /* with the Ethernet header: MTU + 14 */
			uint64_t capabilities;
		} __attribute__((packed)) ndis_config;
		struct {
			uint32_t allocated, serial;
		} __attribute__((packed)) vf_association;
		struct {
			uint32_t active;
		} __attribute__((packed)) datapath;
		struct {
			uint32_t op, count;
		} __attribute__((packed)) subchannel;
		struct {
			uint32_t status, count;
		} __attribute__((packed)) subchannel_complete;
		struct {
			uint32_t count, offset; /* from the start of the message */
		} __attribute__((packed)) send_table;
		uint8_t body[36];
	} __attribute__((packed));
} __attribute__((packed));
_Static_assert(sizeof(struct nvsp_message) == 40, "a completion carries 40 bytes");
_Static_assert(offsetof(struct nvsp_message, ndis_config.capabilities) == 12, "NDIS config");

/* Between the descriptor and the payload of a transfer-pages packet with one range. */
struct nvsp_transfer_page {
	uint16_t pageset; /* the receive buffer's id */
	uint8_t sender_owns, reserved;
	uint32_t ranges;
	uint32_t len, offset; /* in the receive buffer */
};
_Static_assert(sizeof(struct nvsp_transfer_page) == 16, "transfer page header");

/* Between the descriptor and the payload of a GPA-direct packet; ranges follow. */
struct nvsp_gpa_direct {
	uint32_t reserved, ranges;
};
struct nvsp_gpa_range { /* followed by one u64 page number for each page touched */
	uint32_t len, offset;
};
_Static_assert(sizeof(struct nvsp_gpa_range) == 8, "GPA range");

struct netvsp;
struct nic_channel;
struct vmbus_packet;

/* A packet of the guest, any type, any channel. */
void nvsp_receive(struct nic_channel *c, const struct vmbus_packet *packet);
/* The host's own messages. False: no room, try again. */
bool nvsp_say_vf(struct netvsp *nic);
bool nvsp_say_datapath(struct netvsp *nic, uint32_t active);
bool nvsp_say_table(struct netvsp *nic);

#endif
