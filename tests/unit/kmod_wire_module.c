// SPDX-License-Identifier: BSD-3-Clause
/* The module's side: the lab's names with AN_ (constants) or an_ (structures) in front. */
#include "kmod_wire.h"

#include "../../kmod/ndis_wire.h"
#include "../../kmod/nvsp_wire.h"
#include "../../kmod/rndis_wire.h"

#define IS(name)	       { #name, AN_##name }
#define AS(name, symbol)       { #name, symbol }
#define SIZE(type)	       { "sizeof " #type, sizeof(struct an_##type) }
#define FIELD(type, member)    { #type "." #member, offsetof(struct an_##type, member) }
#define AT(name, type, member) { #name, offsetof(struct type, member) }
/* RNDIS: the module's bodies, the lab's whole messages. */
#define BODY(type)	       { "sizeof " #type, AN_RNDIS_HEADER + sizeof(struct an_##type) }
#define IN_BODY(type, member) \
	{ #type "." #member, AN_RNDIS_HEADER + offsetof(struct an_##type, member) }

static const struct wire_row row[] = {
	/* NVSP */
	IS(NVSP_VERSION_1), IS(NVSP_VERSION_2), IS(NVSP_VERSION_4), IS(NVSP_VERSION_5),
	IS(NVSP_VERSION_6), IS(NVSP_VERSION_61), IS(NVSP_INIT), IS(NVSP_INIT_COMPLETE),
	IS(NVSP_SEND_NDIS_VERSION), IS(NVSP_SEND_RECV_BUF), IS(NVSP_SEND_RECV_BUF_COMPLETE),
	IS(NVSP_REVOKE_RECV_BUF), IS(NVSP_SEND_SEND_BUF), IS(NVSP_SEND_SEND_BUF_COMPLETE),
	IS(NVSP_REVOKE_SEND_BUF), IS(NVSP_SEND_RNDIS), IS(NVSP_SEND_RNDIS_COMPLETE),
	IS(NVSP_SEND_NDIS_CONFIG), IS(NVSP_SEND_VF_ASSOCIATION), IS(NVSP_SWITCH_DATA_PATH),
	IS(NVSP_SUBCHANNEL), IS(NVSP_SEND_INDIRECTION_TABLE), IS(NVSP_STATUS_SUCCESS),
	IS(NVSP_STATUS_FAIL), IS(NVSP_CAPABILITY_SRIOV), IS(NVSP_CAPABILITY_VLAN),
	IS(NVSP_CAPABILITY_TEAMING), IS(NVSP_RECV_BUF_ID), IS(NVSP_SEND_BUF_ID),
	IS(NVSP_NO_SECTION), IS(NVSP_SEND_TABLE), IS(NVSP_SUBCHANNEL_ALLOCATE),
	IS(NVSP_CHANNEL_DATA), IS(NVSP_CHANNEL_CONTROL), IS(NVSP_DATAPATH_SYNTHETIC),
	IS(NVSP_DATAPATH_VF), SIZE(nvsp_message), FIELD(nvsp_message, init.min),
	FIELD(nvsp_message, init.max), FIELD(nvsp_message, init_complete.version),
	FIELD(nvsp_message, init_complete.max_mdl), FIELD(nvsp_message, init_complete.status),
	FIELD(nvsp_message, ndis_version.major), FIELD(nvsp_message, ndis_version.minor),
	FIELD(nvsp_message, ndis_config.mtu), FIELD(nvsp_message, ndis_config.reserved),
	FIELD(nvsp_message, ndis_config.capabilities), FIELD(nvsp_message, buffer.gpadl),
	FIELD(nvsp_message, buffer.id), FIELD(nvsp_message, revoke.id),
	FIELD(nvsp_message, recv_buf_complete.status),
	FIELD(nvsp_message, recv_buf_complete.num_sections),
	FIELD(nvsp_message, recv_buf_complete.offset),
	FIELD(nvsp_message, recv_buf_complete.sub_alloc_size),
	FIELD(nvsp_message, recv_buf_complete.num_sub_allocs),
	FIELD(nvsp_message, recv_buf_complete.end_offset),
	FIELD(nvsp_message, send_buf_complete.status),
	FIELD(nvsp_message, send_buf_complete.section_size),
	FIELD(nvsp_message, rndis.channel_type), FIELD(nvsp_message, rndis.section),
	FIELD(nvsp_message, rndis.section_len), FIELD(nvsp_message, rndis_complete.status),
	FIELD(nvsp_message, vf_association.allocated),
	FIELD(nvsp_message, vf_association.serial), FIELD(nvsp_message, datapath.active),
	FIELD(nvsp_message, subchannel.op), FIELD(nvsp_message, subchannel.count),
	FIELD(nvsp_message, subchannel_complete.status),
	FIELD(nvsp_message, subchannel_complete.count), FIELD(nvsp_message, send_table.count),
	FIELD(nvsp_message, send_table.offset),
	AT(transfer.pageset, an_transfer_header, pageset),
	AT(transfer.ranges, an_transfer_header, ranges),
	{ "transfer range.len",
	  sizeof(struct an_transfer_header) + offsetof(struct an_transfer_range, len) },
	{ "transfer range.offset",
	  sizeof(struct an_transfer_header) + offsetof(struct an_transfer_range, offset) },

	/* RNDIS */
	IS(RNDIS_PACKET), IS(RNDIS_INIT), IS(RNDIS_HALT), IS(RNDIS_QUERY), IS(RNDIS_SET),
	IS(RNDIS_INDICATE), IS(RNDIS_INIT_COMPLETE), IS(RNDIS_QUERY_COMPLETE),
	IS(RNDIS_SET_COMPLETE), IS(RNDIS_SUCCESS), IS(RNDIS_MEDIA_CONNECT),
	IS(RNDIS_MEDIA_DISCONNECT), IS(RNDIS_LINK_SPEED_CHANGE), IS(RNDIS_NETWORK_CHANGE),
	IS(RNDIS_FILTER_DIRECTED), IS(RNDIS_FILTER_ALL_MULTICAST), IS(RNDIS_FILTER_BROADCAST),
	IS(RNDIS_FILTER_PROMISCUOUS), IS(RNDIS_CONFIG_STRING), IS(OID_GEN_MAXIMUM_FRAME_SIZE),
	IS(OID_GEN_LINK_SPEED), IS(OID_GEN_CURRENT_PACKET_FILTER),
	IS(OID_GEN_MEDIA_CONNECT_STATUS), IS(OID_GEN_RECEIVE_SCALE_CAPABILITIES),
	IS(OID_GEN_RECEIVE_SCALE_PARAMETERS), IS(OID_GEN_RNDIS_CONFIG_PARAMETER),
	IS(OID_802_3_PERMANENT_ADDRESS), IS(OID_TCP_OFFLOAD_PARAMETERS),
	IS(OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES), SIZE(rndis_header),
	FIELD(rndis_header, type), FIELD(rndis_header, len), BODY(rndis_packet),
	IN_BODY(rndis_packet, data_offset), IN_BODY(rndis_packet, data_len),
	IN_BODY(rndis_packet, oob_offset), IN_BODY(rndis_packet, oob_len),
	IN_BODY(rndis_packet, oob_count), IN_BODY(rndis_packet, ppi_offset),
	IN_BODY(rndis_packet, ppi_len), IN_BODY(rndis_packet, vc),
	IN_BODY(rndis_packet, reserved), SIZE(rndis_ppi), FIELD(rndis_ppi, size),
	FIELD(rndis_ppi, type), FIELD(rndis_ppi, offset), BODY(rndis_init),
	IN_BODY(rndis_init, id), IN_BODY(rndis_init, major), IN_BODY(rndis_init, minor),
	IN_BODY(rndis_init, max_transfer), BODY(rndis_init_complete),
	IN_BODY(rndis_init_complete, id), IN_BODY(rndis_init_complete, status),
	IN_BODY(rndis_init_complete, max_transfer), BODY(rndis_oid_request),
	IN_BODY(rndis_oid_request, id), IN_BODY(rndis_oid_request, oid),
	IN_BODY(rndis_oid_request, info_len), IN_BODY(rndis_oid_request, info_offset),
	IN_BODY(rndis_oid_request, vc), BODY(rndis_query_complete),
	IN_BODY(rndis_query_complete, id), IN_BODY(rndis_query_complete, status),
	IN_BODY(rndis_query_complete, info_len), IN_BODY(rndis_query_complete, info_offset),
	BODY(rndis_set_complete), IN_BODY(rndis_set_complete, id),
	IN_BODY(rndis_set_complete, status), BODY(rndis_indicate),
	IN_BODY(rndis_indicate, status), IN_BODY(rndis_indicate, info_len),
	IN_BODY(rndis_indicate, info_offset), SIZE(rndis_config_parameter),
	FIELD(rndis_config_parameter, name_offset), FIELD(rndis_config_parameter, name_len),
	FIELD(rndis_config_parameter, value_type), FIELD(rndis_config_parameter, value_offset),
	FIELD(rndis_config_parameter, value_len),

	/* NDIS */
	IS(NDIS_OBJECT_DEFAULT), IS(NDIS_OBJECT_RSS_CAPABILITIES),
	IS(NDIS_OBJECT_RSS_PARAMETERS), IS(NDIS_OBJECT_OFFLOAD), IS(NDIS_ENCAP_8023),
	AS(NDIS_CHECKSUM_TCP | NDIS_CHECKSUM_TCP_OPTIONS, AN_TXCSUM_TCP4),
	AS(NDIS_CHECKSUM_TCP | NDIS_CHECKSUM_TCP_OPTIONS | NDIS_CHECKSUM_IP_OPTIONS,
	   AN_TXCSUM_TCP6),
	AS(NDIS_CHECKSUM_UDP, AN_TXCSUM_UDP4),
	AS(NDIS_LSO_IP6_EXTENSIONS | NDIS_LSO_TCP6_OPTIONS, AN_LSO6_OPTIONS),
	IS(NDIS_OFFLOAD_OFF), IS(NDIS_OFFLOAD_TX_RX), IS(NDIS_PPI_CHECKSUM), IS(NDIS_PPI_LSO),
	IS(NDIS_PPI_VLAN), IS(NDIS_PPI_HASH), IS(NDIS_TX_IPV4), IS(NDIS_TX_IPV6),
	IS(NDIS_TX_TCP), IS(NDIS_TX_UDP), IS(NDIS_RX_TCP_FAILED), IS(NDIS_RX_UDP_FAILED),
	IS(NDIS_RX_TCP_GOOD), IS(NDIS_RX_UDP_GOOD), IS(NDIS_LSO_MSS_MASK), IS(NDIS_RSS_DISABLE),
	IS(NDIS_HASH_TOEPLITZ), IS(NDIS_HASH_IPV4), IS(NDIS_HASH_TCP_IPV4), IS(NDIS_HASH_IPV6),
	IS(NDIS_HASH_TCP_IPV6), SIZE(ndis_header), FIELD(ndis_header, type),
	FIELD(ndis_header, revision), FIELD(ndis_header, size), SIZE(ndis_offload),
	FIELD(ndis_offload, ip4_tx_csum), FIELD(ndis_offload, ip4_rx_csum),
	FIELD(ndis_offload, ip6_tx_csum), FIELD(ndis_offload, ip6_rx_csum),
	FIELD(ndis_offload, lso_ip4_encap), FIELD(ndis_offload, lso_ip4_max),
	FIELD(ndis_offload, lso_ip6_encap), FIELD(ndis_offload, lso_ip6_max),
	FIELD(ndis_offload, lso_ip6_options),
	{ "ndis_offload, NDIS 6.0", AN_NDIS_OFFLOAD_6_0 },
	{ "ndis_offload, NDIS 6.1", AN_NDIS_OFFLOAD_6_1 },
	{ "ndis_offload_params, NVSP 4", AN_NDIS_OFFLOAD_PARAMS_V4 },
	FIELD(ndis_offload_params, ip4_csum), FIELD(ndis_offload_params, tcp4_csum),
	FIELD(ndis_offload_params, udp4_csum), FIELD(ndis_offload_params, tcp6_csum),
	FIELD(ndis_offload_params, udp6_csum), SIZE(ndis_rss_caps), FIELD(ndis_rss_caps, flags),
	FIELD(ndis_rss_caps, interrupts), FIELD(ndis_rss_caps, queues),
	FIELD(ndis_rss_caps, table_entries), SIZE(ndis_rss_params),
	FIELD(ndis_rss_params, flags), FIELD(ndis_rss_params, base_cpu),
	FIELD(ndis_rss_params, hash), FIELD(ndis_rss_params, table_size),
	FIELD(ndis_rss_params, table_offset), FIELD(ndis_rss_params, key_size),
	FIELD(ndis_rss_params, key_offset), FIELD(ndis_rss_params, masks_offset),
	FIELD(ndis_rss_params, masks), FIELD(ndis_rss_params, mask_size),
};

const struct wire_table wire_module = { "the module", row, sizeof(row) / sizeof(row[0]) };
