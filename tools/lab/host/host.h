/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The simulated host of one VM: the VMM, the VMBus, and per NIC a fabric, a synthetic NIC and a
 * VF on its vPCI bus. Everything here is called with the VMM's lock held unless it says otherwise.
 */
#ifndef LAB_HOST_H
#define LAB_HOST_H

#include "../connectx/cx.h"
#include "../fabric/fabric.h"
#include "../netvsp/netvsp.h"
#include "../run/options.h"
#include "../pending.h"
#include "../vmbus/vmbus.h"
#include "../vmm/vmm.h"
#include "../vpci/vpci.h"

struct dummy;
struct host;

/* What the host is doing with a VF of its own accord. */
struct nic_plan {
	bool add_when_released; /* it is wanted back as soon as the guest has let go */
	bool add_when_negotiated; /* it waits for the NIC's driver to say that it can use one */
	unsigned int flaps;     /* removals with return still to do */
	uint64_t add_at;        /* clock, 0: never; servicing's end, or a flap's return */
};

/* A NIC of the VM: its network, its synthetic side and its VF. */
struct nic {
	struct host *host;
	unsigned int index;
	char name[8], vf_name[8];
	uint8_t mac[6];
	uint32_t serial;
	struct fabric *fabric;
	struct fabric_port *port;
	struct netvsp *netvsp;
	struct vpci *vpci;
	struct cx *cx;       /* NULL with --vf-device dummy */
	struct dummy *dummy;
	struct pci_function function;
	bool in_use;         /* the guest has the function in D0 */
	bool vf_gone;        /* the channel is released: it may be added */
	struct nic_plan plan;
};

struct host_faults {
	bool wrong_serial, refuse_association, foreign_mac; /* of the next VF */
	struct netvsp_faults netvsp;
};

/*
 * `hostctl wait`s in progress: the guest asks again until one is over. One that was given up (its
 * hostctl was killed) is never heard of again; the longest silent makes room.
 */
#define HOST_WAITS_MAX 8

struct host_wait {
	uint32_t caller; /* process id in the guest; 0: free */
	unsigned int nic, state;
	unsigned long seconds;
	uint64_t deadline, asked; /* clock, ns */
};

struct host {
	const struct lab_options *options;
	struct lab_clock clock;
	struct lab_pending pending;
	struct vmm *vmm;
	struct vmbus *vmbus;
	struct nic nic[LAB_NICS_MAX];
	struct host_faults faults;
	struct host_wait wait[HOST_WAITS_MAX];
	pthread_t device_thread;
	bool device_thread_started;
	int wake;             /* eventfd the device thread sleeps on */
	uint64_t next_tick;
	uint64_t asleep_until; /* clock; the device thread looks again then at the latest */
	int exit_status;      /* CMD's */
	char stage[80];       /* what the guest last said it was doing */
	bool stop;            /* atomic: the device thread ends; the VM's end does not end it */
};

/* host.c. console: where the guest's serial output goes. 0 or -errno, having logged why. */
int host_create(struct host *host, const struct lab_options *options, FILE *console);
int host_start(struct host *host);
void host_destroy(struct host *host);

/* nic.c */
int nic_create(struct host *host, unsigned int index);
void nic_destroy(struct nic *nic);
/*
 * 0, -EALREADY, -EOPNOTSUPP: the NIC's driver does not say that it can use a VF. Waits by itself
 * for the release of the one before, and for the driver to say something.
 */
int nic_vf_add(struct nic *nic);
int nic_vf_eject(struct nic *nic);    /* 0, -ENODEV; takes back an add that waits for the driver */
int nic_vf_surprise(struct nic *nic); /* 0, -ENODEV */
void nic_set_link(struct nic *nic, bool up);
bool nic_poll(struct nic *nic);       /* true if something moved */
void nic_tick(struct nic *nic);       /* at least every 500 ms: counters, plans */
uint64_t nic_deadline(const struct nic *nic);

/* loop.c: the device thread. */
int host_loop_start(struct host *host);
void host_loop_stop(struct host *host); /* lock not held */
void host_wake(struct host *host);
void host_reschedule(struct host *host); /* wakes it if a NIC wants it sooner than it would look */

/* hostctl.c: words joined by NUL, from that process in the guest; the text of the answer goes to
 * out. Returns hostctl's exit status, or LAB_PORT_AGAIN. */
int hostctl_run(struct host *host, uint32_t caller, const char *words, size_t len, FILE *out);

#endif
