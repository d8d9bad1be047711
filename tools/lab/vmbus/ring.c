// SPDX-License-Identifier: BSD-3-Clause
/*
 * The two rings of a channel. The other side runs at the same time on its own CPU, in the guest's
 * memory; this is the only file where the lab orders its accesses against it. All pairs are named
 * after the functions of drivers/hv/ring_buffer.c on the guest's side.
 */
#include "ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RING_ALIGN 8u /* every index and length is a multiple */

static bool index_is_possible(const struct ring *ring, uint32_t index)
{
	return index < ring->size && index % RING_ALIGN == 0;
}

/* Bytes between the indices; the ring is empty when they are equal, so it is never quite full. */
static uint32_t ring_used(const struct ring *ring, uint32_t write, uint32_t read)
{
	return write >= read ? write - read : ring->size - (read - write);
}

static uint32_t ring_advance(const struct ring *ring, uint32_t index, uint32_t len)
{
	index += len;
	return index >= ring->size ? index - ring->size : index;
}

static void copy_out(const struct ring *ring, uint32_t index, void *dst, size_t len)
{
	for (uint8_t *to = dst; len > 0;) {
		uint32_t at = index % LAB_PAGE_SIZE;
		size_t n = len < LAB_PAGE_SIZE - at ? len : LAB_PAGE_SIZE - at;

		memcpy(to, ring->page[index / LAB_PAGE_SIZE] + at, n);
		index = ring_advance(ring, index, n);
		to += n;
		len -= n;
	}
}

static uint32_t copy_in(struct ring *ring, uint32_t index, const void *src, size_t len)
{
	for (const uint8_t *from = src; len > 0;) {
		uint32_t at = index % LAB_PAGE_SIZE;
		size_t n = len < LAB_PAGE_SIZE - at ? len : LAB_PAGE_SIZE - at;

		memcpy(ring->page[index / LAB_PAGE_SIZE] + at, from, n);
		index = ring_advance(ring, index, n);
		from += n;
		len -= n;
	}
	return index;
}

static void *map_page(const struct lab_mem *mem, uint64_t pfn)
{
	if (pfn > UINT64_MAX / LAB_PAGE_SIZE)
		return NULL;
	return lab_mem_window(mem, pfn * LAB_PAGE_SIZE, LAB_PAGE_SIZE);
}

int ring_map(struct ring *ring, const struct lab_mem *mem, const uint64_t *pfn, uint32_t pages,
	     bool writer)
{
	uint32_t read, write;
	int ret;

	if (pages < 2)
		return -EINVAL;
	ring->size = (pages - 1) * LAB_PAGE_SIZE;
	ring->header = map_page(mem, pfn[0]);
	if (ring->header == NULL) {
		ret = -EFAULT;
		goto err_forget;
	}
	ring->page = calloc(pages - 1, sizeof(*ring->page));
	if (ring->page == NULL) {
		ret = -ENOMEM;
		goto err_forget;
	}
	for (uint32_t i = 1; i < pages; i++) {
		ring->page[i - 1] = map_page(mem, pfn[i]);
		if (ring->page[i - 1] == NULL) {
			ret = -EFAULT;
			goto err_forget;
		}
	}

	read = __atomic_load_n(&ring->header->read_index, __ATOMIC_RELAXED);
	write = __atomic_load_n(&ring->header->write_index, __ATOMIC_RELAXED);
	if (!index_is_possible(ring, read) || !index_is_possible(ring, write)) {
		ret = -EINVAL;
		goto err_forget;
	}
	ring->index = writer ? write : read;
	/* Tells the guest that the host waits with pending_send in this ring, and looks at the
	 * guest's in the other one (include/linux/hyperv.h, struct hv_ring_buffer). */
	if (writer)
		__atomic_fetch_or(&ring->header->features, RING_FEATURE_PENDING_SEND,
				  __ATOMIC_RELAXED);
	return 0;

err_forget:
	ring_unmap(ring);
	return ret;
}

void ring_unmap(struct ring *ring)
{
	free(ring->page);
	*ring = (struct ring){ 0 };
}

/*
 * Must the guest, who writes this ring, be told that room appeared? Only on the step from "not
 * enough" to "enough". Source: the mirror of hv_pkt_iter_close().
 */
static bool guest_waits_for_room(const struct ring *ring, uint32_t freed)
{
	uint32_t pending, write, room;

	if (!(__atomic_load_n(&ring->header->features, __ATOMIC_RELAXED) &
	      RING_FEATURE_PENDING_SEND))
		return false;
	/*
	 * Orders our store of read_index before the load of pending_send. The guest stores
	 * pending_send, then loads read_index (netvsc_send_pkt() asks for the room again): one
	 * of the two sees the other's store. Without it both may miss, and the guest sleeps on an
	 * empty ring.
	 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	pending = __atomic_load_n(&ring->header->pending_send, __ATOMIC_RELAXED);
	if (pending == 0)
		return false;
	/* Acquire orders the load of pending_send before that of write_index: the guest writes
	 * nothing more once it waits, so the room computed here is the room it waits with. */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	write = __atomic_load_n(&ring->header->write_index, __ATOMIC_RELAXED);
	if (!index_is_possible(ring, write))
		return false; /* the next ring_get() says so */
	room = ring->size - ring_used(ring, write, ring->index);
	return room > pending && (room < freed || room - freed <= pending);
}

int ring_get(struct ring *ring, void *buf, bool *signal)
{
	struct ring_descriptor descriptor;
	uint32_t write, available, len;

	*signal = false;
	/* Acquire pairs with the guest's barrier before its store of write_index
	 * (hv_ringbuffer_write): the packet is read after the index that covers it. */
	write = __atomic_load_n(&ring->header->write_index, __ATOMIC_ACQUIRE);
	if (!index_is_possible(ring, write))
		return -EPROTO;
	available = ring_used(ring, write, ring->index);
	if (available == 0)
		return 0;
	if (available < sizeof(descriptor) + RING_TRAILER)
		return -EPROTO;

	copy_out(ring, ring->index, &descriptor, sizeof(descriptor));
	len = descriptor.length8 * RING_ALIGN;
	if (len < sizeof(descriptor) || len > available - RING_TRAILER ||
	    descriptor.offset8 * RING_ALIGN < sizeof(descriptor) ||
	    descriptor.offset8 > descriptor.length8)
		return -EPROTO;
	/* The descriptor is not copied again: the guest may have changed it since. */
	memcpy(buf, &descriptor, sizeof(descriptor));
	copy_out(ring, ring_advance(ring, ring->index, sizeof(descriptor)),
		 (uint8_t *)buf + sizeof(descriptor), len - sizeof(descriptor));

	ring->index = ring_advance(ring, ring->index, len + RING_TRAILER);
	/* Release orders the copy before the store; the guest reads read_index before it writes
	 * over those bytes (hv_get_bytes_to_write). */
	__atomic_store_n(&ring->header->read_index, ring->index, __ATOMIC_RELEASE);
	*signal = guest_waits_for_room(ring, len + RING_TRAILER);
	return (int)len;
}

/* More than `total` bytes free? 1, 0, or -EPROTO. */
static int has_room(const struct ring *ring, uint32_t total)
{
	/* Acquire pairs with the guest's virt_rmb() in hv_pkt_iter_close(): it has read the bytes
	 * that read_index gives back before we write over them. */
	uint32_t read = __atomic_load_n(&ring->header->read_index, __ATOMIC_ACQUIRE);

	if (!index_is_possible(ring, read))
		return -EPROTO;
	/* Filling the ring exactly would make it look empty. */
	return ring->size - ring_used(ring, ring->index, read) > total;
}

int ring_room(const struct ring *ring, uint32_t len)
{
	int ret = has_room(ring, len + RING_TRAILER);

	if (ret != 0)
		return ret < 0 ? ret : 0;
	__atomic_store_n(&ring->header->pending_send, len + RING_TRAILER, __ATOMIC_RELAXED);
	/*
	 * Orders the store of pending_send before the second load of read_index. The guest stores
	 * read_index, then loads pending_send (virt_mb() in hv_pkt_iter_close): one of the two
	 * sees the other's store. Without it the guest may free the room and signal nobody.
	 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	ret = has_room(ring, len + RING_TRAILER);
	if (ret != 1)
		return ret < 0 ? ret : -EAGAIN;
	ring_stop_waiting(ring);
	return 0;
}

void ring_stop_waiting(const struct ring *ring)
{
	__atomic_store_n(&ring->header->pending_send, 0, __ATOMIC_RELAXED);
}

int ring_put(struct ring *ring, const struct ring_piece *piece, unsigned int count, bool *signal)
{
	uint32_t start = ring->index, next = start, len = 0;
	uint32_t trailer[2] = { 0, start };
	int ret;

	*signal = false;
	for (unsigned int i = 0; i < count; i++)
		len += piece[i].len;
	ret = ring_room(ring, len);
	if (ret < 0)
		return ret;
	/* Something smaller may go ahead of a packet that waits: that one's wait goes on. */
	if (__atomic_load_n(&ring->header->pending_send, __ATOMIC_RELAXED) <= len + RING_TRAILER)
		ring_stop_waiting(ring);

	for (unsigned int i = 0; i < count; i++)
		next = copy_in(ring, next, piece[i].data, piece[i].len);
	ring->index = copy_in(ring, next, trailer, sizeof(trailer));
	/* Release pairs with virt_load_acquire() in hv_pkt_iter_avail(): the packet is there when
	 * the index says so. */
	__atomic_store_n(&ring->header->write_index, ring->index, __ATOMIC_RELEASE);
	/*
	 * Orders the store of write_index before the load of interrupt_mask. The guest clears the
	 * mask, then looks for packets (virt_mb() in hv_end_read): one of the two sees the other's
	 * store. Without it the packet lies in the ring and nobody was told.
	 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&ring->header->interrupt_mask, __ATOMIC_RELAXED) != 0)
		return 0;
	/* The mask before read_index: a guest that unmasked after it read everything is seen with
	 * its final read_index. A ring that was not empty has been signalled before. */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	*signal = __atomic_load_n(&ring->header->read_index, __ATOMIC_RELAXED) == start;
	return 0;
}

bool ring_mask(const struct ring *ring, bool masked)
{
	__atomic_store_n(&ring->header->interrupt_mask, masked, __ATOMIC_RELAXED);
	/*
	 * Orders the store of the mask before the load of write_index. The guest stores
	 * write_index, then loads the mask (virt_mb() in hv_signal_on_write): one of the two sees
	 * the other's store. Without it an unmasking host may sleep on a packet.
	 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return __atomic_load_n(&ring->header->write_index, __ATOMIC_RELAXED) != ring->index;
}
