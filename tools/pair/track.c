// SPDX-License-Identifier: BSD-3-Clause
/*
 * From the kernel's messages about interfaces to what has changed for a NIC and its VF. A message
 * holds all there is to say of an interface, so what has changed is found by comparing it with the
 * one before. Interfaces are followed by index, whatever their names; one that is joined to the NIC
 * is its VF, one that has its MAC address may become it.
 */
#include "track.h"

#include <net/if_arp.h>
#include <stddef.h>
#include <string.h>

void an_track_init(struct an_track *track, uint32_t ifindex)
{
	*track = (struct an_track){ .net.link.ifindex = ifindex };
}

/* -------------------------------------------------------------------------------- telling -- */

static bool is_joined(const struct an_track *track, const struct an_rtlink *link)
{
	return link->master != 0 && link->master == track->net.link.ifindex;
}

static bool is_loss(enum an_pair_what what)
{
	switch (what) {
	case AN_PAIR_LEFT:
	case AN_PAIR_DOWN:
	case AN_PAIR_NO_CARRIER:
	case AN_PAIR_MOVED:
	case AN_PAIR_DELETED:
	case AN_PAIR_LEAVING:
		return true;
	case AN_PAIR_APPEARED:
	case AN_PAIR_JOINED:
	case AN_PAIR_UP:
	case AN_PAIR_CARRIER:
	case AN_PAIR_RENAMED:
	case AN_PAIR_MTU:
	case AN_PAIR_MAC:
	case AN_PAIR_SETTLED:
	case AN_PAIR_RESYNC:
		break;
	}
	return false;
}

static void send_event(struct an_track *track, const struct an_pair_event *event)
{
	if (track->notify == NULL)
		return;
	track->told++;
	track->notify(event, track->ctx);
}

/* in_use: it is, or was until now, the NIC's VF. */
static void tell(struct an_track *track, const struct an_rtlink *link, bool in_use,
		 enum an_pair_what what)
{
	bool vf = link->ifindex != track->net.link.ifindex;
	struct an_pair_event event = {
		.what = what,
		.vf = vf,
		.vf_is_lost = vf && in_use && is_loss(what),
		.link = {
			.ifindex = link->ifindex,
			.mtu = link->mtu,
			.has_mac = link->has_mac,
			.up = link->up,
			.carrier = link->carrier,
		},
	};

	memcpy(event.link.name, link->name, sizeof(event.link.name));
	memcpy(event.link.mac, link->mac, sizeof(event.link.mac));
	send_event(track, &event);
}

static void tell_of_nic(struct an_track *track, enum an_pair_what what)
{
	struct an_pair_event event = {
		.what = what,
		.vf = what != AN_PAIR_RESYNC,
		.vf_is_lost = is_loss(what),
	};

	send_event(track, &event);
}

/* ------------------------------------------------------------------------------ comparing -- */

static void compare(struct an_track *track, struct an_tracked *tracked,
		    const struct an_rtlink *now)
{
	const struct an_rtlink was = tracked->link;
	bool all = !tracked->known, joined = is_joined(track, now);
	bool was_joined = tracked->known && is_joined(track, &was);
	bool in_use = tracked->chosen || joined || was_joined;
	bool mac_differs = memcmp(was.mac, now->mac, sizeof(now->mac)) != 0;

	tracked->link = *now;
	tracked->known = true;
	if (was_joined && !joined)
		tell(track, now, in_use, AN_PAIR_LEFT);
	if (all || was.up != now->up)
		tell(track, now, in_use, now->up ? AN_PAIR_UP : AN_PAIR_DOWN);
	if (all || was.carrier != now->carrier)
		tell(track, now, in_use, now->carrier ? AN_PAIR_CARRIER : AN_PAIR_NO_CARRIER);
	if (!all && strcmp(was.name, now->name) != 0)
		tell(track, now, in_use, AN_PAIR_RENAMED);
	if (!all && was.mtu != now->mtu)
		tell(track, now, in_use, AN_PAIR_MTU);
	if (!all && (was.has_mac != now->has_mac || mac_differs))
		tell(track, now, in_use, AN_PAIR_MAC);
	if (!was_joined && joined)
		tell(track, now, in_use, AN_PAIR_JOINED);
}

/* ------------------------------------------------------------------------ who is followed -- */

static struct an_tracked *find(struct an_track *track, uint32_t ifindex)
{
	if (track->net.link.ifindex == ifindex)
		return &track->net;
	for (size_t i = 0; i < AN_TRACK_VFS; i++)
		if (track->vf[i].link.ifindex == ifindex)
			return &track->vf[i];
	return NULL;
}

/* A free place, else that of one of which nothing is known any more, else of a stranger. */
static struct an_tracked *find_place(struct an_track *track)
{
	struct an_tracked *place = NULL, *vf;

	for (vf = track->vf; vf < track->vf + AN_TRACK_VFS; vf++) {
		if (vf->link.ifindex == 0)
			return vf;
		if (vf->chosen || (vf->known && is_joined(track, &vf->link)))
			continue;
		if (place == NULL || (place->known && !vf->known))
			place = vf;
	}
	return place;
}

/* The permanent address is the device's own; the other one is copied, by a bond for example. */
static bool has_mac_of(const struct an_rtlink *link, const struct an_rtlink *net)
{
	if (link->has_permanent && net->has_permanent)
		return memcmp(link->permanent, net->permanent, sizeof(net->permanent)) == 0;
	return link->has_mac && net->has_mac && memcmp(link->mac, net->mac, sizeof(net->mac)) == 0;
}

/* What stands on the NIC has its MAC address, and is no VF. */
static bool may_be_vf(const struct an_track *track, const struct an_rtlink *link)
{
	const struct an_rtlink *net = &track->net.link;

	if (is_joined(track, link))
		return true;
	return link->type == ARPHRD_ETHER && track->net.known && has_mac_of(link, net) &&
	       link->ifindex != net->master &&
	       (link->lower != net->ifindex || link->lower_is_foreign);
}

static void remove_link(struct an_track *track, struct an_tracked *tracked,
			const struct an_rtlink *gone)
{
	bool in_use = tracked->chosen || (tracked->known && is_joined(track, &tracked->link));

	if (tracked == &track->net)
		tracked->known = false;		/* one that moves may come back, with its index */
	else
		*tracked = (struct an_tracked){ 0 };
	tell(track, gone, in_use, gone->moved ? AN_PAIR_MOVED : AN_PAIR_DELETED);
}

static void add_link(struct an_track *track, const struct an_rtlink *link)
{
	struct an_tracked *place = find_place(track);

	if (place != NULL)
		*place = (struct an_tracked){ .link = *link, .known = true };
	tell(track, link, false, is_joined(track, link) ? AN_PAIR_JOINED : AN_PAIR_APPEARED);
}

void an_track_link(struct an_track *track, const struct an_rtlink *link)
{
	struct an_tracked *tracked = find(track, link->ifindex);

	if (tracked != NULL && link->deleted)
		remove_link(track, tracked, link);
	else if (tracked != NULL)
		compare(track, tracked, link);
	else if (!link->deleted && may_be_vf(track, link))
		add_link(track, link);
}

void an_track_set_vf(struct an_track *track, uint32_t vf_ifindex)
{
	struct an_tracked *place;
	bool found = false;

	for (size_t i = 0; i < AN_TRACK_VFS; i++) {
		track->vf[i].chosen = vf_ifindex != 0 && track->vf[i].link.ifindex == vf_ifindex;
		found |= track->vf[i].chosen;
	}
	if (found || vf_ifindex == 0 || vf_ifindex == track->net.link.ifindex)
		return;
	place = find_place(track);
	if (place == NULL)
		place = &track->vf[0];
	*place = (struct an_tracked){ .link.ifindex = vf_ifindex, .chosen = true };
}

void an_track_resync(struct an_track *track)
{
	track->net.known = false;
	for (size_t i = 0; i < AN_TRACK_VFS; i++)
		track->vf[i].known = false;
	tell_of_nic(track, AN_PAIR_RESYNC);
}

void an_track_health(struct an_track *track, bool healthy)
{
	tell_of_nic(track, healthy ? AN_PAIR_SETTLED : AN_PAIR_LEAVING);
}
