// SPDX-License-Identifier: BSD-3-Clause
/*
 * Revocation and return. Announced: the kernel's netdev goes first, traffic moves to the synthetic
 * path, programs are told DEVICE_FATAL and then EIO. By surprise: the function is dead at once and
 * traffic goes synthetic, but nobody says so until the kernel's command has timed out. Back: a new
 * device instance, a new netdev. Source: dpdk.md 4.5 and 7.11, 7.12.
 */
#include "fault.h"

#include "control.h"
#include "guest.h"
#include "objects.h"

#include <errno.h>
#include <time.h>

#define SURPRISE_DELAY (10 * LAB_S) /* mlx5_core's command time-out on this function */
#define EJECT_DELAY (20 * LAB_MS)   /* the netdev is gone, mlx5_ib is not yet */
#define ADD_DELAY (200 * LAB_MS)    /* probe of mlx5_core and mlx5_ib */
#define FLAP_UP (300 * LAB_MS)      /* of traffic between two flaps */

void fault_init(struct machine *machine)
{
	machine->faults.surprise_delay = SURPRISE_DELAY;
	machine->faults.eject_delay = EJECT_DELAY;
	machine->faults.add_delay = ADD_DELAY;
}

static struct vb_device *present(const struct machine *machine)
{
	struct vb_device *device = machine->devices;

	return device != NULL && device->state != VB_GONE ? device : NULL;
}

/*
 * Interfaces take their time to come and go: the device moves on meanwhile. Nobody else gives the
 * VF or takes it away, since that is one thread's business (control_is_elsewhere()).
 */
static void guest_change(struct machine *machine, void (*change)(void))
{
	machine_unlock(machine);
	change();
	machine_lock(machine);
}

/* The kernel lets go: its netdev, then the RDMA device. */
static void let_go(struct machine *machine)
{
	struct vb_device *device = present(machine);

	if (!machine->faults.announced)
		guest_change(machine, guest_vf_remove);
	machine->faults.announced = false;
	kernel_unbind(machine);
	if (device == NULL)
		return;
	async_device_event(device, IBV_EVENT_DEVICE_FATAL, 1);
	device->state = VB_GONE;
	for (struct vb_context *context = device->contexts; context != NULL;
	     context = context->next)
		async_close(context);
	pthread_cond_broadcast(&machine->changed);
}

/*
 * The netdev goes first (mlx5e is the first to be unbound), and with it the host's data path. The
 * RDMA device works until its turn comes.
 */
int fault_eject(struct machine *machine)
{
	struct vb_device *device = present(machine);

	if (device == NULL || device->state != VB_ALIVE || machine->faults.gone_at != 0)
		return -ENODEV;
	if (machine->faults.eject_delay == 0) {
		let_go(machine);
		return 0;
	}
	fabric_set_datapath(machine->port, FABRIC_SYNTHETIC);
	machine->faults.announced = true;
	machine->faults.gone_at = UINT64_MAX; /* not before the interface has gone */
	guest_change(machine, guest_vf_remove);
	machine->faults.gone_at = lab_clock_now(&machine->clock) + machine->faults.eject_delay;
	return 0;
}

int fault_surprise(struct machine *machine)
{
	struct vb_device *device = present(machine);

	if (device == NULL || device->state != VB_ALIVE || machine->faults.gone_at != 0)
		return -ENODEV;
	device->state = VB_SILENT;
	kernel_unbind(machine);
	machine->faults.gone_at = lab_clock_now(&machine->clock) + machine->faults.surprise_delay;
	return 0;
}

int fault_add(struct machine *machine)
{
	struct vb_device *device = present(machine);

	if (machine->faults.add_at != 0 ||
	    (device != NULL && device->state == VB_ALIVE && machine->faults.gone_at == 0))
		return -EALREADY;
	machine->faults.add_at = lab_clock_now(&machine->clock) + machine->faults.add_delay;
	return 0;
}

static void arrive(struct machine *machine)
{
	if (present(machine) != NULL)
		return; /* the old one is not gone yet: it comes after that */
	machine->faults.add_at = 0;
	if (kernel_bind(machine) < 0)
		return;
	guest_change(machine, guest_vf_add);
	device_add(machine);
	if (machine->faults.flaps > 0)
		machine->faults.eject_at = lab_clock_now(&machine->clock) + FLAP_UP;
}

static void flap(struct machine *machine)
{
	machine->faults.eject_at = 0;
	if (fault_eject(machine) < 0)
		return;
	machine->faults.flaps--;
	fault_add(machine);
}

void fault_flap(struct machine *machine, unsigned int n)
{
	machine->faults.flaps = n;
	machine->faults.eject_at = n > 0 ? lab_clock_now(&machine->clock) + FLAP_UP : 0;
}

void fault_advance(struct machine *machine, uint64_t now)
{
	if (control_is_elsewhere(machine))
		return;
	if (machine->faults.gone_at != 0 && now >= machine->faults.gone_at) {
		machine->faults.gone_at = 0;
		let_go(machine);
	}
	if (machine->faults.add_at != 0 && now >= machine->faults.add_at)
		arrive(machine);
	if (machine->faults.eject_at != 0 && now >= machine->faults.eject_at)
		flap(machine);
}

uint64_t fault_deadline(const struct machine *machine)
{
	const struct machine_faults *faults = &machine->faults;
	/* What is added while the kernel still has the old one comes when that has gone. */
	const uint64_t due[] = { faults->gone_at, present(machine) == NULL ? faults->add_at : 0,
				 faults->eject_at };
	uint64_t first = UINT64_MAX;

	for (unsigned int i = 0; i < sizeof(due) / sizeof(due[0]); i++)
		if (due[i] != 0 && due[i] < first)
			first = due[i];
	return first;
}

bool fault_present(const struct machine *machine)
{
	return present(machine) != NULL;
}

void fault_clear(struct machine *machine)
{
	cx_fault_cqe(machine->cx, CX_FAULT_SEND, false);
	cx_fault_cqe(machine->cx, CX_FAULT_RECEIVE, false);
	cx_fault_slow_completions(machine->cx, 0);
	fault_init(machine);
	machine->faults.flaps = 0;
	machine->faults.eject_at = 0;
}

void fault_wait(struct machine *machine)
{
	struct timespec until;

	/* Whoever waits may be the only one there is (the device moves by calls). */
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += 10000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	pthread_cond_timedwait(&machine->changed, &machine->lock, &until);
	fault_advance(machine, lab_clock_now(&machine->clock));
}

void fault_link(struct machine *machine, bool up)
{
	fabric_set_link(machine->port, up);
	guest_link(up);
	cx_set_link(machine->cx, up);
}
