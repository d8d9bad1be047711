// SPDX-License-Identifier: BSD-3-Clause
/*
 * GPADLs (guest physical address descriptor lists): made from one GPADL_HEADER and as many
 * GPADL_BODY messages as the PFNs take, used by devices for buffers and by channels for rings,
 * until the guest tears them down. A page number is checked when it is used: guest memory is the
 * guest's business until then. Source: docs/protocol.md 3.3, create_gpadl_header().
 */
#include "gpadl.h"

#include "channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void gpadl_created(struct vmbus *bus, uint32_t relid, uint32_t handle, uint32_t status)
{
	struct vmbus_msg_gpadl_created answer = {
		.header.type = VMBUS_MSG_GPADL_CREATED,
		.relid = relid,
		.gpadl = handle,
		.status = status,
	};

	bus_post(bus, &answer, sizeof(answer));
}

/* The link that points to the GPADL, or to the NULL at the list's end. */
static struct vmbus_gpadl **find_link(struct vmbus_gpadl **link, uint32_t handle)
{
	while (*link != NULL && (*link)->handle != handle)
		link = &(*link)->next;
	return link;
}

/* Why the range cannot be a GPADL, or NULL. first: PFNs in the header message. */
static const char *range_flaw(const struct vmbus_msg_gpadl_header *msg, size_t len,
			      uint32_t *pages, uint32_t *first)
{
	size_t pfn_bytes = len - offsetof(struct vmbus_msg_gpadl_header, pfn);

	if (msg->range_count != 1)
		return "more or less than one range";
	if (msg->byte_count == 0 || msg->byte_offset >= LAB_PAGE_SIZE)
		return "impossible size or offset";
	*pages = ((uint64_t)msg->byte_offset + msg->byte_count + LAB_PAGE_SIZE - 1) /
		 LAB_PAGE_SIZE;
	if (*pages > GPADL_PAGES_MAX)
		return "too large";
	if (msg->range_buflen != 8 + 8 * *pages)
		return "range_buflen does not match the size";
	*first = pfn_bytes / 8;
	if (pfn_bytes % 8 != 0 || *first > *pages)
		return "message length does not match the size";
	return NULL;
}

/* GPADLs of the channel, finished or not. */
static unsigned int count_of(const struct vmbus *bus, const struct vmbus_channel *ch)
{
	unsigned int count = 0;

	for (const struct vmbus_gpadl *g = ch->gpadls; g != NULL; g = g->next)
		count++;
	for (const struct vmbus_gpadl *g = bus->assembling; g != NULL; g = g->next)
		count += g->channel == ch;
	return count;
}

/* Moves a GPADL whose last PFN came to its channel. link: what points to it. */
static void finish(struct vmbus *bus, struct vmbus_gpadl **link)
{
	struct vmbus_gpadl *g = *link;

	*link = g->next;
	g->next = g->channel->gpadls;
	g->channel->gpadls = g;
	gpadl_created(bus, g->channel->relid, g->handle, VMBUS_STATUS_SUCCESS);
}

void gpadl_header(struct vmbus *bus, const void *payload, size_t len)
{
	const struct vmbus_msg_gpadl_header *msg = payload;
	struct vmbus_channel *ch = channel_by_relid(bus, msg->relid);
	uint32_t pages = 0, first = 0;
	struct vmbus_gpadl *g = NULL;
	const char *flaw;

	if (ch == NULL)
		flaw = "unknown channel";
	else if (msg->gpadl == 0 || *find_link(&ch->gpadls, msg->gpadl) != NULL ||
		 *find_link(&bus->assembling, msg->gpadl) != NULL)
		flaw = "handle is zero or taken";
	else if (count_of(bus, ch) >= GPADL_PER_CHANNEL)
		flaw = "too many on this channel";
	else
		flaw = range_flaw(msg, len, &pages, &first);
	if (flaw == NULL) {
		g = malloc(sizeof(*g) + pages * sizeof(g->pfn[0]));
		if (g == NULL)
			flaw = "out of memory";
	}
	if (flaw != NULL) {
		bus_guest_error(bus, "GPADL %#x on relid %u: %s", msg->gpadl, msg->relid, flaw);
		gpadl_created(bus, msg->relid, msg->gpadl, VMBUS_STATUS_UNSUCCESSFUL);
		return;
	}

	*g = (struct vmbus_gpadl){
		.next = bus->assembling,
		.channel = ch,
		.handle = msg->gpadl,
		.size = msg->byte_count,
		.offset = msg->byte_offset,
		.pages = pages,
		.known = first,
	};
	memcpy(g->pfn, msg->pfn, first * sizeof(g->pfn[0]));
	bus->assembling = g;
	if (g->known == g->pages)
		finish(bus, &bus->assembling);
}

void gpadl_body(struct vmbus *bus, const void *payload, size_t len)
{
	const struct vmbus_msg_gpadl_body *msg = payload;
	size_t bytes = len - offsetof(struct vmbus_msg_gpadl_body, pfn);
	struct vmbus_gpadl **link = find_link(&bus->assembling, msg->gpadl);
	struct vmbus_gpadl *g = *link;

	if (g == NULL) {
		/* Also what is left of a GPADL whose header was refused. */
		bus_guest_error(bus, "GPADL_BODY for %#x, which needs none", msg->gpadl);
		return;
	}
	if (bytes == 0 || bytes % 8 != 0 || bytes / 8 > g->pages - g->known) {
		bus_guest_error(bus, "GPADL %#x on relid %u: body of %zu bytes, %u pages to come",
				g->handle, g->channel->relid, bytes, g->pages - g->known);
		*link = g->next;
		gpadl_created(bus, g->channel->relid, g->handle, VMBUS_STATUS_UNSUCCESSFUL);
		free(g);
		return;
	}
	memcpy(g->pfn + g->known, msg->pfn, bytes);
	g->known += bytes / 8;
	if (g->known == g->pages)
		finish(bus, link);
}

void gpadl_teardown(struct vmbus *bus, const void *payload, size_t len)
{
	const struct vmbus_msg_gpadl_teardown *msg = payload;
	struct vmbus_msg_gpadl_torndown answer = {
		.header.type = VMBUS_MSG_GPADL_TORNDOWN,
		.gpadl = msg->gpadl,
	};
	struct vmbus_channel *ch = channel_by_relid(bus, msg->relid);
	struct vmbus_gpadl **link, *g;

	(void)len;
	link = ch != NULL ? find_link(&ch->gpadls, msg->gpadl) : NULL;
	if (link == NULL || *link == NULL) {
		bus_guest_error(bus, "GPADL_TEARDOWN of %#x, not on relid %u", msg->gpadl,
				msg->relid);
		return;
	}
	g = *link;
	channel_gpadl_torn_down(ch, g);
	*link = g->next;
	free(g);
	bus_post(bus, &answer, sizeof(answer));
}

void gpadl_drop_all(struct vmbus_channel *ch)
{
	struct vmbus_gpadl **link = &ch->bus->assembling;
	struct vmbus_gpadl *g;

	while ((g = ch->gpadls) != NULL) {
		ch->gpadls = g->next;
		free(g);
	}
	while ((g = *link) != NULL) {
		if (g->channel != ch) {
			link = &g->next;
			continue;
		}
		*link = g->next;
		free(g);
	}
}

struct vmbus_gpadl *gpadl_of_channel(struct vmbus_channel *ch, uint32_t handle)
{
	return *find_link(&ch->gpadls, handle);
}

struct vmbus_gpadl *vmbus_gpadl_find(struct vmbus_channel *ch, uint32_t handle)
{
	struct vmbus_gpadl *g = gpadl_of_channel(ch, handle);

	return g != NULL || ch->primary == NULL ? g : gpadl_of_channel(ch->primary, handle);
}

uint32_t vmbus_gpadl_size(const struct vmbus_gpadl *gpadl)
{
	return gpadl->size;
}

/* Host view of what stands at `at` (from the start of the first page), up to its page's end. */
static uint8_t *window(const struct vmbus_gpadl *g, uint32_t at, size_t len, size_t *n)
{
	uint64_t pfn = g->pfn[at / LAB_PAGE_SIZE];
	uint32_t in_page = at % LAB_PAGE_SIZE;

	*n = len < LAB_PAGE_SIZE - in_page ? len : LAB_PAGE_SIZE - in_page;
	if (pfn > UINT64_MAX / LAB_PAGE_SIZE)
		return NULL;
	return lab_mem_window(g->channel->bus->config.mem, pfn * LAB_PAGE_SIZE + in_page, *n);
}

/* Is all of [offset, offset + len) inside the GPADL and in guest memory? */
static bool reachable(const struct vmbus_gpadl *g, uint32_t offset, size_t len)
{
	size_t n;

	if (offset > g->size || len > g->size - offset)
		return false;
	for (uint32_t at = g->offset + offset; len > 0; at += n, len -= n)
		if (window(g, at, len, &n) == NULL)
			return false;
	return true;
}

int vmbus_gpadl_read(const struct vmbus_gpadl *gpadl, uint32_t offset, void *dst, size_t len)
{
	uint8_t *to = dst;
	size_t n = 0;

	if (!reachable(gpadl, offset, len))
		return -EFAULT;
	for (uint32_t at = gpadl->offset + offset; len > 0; at += n, to += n, len -= n) {
		const uint8_t *from = window(gpadl, at, len, &n);

		memcpy(to, from, n);
	}
	return 0;
}

int vmbus_gpadl_write(const struct vmbus_gpadl *gpadl, uint32_t offset, const void *src,
		      size_t len)
{
	const uint8_t *from = src;
	size_t n = 0;

	if (!reachable(gpadl, offset, len))
		return -EFAULT;
	for (uint32_t at = gpadl->offset + offset; len > 0; at += n, from += n, len -= n) {
		uint8_t *to = window(gpadl, at, len, &n);

		memcpy(to, from, n);
	}
	return 0;
}
