// SPDX-License-Identifier: BSD-3-Clause
/*
 * Where queues live. A command names a queue's memory as a list of pages or as a slice of a UMEM;
 * both become a cx_buffer here, checked against the size the queue needs and against guest memory,
 * so that the data path only adds offsets.
 */
#include "buffer.h"

#include <errno.h>
#include <stdlib.h>

#define LOG_PAGE_MIN 12
#define LOG_PAGE_MAX 40 /* more than any guest has */
#define PAGES_MAX (1u << 21)
#define DOORBELL_SIZE 8

uint32_t cx_request_pas(const struct cx_request *request, uint32_t at)
{
	return request->in_len <= at ? 0 : (request->in_len - at) / sizeof(uint64_t);
}

int cx_buffer_address(const struct cx_buffer *buffer, uint64_t offset, size_t len, gpa_t *address)
{
	uint64_t at = buffer->offset + offset, in_page = (1ull << buffer->log_page) - 1;

	if (offset > buffer->size || len > buffer->size - offset || len == 0)
		return -EFAULT;
	if (at >> buffer->log_page != (at + len - 1) >> buffer->log_page)
		return -EFAULT;
	*address = buffer->page[at >> buffer->log_page] + (at & in_page);
	return 0;
}

static enum cx_status from_umem(struct cx *cx, struct cx_request *request,
				const struct cx_buffer_source *source, struct cx_buffer *buffer)
{
	struct cx_umem *umem = (struct cx_umem *)cx_request_object(cx, request, CX_UMEM,
								   source->umem);

	if (umem == NULL)
		return cx_refuse(request, CX_BAD_RES, "no such UMEM");
	if (source->offset > umem->buffer.size ||
	    source->size > umem->buffer.size - source->offset)
		return cx_refuse(request, CX_BAD_PARAM, "the UMEM is too small for the queue");
	*buffer = umem->buffer;
	buffer->offset += source->offset;
	buffer->size = source->size;
	buffer->umem = &umem->object;
	umem->object.users++;
	return CX_OK;
}

/* The part of page `i` the queue uses must be guest memory. */
static bool page_is_there(const struct cx *cx, const struct cx_buffer *buffer, uint32_t i)
{
	uint64_t page_size = 1ull << buffer->log_page;
	uint64_t end = buffer->offset + buffer->size - ((uint64_t)i << buffer->log_page);
	uint64_t start = i == 0 ? buffer->offset : 0;

	if (end > page_size)
		end = page_size;
	return lab_mem_window(cx->config.mem, buffer->page[i] + start, end - start) != NULL;
}

static enum cx_status from_pages(struct cx *cx, struct cx_request *request,
				 const struct cx_buffer_source *source, struct cx_buffer *buffer)
{
	uint64_t page_size, count;

	if (source->log_page < LOG_PAGE_MIN || source->log_page > LOG_PAGE_MAX)
		return cx_refuse(request, CX_BAD_PARAM, "impossible page size");
	page_size = 1ull << source->log_page;
	if (source->size == 0 || source->offset >= page_size ||
	    source->size > (uint64_t)PAGES_MAX << source->log_page)
		return cx_refuse(request, CX_BAD_PARAM, "impossible queue size or page offset");
	count = (source->offset + source->size + page_size - 1) >> source->log_page;
	if (count > source->pas_count)
		return cx_refuse(request, CX_BAD_PARAM, "the page list is shorter than the queue");

	*buffer = (struct cx_buffer){ .count = (uint32_t)count, .offset = source->offset,
				      .log_page = (uint8_t)source->log_page,
				      .size = source->size };
	buffer->page = malloc(count * sizeof(*buffer->page));
	if (buffer->page == NULL)
		return CX_NO_RES;
	for (uint32_t i = 0; i < count; i++) {
		buffer->page[i] = cx_get64(source->pas, i * 8) & ~source->address_flags;
		if ((buffer->page[i] & (page_size - 1)) != 0 ||
		    !page_is_there(cx, buffer, i)) {
			cx_buffer_release(buffer);
			return cx_refuse(request, CX_BAD_PARAM,
					 "a page is not aligned or not guest memory");
		}
	}
	return CX_OK;
}

enum cx_status cx_buffer_create(struct cx *cx, struct cx_request *request,
				const struct cx_buffer_source *source, struct cx_buffer *buffer)
{
	if (source->umem_valid)
		return from_umem(cx, request, source, buffer);
	return from_pages(cx, request, source, buffer);
}

void cx_buffer_release(struct cx_buffer *buffer)
{
	if (buffer->umem != NULL)
		buffer->umem->users--;
	else
		free(buffer->page);
	*buffer = (struct cx_buffer){ 0 };
}

enum cx_status cx_doorbell_create(struct cx *cx, struct cx_request *request, bool umem_valid,
				  uint32_t umem, uint64_t address, gpa_t *record,
				  struct cx_object **holder)
{
	struct cx_object *object = NULL;

	*record = address;
	if (umem_valid) {
		object = cx_request_object(cx, request, CX_UMEM, umem);
		if (object == NULL)
			return cx_refuse(request, CX_BAD_RES, "no such UMEM");
		if (cx_buffer_address(&((struct cx_umem *)object)->buffer, address, DOORBELL_SIZE,
				      record) < 0)
			return cx_refuse(request, CX_BAD_PARAM, "the UMEM has no such offset");
	}
	if (*record % DOORBELL_SIZE != 0 ||
	    lab_mem_window(cx->config.mem, *record, DOORBELL_SIZE) == NULL)
		return cx_refuse(request, CX_BAD_PARAM, "the doorbell record is not guest memory");
	*holder = object;
	if (object != NULL)
		object->users++;
	return CX_OK;
}
