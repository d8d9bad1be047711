// SPDX-License-Identifier: BSD-3-Clause
/*
 * RDMA devices and contexts: the list, opening and closing, and the rule of every later call: a
 * device that is gone answers EIO, one that is silent answers only when the kernel has given up.
 * Source: rdma-core 44 libibverbs (init.c, device.c), kernel core/uverbs_main.c.
 */
#define _GNU_SOURCE
#include "fault.h"
#include "objects.h"

#include "../log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { OP_QUERY_HCA_CAP = 0x100, OP_ALLOC_UAR = 0x802, OP_DEALLOC_UAR = 0x803,
       OP_ALLOC_TD = 0x816, OP_DEALLOC_TD = 0x817, OP_CREATE_UCTX = 0xa04,
       OP_DESTROY_UCTX = 0xa06 };
#define CAPS_OUT (16 + 4096)

struct vb_device *device_add(struct machine *machine)
{
	struct vb_device *device = calloc(1, sizeof(*device));
	const char *root = getenv(MACHINE_ENV_SYSFS);

	if (device == NULL)
		return NULL;
	if (root == NULL)
		root = "/sys";
	device->machine = machine;
	device->ibv.node_type = IBV_NODE_CA;
	device->ibv.transport_type = IBV_TRANSPORT_IB;
	snprintf(device->ibv.name, sizeof(device->ibv.name), "mlx5_0");
	snprintf(device->ibv.dev_name, sizeof(device->ibv.dev_name), "uverbs0");
	snprintf(device->ibv.dev_path, sizeof(device->ibv.dev_path),
		 "%.200s/class/infiniband_verbs/uverbs0", root);
	snprintf(device->ibv.ibdev_path, sizeof(device->ibv.ibdev_path),
		 "%.200s/class/infiniband/mlx5_0", root);
	device->next = machine->devices;
	machine->devices = device;
	return device;
}

struct ibv_device **ibv_get_device_list(int *num)
{
	struct machine *machine;
	struct ibv_device **list;
	int n = 0;

	if (num != NULL)
		*num = 0;
	machine = machine_get();
	if (machine == NULL)
		return NULL;
	list = calloc(2, sizeof(*list));
	if (list == NULL)
		return NULL;
	machine_lock(machine);
	fault_advance(machine, lab_clock_now(&machine->clock));
	if (machine->devices != NULL && machine->devices->state != VB_GONE)
		list[n++] = &machine->devices->ibv;
	machine_unlock(machine);
	if (num != NULL)
		*num = n;
	return list;
}

void ibv_free_device_list(struct ibv_device **list)
{
	free(list);
}

const char *ibv_get_device_name(struct ibv_device *device)
{
	return device->name;
}

int ibv_get_device_index(struct ibv_device *device)
{
	(void)device;
	return 0;
}

__be64 ibv_get_device_guid(struct ibv_device *device)
{
	const uint8_t *mac = ((struct vb_device *)device)->machine->mac;
	uint8_t guid[8] = { mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5] };
	__be64 value;

	memcpy(&value, guid, sizeof(value));
	return value;
}

int vb_context_enter(struct vb_context *context)
{
	machine_lock(context->device->machine);
	return context->device->state == VB_GONE ? EIO : 0;
}

void vb_context_leave(struct vb_context *context)
{
	machine_unlock(context->device->machine);
}

void *vb_context_refuse(struct vb_context *context, int error)
{
	vb_context_leave(context);
	errno = error;
	return NULL;
}

int vb_context_wait(struct vb_context *context)
{
	/* mlx5_core waits for an answer that does not come, the program in its system call. */
	while (context->device->state == VB_SILENT)
		fault_wait(context->device->machine);
	return context->device->state == VB_GONE ? -EIO : 0;
}

bool vb_context_forgives(const struct vb_context *context)
{
	return context->device->state == VB_GONE && context->device->machine->forgives;
}

int vb_context_command(struct vb_context *context, void *in, size_t in_len, void *out,
		    size_t out_len)
{
	int err = vb_context_wait(context);

	return err < 0 ? err : machine_command(context->device->machine, context->uid, in, in_len,
					       out, out_len);
}

int vb_context_destroy_command(struct vb_context *context, uint16_t opcode, uint32_t number)
{
	uint8_t in[16] = { 0 }, out[16];
	int err;

	cx_set(in, CX_IN_OPCODE, opcode);
	cx_set32(in, 0x8, number);
	err = vb_context_command(context, in, sizeof(in), out, sizeof(out));
	return err == -EIO && vb_context_forgives(context) ? 0 : -err;
}

int vb_context_allocate(struct vb_context *context, uint16_t opcode, uint32_t *number)
{
	uint8_t in[16] = { 0 }, out[16];
	int err;

	cx_set(in, CX_IN_OPCODE, opcode);
	err = vb_context_command(context, in, sizeof(in), out, sizeof(out));
	if (err == 0)
		*number = cx_get(out, CX_OBJECT_NUMBER);
	return err;
}

uint8_t *vb_context_uar(const struct vb_context *context, uint32_t uar)
{
	return (uint8_t *)cx_uar_pages(context->device->machine->cx) +
	       (size_t)(uar - CX_UAR_FIRST) * LAB_PAGE_SIZE;
}

int vb_context_caps(struct vb_context *context, unsigned int group, uint8_t caps[256])
{
	uint8_t in[16] = { 0 }, *out = calloc(1, CAPS_OUT);
	int err;

	if (out == NULL)
		return -ENOMEM;
	cx_set(in, CX_IN_OPCODE, OP_QUERY_HCA_CAP);
	cx_set(in, CX_IN_OP_MOD, group << 1 | 1);
	err = vb_context_command(context, in, sizeof(in), out, CAPS_OUT);
	memcpy(caps, out + 16, 256);
	free(out);
	return err;
}

/* ------------------------------------------------------------------------- open and close ---- */

static int context_pipe(struct vb_context *context)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	context->verbs.context.async_fd = ends[0];
	context->async_write = ends[1];
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	return 0;
}

static int context_uctx(struct vb_context *context)
{
	uint8_t in[64] = { 0 }, out[16];
	int err;

	cx_set(in, CX_IN_OPCODE, OP_CREATE_UCTX);
	err = vb_context_command(context, in, sizeof(in), out, sizeof(out));
	if (err == 0)
		context->uid = (uint16_t)cx_get(out, CX_FIELD(0x8, 15, 0));
	return err;
}

static void context_free(struct vb_context *context)
{
	async_close(context);
	if (context->verbs.context.async_fd >= 0)
		close(context->verbs.context.async_fd);
	if (context->verbs.context.cmd_fd >= 0)
		close(context->verbs.context.cmd_fd);
	pthread_mutex_destroy(&context->verbs.context.mutex);
	free(context);
}

static int context_start(struct vb_context *context, bool devx)
{
	int err = context_pipe(context);

	if (err == 0 && devx)
		err = context_uctx(context);
	if (err == 0)
		err = vb_context_allocate(context, OP_ALLOC_TD, &context->td);
	if (err == 0)
		err = vb_context_allocate(context, OP_ALLOC_UAR, &context->uar);
	return err;
}

struct ibv_context *vb_context_open(struct ibv_device *ibv, bool devx)
{
	struct vb_device *device = (struct vb_device *)ibv;
	struct vb_context *context = calloc(1, sizeof(*context));
	struct ibv_context *public;
	int err;

	if (context == NULL)
		return NULL;
	public = &context->verbs.context;
	context->device = device;
	context->async_write = -1;
	pthread_mutex_init(&public->mutex, NULL);
	public->device = ibv;
	public->async_fd = -1;
	public->num_comp_vectors = 1;
	public->cmd_fd = open("/dev/null", O_RDWR | O_CLOEXEC); /* programs only pass it on */
	verbs_ops_set(&context->verbs);
	err = vb_context_enter(context);
	if (err == 0)
		err = -context_start(context, devx);
	if (err == 0) {
		context->next = device->contexts;
		device->contexts = context;
	}
	vb_context_leave(context);
	if (err == 0)
		return public;
	context_free(context);
	errno = err;
	return NULL;
}

struct ibv_context *ibv_open_device(struct ibv_device *device)
{
	return vb_context_open(device, false);
}

int ibv_close_device(struct ibv_context *ibv)
{
	struct vb_context *context = vb_context(ibv), **at;

	vb_context_enter(context);
	if (context->qps != NULL || context->rwqs != NULL || context->cqs != NULL)
		lab_log(LAB_LOG_INFO, "verbs", "a device is closed with objects left");
	if (context->device->state == VB_ALIVE) {
		vb_context_destroy_command(context, OP_DEALLOC_UAR, context->uar);
		vb_context_destroy_command(context, OP_DEALLOC_TD, context->td);
		if (context->uid != 0) {
			uint32_t uid = context->uid;

			context->uid = 0;
			vb_context_destroy_command(context, OP_DESTROY_UCTX, uid);
		}
	}
	for (at = &context->device->contexts; *at != NULL; at = &(*at)->next) {
		if (*at == context) {
			*at = context->next;
			break;
		}
	}
	vb_context_leave(context);
	context_free(context);
	return 0;
}
