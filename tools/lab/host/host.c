// SPDX-License-Identifier: BSD-3-Clause
/* The simulated host: VMM, VMBus and NICs put together, and what the guest's port asks of it. */
#define _GNU_SOURCE
#include "host.h"

#include "../guest/port.h"
#include "../log.h"
#include "../run/output.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define HV_STATUS_INVALID_PARAMETER 5u
#define MESSAGE_INITIATE_CONTACT    14u

/*
 * Boot quietly: every console character costs an exit. Warnings and worse still come out there.
 * norandmaps: QEMU translates code anew for each address it is seen at, so that a program loaded
 * where it was the last time starts in less than half the time (architecture.md, "QEMU's costs").
 */
static const char cmdline[] = "console=ttyS0 loglevel=5 panic=-1 oops=panic mitigations=off "
			      "random.trust_cpu=on rdinit=/init net.ifnames=0 pci=noearly nokaslr "
			      "norandmaps hung_task_panic=0 softlockup_panic=0";

/* ------------------------------------------------------------------------ VMBus and VMM ---- */

static void bus_post(void *ctx, unsigned int vp, const void *msg, size_t len)
{
	struct host *host = ctx;

	vmm_synic_post(host->vmm, vp, msg, len);
	host_wake(host); /* if the slot was busy somebody must look again */
}

static void bus_event(void *ctx, unsigned int vp, uint32_t relid)
{
	vmm_synic_event(((struct host *)ctx)->vmm, vp, relid);
}

static const struct vmbus_host_ops bus_ops = { .post = bus_post, .event = bus_event };

static uint16_t guest_post_message(void *ctx, uint32_t connection, uint32_t type,
				   const void *payload, size_t len)
{
	struct host *host = ctx;
	uint32_t message = 0;
	uint16_t status;

	/* A guest that (re)connects may have set up its hypercall page anew. */
	if (len >= sizeof(message))
		memcpy(&message, payload, sizeof(message));
	if (message == MESSAGE_INITIATE_CONTACT)
		vmm_hypercall_patch(host->vmm);
	status = vmbus_post_message(host->vmbus, connection, type, payload, len);
	host_reschedule(host); /* a VF may have waited for a release */
	return status;
}

static uint16_t guest_signal_event(void *ctx, uint32_t connection)
{
	struct host *host = ctx;
	uint16_t status = vmbus_signal_event(host->vmbus, connection);

	host_reschedule(host); /* a ring that was emptied here is polled there for a while */
	return status;
}

static uint16_t guest_retarget(void *ctx, uint64_t device_id, uint64_t address, uint32_t data,
			       uint32_t vector, uint64_t vp_mask)
{
	struct host *host = ctx;
	unsigned int vp;

	if (vp_mask == 0 || vp_mask >> host->options->vcpus != 0)
		return HV_STATUS_INVALID_PARAMETER;
	vp = (unsigned int)__builtin_ctzll(vp_mask);
	for (unsigned int i = 0; i < host->options->nics; i++)
		if (vpci_retarget(host->nic[i].vpci, device_id, address, data, vector, vp) == 0)
			return 0;
	return HV_STATUS_INVALID_PARAMETER;
}

/* ----------------------------------------------------------------------------- lab port ---- */

static bool guest_ended(void *ctx)
{
	return vmm_ended(((struct host *)ctx)->vmm) != VMM_RUNNING;
}

static int32_t port_output(struct host *host, uint32_t fd, const uint8_t *data, size_t len)
{
	int ret;

	if (fd != STDOUT_FILENO && fd != STDERR_FILENO)
		return -EINVAL;
	ret = lab_output((int)fd, data, len, guest_ended, host);
	if (ret < 0 && ret != -EINTR) {
		lab_log(LAB_LOG_ERROR, "port", "the command's output: %s", strerror(-ret));
		vmm_end(host->vmm, VMM_FAILED);
	}
	return ret;
}

static void parameters_write(const struct host *host, FILE *out)
{
	static const char *const driver[] = { [LAB_DRIVER_STOCK] = "stock",
					      [LAB_DRIVER_ACCELNET] = "accelnet",
					      [LAB_DRIVER_NONE] = "none" };
	const struct lab_options *o = host->options;

	fprintf(out, "DRIVER=%s%c", driver[o->driver], '\0');
	fprintf(out, "NICS=%u%c", o->nics, '\0');
	fprintf(out, "NET=%d%c", !o->no_net, '\0');
	fprintf(out, "VM=%u%c", o->vm, '\0');
	/* Is there one to wait for? */
	fprintf(out, "VF=%s%c",
		o->vf == LAB_VF_ON && !o->dummy && o->nvsp >= NETVSP_VERSION_VF ? "on" : "off",
		'\0');
	for (unsigned int i = 0; o->command[i] != NULL; i++)
		fprintf(out, "ARG%u=%s%c", i, o->command[i], '\0');
}

static int32_t port_reply(struct host *host, uint32_t op, uint32_t arg, const uint8_t *data,
			  size_t len, uint8_t *reply, size_t *reply_len)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int32_t status = 0;

	if (out == NULL) {
		*reply_len = 0;
		return -ENOMEM;
	}
	if (op == LAB_PORT_PARAMETERS)
		parameters_write(host, out);
	else
		status = hostctl_run(host, arg, (const char *)data, len, out);
	fclose(out);
	if (size > *reply_len) {
		size = *reply_len;
		lab_log(LAB_LOG_WARN, "port", "a reply was cut to %zu bytes", size);
	}
	memcpy(reply, text, size);
	*reply_len = size;
	free(text);
	return status;
}

static void port_progress(struct host *host, const uint8_t *data, size_t len)
{
	static const char command_starts[] = "run "; /* labinit.c */

	snprintf(host->stage, sizeof(host->stage), "%.*s", (int)(len < 79 ? len : 79), data);
	for (char *c = host->stage; *c != '\0'; c++)
		if (iscntrl((unsigned char)*c))
			*c = '?'; /* it goes to the user's terminal */
	if (host->options->verbose > 0)
		fprintf(stderr, "accelnet-lab: guest: %s\n", host->stage);
	if (host->options->vf == LAB_VF_LATE &&
	    strncmp(host->stage, command_starts, sizeof(command_starts) - 1) == 0)
		for (unsigned int i = 0; i < host->options->nics; i++)
			nic_vf_add(&host->nic[i]);
}

static int32_t guest_port(void *ctx, uint32_t op, uint32_t arg, const uint8_t *data, size_t len,
			  uint8_t *reply, size_t *reply_len)
{
	struct host *host = ctx;
	size_t room = *reply_len;

	*reply_len = 0;
	switch ((enum lab_port_op)op) {
	case LAB_PORT_OUTPUT:
		return port_output(host, arg, data, len);
	case LAB_PORT_EXIT:
		host->exit_status = (int)(arg & 0xff);
		vmm_end(host->vmm, VMM_EXITED);
		return 0;
	case LAB_PORT_HOSTCTL:
	case LAB_PORT_PARAMETERS:
		*reply_len = room;
		return port_reply(host, op, arg, data, len, reply, reply_len);
	case LAB_PORT_PROGRESS:
		port_progress(host, data, len);
		return 0;
	}
	return -EINVAL;
}

static const struct vmm_guest_ops guest_ops = {
	.post_message = guest_post_message,
	.signal_event = guest_signal_event,
	.retarget = guest_retarget,
	.port = guest_port,
};

/* ------------------------------------------------------------------------------ its life ---- */

/*
 * In the nested host no guest runs on CPU 0. When any CPU of QEMU's loads FPU state (FXRSTOR,
 * XRSTOR, FNINIT), QEMU clears a bit in the flags of the first one (cpu_clear_ignne, a plain
 * read-modify-write from another thread), and undoes what that one changes there at that moment:
 * VMRUN, #VMEXIT, STGI and CLGI do. A CPU that runs no guest executes none of them.
 */
#define NESTED_FIRST_CPU 1u

int host_create(struct host *host, const struct lab_options *options, FILE *console)
{
	struct vmm_config vmm = {
		.vcpus = options->vcpus,
		.memory = options->memory,
		.kernel = options->image,
		.initrd = options->initrd,
		.cmdline = cmdline,
		.console = console,
		.first_cpu = options->direct ? NESTED_FIRST_CPU : 0,
		.ops = &guest_ops,
		.ctx = host,
	};
	struct vmbus_config bus = {
		.clock = &host->clock,
		.pending = &host->pending,
		.host = &bus_ops,
		.host_ctx = host,
		.max_version = options->vmbus,
		.vps = options->vcpus,
	};
	int ret;

	memset(host, 0, sizeof(*host));
	host->options = options;
	host->pending.clock = &host->clock;
	snprintf(host->stage, sizeof(host->stage), "kernel start");
	host->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (host->wake < 0) {
		ret = -errno;
		lab_log(LAB_LOG_ERROR, "host", "eventfd: %s", strerror(-ret));
		return ret;
	}
	ret = vmm_create(&host->vmm, &vmm);
	if (ret < 0)
		goto err_close_wake;
	bus.mem = vmm_memory(host->vmm);
	host->vmbus = vmbus_create(&bus);
	if (host->vmbus == NULL) {
		ret = -ENOMEM;
		lab_log(LAB_LOG_ERROR, "host", "no VMBus: %s", strerror(-ret));
		goto err_destroy_vmm;
	}
	for (unsigned int i = 0; i < options->nics; i++) {
		ret = nic_create(host, i);
		if (ret < 0)
			goto err_destroy_nics;
	}
	return 0;

err_destroy_nics:
	for (unsigned int i = 0; i < options->nics; i++)
		nic_destroy(&host->nic[i]);
	vmbus_destroy(host->vmbus);
err_destroy_vmm:
	vmm_destroy(host->vmm);
err_close_wake:
	close(host->wake);
	return ret;
}

int host_start(struct host *host)
{
	int ret = host_loop_start(host);

	return ret < 0 ? ret : vmm_start(host->vmm);
}

void host_destroy(struct host *host)
{
	vmm_join(host->vmm);
	host_loop_stop(host);
	for (unsigned int i = 0; i < host->options->nics; i++)
		nic_destroy(&host->nic[i]);
	vmbus_destroy(host->vmbus);
	vmm_destroy(host->vmm);
	close(host->wake);
}
