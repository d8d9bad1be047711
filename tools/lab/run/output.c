// SPDX-License-Identifier: BSD-3-Clause
/*
 * Output that never blocks in write(): its reader may be a pager nobody scrolls, and Ctrl-C or the
 * time limit must end the run all the same. A pipe that polls writable takes PIPE_BUF bytes at
 * once (pipe(7)); O_NONBLOCK would be set for everyone who shares the descriptor, so it is not.
 */
#include "output.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <unistd.h>

#define ASK_MS 100

int lab_output(int fd, const void *data, size_t len, bool (*give_up)(void *ctx), void *ctx)
{
	const uint8_t *at = data;

	while (len > 0) {
		struct pollfd p = { .fd = fd, .events = POLLOUT };
		int ready = poll(&p, 1, ASK_MS);
		ssize_t done;

		if (ready < 0 && errno != EINTR)
			return -errno;
		if (ready <= 0) {
			if (give_up(ctx))
				return -EINTR;
			continue;
		}
		/* Closed or broken: write() says how. */
		done = write(fd, at, len < PIPE_BUF ? len : PIPE_BUF);
		if (done < 0 && errno != EINTR && errno != EAGAIN)
			return -errno;
		if (done > 0) {
			at += done;
			len -= (size_t)done;
		}
	}
	return 0;
}
