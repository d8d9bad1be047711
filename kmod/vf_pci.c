// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VFs' functions on PCI. pci-hyperv names a function's slot after the serial the host announces
 * over NVSP: a scan compares the two for every NIC. It runs as one work item for all NICs and holds
 * the PCI rescan lock while it looks: under it no slot can disappear.
 *
 * The function's driver is asked for once per arrival, by modalias: never again when somebody
 * unbinds or unloads it, never when the function carries a driver_override.
 */
#include "vf_pci.h"
#include "compat.h"
#include "nic.h"
#include "vf_path.h"
#include "waits.h"

#include <linux/kmod.h>
#include <linux/pci.h>
#include <linux/rtnetlink.h>

#define AN_MODALIAS_LEN		64
#define AN_FUNCTIONS_MAX	64

static struct workqueue_struct *scan_queue;
static void scan_work(struct work_struct *work);
static DECLARE_DELAYED_WORK(scan, scan_work);

struct function {
	u32 serial;
	bool driver;
	bool needs_driver;
	char modalias[AN_MODALIAS_LEN];
};

static int slot_serial(const struct pci_dev *pdev, u32 *serial)
{
	if (!pdev->slot || kstrtou32(pci_slot_name(pdev->slot), 10, serial))
		return -ENOENT;
	return 0;
}

int an_vf_pci_serial(const struct net_device *vf, u32 *serial)
{
	if (!vf->dev.parent || !dev_is_pci(vf->dev.parent))
		return -ENOENT;
	return slot_serial(to_pci_dev(vf->dev.parent), serial);
}

static void change_function(struct an_vf *vf, const void *arg)
{
	const struct function *function = arg;

	vf->decision.facts.function = function && vf->decision.facts.associated;
	vf->decision.facts.driver = vf->decision.facts.function && function->driver;
	if (!function)
		vf->module_asked = false;
	else if (function->driver)
		vf->module_asked = true;	/* it had one: it is not ours to ask again */
}

/* Needs a driver and may be given one. If the device is being bound or unbound right now, the
 * event that follows brings us back.
 */
static bool needs_driver(struct pci_dev *pdev)
{
	bool needs;

	if (!device_trylock(&pdev->dev))
		return false;
	needs = !pdev->dev.driver && !an_pci_has_override(pdev);
	device_unlock(&pdev->dev);
	return needs;
}

/* All functions that could be a VF. No other lock may be held: this one is held while drivers
 * probe, and they wait for RTNL.
 */
static u32 find_functions(struct function *to)
{
	struct pci_dev *pdev = NULL;
	u32 count = 0, serial;

	pci_lock_rescan_remove();
	/* Drops the reference to the one before. */
	while ((pdev = pci_get_device(PCI_ANY_ID, PCI_ANY_ID, pdev))) {
		if (pdev->class >> 16 != PCI_BASE_CLASS_NETWORK || slot_serial(pdev, &serial))
			continue;
		if (count == AN_FUNCTIONS_MAX) {
			pci_dev_put(pdev);
			break;
		}
		to[count].serial = serial;
		to[count].driver = READ_ONCE(pdev->dev.driver);
		to[count].needs_driver = needs_driver(pdev);
		snprintf(to[count].modalias, AN_MODALIAS_LEN,
			 "pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X", pdev->vendor,
			 pdev->device, pdev->subsystem_vendor, pdev->subsystem_device,
			 pdev->class >> 16 & 0xff, pdev->class >> 8 & 0xff, pdev->class & 0xff);
		count++;
	}
	pci_unlock_rescan_remove();
	return count;
}

/* Tells the NIC of its function; returns it if its driver is to be asked for. */
static const struct function *tell_nic(struct an_nic *nic, const struct function *function,
				       u32 count)
{
	const struct function *own = NULL;
	struct an_vf *vf = &nic->vf;
	bool ask;
	u32 i;

	for (i = 0; i < count; i++)
		if (function[i].serial == READ_ONCE(vf->serial))
			own = &function[i];
	an_vf_change_facts(nic, change_function, own);
	spin_lock_bh(&vf->lock);
	ask = vf->decision.facts.associated && own && own->needs_driver && !vf->module_asked;
	if (ask)
		vf->module_asked = true;
	spin_unlock_bh(&vf->lock);
	return ask ? own : NULL;
}

static void scan_work(struct work_struct *work)
{
	const struct function *wanted = NULL;
	struct function *function;
	struct an_nic *nic;
	u32 count;

	function = kcalloc(AN_FUNCTIONS_MAX, sizeof(*function), GFP_KERNEL);
	if (!function)
		return;
	count = find_functions(function);
	mutex_lock(&an_nics_lock);
	list_for_each_entry(nic, &an_nics, list) {
		wanted = tell_nic(nic, function, count);
		if (wanted)
			break;
	}
	mutex_unlock(&an_nics_lock);
	if (wanted) {
		/* Waits for modprobe, with no lock held; the other NICs' turn comes after. */
		request_module("%s", wanted->modalias);
		an_vf_pci_kick();
	}
	kfree(function);
}

void an_vf_pci_kick(void)
{
	mod_delayed_work(scan_queue, &scan, 0);
}

static int pci_event(struct notifier_block *block, unsigned long event, void *data)
{
	switch (event) {
	case BUS_NOTIFY_ADD_DEVICE:
	case BUS_NOTIFY_REMOVED_DEVICE:
	case BUS_NOTIFY_BOUND_DRIVER:
	case BUS_NOTIFY_UNBOUND_DRIVER:
		/* Its slot gets its name after it is added: look a moment later. */
		mod_delayed_work(scan_queue, &scan, msecs_to_jiffies(AN_SLOT_MS));
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block notifier = { .notifier_call = pci_event };

int an_vf_pci_init(void)
{
	int ret;

	scan_queue = alloc_ordered_workqueue("accelnet-pci", 0);
	if (!scan_queue)
		return -ENOMEM;
	ret = bus_register_notifier(&pci_bus_type, &notifier);
	if (ret)
		destroy_workqueue(scan_queue);
	return ret;
}

void an_vf_pci_exit(void)
{
	bus_unregister_notifier(&pci_bus_type, &notifier);
	cancel_delayed_work_sync(&scan);
	destroy_workqueue(scan_queue);
}
