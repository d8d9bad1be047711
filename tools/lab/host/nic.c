// SPDX-License-Identifier: BSD-3-Clause
/* A NIC of the simulated host: its parts put together, and the life of its VF. */
#include "host.h"

#include "../log.h"
#include "../vpci/dummy.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LINK_SPEED 25000000000ull /* bit/s */
#define MTU_MAX	   9000u
#define VF_VENDOR  0x15b3u
#define VF_DEVICE  0x1018u /* ConnectX-5 virtual function */
#define DOMAIN	   0xac00u /* PCI domain of NIC 0's function */

static const char *path_names[] = { [FABRIC_SYNTHETIC] = "synthetic", [FABRIC_VF] = "vf" };

/* ------------------------------------------------------------------- vPCI and the VMM ---- */

static int host_mmio_claim(void *host, gpa_t base, uint64_t size, const struct vpci_mmio_ops *ops,
			   void *ctx)
{
	/* Same shape on both sides; two names because vpci/ knows no VMM. */
	_Static_assert(sizeof(struct vmm_mmio_ops) == sizeof(struct vpci_mmio_ops), "MMIO ops");
	return vmm_mmio_claim(((struct host *)host)->vmm, base, size,
			      (const struct vmm_mmio_ops *)ops, ctx);
}

static void host_mmio_release(void *host, gpa_t base)
{
	vmm_mmio_release(((struct host *)host)->vmm, base);
}

static int host_ram_map(void *host, gpa_t base, uint64_t size, void *memory)
{
	return vmm_ram_map(((struct host *)host)->vmm, base, size, memory);
}

static void host_ram_unmap(void *host, gpa_t base)
{
	vmm_ram_unmap(((struct host *)host)->vmm, base);
}

static void host_msi(void *host, uint64_t address, uint32_t data)
{
	vmm_msi(((struct host *)host)->vmm, address, data);
}

static const struct vpci_host_ops vpci_host_ops = {
	.mmio_claim = host_mmio_claim,
	.mmio_release = host_mmio_release,
	.ram_map = host_ram_map,
	.ram_unmap = host_ram_unmap,
	.msi = host_msi,
};

/* ------------------------------------------------------------------------ the function ---- */

static uint64_t function_read(void *model, uint64_t offset, unsigned int size)
{
	return cx_bar_read(model, offset, size);
}

static void function_write(void *model, uint64_t offset, uint64_t value, unsigned int size)
{
	cx_bar_write(model, offset, value, size);
}

static int function_block_read(void *model, uint32_t id, void *buf, size_t len)
{
	return cx_block_read(model, id, buf, len);
}

static int function_block_write(void *model, uint32_t id, const void *buf, size_t len)
{
	return cx_block_write(model, id, buf, len);
}

static void function_reset(void *model)
{
	cx_reset(model);
}

static const struct pci_function_ops function_ops = {
	.read = function_read,
	.write = function_write,
	.block_read = function_block_read,
	.block_write = function_block_write,
	.reset = function_reset,
};

static void nic_raise(void *ctx, unsigned int vector)
{
	vpci_raise(((struct nic *)ctx)->vpci, vector);
}

static int function_create(struct nic *nic)
{
	static const enum cx_doorbells doorbells[] = {
		[LAB_DOORBELLS_POLLED] = CX_DOORBELLS_POLLED,
		[LAB_DOORBELLS_STRICT] = CX_DOORBELLS_TRAPPED,
		[LAB_DOORBELLS_RECORDS] = CX_DOORBELLS_RECORDS,
	};
	struct host *host = nic->host;
	struct cx_config config = {
		.mem = vmm_memory(host->vmm),
		.clock = &host->clock,
		.pending = &host->pending,
		.port = nic->port,
		.raise = nic_raise,
		.raise_ctx = nic,
		.pages = host->options->pages,
		.vhca_id = (uint16_t)(nic->index + 1),
		.doorbells = doorbells[host->options->doorbells],
	};

	if (host->options->dummy) {
		nic->dummy = dummy_create();
		if (nic->dummy == NULL)
			return -ENOMEM;
		nic->function = *dummy_function(nic->dummy);
		return 0;
	}
	memcpy(config.mac, nic->mac, sizeof(config.mac));
	nic->cx = cx_create(&config);
	if (nic->cx == NULL)
		return -ENOMEM;
	nic->function = (struct pci_function){
		.vendor = VF_VENDOR,
		.device = VF_DEVICE,
		.subsystem_vendor = VF_VENDOR,
		.subsystem_device = VF_DEVICE,
		.base_class = 2, /* network controller, Ethernet */
		.bar0_size = CX_BAR_SIZE,
		.msix_vectors = CX_MSIX_VECTORS,
		.msix_table_offset = CX_MSIX_TABLE,
		.msix_pba_offset = CX_MSIX_PBA,
		/* The UAR pages come last: left out, each store into them is seen. */
		.ram_count = config.doorbells == CX_DOORBELLS_TRAPPED ? 1 : 2,
		.ram = { { LAB_PAGE_SIZE, LAB_PAGE_SIZE, cx_counter_page(nic->cx) },
			 { CX_UAR_FIRST * LAB_PAGE_SIZE, CX_UAR_COUNT * LAB_PAGE_SIZE,
			   cx_uar_pages(nic->cx) } },
		.ops = &function_ops,
		.model = nic->cx,
	};
	return 0;
}

/* ------------------------------------------------------------------------ the VF's life ---- */

static void associate(struct nic *nic, bool allocated)
{
	const struct host_faults *faults = &nic->host->faults;

	if (allocated && faults->refuse_association)
		return;
	netvsp_associate_vf(nic->netvsp, allocated,
			    nic->serial + (allocated && faults->wrong_serial ? 100 : 0));
}

/* Nobody's, if that is the fault. */
static void set_mac(struct nic *nic)
{
	uint8_t mac[sizeof(nic->mac)];

	if (nic->cx == NULL)
		return;
	memcpy(mac, nic->mac, sizeof(mac));
	if (nic->host->faults.foreign_mac)
		mac[3] ^= 0xff;
	cx_set_mac(nic->cx, mac);
}

static void on_d0(void *ctx)
{
	struct nic *nic = ctx;

	nic->in_use = true;
}

static void on_ejected(void *ctx)
{
	struct nic *nic = ctx;

	/* The guest has let go of the function; what it did not move itself moves now. */
	fabric_set_datapath(nic->port, FABRIC_SYNTHETIC);
	associate(nic, false);
}

/*
 * The VF that waited for this, if it did. Not from here: the channel that was released is still
 * being taken apart, the NIC that has negotiated is in the middle of a message. The device thread
 * sees it in nic_deadline(); who has called us from another has host_reschedule() wake it.
 */
static void add_if(struct nic *nic, bool *waits)
{
	if (!*waits)
		return;
	*waits = false;
	nic->plan.add_at = lab_clock_now(&nic->host->clock);
}

static void on_released(void *ctx)
{
	struct nic *nic = ctx;

	nic->in_use = false;
	nic->vf_gone = true;
	add_if(nic, &nic->plan.add_when_released);
}

static const struct vpci_events vpci_events = {
	.d0 = on_d0,
	.ejected = on_ejected,
	.released = on_released,
};

int nic_vf_add(struct nic *nic)
{
	int ret;

	if (vpci_is_present(nic->vpci))
		return -EALREADY;
	if (!nic->vf_gone) {
		nic->plan.add_when_released = true;
		return 0;
	}
	/* As Hyper-V does: the function is shown to guests that were sent an association. */
	if (!netvsp_has_negotiated(nic->netvsp)) {
		nic->plan.add_when_negotiated = true;
		return 0;
	}
	if (!netvsp_can_use_vf(nic->netvsp)) {
		lab_log(LAB_LOG_WARN, nic->name, "gets no VF: its driver, on NVSP %u.%u, does not "
			"say that it can use one", netvsp_version(nic->netvsp) >> 16,
			netvsp_version(nic->netvsp) & 0xffff);
		return -EOPNOTSUPP;
	}
	set_mac(nic);
	/* The association first: a guest that waits for it when the VF comes up never waits. */
	associate(nic, true);
	ret = vpci_add(nic->vpci, nic->serial);
	if (ret == 0)
		nic->vf_gone = false;
	return ret;
}

int nic_vf_eject(struct nic *nic)
{
	if (nic->plan.add_when_negotiated) { /* it has not come yet, and will not */
		nic->plan.add_when_negotiated = false;
		return 0;
	}
	return vpci_eject(nic->vpci);
}

int nic_vf_surprise(struct nic *nic)
{
	int ret = vpci_surprise(nic->vpci);

	if (ret < 0)
		return ret;
	fabric_set_datapath(nic->port, FABRIC_SYNTHETIC);
	associate(nic, false);
	return 0;
}

void nic_set_link(struct nic *nic, bool up)
{
	fabric_set_link(nic->port, up);
	netvsp_set_link(nic->netvsp, up);
	if (nic->cx != NULL)
		cx_set_link(nic->cx, up);
}

static void on_datapath(void *ctx, enum fabric_path path, bool by_host)
{
	struct nic *nic = ctx;

	lab_log(LAB_LOG_INFO, nic->name, "data path: %s (by the %s)", path_names[path],
		by_host ? "host" : "guest");
}

static void on_negotiated(void *ctx)
{
	struct nic *nic = ctx;

	add_if(nic, &nic->plan.add_when_negotiated);
}

static const struct netvsp_events netvsp_events = {
	.datapath = on_datapath,
	.negotiated = on_negotiated,
};

/* A flap is an eject once traffic is on the VF, and an add once the guest has let go. */
static void plan_advance(struct nic *nic)
{
	uint64_t now = lab_clock_now(&nic->host->clock);

	if (nic->plan.add_at != 0 && now >= nic->plan.add_at) {
		nic->plan.add_at = 0;
		nic_vf_add(nic);
	}
	if (nic->plan.flaps > 0 && vpci_is_present(nic->vpci) &&
	    fabric_datapath(nic->port) == FABRIC_VF) {
		nic->plan.flaps--;
		if (nic_vf_eject(nic) == 0)
			nic->plan.add_when_released = true;
	}
}

bool nic_poll(struct nic *nic)
{
	bool moved = fabric_poll(nic->fabric, 64) > 0;

	if (nic->cx != NULL)
		moved |= cx_poll(nic->cx);
	moved |= netvsp_poll(nic->netvsp);
	return moved;
}

void nic_tick(struct nic *nic)
{
	if (nic->cx != NULL)
		cx_tick(nic->cx);
	plan_advance(nic);
}

uint64_t nic_deadline(const struct nic *nic)
{
	uint64_t deadline = netvsp_deadline(nic->netvsp);

	if (nic->plan.add_at != 0 && nic->plan.add_at < deadline)
		deadline = nic->plan.add_at;
	return deadline;
}

/* ------------------------------------------------------------------------------ create ---- */

static int network_create(struct nic *nic)
{
	const struct lab_options *o = nic->host->options;
	struct fabric_config config = { .clock = &nic->host->clock, .pcap_dir = o->pcap };
	struct fabric_peer_config peer = { .net = nic->index, .mtu = MTU_MAX, .servers = true };

	nic->fabric = fabric_create(&config);
	if (nic->fabric == NULL)
		return -ENOMEM;
	nic->port = fabric_nic_add(nic->fabric, nic->index, nic->mac);
	if (nic->port == NULL)
		return -ENOMEM;
	if (o->uplink[nic->index] >= 0) {
		int ret = fabric_uplink_add(nic->fabric, o->uplink[nic->index]);

		if (ret < 0 || o->vm != 0)
			return ret; /* the peer hangs on VM 0's fabric */
	}
	switch (o->peer) {
	case LAB_PEER_TAP:
		return fabric_peer_tap(nic->fabric, &peer);
	case LAB_PEER_ECHO:
		return fabric_peer_echo(nic->fabric, &peer);
	case LAB_PEER_SINK:
		return fabric_peer_sink(nic->fabric);
	case LAB_PEER_REFLECT:
		return fabric_peer_reflect(nic->fabric);
	}
	return -EINVAL;
}

static int synthetic_create(struct nic *nic)
{
	struct host *host = nic->host;
	struct netvsp_config config = {
		.vmbus = host->vmbus,
		.mem = vmm_memory(host->vmm),
		.clock = &host->clock,
		.pending = &host->pending,
		.port = nic->port,
		.events = &netvsp_events,
		.events_ctx = nic,
		.max_version = host->options->nvsp,
		/* f8615163-0000-1000-2000-0022487700NN, first three fields little endian */
		.instance = { { 0x63, 0x51, 0x61, 0xf8, 0, 0, 0, 0x10, 0x20, 0, 0, 0x22, 0x48, 0x77,
				0, (uint8_t)nic->index } },
		.queues = host->options->queues,
		.monitored = host->options->monitored,
		.mtu = MTU_MAX,
		.link_speed = LINK_SPEED,
		.name = nic->name,
	};

	memcpy(config.mac, nic->mac, sizeof(config.mac));
	nic->netvsp = netvsp_create(&config);
	return nic->netvsp != NULL ? 0 : -ENOMEM;
}

static int bus_create(struct nic *nic)
{
	struct host *host = nic->host;
	unsigned int domain = DOMAIN + nic->index;
	struct vpci_config config = {
		.vmbus = host->vmbus,
		.clock = &host->clock,
		.pending = &host->pending,
		.host = &vpci_host_ops,
		.host_ctx = host,
		.events = &vpci_events,
		.events_ctx = nic,
		.max_version = host->options->vpci,
		/* bytes 5:4 become the PCI domain */
		.instance = { { 0x63, 0x51, 0x61, 0xf8, (uint8_t)domain, (uint8_t)(domain >> 8), 0,
				0x10, 0x20, 0, 0, 0x22, 0x48, 0x77, 1, (uint8_t)nic->index } },
		.function = &nic->function,
		.name = nic->vf_name,
	};

	nic->vpci = vpci_create(&config);
	if (nic->vpci == NULL)
		return -ENOMEM;
	if (nic->dummy != NULL)
		dummy_attach(nic->dummy, nic->vpci);
	return 0;
}

int nic_create(struct host *host, unsigned int index)
{
	struct nic *nic = &host->nic[index];
	int ret;

	nic->host = host;
	nic->index = index;
	nic->serial = index + 1;
	nic->vf_gone = true;
	snprintf(nic->name, sizeof(nic->name), "nic%u", index);
	snprintf(nic->vf_name, sizeof(nic->vf_name), "vf%u", index);
	memcpy(nic->mac,
	       (uint8_t[]){ 0x00, 0x22, 0x48, 0x77, (uint8_t)host->options->vm, (uint8_t)index },
	       6);
	ret = network_create(nic);
	if (ret == 0)
		ret = synthetic_create(nic);
	if (ret == 0)
		ret = function_create(nic);
	if (ret == 0)
		ret = bus_create(nic);
	if (ret == 0 && host->options->vf == LAB_VF_ON)
		ret = nic_vf_add(nic);
	if (ret < 0)
		lab_log(LAB_LOG_ERROR, nic->name, "set-up: %s", strerror(-ret));
	return ret;
}

void nic_destroy(struct nic *nic)
{
	if (nic->vpci != NULL)
		vpci_destroy(nic->vpci);
	if (nic->cx != NULL)
		cx_destroy(nic->cx);
	if (nic->dummy != NULL)
		dummy_destroy(nic->dummy);
	if (nic->netvsp != NULL)
		netvsp_destroy(nic->netvsp);
	if (nic->fabric != NULL)
		fabric_destroy(nic->fabric);
}
