// SPDX-License-Identifier: GPL-2.0-only
/*
 * accelnet: VMBus driver of the synthetic NIC that owns the pair of it and its virtual function.
 *
 * It has no ids of its own (but see NAME=hv_netvsc in Kbuild): a NIC is given to it by its
 * driver_override. A NIC it cannot drive goes back to hv_netvsc at once: the override is cleared
 * and the driver core asked to find a driver again.
 */
#include "channel.h"
#include "compat.h"
#include "devlink.h"
#include "link.h"
#include "netdev.h"
#include "nvsp.h"
#include "offload.h"
#include "rndis.h"
#include "rss.h"
#include "settings.h"
#include "vf_event.h"
#include "vf_path.h"
#include "vf_pci.h"

#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/rtnetlink.h>
#include <asm/mshyperv.h>

LIST_HEAD(an_nics);
DEFINE_MUTEX(an_nics_lock);	/* an_nics, with RTNL: nic.h */

static struct workqueue_struct *give_back_queue;

struct give_back {
	struct work_struct work;
	struct hv_device *device;
};

/* The device lock, which the failed probe held, orders this after it. */
static void give_back_work(struct work_struct *work)
{
	struct give_back *give = container_of(work, struct give_back, work);
	struct hv_device *device = give->device;
	const char *override = NULL;
	int ret;

	/* Somebody may set another one at any time: looked at and cleared under one lock. */
	device_lock(&device->device);
	if (device->driver_override && !device->device.driver &&
	    !strcmp(device->driver_override, AN_DRIVER_NAME)) {
		override = device->driver_override;
		device->driver_override = NULL;
	}
	device_unlock(&device->device);
	if (override) {
		kfree(override);
		ret = device_attach(&device->device);
		if (ret > 0)
			dev_info(&device->device, "handed back to %s\n",
				 dev_driver_string(&device->device));
		else
			dev_warn(&device->device, "no other driver binds to it: %pe\n",
				 ERR_PTR(ret));
	}
	put_device(&device->device);
	kfree(give);
}

static void give_back(struct hv_device *device, int error)
{
	struct give_back *give;

	dev_err(&device->device, "failed to initialize this NIC: %pe\n", ERR_PTR(error));
	/* It may be for want of memory that we are here, and a NIC without driver is no NIC. */
	give = kmalloc(sizeof(*give), GFP_KERNEL | __GFP_NOFAIL);
	INIT_WORK(&give->work, give_back_work);
	give->device = device;
	get_device(&device->device);
	queue_work(give_back_queue, &give->work);
}

/* A NIC is found by its VF from here on: before the host can offer one. */
static void list_nic(struct an_nic *nic)
{
	rtnl_lock();
	mutex_lock(&an_nics_lock);
	list_add_tail(&nic->list, &an_nics);
	mutex_unlock(&an_nics_lock);
	rtnl_unlock();
	an_vf_pci_kick();
}

static void unlist_nic(struct an_nic *nic)
{
	rtnl_lock();
	mutex_lock(&an_nics_lock);
	list_del(&nic->list);
	mutex_unlock(&an_nics_lock);
	rtnl_unlock();
}

/* Everything the host has of this NIC, in the order it gave it. */
static int start_nic(struct an_nic *nic)
{
	int ret;

	ret = an_queue_open(nic->queue[0]);
	if (ret) {
		netdev_err(nic->net, "failed to open the channel: %pe\n", ERR_PTR(ret));
		return ret;
	}
	ret = an_nvsp_start(nic);
	if (ret)
		return ret;
	ret = an_rndis_start(nic);
	if (ret)
		return ret;
	ret = an_offload_start(nic);
	if (ret)
		return ret;
	return an_rss_start(nic);
}

/* Undoes start_nic(), however far it got. */
static void stop_nic(struct an_nic *nic)
{
	u32 i;

	an_rss_stop(nic);
	an_settings_halt(nic);
	if (nic->nvsp_version) {
		an_rndis_halt(nic);
		an_queues_wait_idle(nic);
		an_nvsp_revoke(nic);
	}
	an_queues_quiesce(nic);
	/* Nothing is left that could queue work. */
	an_link_stop(nic);
	cancel_delayed_work_sync(&nic->vf.work);
	/* Older hosts want the GPADLs back while the channel is open, newer ones after.
	 * Source: drivers/net/hyperv/netvsc.c netvsc_device_remove().
	 */
	if (vmbus_proto_version < VERSION_WIN10)
		an_nvsp_unshare(nic);
	an_queues_close(nic);
	an_nvsp_unshare(nic);
	an_nvsp_free(nic);
	for (i = 0; i < AN_QUEUES_MAX; i++)
		an_queue_destroy(nic, i);
}

static int register_nic(struct an_nic *nic)
{
	struct net_device *net = nic->net;
	int ret;

	if (nic->nvsp_version < AN_NVSP_VERSION_2)
		net->max_mtu = ETH_DATA_LEN;
	rtnl_lock();
	netif_set_real_num_tx_queues(net, nic->queues);
	netif_set_real_num_rx_queues(net, nic->queues);
	netdev_lockdep_set_classes(net);	/* a VF's queues are locked inside its own */
	ret = register_netdevice(net);
	nic->registered = !ret;
	if (!ret)
		an_link_update(nic);	/* sooner, and operstate stays unknown */
	rtnl_unlock();
	if (!ret)
		an_vf_kick(nic);	/* a VF may be there already */
	return ret;
}

static struct an_nic *create_nic(struct hv_device *device)
{
	struct net_device *net;
	struct an_nic *nic;

	net = alloc_etherdev_mq(sizeof(*nic), AN_QUEUES_MAX);
	if (!net)
		return NULL;
	SET_NETDEV_DEV(net, &device->device);
	an_netdev_setup(net);
	nic = netdev_priv(net);
	nic->net = net;
	nic->device = device;
	an_rss_init(nic);
	an_rndis_init(nic);
	an_link_init(nic);
	an_settings_init(nic);
	an_vf_init(nic);
	nic->vf_stats = netdev_alloc_pcpu_stats(struct an_vf_stats);
	if (!nic->vf_stats)
		goto err_free_netdev;
	nic->work = alloc_workqueue("%s", WQ_UNBOUND, 0, AN_DRIVER_NAME);
	if (!nic->work)
		goto err_free_stats;
	return nic;

err_free_stats:
	free_percpu(nic->vf_stats);
err_free_netdev:
	free_netdev(net);
	return NULL;
}

static void destroy_nic(struct an_nic *nic)
{
	destroy_workqueue(nic->work);
	free_percpu(nic->vf_stats);
	free_netdev(nic->net);
}

static int an_probe(struct hv_device *device, const struct hv_vmbus_device_id *id)
{
	struct an_nic *nic;
	int ret;

	if (hv_is_isolation_supported()) {
		/* Its memory would have to be shared with the host piece by piece. */
		ret = -EOPNOTSUPP;
		goto err_give_back;
	}
	nic = create_nic(device);
	if (!nic) {
		ret = -ENOMEM;
		goto err_give_back;
	}
	hv_set_drvdata(device, nic);
	ret = an_queue_create(nic, 0, device->channel);
	if (ret)
		goto err_destroy_nic;
	ret = an_devlink_create(nic);
	if (ret)
		goto err_destroy_queue;
	list_nic(nic);
	ret = start_nic(nic);
	if (ret)
		goto err_stop;
	ret = register_nic(nic);
	if (ret)
		goto err_stop;
	netdev_info(nic->net, "NVSP %u.%u, %u queues\n", nic->nvsp_version >> 16,
		    nic->nvsp_version & 0xffff, nic->queues);
	return 0;

err_stop:
	WRITE_ONCE(nic->removing, true);
	unlist_nic(nic);
	an_devlink_unregister(nic);
	stop_nic(nic);
	an_devlink_destroy(nic);
err_destroy_queue:
	an_queue_destroy(nic, 0);
err_destroy_nic:
	hv_set_drvdata(device, NULL);
	destroy_nic(nic);
err_give_back:
	give_back(device, ret);
	return ret;
}

static AN_REMOVE_TYPE an_remove(struct hv_device *device)
{
	struct an_nic *nic = hv_get_drvdata(device);

	WRITE_ONCE(nic->removing, true);
	if (an_is_gone(nic))
		netdev_info(nic->net, "removed by the host, and its driver_override with it\n");
	an_devlink_unregister(nic);
	an_vf_exit(nic);
	unlist_nic(nic);
	unregister_netdev(nic->net);
	stop_nic(nic);
	an_devlink_destroy(nic);
	destroy_nic(nic);
	AN_REMOVE_DONE;
}

static const struct hv_vmbus_device_id ids[] = {
	AN_VMBUS_IDS
	{ },
};
MODULE_DEVICE_TABLE(vmbus, ids);

static struct hv_driver driver = {
	.name = AN_DRIVER_NAME,
	.id_table = ids,
	.probe = an_probe,
	.remove = an_remove,
	.driver.probe_type = PROBE_FORCE_SYNCHRONOUS,	/* names in the order of the NICs */
};

static int __init an_init(void)
{
	int ret;

	give_back_queue = alloc_workqueue("%s-give-back", 0, 0, AN_DRIVER_NAME);
	if (!give_back_queue)
		return -ENOMEM;
	ret = an_vf_pci_init();
	if (ret)
		goto err_destroy_queue;
	ret = an_vf_event_init();
	if (ret)
		goto err_exit_pci;
	ret = vmbus_driver_register(&driver);
	if (ret)
		goto err_exit_event;
	return 0;

err_exit_event:
	an_vf_event_exit();
err_exit_pci:
	an_vf_pci_exit();
err_destroy_queue:
	destroy_workqueue(give_back_queue);
	return ret;
}

static void __exit an_exit(void)
{
	vmbus_driver_unregister(&driver);
	an_vf_event_exit();
	an_vf_pci_exit();
	destroy_workqueue(give_back_queue);
}

module_init(an_init);
module_exit(an_exit);

MODULE_DESCRIPTION("Accelerated networking on Hyper-V: synthetic NIC with its virtual function");
MODULE_VERSION(AN_DRIVER_VERSION);
MODULE_LICENSE("GPL");
