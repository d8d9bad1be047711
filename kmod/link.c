// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's link, and the carrier that follows it. Indications come in NAPI and are only noted
 * there: the carrier changes under RTNL, and only while the net_device is registered, since the
 * stack goes on with a change later (linkwatch) and by then the net_device must still be there.
 * Source: drivers/net/hyperv/netvsc_drv.c netvsc_link_change().
 */
#include "link.h"
#include "waits.h"

#include <linux/rtnetlink.h>

#define AN_LINK_UNITS_PER_MBPS	10000	/* OID_GEN_LINK_SPEED counts 100 bit/s */

/* What is noted for link_work(), in nic->link_events. */
enum news {
	AN_LINK_CONNECTED,	/* said even if it was connected: the NIC may be at another place */
	AN_LINK_BLINK,
};

void an_link_update(struct an_nic *nic)
{
	if (READ_ONCE(nic->link_up))
		netif_carrier_on(nic->net);
	else
		netif_carrier_off(nic->net);
}

static void change_carrier(struct an_nic *nic)
{
	bool connected, was_up = netif_carrier_ok(nic->net);

	ASSERT_RTNL();
	if (test_and_clear_bit(AN_LINK_BLINK, &nic->link_events)) {
		/* Whoever asks for addresses should ask again. */
		netif_carrier_off(nic->net);
		if (!READ_ONCE(nic->removing))
			queue_delayed_work(nic->work, &nic->link_work,
					   msecs_to_jiffies(AN_LINK_BLINK_MS));
		return;
	}
	connected = test_and_clear_bit(AN_LINK_CONNECTED, &nic->link_events);
	an_link_update(nic);
	if (connected && was_up)	/* a carrier that comes announces the NIC by itself */
		__netdev_notify_peers(nic->net);
}

/* However often the host says something: the carrier changes every other second at most. */
static void link_work(struct work_struct *work)
{
	struct an_nic *nic = container_of(to_delayed_work(work), struct an_nic, link_work);
	unsigned long now = jiffies;

	rtnl_lock();
	if (time_before(now, nic->link_at)) {
		if (!READ_ONCE(nic->removing))
			queue_delayed_work(nic->work, &nic->link_work, nic->link_at - now);
	} else if (nic->registered) {
		nic->link_at = now + msecs_to_jiffies(AN_LINK_SPACE_MS);
		change_carrier(nic);
	}
	rtnl_unlock();
}

static void schedule_link_work(struct an_nic *nic)
{
	if (!READ_ONCE(nic->removing))
		mod_delayed_work(nic->work, &nic->link_work, 0);
}

void an_link_indicate(struct an_nic *nic, const struct an_rndis_rx *rx)
{
	switch (rx->status) {
	case AN_RNDIS_MEDIA_CONNECT:
		WRITE_ONCE(nic->link_up, true);
		set_bit(AN_LINK_CONNECTED, &nic->link_events);
		schedule_link_work(nic);
		break;
	case AN_RNDIS_MEDIA_DISCONNECT:
		WRITE_ONCE(nic->link_up, false);
		schedule_link_work(nic);
		break;
	case AN_RNDIS_NETWORK_CHANGE:
		set_bit(AN_LINK_BLINK, &nic->link_events);
		schedule_link_work(nic);
		break;
	case AN_RNDIS_LINK_SPEED_CHANGE:
		WRITE_ONCE(nic->link_mbps, rx->speed / AN_LINK_UNITS_PER_MBPS);
		break;
	default:
		atomic_long_inc(&nic->stats.host_unknown);
		break;
	}
}

void an_link_init(struct an_nic *nic)
{
	INIT_DELAYED_WORK(&nic->link_work, link_work);
	nic->link_at = jiffies;
}

void an_link_start(struct an_nic *nic, bool up, u32 speed)
{
	WRITE_ONCE(nic->link_mbps, speed / AN_LINK_UNITS_PER_MBPS);
	WRITE_ONCE(nic->link_up, up);
}

void an_link_stop(struct an_nic *nic)
{
	cancel_delayed_work_sync(&nic->link_work);
}
