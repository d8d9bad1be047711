// SPDX-License-Identifier: BSD-3-Clause
/* The peer that takes everything and answers nothing: what a transmit benchmark sends to. */
#include "peer.h"

#include <errno.h>
#include <stdlib.h>

static bool sink_send(struct fabric_peer *peer, const struct packet *packet)
{
	(void)peer;
	(void)packet;
	return true;
}

static void sink_destroy(struct fabric_peer *peer)
{
	free(peer);
}

static const struct peer_ops sink_ops = {
	.send = sink_send,
	.destroy = sink_destroy,
};

int fabric_peer_sink(struct fabric *fabric)
{
	struct fabric_peer *peer = calloc(1, sizeof(*peer));

	if (peer == NULL)
		return -ENOMEM;
	peer->ops = &sink_ops;
	peer->fd = -1;
	peer_add(fabric, peer);
	return 0;
}
