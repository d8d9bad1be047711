// SPDX-License-Identifier: BSD-3-Clause
/*
 * Memory regions: a key whose translation is the identity, in pages as large as the distance
 * between address and iova allows. What is not mapped is refused, as the kernel's pinning would.
 */
#define _GNU_SOURCE
#include "objects.h"
#include "rights.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { OP_CREATE_MKEY = 0x200, OP_DESTROY_MKEY = 0x202 };
#define PAS 0x110
#define LOG_PAGE_MIN 12
#define LOG_PAGE_MAX 30
#define VARIANT 0x5a /* low byte of the keys */
#define CHUNK 65536u /* pages asked about at once */
#define SUPPORTED (IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ | \
		   IBV_ACCESS_REMOTE_ATOMIC | IBV_ACCESS_MW_BIND | IBV_ACCESS_ZERO_BASED | \
		   IBV_ACCESS_HUGETLB | IBV_ACCESS_OPTIONAL_RANGE)

static bool is_mapped(uintptr_t address, size_t len)
{
	uintptr_t at = address & ~(uintptr_t)(LAB_PAGE_SIZE - 1);
	static unsigned char seen[CHUNK]; /* under the lock */

	while (at < address + len) {
		size_t pages = (address + len - at + LAB_PAGE_SIZE - 1) / LAB_PAGE_SIZE;

		if (pages > CHUNK)
			pages = CHUNK;
		if (mincore((void *)at, pages * LAB_PAGE_SIZE, seen) < 0)
			return false;
		at += pages * LAB_PAGE_SIZE;
	}
	return true;
}

/* Pages of one size cover address and iova alike: their difference must be whole pages. */
static unsigned int log_page_of(uint64_t address, uint64_t iova)
{
	unsigned int log = LOG_PAGE_MAX;

	while (log > LOG_PAGE_MIN && ((address ^ iova) & ((1ull << log) - 1)) != 0)
		log--;
	return log;
}

static int create_mkey(struct vb_context *context, const struct vb_pd *pd, uint64_t address,
		       uint64_t len, uint64_t iova, int access, uint32_t *number)
{
	unsigned int log_page = log_page_of(address, iova);
	uint64_t page = 1ull << log_page, first = address & ~(page - 1);
	uint64_t count = len == 0 ? 1 : ((address + len - 1) >> log_page) -
					(first >> log_page) + 1;
	size_t in_len = PAS + count * 8;
	uint8_t *in = calloc(1, in_len), out[16];
	int err;

	if (in == NULL)
		return -ENOMEM;
	cx_set(in, CX_IN_OPCODE, OP_CREATE_MKEY);
	cx_set(in, CX_BIT(0x10, 11), (access & IBV_ACCESS_LOCAL_WRITE) != 0);
	cx_set(in, CX_FIELD(0x10, 9, 8), 1); /* MTT */
	cx_set(in, CX_FIELD(0x14, 7, 0), VARIANT);
	cx_set(in, CX_FIELD(0x1c, 23, 0), pd->number);
	cx_set64(in, 0x20, iova);
	cx_set64(in, 0x28, len);
	cx_set(in, CX_FIELD(0x48, 4, 0), log_page);
	cx_set(in, CX_DWORD(0x44), (uint32_t)count);
	for (uint64_t i = 0; i < count; i++)
		cx_set64(in, PAS + (unsigned int)i * 8, first + i * page);
	err = vb_context_command(context, in, in_len, out, sizeof(out));
	if (err == 0)
		*number = cx_get(out, CX_OBJECT_NUMBER);
	free(in);
	return err;
}

struct ibv_mr *ibv_reg_mr_iova2(struct ibv_pd *pd, void *address, size_t len, uint64_t iova,
				unsigned int access)
{
	struct vb_context *context = vb_context(pd->context);
	struct vb_mr *mr = calloc(1, sizeof(*mr));
	int err;

	if (mr == NULL)
		return NULL;
	err = vb_context_enter(context);
	/* Remote rights need the local one (core/uverbs: ib_check_mr_access). */
	if (err == 0 && ((access & ~(unsigned int)SUPPORTED) != 0 || len == 0 ||
			 ((access & (IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_ATOMIC)) != 0 &&
			  (access & IBV_ACCESS_LOCAL_WRITE) == 0)))
		err = EINVAL;
	if (err == 0 && !is_mapped((uintptr_t)address, len))
		err = EFAULT;
	if (err == 0)
		err = -rights_pin(context->device->machine, len);
	if (err == 0) {
		err = -create_mkey(context, (struct vb_pd *)pd, (uintptr_t)address, len, iova,
				   (int)access, &mr->number);
		if (err != 0)
			rights_unpin(context->device->machine, len);
	}
	if (err != 0) {
		free(mr);
		return vb_context_refuse(context, err);
	}
	mr->ibv.context = pd->context;
	mr->ibv.pd = pd;
	mr->ibv.addr = address;
	mr->ibv.length = len;
	mr->ibv.handle = mr->number;
	mr->ibv.lkey = mr->number << 8 | VARIANT;
	mr->ibv.rkey = mr->ibv.lkey;
	vb_context_leave(context);
	return &mr->ibv;
}

#undef ibv_reg_mr
struct ibv_mr *ibv_reg_mr(struct ibv_pd *pd, void *address, size_t len, int access)
{
	return ibv_reg_mr_iova2(pd, address, len,
				access & IBV_ACCESS_ZERO_BASED ? 0 : (uintptr_t)address,
				(unsigned int)access);
}

#undef ibv_reg_mr_iova
struct ibv_mr *ibv_reg_mr_iova(struct ibv_pd *pd, void *address, size_t len, uint64_t iova,
			       int access)
{
	return ibv_reg_mr_iova2(pd, address, len, iova, (unsigned int)access);
}

int ibv_dereg_mr(struct ibv_mr *ibv)
{
	struct vb_context *context = vb_context(ibv->context);
	struct vb_mr *mr = (struct vb_mr *)ibv;
	int err;

	vb_context_enter(context);
	err = vb_context_destroy_command(context, OP_DESTROY_MKEY, mr->number);
	if (err == 0)
		rights_unpin(context->device->machine, ibv->length);
	vb_context_leave(context);
	if (err == 0)
		free(mr);
	return err;
}
