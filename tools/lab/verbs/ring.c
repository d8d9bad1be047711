// SPDX-License-Identifier: BSD-3-Clause
/*
 * Memory a program shares with the device: a ring that is one aligned piece, so that one page
 * address describes it to the firmware, and a doorbell record on a cache line of its own. And what
 * posting through verbs needs to remember of each entry.
 */
#include "objects.h"

#include <errno.h>
#include <stdlib.h>

#define RECORD_LINE 64u /* bytes; the record is the first 8 */

uint32_t log2_up(uint32_t value)
{
	uint32_t log = 0;

	while (log < 31 && 1u << log < value)
		log++;
	return log;
}

int ring_create(struct vb_ring *ring, size_t size, uint8_t fill)
{
	size_t whole = LAB_PAGE_SIZE;

	while (whole < size)
		whole *= 2;
	ring->size = whole;
	ring->buffer = aligned_alloc(whole, whole);
	if (ring->buffer == NULL)
		return -ENOMEM;
	ring->record = aligned_alloc(RECORD_LINE, RECORD_LINE);
	if (ring->record == NULL)
		goto err_free_buffer;
	memset(ring->buffer, fill, whole);
	memset(ring->record, 0, RECORD_LINE);
	return 0;

err_free_buffer:
	free(ring->buffer);
	ring->buffer = NULL;
	return -ENOMEM;
}

void ring_destroy(struct vb_ring *ring)
{
	free(ring->record);
	free(ring->buffer);
	*ring = (struct vb_ring){ 0 };
}

int post_create(struct vb_post *post, uint32_t max, unsigned int max_sge)
{
	*post = (struct vb_post){ .max = max, .max_sge = max_sge };
	post->id = calloc(max, sizeof(*post->id));
	post->next = calloc(max, sizeof(*post->next));
	if (post->id != NULL && post->next != NULL)
		return 0;
	post_destroy(post);
	return -ENOMEM;
}

void post_destroy(struct vb_post *post)
{
	free(post->id);
	free(post->next);
	*post = (struct vb_post){ 0 };
}
