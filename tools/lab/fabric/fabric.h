/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The switch. One fabric is one layer-2 segment: NIC ports, each with a synthetic and a VF path,
 * and one peer (tap, echo, sink) or an uplink to another VMM process's fabric. Frames are whole
 * Ethernet frames without FCS, VLAN tag inline, never larger than the port's MTU + 18.
 * Policy and counters are the same on both paths. Single-threaded: the caller serialises.
 */
#ifndef LAB_FABRIC_H
#define LAB_FABRIC_H

#include "../clock.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define FABRIC_FRAME_MAX 9240 /* bytes: 9000 + 14 + 2 VLAN tags, rounded */

enum fabric_path { FABRIC_SYNTHETIC, FABRIC_VF, FABRIC_PATHS };
enum fabric_direction { FABRIC_RX, FABRIC_TX, FABRIC_DIRECTIONS }; /* as the guest sees it */

/* Why a frame went no further. Names for JSON: fabric_drop_name(). */
enum fabric_drop {
	FABRIC_DELIVERED,
	FABRIC_DROP_POLICY,    /* a deny rule */
	FABRIC_DROP_MALFORMED, /* shorter than a header, or an impossible one */
	FABRIC_DROP_TOO_BIG,   /* over the MTU */
	FABRIC_DROP_NO_BUFFER, /* the guest posted none */
	FABRIC_DROP_FILTER,    /* the guest's filter or steering does not want it */
	FABRIC_DROP_PATH_DOWN, /* nothing is attached to that path, or it is not running */
	FABRIC_DROP_LINK_DOWN,
	FABRIC_DROP_REASONS,
};
const char *fabric_drop_name(enum fabric_drop reason);

struct fabric;
struct fabric_port;

struct fabric_config {
	const struct lab_clock *clock;
	const char *pcap_dir; /* NULL: no capture; files nicN-vf.pcap, nicN-synthetic.pcap */
};

struct fabric *fabric_create(const struct fabric_config *config);
void fabric_destroy(struct fabric *fabric);

/* A NIC port; mac is what the switch forwards to it from the start. NULL: out of memory. */
struct fabric_port *fabric_nic_add(struct fabric *fabric, unsigned int nic, const uint8_t mac[6]);

struct fabric_path_ops {
	/* To the guest. Returns FABRIC_DELIVERED or why not; the port counts it either way. */
	enum fabric_drop (*deliver)(void *ctx, const uint8_t *frame, size_t len);
};
/* A device model takes (or with ops NULL, leaves) one path of the port. */
void fabric_attach(struct fabric_port *port, enum fabric_path path,
		   const struct fabric_path_ops *ops, void *ctx);
/* From the guest, on that path. Counted, captured, checked against policy, switched. */
void fabric_send(struct fabric_port *port, enum fabric_path path, const uint8_t *frame,
		 size_t len);

/* So many frames from the guest were lost on the way here: counted, for want of a buffer. */
void fabric_lost_before(struct fabric_port *port, enum fabric_path path, uint64_t frames);

/* Which path frames for the guest take. Multicast and broadcast take it too; a frame that path
 * refuses with FABRIC_DROP_PATH_DOWN is not tried on the other: it is a counted loss. */
void fabric_set_datapath(struct fabric_port *port, enum fabric_path path);
enum fabric_path fabric_datapath(const struct fabric_port *port);
void fabric_set_link(struct fabric_port *port, bool up);
bool fabric_link(const struct fabric_port *port);
void fabric_set_mtu(struct fabric_port *port, unsigned int mtu); /* default 9000 */

/* Every frame is in one of them: what went through in packets and bytes, the rest in drops. */
struct fabric_counters {
	uint64_t packets, bytes;
	uint64_t drops[FABRIC_DROP_REASONS];
};
const struct fabric_counters *fabric_counters(const struct fabric_port *port,
					      enum fabric_path path, enum fabric_direction dir);
/* {"vf":{"rx":{"packets":..,"bytes":..,"drops":{..}},"tx":{..}},"synthetic":{..}} */
void fabric_port_json(const struct fabric_port *port, FILE *out);

/* ------------------------------------------------------------------------------- peers ---- */

struct fabric_peer_config {
	unsigned int net;   /* n: 10.(77+n).0.1 and fd(77+n)::1, in decimal digits; 0 to 22 */
	unsigned int mtu;   /* of the tap; default 9000 */
	bool servers;       /* tap: run iperf3 (5201) and sockperf (11111) */
};
/* tap: a Linux stack in a network namespace of its own. 0 or -errno; needs CAP_NET_ADMIN. Forks:
 * call it before other threads run, from one that lives as long as the fabric. */
int fabric_peer_tap(struct fabric *fabric, const struct fabric_peer_config *config);
/* echo: ARP, neighbour discovery, ICMP/ICMPv6 echo and UDP answered in this process. */
int fabric_peer_echo(struct fabric *fabric, const struct fabric_peer_config *config);
/* sink: takes everything, answers nothing. */
int fabric_peer_sink(struct fabric *fabric);
/* reflect: sends every IP frame back, addresses and ports swapped, nothing else changed. */
int fabric_peer_reflect(struct fabric *fabric);
/* uplink: a connected SOCK_SEQPACKET to another process's fabric, one frame a message. Taken over
 * unless refused; when the other end goes, so does the uplink. */
int fabric_uplink_add(struct fabric *fabric, int fd);

/* Takes what waits at the peers, at most `budget` frames. Returns how many frames moved. */
unsigned int fabric_poll(struct fabric *fabric, unsigned int budget);
/* The descriptors to sleep on; returns how many were filled in. */
unsigned int fabric_pollfds(const struct fabric *fabric, struct pollfd *fds, unsigned int max);
/* Frames that were lost beyond the NIC ports: a full tap, uplink or queue, or impossible ones. */
uint64_t fabric_lost(const struct fabric *fabric);

/* ------------------------------------------------------------------------------ policy ---- */

/*
 * NSG-like rules. "add PRIORITY in|out allow|deny PROTO SRC[:PORT] DST[:PORT]", "del PRIORITY",
 * "list"; PROTO is any|tcp|udp|icmp or a number; SRC/DST are any, an address or a prefix, IPv6
 * in brackets when a port follows; lowest priority number first, no match: allowed. in/out as
 * the guest sees it. Writes the answer (list, with the packets that met each rule) or the error
 * to out. 0 or -EINVAL. As with an NSG, what IP stands on (ARP, neighbour discovery) passes always.
 */
int fabric_policy_command(struct fabric *fabric, int argc, const char *const argv[], FILE *out);

#endif
