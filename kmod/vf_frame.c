// SPDX-License-Identifier: GPL-2.0-only
/* Frames that go out by the VF, and those that come in by it: the stack sees the NIC. */
#include "vf_frame.h"
#include "nic.h"

#include <net/sch_generic.h>

rx_handler_result_t an_vf_receive(struct sk_buff **pskb)
{
	struct sk_buff *skb = skb_share_check(*pskb, GFP_ATOMIC);
	struct an_vf_stats *stats;
	struct an_nic *nic;

	if (!skb)
		return RX_HANDLER_CONSUMED;
	*pskb = skb;
	nic = rcu_dereference(skb->dev->rx_handler_data);
	skb->dev = nic->net;
	/* The VF may have more queues than the NIC, whose the stack takes this for. */
	if (skb_rx_queue_recorded(skb))
		skb_record_rx_queue(skb, skb_get_rx_queue(skb) % nic->net->real_num_rx_queues);
	stats = this_cpu_ptr(nic->vf_stats);
	u64_stats_update_begin(&stats->syncp);
	u64_stats_inc(&stats->rx_packets);
	u64_stats_add(&stats->rx_bytes, skb->len);
	u64_stats_update_end(&stats->syncp);
	return RX_HANDLER_ANOTHER;
}

netdev_tx_t an_vf_xmit(struct an_nic *nic, struct net_device *vf, struct sk_buff *skb)
{
	struct an_vf_stats *stats;
	unsigned int len = skb->len;
	int ret;

	skb->dev = vf;
	skb_record_rx_queue(skb, qdisc_skb_cb(skb)->slave_dev_queue_mapping);
	ret = dev_queue_xmit(skb);

	stats = this_cpu_ptr(nic->vf_stats);
	u64_stats_update_begin(&stats->syncp);
	if (ret == NET_XMIT_SUCCESS || ret == NET_XMIT_CN) {
		u64_stats_inc(&stats->tx_packets);
		u64_stats_add(&stats->tx_bytes, len);
	} else {
		u64_stats_inc(&stats->tx_dropped);
	}
	u64_stats_update_end(&stats->syncp);
	return ret;
}

void an_vf_sum_stats(const struct an_nic *nic, struct an_vf_sum *sum)
{
	const struct an_vf_stats *stats;
	struct an_vf_sum one;
	unsigned int start;
	int cpu;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		stats = per_cpu_ptr(nic->vf_stats, cpu);
		do {
			start = u64_stats_fetch_begin(&stats->syncp);
			one.rx_packets = u64_stats_read(&stats->rx_packets);
			one.rx_bytes = u64_stats_read(&stats->rx_bytes);
			one.tx_packets = u64_stats_read(&stats->tx_packets);
			one.tx_bytes = u64_stats_read(&stats->tx_bytes);
			one.tx_dropped = u64_stats_read(&stats->tx_dropped);
		} while (u64_stats_fetch_retry(&stats->syncp, start));
		sum->rx_packets += one.rx_packets;
		sum->rx_bytes += one.rx_bytes;
		sum->tx_packets += one.tx_packets;
		sum->tx_bytes += one.tx_bytes;
		sum->tx_dropped += one.tx_dropped;
	}
}
