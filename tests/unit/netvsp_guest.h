/* SPDX-License-Identifier: BSD-3-Clause */
/* The guest of a synthetic NIC under test: its side of NVSP and RNDIS in a few calls; frames. */
#ifndef NETVSP_GUEST_H
#define NETVSP_GUEST_H

#include "netvsp_fake.h"

/* ------------------------------------------------------------------- the guest's protocol -- */

struct nvsp_message fake_ask(const struct nvsp_message *m, uint32_t answer_type);
bool fake_init(uint32_t version);		  /* INIT; true: accepted */
void fake_ndis_config(uint32_t mtu, uint64_t capabilities);
struct nvsp_message fake_recv_buf(void);	  /* both return the answer */
struct nvsp_message fake_send_buf(void);
void fake_buffers(void); /* both, taken */
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
/* Wraps a frame into an RNDIS packet; ppi may be NULL. Returns the length, padded to 8. */
size_t fake_wrap(uint8_t *out, const void *ppi, size_t ppi_len, const uint8_t *frame, size_t len);
size_t fake_ppi(uint8_t *out, uint32_t type, uint32_t value);
/* Sends RNDIS bytes on the data channel, in section 0, and returns the completion's status. */
uint32_t fake_send_section(unsigned int index, const void *bytes, size_t len);
/* A packet on the data channel whose RNDIS bytes begin in section `section` and go on in ranges;
 * its completion's status. */
uint32_t fake_send_ranges(uint32_t section, uint32_t section_len, const void *extension,
			  size_t extension_len);
/* Asks for the path; whether the host has completed that transaction. */
uint32_t fake_switch(uint32_t path, uint64_t transaction);

#endif
