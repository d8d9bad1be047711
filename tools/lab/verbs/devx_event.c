// SPDX-License-Identifier: BSD-3-Clause
/*
 * Event channels of DevX. Drivers make one when they start; what they would subscribe to are
 * completions of DevX objects (receive interrupts), which is not offered: subscribing is refused.
 */
#define _GNU_SOURCE
#include "devx.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct vb_event_channel { struct mlx5dv_devx_event_channel dv; int write; };

struct mlx5dv_devx_event_channel *
mlx5dv_devx_create_event_channel(struct ibv_context *context,
				 enum mlx5dv_devx_create_event_channel_flags flags)
{
	struct vb_event_channel *channel = calloc(1, sizeof(*channel));
	int ends[2];

	(void)context;
	(void)flags;
	if (channel == NULL)
		return NULL;
	if (pipe2(ends, O_CLOEXEC | O_DIRECT) < 0) {
		free(channel);
		return NULL;
	}
	channel->dv.fd = ends[0];
	channel->write = ends[1];
	return &channel->dv;
}

void mlx5dv_devx_destroy_event_channel(struct mlx5dv_devx_event_channel *dv)
{
	struct vb_event_channel *channel = (struct vb_event_channel *)dv;

	close(dv->fd);
	close(channel->write);
	free(channel);
}

int mlx5dv_devx_subscribe_devx_event(struct mlx5dv_devx_event_channel *channel,
				     struct mlx5dv_devx_obj *object, uint16_t size,
				     uint16_t events[], uint64_t cookie)
{
	(void)channel;
	(void)object;
	(void)size;
	(void)events;
	(void)cookie;
	return EOPNOTSUPP;
}

int mlx5dv_devx_subscribe_devx_event_fd(struct mlx5dv_devx_event_channel *channel, int fd,
					struct mlx5dv_devx_obj *object, uint16_t event)
{
	(void)channel;
	(void)fd;
	(void)object;
	(void)event;
	return EOPNOTSUPP;
}

ssize_t mlx5dv_devx_get_event(struct mlx5dv_devx_event_channel *channel,
			      struct mlx5dv_devx_async_event_hdr *event, size_t len)
{
	return read(channel->fd, event, len);
}
