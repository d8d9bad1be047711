// SPDX-License-Identifier: BSD-3-Clause
/*
 * Firmware pages. Real firmware keeps its contexts in guest pages it asks for; this one needs none
 * and asks for as many as the lab was told to, keeps their addresses, and gives exactly those back.
 * Source: docs/protocol.md 7.3, kernel mlx5/core/pagealloc.c.
 */
#include "command.h"

#include "../log.h"

#include <stdlib.h>

#define OUT_PAGES CX_DWORD(0xc)
#define IN_FUNCTION CX_FIELD(0x8, 15, 0)
#define IN_ENTRIES CX_DWORD(0xc)
#define OUT_ENTRIES CX_DWORD(0x8)
#define PAS 0x10

enum { ASK_BOOT = 1, ASK_INIT = 2, ASK_REGULAR = 3 };
enum { CANT_GIVE = 0, GIVE = 1, TAKE = 2 };

/* A quarter at boot, all of them by INIT_HCA. */
static unsigned int boot_pages(const struct cx *cx)
{
	return cx->config.pages / 4;
}

static enum cx_status query_pages(struct cx *cx, struct cx_request *request)
{
	unsigned int held = cx->command->pages, wanted;

	switch (request->op_mod) {
	case ASK_BOOT:
		wanted = boot_pages(cx);
		break;
	case ASK_INIT:
		wanted = cx->config.pages;
		break;
	case ASK_REGULAR:
		wanted = held;
		break;
	default:
		return CX_BAD_PARAM;
	}
	cx_set(request->out, OUT_PAGES, wanted > held ? wanted - held : 0);
	return CX_OK;
}

static bool page_is_held(const struct cx *cx, gpa_t page)
{
	for (unsigned int i = 0; i < cx->command->pages; i++)
		if (cx->command->page[i] == page)
			return true;
	return false;
}

static enum cx_status pages_give(struct cx *cx, struct cx_request *request, uint32_t count)
{
	struct cx_command *command = cx->command;
	unsigned int before = command->pages;
	gpa_t *page;

	if (count > (request->in_len - PAS) / 8)
		return CX_BAD_INPUT_LEN;
	if (count > cx->config.pages - command->pages)
		return cx_refuse(request, CX_LIM, "more pages than were asked for");
	if (count == 0)
		return CX_OK;
	page = realloc(command->page, (before + count) * sizeof(*page));
	if (page == NULL)
		return CX_NO_RES;
	command->page = page;
	for (uint32_t i = 0; i < count; i++) {
		gpa_t address = cx_get64(request->in, PAS + i * 8);

		if (address == 0 || address % LAB_PAGE_SIZE != 0 || page_is_held(cx, address) ||
		    lab_mem_window(cx->config.mem, address, LAB_PAGE_SIZE) == NULL) {
			command->pages = before;
			return cx_refuse(request, CX_BAD_PARAM,
					 "a page is not aligned, not there or given twice");
		}
		page[command->pages++] = address;
	}
	return CX_OK;
}

static enum cx_status pages_take(struct cx *cx, struct cx_request *request, uint32_t count)
{
	struct cx_command *command = cx->command;

	/* In service they are in use; a driver asks for them then only after an event of ours. */
	if (command->stage == CX_STAGE_READY)
		return CX_OK;
	if (count > command->pages)
		count = command->pages;
	if (request->out_len < PAS || count > (request->out_len - PAS) / 8)
		return CX_BAD_OUTPUT_LEN;
	for (uint32_t i = 0; i < count; i++)
		cx_set64(request->out, PAS + i * 8, command->page[--command->pages]);
	cx_set(request->out, OUT_ENTRIES, count);
	return CX_OK;
}

static enum cx_status manage_pages(struct cx *cx, struct cx_request *request)
{
	uint32_t count = cx_get(request->in, IN_ENTRIES);

	if (cx_get(request->in, IN_FUNCTION) != 0)
		return cx_refuse(request, CX_BAD_PARAM, "not this function");
	switch (request->op_mod) {
	case CANT_GIVE:
		lab_log(LAB_LOG_WARN, "connectx", "the driver has no pages for the firmware");
		return CX_OK;
	case GIVE:
		return pages_give(cx, request, count);
	case TAKE:
		return pages_take(cx, request, count);
	default:
		return CX_BAD_PARAM;
	}
}

const struct cx_operation cx_operations_pages[] = {
	{ 0x107, CX_WHEN_ENABLED, 16, 16, "QUERY_PAGES", query_pages },
	{ 0x108, CX_WHEN_ENABLED, 16, 16, "MANAGE_PAGES", manage_pages },
	{ 0 },
};
