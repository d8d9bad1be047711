/* SPDX-License-Identifier: GPL-2.0-only */
/* What the host says over NVSP. NAPI. */
#ifndef AN_NVSP_RECEIVE_H
#define AN_NVSP_RECEIVE_H

#include "nic.h"

struct an_request;

/* A message of the host's own. */
void an_nvsp_receive(struct an_nic *nic, const void *data, u32 len);
/* The answer to an_nvsp_request(). */
void an_nvsp_answer(struct an_nic *nic, struct an_request *request, const void *data, u32 len);

#endif
