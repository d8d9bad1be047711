/* SPDX-License-Identifier: BSD-3-Clause */
/* The objects RNDIS queries and sets. */
#ifndef LAB_NETVSP_OID_H
#define LAB_NETVSP_OID_H

#include "nic.h"

#define OID_ANSWER_MAX 256 /* bytes */

/* Return RNDIS statuses. info may be NULL when info_len is 0. */
uint32_t oid_query(struct netvsp *nic, uint32_t oid, const uint8_t *info, size_t info_len,
		   uint8_t *out, size_t *out_len);
uint32_t oid_set(struct netvsp *nic, uint32_t oid, const uint8_t *info, size_t info_len);
/* In 100 bit/s, as OID_GEN_LINK_SPEED and its indication have it. */
uint32_t oid_link_speed(const struct netvsp *nic);

#endif
