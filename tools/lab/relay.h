/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What crosses the virtio-serial port from the nested host to this machine: frames of a head and
 * data. The head is little endian: both ends are x86.
 */
#ifndef LAB_RELAY_H
#define LAB_RELAY_H

#include <stdint.h>

#define RELAY_PORT_NAME "accelnet-lab"
#define RELAY_DATA_MAX	65536u /* bytes in a frame */

enum relay_type {
	RELAY_STDOUT = 1,
	RELAY_STDERR = 2,
	RELAY_EXIT = 3, /* data: uint32_t exit status; the last frame */
};

struct relay_head {
	uint32_t type, len;
};

#endif
