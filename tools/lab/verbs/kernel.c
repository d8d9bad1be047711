// SPDX-License-Identifier: BSD-3-Clause
/*
 * The kernel's side of the function, as far as a program can tell: mlx5_core brings it up, its
 * event queue is read here, and its netdev takes what it asked for by MAC address and no program
 * steered away. That netdev is joined to eth0, so what it takes is eth0's (hv_netvsc's rx_handler).
 */
#include "guest.h"
#include "links.h"
#include "objects.h"
#include "steer.h"
#include "tree.h"

#include "../connectx/cqe.h"
#include "../log.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { OP_INIT_HCA = 0x102, OP_TEARDOWN_HCA = 0x103, OP_ENABLE_HCA = 0x104,
       OP_SET_ISSI = 0x10b, OP_CREATE_MKEY = 0x200, OP_CREATE_EQ = 0x301, OP_CREATE_CQ = 0x400,
       OP_ACCESS_REG = 0x805, OP_ALLOC_PD = 0x800, OP_ALLOC_UAR = 0x802, OP_ALLOC_TD = 0x816,
       OP_CREATE_TIR = 0x900, OP_CREATE_RQ = 0x908, OP_MODIFY_RQ = 0x909 };

#define LOG_EQ 9
#define EQE 64u
#define EQE_TYPE 1
#define EQE_DATA 0x20
#define EQE_CQN (0x18 + EQE_DATA) /* completion: bits 23:0 */
#define EQE_ERROR_CQN EQE_DATA
#define EQE_SUBTYPE 3
#define EQE_OWNER 0x3f
enum event { EVENT_COMPLETION = 0x00, EVENT_CQ_ERROR = 0x04, EVENT_PORT = 0x09 };
#define PORT_UP 4

#define LOG_RX 10
#define RX_BUFFER 9280u
#define LOG_STRIDE 4
#define REGISTER_PMTU 0x5003
#define MTU_OVERHEAD 22 /* header, tag, FCS: the register counts them */
#define MTU_DEFAULT 1500
#define TICK (20 * LAB_MS)
#define RULES 3

struct kernel {
	struct machine *machine;
	uint32_t uar, eqn, pd, td, mkey, cqn, rqn, tir;
	struct vb_ring eq, cq, rq;
	uint32_t eq_consumer, cq_consumer;
	uint8_t *buffers;
	struct steer_rule *rules[RULES];
	struct steer_rule *rest; /* all that is not for us, while eth0 wants it */
	int socket;       /* for ioctl(2) */
	unsigned int mtu;
	uint64_t looked;  /* clock: last look at the interface */
};

static int command(struct kernel *kernel, uint16_t opcode, uint8_t *in, size_t in_len,
		   uint32_t *number)
{
	uint8_t out[64] = { 0 };
	int err;

	cx_set(in, CX_IN_OPCODE, opcode);
	err = machine_command(kernel->machine, 0, in, in_len, out, sizeof(out));
	if (err < 0)
		lab_log(LAB_LOG_ERROR, "verbs", "the kernel's command 0x%x failed: %d", opcode,
			err);
	else if (number != NULL)
		*number = cx_get(out, CX_OBJECT_NUMBER);
	return err;
}

static int simple(struct kernel *kernel, uint16_t opcode, uint32_t *number)
{
	uint8_t in[16] = { 0 };

	return command(kernel, opcode, in, sizeof(in), number);
}

static int start_up(struct kernel *kernel)
{
	uint8_t in[16] = { 0 };
	int err = simple(kernel, OP_ENABLE_HCA, NULL);

	cx_set(in, CX_FIELD(0x8, 15, 0), 1);
	if (err == 0)
		err = command(kernel, OP_SET_ISSI, in, sizeof(in), NULL);
	if (err == 0)
		err = simple(kernel, OP_INIT_HCA, NULL);
	if (err == 0)
		err = simple(kernel, OP_ALLOC_UAR, &kernel->uar);
	if (err == 0)
		err = simple(kernel, OP_ALLOC_PD, &kernel->pd);
	if (err == 0)
		err = simple(kernel, OP_ALLOC_TD, &kernel->td);
	return err;
}

static int create_eq(struct kernel *kernel)
{
	uint8_t in[0x118] = { 0 };

	cx_set(in, CX_FIELD(0x1c, 28, 24), LOG_EQ);
	cx_set(in, CX_FIELD(0x1c, 23, 0), kernel->uar);
	cx_set(in, CX_FIELD(0x28, 28, 24), log2_up((uint32_t)kernel->eq.size) - 12);
	cx_set64(in, 0x58, 1ull << EVENT_CQ_ERROR | 1ull << EVENT_PORT);
	cx_set64(in, 0x110, (uintptr_t)kernel->eq.buffer);
	return command(kernel, OP_CREATE_EQ, in, sizeof(in), &kernel->eqn);
}

/* A key over all of memory, as mlx5e's: physical addresses. */
static int create_mkey(struct kernel *kernel)
{
	uint8_t in[0x110] = { 0 };

	cx_set(in, CX_BIT(0x10, 11), 1); /* local write */
	cx_set(in, CX_BIT(0x1c, 31), 1); /* length64 */
	cx_set(in, CX_FIELD(0x1c, 23, 0), kernel->pd);
	return command(kernel, OP_CREATE_MKEY, in, sizeof(in), &kernel->mkey);
}

static int create_cq(struct kernel *kernel)
{
	uint8_t in[0x118] = { 0 };

	cx_set(in, CX_FIELD(0x1c, 28, 24), LOG_RX);
	cx_set(in, CX_FIELD(0x1c, 23, 0), kernel->uar);
	cx_set(in, CX_DWORD(0x24), kernel->eqn);
	cx_set(in, CX_FIELD(0x28, 28, 24), log2_up((uint32_t)kernel->cq.size) - 12);
	cx_set64(in, 0x48, (uintptr_t)kernel->cq.record);
	cx_set64(in, 0x110, (uintptr_t)kernel->cq.buffer);
	return command(kernel, OP_CREATE_CQ, in, sizeof(in), &kernel->cqn);
}

static int create_rq(struct kernel *kernel)
{
	uint8_t in[WQ_COMMAND_SIZE] = { 0 };
	int err;

	cx_set(in, CX_BIT(WQ_CONTEXT, 28), 1); /* tags stay where they are */
	cx_set(in, CX_FIELD(WQ_CONTEXT + 0x8, 23, 0), kernel->cqn);
	wq_describe(in, &kernel->rq, LOG_RX, LOG_STRIDE, kernel->pd, 0, 0);
	err = command(kernel, OP_CREATE_RQ, in, sizeof(in), &kernel->rqn);
	if (err < 0)
		return err;
	for (uint32_t i = 0; i < 1u << LOG_RX; i++) {
		uint8_t *segment = kernel->rq.buffer + (i << LOG_STRIDE);

		cx_set32(segment, 0, RX_BUFFER);
		cx_set32(segment, 4, kernel->mkey << 8);
		cx_set64(segment, 8, (uintptr_t)kernel->buffers + (uint64_t)i * RX_BUFFER);
	}
	memset(in, 0, sizeof(in));
	cx_set(in, CX_OBJECT_NUMBER, kernel->rqn);
	cx_set(in, CX_FIELD(WQ_CONTEXT, 23, 20), 1); /* RST to RDY */
	err = command(kernel, OP_MODIFY_RQ, in, sizeof(in), NULL);
	cx_set32((uint8_t *)kernel->rq.record, 0, 1u << LOG_RX);
	return err;
}

static int create_tir(struct kernel *kernel)
{
	uint8_t in[0x110] = { 0 };

	cx_set(in, CX_FIELD(0x3c, 23, 0), kernel->rqn); /* direct */
	cx_set(in, CX_FIELD(0x44, 23, 0), kernel->td);
	return command(kernel, OP_CREATE_TIR, in, sizeof(in), &kernel->tir);
}

static struct steer_rule *take(struct kernel *kernel, const uint8_t mask[6],
			       const uint8_t value[6])
{
	struct steer_actions actions = { .tirs = 1, .tir = { kernel->tir } };
	struct steer_match match = { .criteria = 1 };
	int err;

	memcpy(match.mask + 8, mask, 6);
	memcpy(match.value + 8, value, 6);
	return vb_steer_add(kernel->machine, STEER_KERNEL, &match, &actions, &err);
}

static int steer(struct kernel *kernel)
{
	static const uint8_t all[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, group[6] = { 1 };

	kernel->rules[0] = take(kernel, all, kernel->machine->mac);
	kernel->rules[1] = take(kernel, all, all);
	kernel->rules[2] = take(kernel, group, group);
	for (unsigned int i = 0; i < RULES; i++)
		if (kernel->rules[i] == NULL)
			return -ENOMEM;
	return 0;
}

static void mtu_set(struct kernel *kernel, unsigned int mtu)
{
	uint8_t in[0x20] = { 0 };

	kernel->mtu = mtu;
	cx_set(in, CX_FIELD(0x8, 15, 0), REGISTER_PMTU);
	cx_set(in, CX_FIELD(0x10, 23, 16), 1);
	cx_set(in, CX_FIELD(0x18, 31, 16), mtu + MTU_OVERHEAD);
	command(kernel, OP_ACCESS_REG, in, sizeof(in), NULL);
}

/*
 * hv_netvsc has the VF follow eth0's modes and addresses. Here it takes everything while eth0 is
 * promiscuous, which a veth is with any address besides its own; eth0 discards the rest.
 */
static void modes_follow(struct kernel *kernel)
{
	static const uint8_t none[6];
	bool wants = links_is_promiscuous(TREE_NIC);

	if (wants == (kernel->rest != NULL))
		return;
	if (wants) {
		kernel->rest = take(kernel, none, none);
		return;
	}
	steer_remove(kernel->machine, kernel->rest);
	kernel->rest = NULL;
}

/* What `ip link set mtu` did to the VF's interface, its driver does to the port. */
static void interface_follow(struct kernel *kernel)
{
	const char *name = getenv(MACHINE_ENV_VF);
	struct ifreq request = { 0 };

	if (name == NULL || kernel->socket < 0)
		return;
	modes_follow(kernel);
	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	if (ioctl(kernel->socket, SIOCGIFMTU, &request) == 0 &&
	    (unsigned int)request.ifr_mtu != kernel->mtu)
		mtu_set(kernel, (unsigned int)request.ifr_mtu);
}

static void kernel_free(struct kernel *kernel)
{
	if (kernel->socket >= 0)
		close(kernel->socket);
	ring_destroy(&kernel->eq);
	ring_destroy(&kernel->cq);
	ring_destroy(&kernel->rq);
	free(kernel->buffers);
	free(kernel);
}

static struct kernel *kernel_alloc(struct machine *machine)
{
	struct kernel *kernel = calloc(1, sizeof(*kernel));

	if (kernel == NULL)
		return NULL;
	kernel->machine = machine;
	kernel->socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	kernel->buffers = malloc((size_t)RX_BUFFER << LOG_RX);
	if (kernel->buffers != NULL && ring_create(&kernel->eq, (size_t)EQE << LOG_EQ, 0) == 0 &&
	    ring_create(&kernel->cq, (size_t)CX_CQE_SIZE << LOG_RX, 0xf1) == 0 &&
	    ring_create(&kernel->rq, (size_t)1 << (LOG_RX + LOG_STRIDE), 0) == 0) {
		for (uint32_t i = 0; i < 1u << LOG_EQ; i++) /* owned by the device */
			kernel->eq.buffer[i * EQE + EQE_OWNER] = 1;
		return kernel;
	}
	kernel_free(kernel);
	return NULL;
}

int kernel_bind(struct machine *machine)
{
	struct kernel *kernel = kernel_alloc(machine);
	int err;

	if (kernel == NULL)
		return -ENOMEM;
	err = start_up(kernel);
	if (err == 0)
		err = create_eq(kernel);
	if (err == 0)
		err = create_mkey(kernel);
	if (err == 0)
		err = create_cq(kernel);
	if (err == 0)
		err = create_rq(kernel);
	if (err == 0)
		err = create_tir(kernel);
	if (err == 0)
		err = steer(kernel);
	if (err < 0) {
		machine->kernel = kernel;
		kernel_unbind(machine);
		return err;
	}
	mtu_set(kernel, MTU_DEFAULT);
	machine->kernel = kernel;
	fabric_set_datapath(machine->port, FABRIC_VF);
	return 0;
}

static bool frames_take(struct kernel *kernel, bool last);

/* What was received is in memory, and its completion too: a program may still find it there. */
static void completions_write(struct cx *cx)
{
	struct cx_object *object = NULL;

	while ((object = cx_object_next(cx, CX_CQ, object)) != NULL)
		cx_session_end(cx, (struct cx_cq *)object);
}

void kernel_unbind(struct machine *machine)
{
	struct kernel *kernel = machine->kernel;

	fabric_set_datapath(machine->port, FABRIC_SYNTHETIC);
	completions_write(machine->cx);
	if (kernel != NULL)
		frames_take(kernel, true);
	cx_reset(machine->cx);
	if (kernel == NULL)
		return;
	steer_forget();
	for (unsigned int i = 0; i < RULES; i++)
		if (kernel->rules[i] != NULL)
			steer_remove(machine, kernel->rules[i]);
	if (kernel->rest != NULL)
		steer_remove(machine, kernel->rest);
	machine->kernel = NULL;
	kernel_free(kernel);
}

uint32_t vb_kernel_eqn(const struct machine *machine)
{
	return machine->kernel != NULL ? machine->kernel->eqn : 0;
}

uint32_t kernel_rqn(const struct machine *machine)
{
	return machine->kernel != NULL ? machine->kernel->rqn : 0;
}

static void event(struct kernel *kernel, const uint8_t *eqe)
{
	struct vb_device *device = kernel->machine->devices;

	if (device == NULL)
		return;
	switch (eqe[EQE_TYPE]) {
	case EVENT_COMPLETION:
		async_completion(device, cx_get32(eqe, EQE_CQN) & 0xffffff);
		break;
	case EVENT_CQ_ERROR:
		async_cq_error(device, cx_get32(eqe, EQE_ERROR_CQN) & 0xffffff);
		break;
	case EVENT_PORT:
		async_device_event(device, eqe[EQE_SUBTYPE] == PORT_UP ? IBV_EVENT_PORT_ACTIVE :
									 IBV_EVENT_PORT_ERR, 1);
		break;
	default:
		break;
	}
}

static bool events_take(struct kernel *kernel)
{
	bool moved = false;

	for (;;) {
		uint32_t slot = kernel->eq_consumer & ((1u << LOG_EQ) - 1);
		const uint8_t *eqe = kernel->eq.buffer + slot * EQE;

		if ((eqe[EQE_OWNER] & 1) != (kernel->eq_consumer >> LOG_EQ & 1))
			return moved;
		event(kernel, eqe);
		kernel->eq_consumer++;
		moved = true;
	}
}

/*
 * Frames in order: the consumers of CQ and RQ go together, and what was read is posted again. A
 * full socket is full for a moment, unless this is the last one; what eth0 does not take is
 * counted.
 */
static bool frames_take(struct kernel *kernel, bool last)
{
	enum fabric_drop taken;
	bool moved = false;

	for (;;) {
		uint32_t slot = kernel->cq_consumer & ((1u << LOG_RX) - 1);
		const uint8_t *cqe = kernel->cq.buffer + slot * CX_CQE_SIZE;

		if (cqe[CQE_OP_OWN] >> CQE_OPCODE_SHIFT != CQE_RESPONDER_SEND ||
		    (cqe[CQE_OP_OWN] & CQE_OWNER) != (kernel->cq_consumer >> LOG_RX & 1))
			return moved;
		taken = wire_deliver(kernel->machine, kernel->buffers + (size_t)slot * RX_BUFFER,
				     cx_get32(cqe, CQE_BYTE_COUNT));
		if (taken == FABRIC_DROP_NO_BUFFER && !last)
			return moved;
		if (taken != FABRIC_DELIVERED)
			kernel->machine->kernel_lost++;
		kernel->cq_consumer++;
		cx_set32((uint8_t *)kernel->cq.record, 0, kernel->cq_consumer & 0xffffff);
		cx_set32((uint8_t *)kernel->rq.record, 0,
			 (kernel->cq_consumer + (1u << LOG_RX)) & 0xffff);
		moved = true;
	}
}

void kernel_settle(struct machine *machine)
{
	if (machine->kernel == NULL)
		return;
	cx_poll(machine->cx); /* ends what is held back to be compressed */
	frames_take(machine->kernel, true);
	wire_settle(machine);
}

bool kernel_poll(struct machine *machine)
{
	struct kernel *kernel = machine->kernel;
	uint64_t now;
	bool moved;

	if (kernel == NULL)
		return false;
	moved = frames_take(kernel, false);
	if (machine->event) {
		machine->event = false;
		moved |= events_take(kernel);
	}
	now = lab_clock_now(&machine->clock);
	if (now - kernel->looked >= TICK) {
		kernel->looked = now;
		interface_follow(kernel);
	}
	return moved;
}
