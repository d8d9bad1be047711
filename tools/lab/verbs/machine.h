/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The machine under the verbs: one process's simulated host. One fabric with one NIC, its peer, the
 * ConnectX function, the kernel's drivers for both (kernel.c, wire.c), and the host that takes the
 * function away and gives it back (fault.c). Guest memory is the process: addresses are themselves.
 *
 * The model is single-threaded: every entry point and every round takes the machine's one lock.
 */
#ifndef LAB_VERBS_MACHINE_H
#define LAB_VERBS_MACHINE_H

#include "backlog.h"

#include "../connectx/cx.h"
#include "../fabric/fabric.h"
#include "../pending.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* What the launcher (accelnet-native) tells the machine. */
#define MACHINE_ENV_MODE "ACCELNET_LAB_MODE"       /* thread (default), inline, replay[-inline] */
#define MACHINE_ENV_PEER "ACCELNET_LAB_PEER"       /* echo (default), sink, reflect */
#define MACHINE_ENV_CONTROL "ACCELNET_LAB_CONTROL" /* path of hostctl's socket; unset: none */
#define MACHINE_ENV_WIRE "ACCELNET_LAB_WIRE"       /* far end of eth0; unset: no such path */
#define MACHINE_ENV_VF "ACCELNET_LAB_VF"           /* the VF's interface; unset: none */
#define MACHINE_ENV_SYSFS "ACCELNET_SYSFS"         /* root of the made-up sysfs */

struct vb_device;
struct kernel;
struct control;

struct machine {
	pthread_mutex_t lock;
	pthread_cond_t changed;       /* the VF's state; with lock */
	unsigned int waiting;         /* callers that want the lock; the device lets them in */
	bool by_calls;                /* the device moves in an_lab_poll(), else by itself */
	bool replay;                  /* completions without work (replay.c) */
	pthread_t thread;             /* the device, ideally on a core of its own */
	bool stop;
	uint64_t rounds, idle;        /* of the device's thread; atomic, written by it alone */
	pid_t owner;                  /* the process whose it is */
	bool forgives;                /* RDMAV_ALLOW_DISASSOC_DESTROY, at the first verbs call */
	struct lab_clock clock;
	struct lab_mem mem;
	struct lab_pending pending;
	struct fabric *fabric;
	struct fabric_port *port;
	struct cx *cx;
	uint8_t mac[6];
	uint64_t ticked;              /* clock, ns */
	uint64_t pinned;              /* pages of the program's, see rights.h */
	bool event;                   /* an interrupt was raised: look at the event queue */
	struct kernel *kernel;        /* kernel.c: the VF's netdev and event queue, or NULL */
	uint64_t kernel_lost;         /* frames its driver received and eth0 would not take */
	bool on_vf;                   /* the path that last carried what the guest sends */
	int wire;                     /* packet socket on the far end of eth0, or -1 */
	uint64_t wire_looked;         /* clock: last look at its losses */
	uint64_t wire_taken;          /* frames read from it, and lost there */
	struct backlog backlog;       /* between both ends of eth0 */
	struct vb_device *devices;    /* newest first; kept until the machine ends */
	struct control *control;      /* control.c; NULL without hostctl */
	struct machine_faults {
		uint64_t surprise_delay; /* ns until the kernel learns of a surprise removal */
		uint64_t gone_at;        /* clock: when it does; 0: nothing to learn */
		uint64_t eject_delay;    /* ns that an ejected function still works for */
		bool announced;          /* the netdev has gone already */
		uint64_t add_at;         /* clock: when the new device is there; 0: none */
		uint64_t add_delay;      /* ns from the host's word to that */
		uint64_t eject_at;       /* clock: the next of the flaps; 0: none */
		unsigned int flaps;      /* left to do */
	} faults;
};

/* The process's machine, made at first use. NULL and errno. */
struct machine *machine_get(void);
/* Ends it: no thread, no socket, no object is left. For tests and the end of the process. */
void machine_put(void);

void machine_lock(struct machine *machine);
void machine_unlock(struct machine *machine);
/* One round of everything, locked by the caller. True: something moved. */
bool machine_round(struct machine *machine);

/* The exported way to move the device inside a program (ACCELNET_LAB_MODE=inline): rounds until
 * nothing moves, at most `rounds`. Returns how many moved something. */
unsigned int an_lab_poll(unsigned int rounds);
/* Also exported, for benches: rounds of the device's thread, and those that moved nothing. */
void an_lab_rounds(uint64_t *rounds, uint64_t *idle);

/* command.c: one firmware command, in and out as the PRM has them. uid is put into the input.
 * 0, or the -errno mlx5_core makes of the status (which stays in out). Locked. */
int machine_command(struct machine *machine, uint16_t uid, void *in, size_t in_len, void *out,
		    size_t out_len);
int machine_status_errno(unsigned int status);

/* kernel.c: binds (loads) and unbinds the kernel's driver of the function. Locked. 0 or -errno. */
int kernel_bind(struct machine *machine);
void kernel_unbind(struct machine *machine);
/* Takes what the function received for the kernel and what its event queue holds. */
bool kernel_poll(struct machine *machine);
/* All that was received for the kernel until now is in the guest's sockets. */
void kernel_settle(struct machine *machine);
uint32_t vb_kernel_eqn(const struct machine *machine);
uint32_t kernel_rqn(const struct machine *machine); /* of its netdev; 0: there is none */

/* wire.c: the synthetic path between the fabric and eth0. 0 or -errno. */
int wire_open(struct machine *machine, const char *interface);
void wire_close(struct machine *machine);
/* Takes what eth0 has sent. True: there was something. */
bool wire_poll(struct machine *machine);
/* The same, and what eth0 has sent that is still on its way to the host. */
bool wire_take_all(struct machine *machine);
/* Returns when what the host has sent is in the guest's sockets. */
void wire_settle(struct machine *machine);
/* A frame for the guest's kernel; counted nowhere. */
enum fabric_drop wire_deliver(struct machine *machine, const uint8_t *frame, size_t len);

#endif
