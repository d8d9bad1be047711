// SPDX-License-Identifier: BSD-3-Clause
/*
 * Memory keys at work: how a queue's data segments reach guest memory. A physical-address key maps
 * addresses to themselves; a translated key has a page list. Indirect keys (KLM, KSM) are created
 * by drivers for striding and user-memory registration tricks the model does not offer, and give
 * access to nothing. Protection domains are not compared: one function, one guest.
 */
#include "objects.h"

#include <errno.h>

#define KEY_INDEX_SHIFT 8
#define KEY_VARIANT 0xffu

/* One of the two is set: where what is read from the guest goes, or what is written comes from. */
struct transfer {
	uint8_t *dst;
	const uint8_t *src;
};

static const struct cx_mkey *find(struct cx *cx, uint32_t key)
{
	const struct cx_mkey *mkey;

	mkey = (const struct cx_mkey *)cx_object_find(cx, CX_MKEY, key >> KEY_INDEX_SHIFT);
	if (mkey == NULL || mkey->free || mkey->variant != (key & KEY_VARIANT))
		return NULL;
	return mkey;
}

/* The longest run from `offset` of the key's buffer that one translation covers. */
static size_t run(const struct cx_buffer *buffer, uint64_t offset, size_t len)
{
	uint64_t page = 1ull << buffer->log_page;
	uint64_t left = page - ((buffer->offset + offset) & (page - 1));

	return left < len ? left : len;
}

static int move(struct cx *cx, struct transfer *t, gpa_t address, size_t len)
{
	int err;

	if (t->src != NULL) {
		err = lab_mem_write(cx->config.mem, address, t->src, len);
		t->src += len;
	} else {
		err = lab_mem_read(cx->config.mem, address, t->dst, len);
		t->dst += len;
	}
	return err;
}

static int move_translated(struct cx *cx, const struct cx_mkey *mkey, struct transfer *t,
			   uint64_t offset, size_t len)
{
	while (len > 0) {
		size_t part = run(&mkey->buffer, offset, len);
		gpa_t address;
		int err;

		err = cx_buffer_address(&mkey->buffer, offset, part, &address);
		if (err == 0)
			err = move(cx, t, address, part);
		if (err != 0)
			return err;
		offset += part;
		len -= part;
	}
	return 0;
}

static int copy(struct cx *cx, const struct cx_mkey *mkey, struct transfer *t, uint64_t address,
		size_t len)
{
	if (!mkey->whole && (address < mkey->start || address - mkey->start > mkey->len ||
			     len > mkey->len - (address - mkey->start)))
		return -EFAULT;
	switch (mkey->mode) {
	case CX_MKEY_PA:
		return move(cx, t, address, len);
	case CX_MKEY_MTT:
		if (address < mkey->start)
			return -EFAULT;
		return move_translated(cx, mkey, t, address - mkey->start, len);
	case CX_MKEY_KLM:
	case CX_MKEY_KSM:
		break;
	}
	return -EACCES;
}

int cx_mkey_read(struct cx *cx, uint32_t key, uint64_t address, void *dst, size_t len)
{
	const struct cx_mkey *mkey = find(cx, key);
	struct transfer t = { .dst = dst };

	return mkey == NULL ? -EACCES : copy(cx, mkey, &t, address, len);
}

int cx_mkey_write(struct cx *cx, uint32_t key, uint64_t address, const void *src, size_t len)
{
	const struct cx_mkey *mkey = find(cx, key);
	struct transfer t = { .src = src };

	if (mkey == NULL || !mkey->local_write)
		return -EACCES;
	return copy(cx, mkey, &t, address, len);
}
