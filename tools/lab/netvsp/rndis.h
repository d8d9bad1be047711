/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RNDIS on the wire: messages, statuses, OIDs. Offsets inside a message count from the field
 * behind its 8-byte header. Source: docs/protocol.md 5, include/linux/rndis.h.
 */
#ifndef LAB_NETVSP_RNDIS_H
#define LAB_NETVSP_RNDIS_H

#include <stdint.h>

enum rndis_type {
	RNDIS_PACKET = 1,
	RNDIS_INIT = 2,
	RNDIS_HALT = 3,
	RNDIS_QUERY = 4,
	RNDIS_SET = 5,
	RNDIS_RESET = 6,
	RNDIS_INDICATE = 7,
	RNDIS_KEEPALIVE = 8,
};
#define RNDIS_COMPLETION 0x80000000u /* or'ed into the request's type */
#define RNDIS_INIT_COMPLETE  (RNDIS_INIT | RNDIS_COMPLETION)
#define RNDIS_QUERY_COMPLETE (RNDIS_QUERY | RNDIS_COMPLETION)
#define RNDIS_SET_COMPLETE   (RNDIS_SET | RNDIS_COMPLETION)

#define RNDIS_SUCCESS		0x00000000u
#define RNDIS_MEDIA_CONNECT	0x4001000bu
#define RNDIS_MEDIA_DISCONNECT	0x4001000cu
#define RNDIS_LINK_SPEED_CHANGE 0x40010013u
#define RNDIS_NETWORK_CHANGE	0x40010018u
#define RNDIS_NOT_SUPPORTED	0xc00000bbu
#define RNDIS_BAD_VERSION	0xc0010004u
#define RNDIS_NOT_READY		0xc0010011u
#define RNDIS_INVALID_LENGTH	0xc0010014u
#define RNDIS_INVALID_DATA	0xc0010015u

enum rndis_packet_type { /* bits of OID_GEN_CURRENT_PACKET_FILTER */
	RNDIS_FILTER_DIRECTED = 0x01,
	RNDIS_FILTER_MULTICAST = 0x02, /* what the multicast list names */
	RNDIS_FILTER_ALL_MULTICAST = 0x04,
	RNDIS_FILTER_BROADCAST = 0x08,
	RNDIS_FILTER_PROMISCUOUS = 0x20,
};

enum rndis_oid {
	OID_GEN_SUPPORTED_LIST = 0x00010101,
	OID_GEN_HARDWARE_STATUS = 0x00010102,
	OID_GEN_MEDIA_SUPPORTED = 0x00010103,
	OID_GEN_MEDIA_IN_USE = 0x00010104,
	OID_GEN_MAXIMUM_LOOKAHEAD = 0x00010105,
	OID_GEN_MAXIMUM_FRAME_SIZE = 0x00010106,
	OID_GEN_LINK_SPEED = 0x00010107,
	OID_GEN_TRANSMIT_BLOCK_SIZE = 0x0001010a,
	OID_GEN_RECEIVE_BLOCK_SIZE = 0x0001010b,
	OID_GEN_VENDOR_ID = 0x0001010c,
	OID_GEN_VENDOR_DESCRIPTION = 0x0001010d,
	OID_GEN_CURRENT_PACKET_FILTER = 0x0001010e,
	OID_GEN_CURRENT_LOOKAHEAD = 0x0001010f,
	OID_GEN_DRIVER_VERSION = 0x00010110,
	OID_GEN_MAXIMUM_TOTAL_SIZE = 0x00010111,
	OID_GEN_MAC_OPTIONS = 0x00010113,
	OID_GEN_MEDIA_CONNECT_STATUS = 0x00010114,
	OID_GEN_MAXIMUM_SEND_PACKETS = 0x00010115,
	OID_GEN_VENDOR_DRIVER_VERSION = 0x00010116,
	OID_GEN_RECEIVE_SCALE_CAPABILITIES = 0x00010203,
	OID_GEN_RECEIVE_SCALE_PARAMETERS = 0x00010204,
	OID_GEN_FRIENDLY_NAME = 0x00020216,
	OID_GEN_RNDIS_CONFIG_PARAMETER = 0x0001021b,
	OID_GEN_XMIT_OK = 0x00020101,
	OID_GEN_RCV_OK = 0x00020102,
	OID_GEN_XMIT_ERROR = 0x00020103,
	OID_GEN_RCV_ERROR = 0x00020104,
	OID_GEN_RCV_NO_BUFFER = 0x00020105,
	OID_802_3_PERMANENT_ADDRESS = 0x01010101,
	OID_802_3_CURRENT_ADDRESS = 0x01010102,
	OID_802_3_MULTICAST_LIST = 0x01010103,
	OID_802_3_MAXIMUM_LIST_SIZE = 0x01010104,
	OID_OFFLOAD_ENCAPSULATION = 0x0101010a,
};
/* Past INT_MAX: not enumerators in C11. */
#define OID_TCP_OFFLOAD_CURRENT_CONFIG	0xfc01020bu
#define OID_TCP_OFFLOAD_PARAMETERS	0xfc01020cu
#define OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES 0xfc01020du

struct rndis_header {
	uint32_t type, len; /* of the whole message */
};

struct rndis_request { /* INITIALIZE .. KEEPALIVE: what every request starts with */
	struct rndis_header header;
	uint32_t id;
};

struct rndis_init {
	struct rndis_header header;
	uint32_t id, major, minor, max_transfer;
};

struct rndis_init_complete {
	struct rndis_header header;
	uint32_t id, status, major, minor, device_flags, medium;
	uint32_t packets_per_message, max_transfer, alignment_log2, af_offset, af_size;
};
_Static_assert(sizeof(struct rndis_init_complete) == 8 + 44, "INITIALIZE_CMPLT");

struct rndis_oid_request { /* QUERY and SET */
	struct rndis_header header;
	uint32_t id, oid, info_len, info_offset, vc;
};
_Static_assert(sizeof(struct rndis_oid_request) == 8 + 20, "QUERY");

struct rndis_query_complete {
	struct rndis_header header;
	uint32_t id, status, info_len, info_offset;
};
_Static_assert(sizeof(struct rndis_query_complete) == 8 + 16, "QUERY_CMPLT");

struct rndis_set_complete { /* SET, KEEPALIVE; RESET: {status, addressing reset} */
	struct rndis_header header;
	uint32_t id, status;
};

struct rndis_indicate {
	struct rndis_header header;
	uint32_t status, info_len, info_offset;
};

struct rndis_packet {
	struct rndis_header header;
	uint32_t data_offset, data_len, oob_offset, oob_len, oob_count;
	uint32_t ppi_offset, ppi_len, vc, reserved;
};
#define RNDIS_PACKET_BODY 36u /* where data and per-packet information may start at the earliest */
_Static_assert(sizeof(struct rndis_packet) == sizeof(struct rndis_header) + RNDIS_PACKET_BODY,
	       "PACKET");

struct rndis_ppi { /* per-packet information; its value starts at `offset` */
	uint32_t size, type, offset; /* bit 31 of type: RNDIS's own, not NDIS's */
};

struct rndis_config_parameter { /* strings are UTF-16; offsets count from here */
	uint32_t name_offset, name_len, value_type, value_offset, value_len;
};
#define RNDIS_CONFIG_STRING 2

#endif
