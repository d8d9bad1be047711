// SPDX-License-Identifier: BSD-3-Clause
/* Reads the command line of the traffic program, behind EAL's own part. */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage_text[] =
	"usage: traffic [EAL options] -- [options]\n"
	"  --packets N     frames to send (100000)\n"
	"  --seed N        of the stream (1)\n"
	"  --flows N       (64); --kinds LIST of udp4,tcp4,udp6,tcp6 (all)\n"
	"  --size A[-B]    bytes of a frame (60-1514)\n"
	"  --segments N    cut frames into at most N buffers (1)\n"
	"  --batch N       TCP leaves as packets to be segmented into N frames\n"
	"  --vlan ID       frames carry that tag, by the port if it can\n"
	"  --queues N      of each direction (1); --descriptors N, --burst N (32)\n"
	"  --window N      frames under way at most (256)\n"
	"  --mtu N, --room N   the port's MTU; bytes of a receive buffer (2048)\n"
	"  --port N, --back N  sends; receives (the same one)\n"
	"  --peer MAC      where frames go (02:77:00:00:00:01, the lab's peer)\n"
	"  --no-offload    checksums and VLAN tags are made and taken here\n"
	"  --promiscuous   the port takes frames for others, too, and all multicast\n"
	"  --lossy         losses that were counted are no failure (so with --events)\n"
	"  --events LIST   WORD@PACKETS,...: eject surprise add down up, vf synthetic (wait for\n"
	"                  traffic there), 'fault NAME'; N*(LIST) for a part N times\n"
	"  --limit N       seconds; after them it has failed (120)\n"
	"Status 0: all came back as it was sent, or was counted; 1: not so; 77: the port lacks "
	"what is asked for.\n";

static int bad(const char *option, const char *value)
{
	fprintf(stderr, "traffic: --%s: \"%s\" is not understood\n", option, value);
	return -EINVAL;
}

static int number(const char *option, const char *text, unsigned long least, unsigned long most,
		  unsigned long *value)
{
	char *end;

	errno = 0;
	*value = strtoul(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || *value < least || *value > most)
		return bad(option, text);
	return 0;
}

static int parse_size(const char *text, struct stream *stream)
{
	unsigned int least, most;
	char rest;
	int fields = sscanf(text, "%u-%u%c", &least, &most, &rest);

	if (fields == 1 && strchr(text, '-') == NULL)
		most = least;
	else if (fields != 2)
		return bad("size", text);
	stream->least = least;
	stream->most = most;
	return 0;
}

static int parse_kinds(char *text, struct stream *stream)
{
	char *const names[] = { [STREAM_UDP4] = "udp4", [STREAM_TCP4] = "tcp4",
				[STREAM_UDP6] = "udp6", [STREAM_TCP6] = "tcp6",
				[STREAM_KINDS] = NULL };
	char *value;
	int kind;

	while (*text != '\0') {
		kind = getsubopt(&text, names, &value);
		if (kind < 0 || value != NULL)
			return bad("kinds", kind < 0 ? value : names[kind]);
		stream->kinds |= 1u << kind;
	}
	return 0;
}

enum option_id {
	OPT_HELP = 'h', OPT_PACKETS = 256, OPT_SEED, OPT_FLOWS, OPT_KINDS, OPT_SIZE, OPT_SEGMENTS,
	OPT_BATCH, OPT_VLAN, OPT_QUEUES, OPT_DESCRIPTORS, OPT_BURST, OPT_WINDOW, OPT_MTU,
	OPT_ROOM, OPT_PORT, OPT_BACK, OPT_PEER, OPT_NO_OFFLOAD, OPT_PROMISCUOUS, OPT_LOSSY,
	OPT_EVENTS, OPT_LIMIT,
};

static const struct option long_options[] = {
	{ "help", no_argument, NULL, OPT_HELP },
	{ "packets", required_argument, NULL, OPT_PACKETS },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "flows", required_argument, NULL, OPT_FLOWS },
	{ "kinds", required_argument, NULL, OPT_KINDS },
	{ "size", required_argument, NULL, OPT_SIZE },
	{ "segments", required_argument, NULL, OPT_SEGMENTS },
	{ "batch", required_argument, NULL, OPT_BATCH },
	{ "vlan", required_argument, NULL, OPT_VLAN },
	{ "queues", required_argument, NULL, OPT_QUEUES },
	{ "descriptors", required_argument, NULL, OPT_DESCRIPTORS },
	{ "burst", required_argument, NULL, OPT_BURST },
	{ "window", required_argument, NULL, OPT_WINDOW },
	{ "mtu", required_argument, NULL, OPT_MTU },
	{ "room", required_argument, NULL, OPT_ROOM },
	{ "port", required_argument, NULL, OPT_PORT },
	{ "back", required_argument, NULL, OPT_BACK },
	{ "peer", required_argument, NULL, OPT_PEER },
	{ "no-offload", no_argument, NULL, OPT_NO_OFFLOAD },
	{ "promiscuous", no_argument, NULL, OPT_PROMISCUOUS },
	{ "lossy", no_argument, NULL, OPT_LOSSY },
	{ "events", required_argument, NULL, OPT_EVENTS },
	{ "limit", required_argument, NULL, OPT_LIMIT },
	{ NULL, 0, NULL, 0 },
};

/* Numbers with a range, and where they go. */
static int parse_number(int id, const char *name, const char *text, struct options *o)
{
	unsigned long n;
	int err;

	switch (id) {
	case OPT_PACKETS:
		err = number(name, text, 1, 1ul << 40, &n);
		o->packets = n;
		return err;
	case OPT_SEED:
		err = number(name, text, 0, ~0ul, &n);
		o->stream.seed = n;
		return err;
	case OPT_FLOWS:
		err = number(name, text, 1, STREAM_FLOWS_MAX, &n);
		o->stream.flows = (unsigned int)n;
		return err;
	case OPT_SEGMENTS:
		err = number(name, text, 1, 255, &n);
		o->frame.segments = (unsigned int)n;
		return err;
	case OPT_BATCH:
		err = number(name, text, 2, 1000, &n);
		o->stream.batch = (unsigned int)n;
		return err;
	case OPT_VLAN:
		err = number(name, text, 1, 4094, &n);
		o->frame.vlan = true;
		o->frame.tci = (uint16_t)n;
		return err;
	case OPT_QUEUES:
		err = number(name, text, 1, PORT_QUEUES_MAX, &n);
		o->port.queues = (uint16_t)n;
		return err;
	case OPT_DESCRIPTORS:
		err = number(name, text, 8, 32768, &n);
		o->port.descriptors = (uint16_t)n;
		return err;
	case OPT_BURST:
		err = number(name, text, 1, OPTIONS_BURST_MAX, &n);
		o->burst = (uint16_t)n;
		return err;
	case OPT_WINDOW:
		err = number(name, text, 1, 1000000, &n);
		o->window = (unsigned int)n;
		return err;
	case OPT_MTU:
		err = number(name, text, 68, 9216, &n);
		o->port.mtu = (uint16_t)n;
		return err;
	case OPT_ROOM:
		err = number(name, text, 64, 16384, &n);
		o->port.room = (uint16_t)n;
		return err;
	case OPT_PORT:
		err = number(name, text, 0, RTE_MAX_ETHPORTS - 1, &n);
		o->port.id = (uint16_t)n;
		return err;
	case OPT_BACK:
		err = number(name, text, 0, RTE_MAX_ETHPORTS - 1, &n);
		o->back = (int)n;
		return err;
	case OPT_LIMIT:
		err = number(name, text, 1, 86400, &n);
		o->limit = (unsigned int)n;
		return err;
	default:
		return -EINVAL;
	}
}

static int parse_option(int id, const char *name, char *text, struct options *o)
{
	struct rte_ether_addr mac;

	switch (id) {
	case OPT_SIZE:
		return parse_size(text, &o->stream);
	case OPT_KINDS:
		return parse_kinds(text, &o->stream);
	case OPT_PEER:
		if (rte_ether_unformat_addr(text, &mac) != 0)
			return bad(name, text);
		memcpy(o->stream.peer_mac, mac.addr_bytes, STREAM_MAC_LEN);
		return 0;
	case OPT_NO_OFFLOAD:
		o->no_offload = true;
		return 0;
	case OPT_PROMISCUOUS:
		o->promiscuous = true;
		return 0;
	case OPT_LOSSY:
		o->lossy = true;
		return 0;
	case OPT_EVENTS:
		o->lossy = true;
		return events_parse(text, &o->events);
	default:
		return parse_number(id, name, text, o);
	}
}

/* What the port has to do for it. */
static void choose_offloads(struct options *o)
{
	if (o->frame.segments > 1 || o->stream.batch > 1)
		o->port.tx_wanted |= RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	if (o->stream.batch > 1)
		o->port.tx_wanted |= RTE_ETH_TX_OFFLOAD_TCP_TSO | RTE_ETH_TX_OFFLOAD_IPV4_CKSUM |
				     RTE_ETH_TX_OFFLOAD_TCP_CKSUM;
	/* All frames are of one pool and have one owner. */
	if (o->port.tx_wanted == 0)
		o->port.tx_wished |= RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	if (o->port.room != 0 && o->port.room < o->stream.most)
		o->port.rx_wanted |= RTE_ETH_RX_OFFLOAD_SCATTER;
	if (o->no_offload)
		return;
	o->port.tx_wished |= RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM |
			     RTE_ETH_TX_OFFLOAD_UDP_CKSUM;
	o->port.rx_wished |= RTE_ETH_RX_OFFLOAD_CHECKSUM | RTE_ETH_RX_OFFLOAD_RSS_HASH;
	if (o->frame.vlan) {
		o->port.tx_wished |= RTE_ETH_TX_OFFLOAD_VLAN_INSERT;
		o->port.rx_wished |= RTE_ETH_RX_OFFLOAD_VLAN_STRIP;
	}
}

int options_parse(int argc, char **argv, struct options *o)
{
	static const uint8_t lab_peer[STREAM_MAC_LEN] = { 0x02, 0x77, 0, 0, 0, 1 };
	int id, index, err;

	*o = (struct options){ .packets = 100000, .window = 256, .burst = 32, .back = -1,
			       .limit = 120, .stream = { .seed = 1 } };
	memcpy(o->stream.peer_mac, lab_peer, sizeof(lab_peer));
	optind = 1;
	while ((id = getopt_long(argc, argv, "h", long_options, &index)) != -1) {
		if (id == OPT_HELP) {
			fputs(usage_text, stdout);
			return 1;
		}
		if (id == '?')
			return -EINVAL;
		err = parse_option(id, long_options[index].name, optarg, o);
		if (err < 0)
			return err;
	}
	if (optind < argc)
		return bad("", argv[optind]);
	if (stream_init(&o->stream) < 0) {
		fprintf(stderr, "traffic: no stream of %u to %u bytes with batches of %u\n",
			o->stream.least, o->stream.most, o->stream.batch);
		return -EINVAL;
	}
	choose_offloads(o);
	return 0;
}
