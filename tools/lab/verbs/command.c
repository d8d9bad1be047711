// SPDX-License-Identifier: BSD-3-Clause
/*
 * Firmware commands as the kernel's driver gives them, without its command queue: straight to the
 * model. Source: kernel mlx5/core/cmd.c (cmd_status_to_err).
 */
#include "machine.h"

#include "../connectx/ifc.h"

#include <errno.h>

int machine_status_errno(unsigned int status)
{
	switch (status) {
	case 0x00: return 0;
	case 0x01: return -EIO;     /* internal error */
	case 0x05: return -EINVAL;  /* bad resource */
	case 0x06: return -EBUSY;
	case 0x08: return -ENOMEM;  /* over a limit */
	case 0x0f: return -EAGAIN;  /* no resources */
	case 0x04:                  /* bad system state */
	case 0x50:                  /* bad lengths */
	case 0x51: return -EIO;
	default: return -EINVAL;
	}
}

int machine_command(struct machine *machine, uint16_t uid, void *in, size_t in_len, void *out,
		    size_t out_len)
{
	int err;

	cx_set(in, CX_IN_UID, uid);
	err = cx_execute(machine->cx, in, in_len, out, out_len);
	if (err < 0)
		return err;
	return machine_status_errno(cx_get(out, CX_OUT_STATUS));
}
