// SPDX-License-Identifier: BSD-3-Clause
/*
 * The function's port: where its frames leave to and come from the fabric, with the vport's
 * counters (QUERY_VPORT_COUNTER) by kind of destination address.
 */
#include "objects.h"

#define MAC_LEN 6
#define MAC_GROUP 0x01 /* in the first byte: multicast or broadcast */
#define FCS_LEN 4      /* the PMTU register counts it, the fabric does not carry it */

enum kind { UNICAST, MULTICAST, BROADCAST };

static enum kind kind_of(const uint8_t *frame)
{
	if (!(frame[0] & MAC_GROUP))
		return UNICAST;
	for (int i = 0; i < MAC_LEN; i++)
		if (frame[i] != 0xff)
			return MULTICAST;
	return BROADCAST;
}

static void count_tx(struct cx_vport *vport, const uint8_t *frame, size_t len)
{
	switch (kind_of(frame)) {
	case UNICAST:
		vport->tx_packets++;
		vport->tx_octets += len;
		break;
	case MULTICAST:
		vport->tx_mc_packets++;
		vport->tx_mc_octets += len;
		break;
	case BROADCAST:
		vport->tx_bc_packets++;
		vport->tx_bc_octets += len;
		break;
	}
}

static void count_rx(struct cx_vport *vport, const uint8_t *frame, size_t len)
{
	switch (kind_of(frame)) {
	case UNICAST:
		vport->rx_packets++;
		vport->rx_octets += len;
		break;
	case MULTICAST:
		vport->rx_mc_packets++;
		vport->rx_mc_octets += len;
		break;
	case BROADCAST:
		vport->rx_bc_packets++;
		vport->rx_bc_octets += len;
		break;
	}
}

void cx_port_send(struct cx *cx, const uint8_t *frame, size_t len)
{
	if (cx->config.port == NULL)
		return;
	if (len >= MAC_LEN)
		count_tx(&cx->vport, frame, len);
	fabric_send(cx->config.port, FABRIC_VF, frame, len);
}

static enum fabric_drop deliver(void *ctx, const uint8_t *frame, size_t len)
{
	struct cx *cx = ctx;

	if (!cx->in_service)
		return FABRIC_DROP_PATH_DOWN;
	if (len < MAC_LEN)
		return FABRIC_DROP_MALFORMED;
	if (len > FABRIC_FRAME_MAX ||
	    (cx->vport.admin_mtu != 0 && len + FCS_LEN > cx->vport.admin_mtu))
		return FABRIC_DROP_TOO_BIG;
	count_rx(&cx->vport, frame, len);
	return cx_steer(cx, frame, len);
}

static const struct fabric_path_ops path_ops = { .deliver = deliver };

void cx_fabric_attach(struct cx *cx, bool on)
{
	if (cx->config.port != NULL)
		fabric_attach(cx->config.port, FABRIC_VF, on ? &path_ops : NULL, cx);
}
