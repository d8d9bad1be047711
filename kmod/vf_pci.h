/* SPDX-License-Identifier: GPL-2.0-only */
/* The VFs' functions on PCI. */
#ifndef AN_VF_PCI_H
#define AN_VF_PCI_H

#include <linux/types.h>

struct net_device;

int an_vf_pci_init(void);
void an_vf_pci_exit(void);
/* Looks for functions on PCI again, soon; may ask for their driver. Any context. */
void an_vf_pci_kick(void);
/* The serial in the name of its PCI slot. RTNL and vf registered. 0 or -ENOENT. */
int an_vf_pci_serial(const struct net_device *vf, u32 *serial);

#endif
