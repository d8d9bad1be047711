// SPDX-License-Identifier: BSD-3-Clause
/* A machine with one NIC that is well, and what can befall it. */
#include "accelnet_world.h"
#include "../../tools/pair/attribute.h"
#include "../../tools/pair/pciids.h"
#include "../../tools/accelnet/verdict.h"

#include <string.h>

struct an_host host;
struct an_nic *const nic = &host.nic[0];
struct an_function *const function = &host.function[0];

static struct an_link port;

static void set_link(struct an_link *link, const char *name, uint8_t mac)
{
	*link = (struct an_link){
		.ifindex = 2, .mtu = 1500, .mac = { 0, 0x22, 0x48, 0, 0, mac }, .has_mac = true,
		.up = AN_YES, .carrier = AN_YES,
	};
	strcpy(link->name, name);
}

/* A NIC under hv_netvsc with its VF up, idle. */
void world_setup(void)
{
	memset(&host, 0, sizeof(host));
	host.has_vmbus = true;
	host.nics = host.functions = 1;
	strcpy(nic->guid, WORLD_GUID);
	strcpy(nic->driver, "hv_netvsc");
	nic->bound = AN_YES;
	set_link(&nic->net, "eth0", 1);
	set_link(&nic->vf, "enP2s1", 1);
	strcpy(nic->vf_address, "0002:00:02.0");
	nic->vf_has_ip = AN_NO;
	strcpy(function->address, "0002:00:02.0");
	strcpy(function->driver, "mlx5_core");
	function->id = *an_pciid_find(0x15b3, 0x1018);
	function->bound = function->loaded = AN_YES;
	function->serial = 1;
	function->has_serial = true;
	port = nic->vf;
	function->port = &port;
	function->ports = 1;
}

void world_judge(void)
{
	an_attribute(&host);
	an_verdict(&host);
}

void unjoined(void)
{
	nic->vf = (struct an_link){ 0 };
	nic->vf_address[0] = '\0';
}

void no_ports(void)
{
	unjoined();
	function->ports = 0;
}

void no_driver(void)
{
	no_ports();
	function->driver[0] = '\0';
	function->bound = AN_NO;
}

void no_driver_no_module(void)
{
	no_driver();
	function->loaded = AN_NO;
}

void vfio(void)
{
	no_ports();
	strcpy(function->driver, "vfio-pci");
}

void other_mac(void)
{
	unjoined();
	function->port[0].mac[5] = 9;
}

void absent(void)
{
	unjoined();
	host.functions = 0;
}

void absent_idle_bus(void)
{
	absent();
	host.idle_buses = 1;
}

void world_sample(uint64_t vf_tx, uint64_t synthetic_tx, uint64_t vf_rx)
{
	nic->sample = (struct an_sample){
		.taken = true, .ms = 20,
		.first = { true, 100, 100, 100, 100 },
		.last = { true, 100 + vf_rx, 100 + vf_tx, 200, 100 + synthetic_tx },
	};
}

void sent_vf(void)
{
	world_sample(5, 1, 0);
}

void sent_synthetic(void)
{
	world_sample(0, 2, 9);
}

void received_vf(void)
{
	world_sample(0, 0, 3);
}

void sent_nothing(void)
{
	world_sample(0, 0, 0);
}

void counters_back(void)
{
	world_sample((uint64_t)-50, 5, 0);
}

void world_module(enum an_vf_state state, enum an_vf_reason reason)
{
	strcpy(nic->driver, "accelnet");
	nic->module = (struct an_module){
		.there = true, .diagnosed = true, .healthy = AN_YES, .state = state, .serial = 1,
	};
	strcpy(nic->module.reason, an_vf_reason_text(reason));
	strcpy(nic->module.reason_code, an_vf_reason_code(reason));
}

void m_denied(void)
{
	strcpy(nic->driver, "accelnet");
	nic->module = (struct an_module){ .there = true, .denied = true, .healthy = AN_YES };
}

void host_failed(void)
{
	strcpy(host.failed, "cannot list the PCI functions: x");
}

void vf_ip(void)
{
	nic->vf_has_ip = AN_YES;
	strcpy(nic->vf_ip, "10.0.0.4");
}

void vf_down(void)
{
	nic->vf.up = AN_NO;
	nic->vf.carrier = AN_UNKNOWN;
}

void both_no_carrier(void)
{
	nic->net.carrier = nic->vf.carrier = AN_NO;
}
