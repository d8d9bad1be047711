// SPDX-License-Identifier: BSD-3-Clause
/* From facts to verdict: one row for each rule, all of them changes to a NIC that is well. */
#include "../../tools/accelnet/manager.h"
#include "../../tools/pair/pciids.h"
#include "accelnet_rows.h"
#include "unit.h"

#include <string.h>

/* ---------------------------------------------------------------------------- the changes -- */

static void no_driver_mlx4(void)
{
	no_driver_no_module();
	function->id = *an_pciid_find(0x15b3, 0x1004);
}

static void no_driver_override(void)
{
	no_driver();
	strcpy(function->override, "vfio-pci");
}

static void no_driver_no_file(void)
{
	no_driver_no_module();
	function->available = AN_NO;
}

static void no_driver_other_kind(void)
{
	no_driver();
	function->id = (struct an_pciid){ 0x8086, 0x1515, "other", "" };
	function->loaded = AN_UNKNOWN;
}

static void vfio_override(void)
{
	vfio();
	strcpy(function->override, "vfio-pci");
}

static void absent_on_azure(void)
{
	absent();
	host.azure = true;
}

static void absent_host_failed(void)
{
	absent();
	strcpy(host.failed, "cannot list the PCI functions: x");
}

static void nic_failed(void)
{
	nic->vf_has_ip = AN_UNKNOWN;
	strcpy(nic->failed, "cannot read y");
}

static void nic_failed_and_down(void)
{
	nic_failed();
	nic->vf.up = AN_NO;
}

static void function_failed(void)
{
	unjoined();
	function->bound = AN_UNKNOWN;
	function->driver[0] = '\0';
	function->ports = 0;
	strcpy(function->failed, "cannot read z");
}

static void nic_down(void)
{
	nic->net.up = nic->vf.up = AN_NO;
	nic->net.carrier = nic->vf.carrier = AN_UNKNOWN;
}

static void vf_hidden(void)
{
	no_ports();
	function->hidden = AN_YES;
}

static void nic_down_absent(void)
{
	absent();
	nic->net.up = AN_NO;
}

/* Up or not, that VF will not work. */
static void nic_down_unbound(void)
{
	no_driver_no_module();
	nic->net.up = AN_NO;
}

static void vf_no_carrier(void)
{
	nic->vf.carrier = AN_NO;
}

static void absent_no_carrier(void)
{
	absent();
	nic->net.carrier = AN_NO;
}

/* A broken VF is broken whatever the link does. */
static void unjoined_no_carrier(void)
{
	unjoined();
	nic->net.carrier = AN_NO;
}

static void vf_mac(void)
{
	nic->vf.mac[5] = 9;
}

static void vf_mac_unknown(void)
{
	vf_mac();
	nic->vf.has_mac = false;
}

static void vf_networkmanager(void)
{
	strcpy(nic->vf_manager, AN_NETWORKMANAGER);
}

static void vf_networkmanager_ip(void)
{
	vf_networkmanager();
	vf_ip();
}

static void vf_networkd(void)
{
	strcpy(nic->vf_manager, AN_NETWORKD);
}

static void vf_networkd_ip(void)
{
	vf_networkd();
	vf_ip();
}

static void vf_hook_alone(void)
{
	strcpy(nic->vf_hook, "clsact");
}

static void vf_filter(void)
{
	vf_hook_alone();
	strcpy(nic->vf_filter, "matchall");
}

static void vf_qdisc(void)
{
	strcpy(nic->vf_qdisc, "netem");
}

static void vf_mtu(void)
{
	nic->vf.mtu = 9000;
}

static void vf_mtu_unknown(void)
{
	nic->vf.mtu = 0;
}

static void counters_without_vf(void)
{
	world_sample(0, 2, 0);
	nic->sample.last.has_vf = false;
}

static void nic_unbound(void)
{
	unjoined();
	nic->bound = AN_NO;
	nic->driver[0] = '\0';
	nic->net = (struct an_link){ 0 };
}

static void nic_override(void)
{
	nic_unbound();
	strcpy(nic->override, "accelnet");
}

static void nic_override_loaded(void)
{
	nic_override();
	nic->override_loaded = AN_YES;
}

static void nic_override_no_file(void)
{
	nic_override();
	nic->override_loaded = nic->override_available = AN_NO;
}

static void nic_uio(void)
{
	nic_unbound();
	nic->bound = AN_YES;
	strcpy(nic->driver, "uio_hv_generic");
}

static void nic_without_interface(void)
{
	nic_unbound();
	nic->bound = AN_YES;
	strcpy(nic->driver, "hv_netvsc");
}

static void nic_hidden(void)
{
	nic_without_interface();
	nic->hidden = AN_YES;
}

static void unknown_kind(void)
{
	host.functions = 0;
}

static const struct verdict_row row[] = {
	{ world_setup, INF(ACTIVE), P(VF, INFERRED), AN_OK, "", "" },
	{ sent_nothing, INF(ACTIVE), P(VF, INFERRED), AN_OK, "", "" },
	{ sent_vf, INF(ACTIVE), P(VF, MEASURED), AN_OK, "", "" },
	{ received_vf, INF(ACTIVE), P(VF, MEASURED), AN_OK, "", "" },
	{ counters_back, INF(ACTIVE), P(VF, INFERRED), AN_OK, "", "" },
	{ counters_without_vf, INF(ACTIVE), P(VF, INFERRED), AN_OK, "", "" },
	{ unknown_kind, INF(ACTIVE), P(VF, INFERRED), AN_OK, "", "" },
	{ vf_mtu_unknown, INF(ACTIVE), P(VF, INFERRED), AN_OK, "", "" },
	{ host_failed, INF(ACTIVE), P(VF, INFERRED), AN_OK, "", "" },
	{ sent_synthetic, INF(PAIRED), P(SYNTHETIC, MEASURED), AN_DEGRADED,
	  "packets leave by the synthetic path", "dmesg | grep 'Data path switched'" },
	{ absent, INF(ABSENT), P(SYNTHETIC, INFERRED), AN_NOT_ACCELERATED, "offers no VF",
	  PWSH },
	{ absent_on_azure, INF(ABSENT), P(SYNTHETIC, INFERRED), AN_NOT_ACCELERATED, "offers no VF",
	  "az network nic show -g GROUP -n NIC --query enableAcceleratedNetworking" },
	{ absent_idle_bus, UNKNOWN, P(SYNTHETIC, INFERRED), AN_CANNOT_TELL,
	  "PCI bus offered by the host has no driver", "modprobe pci_hyperv" },
	{ absent_host_failed, UNKNOWN, P(SYNTHETIC, INFERRED), AN_CANNOT_TELL,
	  "cannot list the PCI functions: x", "" },
	{ no_driver_no_module, INF(PRESENT), P(SYNTHETIC, INFERRED), AN_DEGRADED,
	  "no driver bound to 0002:00:02.0", "modprobe mlx5_core" },
	{ no_driver_mlx4, INF(PRESENT), P(SYNTHETIC, INFERRED), AN_DEGRADED,
	  "no driver bound to 0002:00:02.0", "modprobe mlx4_core" },
	{ no_driver, INF(PRESENT), P(SYNTHETIC, INFERRED), AN_DEGRADED,
	  "no driver bound to 0002:00:02.0, though mlx5_core is loaded",
	  "echo 0002:00:02.0 >/sys/bus/pci/drivers_probe" },
	{ no_driver_override, INF(PRESENT), P(SYNTHETIC, INFERRED), AN_DEGRADED,
	  "driver_override is vfio-pci",
	  "modprobe mlx5_core; echo >/sys/bus/pci/devices/0002:00:02.0/driver_override; "
	  "echo 0002:00:02.0 >/sys/bus/pci/drivers_probe" },
	{ vfio, INF(BOUND), P(SYNTHETIC, INFERRED), AN_DEGRADED,
	  "0002:00:02.0 is bound to vfio-pci, not to mlx5_core; the next command takes it from",
	  "modprobe mlx5_core; echo 0002:00:02.0 >/sys/bus/pci/drivers/vfio-pci/unbind; "
	  "echo 0002:00:02.0 >/sys/bus/pci/drivers/mlx5_core/bind" },
	{ vfio_override, INF(BOUND), P(SYNTHETIC, INFERRED), AN_DEGRADED,
	  "0002:00:02.0 is bound to vfio-pci, its driver_override; the next command takes it from",
	  "modprobe mlx5_core; echo >/sys/bus/pci/devices/0002:00:02.0/driver_override; "
	  "echo 0002:00:02.0 >/sys/bus/pci/drivers/vfio-pci/unbind; "
	  "echo 0002:00:02.0 >/sys/bus/pci/drivers/mlx5_core/bind" },
	{ no_driver_no_file, INF(PRESENT), P(SYNTHETIC, INFERRED), AN_DEGRADED,
	  "this kernel has no mlx5_core", "find /lib/modules -name 'mlx5_core.ko*'" },
	{ no_driver_other_kind, INF(PRESENT), P(SYNTHETIC, INFERRED), AN_DEGRADED,
	  "0002:00:02.0, a network function of no known kind (8086:1515)",
	  "modprobe \"$(cat /sys/bus/pci/devices/0002:00:02.0/modalias)\"" },
	{ no_ports, INF(BOUND), P(SYNTHETIC, INFERRED), AN_DEGRADED, "no network interface",
	  "dmesg | grep 0002:00:02.0" },
	{ vf_hidden, INF(BOUND), P(SYNTHETIC, INFERRED), AN_DEGRADED,
	  "interface of 0002:00:02.0 is in another network namespace, eth0 is not", "lsns -t net" },
	{ unjoined, INF(BOUND), P(SYNTHETIC, INFERRED), AN_DEGRADED,
	  "enP2s1 has this NIC's MAC but is not joined",
	  "ip netns add accelnet && ip link set dev enP2s1 netns accelnet && "
	  "ip -n accelnet link set dev enP2s1 netns $$; ip netns del accelnet" },
	{ other_mac, INF(BOUND), P(SYNTHETIC, INFERRED), AN_DEGRADED,
	  "no interface of 0002:00:02.0 has this NIC's MAC", "ip link show dev eth0" },
	{ nic_down, INF(PAIRED), P(SYNTHETIC, INFERRED), AN_DOWN, "eth0 is down, and its VF",
	  "ip link set dev eth0 up" },
	{ nic_down_absent, INF(ABSENT), P(SYNTHETIC, INFERRED), AN_DOWN, "eth0 is down",
	  "ip link set dev eth0 up" },
	{ nic_down_unbound, INF(PRESENT), P(SYNTHETIC, INFERRED), AN_DEGRADED, "no driver bound",
	  "modprobe mlx5_core" },
	{ vf_down, INF(PAIRED), P(SYNTHETIC, INFERRED), AN_DEGRADED, "enP2s1 is down",
	  "ip link set dev enP2s1 up" },
	{ vf_no_carrier, INF(PAIRED), P(SYNTHETIC, INFERRED), AN_DEGRADED, "no carrier",
	  "dmesg | grep 0002:00:02.0" },
	{ both_no_carrier, INF(PAIRED), P(SYNTHETIC, INFERRED), AN_DEGRADED,
	  "the host has the link of eth0 down", "ip link show dev eth0" },
	{ absent_no_carrier, INF(ABSENT), P(SYNTHETIC, INFERRED), AN_DEGRADED,
	  "the host has the link of eth0 down", "ip link show dev eth0" },
	{ unjoined_no_carrier, INF(BOUND), P(SYNTHETIC, INFERRED), AN_DEGRADED, "not joined",
	  "ip netns add accelnet && ip link set dev enP2s1 netns accelnet && "
	  "ip -n accelnet link set dev enP2s1 netns $$; ip netns del accelnet" },
	{ vf_mac, INF(ACTIVE), P(VF, INFERRED), AN_DEGRADED,
	  "MAC address of enP2s1 is 00:22:48:00:00:09, that of eth0 is 00:22:48:00:00:01",
	  "ip link set dev enP2s1 address 00:22:48:00:00:01" },
	{ vf_mac_unknown, INF(ACTIVE), P(VF, INFERRED), AN_OK, "", "" },
	{ vf_ip, INF(ACTIVE), P(VF, INFERRED), AN_DEGRADED, "address of its own, 10.0.0.4",
	  "ip addr flush dev enP2s1" },
	{ vf_networkmanager, INF(ACTIVE), P(VF, INFERRED), AN_DEGRADED,
	  "NetworkManager manages the VF's interface enP2s1",
	  "nmcli device set enP2s1 managed no" },
	{ vf_networkmanager_ip, INF(ACTIVE), P(VF, INFERRED), AN_DEGRADED,
	  "NetworkManager manages the VF's interface enP2s1 and gave it the address 10.0.0.4",
	  "nmcli device set enP2s1 managed no; ip addr flush dev enP2s1" },
	{ vf_networkd, INF(ACTIVE), P(VF, INFERRED), AN_DEGRADED,
	  "systemd-networkd manages the VF's interface enP2s1",
	  "printf '[Match]\\nName=%s\\n[Link]\\nUnmanaged=yes\\n' enP2s1 "
	  ">/run/systemd/network/01-enP2s1.network; networkctl reload" },
	{ vf_networkd_ip, INF(ACTIVE), P(VF, INFERRED), AN_DEGRADED,
	  "systemd-networkd manages the VF's interface enP2s1 and gave it the address 10.0.0.4",
	  "printf '[Match]\\nName=%s\\n[Link]\\nUnmanaged=yes\\n' enP2s1 "
	  ">/run/systemd/network/01-enP2s1.network; networkctl reload; ip addr flush dev enP2s1" },
	{ vf_filter, INF(ACTIVE), P(VF, INFERRED), AN_DEGRADED,
	  "enP2s1 has filters of its own (matchall), which eth0 does not show",
	  "tc qdisc del dev enP2s1 clsact" },
	{ vf_qdisc, INF(ACTIVE), P(VF, INFERRED), AN_DEGRADED,
	  "enP2s1 has a qdisc of its own, netem", "tc qdisc del dev enP2s1 root" },
	{ vf_hook_alone, INF(ACTIVE), P(VF, INFERRED), AN_OK, "", "" },
	{ vf_mtu, INF(ACTIVE), P(VF, INFERRED), AN_DEGRADED, "MTU of enP2s1 is 9000",
	  "ip link set dev enP2s1 mtu 1500" },
	{ nic_failed, UNKNOWN, P_UNKNOWN, AN_CANNOT_TELL, "cannot read y", "" },
	{ nic_failed_and_down, INF(PAIRED), P(SYNTHETIC, INFERRED), AN_DEGRADED, "enP2s1 is down",
	  "ip link set dev enP2s1 up" },
	{ function_failed, UNKNOWN, P(SYNTHETIC, INFERRED), AN_CANNOT_TELL, "cannot read z", "" },
	{ nic_unbound, UNKNOWN, P_UNKNOWN, AN_CANNOT_TELL, "no driver is bound to the synthetic",
	  "modprobe hv_netvsc" },
	{ nic_override, UNKNOWN, P_UNKNOWN, AN_CANNOT_TELL, "driver_override is accelnet",
	  "modprobe accelnet" },
	{ nic_override_loaded, UNKNOWN, P_UNKNOWN, AN_CANNOT_TELL,
	  "though accelnet, its driver_override, is loaded",
	  "echo " WORLD_GUID " >/sys/bus/vmbus/drivers_probe" },
	{ nic_override_no_file, UNKNOWN, P_UNKNOWN, AN_CANNOT_TELL,
	  "driver_override is accelnet, which this kernel does not have",
	  "modprobe hv_netvsc; echo >/sys/bus/vmbus/devices/" WORLD_GUID "/driver_override; "
	  "echo " WORLD_GUID " >/sys/bus/vmbus/drivers_probe" },
	{ nic_uio, UNKNOWN, P_UNKNOWN, AN_FOREIGN, "in the hands of uio_hv_generic", "" },
	{ nic_without_interface, UNKNOWN, P_UNKNOWN, AN_CANNOT_TELL, "made no network interface",
	  "dmesg | grep " WORLD_GUID },
	{ nic_hidden, UNKNOWN, P_UNKNOWN, AN_ELSEWHERE, "another network namespace",
	  "lsns -t net" },
};

static void rules(void)
{
	check_rows(row, sizeof(row) / sizeof(row[0]));
}

static CU_TestInfo tests[] = {
	{ "every rule", rules },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("accelnet/verdict", world_setup, NULL, tests);
