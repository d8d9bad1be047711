// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the host is told of the net_device. Nothing waits for the packet filter: it follows the
 * net_device's flags from a work item, so that open, stop and set_rx_mode never wait for the host.
 * A host whose answer does not come in time may have done what it was asked all the same: what it
 * has then is not known, and it is told again.
 */
#include "settings.h"
#include "rndis.h"
#include "rss.h"
#include "waits.h"

#include <linux/etherdevice.h>
#include <linux/rtnetlink.h>

#define AN_FILTER_UNKNOWN	(~0u)

static u32 wanted_filter(const struct an_nic *nic)
{
	unsigned int flags = READ_ONCE(nic->net->flags);
	u32 filter = AN_RNDIS_FILTER_DIRECTED;

	if (!netif_running(nic->net))
		return 0;
	if (flags & IFF_PROMISC)
		return AN_RNDIS_FILTER_PROMISCUOUS;
	if (flags & IFF_ALLMULTI || !netdev_mc_empty(nic->net))
		filter |= AN_RNDIS_FILTER_ALL_MULTICAST;
	if (flags & IFF_BROADCAST)
		filter |= AN_RNDIS_FILTER_BROADCAST;
	return filter;
}

static int set_filter(struct an_nic *nic, u32 filter)
{
	__le32 value = cpu_to_le32(filter);
	int ret;

	if (filter == nic->filter)
		return 0;
	ret = an_rndis_set(nic, AN_OID_GEN_CURRENT_PACKET_FILTER, &value, sizeof(value),
			   AN_FILTER_MS);
	nic->filter = ret ? AN_FILTER_UNKNOWN : filter;
	return ret;
}

/* Whatever it was, the host's word on it: there is no doubt left. */
static bool is_answer(int ret)
{
	return !ret || ret == -EOPNOTSUPP || ret == -EBADMSG;
}

static const char *const setting_name[AN_SETTINGS] = {
	[AN_SETTING_MAC] = "MAC address",
	[AN_SETTING_RSS] = "receive side scaling",
};

/* Asked without RTNL, which others need while the host takes its time: from a copy. */
static int set_mac_again(struct an_nic *nic)
{
	u8 mac[ETH_ALEN];

	rtnl_lock();
	ether_addr_copy(mac, nic->net->dev_addr);
	rtnl_unlock();
	return an_rndis_set_mac(nic, mac);
}

static int set_rss_again(struct an_nic *nic)
{
	struct an_rss_message *message;
	int ret;

	rtnl_lock();
	message = an_rss_build(nic);
	rtnl_unlock();
	if (IS_ERR(message))
		return PTR_ERR(message);
	ret = an_rss_send(nic, message, AN_RTNL_MS);
	kfree(message);
	return ret;
}

/*
 * 0: nothing is left. If the user set one meanwhile it is not known which of both the host took
 * last: once more, then.
 */
static int set_again(struct an_nic *nic)
{
	unsigned long setting;
	bool registered;
	u32 set;
	int ret;

	for_each_set_bit(setting, &nic->unsynced, AN_SETTINGS) {
		rtnl_lock();
		registered = nic->registered;
		set = nic->settings_set;
		rtnl_unlock();
		if (!registered)
			return 0;
		ret = setting == AN_SETTING_MAC ? set_mac_again(nic) : set_rss_again(nic);
		if (!is_answer(ret))
			return ret;
		if (ret)
			netdev_warn(nic->net, "the host rejected the %s: %pe\n",
				    setting_name[setting], ERR_PTR(ret));
		rtnl_lock();
		if (set == nic->settings_set)
			clear_bit(setting, &nic->unsynced);
		else
			ret = -EAGAIN;
		rtnl_unlock();
		if (ret == -EAGAIN)
			return ret;
	}
	return 0;
}

static void settings_work(struct work_struct *work)
{
	struct an_nic *nic = container_of(to_delayed_work(work), struct an_nic, settings_work);
	int ret;

	ret = set_filter(nic, wanted_filter(nic));
	if (!ret && READ_ONCE(nic->unsynced))
		ret = set_again(nic);
	if (!ret)
		nic->settings_pause = 0;
	if (!ret || an_is_gone(nic) || READ_ONCE(nic->removing))
		return;
	if (net_ratelimit())
		netdev_warn(nic->net, "no answer from the host to a setting, trying again\n");
	nic->settings_pause = clamp_t(unsigned int, 2 * nic->settings_pause, AN_RETRY_MS,
				      AN_RETRY_MAX_MS);
	queue_delayed_work(nic->work, &nic->settings_work, msecs_to_jiffies(nic->settings_pause));
}

void an_settings_update(struct an_nic *nic)
{
	if (!READ_ONCE(nic->removing))
		mod_delayed_work(nic->work, &nic->settings_work, 0);
}

void an_settings_note(struct an_nic *nic)
{
	ASSERT_RTNL();
	nic->settings_set++;
}

void an_settings_mark_unsynced(struct an_nic *nic, enum an_setting setting)
{
	ASSERT_RTNL();
	an_settings_note(nic);
	set_bit(setting, &nic->unsynced);
	an_settings_update(nic);
}

void an_settings_init(struct an_nic *nic)
{
	INIT_DELAYED_WORK(&nic->settings_work, settings_work);
}

void an_settings_halt(struct an_nic *nic)
{
	cancel_delayed_work_sync(&nic->settings_work);
	if (nic->nvsp_version && !an_is_gone(nic))
		set_filter(nic, 0);
}
