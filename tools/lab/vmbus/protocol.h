/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * VMBus channel messages as they stand on the wire, little endian. IN: the guest sends it, OUT: the
 * host does. Names and offsets: docs/protocol.md 3.1, include/linux/hyperv.h.
 */
#ifndef LAB_VMBUS_PROTOCOL_H
#define LAB_VMBUS_PROTOCOL_H

#include "vmbus.h"

#define VMBUS_VERSION(major, minor) ((uint32_t)(major) << 16 | (minor))
#define VMBUS_VERSION_V2_4 VMBUS_VERSION(2, 4)
#define VMBUS_VERSION_V3_0 VMBUS_VERSION(3, 0)
#define VMBUS_VERSION_V4_0 VMBUS_VERSION(4, 0)
#define VMBUS_VERSION_V4_1 VMBUS_VERSION(4, 1) /* MODIFYCHANNEL */
#define VMBUS_VERSION_V5_0 VMBUS_VERSION(5, 0) /* connection id 4, SINT in INITIATE_CONTACT */
#define VMBUS_VERSION_V5_1 VMBUS_VERSION(5, 1)
#define VMBUS_VERSION_V5_2 VMBUS_VERSION(5, 2)
#define VMBUS_VERSION_V5_3 VMBUS_VERSION(5, 3) /* MODIFYCHANNEL is answered */

#define VMBUS_MESSAGE_TYPE	1u /* of the hypercall: a channel message */
#define VMBUS_MESSAGE_MAX	240u
#define VMBUS_SINT		2u
#define VMBUS_RELIDS		2048u /* 1..2047; 0 is reserved */

#define VMBUS_CONNECTION_OLD	1u /* posts below 5.0 */
#define VMBUS_CONNECTION_NEW	4u /* posts from 5.0 on */
/* Signals of the channel with that relid; clear of the ids 1 to 4 that VMBus itself uses. */
#define VMBUS_CONNECTION_CHANNEL(relid) (0x10000u | (relid))
#define VMBUS_CONNECTION_RELID(connection) ((connection) & (VMBUS_RELIDS - 1))

#define HV_STATUS_SUCCESS		0x0000u
#define HV_STATUS_INVALID_PARAMETER	0x0005u
#define HV_STATUS_INVALID_CONNECTION_ID	0x0012u

/* Status words of the answers: any value but 0 is a refusal to the guest; the NTSTATUS names. */
#define VMBUS_STATUS_SUCCESS		0u
#define VMBUS_STATUS_UNSUCCESSFUL	0xC0000001u

enum vmbus_message_type {
	VMBUS_MSG_OFFERCHANNEL = 1,
	VMBUS_MSG_RESCIND = 2,
	VMBUS_MSG_REQUESTOFFERS = 3,
	VMBUS_MSG_ALLOFFERS = 4,
	VMBUS_MSG_OPEN = 5,
	VMBUS_MSG_OPEN_RESULT = 6,
	VMBUS_MSG_CLOSE = 7,
	VMBUS_MSG_GPADL_HEADER = 8,
	VMBUS_MSG_GPADL_BODY = 9,
	VMBUS_MSG_GPADL_CREATED = 10,
	VMBUS_MSG_GPADL_TEARDOWN = 11,
	VMBUS_MSG_GPADL_TORNDOWN = 12,
	VMBUS_MSG_RELID_RELEASED = 13,
	VMBUS_MSG_INITIATE_CONTACT = 14,
	VMBUS_MSG_VERSION_RESPONSE = 15,
	VMBUS_MSG_UNLOAD = 16,
	VMBUS_MSG_UNLOAD_RESPONSE = 17,
	VMBUS_MSG_MODIFY = 22,
	VMBUS_MSG_MODIFY_RESPONSE = 24,
	VMBUS_MSG_TYPES
};

/* REQUESTOFFERS, UNLOAD (IN), ALLOFFERS, UNLOAD_RESPONSE (OUT) are this and no more. */
struct vmbus_msg {
	uint32_t type;
	uint32_t reserved;
};
_Static_assert(sizeof(struct vmbus_msg) == 8, "header");

/* CLOSE, RELID_RELEASED (IN), RESCIND (OUT) */
struct vmbus_msg_relid {
	struct vmbus_msg header;
	uint32_t relid;
};
_Static_assert(sizeof(struct vmbus_msg_relid) == 12, "close, rescind, relid_released");

struct vmbus_msg_offer { /* OUT */
	struct vmbus_msg header;
	struct vmbus_guid type, instance;
	uint8_t reserved1[16];
	uint16_t flags;
	uint16_t mmio_megabytes;
	uint8_t user[120];
	uint16_t subchannel;
	uint16_t reserved2;
	uint32_t relid;
	uint8_t monitor_id;
	uint8_t monitor_allocated; /* bit 0: it signals by that bit of the monitor page */
	uint16_t dedicated_interrupt; /* bit 0; always here: no bit in the interrupt page */
	uint32_t connection; /* what the guest signals on */
};
_Static_assert(sizeof(struct vmbus_msg_offer) == 196, "offer");
_Static_assert(offsetof(struct vmbus_msg_offer, user) == 60, "offer");
_Static_assert(offsetof(struct vmbus_msg_offer, relid) == 184, "offer");

struct vmbus_msg_open { /* IN */
	struct vmbus_msg header;
	uint32_t relid;
	uint32_t open_id; /* echoed */
	uint32_t gpadl;
	uint32_t target_vp;
	uint32_t downstream_page; /* where the ring to the guest begins in the GPADL, pages */
	uint8_t user[120];
};
_Static_assert(sizeof(struct vmbus_msg_open) == 148, "open");

struct vmbus_msg_open_result { /* OUT */
	struct vmbus_msg header;
	uint32_t relid;
	uint32_t open_id;
	uint32_t status;
};
_Static_assert(sizeof(struct vmbus_msg_open_result) == 20, "open_result");

/* One range; the PFNs that do not fit follow in bodies. */
#define VMBUS_GPADL_HEADER_PFNS 26u
struct vmbus_msg_gpadl_header { /* IN */
	struct vmbus_msg header;
	uint32_t relid;
	uint32_t gpadl;
	uint16_t range_buflen; /* bytes of range: 8 + 8 * pages */
	uint16_t range_count;
	uint32_t byte_count;
	uint32_t byte_offset;
	uint64_t pfn[VMBUS_GPADL_HEADER_PFNS];
} __attribute__((packed));
_Static_assert(sizeof(struct vmbus_msg_gpadl_header) == 236, "gpadl_header");
_Static_assert(offsetof(struct vmbus_msg_gpadl_header, pfn) == 28, "gpadl_header");

#define VMBUS_GPADL_BODY_PFNS 28u
struct vmbus_msg_gpadl_body { /* IN */
	struct vmbus_msg header;
	uint32_t number; /* Linux leaves it 0 in every body: it says nothing */
	uint32_t gpadl;
	uint64_t pfn[VMBUS_GPADL_BODY_PFNS];
};
_Static_assert(sizeof(struct vmbus_msg_gpadl_body) == VMBUS_MESSAGE_MAX, "gpadl_body");

struct vmbus_msg_gpadl_created { /* OUT */
	struct vmbus_msg header;
	uint32_t relid;
	uint32_t gpadl;
	uint32_t status;
};
_Static_assert(sizeof(struct vmbus_msg_gpadl_created) == 20, "gpadl_created");

struct vmbus_msg_gpadl_teardown { /* IN */
	struct vmbus_msg header;
	uint32_t relid;
	uint32_t gpadl;
};
_Static_assert(sizeof(struct vmbus_msg_gpadl_teardown) == 16, "gpadl_teardown");

struct vmbus_msg_gpadl_torndown { /* OUT */
	struct vmbus_msg header;
	uint32_t gpadl;
};
_Static_assert(sizeof(struct vmbus_msg_gpadl_torndown) == 12, "gpadl_torndown");

struct vmbus_msg_contact { /* IN */
	struct vmbus_msg header;
	uint32_t version;
	uint32_t target_vp; /* where the host's messages go */
	uint8_t sint; /* from 5.0 on; older: of the interrupt page's address, unused here */
	uint8_t vtl;
	uint8_t reserved[6];
	uint64_t monitor_page[2]; /* addresses: of bits to the guest, unused; to the host */
};
_Static_assert(sizeof(struct vmbus_msg_contact) == 40, "initiate_contact");
_Static_assert(offsetof(struct vmbus_msg_contact, sint) == 16, "initiate_contact");

#define VMBUS_MONITORS		128u /* ids 0..127 */
#define VMBUS_MONITOR_GROUPS	4u   /* of 32 */
struct vmbus_monitor_page { /* in the guest's memory */
	uint32_t state, reserved1;
	struct {
		uint32_t pending; /* a bit for each id: its channel is signalled */
		uint32_t armed;
	} group[VMBUS_MONITOR_GROUPS];
	uint64_t reserved2[3];
	int32_t next_check[VMBUS_MONITORS];
	uint16_t latency[VMBUS_MONITORS]; /* 100 ns: how late a signal may be */
	uint64_t reserved3[32];
	uint64_t parameter[VMBUS_MONITORS];
	uint8_t reserved4[1984];
};
_Static_assert(sizeof(struct vmbus_monitor_page) == 4096, "monitor page");
_Static_assert(offsetof(struct vmbus_monitor_page, latency) == 0x240, "monitor page");
_Static_assert(offsetof(struct vmbus_monitor_page, parameter) == 0x440, "monitor page");

struct vmbus_msg_version { /* OUT */
	struct vmbus_msg header;
	uint8_t supported;
	uint8_t connection_state; /* 0: good */
	uint16_t reserved;
	uint32_t connection; /* from 5.0 on: post there from now on */
};
_Static_assert(sizeof(struct vmbus_msg_version) == 16, "version_response");

struct vmbus_msg_modify { /* IN */
	struct vmbus_msg header;
	uint32_t relid;
	uint32_t target_vp;
};
_Static_assert(sizeof(struct vmbus_msg_modify) == 16, "modifychannel");

struct vmbus_msg_modify_response { /* OUT */
	struct vmbus_msg header;
	uint32_t relid;
	uint32_t status;
};
_Static_assert(sizeof(struct vmbus_msg_modify_response) == 16, "modifychannel_response");

#endif
