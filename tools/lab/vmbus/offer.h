/* SPDX-License-Identifier: BSD-3-Clause */
/* The life of an offer around its channel: made, taken back, released; internal to vmbus/. */
#ifndef LAB_VMBUS_OFFER_H
#define LAB_VMBUS_OFFER_H

#include "channel.h"

/* Sends the offer of a waiting channel. */
void offer_send(struct vmbus_channel *ch);
/* Rescinds the subchannels of ch. */
void offer_rescind_subchannels(struct vmbus_channel *ch);
/* Forgets a closed channel, tells its device, frees it. */
void offer_release(struct vmbus_channel *ch);

/* Message handler, see bus.c. */
void offer_on_released(struct vmbus *bus, const void *msg, size_t len);

#endif
