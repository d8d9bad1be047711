// SPDX-License-Identifier: BSD-3-Clause
/*
 * The machine's life: put together at the first verbs call from what the launcher says in the
 * environment, moved by a thread of its own or by whoever calls an_lab_poll(), taken apart when the
 * process ends.
 */
#include "control.h"
#include "core.h"
#include "fault.h"
#include "guest.h"
#include "machine.h"
#include "objects.h"
#include "replay.h"

#include "../log.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PROCESS_BASE LAB_PAGE_SIZE /* the first page is never anybody's */
#define PROCESS_SIZE ((1ull << 47) - 2 * LAB_PAGE_SIZE)
#define PEER_BUDGET 64u
#define DRAIN_ROUNDS 64u
#define TICK (100 * LAB_MS)
#define QUIET_ROUNDS 2000u /* before the device thread begins to sleep between rounds */
#define QUIET_SLEEP 20000  /* ns */
#define YIELD_ROUNDS 32u

static pthread_mutex_t creation = PTHREAD_MUTEX_INITIALIZER;
static struct machine *the_machine;

void machine_lock(struct machine *machine)
{
	/* The device thread takes the lock round after round: say that somebody else wants it. */
	__atomic_fetch_add(&machine->waiting, 1, __ATOMIC_RELAXED);
	pthread_mutex_lock(&machine->lock);
	__atomic_fetch_sub(&machine->waiting, 1, __ATOMIC_RELAXED);
}

void machine_unlock(struct machine *machine)
{
	pthread_mutex_unlock(&machine->lock);
}

static uint64_t sent_on_vf(const struct machine *machine)
{
	return fabric_counters(machine->port, FABRIC_VF, FABRIC_TX)->packets;
}

/*
 * What the guest has sent, in the order in which it sent it, as far as that can be told: a program
 * that changes from one path to the other sends nothing more on the first. Hardware is quick, so
 * what waits on the path that was last in use, all of it, was sent before what is on the other.
 */
static bool sent_take(struct machine *machine)
{
	uint64_t before = sent_on_vf(machine);
	bool moved = false, synthetic, vf;

	for (unsigned int i = 0; machine->on_vf && i < DRAIN_ROUNDS && cx_poll(machine->cx); i++)
		moved = true;
	synthetic = wire_poll(machine);
	/* In this order: the program may change to the VF between any two of them. */
	if (!machine->on_vf && cx_sends_wait(machine->cx)) {
		synthetic |= wire_take_all(machine);
		cx_poll_sends(machine->cx);
	}
	moved |= cx_poll_rest(machine->cx);
	vf = sent_on_vf(machine) != before;
	if (vf && synthetic)
		machine->on_vf = !machine->on_vf; /* the second of them is the later one */
	else if (vf || synthetic)
		machine->on_vf = vf;
	return moved || synthetic;
}

bool machine_round(struct machine *machine)
{
	uint64_t now = lab_clock_now(&machine->clock);
	bool moved;

	if (now - machine->ticked >= TICK) {
		machine->ticked = now;
		cx_tick(machine->cx);
	}
	fault_advance(machine, now);
	if (machine->replay)
		return replay_round(machine) | kernel_poll(machine);
	moved = sent_take(machine);
	moved |= fabric_poll(machine->fabric, PEER_BUDGET) > 0;
	moved |= kernel_poll(machine);
	return moved;
}

unsigned int an_lab_poll(unsigned int rounds)
{
	struct machine *machine = the_machine;
	unsigned int moved = 0;

	if (machine == NULL)
		return 0;
	machine_lock(machine);
	while (moved < rounds && machine_round(machine))
		moved++;
	machine_unlock(machine);
	return moved;
}

static void count(uint64_t *counter, unsigned int n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

void an_lab_rounds(uint64_t *rounds, uint64_t *idle)
{
	*rounds = *idle = 0;
	if (the_machine == NULL)
		return;
	*rounds = __atomic_load_n(&the_machine->rounds, __ATOMIC_RELAXED);
	*idle = __atomic_load_n(&the_machine->idle, __ATOMIC_RELAXED);
}

static void *device_main(void *arg)
{
	const struct timespec pause = { .tv_nsec = QUIET_SLEEP };
	struct machine *machine = arg;
	unsigned int quiet = 0;

	core_take_free();
	while (!__atomic_load_n(&machine->stop, __ATOMIC_RELAXED)) {
		bool moved;

		while (__atomic_load_n(&machine->waiting, __ATOMIC_RELAXED) > 0)
			sched_yield();
		pthread_mutex_lock(&machine->lock);
		moved = machine_round(machine);
		pthread_mutex_unlock(&machine->lock);
		count(&machine->rounds, 1);
		count(&machine->idle, !moved);
		quiet = moved ? 0 : quiet + 1;
		if (quiet > QUIET_ROUNDS)
			nanosleep(&pause, NULL);
		else if (quiet % YIELD_ROUNDS == YIELD_ROUNDS - 1)
			sched_yield(); /* to the program, where there is one core for both */
	}
	return NULL;
}

static void on_interrupt(void *ctx, unsigned int vector)
{
	(void)vector;
	((struct machine *)ctx)->event = true;
}

static int peer_create(struct machine *machine)
{
	struct fabric_peer_config config = { .net = 0 };
	const char *peer = getenv(MACHINE_ENV_PEER);

	if (peer == NULL || strcmp(peer, "echo") == 0)
		return fabric_peer_echo(machine->fabric, &config);
	if (strcmp(peer, "sink") == 0)
		return fabric_peer_sink(machine->fabric);
	if (strcmp(peer, "reflect") == 0)
		return fabric_peer_reflect(machine->fabric);
	return -EINVAL;
}

static int mode_set(struct machine *machine)
{
	static const struct { const char *name; bool by_calls, replay; } modes[] = {
		{ "thread", false, false }, { "inline", true, false },
		{ "replay", false, true }, { "replay-inline", true, true },
	};
	const char *name = getenv(MACHINE_ENV_MODE);

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(name != NULL ? name : "thread", modes[i].name) != 0)
			continue;
		machine->by_calls = modes[i].by_calls;
		machine->replay = modes[i].replay;
		return 0;
	}
	return -EINVAL;
}

static bool environment_says(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && strcmp(value, "0") != 0;
}

static int host_create(struct machine *machine)
{
	struct fabric_config fabric = { .clock = &machine->clock,
					.pcap_dir = getenv("ACCELNET_LAB_PCAP") };
	struct cx_config cx = { .mem = &machine->mem, .clock = &machine->clock,
				.pending = &machine->pending, .raise = on_interrupt,
				.raise_ctx = machine, .vhca_id = 1,
				.doorbells = CX_DOORBELLS_POLLED };
	int err;

	machine->fabric = fabric_create(&fabric);
	if (machine->fabric == NULL)
		return -ENOMEM;
	machine->port = fabric_nic_add(machine->fabric, 0, machine->mac);
	if (machine->port == NULL)
		return -ENOMEM;
	err = peer_create(machine);
	if (err < 0)
		return err;
	cx.port = machine->port;
	memcpy(cx.mac, machine->mac, sizeof(cx.mac));
	machine->cx = cx_create(&cx);
	return machine->cx != NULL ? 0 : -ENOMEM;
}

static int guest_create(struct machine *machine)
{
	const char *wire = getenv(MACHINE_ENV_WIRE);
	int err = kernel_bind(machine);

	if (err == 0 && device_add(machine) == NULL)
		err = -ENOMEM;
	if (err == 0 && wire != NULL)
		err = wire_open(machine, wire);
	return err;
}

static void machine_destroy(struct machine *machine)
{
	if (machine->thread != 0) {
		__atomic_store_n(&machine->stop, true, __ATOMIC_RELAXED);
		pthread_join(machine->thread, NULL);
	}
	control_stop(machine);
	wire_close(machine);
	if (machine->cx != NULL)
		kernel_unbind(machine);
	cx_destroy(machine->cx);
	fabric_destroy(machine->fabric);
	while (machine->devices != NULL) {
		struct vb_device *device = machine->devices;

		machine->devices = device->next;
		free(device);
	}
	pthread_cond_destroy(&machine->changed);
	pthread_mutex_destroy(&machine->lock);
	free(machine);
}

static struct machine *machine_create(void)
{
	struct machine *machine = calloc(1, sizeof(*machine));
	int err;

	if (machine == NULL)
		return NULL;
	pthread_mutex_init(&machine->lock, NULL);
	pthread_cond_init(&machine->changed, NULL);
	machine->owner = getpid();
	machine->wire = -1;
	machine->backlog.probe = -1;
	machine->pending.clock = &machine->clock;
	machine->forgives = environment_says("RDMAV_ALLOW_DISASSOC_DESTROY") ||
			    environment_says("MLX4_DEVICE_FATAL_CLEANUP");
	guest_mac(machine->mac);
	fault_init(machine);
	err = mode_set(machine);
	if (err == 0)
		err = lab_mem_add(&machine->mem, PROCESS_BASE, PROCESS_SIZE,
				  (void *)PROCESS_BASE);
	if (err == 0)
		err = host_create(machine);
	if (err == 0)
		err = guest_create(machine);
	if (err == 0)
		err = control_start(machine);
	if (err == 0 && !machine->by_calls)
		err = -pthread_create(&machine->thread, NULL, device_main, machine);
	if (err == 0)
		return machine;
	lab_log(LAB_LOG_ERROR, "verbs", "no machine: %s", strerror(-err));
	machine_destroy(machine);
	errno = -err;
	return NULL;
}

struct machine *machine_get(void)
{
	pthread_mutex_lock(&creation);
	if (the_machine == NULL)
		the_machine = machine_create();
	pthread_mutex_unlock(&creation);
	return the_machine;
}

__attribute__((destructor)) void machine_put(void)
{
	pthread_mutex_lock(&creation);
	/* A child that was forked off has the memory of it, but not its threads. */
	if (the_machine != NULL && the_machine->owner == getpid())
		machine_destroy(the_machine);
	the_machine = NULL;
	pthread_mutex_unlock(&creation);
}
