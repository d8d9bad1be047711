// SPDX-License-Identifier: BSD-3-Clause
/*
 * What can be wrong with a NIC, worst or surest first: the first row of `rules` that applies is
 * the verdict. A row needs known facts: what is not known proves nothing, and ends in "unknown" if
 * no other row has proven a fault.
 */
#include "rules.h"
#include "../pair/attribute.h"
#include "../pair/pciids.h"
#include "manager.h"

#include <string.h>

static bool is_unbound_nic(const struct an_host *host, const struct an_nic *nic)
{
	(void)host;
	return nic->bound == AN_NO;
}

static bool is_unbound_by_override(const struct an_host *host, const struct an_nic *nic)
{
	return is_unbound_nic(host, nic) && nic->override[0] != '\0';
}

static bool is_unbound_by_loaded_override(const struct an_host *host, const struct an_nic *nic)
{
	return is_unbound_by_override(host, nic) && nic->override_loaded == AN_YES;
}

static bool is_unbound_by_missing_override(const struct an_host *host, const struct an_nic *nic)
{
	return is_unbound_by_override(host, nic) && nic->override_available == AN_NO;
}

static bool is_foreign_nic(const struct an_host *host, const struct an_nic *nic)
{
	(void)host;
	return an_attribute_is_foreign(nic);
}

static bool is_hidden_nic(const struct an_host *host, const struct an_nic *nic)
{
	(void)host;
	return nic->hidden == AN_YES;
}

static bool is_nic_without_interface(const struct an_host *host, const struct an_nic *nic)
{
	(void)host;
	return nic->bound == AN_YES && nic->net.name[0] == '\0' && nic->failed[0] == '\0';
}

/* accelnet.ko's word on its VF is later than ours on the function. */
static bool is_function(const struct an_nic *nic, enum an_fact bound)
{
	return !has_vf(nic) && nic->function != NULL && nic->function->bound == bound;
}

static bool is_kept_unbound(const struct an_host *host, const struct an_nic *nic)
{
	(void)host;
	return is_function(nic, AN_NO) && nic->function->override[0] != '\0';
}

static bool is_unbound_driver_missing(const struct an_host *host, const struct an_nic *nic)
{
	(void)host;
	return is_function(nic, AN_NO) && nic->function->loaded != AN_YES;
}

static bool is_of_other_kind(const struct an_nic *nic)
{
	return nic->function != NULL && nic->function->id.module[0] == '\0';
}

static bool is_unbound_of_other_kind(const struct an_host *host, const struct an_nic *nic)
{
	(void)host;
	return is_function(nic, AN_NO) && is_of_other_kind(nic);
}

static bool is_unbound_without_module(const struct an_host *host, const struct an_nic *nic)
{
	return is_unbound_driver_missing(host, nic) && nic->function->available == AN_NO;
}

static bool is_unbound(const struct an_host *host, const struct an_nic *nic)
{
	(void)host;
	return is_function(nic, AN_NO);
}

static bool is_foreign_function(const struct an_host *host, const struct an_nic *nic)
{
	(void)host;
	return is_function(nic, AN_YES) && !is_of_other_kind(nic) &&
	       strcmp(nic->function->driver, nic->function->id.module) != 0;
}

static bool is_overridden_function(const struct an_host *host, const struct an_nic *nic)
{
	return is_foreign_function(host, nic) && nic->function->override[0] != '\0';
}

static bool is_hidden_function(const struct an_host *host, const struct an_nic *nic)
{
	(void)host;
	return is_function(nic, AN_YES) && nic->function->hidden == AN_YES;
}

static bool is_without_interface(const struct an_host *host, const struct an_nic *nic)
{
	(void)host;
	return is_function(nic, AN_YES) && nic->function->ports == 0 &&
	       nic->function->failed[0] == '\0';
}

static bool is_of_other_mac(const struct an_host *host, const struct an_nic *nic)
{
	(void)host;
	return is_function(nic, AN_YES) && nic->function->ports > 0 && nic->vf_candidate == NULL &&
	       nic->net.has_mac && nic->function->failed[0] == '\0';
}

static bool is_not_joined(const struct an_host *host, const struct an_nic *nic)
{
	(void)host;
	return !has_vf(nic) && nic->vf_candidate != NULL;
}

static bool is_not_joined_by_module(const struct an_host *host, const struct an_nic *nic)
{
	return is_not_joined(host, nic) && nic->module.there;
}

static bool is_down(const struct an_host *host, const struct an_nic *nic)
{
	(void)host;
	return has_vf(nic) && nic->net.up == AN_NO;
}

static bool is_down_without_vf(const struct an_host *host, const struct an_nic *nic)
{
	(void)host;
	return nic->verdict.state == AN_VF_ABSENT && nic->net.up == AN_NO && !is_failed(host, nic);
}

/* The VF's link follows the host's switch port as well: it is not to blame. */
static bool is_without_carrier(const struct an_host *host, const struct an_nic *nic)
{
	(void)host;
	return nic->net.up == AN_YES && nic->net.carrier == AN_NO && nic->vf.carrier != AN_YES;
}

static bool is_vf_down(const struct an_host *host, const struct an_nic *nic)
{
	(void)host;
	return has_vf(nic) && nic->vf.up == AN_NO;
}

static bool is_vf_without_carrier(const struct an_host *host, const struct an_nic *nic)
{
	(void)host;
	return has_vf(nic) && nic->vf.carrier == AN_NO;
}

static bool is_on_its_way(const struct an_host *host, const struct an_nic *nic)
{
	(void)host;
	return is_reported(nic) && nic->module.state != AN_VF_UNKNOWN &&
	       nic->module.state != AN_VF_ABSENT && nic->module.state != AN_VF_ACTIVE;
}

static bool has_reason(const struct an_nic *nic, enum an_vf_reason reason)
{
	return strcmp(nic->module.reason_code, an_vf_reason_code(reason)) == 0;
}

static bool is_kept_synthetic(const struct an_host *host, const struct an_nic *nic)
{
	return is_on_its_way(host, nic) && has_reason(nic, AN_VF_USER);
}

static bool is_offered_behind_idle_bus(const struct an_host *host, const struct an_nic *nic)
{
	return is_reported(nic) && nic->module.state == AN_VF_OFFERED && host->idle_buses > 0;
}

static bool is_joined_but_absent(const struct an_host *host, const struct an_nic *nic)
{
	(void)host;
	return has_vf(nic) && is_reported(nic) && nic->module.state == AN_VF_ABSENT;
}

static bool is_silent(const struct an_host *host, const struct an_nic *nic)
{
	return is_on_its_way(host, nic) &&
	       (nic->module.reason[0] == '\0' || has_reason(nic, AN_VF_OK));
}

static bool is_measured_synthetic(const struct an_host *host, const struct an_nic *nic)
{
	(void)host;
	return nic->verdict.path == AN_PATH_SYNTHETIC &&
	       nic->verdict.path_source == AN_SOURCE_MEASURED;
}

static bool is_measured_by_module(const struct an_host *host, const struct an_nic *nic)
{
	return is_measured_synthetic(host, nic) && nic->module.there;
}

static bool is_unhealthy(const struct an_host *host, const struct an_nic *nic)
{
	(void)host;
	return nic->module.there && !is_reported(nic) && nic->module.healthy == AN_NO;
}

static bool is_addressed(const struct an_host *host, const struct an_nic *nic)
{
	(void)host;
	return has_vf(nic) && nic->vf_has_ip == AN_YES;
}

static bool is_managed(const struct an_nic *nic, const char *manager)
{
	return has_vf(nic) && strcmp(nic->vf_manager, manager) == 0;
}

static bool is_managed_by_networkmanager(const struct an_host *host, const struct an_nic *nic)
{
	(void)host;
	return is_managed(nic, AN_NETWORKMANAGER);
}

static bool is_addressed_by_networkmanager(const struct an_host *host, const struct an_nic *nic)
{
	return is_managed_by_networkmanager(host, nic) && is_addressed(host, nic);
}

static bool is_managed_by_networkd(const struct an_host *host, const struct an_nic *nic)
{
	(void)host;
	return is_managed(nic, AN_NETWORKD);
}

static bool is_addressed_by_networkd(const struct an_host *host, const struct an_nic *nic)
{
	return is_managed_by_networkd(host, nic) && is_addressed(host, nic);
}

static bool is_filtered(const struct an_host *host, const struct an_nic *nic)
{
	(void)host;
	return has_vf(nic) && nic->vf_filter[0] != '\0';
}

static bool is_queued(const struct an_host *host, const struct an_nic *nic)
{
	(void)host;
	return has_vf(nic) && nic->vf_qdisc[0] != '\0';
}

static bool is_joined_with_other_mac(const struct an_host *host, const struct an_nic *nic)
{
	(void)host;
	return has_vf(nic) && nic->net.has_mac && nic->vf.has_mac &&
	       memcmp(nic->vf.mac, nic->net.mac, sizeof(nic->net.mac)) != 0;
}

static bool is_of_other_mtu(const struct an_host *host, const struct an_nic *nic)
{
	(void)host;
	return has_vf(nic) && nic->net.mtu != 0 && nic->vf.mtu != 0 && nic->vf.mtu != nic->net.mtu;
}

static bool is_ambiguous(const struct an_host *host, const struct an_nic *nic)
{
	(void)host;
	return nic->claim == AN_CLAIM_UNSURE;
}

static bool is_ambiguous_driver_missing(const struct an_host *host, const struct an_nic *nic)
{
	const struct an_function *idle = an_attribute_idle(host);

	return is_ambiguous(host, nic) && idle != NULL && idle->loaded != AN_YES &&
	       idle->id.module[0] != '\0';
}

static bool is_behind_idle_bus(const struct an_host *host, const struct an_nic *nic)
{
	return !has_vf(nic) && !is_reported(nic) && host->idle_buses > 0;
}

static bool is_of_unknown_state(const struct an_host *host, const struct an_nic *nic)
{
	(void)host;
	return nic->verdict.state == AN_VF_UNKNOWN;
}

static bool is_absent(const struct an_host *host, const struct an_nic *nic)
{
	(void)host;
	return nic->verdict.state == AN_VF_ABSENT;
}

static bool is_absent_elsewhere(const struct an_host *host, const struct an_nic *nic)
{
	return is_absent(host, nic) && !host->azure;
}

/* Until the VF is there again under another name; accelnet(8) has a rule for all. */
#define UNMANAGED "printf '[Match]\\nName=%s\\n[Link]\\nUnmanaged=yes\\n' {vf} " \
		  ">/run/systemd/network/01-{vf}.network; networkctl reload"

#define EVENTS "devlink health dump show vmbus/{guid} reporter vf"

static const struct an_rule rules[] = {
	{ is_unbound_by_loaded_override, AN_CANNOT_TELL, "nic-unbound-override",
	  "no driver is bound to the synthetic NIC, though {nic-override}, its driver_override, "
	  "is loaded",
	  "echo {guid} >/sys/bus/vmbus/drivers_probe" },
	{ is_unbound_by_missing_override, AN_CANNOT_TELL, "nic-unbound-override",
	  "no driver is bound to the synthetic NIC: its driver_override is {nic-override}, which "
	  "this kernel does not have",
	  "modprobe hv_netvsc; echo >/sys/bus/vmbus/devices/{guid}/driver_override; "
	  "echo {guid} >/sys/bus/vmbus/drivers_probe" },
	{ is_unbound_by_override, AN_CANNOT_TELL, "nic-unbound-override",
	  "no driver is bound to the synthetic NIC, its driver_override is {nic-override}",
	  "modprobe {nic-override}" },
	{ is_unbound_nic, AN_CANNOT_TELL, "nic-unbound", "no driver is bound to the synthetic NIC",
	  "modprobe hv_netvsc" },
	{ is_foreign_nic, AN_FOREIGN, "nic-foreign",
	  "the synthetic NIC is in the hands of {nic-driver}", "" },
	{ is_hidden_nic, AN_ELSEWHERE, "nic-hidden",
	  "its interface is in another network namespace",
	  "lsns -t net" },
	{ is_nic_without_interface, AN_CANNOT_TELL, "nic-without-interface",
	  "{nic-driver} has the synthetic NIC but has made no network interface",
	  "dmesg | grep {guid}" },
	{ is_unbound_of_other_kind, AN_DEGRADED, "function-unknown-kind",
	  "no driver bound to {function}, a network function of no known kind ({pci-id})",
	  "modprobe \"$(cat /sys/bus/pci/devices/{pci}/modalias)\"" },
	{ is_kept_unbound, AN_DEGRADED, "function-override",
	  "no driver bound to {function}, its driver_override is {override}",
	  "modprobe {module}; echo >/sys/bus/pci/devices/{pci}/driver_override; "
	  "echo {pci} >/sys/bus/pci/drivers_probe" },
	{ is_unbound_without_module, AN_DEGRADED, "function-driver-missing",
	  "no driver bound to {function}, and this kernel has no {module}",
	  "find /lib/modules -name '{module}.ko*'" },
	{ is_unbound_driver_missing, AN_DEGRADED, "function-driver-missing",
	  "no driver bound to {function}", "modprobe {module}" },
	{ is_unbound, AN_DEGRADED, "function-unbound",
	  "no driver bound to {function}, though {module} is loaded",
	  "echo {pci} >/sys/bus/pci/drivers_probe" },
	{ is_overridden_function, AN_DEGRADED, "function-foreign",
	  "{function} is bound to {driver}, its driver_override; the next command takes it from "
	  "whatever uses it there",
	  "modprobe {module}; echo >/sys/bus/pci/devices/{pci}/driver_override; "
	  "echo {pci} >/sys/bus/pci/drivers/{driver}/unbind; "
	  "echo {pci} >/sys/bus/pci/drivers/{module}/bind" },
	{ is_foreign_function, AN_DEGRADED, "function-foreign",
	  "{function} is bound to {driver}, not to {module}; the next command takes it from "
	  "whatever uses it there",
	  "modprobe {module}; echo {pci} >/sys/bus/pci/drivers/{driver}/unbind; "
	  "echo {pci} >/sys/bus/pci/drivers/{module}/bind" },
	{ is_kept_synthetic, AN_NOT_ACCELERATED, "kept-synthetic", "{module-reason}",
	  "devlink dev param set vmbus/{guid} name datapath value auto cmode runtime" },
	{ is_hidden_function, AN_DEGRADED, "vf-hidden",
	  "the interface of {function} is in another network namespace, {nic} is not",
	  "lsns -t net" },
	{ is_without_interface, AN_DEGRADED, "function-without-interface",
	  "{function} has a driver but no network interface",
	  "dmesg | grep {pci}" },
	{ is_not_joined_by_module, AN_DEGRADED, "vf-not-joined",
	  "{vf-candidate} has this NIC's MAC but is not joined to it: {module-reason}",
	  "devlink health recover vmbus/{guid} reporter vf" },
	/* To the driver an interface that changes its namespace is a new one; others stay put. */
	{ is_not_joined, AN_DEGRADED, "vf-not-joined",
	  "{vf-candidate} has this NIC's MAC but is not joined to it",
	  "ip netns add accelnet && ip link set dev {vf-candidate} netns accelnet && "
	  "ip -n accelnet link set dev {vf-candidate} netns $$; ip netns del accelnet" },
	{ is_of_other_mac, AN_DEGRADED, "function-other-mac",
	  "no interface of {function} has this NIC's MAC",
	  "ip link show dev {nic}" },
	{ is_down, AN_DOWN, "nic-down", "{nic} is down, and its VF with it",
	  "ip link set dev {nic} up" },
	{ is_down_without_vf, AN_DOWN, "nic-down", "{nic} is down", "ip link set dev {nic} up" },
	{ is_without_carrier, AN_DEGRADED, "nic-no-carrier", "the host has the link of {nic} down",
	  "ip link show dev {nic}" },
	{ is_vf_down, AN_DEGRADED, "vf-down",
	  "the VF's interface {vf} is down", "ip link set dev {vf} up" },
	{ is_vf_without_carrier, AN_DEGRADED, "vf-no-carrier",
	  "the VF's interface {vf} has no carrier",
	  "dmesg | grep {vf-pci}" },
	{ is_offered_behind_idle_bus, AN_DEGRADED, "bus-unbound",
	  "a PCI bus that the host offers has no driver",
	  "modprobe pci_hyperv" },
	{ is_joined_but_absent, AN_DEGRADED, "vf-not-known",
	  "{vf} is joined, but accelnet.ko knows of no VF",
	  EVENTS },
	{ is_silent, AN_DEGRADED, "vf-not-switched",
	  "the data path has not moved to the VF yet", EVENTS },
	{ is_on_its_way, AN_DEGRADED, "vf-not-active", "{module-reason}", EVENTS },
	{ is_measured_by_module, AN_DEGRADED, "path-synthetic",
	  "packets leave by the synthetic path, the VF is up",
	  EVENTS },
	{ is_measured_synthetic, AN_DEGRADED, "path-synthetic",
	  "packets leave by the synthetic path, the VF is up",
	  "dmesg | grep 'Data path switched'" },
	{ is_unhealthy, AN_DEGRADED, "module-unhealthy",
	  "accelnet reports a fault that only root may read",
	  "devlink health diagnose vmbus/{guid} reporter vf" },
	{ is_addressed_by_networkmanager, AN_DEGRADED, "vf-managed",
	  "NetworkManager manages the VF's interface {vf} and gave it the address {ip}",
	  "nmcli device set {vf} managed no; ip addr flush dev {vf}" },
	{ is_managed_by_networkmanager, AN_DEGRADED, "vf-managed",
	  "NetworkManager manages the VF's interface {vf}", "nmcli device set {vf} managed no" },
	{ is_addressed_by_networkd, AN_DEGRADED, "vf-managed",
	  "systemd-networkd manages the VF's interface {vf} and gave it the address {ip}",
	  UNMANAGED "; ip addr flush dev {vf}" },
	{ is_managed_by_networkd, AN_DEGRADED, "vf-managed",
	  "systemd-networkd manages the VF's interface {vf}", UNMANAGED },
	{ is_addressed, AN_DEGRADED, "vf-address",
	  "the VF's interface {vf} has an address of its own, {ip}",
	  "ip addr flush dev {vf}" },
	{ is_joined_with_other_mac, AN_DEGRADED, "vf-mac",
	  "the MAC address of {vf} is {vf-mac}, that of {nic} is {mac}",
	  "ip link set dev {vf} address {mac}" },
	{ is_of_other_mtu, AN_DEGRADED, "vf-mtu",
	  "the MTU of {vf} is {vf-mtu}, that of {nic} is {mtu}",
	  "ip link set dev {vf} mtu {mtu}" },
	{ is_filtered, AN_DEGRADED, "vf-filter",
	  "the VF's interface {vf} has filters of its own ({filter}), which {nic} does not show; "
	  "the next command removes all of them",
	  "tc qdisc del dev {vf} {vf-hook}" },
	{ is_queued, AN_DEGRADED, "vf-qdisc",
	  "the VF's interface {vf} has a qdisc of its own, {qdisc}, which {nic} does not show",
	  "tc qdisc del dev {vf} root" },
	{ is_ambiguous_driver_missing, AN_CANNOT_TELL, "function-ambiguous",
	  "a function without driver may be this NIC's or another's", "modprobe {idle-module}" },
	{ is_ambiguous, AN_CANNOT_TELL, "function-ambiguous",
	  "a function that is not in use may be this NIC's or another's",
	  "lspci -Dnnk -d ::0200" },
	{ is_failed, AN_CANNOT_TELL, "read-failed", "{failed}", "" },
	{ is_behind_idle_bus, AN_CANNOT_TELL, "bus-unbound",
	  "a PCI bus offered by the host has no driver, a VF may be behind it",
	  "modprobe pci_hyperv" },
	{ is_of_unknown_state, AN_CANNOT_TELL, "state-unknown",
	  "the state cannot be told from what is known", "" },
	{ is_absent_elsewhere, AN_NOT_ACCELERATED, "no-vf",
	  "the host offers no VF; its PowerShell tells why",
	  "Get-VMNetworkAdapter -VMName VM | Format-List Name, IovWeight, Status" },
	{ is_absent, AN_NOT_ACCELERATED, "no-vf", "the host offers no VF",
	  "az network nic show -g GROUP -n NIC --query enableAcceleratedNetworking" },
};

const struct an_rule *an_rule_find(const struct an_host *host, const struct an_nic *nic)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].applies(host, nic))
			return &rules[i];
	return NULL;
}
