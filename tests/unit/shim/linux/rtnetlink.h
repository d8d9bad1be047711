/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands in for the kernel's: the RTNL is kernel.rtnl. */
#ifndef SHIM_LINUX_RTNETLINK_H
#define SHIM_LINUX_RTNETLINK_H

#include <linux/kernel.h>

#define rtnl_lock() kernel_take(&kernel.rtnl, false)
#define rtnl_unlock() kernel_release(&kernel.rtnl, false)
#define ASSERT_RTNL() KERNEL_CHECK(kernel.rtnl)

#endif
