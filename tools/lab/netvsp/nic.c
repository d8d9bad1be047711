// SPDX-License-Identifier: BSD-3-Clause
/* What the files of this folder ask of the NIC, whichever of them stands above. See nic.h. */
#include "nic.h"

bool netvsp_has_negotiated(const struct netvsp *nic)
{
	const struct nic_session *s = &nic->session;

	return s->version != 0 && (s->version < NVSP_VERSION_2 || s->configured) &&
	       s->recv.set && s->send.set;
}

bool netvsp_can_use_vf(const struct netvsp *nic)
{
	const struct nic_session *s = &nic->session;

	return s->version >= NVSP_VERSION_4 && (s->capabilities & NVSP_CAPABILITY_SRIOV);
}

void nic_say_negotiated(struct netvsp *nic)
{
	const struct netvsp_events *events = nic->config.events;

	if (events != NULL && events->negotiated != NULL)
		events->negotiated(nic->config.events_ctx);
}

void nic_keep_polling(struct nic_channel *c)
{
	c->linger_until = lab_clock_now(c->nic->config.clock) + NIC_LINGER_NS;
}

void nic_set_datapath(struct netvsp *nic, enum fabric_path path, bool by_host)
{
	const struct netvsp_events *events = nic->config.events;

	fabric_set_datapath(nic->config.port, path);
	if (events != NULL && events->datapath != NULL)
		events->datapath(nic->config.events_ctx, path, by_host);
}
