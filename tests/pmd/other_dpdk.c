// SPDX-License-Identifier: BSD-3-Clause
/* Preloaded before a DPDK application: the DPDK below it says that it is another one. */
#include <rte_version.h>

const char *rte_version(void)
{
	return "DPDK 23.11.0";
}

unsigned int rte_version_year(void)
{
	return 23;
}

unsigned int rte_version_month(void)
{
	return 11;
}
