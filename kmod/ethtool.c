// SPDX-License-Identifier: GPL-2.0-only
/*
 * ethtool. Statistics have hv_netvsc's names and order, so that what reads them goes on reading;
 * this driver's own come after. The xdp counters are there for their names: XDP runs in the
 * stack's generic way here, which counts for itself.
 */
#include "compat.h"
#include "netdev.h"
#include "rss.h"
#include "settings.h"
#include "vf_frame.h"
#include "waits.h"

#include <linux/ethtool.h>
#include <linux/rtnetlink.h>

/* A GUID is longer than bus_info, and those of two NICs of a VM may differ at their ends alone. */
#define AN_GUID_LEN		36
#define AN_BUS_INFO_SKIP	(AN_GUID_LEN - (ETHTOOL_BUSINFO_LEN - 1))

struct counter {
	const char *name;
	size_t offset;
};

#define NIC_COUNTER(field) { #field, offsetof(struct an_nic_stats, field) }
static const struct counter nic_counters[] = {
	NIC_COUNTER(tx_scattered),
	NIC_COUNTER(tx_no_memory),
	NIC_COUNTER(tx_no_space),
	NIC_COUNTER(tx_too_big),
	NIC_COUNTER(tx_busy),
	NIC_COUNTER(tx_send_full),
	NIC_COUNTER(rx_comp_busy),
	NIC_COUNTER(rx_no_memory),
	NIC_COUNTER(stop_queue),
	NIC_COUNTER(wake_queue),
	NIC_COUNTER(vlan_error),
};

static const struct counter own_counters[] = {
	NIC_COUNTER(host_bad_packet),
	NIC_COUNTER(host_bad_range),
	NIC_COUNTER(host_bad_rndis),
	NIC_COUNTER(host_bad_nvsp),
	NIC_COUNTER(host_unknown),
	NIC_COUNTER(host_bad_completion),
	NIC_COUNTER(host_late_answer),
	NIC_COUNTER(host_refused),
	NIC_COUNTER(host_silent),
	NIC_COUNTER(vf_reassociated),
	NIC_COUNTER(vf_path_moves),
	NIC_COUNTER(vf_tx_lost),
};

#define VF_COUNTER(field) { "vf_" #field, offsetof(struct an_vf_sum, field) }
static const struct counter vf_counters[] = {
	VF_COUNTER(rx_packets),
	VF_COUNTER(rx_bytes),
	VF_COUNTER(tx_packets),
	VF_COUNTER(tx_bytes),
	VF_COUNTER(tx_dropped),
};

static const char *const queue_counters[] = {
	"tx_queue_%u_packets", "tx_queue_%u_bytes", "tx_queue_%u_xdp_xmit",
	"rx_queue_%u_packets", "rx_queue_%u_bytes", "rx_queue_%u_xdp_drop",
	"rx_queue_%u_xdp_redirect", "rx_queue_%u_xdp_tx",
};

static const char *const cpu_counters[] = {
	"cpu%u_rx_packets", "cpu%u_rx_bytes", "cpu%u_tx_packets", "cpu%u_tx_bytes",
	"cpu%u_vf_rx_packets", "cpu%u_vf_rx_bytes", "cpu%u_vf_tx_packets", "cpu%u_vf_tx_bytes",
};

/* Of one queue, or of one processor. */
struct sums {
	u64 rx_packets;
	u64 rx_bytes;
	u64 tx_packets;
	u64 tx_bytes;
};

static void get_drvinfo(struct net_device *net, struct ethtool_drvinfo *info)
{
	struct an_nic *nic = netdev_priv(net);

	strscpy(info->driver, AN_DRIVER_NAME, sizeof(info->driver));
	strscpy(info->version, AN_DRIVER_VERSION, sizeof(info->version));
	strscpy(info->bus_info, dev_name(&nic->device->device) + AN_BUS_INFO_SKIP,
		sizeof(info->bus_info));
	snprintf(info->fw_version, sizeof(info->fw_version), "NVSP %u.%u",
		 nic->nvsp_version >> 16, nic->nvsp_version & 0xffff);
}

static int get_link_ksettings(struct net_device *net, struct ethtool_link_ksettings *link)
{
	struct an_nic *nic = netdev_priv(net);
	struct net_device *vf = rtnl_dereference(nic->vf.netdev);
	u32 mbps = READ_ONCE(nic->link_mbps);

	if (vf)
		return __ethtool_get_link_ksettings(vf, link);
	link->base.speed = mbps ?: (u32)SPEED_UNKNOWN;
	link->base.duplex = DUPLEX_FULL;
	link->base.port = PORT_OTHER;
	return 0;
}

static int get_sset_count(struct net_device *net, int set)
{
	struct an_nic *nic = netdev_priv(net);

	if (set != ETH_SS_STATS)
		return -EOPNOTSUPP;
	return ARRAY_SIZE(nic_counters) + ARRAY_SIZE(vf_counters) +
	       nic->queues * ARRAY_SIZE(queue_counters) +
	       num_present_cpus() * ARRAY_SIZE(cpu_counters) + ARRAY_SIZE(own_counters);
}

static void put_names(u8 **to, const struct counter *counter, size_t count)
{
	while (count--)
		ethtool_sprintf(to, "%s", counter++->name);
}

/* format is one of the constant lists above. */
static void put_numbered(u8 **to, const char *const *format, size_t count, u32 number)
{
	char name[ETH_GSTRING_LEN];
	size_t i;

	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), format[i], number);
		ethtool_sprintf(to, "%s", name);
	}
}

static void get_strings(struct net_device *net, u32 set, u8 *to)
{
	struct an_nic *nic = netdev_priv(net);
	u32 i;

	if (set != ETH_SS_STATS)
		return;
	put_names(&to, nic_counters, ARRAY_SIZE(nic_counters));
	put_names(&to, vf_counters, ARRAY_SIZE(vf_counters));
	for (i = 0; i < nic->queues; i++)
		put_numbered(&to, queue_counters, ARRAY_SIZE(queue_counters), i);
	for_each_present_cpu(i)
		put_numbered(&to, cpu_counters, ARRAY_SIZE(cpu_counters), i);
	put_names(&to, own_counters, ARRAY_SIZE(own_counters));
}

static struct sums sum_queue(const struct an_queue *queue)
{
	unsigned int start;
	struct sums sums;

	do {
		start = u64_stats_fetch_begin(&queue->tx.syncp);
		sums.tx_packets = u64_stats_read(&queue->tx.packets);
		sums.tx_bytes = u64_stats_read(&queue->tx.bytes);
	} while (u64_stats_fetch_retry(&queue->tx.syncp, start));
	do {
		start = u64_stats_fetch_begin(&queue->rx.syncp);
		sums.rx_packets = u64_stats_read(&queue->rx.packets);
		sums.rx_bytes = u64_stats_read(&queue->rx.bytes);
	} while (u64_stats_fetch_retry(&queue->rx.syncp, start));
	return sums;
}

static struct sums sum_vf_cpu(const struct an_nic *nic, int cpu)
{
	const struct an_vf_stats *stats = per_cpu_ptr(nic->vf_stats, cpu);
	unsigned int start;
	struct sums sums;

	do {
		start = u64_stats_fetch_begin(&stats->syncp);
		sums.rx_packets = u64_stats_read(&stats->rx_packets);
		sums.rx_bytes = u64_stats_read(&stats->rx_bytes);
		sums.tx_packets = u64_stats_read(&stats->tx_packets);
		sums.tx_bytes = u64_stats_read(&stats->tx_bytes);
	} while (u64_stats_fetch_retry(&stats->syncp, start));
	return sums;
}

static u64 *put_cpu_sums(const struct an_nic *nic, int cpu, u64 *data)
{
	struct sums vf = sum_vf_cpu(nic, cpu), all = vf, one;
	u32 i;

	for (i = 0; i < nic->queues; i++) {
		if (nic->queue[i]->channel->target_cpu != cpu)
			continue;
		one = sum_queue(nic->queue[i]);
		all.rx_packets += one.rx_packets;
		all.rx_bytes += one.rx_bytes;
		all.tx_packets += one.tx_packets;
		all.tx_bytes += one.tx_bytes;
	}
	memcpy(data, &all, sizeof(all));
	memcpy(data + sizeof(all) / sizeof(u64), &vf, sizeof(vf));
	return data + ARRAY_SIZE(cpu_counters);
}

static u64 *put_counters(const struct an_nic *nic, const struct counter *counter, size_t count,
			 u64 *data)
{
	while (count--) {
		const void *at = (const u8 *)&nic->stats + counter++->offset;

		*data++ = atomic_long_read((const atomic_long_t *)at);
	}
	return data;
}

static void get_ethtool_stats(struct net_device *net, struct ethtool_stats *stats, u64 *data)
{
	struct an_nic *nic = netdev_priv(net);
	struct an_vf_sum vf;
	struct sums sums;
	u32 i;

	data = put_counters(nic, nic_counters, ARRAY_SIZE(nic_counters), data);
	an_vf_sum_stats(nic, &vf);
	for (i = 0; i < ARRAY_SIZE(vf_counters); i++)
		*data++ = *(u64 *)((u8 *)&vf + vf_counters[i].offset);
	for (i = 0; i < nic->queues; i++) {
		sums = sum_queue(nic->queue[i]);
		memset(data, 0, sizeof(u64) * ARRAY_SIZE(queue_counters));
		data[0] = sums.tx_packets;
		data[1] = sums.tx_bytes;
		data[3] = sums.rx_packets;
		data[4] = sums.rx_bytes;
		data += ARRAY_SIZE(queue_counters);
	}
	for_each_present_cpu(i)
		data = put_cpu_sums(nic, i, data);
	put_counters(nic, own_counters, ARRAY_SIZE(own_counters), data);
}

static void get_channels(struct net_device *net, struct ethtool_channels *channels)
{
	struct an_nic *nic = netdev_priv(net);

	channels->max_combined = nic->queues_max;
	channels->combined_count = nic->queues;
}

static int get_rxnfc(struct net_device *net, struct ethtool_rxnfc *info, u32 *rules)
{
	struct an_nic *nic = netdev_priv(net);

	if (info->cmd != ETHTOOL_GRXRINGS)
		return -EOPNOTSUPP;
	info->data = nic->queues;
	return 0;
}

static u32 get_rxfh_key_size(struct net_device *net)
{
	return AN_RSS_KEY_LEN;
}

static u32 get_rxfh_indir_size(struct net_device *net)
{
	struct an_nic *nic = netdev_priv(net);

	return nic->rss_entries;
}

static void read_rxfh(struct an_nic *nic, u32 *table, u8 *key)
{
	u32 i;

	for (i = 0; table && i < nic->rss_entries; i++)
		table[i] = nic->rss_table[i];
	if (key)
		memcpy(key, nic->rss_key, AN_RSS_KEY_LEN);
}

/* If the host does not take the new it is given the old again: on the way RSS was off. */
static int write_rxfh(struct an_nic *nic, const u32 *table, const u8 *key)
{
	u16 old_table[AN_RSS_TABLE_MAX];
	u8 old_key[AN_RSS_KEY_LEN];
	int ret;
	u32 i;

	for (i = 0; table && i < nic->rss_entries; i++)
		if (table[i] >= nic->queues)
			return -EINVAL;
	memcpy(old_table, nic->rss_table, sizeof(old_table));
	memcpy(old_key, nic->rss_key, sizeof(old_key));
	for (i = 0; table && i < nic->rss_entries; i++)
		nic->rss_table[i] = table[i];
	if (key)
		memcpy(nic->rss_key, key, AN_RSS_KEY_LEN);
	ret = an_rss_apply(nic, AN_RTNL_MS);
	an_settings_note(nic);
	if (ret) {
		memcpy(nic->rss_table, old_table, sizeof(old_table));
		memcpy(nic->rss_key, old_key, sizeof(old_key));
		an_settings_mark_unsynced(nic, AN_SETTING_RSS);
	}
	return ret;
}

AN_GET_RXFH(get_rxfh)
AN_SET_RXFH(set_rxfh)

const struct ethtool_ops an_ethtool_ops = {
	.get_drvinfo = get_drvinfo,
	.get_link = ethtool_op_get_link,
	.get_link_ksettings = get_link_ksettings,
	.get_sset_count = get_sset_count,
	.get_strings = get_strings,
	.get_ethtool_stats = get_ethtool_stats,
	.get_channels = get_channels,
	.get_rxnfc = get_rxnfc,
	.get_rxfh_key_size = get_rxfh_key_size,
	.get_rxfh_indir_size = get_rxfh_indir_size,
	.get_rxfh = get_rxfh,
	.set_rxfh = set_rxfh,
	.get_ts_info = ethtool_op_get_ts_info,
};
