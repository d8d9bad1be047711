/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands in for the kernel's. */
#ifndef SHIM_LINUX_ETHTOOL_H
#define SHIM_LINUX_ETHTOOL_H

#define ethtool_rxfh_indir_default(index, rings) ((index) % (rings))

#endif
