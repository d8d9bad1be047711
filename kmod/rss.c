// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receive side scaling: the host is asked for subchannels, offers them one by one (vmbus calls
 * offered() for each, in a work item), and gets an indirection table and a key. A subchannel that
 * does not come or does not open costs its queue, nothing else.
 */
#include "channel.h"
#include "nvsp.h"
#include "rndis.h"
#include "rss.h"
#include "waits.h"

#include <linux/ethtool.h>

#define AN_QUEUES_DEFAULT	8

/* Protects the NIC of a channel while a subchannel is taken: `offers` and `offers_stopped`. */
static DEFINE_MUTEX(offers_lock);

/* The NIC takes that subchannel, and stays until put_offer(); NULL: it takes none. */
static struct an_nic *get_offer(struct vmbus_channel *channel)
{
	struct an_nic *nic;

	mutex_lock(&offers_lock);
	nic = hv_get_drvdata(channel->primary_channel->device_obj);
	if (nic && (nic->offers_stopped || READ_ONCE(nic->removing)))
		nic = NULL;
	if (nic)
		nic->offers++;
	mutex_unlock(&offers_lock);
	return nic;
}

static void put_offer(struct an_nic *nic)
{
	mutex_lock(&offers_lock);
	WRITE_ONCE(nic->offers, nic->offers - 1);
	wake_up(&nic->subchannels_wait);
	mutex_unlock(&offers_lock);
}

/* hv_vmbus calls this for one subchannel of a NIC after the other; opening one waits. */
static void take_subchannel(struct vmbus_channel *channel)
{
	u16 index = channel->offermsg.offer.sub_channel_index;
	struct an_nic *nic = get_offer(channel);
	int ret;

	if (!nic)
		return;
	if (index == 0 || index >= nic->queues_max || nic->queue[index])
		goto out_put;
	ret = an_queue_create(nic, index, channel);
	if (!ret) {
		ret = an_queue_open(nic->queue[index]);
		if (ret)
			an_queue_destroy(nic, index);
	}
	if (ret)
		netdev_warn(nic->net, "failed to open queue %u: %pe\n", index, ERR_PTR(ret));
	else
		atomic_inc(&nic->subchannels_open);
out_put:
	put_offer(nic);
}

static int query_rss(struct an_nic *nic, u32 *queues)
{
	struct an_ndis_rss_caps caps = {
		.header.type = AN_NDIS_OBJECT_RSS_CAPABILITIES,
		.header.revision = AN_NDIS_RSS_REVISION,
		.header.size = cpu_to_le16(sizeof(caps)),
	};
	u32 len = sizeof(caps);
	int ret;

	*queues = 1;
	ret = an_rndis_query(nic, AN_OID_GEN_RECEIVE_SCALE_CAPABILITIES, &caps, &len,
			     sizeof(caps), AN_STEP_MS);
	if (ret)
		return ret == -EOPNOTSUPP ? 0 : ret;
	return an_rndis_parse_rss(&caps, len, queues, &nic->rss_entries);
}

/* How many queues in a row, from the first, are open. */
static u32 count_queues(const struct an_nic *nic)
{
	u32 count = 0;

	while (count < nic->queues_max && nic->queue[count] && nic->queue[count]->open)
		count++;
	return count;
}

static void wait_for_offers(struct an_nic *nic, int count)
{
	unsigned long deadline = jiffies + msecs_to_jiffies(AN_SUBCHANNELS_MS);

	while (atomic_read(&nic->subchannels_open) < count && !an_is_gone(nic)) {
		if (time_after(jiffies, deadline)) {
			atomic_long_inc(&nic->stats.host_silent);
			netdev_warn(nic->net, "the host offered %d of %d subchannels\n",
				    atomic_read(&nic->subchannels_open), count);
			return;
		}
		wait_event_timeout(nic->subchannels_wait,
				   atomic_read(&nic->subchannels_open) >= count,
				   msecs_to_jiffies(AN_WAIT_SLICE_MS));
	}
}

struct an_rss_message {
	u32 len;
	struct an_ndis_rss_params params;
	__le32 table[AN_RSS_TABLE_MAX];
	u8 key[AN_RSS_KEY_LEN];		/* behind the table's last entry, wherever that is */
};

struct an_rss_message *an_rss_build(const struct an_nic *nic)
{
	u32 table_size = nic->rss_entries * sizeof(__le32);
	struct an_rss_message *message;
	u32 i;

	if (!nic->rss_entries)
		return ERR_PTR(-EOPNOTSUPP);
	message = kzalloc(sizeof(*message), GFP_KERNEL);
	if (!message)
		return ERR_PTR(-ENOMEM);
	message->len = sizeof(message->params) + table_size + AN_RSS_KEY_LEN;
	message->params = (struct an_ndis_rss_params){
		.header.type = AN_NDIS_OBJECT_RSS_PARAMETERS,
		.header.revision = AN_NDIS_RSS_REVISION,
		.header.size = cpu_to_le16(sizeof(message->params)),
		.flags = cpu_to_le16(AN_NDIS_RSS_DISABLE),
		.hash = cpu_to_le32(AN_NDIS_HASH_TOEPLITZ | AN_NDIS_HASH_IPV4 |
				    AN_NDIS_HASH_TCP_IPV4 | AN_NDIS_HASH_IPV6 |
				    AN_NDIS_HASH_TCP_IPV6),
		.table_size = cpu_to_le16(table_size),
		.table_offset = cpu_to_le32(sizeof(message->params)),
		.key_size = cpu_to_le16(AN_RSS_KEY_LEN),
		.key_offset = cpu_to_le32(sizeof(message->params) + table_size),
	};
	for (i = 0; i < nic->rss_entries; i++)
		message->table[i] = cpu_to_le32(nic->rss_table[i]);
	memcpy((u8 *)message->table + table_size, nic->rss_key, AN_RSS_KEY_LEN);
	return message;
}

int an_rss_send(struct an_nic *nic, struct an_rss_message *message, unsigned int ms)
{
	/* The host takes changes only while RSS is off. */
	an_rndis_set(nic, AN_OID_GEN_RECEIVE_SCALE_PARAMETERS, &message->params, message->len, ms);
	message->params.flags = 0;
	return an_rndis_set(nic, AN_OID_GEN_RECEIVE_SCALE_PARAMETERS, &message->params,
			    message->len, ms);
}

int an_rss_apply(struct an_nic *nic, unsigned int ms)
{
	struct an_rss_message *message = an_rss_build(nic);
	int ret;

	if (IS_ERR(message))
		return PTR_ERR(message);
	ret = an_rss_send(nic, message, ms);
	kfree(message);
	return ret;
}

void an_rss_init(struct an_nic *nic)
{
	init_waitqueue_head(&nic->subchannels_wait);
}

int an_rss_start(struct an_nic *nic)
{
	u32 queues, i;
	int granted, ret;

	nic->queues = 1;
	nic->queues_max = 1;
	if (nic->nvsp_version < AN_NVSP_VERSION_5)
		return 0;
	ret = query_rss(nic, &queues);
	if (ret)
		return ret;
	queues = min3(queues, num_online_cpus(), (u32)AN_QUEUES_DEFAULT);
	if (queues < 2)
		return 0;
	nic->queues_max = queues;
	vmbus_set_sc_create_callback(an_primary(nic), take_subchannel);
	granted = an_nvsp_subchannels(nic, queues - 1);
	if (granted < 0) {
		netdev_warn(nic->net, "one queue only: the host %s\n",
			    granted == -EOPNOTSUPP ? "grants no subchannels" :
						     "does not answer for subchannels");
		nic->queues_max = 1;
		return granted == -ENODEV ? granted : 0;
	}
	wait_for_offers(nic, granted);

	nic->queues = count_queues(nic);
	for (i = 0; i < nic->rss_entries; i++)
		nic->rss_table[i] = ethtool_rxfh_indir_default(i, nic->queues);
	for (i = 0; i < AN_NVSP_SEND_TABLE; i++)
		nic->send_table[i] = i;
	netdev_rss_key_fill(nic->rss_key, sizeof(nic->rss_key));
	if (nic->queues > 1 && an_rss_apply(nic, AN_STEP_MS))
		netdev_warn(nic->net, "the host rejected the RSS parameters\n");
	return 0;
}

void an_rss_stop(struct an_nic *nic)
{
	vmbus_set_sc_create_callback(an_primary(nic), NULL);
	mutex_lock(&offers_lock);
	nic->offers_stopped = true;
	hv_set_drvdata(nic->device, NULL);
	mutex_unlock(&offers_lock);
	wait_event(nic->subchannels_wait, !READ_ONCE(nic->offers));
	/* The last put_offer() is through with the NIC, too. */
	mutex_lock(&offers_lock);
	mutex_unlock(&offers_lock);
}
