/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands in for the kernel's: what the module looks at in a net_device, and nothing else. */
#ifndef SHIM_LINUX_NETDEVICE_H
#define SHIM_LINUX_NETDEVICE_H

#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

typedef u64 netdev_features_t;
typedef int netdev_tx_t;

#define NETIF_F_SG		(1ull << 0)
#define NETIF_F_IP_CSUM		(1ull << 1)
#define NETIF_F_IPV6_CSUM	(1ull << 2)
#define NETIF_F_TSO		(1ull << 3)
#define NETIF_F_TSO6		(1ull << 4)
#define NETIF_F_RXCSUM		(1ull << 5)
#define NETIF_F_RXHASH		(1ull << 6)
#define NETIF_F_HIGHDMA		(1ull << 7)
#define NETIF_F_HW_VLAN_CTAG_TX	(1ull << 8)
#define NETIF_F_HW_VLAN_CTAG_RX	(1ull << 9)
#define GSO_LEGACY_MAX_SIZE	65536u

struct sk_buff;
struct Qdisc;

struct netdev_queue {
	struct Qdisc *qdisc;
};

struct napi_struct {
	bool enabled;
	bool scheduled;
};

struct net_device {
	unsigned int flags;
	unsigned int mtu;
	u8 dev_addr[ETH_ALEN];
	u8 perm_addr[ETH_ALEN];
	netdev_features_t features, hw_features, vlan_features;
	u32 real_num_tx_queues;
	struct netdev_queue tx[2];
	/* What the kernel keeps elsewhere. */
	bool running;
	bool carrier;
	unsigned int carrier_changes;
	bool multicast;
	unsigned int tso_max;
	unsigned int notified;
};

#define netdev_get_tx_queue(net, index) (&(net)->tx[index])
#define netif_running(net) ((net)->running)
#define netdev_mc_empty(net) (!(net)->multicast)
#define netif_carrier_ok(net) ((net)->carrier)
#define netif_carrier_on(net) kernel_set_carrier(net, true)
#define netif_carrier_off(net) kernel_set_carrier(net, false)
#define __netdev_notify_peers(net) ((void)(net)->notified++)
#define netif_set_tso_max_size(net, size) ((void)((net)->tso_max = (size)))
#define netdev_rss_key_fill(key, len) ((void)memset(key, 0x5a, len))
#define num_online_cpus() (kernel.cpus)
#define synchronize_net() KERNEL_CHECK(!kernel.spins)
#define dev_kfree_skb_any(skb) kernel_free(skb)

#define netif_napi_add(net, napi, poll) ((void)(poll))
#define netif_napi_del(napi) KERNEL_CHECK(!(napi)->enabled)
#define napi_enable(napi) ((void)((napi)->enabled = true))
#define napi_disable(napi) ((void)((napi)->enabled = false))
#define napi_schedule_prep(napi) ((napi)->enabled)
#define __napi_schedule(napi) ((void)((napi)->scheduled = true))

#define net_ratelimit() true
#define netdev_err(net, ...) kernel_warn(__VA_ARGS__)
#define netdev_warn(net, ...) kernel_warn(__VA_ARGS__)
#define netdev_info(net, ...) ((void)(net))
#define netdev_dbg(net, ...) ((void)(net))

static inline void kernel_set_carrier(struct net_device *net, bool up)
{
	net->carrier_changes += net->carrier != up;
	net->carrier = up;
}

#endif
