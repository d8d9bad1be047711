// SPDX-License-Identifier: GPL-2.0-only
/*
 * Offloads: the host's capabilities (OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES) decide what is switched
 * on (OID_TCP_OFFLOAD_PARAMETERS) and what the net_device offers. Both questions are mandatory for
 * the host. Receive coalescing (RSC) is not asked for.
 */
#include "offload.h"
#include "rndis.h"
#include "waits.h"

#define AN_LSO_MIN	16384

static int query_caps(struct an_nic *nic)
{
	u32 size = AN_NDIS_OFFLOAD_6_0, len;
	struct an_ndis_offload caps = {
		.header.type = AN_NDIS_OBJECT_OFFLOAD,
		.header.revision = 1,
	};
	int ret;

	if (nic->nvsp_version >= AN_NVSP_VERSION_5) {
		caps.header.revision = 3;
		size = sizeof(caps);
	} else if (nic->nvsp_version >= AN_NVSP_VERSION_4) {
		caps.header.revision = 2;
		size = AN_NDIS_OFFLOAD_6_1;
	}
	caps.header.size = cpu_to_le16(size);
	len = sizeof(caps);
	ret = an_rndis_query(nic, AN_OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES, &caps, &len, size,
			     AN_STEP_MS);
	if (ret)
		return ret;
	return an_rndis_parse_offload(&caps, len, &nic->offload);
}

static int set_params(struct an_nic *nic)
{
	const struct an_offload *has = &nic->offload;
	bool old = nic->nvsp_version <= AN_NVSP_VERSION_4;
	u32 len = old ? AN_NDIS_OFFLOAD_PARAMS_V4 : sizeof(struct an_ndis_offload_params);
	struct an_ndis_offload_params params = {
		.header.type = AN_NDIS_OBJECT_DEFAULT,
		.header.revision = AN_NDIS_OFFLOAD_PARAMS_REVISION,
		.header.size = cpu_to_le16(len),
		.ip4_csum = AN_NDIS_OFFLOAD_OFF,	/* Linux computes it always */
		.tcp4_csum = has->tcp4 ? AN_NDIS_OFFLOAD_TX_RX : 0,
		.tcp6_csum = has->tcp6 ? AN_NDIS_OFFLOAD_TX_RX : 0,
		.udp4_csum = has->udp4 && !old ? AN_NDIS_OFFLOAD_TX_RX : 0,
		.udp6_csum = has->udp6 && !old ? AN_NDIS_OFFLOAD_TX_RX : 0,
		.lso2_ip4 = has->lso4_max ? AN_NDIS_OFFLOAD_LSO2_ON : 0,
		.lso2_ip6 = has->lso6_max ? AN_NDIS_OFFLOAD_LSO2_ON : 0,
	};

	if (old) {
		nic->offload.udp4 = false;
		nic->offload.udp6 = false;
	}
	return an_rndis_set(nic, AN_OID_TCP_OFFLOAD_PARAMETERS, &params, len, AN_STEP_MS);
}

int an_offload_start(struct an_nic *nic)
{
	struct net_device *net = nic->net;
	netdev_features_t features = NETIF_F_SG | NETIF_F_RXCSUM;
	int ret;

	ret = query_caps(nic);
	if (!ret)
		ret = set_params(nic);
	if (ret) {
		netdev_err(net, "failed to negotiate offloads: %pe\n", ERR_PTR(ret));
		return ret;
	}

	/* Segments smaller than this would cost more than they save. */
	if (nic->offload.lso4_max < AN_LSO_MIN)
		nic->offload.lso4_max = 0;
	if (nic->offload.lso6_max < AN_LSO_MIN)
		nic->offload.lso6_max = 0;
	nic->tso_max = GSO_LEGACY_MAX_SIZE;
	if (nic->offload.tcp4)
		features |= NETIF_F_IP_CSUM;
	if (nic->offload.tcp6)
		features |= NETIF_F_IPV6_CSUM;
	if (nic->offload.lso4_max) {
		features |= NETIF_F_TSO;
		nic->tso_max = min(nic->tso_max, nic->offload.lso4_max);
	}
	if (nic->offload.lso6_max) {
		features |= NETIF_F_TSO6;
		nic->tso_max = min(nic->tso_max, nic->offload.lso6_max);
	}
	net->hw_features = features | NETIF_F_RXHASH;
	net->features = net->hw_features | NETIF_F_HIGHDMA | NETIF_F_HW_VLAN_CTAG_TX |
			NETIF_F_HW_VLAN_CTAG_RX;
	net->vlan_features = net->features & ~(NETIF_F_HW_VLAN_CTAG_TX | NETIF_F_HW_VLAN_CTAG_RX);
	netif_set_tso_max_size(net, nic->tso_max);
	return 0;
}
