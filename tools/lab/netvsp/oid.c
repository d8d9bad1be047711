// SPDX-License-Identifier: BSD-3-Clause
/*
 * The objects a guest may query and set: one row each. What is not in the table is
 * NOT_SUPPORTED, said aloud. hv_netvsc states no room for most answers (info_buflen 0): they have
 * their natural size. Source: docs/protocol.md 5, rndis_filter.c.
 */
#include "oid.h"

#include "offload.h"
#include "rss.h"

#include <string.h>

#define LINK_SPEED_UNIT	   100 /* bit/s */
#define VENDOR_ID	   0xffffff /* a vendor without a registered number */
#define DRIVER_VERSION	   0x061e   /* NDIS 6.30 */
#define HARDWARE_READY	   0
#define MEDIUM_802_3	   0
#define MEDIA_CONNECTED	   0
#define MEDIA_DISCONNECTED 1
#define MAC_OPTIONS	   0x0d /* copies lookahead, no pending transfers, 802.1p */
#define CONFIG_NAME_CHARS  14
#define CONFIG_MAC_CHARS   (2 * NIC_MAC)

uint32_t oid_link_speed(const struct netvsp *nic)
{
	uint64_t speed = nic->config.link_speed / LINK_SPEED_UNIT;

	return speed > UINT32_MAX ? UINT32_MAX : (uint32_t)speed;
}

/* ------------------------------------------------------------------------------ queries -- */

struct oid_query {
	uint32_t oid;
	const uint8_t *info;
	size_t info_len;
};

static uint32_t drops(const struct netvsp *nic, enum fabric_direction dir)
{
	const struct fabric_counters *counters =
		fabric_counters(nic->config.port, FABRIC_SYNTHETIC, dir);
	uint64_t sum = 0;

	for (int i = FABRIC_DELIVERED + 1; i < FABRIC_DROP_REASONS; i++)
		sum += counters->drops[i];
	return (uint32_t)sum;
}

static uint32_t number(const struct netvsp *nic, uint32_t oid)
{
	struct fabric_port *port = nic->config.port;

	switch (oid) {
	case OID_GEN_HARDWARE_STATUS:
		return HARDWARE_READY;
	case OID_GEN_MEDIA_SUPPORTED:
	case OID_GEN_MEDIA_IN_USE:
		return MEDIUM_802_3;
	case OID_GEN_MAXIMUM_LOOKAHEAD:
	case OID_GEN_CURRENT_LOOKAHEAD:
	case OID_GEN_MAXIMUM_FRAME_SIZE:
		return nic->config.mtu;
	case OID_GEN_TRANSMIT_BLOCK_SIZE:
	case OID_GEN_RECEIVE_BLOCK_SIZE:
	case OID_GEN_MAXIMUM_TOTAL_SIZE:
		return nic->config.mtu + NIC_ETHER_HEADER;
	case OID_GEN_LINK_SPEED:
		return oid_link_speed(nic);
	case OID_GEN_VENDOR_ID:
		return VENDOR_ID;
	case OID_GEN_CURRENT_PACKET_FILTER:
		return nic->session.filter;
	case OID_GEN_DRIVER_VERSION:
	case OID_GEN_VENDOR_DRIVER_VERSION:
		return DRIVER_VERSION;
	case OID_GEN_MAC_OPTIONS:
		return MAC_OPTIONS;
	case OID_GEN_MEDIA_CONNECT_STATUS:
		return nic->link ? MEDIA_CONNECTED : MEDIA_DISCONNECTED;
	case OID_GEN_MAXIMUM_SEND_PACKETS:
		return NIC_PACKETS_PER_MESSAGE;
	case OID_802_3_MAXIMUM_LIST_SIZE:
		return NIC_MULTICAST_MAX;
	case OID_GEN_XMIT_OK:
		return (uint32_t)fabric_counters(port, FABRIC_SYNTHETIC, FABRIC_TX)->packets;
	case OID_GEN_RCV_OK:
		return (uint32_t)fabric_counters(port, FABRIC_SYNTHETIC, FABRIC_RX)->packets;
	case OID_GEN_XMIT_ERROR:
		return drops(nic, FABRIC_TX);
	case OID_GEN_RCV_ERROR:
		return drops(nic, FABRIC_RX);
	case OID_GEN_RCV_NO_BUFFER:
		return (uint32_t)fabric_counters(port, FABRIC_SYNTHETIC, FABRIC_RX)
			->drops[FABRIC_DROP_NO_BUFFER];
	default:
		return 0;
	}
}

static size_t query_number(const struct netvsp *nic, const struct oid_query *q, uint8_t *out)
{
	uint32_t value = number(nic, q->oid);

	memcpy(out, &value, sizeof(value));
	return sizeof(value);
}

static size_t query_vendor(const struct netvsp *nic, const struct oid_query *q, uint8_t *out)
{
	static const char description[] = "accelnet-lab synthetic NIC";

	(void)nic;
	(void)q;
	memcpy(out, description, sizeof(description));
	return sizeof(description);
}

/* hv_netvsc takes the default name for no name; it wants the terminator. */
static size_t query_name(const struct netvsp *nic, const struct oid_query *q, uint8_t *out)
{
	static const char name[] = "Network Adapter";

	(void)nic;
	(void)q;
	for (size_t i = 0; i < sizeof(name); i++) {
		out[2 * i] = (uint8_t)name[i];
		out[2 * i + 1] = 0;
	}
	return 2 * sizeof(name);
}

static size_t query_mac(const struct netvsp *nic, const struct oid_query *q, uint8_t *out)
{
	const uint8_t *mac = q->oid == OID_802_3_PERMANENT_ADDRESS ? nic->config.mac : nic->mac;

	memcpy(out, mac, NIC_MAC);
	return NIC_MAC;
}

static size_t query_multicast(const struct netvsp *nic, const struct oid_query *q, uint8_t *out)
{
	size_t len = nic->session.multicasts * (size_t)NIC_MAC;

	(void)q;
	_Static_assert(NIC_MULTICAST_MAX * NIC_MAC <= OID_ANSWER_MAX, "the whole list fits");
	memcpy(out, nic->session.multicast, len);
	return len;
}

static size_t query_offload(const struct netvsp *nic, const struct oid_query *q, uint8_t *out)
{
	struct ndis_offload caps;
	size_t len = offload_capabilities(nic, q->info, q->info_len, &caps);

	memcpy(out, &caps, len);
	return len;
}

static size_t query_rss(const struct netvsp *nic, const struct oid_query *q, uint8_t *out)
{
	struct ndis_rss_caps caps;

	(void)q;
	rss_capabilities(nic, &caps);
	memcpy(out, &caps, sizeof(caps));
	return sizeof(caps);
}

static size_t query_list(const struct netvsp *nic, const struct oid_query *q, uint8_t *out);

/* --------------------------------------------------------------------------------- sets -- */

static uint32_t set_filter(struct netvsp *nic, const uint8_t *info, size_t len)
{
	if (len < sizeof(nic->session.filter))
		return RNDIS_INVALID_LENGTH;
	memcpy(&nic->session.filter, info, sizeof(nic->session.filter));
	return RNDIS_SUCCESS;
}

static uint32_t set_multicast(struct netvsp *nic, const uint8_t *info, size_t len)
{
	if (len % NIC_MAC != 0 || len > sizeof(nic->session.multicast))
		return RNDIS_INVALID_LENGTH;
	if (len > 0)
		memcpy(nic->session.multicast, info, len);
	nic->session.multicasts = (unsigned int)(len / NIC_MAC);
	return RNDIS_SUCCESS;
}

/* Taken note of by being allowed: lookahead, encapsulation. */
static uint32_t set_accepted(struct netvsp *nic, const uint8_t *info, size_t len)
{
	(void)nic;
	(void)info;
	(void)len;
	return RNDIS_SUCCESS;
}

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "0015 5d..." as twelve UTF-16 characters. */
static bool parse_mac(const uint8_t *text, uint8_t *mac)
{
	for (unsigned int i = 0; i < CONFIG_MAC_CHARS; i++) {
		int digit = hex_digit(text[2 * i]);

		if (digit < 0 || text[2 * i + 1] != 0)
			return false;
		mac[i / 2] = (uint8_t)(mac[i / 2] << 4 | digit);
	}
	return (mac[0] & 1) == 0;
}

static bool is_network_address(const uint8_t *name)
{
	static const char expected[CONFIG_NAME_CHARS + 1] = "NetworkAddress";

	for (unsigned int i = 0; i < CONFIG_NAME_CHARS; i++)
		if (name[2 * i] != (uint8_t)expected[i] || name[2 * i + 1] != 0)
			return false;
	return true;
}

static bool lies_in(size_t len, uint32_t offset, uint32_t size)
{
	return offset <= len && size <= len - offset;
}

/* The one parameter a guest sets is its MAC address: rndis_filter.c rndis_filter_set_device_mac. */
static uint32_t set_config(struct netvsp *nic, const uint8_t *info, size_t len)
{
	struct rndis_config_parameter p;
	uint8_t mac[NIC_MAC] = { 0 };

	if (len < sizeof(p))
		return RNDIS_INVALID_LENGTH;
	memcpy(&p, info, sizeof(p));
	if (!lies_in(len, p.name_offset, p.name_len) || !lies_in(len, p.value_offset, p.value_len))
		return RNDIS_INVALID_LENGTH;
	if (p.name_len < 2 * CONFIG_NAME_CHARS || !is_network_address(info + p.name_offset))
		return RNDIS_NOT_SUPPORTED;
	if (p.value_type != RNDIS_CONFIG_STRING || p.value_len < 2 * CONFIG_MAC_CHARS ||
	    !parse_mac(info + p.value_offset, mac))
		return RNDIS_INVALID_DATA;
	memcpy(nic->mac, mac, sizeof(mac));
	return RNDIS_SUCCESS;
}

/* -------------------------------------------------------------------------------- table -- */

static const struct oid_row {
	uint32_t oid;
	size_t (*query)(const struct netvsp *nic, const struct oid_query *q, uint8_t *out);
	uint32_t (*set)(struct netvsp *nic, const uint8_t *info, size_t len);
} rows[] = {
	{ OID_GEN_SUPPORTED_LIST, query_list, NULL },
	{ OID_GEN_HARDWARE_STATUS, query_number, NULL },
	{ OID_GEN_MEDIA_SUPPORTED, query_number, NULL },
	{ OID_GEN_MEDIA_IN_USE, query_number, NULL },
	{ OID_GEN_MAXIMUM_LOOKAHEAD, query_number, NULL },
	{ OID_GEN_MAXIMUM_FRAME_SIZE, query_number, NULL },
	{ OID_GEN_LINK_SPEED, query_number, NULL },
	{ OID_GEN_TRANSMIT_BLOCK_SIZE, query_number, NULL },
	{ OID_GEN_RECEIVE_BLOCK_SIZE, query_number, NULL },
	{ OID_GEN_VENDOR_ID, query_number, NULL },
	{ OID_GEN_VENDOR_DESCRIPTION, query_vendor, NULL },
	{ OID_GEN_CURRENT_PACKET_FILTER, query_number, set_filter },
	{ OID_GEN_CURRENT_LOOKAHEAD, query_number, set_accepted },
	{ OID_GEN_DRIVER_VERSION, query_number, NULL },
	{ OID_GEN_MAXIMUM_TOTAL_SIZE, query_number, NULL },
	{ OID_GEN_MAC_OPTIONS, query_number, NULL },
	{ OID_GEN_MEDIA_CONNECT_STATUS, query_number, NULL },
	{ OID_GEN_MAXIMUM_SEND_PACKETS, query_number, NULL },
	{ OID_GEN_VENDOR_DRIVER_VERSION, query_number, NULL },
	{ OID_GEN_RECEIVE_SCALE_CAPABILITIES, query_rss, NULL },
	{ OID_GEN_RECEIVE_SCALE_PARAMETERS, NULL, rss_set },
	{ OID_GEN_FRIENDLY_NAME, query_name, NULL },
	{ OID_GEN_RNDIS_CONFIG_PARAMETER, NULL, set_config },
	{ OID_GEN_XMIT_OK, query_number, NULL },
	{ OID_GEN_RCV_OK, query_number, NULL },
	{ OID_GEN_XMIT_ERROR, query_number, NULL },
	{ OID_GEN_RCV_ERROR, query_number, NULL },
	{ OID_GEN_RCV_NO_BUFFER, query_number, NULL },
	{ OID_802_3_PERMANENT_ADDRESS, query_mac, NULL },
	{ OID_802_3_CURRENT_ADDRESS, query_mac, NULL },
	{ OID_802_3_MULTICAST_LIST, query_multicast, set_multicast },
	{ OID_802_3_MAXIMUM_LIST_SIZE, query_number, NULL },
	{ OID_OFFLOAD_ENCAPSULATION, NULL, set_accepted },
	{ OID_TCP_OFFLOAD_CURRENT_CONFIG, query_offload, NULL },
	{ OID_TCP_OFFLOAD_PARAMETERS, NULL, offload_set },
	{ OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES, query_offload, NULL },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))
_Static_assert(ROWS * sizeof(uint32_t) <= OID_ANSWER_MAX, "the list of OIDs fits");

static size_t query_list(const struct netvsp *nic, const struct oid_query *q, uint8_t *out)
{
	(void)nic;
	(void)q;
	for (size_t i = 0; i < ROWS; i++)
		memcpy(out + i * sizeof(uint32_t), &rows[i].oid, sizeof(uint32_t));
	return ROWS * sizeof(uint32_t);
}

static const struct oid_row *row_of(uint32_t oid)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].oid == oid)
			return &rows[i];
	return NULL;
}

uint32_t oid_query(struct netvsp *nic, uint32_t oid, const uint8_t *info, size_t info_len,
		   uint8_t *out, size_t *out_len)
{
	const struct oid_row *row = row_of(oid);
	struct oid_query q = { oid, info, info_len };

	if (row == NULL || row->query == NULL) {
		nic_warn(nic, "query of OID %#x, which is not supported", oid);
		return RNDIS_NOT_SUPPORTED;
	}
	*out_len = row->query(nic, &q, out);
	return RNDIS_SUCCESS;
}

uint32_t oid_set(struct netvsp *nic, uint32_t oid, const uint8_t *info, size_t info_len)
{
	const struct oid_row *row = row_of(oid);

	if (row == NULL || row->set == NULL) {
		nic_warn(nic, "set of OID %#x, which is not supported", oid);
		return RNDIS_NOT_SUPPORTED;
	}
	return row->set(nic, info, info_len);
}
