/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The vPCI channel on the wire: message numbers, payloads (after the packet descriptor), NTSTATUS
 * values. Little endian, as this host is. Direction: IN from the guest, OUT to it.
 * Source: docs/protocol.md 6; Linux drivers/pci/controller/pci-hyperv.c.
 */
#ifndef LAB_VPCI_PROTOCOL_H
#define LAB_VPCI_PROTOCOL_H

#include <stdint.h>

#define VPCI_VERSION_1_1 0x00010001u
#define VPCI_VERSION_1_2 0x00010002u /* processor sets: CREATE_INTERRUPT2, RESOURCES_ASSIGNED2 */
#define VPCI_VERSION_1_3 0x00010003u
#define VPCI_VERSION_1_4 0x00010004u /* 32-bit vectors, NUMA: CREATE_INTERRUPT3, RELATIONS2 */

enum vpci_message_type {
	VPCI_BUS_RELATIONS = 0x42490000,		/* OUT */
	VPCI_QUERY_BUS_RELATIONS = 0x42490001,		/* IN */
	VPCI_QUERY_RESOURCE_REQUIREMENTS = 0x42490005,	/* IN */
	VPCI_BUS_D0ENTRY = 0x42490007,			/* IN */
	VPCI_BUS_D0EXIT = 0x42490008,			/* IN */
	VPCI_READ_BLOCK = 0x42490009,			/* IN */
	VPCI_WRITE_BLOCK = 0x4249000a,			/* IN */
	VPCI_EJECT = 0x4249000b,			/* OUT */
	VPCI_EJECTION_COMPLETE = 0x4249000f,		/* IN */
	VPCI_RESOURCES_ASSIGNED = 0x42490010,		/* IN */
	VPCI_RESOURCES_RELEASED = 0x42490011,		/* IN */
	VPCI_INVALIDATE_BLOCK = 0x42490012,		/* OUT */
	VPCI_QUERY_PROTOCOL_VERSION = 0x42490013,	/* IN */
	VPCI_CREATE_INTERRUPT = 0x42490014,		/* IN */
	VPCI_DELETE_INTERRUPT = 0x42490015,		/* IN */
	VPCI_RESOURCES_ASSIGNED2 = 0x42490016,		/* IN */
	VPCI_CREATE_INTERRUPT2 = 0x42490017,		/* IN */
	VPCI_BUS_RELATIONS2 = 0x42490019,		/* OUT */
	VPCI_CREATE_INTERRUPT3 = 0x4249001b,		/* IN */
};

/* A status is negative as an s32 when it is a failure. */
enum vpci_status {
	VPCI_SUCCESS = 0,
	VPCI_UNSUCCESSFUL = 0xc0000001,
	VPCI_LENGTH_MISMATCH = 0xc0000004,
	VPCI_INVALID_PARAMETER = 0xc000000d,
	VPCI_NO_SUCH_DEVICE = 0xc000000e,
	VPCI_CONFLICTING_ADDRESSES = 0xc0000018,
	VPCI_REVISION_MISMATCH = 0xc0000059, /* makes the guest try the next older version */
	VPCI_INSUFFICIENT_RESOURCES = 0xc000009a,
	VPCI_NOT_SUPPORTED = 0xc00000bb,
	VPCI_INVALID_DEVICE_STATE = 0xc0000184,
};

#define VPCI_BARS 6
#define VPCI_PROCESSORS_MAX 32
#define VPCI_BLOCK_MAX 128
#define VPCI_FUNCTION_NUMA_VALID 1u

/* IN: every request about a function but the blocks starts so; OUT: EJECT is no more than it. */
struct vpci_child_message {
	uint32_t type;
	uint32_t slot; /* device number bits 4:0, function bits 7:5 */
};
_Static_assert(sizeof(struct vpci_child_message) == 8, "wire size");

struct vpci_version_request {
	uint32_t type;
	uint32_t version;
};
_Static_assert(sizeof(struct vpci_version_request) == 8, "wire size");

struct vpci_d0_entry {
	uint32_t type;
	uint32_t reserved;
	uint64_t mmio_base;
};
_Static_assert(sizeof(struct vpci_d0_entry) == 16, "wire size");

struct vpci_relations_header {
	uint32_t type;
	uint32_t count;
};
_Static_assert(sizeof(struct vpci_relations_header) == 8, "wire size");

/* BUS_RELATIONS carries the first VPCI_DESCRIPTION_V1 bytes of it, BUS_RELATIONS2 all. */
struct vpci_description {
	uint16_t vendor, device;
	uint8_t revision, prog_if, subclass, base_class;
	uint32_t subsystem; /* device << 16 | vendor */
	uint32_t slot;
	uint32_t serial;
	uint32_t flags;
	uint16_t numa_node;
	uint16_t reserved;
};
#define VPCI_DESCRIPTION_V1 20
_Static_assert(sizeof(struct vpci_description) == 28, "wire size");

struct vpci_requirements_reply {
	uint32_t status;
	uint32_t probed_bar[VPCI_BARS]; /* what each BAR reads after all ones were written */
};
_Static_assert(sizeof(struct vpci_requirements_reply) == 28, "wire size");

/* RESOURCES_ASSIGNED*: beyond the child header the guest leaves zeroes nobody reads. */
#define VPCI_RESOURCES_ASSIGNED_SIZE 148
#define VPCI_RESOURCES_ASSIGNED2_SIZE 202

struct vpci_create_interrupt {
	struct vpci_child_message child;
	uint8_t vector, mode;
	uint16_t vectors;
	uint32_t reserved;
	uint64_t processor_mask;
};
_Static_assert(sizeof(struct vpci_create_interrupt) == 24, "wire size");

struct vpci_create_interrupt2 {
	struct vpci_child_message child;
	uint8_t vector, mode;
	uint16_t vectors;
	uint16_t processors;
	uint16_t processor[VPCI_PROCESSORS_MAX];
} __attribute__((packed));
_Static_assert(sizeof(struct vpci_create_interrupt2) == 78, "wire size");

struct vpci_create_interrupt3 {
	struct vpci_child_message child;
	uint32_t vector;
	uint8_t mode, reserved;
	uint16_t vectors;
	uint16_t processors;
	uint16_t processor[VPCI_PROCESSORS_MAX];
} __attribute__((packed));
_Static_assert(sizeof(struct vpci_create_interrupt3) == 82, "wire size");

/* The pair the guest programs into its MSI-X table, and names in DELETE and in the retarget. */
struct vpci_translated {
	uint16_t reserved;
	uint16_t vectors;
	uint32_t data;
	uint64_t address;
};
_Static_assert(sizeof(struct vpci_translated) == 16, "wire size");

struct vpci_create_reply {
	uint32_t status;
	uint32_t reserved;
	struct vpci_translated interrupt;
};
_Static_assert(sizeof(struct vpci_create_reply) == 24, "wire size");

struct vpci_delete_interrupt {
	struct vpci_child_message child;
	struct vpci_translated interrupt;
};
_Static_assert(sizeof(struct vpci_delete_interrupt) == 24, "wire size");

/* READ_BLOCK and WRITE_BLOCK; of the latter the bytes follow. */
struct vpci_block_request {
	uint32_t type;
	uint32_t block;
	uint32_t slot;
	uint32_t bytes;
};
_Static_assert(sizeof(struct vpci_block_request) == 16, "wire size");

struct vpci_read_block_reply {
	uint32_t status;
	uint8_t bytes[VPCI_BLOCK_MAX];
};
_Static_assert(sizeof(struct vpci_read_block_reply) == 132, "wire size");

struct vpci_ejection_complete {
	struct vpci_child_message child;
	uint32_t status;
};
_Static_assert(sizeof(struct vpci_ejection_complete) == 12, "wire size");

struct vpci_invalidate_block {
	struct vpci_child_message child;
	uint64_t mask;
};
_Static_assert(sizeof(struct vpci_invalidate_block) == 16, "wire size");

#endif
