// SPDX-License-Identifier: BSD-3-Clause
/*
 * Commands about the function itself: enable, initialise, tear down, identify.
 * Source: docs/protocol.md 7.3, kernel mlx5/core/main.c and fw.c.
 */
#include "command.h"

#include "../log.h"

#define ISSI_SUPPORTED 0x2u /* bit n: n; and 0 always */
#define ISSI_IN CX_FIELD(0x8, 15, 0)
#define ISSI_OUT CX_FIELD(0x8, 15, 0)
#define ISSI_OUT_SUPPORTED CX_DWORD(0x6c)
#define ADAPTER_IEEE_VENDOR CX_FIELD(0x28, 23, 0)
#define ADAPTER_VSD_VENDOR CX_FIELD(0x2c, 15, 0)
#define ADAPTER_PSID 0x100
#define MELLANOX_OUI 0x02c9

/* All the guest had is gone; what it may still hold is the command queue itself. */
static void start_over(struct cx *cx)
{
	gpa_t queue = cx->command->queue;

	cx_reset(cx);
	cx->command->queue = queue;
	cx->command->queue_high = (uint32_t)(queue >> 32);
}

static enum cx_status enable_hca(struct cx *cx, struct cx_request *request)
{
	(void)request;
	/* A driver that lost us without saying goodbye (crash kernel, health recovery). */
	if (cx->command->stage != CX_STAGE_OFF) {
		lab_log(LAB_LOG_WARN, "connectx", "ENABLE_HCA of an enabled function: restarted");
		start_over(cx);
	}
	cx_enter_stage(cx, CX_STAGE_ENABLED);
	return CX_OK;
}

static enum cx_status disable_hca(struct cx *cx, struct cx_request *request)
{
	(void)request;
	if (cx->command->pages > 0)
		lab_log(LAB_LOG_WARN, "connectx", "DISABLE_HCA before %u pages were taken back",
			cx->command->pages);
	start_over(cx);
	return CX_OK;
}

static enum cx_status init_hca(struct cx *cx, struct cx_request *request)
{
	if (cx->command->pages < cx->config.pages)
		return cx_refuse(request, CX_NO_RES, "not all pages asked for were given");
	cx_enter_stage(cx, CX_STAGE_READY);
	return CX_OK;
}

static enum cx_status teardown_hca(struct cx *cx, struct cx_request *request)
{
	unsigned int left;

	(void)request;
	cx_enter_stage(cx, CX_STAGE_ENABLED);
	left = cx_objects_clear(cx);
	cx->rx_root = 0;
	if (left > 0)
		lab_log(LAB_LOG_INFO, "connectx", "TEARDOWN_HCA with %u objects left", left);
	return CX_OK;
}

static enum cx_status query_issi(struct cx *cx, struct cx_request *request)
{
	cx_set(request->out, ISSI_OUT, cx->command->issi);
	cx_set(request->out, ISSI_OUT_SUPPORTED, ISSI_SUPPORTED);
	return CX_OK;
}

static enum cx_status set_issi(struct cx *cx, struct cx_request *request)
{
	uint32_t issi = cx_get(request->in, ISSI_IN);

	if (issi > 1)
		return CX_BAD_PARAM;
	cx->command->issi = (uint16_t)issi;
	return CX_OK;
}

static enum cx_status query_adapter(struct cx *cx, struct cx_request *request)
{
	static const char psid[16] = "LAB0000000001";

	(void)cx;
	cx_set(request->out, ADAPTER_IEEE_VENDOR, MELLANOX_OUI);
	cx_set(request->out, ADAPTER_VSD_VENDOR, 0x15b3);
	memcpy(request->out + ADAPTER_PSID, psid, sizeof(psid));
	return CX_OK;
}

static enum cx_status nothing(struct cx *cx, struct cx_request *request)
{
	(void)cx;
	(void)request;
	return CX_OK;
}

const struct cx_operation cx_operations_hca[] = {
	{ 0x101, CX_WHEN_ENABLED, 8, 272, "QUERY_ADAPTER", query_adapter },
	{ 0x102, CX_STAGE_ENABLED, 16, 8, "INIT_HCA", init_hca },
	{ 0x103, CX_STAGE_READY, 8, 8, "TEARDOWN_HCA", teardown_hca },
	{ 0x104, CX_WHEN_ANY, 8, 8, "ENABLE_HCA", enable_hca },
	{ 0x105, CX_STAGE_ENABLED, 8, 8, "DISABLE_HCA", disable_hca },
	{ 0x10a, CX_WHEN_ENABLED, 8, 112, "QUERY_ISSI", query_issi },
	{ 0x10b, CX_WHEN_ENABLED, 16, 8, "SET_ISSI", set_issi },
	{ 0x10d, CX_WHEN_ENABLED, 80, 8, "SET_DRIVER_VERSION", nothing },
	{ 0x203, CX_STAGE_READY, 8, 16, "QUERY_SPECIAL_CONTEXTS", nothing },
	{ 0x80d, CX_WHEN_ANY, 8, 8, "NOP", nothing },
	{ 0 },
};
