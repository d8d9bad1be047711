// SPDX-License-Identifier: BSD-3-Clause
/*
 * The synthetic side through AF_PACKET: a tap on the kernel's interface. It needs CAP_NET_RAW, and
 * CAP_NET_ADMIN to keep the port's frames from the kernel. Nothing of the interface is changed:
 * promiscuous mode and addresses are memberships of a socket, the filter is owned by another one.
 *
 * What the tap does not see: UDP frames that the kernel put together (UDP_GRO sockets,
 * rx-udp-gro-forwarding) before Linux 6.2, which cannot describe them; they count as dropped.
 */
#include "packet.h"

#include "quiet.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_malloc.h>

#define OWNER_WAIT_MS 1000u

/*
 * A burst owns the receive side for as long as it takes to handle BURST_SLOTS frames; its thread
 * may be descheduled in the middle, so there is no other end to the wait.
 */
static void rx_own(struct an_synthetic *s)
{
	while (an_path_take(&s->rx.owner, OWNER_WAIT_MS) != 0)
		;
}

static void rx_disown(struct an_synthetic *s)
{
	an_path_give(&s->rx.owner);
}

/*
 * A unicast address that is taken off an interface with a VF below it leaves the interface
 * promiscuous: the kernel looks whether its list is empty before the driver has let go of the
 * entry (__dev_set_rx_mode, dev_uc_sync). The next change of the list mends that. So a group is
 * joined first of all: memberships end newest first (packet_flush_mclist), and its end, the last
 * one, is that change, however the process ends.
 */
static const struct rte_ether_addr last_group = { { 0x01, 0x00, 0x5e, 0x00, 0x00, 0x01 } };
/* The same for an address that is taken off while the port goes on: joined and left again. */
static const struct rte_ether_addr brief_group = { { 0x01, 0x00, 0x5e, 0x00, 0x00, 0x02 } };

static int membership_set(const struct an_synthetic *s, bool on, uint16_t type,
			  const struct rte_ether_addr *address)
{
	struct packet_mreq request = { .mr_ifindex = s->config.ifindex, .mr_type = type };

	if (address != NULL) {
		request.mr_alen = RTE_ETHER_ADDR_LEN;
		memcpy(request.mr_address, address->addr_bytes, RTE_ETHER_ADDR_LEN);
	}
	if (setsockopt(s->control, SOL_PACKET,
		       on ? PACKET_ADD_MEMBERSHIP : PACKET_DROP_MEMBERSHIP, &request,
		       sizeof(request)) == 0)
		return 0;
	/* A membership that went with its interface need not be dropped. */
	return !on && (errno == EADDRNOTAVAIL || errno == ENODEV) ? 0 : -errno;
}

static int packet_open(struct an_synthetic **synthetic, const struct an_synthetic_config *config,
		       char reason[AN_SYNTHETIC_REASON])
{
	struct an_synthetic *s = rte_zmalloc_socket("an_synthetic", sizeof(*s),
						    RTE_CACHE_LINE_SIZE, config->socket);
	int ret;

	if (s == NULL) {
		snprintf(reason, AN_SYNTHETIC_REASON, "no memory for the synthetic side");
		return -ENOMEM;
	}
	s->config = *config;
	s->config.iface = NULL; /* a name may change, and is the caller's */
	s->quiet = -1;
	s->rx.port = config->port;
	s->rx.socket.fd = -1;
	an_toeplitz_init(&s->rx.toeplitz, s->rx.rss.key);
	s->control = an_packet_sender(config->ifindex);
	if (s->control < 0) {
		ret = s->control;
		snprintf(reason, AN_SYNTHETIC_REASON, "cannot open an AF_PACKET socket: %s",
			 ret == -EPERM || ret == -EACCES ?
				 "CAP_NET_RAW is missing: run as root, or setcap "
				 "cap_net_raw,cap_net_admin+ep PROGRAM" :
			 ret == -EAFNOSUPPORT ? "modprobe af_packet" :
						strerror(-ret));
		goto err_free;
	}
	ret = membership_set(s, true, PACKET_MR_MULTICAST, &last_group);
	if (ret != 0) {
		snprintf(reason, AN_SYNTHETIC_REASON, "cannot join a group on the interface: %s",
			 strerror(-ret));
		goto err_close_control;
	}
	if_indextoname((unsigned int)config->ifindex, s->name);
	if (config->keep_from_kernel) {
		s->quiet = an_quiet_open(config->ifindex, reason, AN_SYNTHETIC_REASON);
		if (s->quiet < 0) {
			ret = s->quiet;
			goto err_close_control;
		}
	}
	*synthetic = s;
	return 0;

err_close_control:
	close(s->control);
err_free:
	rte_free(s);
	return ret;
}

static void senders_close(struct an_synthetic *s)
{
	for (unsigned int i = 0; i < s->tx_queues; i++) {
		if (s->tx[i] != NULL)
			s->tx_errors_before += an_packet_tx_errors(s->tx[i]);
		an_packet_tx_destroy(s->tx[i]);
	}
	s->tx_queues = 0;
	rte_free(s->tx);
	s->tx = NULL;
}

static int senders_open(struct an_synthetic *s, unsigned int queues)
{
	s->tx = rte_zmalloc("an_packet_txqs", queues * sizeof(*s->tx), 0);
	if (s->tx == NULL)
		return -ENOMEM;
	s->tx_queues = queues;
	for (unsigned int i = 0; i < queues; i++) {
		s->tx[i] = an_packet_tx_create(s->config.ifindex, s->config.socket);
		if (s->tx[i] == NULL) {
			int ret = -errno;

			senders_close(s);
			return ret;
		}
	}
	return 0;
}

static int packet_start(struct an_synthetic *s, const struct an_synthetic_rx *rx,
			unsigned int rx_queues, unsigned int tx_queues, unsigned int mtu)
{
	int ret = senders_open(s, tx_queues);

	if (ret != 0)
		return ret;
	rx_own(s);
	ret = an_packet_rx_start(s, rx, rx_queues, mtu);
	rx_disown(s);
	if (ret != 0)
		senders_close(s);
	return ret;
}

static void packet_stop(struct an_synthetic *s)
{
	rx_own(s);
	an_packet_rx_stop(s);
	rx_disown(s);
	senders_close(s);
}

static void packet_close(struct an_synthetic *s)
{
	packet_stop(s);
	if (s->quiet >= 0)
		close(s->quiet);
	close(s->control);
	rte_free(s);
}

static uint16_t packet_tx(struct an_synthetic *s, unsigned int queue, struct rte_mbuf **frames,
			  uint16_t n)
{
	return queue < s->tx_queues ? an_packet_tx_burst(s->tx[queue], frames, n) : 0;
}

static unsigned int packet_tx_pending(struct an_synthetic *s, unsigned int queue)
{
	return queue < s->tx_queues ? an_packet_tx_pending(s->tx[queue]) : 0;
}

/* ------------------------------------------------------------------- which frames are received */

static int packet_set_promiscuous(struct an_synthetic *s, bool on)
{
	int ret = 0;

	if (s->rx.filter.promiscuous != on)
		ret = membership_set(s, on, PACKET_MR_PROMISC, NULL);
	if (ret != 0)
		return ret;
	rx_own(s);
	s->rx.filter.promiscuous = on;
	rx_disown(s);
	return 0;
}

static int packet_set_allmulticast(struct an_synthetic *s, bool on)
{
	int ret = 0;

	if (s->rx.filter.allmulticast != on)
		ret = membership_set(s, on, PACKET_MR_ALLMULTI, NULL);
	if (ret != 0)
		return ret;
	rx_own(s);
	s->rx.filter.allmulticast = on;
	rx_disown(s);
	return 0;
}

static uint16_t address_type(const struct rte_ether_addr *address)
{
	return rte_is_multicast_ether_addr(address) ? PACKET_MR_MULTICAST : PACKET_MR_UNICAST;
}

/* Its place in the filter, or the number of addresses there. */
static unsigned int address_find(const struct an_packet_filter *filter,
				 const struct rte_ether_addr *address)
{
	unsigned int i;

	for (i = 0; i < filter->count; i++) {
		if (rte_is_same_ether_addr(&filter->addresses[i], address))
			break;
	}
	return i;
}

static int packet_add_address(struct an_synthetic *s, const struct rte_ether_addr *address)
{
	struct an_packet_filter *filter = &s->rx.filter;
	int ret;

	if (address_find(filter, address) < filter->count)
		return 0;
	if (filter->count == AN_PACKET_ADDRESSES)
		return -ENOSPC;
	ret = membership_set(s, true, address_type(address), address);
	if (ret != 0)
		return ret;
	rx_own(s);
	filter->addresses[filter->count++] = *address;
	rx_disown(s);
	return 0;
}

static int packet_remove_address(struct an_synthetic *s, const struct rte_ether_addr *address)
{
	struct an_packet_filter *filter = &s->rx.filter;
	unsigned int place = address_find(filter, address);
	int ret;

	if (place == filter->count)
		return -ENOENT;
	rx_own(s);
	filter->addresses[place] = filter->addresses[--filter->count];
	rx_disown(s);
	if (membership_set(s, true, PACKET_MR_MULTICAST, &brief_group) != 0)
		return membership_set(s, false, address_type(address), address);
	ret = membership_set(s, false, address_type(address), address);
	membership_set(s, false, PACKET_MR_MULTICAST, &brief_group);
	return ret;
}

static void packet_set_rss(struct an_synthetic *s, const struct an_rss *rss)
{
	rx_own(s);
	s->rx.rss = *rss;
	an_toeplitz_init(&s->rx.toeplitz, rss->key);
	rx_disown(s);
}

static void packet_counters(struct an_synthetic *s, struct an_synthetic_counters *counters)
{
	struct an_packet_rx *rx = &s->rx;

	rx_own(s); /* the kernel's counter is cleared by reading */
	rx->dropped += an_ring_drops(&rx->socket);
	counters->rx_dropped = rx->dropped;
	counters->rx_oversize = rx->oversize;
	counters->rx_nombuf = rx->nombuf;
	rx_disown(s);
	counters->tx_errors = s->tx_errors_before;
	for (unsigned int i = 0; i < s->tx_queues; i++)
		counters->tx_errors += an_packet_tx_errors(s->tx[i]);
}

/*
 * From Linux 6.16 on the filter's chain follows the name and not the interface. The new filter is
 * there before the old one goes, since older kernels left it in place.
 */
static int packet_link_changed(struct an_synthetic *s, char reason[AN_SYNTHETIC_REASON])
{
	char name[IF_NAMESIZE];
	int quiet;

	if (s->quiet < 0 || if_indextoname((unsigned int)s->config.ifindex, name) == NULL ||
	    strcmp(name, s->name) == 0)
		return 0;
	quiet = an_quiet_open(s->config.ifindex, reason, AN_SYNTHETIC_REASON);
	if (quiet < 0)
		return quiet;
	close(s->quiet);
	s->quiet = quiet;
	memcpy(s->name, name, sizeof(s->name));
	return 0;
}

const struct an_synthetic_ops an_synthetic_packet = {
	.name = "af_packet",
	.open = packet_open,
	.close = packet_close,
	.start = packet_start,
	.stop = packet_stop,
	.rx_ready = an_packet_rx_ready,
	.rx = an_packet_rx_burst,
	.tx = packet_tx,
	.tx_pending = packet_tx_pending,
	.set_promiscuous = packet_set_promiscuous,
	.set_allmulticast = packet_set_allmulticast,
	.add_address = packet_add_address,
	.remove_address = packet_remove_address,
	.set_rss = packet_set_rss,
	.counters = packet_counters,
	.link_changed = packet_link_changed,
};
