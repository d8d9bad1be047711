/* SPDX-License-Identifier: GPL-2.0-only */
/* Transmit on the synthetic side. */
#ifndef AN_TX_H
#define AN_TX_H

#include "nic.h"

/* Sends on the queue the skb is mapped to. BH disabled. */
netdev_tx_t an_tx_send(struct an_nic *nic, struct sk_buff *skb);
/* The host is done with it. NAPI. */
void an_tx_complete(struct an_queue *queue, struct sk_buff *skb, int budget);
/* After any transaction has ended: wakes the queue if it waits for room. NAPI. */
void an_tx_wake(struct an_queue *queue);

#endif
