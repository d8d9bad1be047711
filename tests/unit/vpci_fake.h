/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The world of a vPCI bus under test: a VMBus with one channel whose packets are kept, a VMM that
 * remembers claims and maps and refuses to let them overlap, and a function model that records.
 */
#ifndef VPCI_FAKE_H
#define VPCI_FAKE_H

#include "../../tools/lab/vpci/protocol.h"
#include "../../tools/lab/vpci/vpci.h"
#include "unit.h"

#define FAKE_WINDOW 0xd0000000ull /* where the guest puts the configuration window */
#define FAKE_BAR 0x1000000000ull
#define FAKE_BAR_SIZE 0x8000ull
#define FAKE_RAM_A 0x1000ull /* memory pieces: one page, two pages */
#define FAKE_RAM_B 0x2000ull
#define FAKE_TABLE 0x5000ull
#define FAKE_PBA 0x6000ull
#define FAKE_VECTORS 70u
#define FAKE_GUEST_RAM 0x40000000ull /* guest RAM fills [0, this) */
#define FAKE_SLOT 2u

#define FAKE_PACKETS 64
#define FAKE_PLACES 16
#define FAKE_MSIS 64

struct fake_packet {
	enum vmbus_packet_type type;
	uint16_t flags;
	uint64_t transaction;
	size_t len;
	uint8_t payload[256];
};

struct fake_place {
	gpa_t base;
	uint64_t size; /* 0: free */
	const struct vpci_mmio_ops *ops; /* NULL: memory */
	void *ctx;
	void *memory;
};

struct fake {
	struct vpci *bus;
	struct lab_pending pending;
	/* VMBus */
	struct vmbus_channel *channel; /* NULL: none offered */
	struct vmbus_offer offer; /* the last */
	bool connected;
	int offer_error;
	unsigned int offers, rescinds;
	size_t room; /* packets the ring to the guest still takes */
	struct fake_packet in[FAKE_PACKETS], out[FAKE_PACKETS];
	size_t in_head, in_tail, out_head, out_tail;
	uint64_t last_transaction;
	/* VMM */
	struct fake_place place[FAKE_PLACES];
	int claim_error; /* what the next claims return */
	struct {
		uint64_t address;
		uint32_t data;
	} msi[FAKE_MSIS];
	size_t msis;
	/* function */
	struct pci_function function;
	uint8_t memory[3 * 4096];
	unsigned int resets, reads, writes;
	uint64_t last_offset, last_value;
	unsigned int last_size;
	uint32_t last_block;
	uint8_t block[VPCI_BLOCK_MAX];
	size_t block_len;
	int block_error;
	/* events */
	unsigned int d0s, ejecteds, releaseds;
	bool add_on_release;
};

extern struct fake fake;

/* A bus that is offered (serial 7) to a connected guest. max_version: of the host. */
void fake_setup(uint32_t max_version);
/* After a fake_teardown(): the same world with another function. */
void fake_hang(uint32_t max_version, const struct pci_function *function);
void fake_teardown(void);

/* What the guest does. */
int fake_open(void);
void fake_close(void);
void fake_release(void);
void fake_put(enum vmbus_packet_type type, uint16_t flags, uint64_t transaction,
	      const void *payload, size_t len);
void fake_signal(void);
/* Sends a request that wants an answer. Returns the next packet from the host, NULL: none. */
const struct fake_packet *fake_request(const void *payload, size_t len);
/* Likewise, returns the status. No answer is a failed assertion. */
uint32_t fake_status(const void *payload, size_t len);
/* A message without an answer. */
void fake_tell(const void *payload, size_t len);
const struct fake_packet *fake_take(void);
/* Opens and goes on to D0 with that protocol version; then places BAR0 and turns it on. */
void fake_probe(uint32_t version);
void fake_map(void);

/* Guest accesses. Where nothing is claimed: reads all ones, like a real bus. */
uint64_t fake_read(gpa_t at, unsigned int size);
void fake_write(gpa_t at, uint64_t value, unsigned int size);
uint32_t fake_config_read(unsigned int offset, unsigned int size);
void fake_config_write(unsigned int offset, uint32_t value, unsigned int size);
const struct fake_place *fake_place_at(gpa_t base);
unsigned int fake_places(void);
/* CREATE_INTERRUPT3: returns the data, UINT32_MAX on failure. */
uint32_t fake_create_interrupt(uint32_t vector, uint16_t vp);
/* Programs MSI-X entry n, unmasked. */
void fake_program(unsigned int n, uint64_t address, uint32_t data);

#endif
