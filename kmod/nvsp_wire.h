/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * NVSP, the protocol between a synthetic NIC and its host, as it is on the wire. Every message
 * is 40 bytes; little endian. [G] guest to host, [H] host to guest, [C] inside a completion.
 * Source: drivers/net/hyperv/hyperv_net.h (facts only).
 */
#ifndef AN_NVSP_WIRE_H
#define AN_NVSP_WIRE_H

#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

#define AN_NVSP_VERSION_1	0x00002
#define AN_NVSP_VERSION_2	0x30002
#define AN_NVSP_VERSION_4	0x40000
#define AN_NVSP_VERSION_5	0x50000
#define AN_NVSP_VERSION_6	0x60000
#define AN_NVSP_VERSION_61	0x60001

enum an_nvsp_type {
	AN_NVSP_INIT			= 1,	/* [G] */
	AN_NVSP_INIT_COMPLETE		= 2,	/* [C] */
	AN_NVSP_SEND_NDIS_VERSION	= 100,	/* [G] */
	AN_NVSP_SEND_RECV_BUF		= 101,	/* [G] */
	AN_NVSP_SEND_RECV_BUF_COMPLETE	= 102,	/* [C] */
	AN_NVSP_REVOKE_RECV_BUF		= 103,	/* [G] */
	AN_NVSP_SEND_SEND_BUF		= 104,	/* [G] */
	AN_NVSP_SEND_SEND_BUF_COMPLETE	= 105,	/* [C] */
	AN_NVSP_REVOKE_SEND_BUF		= 106,	/* [G] */
	AN_NVSP_SEND_RNDIS		= 107,	/* [G] [H] */
	AN_NVSP_SEND_RNDIS_COMPLETE	= 108,	/* [C] both ways */
	AN_NVSP_SEND_NDIS_CONFIG	= 125,	/* [G] */
	AN_NVSP_SEND_VF_ASSOCIATION	= 128,	/* [H] */
	AN_NVSP_SWITCH_DATA_PATH	= 129,	/* [G] [H] */
	AN_NVSP_SUBCHANNEL		= 133,	/* [G] [C] */
	AN_NVSP_SEND_INDIRECTION_TABLE	= 134,	/* [H] */
};

#define AN_NVSP_STATUS_SUCCESS	1
#define AN_NVSP_STATUS_FAIL	2

#define AN_NVSP_CAPABILITY_SRIOV	(1ull << 2)
#define AN_NVSP_CAPABILITY_VLAN		(1ull << 3)
#define AN_NVSP_CAPABILITY_TEAMING	(1ull << 5)	/* asks for link speed updates */

#define AN_NVSP_RECV_BUF_ID		0xcafe
#define AN_NVSP_SEND_BUF_ID		0
#define AN_NVSP_NO_SECTION		0xffffffff
#define AN_NVSP_SECTION_MIN		68		/* the smallest MTU */
#define AN_NVSP_SEND_TABLE		16
#define AN_NVSP_SUBCHANNEL_ALLOCATE	1

enum an_nvsp_channel_type {
	AN_NVSP_CHANNEL_DATA	= 0,
	AN_NVSP_CHANNEL_CONTROL	= 1,
};

enum an_nvsp_datapath {
	AN_NVSP_DATAPATH_SYNTHETIC	= 0,
	AN_NVSP_DATAPATH_VF		= 1,
};

struct an_nvsp_message {
	__le32 type;
	union {
		struct {
			__le32 min;
			__le32 max;
		} __packed init;
		struct {
			__le32 version;
			__le32 max_mdl;
			__le32 status;
		} __packed init_complete;
		struct {
			__le32 major;
			__le32 minor;
		} __packed ndis_version;
		struct {
			__le32 mtu;
			__le32 reserved;
			__le64 capabilities;
		} __packed ndis_config;
		struct {
			__le32 gpadl;
			__le16 id;
		} __packed buffer;
		struct {
			__le16 id;
		} __packed revoke;
		struct {
			__le32 status;
			__le32 num_sections;
			__le32 offset;
			__le32 sub_alloc_size;
			__le32 num_sub_allocs;
			__le32 end_offset;
		} __packed recv_buf_complete;
		struct {
			__le32 status;
			__le32 section_size;
		} __packed send_buf_complete;
		struct {
			__le32 channel_type;	/* enum an_nvsp_channel_type */
			__le32 section;		/* of the send buffer */
			__le32 section_len;
		} __packed rndis;
		struct {
			__le32 status;
		} __packed rndis_complete;
		struct {
			__le32 allocated;
			__le32 serial;
		} __packed vf_association;
		struct {
			__le32 active;		/* enum an_nvsp_datapath */
		} __packed datapath;
		struct {
			__le32 op;
			__le32 count;
		} __packed subchannel;
		struct {
			__le32 status;
			__le32 count;
		} __packed subchannel_complete;
		struct {
			__le32 count;
			__le32 offset;		/* from the start of the message */
		} __packed send_table;
		__u8 pad[36];
	} __packed;
} __packed;
static_assert(sizeof(struct an_nvsp_message) == 40);

/* What follows the 16-byte descriptor of a transfer-page packet. */
struct an_transfer_header {
	__le16 pageset;
	__u8 owns_set;
	__u8 reserved;
	__le32 ranges;
} __packed;
static_assert(sizeof(struct an_transfer_header) == 8);

struct an_transfer_range {
	__le32 len;
	__le32 offset;		/* into the receive buffer */
} __packed;
static_assert(sizeof(struct an_transfer_range) == 8);

#endif
