/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checks of what the host says over NVSP. Pure functions over bytes that the caller has already
 * copied out of shared memory; they are also built into the unit tests.
 */
#ifndef AN_NVSP_PARSE_H
#define AN_NVSP_PARSE_H

#include "nvsp_wire.h"

/* A message the host sent on its own. */
struct an_nvsp_inband {
	u32 type;			/* enum an_nvsp_type */
	union {
		struct {
			bool allocated;
			u32 serial;
		} association;
		enum an_nvsp_datapath path;
		u32 table[AN_NVSP_SEND_TABLE];
	};
};

/* 0, -EBADMSG (it lies about itself), -ENOMSG (a type this driver does not know). */
int an_nvsp_parse_inband(const void *data, u32 len, u32 version, struct an_nvsp_inband *in);

/*
 * The answer to a request, taken out of a completion's payload: zero-padded to a whole message.
 * want is the type that answers the request. 0 or -EBADMSG.
 */
int an_nvsp_parse_answer(const void *data, u32 len, u32 want, struct an_nvsp_message *msg);

/* The host's cut of the receive buffer: 0, -EPROTO (refused) or -EBADMSG. */
int an_nvsp_check_recv_buf(const struct an_nvsp_message *msg, u32 size);
/* The same for the send buffer; *section_size is its answer. */
int an_nvsp_check_send_buf(const struct an_nvsp_message *msg, u32 size, u32 *section_size);

/*
 * A transfer-page packet: head_len bytes after its descriptor at head (header and ranges), then
 * len bytes of payload. Returns the number of ranges, or -EBADMSG.
 */
int an_nvsp_parse_transfer(const void *head, u32 head_len, const void *payload, u32 len,
			   const struct an_transfer_range **ranges);
/* Is the range inside a buffer of that size? */
bool an_nvsp_range_ok(const struct an_transfer_range *range, u32 size);

#endif
