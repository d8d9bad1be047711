/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels this builds on, in one place. The AN_HAS_ names come from
 * Kbuild, which looks into the headers of the kernel it builds for.
 */
#ifndef AN_COMPAT_H
#define AN_COMPAT_H

#include <linux/hyperv.h>
#include <linux/version.h>
#include <linux/netdevice.h>
#include <linux/pci.h>
#include <net/devlink.h>

/*
 * Until May 2025 vmbus_sendpacket_mpb_desc() told the host of one range whatever it was given: a
 * large frame would go out as its header alone. The same series took out
 * vmbus_sendpacket_pagebuffer(), in stable kernels as well.
 */
#ifdef AN_HAS_PAGEBUFFER
#error "this kernel cannot send more than one range (fixed in 6.1.140, 6.6.92, 6.12.30): update it"
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#error "this module is known to work with kernels up to 6.12: later ones changed what it uses"
#endif

/* Keeps IPv6 from configuring a VF on its own (6.2). IFF_SLAVE alone does it before. */
static inline void an_no_addrconf(struct net_device *vf)
{
#ifdef AN_HAS_NO_ADDRCONF
	vf->priv_flags |= IFF_NO_ADDRCONF;
#endif
}

/* PCI devices keep their driver_override in struct device, under its own lock, since late 6.12. */
static inline bool an_pci_has_override(struct pci_dev *pdev)
{
#ifdef AN_HAS_PCI_OVERRIDE
	return pdev->driver_override;
#elif defined(__CHECKER__)
	return pdev->dev.driver_override.name;	/* sparse takes a guard's lock for held */
#else
	return device_has_driver_override(&pdev->dev);
#endif
}

/* hv_driver.remove returned an int that nobody read, until 6.7. */
#ifdef AN_HAS_INT_REMOVE
#define AN_REMOVE_TYPE int
#define AN_REMOVE_DONE return 0
#else
#define AN_REMOVE_TYPE void
#define AN_REMOVE_DONE return
#endif

/* devlink names the driver itself since 6.2. */
static inline int an_devlink_driver_name(struct devlink_info_req *req, const char *name)
{
#ifdef AN_HAS_INFO_DRIVER_NAME
	return devlink_info_driver_name_put(req, name);
#else
	return 0;
#endif
}

/* devlink_param.set got an extack in 6.10. */
#ifdef AN_HAS_PARAM_SET_EXTACK
#define AN_PARAM_SET_EXTACK , struct netlink_ext_ack *extack
#else
#define AN_PARAM_SET_EXTACK
#endif

/* __assign_str() takes only the field's name since 6.10. */
#ifdef AN_HAS_ASSIGN_STR_SRC
#define AN_ASSIGN_STR(field, src) __assign_str(field, src)
#else
#define AN_ASSIGN_STR(field, src) __assign_str(field)
#endif

/* get_rxfh and set_rxfh take their arguments in a struct since 6.8. Toeplitz is the only hash. */
#ifdef AN_HAS_RXFH_PARAM
#define AN_GET_RXFH(name)                                                                       \
	static int name(struct net_device *net, struct ethtool_rxfh_param *rxfh)                \
	{                                                                                       \
		rxfh->hfunc = ETH_RSS_HASH_TOP;                                                 \
		read_rxfh(netdev_priv(net), rxfh->indir, rxfh->key);                            \
		return 0;                                                                       \
	}
#define AN_SET_RXFH(name)                                                                       \
	static int name(struct net_device *net, struct ethtool_rxfh_param *rxfh,                \
			struct netlink_ext_ack *extack)                                         \
	{                                                                                       \
		if (rxfh->hfunc != ETH_RSS_HASH_NO_CHANGE && rxfh->hfunc != ETH_RSS_HASH_TOP)   \
			return -EOPNOTSUPP;                                                     \
		return write_rxfh(netdev_priv(net), rxfh->indir, rxfh->key);                    \
	}
#else
#define AN_GET_RXFH(name)                                                                       \
	static int name(struct net_device *net, u32 *table, u8 *key, u8 *hfunc)                 \
	{                                                                                       \
		if (hfunc)                                                                      \
			*hfunc = ETH_RSS_HASH_TOP;                                              \
		read_rxfh(netdev_priv(net), table, key);                                        \
		return 0;                                                                       \
	}
#define AN_SET_RXFH(name)                                                                       \
	static int name(struct net_device *net, const u32 *table, const u8 *key,                \
			const u8 hfunc)                                                         \
	{                                                                                       \
		if (hfunc != ETH_RSS_HASH_NO_CHANGE && hfunc != ETH_RSS_HASH_TOP)               \
			return -EOPNOTSUPP;                                                     \
		return write_rxfh(netdev_priv(net), table, key);                                \
	}
#endif

/* Under the in-tree name the NIC class is taken, as there; else only driver_override binds. */
#ifdef AN_IN_TREE_NAME
#define AN_VMBUS_IDS { HV_NIC_GUID, },
#else
#define AN_VMBUS_IDS
#endif

#endif
