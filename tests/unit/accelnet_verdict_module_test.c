// SPDX-License-Identifier: BSD-3-Clause
/* From facts to verdict: the rules where accelnet.ko says something, or may not be asked. */
#include "accelnet_rows.h"
#include "unit.h"

#include <string.h>

static void m_no_carrier(void)
{
	world_module(AN_VF_PAIRED, AN_VF_NO_CARRIER);
	both_no_carrier();
}

static void m_active(void)
{
	world_module(AN_VF_ACTIVE, AN_VF_OK);
	world_sample(0, 5, 0);	/* the module knows better */
}

static void m_active_ip(void)
{
	m_active();
	vf_ip();
}

static void m_absent(void)
{
	world_module(AN_VF_ABSENT, AN_VF_OK);
	nic->module.serial = 0;
	absent();
}

static void m_absent_failed(void)
{
	m_absent();
	strcpy(nic->failed, "cannot read y");
}

static void m_absent_host_failed(void)
{
	m_absent();
	host_failed();
}

static void m_joined_but_absent(void)
{
	world_module(AN_VF_ABSENT, AN_VF_OK);
}

static void m_early(void)
{
	world_module(AN_VF_ABSENT, AN_VF_OK);
	nic->module.serial = 0;
	no_driver_no_module();
}

static void m_offered(void)
{
	world_module(AN_VF_OFFERED, AN_VF_NO_FUNCTION);
	absent();
}

static void m_offered_idle_bus(void)
{
	m_offered();
	host.idle_buses = 1;
}

static void m_present(void)
{
	no_driver_no_module();
	world_module(AN_VF_PRESENT, AN_VF_NO_DRIVER);
}

static void m_bound(void)
{
	unjoined();
	world_module(AN_VF_BOUND, AN_VF_NOT_JOINED);
}

static void m_not_associated(void)
{
	world_module(AN_VF_BOUND, AN_VF_NO_ASSOCIATION);
	nic->module.serial = 0;
}

static void m_user(void)
{
	world_module(AN_VF_PAIRED, AN_VF_USER);
}

/* The sentence is for people: written anew, it decides as before. */
static void m_user_reworded(void)
{
	m_user();
	strcpy(nic->module.reason, "kept there on purpose");
}

static void m_paired_reworded(void)
{
	world_module(AN_VF_PAIRED, AN_VF_OK);
	strcpy(nic->module.reason, "all is well");
}

static void m_held(void)
{
	world_module(AN_VF_PAIRED, AN_VF_HELD);
}

static void m_paired(void)
{
	world_module(AN_VF_PAIRED, AN_VF_OK);
}

static void m_down(void)
{
	world_module(AN_VF_PAIRED, AN_VF_DOWN);
	vf_down();
}

static void m_switching(void)
{
	world_module(AN_VF_SWITCHING, AN_VF_WAITING);
}

static void m_unknown(void)
{
	world_module(AN_VF_UNKNOWN, AN_VF_REASONS);
	strcpy(nic->failed, "accelnet.ko reports a state not known here: x");
}

static void m_denied_unhealthy(void)
{
	m_denied();
	nic->module.healthy = AN_NO;
}

static void m_denied_synthetic(void)
{
	m_denied();
	sent_synthetic();
}

static const struct verdict_row row[] = {
	{ m_no_carrier, REP(PAIRED), P(SYNTHETIC, REPORTED), AN_DEGRADED,
	  "the host has the link of eth0 down", "ip link show dev eth0" },
	{ m_active, REP(ACTIVE), P(VF, REPORTED), AN_OK, "", "" },
	{ m_active_ip, REP(ACTIVE), P(VF, REPORTED), AN_DEGRADED, "address of its own",
	  "ip addr flush dev enP2s1" },
	{ m_absent, REP(ABSENT), P(SYNTHETIC, REPORTED), AN_NOT_ACCELERATED, "offers no VF",
	  PWSH },
	{ m_absent_host_failed, REP(ABSENT), P(SYNTHETIC, REPORTED), AN_NOT_ACCELERATED,
	  "offers no VF",
	  PWSH },
	{ m_absent_failed, REP(ABSENT), P(SYNTHETIC, REPORTED), AN_CANNOT_TELL, "cannot read y",
	  "" },
	{ m_joined_but_absent, REP(ABSENT), P(SYNTHETIC, REPORTED), AN_DEGRADED,
	  "enP2s1 is joined, but accelnet.ko knows of no VF", EVENTS },
	{ m_early, INF(PRESENT), P(SYNTHETIC, REPORTED), AN_DEGRADED, "no driver bound",
	  "modprobe mlx5_core" },
	{ m_offered, REP(OFFERED), P(SYNTHETIC, REPORTED), AN_DEGRADED, "no function on PCI",
	  EVENTS },
	{ m_offered_idle_bus, REP(OFFERED), P(SYNTHETIC, REPORTED), AN_DEGRADED,
	  "PCI bus that the host offers has no driver", "modprobe pci_hyperv" },
	{ m_present, REP(PRESENT), P(SYNTHETIC, REPORTED), AN_DEGRADED,
	  "no driver bound to 0002:00:02.0", "modprobe mlx5_core" },
	{ m_bound, REP(BOUND), P(SYNTHETIC, REPORTED), AN_DEGRADED, "enP2s1 has this NIC's MAC",
	  "devlink health recover vmbus/" WORLD_GUID " reporter vf" },
	{ m_not_associated, REP(BOUND), P(SYNTHETIC, REPORTED), AN_DEGRADED,
	  "the host has not associated a VF", EVENTS },
	{ m_user, REP(PAIRED), P(SYNTHETIC, REPORTED), AN_NOT_ACCELERATED,
	  "synthetic by configuration",
	  "devlink dev param set vmbus/" WORLD_GUID " name datapath value auto cmode runtime" },
	{ m_user_reworded, REP(PAIRED), P(SYNTHETIC, REPORTED), AN_NOT_ACCELERATED, "kept there",
	  "devlink dev param set vmbus/" WORLD_GUID " name datapath value auto cmode runtime" },
	{ m_paired_reworded, REP(PAIRED), P(SYNTHETIC, REPORTED), AN_DEGRADED,
	  "has not moved to the VF", EVENTS },
	{ m_held, REP(PAIRED), P(SYNTHETIC, REPORTED), AN_DEGRADED, "held off", EVENTS },
	{ m_paired, REP(PAIRED), P(SYNTHETIC, REPORTED), AN_DEGRADED, "has not moved to the VF",
	  EVENTS },
	{ m_down, REP(PAIRED), P(SYNTHETIC, REPORTED), AN_DEGRADED, "enP2s1 is down",
	  "ip link set dev enP2s1 up" },
	{ m_switching, REP(SWITCHING), P(SYNTHETIC, REPORTED), AN_DEGRADED, "waiting for the host",
	  EVENTS },
	{ m_unknown, AN_VF_UNKNOWN, AN_SOURCE_REPORTED, P_UNKNOWN, AN_CANNOT_TELL,
	  "a state not known here: x", "" },
	{ m_denied, INF(ACTIVE), P(VF, INFERRED), AN_OK, "", "" },
	{ m_denied_unhealthy, INF(ACTIVE), P(VF, INFERRED), AN_DEGRADED, "a fault that only root",
	  "devlink health diagnose vmbus/" WORLD_GUID " reporter vf" },
	{ m_denied_synthetic, INF(PAIRED), P(SYNTHETIC, MEASURED), AN_DEGRADED,
	  "packets leave by the synthetic path", EVENTS },
};

static void rules(void)
{
	check_rows(row, sizeof(row) / sizeof(row[0]));
}

static CU_TestInfo tests[] = {
	{ "every rule", rules },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("accelnet/verdict, of the module", world_setup, NULL, tests);
