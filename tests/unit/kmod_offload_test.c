// SPDX-License-Identifier: BSD-3-Clause
/* What the host says it can do becomes what it is asked to do, and what the net_device offers. */
#include "../../kmod/offload.h"
#include "kmod_host.h"
#include "unit.h"

static struct an_ndis_offload caps;
static u32 answered;	/* of them, in bytes */
static u32 refused;	/* an OID, 0: none */

static void answer(const struct host_sent *sent)
{
	if (host_rndis_word(sent, HOST_RNDIS_TYPE) == AN_RNDIS_QUERY)
		host_query_done(sent, &caps, answered);
	else
		host_set_done(sent, host_rndis_word(sent, HOST_RNDIS_OID) == refused);
}

/* A host that can do all. */
static void setup(void)
{
	host_setup();
	host.hear = answer;
	refused = 0;
	answered = sizeof(caps);
	caps = (struct an_ndis_offload){
		.header.type = AN_NDIS_OBJECT_OFFLOAD,
		.header.revision = 3,
		.header.size = cpu_to_le16(sizeof(caps)),
		.ip4_tx_encap = cpu_to_le32(AN_NDIS_ENCAP_8023),
		.ip4_tx_csum = cpu_to_le32(AN_TXCSUM_TCP4 | AN_TXCSUM_UDP4),
		.ip6_tx_encap = cpu_to_le32(AN_NDIS_ENCAP_8023),
		.ip6_tx_csum = cpu_to_le32(AN_TXCSUM_TCP6 | AN_TXCSUM_UDP6),
		.lso_ip4_encap = cpu_to_le32(AN_NDIS_ENCAP_8023),
		.lso_ip4_max = cpu_to_le32(62768),
		.lso_ip4_min_segments = cpu_to_le32(2),
		.lso_ip6_encap = cpu_to_le32(AN_NDIS_ENCAP_8023),
		.lso_ip6_max = cpu_to_le32(50000),
		.lso_ip6_min_segments = cpu_to_le32(2),
		.lso_ip6_options = cpu_to_le32(AN_LSO6_OPTIONS),
	};
}

static bool offers(netdev_features_t feature)
{
	return host_net.features & feature;
}

static struct an_ndis_offload_params told(void)
{
	struct an_ndis_offload_params params = { 0 };
	const struct host_sent *sent = host_last();

	CU_ASSERT_EQUAL(host_rndis_word(sent, HOST_RNDIS_OID), AN_OID_TCP_OFFLOAD_PARAMETERS);
	CU_ASSERT(sent->rndis_len <= HOST_RNDIS_INFO + sizeof(params));
	memcpy(&params, sent->rndis + HOST_RNDIS_INFO, sent->rndis_len - HOST_RNDIS_INFO);
	return params;
}

static void a_host_that_can_do_all(void)
{
	struct an_ndis_offload_params params;

	CU_ASSERT_EQUAL(an_offload_start(&host_nic), 0);
	CU_ASSERT(offers(NETIF_F_IP_CSUM) && offers(NETIF_F_IPV6_CSUM));
	CU_ASSERT(offers(NETIF_F_TSO) && offers(NETIF_F_TSO6));
	CU_ASSERT(offers(NETIF_F_HW_VLAN_CTAG_TX) && offers(NETIF_F_RXHASH));
	CU_ASSERT_FALSE(host_net.hw_features & NETIF_F_HW_VLAN_CTAG_TX);
	CU_ASSERT_FALSE(host_net.vlan_features & NETIF_F_HW_VLAN_CTAG_RX);
	CU_ASSERT_TRUE(host_net.vlan_features & NETIF_F_TSO);
	/* The smaller of both: a frame does not say beforehand which it will be. */
	CU_ASSERT_EQUAL(host_nic.tso_max, 50000);
	CU_ASSERT_EQUAL(host_net.tso_max, 50000);
	params = told();
	CU_ASSERT_EQUAL(params.tcp4_csum, AN_NDIS_OFFLOAD_TX_RX);
	CU_ASSERT_EQUAL(params.tcp6_csum, AN_NDIS_OFFLOAD_TX_RX);
	CU_ASSERT_EQUAL(params.udp4_csum, AN_NDIS_OFFLOAD_TX_RX);
	CU_ASSERT_EQUAL(params.udp6_csum, AN_NDIS_OFFLOAD_TX_RX);
	CU_ASSERT_EQUAL(params.ip4_csum, AN_NDIS_OFFLOAD_OFF);
	CU_ASSERT_EQUAL(params.lso2_ip4, AN_NDIS_OFFLOAD_LSO2_ON);
	CU_ASSERT_EQUAL(params.lso2_ip6, AN_NDIS_OFFLOAD_LSO2_ON);
	CU_ASSERT_EQUAL(host_last()->rndis_len, HOST_RNDIS_INFO + sizeof(params));
}

static void a_host_that_can_do_nothing(void)
{
	struct an_ndis_offload_params params;

	caps = (struct an_ndis_offload){ .header = caps.header };
	CU_ASSERT_EQUAL(an_offload_start(&host_nic), 0);
	CU_ASSERT_FALSE(offers(NETIF_F_IP_CSUM) || offers(NETIF_F_IPV6_CSUM));
	CU_ASSERT_FALSE(offers(NETIF_F_TSO) || offers(NETIF_F_TSO6));
	CU_ASSERT_TRUE(offers(NETIF_F_SG));
	CU_ASSERT_EQUAL(host_net.tso_max, GSO_LEGACY_MAX_SIZE);
	params = told();
	CU_ASSERT_EQUAL(params.tcp4_csum, 0);
	CU_ASSERT_EQUAL(params.udp6_csum, 0);
	CU_ASSERT_EQUAL(params.lso2_ip4, 0);
}

/* What it does for one version of IP says nothing of the other. */
static void ip6_alone(void)
{
	struct an_ndis_offload_params params;

	caps.ip4_tx_csum = 0;
	CU_ASSERT_EQUAL(an_offload_start(&host_nic), 0);
	params = told();
	CU_ASSERT(!params.tcp4_csum && !params.udp4_csum);
	CU_ASSERT_EQUAL(params.tcp6_csum, AN_NDIS_OFFLOAD_TX_RX);
	CU_ASSERT_EQUAL(params.udp6_csum, AN_NDIS_OFFLOAD_TX_RX);
	CU_ASSERT_FALSE(offers(NETIF_F_IP_CSUM));
	CU_ASSERT_TRUE(offers(NETIF_F_IPV6_CSUM));
}

/* Segments that would cost more than they save. */
static void short_segments_are_none(void)
{
	caps.lso_ip4_max = cpu_to_le32(16383);
	CU_ASSERT_EQUAL(an_offload_start(&host_nic), 0);
	CU_ASSERT_FALSE(offers(NETIF_F_TSO));
	CU_ASSERT_TRUE(offers(NETIF_F_TSO6));
	CU_ASSERT_EQUAL(host_nic.tso_max, 50000);
}

/* What each version is asked for and told: a question of its own length, and no UDP to old ones. */
static void older_hosts(void)
{
	static const struct {
		u32 version, revision, size, told;
		bool udp;
	} rows[] = {
		{ AN_NVSP_VERSION_5, 3, sizeof(struct an_ndis_offload),
		  sizeof(struct an_ndis_offload_params), true },
		{ AN_NVSP_VERSION_4, 2, AN_NDIS_OFFLOAD_6_1, AN_NDIS_OFFLOAD_PARAMS_V4, false },
		{ AN_NVSP_VERSION_2, 1, AN_NDIS_OFFLOAD_6_0, AN_NDIS_OFFLOAD_PARAMS_V4, false },
	};
	const struct host_sent *sent;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		host_nic.nvsp_version = rows[i].version;
		host.count = 0;
		answered = rows[i].size;
		caps.header.revision = rows[i].revision;
		caps.header.size = cpu_to_le16(rows[i].size);
		CU_ASSERT_EQUAL(an_offload_start(&host_nic), 0);
		sent = &host.sent[0];
		CU_ASSERT_EQUAL(host_rndis_word(sent, HOST_RNDIS_OID),
				AN_OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES);
		CU_ASSERT_EQUAL(sent->rndis_len, HOST_RNDIS_INFO + rows[i].size);
		CU_ASSERT_EQUAL(sent->rndis[HOST_RNDIS_INFO + 1], rows[i].revision);
		CU_ASSERT_EQUAL(host_last()->rndis_len, HOST_RNDIS_INFO + rows[i].told);
		CU_ASSERT_EQUAL(told().udp4_csum, rows[i].udp ? AN_NDIS_OFFLOAD_TX_RX : 0);
		CU_ASSERT_EQUAL(host_nic.offload.udp4, rows[i].udp);
		CU_ASSERT_EQUAL(host_nic.offload.udp6, rows[i].udp);
	}
}

static void a_host_that_refuses(void)
{
	refused = AN_OID_TCP_OFFLOAD_PARAMETERS;
	CU_ASSERT_EQUAL(an_offload_start(&host_nic), -EOPNOTSUPP);
	CU_ASSERT_EQUAL(kernel.warnings, 1);
	CU_ASSERT_EQUAL(host_net.features, 0);
	answered = 8;
	CU_ASSERT_EQUAL(an_offload_start(&host_nic), -EBADMSG);
	CU_ASSERT_EQUAL(host.count, 3);
}

static CU_TestInfo tests[] = {
	{ "a host that can do all", a_host_that_can_do_all },
	{ "a host that can do nothing", a_host_that_can_do_nothing },
	{ "IPv6 alone", ip6_alone },
	{ "short segments are none", short_segments_are_none },
	{ "older hosts", older_hosts },
	{ "a host that refuses", a_host_that_refuses },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("kmod/offload", setup, host_teardown, tests);
