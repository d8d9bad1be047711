// SPDX-License-Identifier: BSD-3-Clause
/*
 * Receive-side scaling. The guest gives a Toeplitz key and a table of channel numbers; TCP and
 * UDP are hashed over the 4-tuple (as Azure does, although hv_netvsc asks for TCP only), other IP
 * over the addresses. Source: rndis_filter.c rndis_set_rss_param_msg.
 */
#include "rss.h"

#include <string.h>

void rss_capabilities(const struct netvsp *nic, struct ndis_rss_caps *out)
{
	*out = (struct ndis_rss_caps){
		.header = { NDIS_OBJECT_RSS_CAPABILITIES, 2, sizeof(*out) },
		.flags = NDIS_RSS_CAPS_TOEPLITZ | NDIS_RSS_CAPS_TCP_IPV4 | NDIS_RSS_CAPS_TCP_IPV6,
		.interrupts = nic->config.queues,
		.queues = nic->config.queues,
		.table_entries = NDIS_RSS_ENTRIES,
	};
}

static bool lies_in(size_t len, uint32_t offset, uint32_t size)
{
	return offset <= len && size <= len - offset;
}

static uint32_t set_table(struct netvsp *nic, struct nic_rss *rss, const uint8_t *info, size_t len,
			  const struct ndis_rss_params *p)
{
	unsigned int entries = p->table_size / sizeof(uint32_t);

	if (entries == 0 || entries > NDIS_RSS_ENTRIES || p->table_size % sizeof(uint32_t) != 0 ||
	    !lies_in(len, p->table_offset, p->table_size))
		return RNDIS_INVALID_LENGTH;
	for (unsigned int i = 0; i < entries; i++) {
		uint32_t channel;

		memcpy(&channel, info + p->table_offset + i * sizeof(channel), sizeof(channel));
		if (channel >= nic->config.queues)
			return RNDIS_INVALID_DATA;
		rss->table[i] = (uint8_t)channel;
	}
	rss->entries = entries;
	return RNDIS_SUCCESS;
}

uint32_t rss_set(struct netvsp *nic, const uint8_t *info, size_t len)
{
	struct nic_rss rss = nic->session.rss;
	struct ndis_rss_params p;
	uint32_t status;

	if (len < sizeof(p))
		return RNDIS_INVALID_LENGTH;
	memcpy(&p, info, sizeof(p));
	if (p.header.type != NDIS_OBJECT_RSS_PARAMETERS)
		return RNDIS_INVALID_DATA;
	if (p.flags & NDIS_RSS_DISABLE) {
		nic->session.rss.enabled = false;
		return RNDIS_SUCCESS;
	}
	if (!(p.flags & NDIS_RSS_TABLE_UNCHANGED)) {
		status = set_table(nic, &rss, info, len, &p);
		if (status != RNDIS_SUCCESS)
			return status;
	}
	if (!(p.flags & NDIS_RSS_KEY_UNCHANGED)) {
		if (p.key_size != NDIS_RSS_KEY || !lies_in(len, p.key_offset, p.key_size))
			return RNDIS_INVALID_LENGTH;
		memcpy(rss.key, info + p.key_offset, NDIS_RSS_KEY);
	}
	if (rss.entries == 0)
		return RNDIS_INVALID_DATA;
	rss.enabled = true;
	nic->session.rss = rss;
	return RNDIS_SUCCESS;
}

unsigned int rss_channel(const struct netvsp *nic, struct offload_rx *rx)
{
	const struct nic_rss *rss = &nic->session.rss;
	unsigned int fields = FRAME_HASH_SRC_IP | FRAME_HASH_DST_IP, channel;

	if (!rss->enabled || !rx->sound || rx->info.l3 == FRAME_L3_NONE)
		return 0;
	if (rx->info.l4 != FRAME_L4_NONE)
		fields |= FRAME_HASH_SRC_PORT | FRAME_HASH_DST_PORT;
	rx->hash = frame_toeplitz(rx->frame, &rx->info, fields, rss->key);
	rx->hashed = true;
	channel = rss->table[rx->hash % rss->entries];
	return nic->channel[channel].open ? channel : 0;
}
