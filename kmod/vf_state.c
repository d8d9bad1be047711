// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * The VF's state as a function of the facts, the table of moves, and the words for both. What is
 * done about them is in vf.c and vf_path.c.
 */
#include "vf_state.h"

#define AN_SAME	"not a move"
#define AN_JOIN	"the VF must be bound before it can be paired"
#define AN_ASK	"only a paired VF is switched to"
#define AN_HOST	"the host confirms through switching"
#define AN_LEAVE "the data path leaves the VF first"

/* Why a move is refused; NULL: it is legal. */
static const char *const refused[AN_VF_STATES][AN_VF_STATES] = {
	[AN_VF_ABSENT] = {
		[AN_VF_ABSENT] = AN_SAME, [AN_VF_PAIRED] = AN_JOIN,
		[AN_VF_SWITCHING] = AN_ASK, [AN_VF_ACTIVE] = AN_HOST,
	},
	[AN_VF_OFFERED] = {
		[AN_VF_OFFERED] = AN_SAME, [AN_VF_PAIRED] = AN_JOIN,
		[AN_VF_SWITCHING] = AN_ASK, [AN_VF_ACTIVE] = AN_HOST,
	},
	[AN_VF_PRESENT] = {
		[AN_VF_PRESENT] = AN_SAME, [AN_VF_PAIRED] = AN_JOIN,
		[AN_VF_SWITCHING] = AN_ASK, [AN_VF_ACTIVE] = AN_HOST,
	},
	/* bound -> switching: back to the synthetic side, the association was withdrawn first. */
	[AN_VF_BOUND] = {
		[AN_VF_BOUND] = AN_SAME, [AN_VF_ACTIVE] = AN_HOST,
	},
	[AN_VF_PAIRED] = {
		[AN_VF_PAIRED] = AN_SAME, [AN_VF_ACTIVE] = AN_HOST,
	},
	[AN_VF_SWITCHING] = {
		[AN_VF_SWITCHING] = AN_SAME,
	},
	[AN_VF_ACTIVE] = {
		[AN_VF_ABSENT] = AN_LEAVE, [AN_VF_OFFERED] = AN_LEAVE,
		[AN_VF_PRESENT] = AN_LEAVE, [AN_VF_BOUND] = AN_LEAVE,
		[AN_VF_ACTIVE] = AN_SAME,
	},
};

const char *an_vf_move_refused(enum an_vf_state from, enum an_vf_state to)
{
	return refused[from][to];
}

enum an_vf_state an_vf_state_step(enum an_vf_state from, enum an_vf_state to)
{
	if (from == to || !refused[from][to])
		return to;
	switch (from) {
	case AN_VF_ABSENT:
	case AN_VF_OFFERED:
	case AN_VF_PRESENT:
		return AN_VF_BOUND;
	case AN_VF_BOUND:
	case AN_VF_PAIRED:
		return AN_VF_SWITCHING;
	case AN_VF_SWITCHING:
	case AN_VF_ACTIVE:
	case AN_VF_STATES:
		break;
	}
	return AN_VF_PAIRED;
}

enum an_vf_state an_vf_state_of(const struct an_vf_facts *facts)
{
	if (facts->pending)
		return AN_VF_SWITCHING;
	if (!facts->function && !facts->netdev)
		return facts->associated ? AN_VF_OFFERED : AN_VF_ABSENT;
	if (!facts->driver && !facts->netdev)
		return AN_VF_PRESENT;
	if (!facts->joined || !facts->associated)
		return AN_VF_BOUND;
	return facts->path_vf ? AN_VF_ACTIVE : AN_VF_PAIRED;
}

enum an_vf_reason an_vf_reason_of(const struct an_vf_facts *facts)
{
	struct an_vf_facts settled = *facts;

	switch (an_vf_state_of(facts)) {
	case AN_VF_ABSENT:
		return AN_VF_OK;
	case AN_VF_OFFERED:
		return AN_VF_NO_FUNCTION;
	case AN_VF_PRESENT:
		return facts->associated ? AN_VF_NO_DRIVER : AN_VF_NO_ASSOCIATION;
	case AN_VF_BOUND:
		if (!facts->associated)
			return AN_VF_NO_ASSOCIATION;
		if (!facts->function)	/* an interface with the NIC's MAC, of another serial */
			return AN_VF_NO_FUNCTION;
		return facts->netdev ? AN_VF_NOT_JOINED : AN_VF_NO_NETDEV;
	case AN_VF_SWITCHING:
		/* Towards the VF the host is all that is missing; away from it there is a cause. */
		if (an_vf_is_ready(facts))
			return AN_VF_WAITING;
		settled.pending = false;
		return an_vf_reason_of(&settled);
	case AN_VF_PAIRED:
	case AN_VF_ACTIVE:
	case AN_VF_STATES:
		break;
	}
	if (facts->nic_down)
		return AN_VF_NIC_DOWN;
	if (facts->fresh)
		return facts->unfit ? AN_VF_UNFIT : AN_VF_SETTING_UP;
	if (!facts->running)
		return AN_VF_DOWN;
	return facts->carrier ? AN_VF_OK : AN_VF_NO_CARRIER;
}

bool an_vf_is_ready(const struct an_vf_facts *facts)
{
	return facts->associated && facts->joined && facts->running && facts->carrier &&
	       !facts->nic_down && !facts->fresh;
}

const char *an_vf_state_name(enum an_vf_state state)
{
	static const char *const name[AN_VF_STATES] = {
		[AN_VF_ABSENT] = "absent",
		[AN_VF_OFFERED] = "offered",
		[AN_VF_PRESENT] = "present",
		[AN_VF_BOUND] = "bound",
		[AN_VF_PAIRED] = "paired",
		[AN_VF_SWITCHING] = "switching",
		[AN_VF_ACTIVE] = "active",
	};

	return state < AN_VF_STATES ? name[state] : "?";
}

const char *an_vf_reason_text(enum an_vf_reason reason)
{
	static const char *const text[AN_VF_REASONS] = {
		[AN_VF_OK] = "ok",
		[AN_VF_NO_ASSOCIATION] = "the host has not associated a VF",
		[AN_VF_NO_FUNCTION] = "no function on PCI has the announced serial",
		[AN_VF_NO_DRIVER] = "no driver is bound to the function",
		[AN_VF_NO_NETDEV] = "the function has no interface with this NIC's MAC",
		[AN_VF_NOT_JOINED] = "the interface is not joined to this NIC",
		[AN_VF_DOWN] = "the VF's interface is down",
		[AN_VF_NO_CARRIER] = "the VF has no carrier",
		[AN_VF_USER] = "synthetic by configuration",
		[AN_VF_HELD] = "held off: the data path moved too often",
		[AN_VF_HOST_MOVED] = "the host moved the data path",
		[AN_VF_HOST_SILENT] = "the host did not answer the data path switch",
		[AN_VF_SEND_FAILED] = "the data path switch could not be sent",
		[AN_VF_NIC_GONE] = "the NIC's channel is gone",
		[AN_VF_WAITING] = "waiting for the host",
		[AN_VF_NIC_DOWN] = "the NIC is down",
		[AN_VF_SETTING_UP] = "the VF is about to be set up",
		[AN_VF_UNFIT] = "the VF does not take the NIC's settings",
	};

	return reason < AN_VF_REASONS ? text[reason] : "?";
}

const char *an_vf_reason_code(enum an_vf_reason reason)
{
	static const char *const code[AN_VF_REASONS] = {
		[AN_VF_OK] = "ok",
		[AN_VF_NO_ASSOCIATION] = "no-association",
		[AN_VF_NO_FUNCTION] = "no-function",
		[AN_VF_NO_DRIVER] = "no-driver",
		[AN_VF_NO_NETDEV] = "no-netdev",
		[AN_VF_NOT_JOINED] = "not-joined",
		[AN_VF_DOWN] = "vf-down",
		[AN_VF_NO_CARRIER] = "no-carrier",
		[AN_VF_USER] = "user",
		[AN_VF_HELD] = "held",
		[AN_VF_HOST_MOVED] = "host-moved",
		[AN_VF_HOST_SILENT] = "host-silent",
		[AN_VF_SEND_FAILED] = "send-failed",
		[AN_VF_NIC_GONE] = "nic-gone",
		[AN_VF_WAITING] = "waiting",
		[AN_VF_NIC_DOWN] = "nic-down",
		[AN_VF_SETTING_UP] = "setting-up",
		[AN_VF_UNFIT] = "unfit",
	};

	return reason < AN_VF_REASONS && code[reason] ? code[reason] : "?";
}
