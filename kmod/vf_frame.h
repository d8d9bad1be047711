/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames on the VF, counted for the NIC. */
#ifndef AN_VF_FRAME_H
#define AN_VF_FRAME_H

#include <linux/netdevice.h>

struct an_nic;
struct an_vf_sum;

/* The VF's receive handler; its data is the NIC. RCU. */
rx_handler_result_t an_vf_receive(struct sk_buff **pskb);
/* Gives the frame to the VF's queue that an_select_queue() has chosen. */
netdev_tx_t an_vf_xmit(struct an_nic *nic, struct net_device *vf, struct sk_buff *skb);
void an_vf_sum_stats(const struct an_nic *nic, struct an_vf_sum *sum);

#endif
