// SPDX-License-Identifier: BSD-3-Clause
/*
 * A NIC port. Both paths of it go through the same checks in the same order, so that a policy or
 * a counter cannot tell them apart: from the guest malformed, link, size, policy; to the guest
 * link, size, policy, and then the path the host has chosen. What the guest sends is captured as
 * it left, what it gets once it was taken.
 */
#include "private.h"

#include "../log.h"
#include "pcap.h"
#include "wire.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#define MTU_DEFAULT 9000
#define MTU_MAX (FABRIC_FRAME_MAX - ETHER_HEADER - ETHER_VLAN_TAG)

struct port_path {
	const struct fabric_path_ops *ops; /* NULL: nobody there */
	void *ctx;
	struct pcap *pcap;                 /* NULL: not captured */
	struct fabric_counters counters[FABRIC_DIRECTIONS];
};

struct fabric_port {
	struct switch_end end;             /* first: the switch hands it back */
	struct fabric_port *next;
	struct fabric *fabric;
	struct port_path path[FABRIC_PATHS];
	enum fabric_path datapath;
	bool link;
	unsigned int mtu;
};

static void count(struct fabric_counters *c, enum fabric_drop result, size_t len)
{
	if (result != FABRIC_DELIVERED) {
		c->drops[result]++;
		return;
	}
	c->packets++;
	c->bytes += len;
}

/* What both directions ask, of either path. */
static enum fabric_drop check(struct fabric_port *port, enum fabric_direction dir,
			      enum fabric_path path, const struct packet *packet)
{
	size_t tag = packet->info.vlan ? ETHER_VLAN_TAG : 0;

	if (!port->link)
		return FABRIC_DROP_LINK_DOWN;
	if (packet->len > port->mtu + ETHER_HEADER + tag)
		return FABRIC_DROP_TOO_BIG;
	if (!policy_allows(&port->fabric->policy, dir, path, packet))
		return FABRIC_DROP_POLICY;
	return FABRIC_DELIVERED;
}

/* The reason a device model gave, if it is one. */
static enum fabric_drop sane(enum fabric_drop result)
{
	return (unsigned int)result < FABRIC_DROP_REASONS ? result : FABRIC_DROP_FILTER;
}

/* From the switch to the guest. */
static void take(struct switch_end *end, const struct packet *packet)
{
	struct fabric_port *port = (struct fabric_port *)end;
	struct port_path *path = &port->path[port->datapath];
	enum fabric_drop result = check(port, FABRIC_RX, port->datapath, packet);

	if (result == FABRIC_DELIVERED) {
		result = FABRIC_DROP_PATH_DOWN;
		if (path->ops != NULL)
			result = sane(path->ops->deliver(path->ctx, packet->frame, packet->len));
	}
	count(&path->counters[FABRIC_RX], result, packet->len);
	if (result == FABRIC_DELIVERED && path->pcap != NULL)
		pcap_write(path->pcap, lab_clock_now(port->fabric->clock), packet->frame,
			   packet->len);
}

void fabric_send(struct fabric_port *port, enum fabric_path path, const uint8_t *frame, size_t len)
{
	struct port_path *from = &port->path[path];
	enum fabric_drop result;
	struct packet packet;

	if (from->pcap != NULL)
		pcap_write(from->pcap, lab_clock_now(port->fabric->clock), frame, len);
	if (!packet_init(&packet, frame, len))
		result = len < ETHER_HEADER ? FABRIC_DROP_MALFORMED : FABRIC_DROP_TOO_BIG;
	else if (!packet.sound || (frame[ETHER_SRC] & 1)) /* nobody sends from a group address */
		result = FABRIC_DROP_MALFORMED;
	else
		result = check(port, FABRIC_TX, path, &packet);
	count(&from->counters[FABRIC_TX], result, len);
	if (result == FABRIC_DELIVERED)
		switch_forward(&port->fabric->lan, &port->end, &packet);
}

void fabric_lost_before(struct fabric_port *port, enum fabric_path path, uint64_t frames)
{
	port->path[path].counters[FABRIC_TX].drops[FABRIC_DROP_NO_BUFFER] += frames;
}

static void open_capture(struct fabric_port *port, unsigned int nic, enum fabric_path path)
{
	const char *name = path == FABRIC_VF ? "vf" : "synthetic";
	char file[PATH_MAX];
	int len;

	if (port->fabric->pcap_dir == NULL)
		return;
	len = snprintf(file, sizeof(file), "%s/nic%u-%s.pcap", port->fabric->pcap_dir, nic, name);
	if (len > 0 && (size_t)len < sizeof(file))
		port->path[path].pcap = pcap_create(file);
	else
		errno = ENAMETOOLONG;
	if (port->path[path].pcap == NULL)
		lab_log(LAB_LOG_WARN, FABRIC_PARTY, "nic%u: no capture in %s: %s", nic,
			port->fabric->pcap_dir, strerror(errno));
}

struct fabric_port *fabric_nic_add(struct fabric *fabric, unsigned int nic, const uint8_t mac[6])
{
	struct fabric_port *port = calloc(1, sizeof(*port));

	if (port == NULL)
		return NULL;
	port->fabric = fabric;
	port->link = true;
	port->mtu = MTU_DEFAULT;
	port->datapath = FABRIC_SYNTHETIC;
	port->end.take = take;
	port->end.has_mac = true;
	memcpy(port->end.mac, mac, ETHER_MAC);
	open_capture(port, nic, FABRIC_VF);
	open_capture(port, nic, FABRIC_SYNTHETIC);
	port->next = fabric->ports;
	fabric->ports = port;
	switch_end_add(&fabric->lan, &port->end);
	return port;
}

void fabric_ports_destroy(struct fabric *fabric)
{
	while (fabric->ports != NULL) {
		struct fabric_port *port = fabric->ports;

		fabric->ports = port->next;
		for (unsigned int p = 0; p < FABRIC_PATHS; p++)
			pcap_destroy(port->path[p].pcap);
		free(port);
	}
}

void fabric_ports_flush(struct fabric *fabric)
{
	for (struct fabric_port *port = fabric->ports; port != NULL; port = port->next)
		for (unsigned int p = 0; p < FABRIC_PATHS; p++)
			pcap_flush(port->path[p].pcap);
}

void fabric_attach(struct fabric_port *port, enum fabric_path path,
		   const struct fabric_path_ops *ops, void *ctx)
{
	port->path[path].ops = ops;
	port->path[path].ctx = ctx;
}

void fabric_set_datapath(struct fabric_port *port, enum fabric_path path)
{
	port->datapath = path;
}

enum fabric_path fabric_datapath(const struct fabric_port *port)
{
	return port->datapath;
}

void fabric_set_link(struct fabric_port *port, bool up)
{
	port->link = up;
}

bool fabric_link(const struct fabric_port *port)
{
	return port->link;
}

void fabric_set_mtu(struct fabric_port *port, unsigned int mtu)
{
	port->mtu = mtu < MTU_MAX ? mtu : MTU_MAX;
}

const struct fabric_counters *fabric_counters(const struct fabric_port *port,
					      enum fabric_path path, enum fabric_direction dir)
{
	return &port->path[path].counters[dir];
}
