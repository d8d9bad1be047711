/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What crosses the virtio-serial port from the nested host to this machine: frames of a head and
 * data. The head is little endian: both ends are x86.
 */
#ifndef LAB_RELAY_H
#define LAB_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RELAY_PORT_NAME "accelnet-lab"
#define RELAY_DATA_MAX	65536u /* bytes in a frame */

enum relay_type {
	RELAY_STDOUT = 1,
	RELAY_STDERR = 2,
	RELAY_EXIT = 3,  /* data: uint32_t exit status; the last frame */
	RELAY_READY = 4, /* no data: the nested host is up; the first frame */
};

struct relay_head {
	uint32_t type, len;
};
_Static_assert(sizeof(struct relay_head) == 8, "relay frame head");

struct relay {
	/* Takes a frame's data; what it returns, if not 0, ends relay_feed(). */
	int (*output)(void *ctx, int fd, const void *data, size_t len);
	void *ctx;
	bool ready;
	int status; /* of the run, -1: not known yet */
	size_t have;
	uint8_t buf[RELAY_DATA_MAX + sizeof(struct relay_head)];
};

void relay_init(struct relay *relay, int (*output)(void *, int, const void *, size_t), void *ctx);
/* Bytes as they come, cut anywhere. 0, -EPROTO (too long, unknown or misplaced), or output's. */
int relay_feed(struct relay *relay, const void *data, size_t len);

#endif
