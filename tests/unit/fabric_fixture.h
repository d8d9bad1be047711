/* SPDX-License-Identifier: BSD-3-Clause */
/* A fabric with two NICs whose guests remember the last frame each path took. */
#ifndef FABRIC_FIXTURE_H
#define FABRIC_FIXTURE_H

#include "../../tools/lab/fabric/fabric.h"
#include "fabric_frames.h"
#include "unit.h"

#define NICS 2u

struct guest_path {
	unsigned int frames;
	size_t len;
	uint8_t last[FABRIC_FRAME_MAX];
	enum fabric_drop answer; /* what deliver() returns */
	/* Frames sent from inside deliver(). */
	struct fabric_port *reply_from;
	const uint8_t *reply;
	size_t reply_len;
};

static const uint8_t nic_mac[NICS][6] = { { 0, 0x15, 0x5d, 0, 0, 1 }, { 0, 0x15, 0x5d, 0, 0, 2 } };
static struct fabric *fabric;
static struct fabric_port *nic[NICS];
static struct guest_path guest[NICS][FABRIC_PATHS];
static uint8_t frame[FRAMES_MAX];

static inline enum fabric_drop guest_deliver(void *ctx, const uint8_t *bytes, size_t len)
{
	struct guest_path *g = ctx;

	if (g->answer != FABRIC_DELIVERED)
		return g->answer;
	g->frames++;
	g->len = len;
	memcpy(g->last, bytes, len);
	if (g->reply != NULL)
		fabric_send(g->reply_from, FABRIC_VF, g->reply, g->reply_len);
	return FABRIC_DELIVERED;
}

static const struct fabric_path_ops guest_ops = { guest_deliver };

static inline void fixture_up_with(const struct fabric_config *config)
{
	memset(guest, 0, sizeof(guest));
	fabric = fabric_create(config);
	CU_ASSERT_PTR_NOT_NULL_FATAL(fabric);
	for (unsigned int i = 0; i < NICS; i++) {
		nic[i] = fabric_nic_add(fabric, i, nic_mac[i]);
		CU_ASSERT_PTR_NOT_NULL_FATAL(nic[i]);
		for (int p = 0; p < FABRIC_PATHS; p++)
			fabric_attach(nic[i], (enum fabric_path)p, &guest_ops, &guest[i][p]);
	}
}

static inline void fixture_up(void)
{
	fixture_up_with(&(struct fabric_config){ 0 });
}

static inline void fixture_down(void)
{
	fabric_destroy(fabric);
	fabric = NULL;
}

/* A UDP frame from NIC 0 to NIC 1, payload bytes long. */
static inline size_t frame_0_to_1(size_t payload)
{
	struct frame_spec spec = { .version = 4, .protocol = PROTO_UDP, .payload = payload,
				   .src = { 10, 77, 0, 10 }, .dst = { 10, 77, 0, 11 },
				   .sport = 1000, .dport = 2000,
				   .dst_mac = nic_mac[1], .src_mac = nic_mac[0] };

	return frames_build(frame, &spec);
}

static inline const struct fabric_counters *tx(unsigned int n, enum fabric_path path)
{
	return fabric_counters(nic[n], path, FABRIC_TX);
}

static inline const struct fabric_counters *rx(unsigned int n, enum fabric_path path)
{
	return fabric_counters(nic[n], path, FABRIC_RX);
}

static inline int policy_words(FILE *out, const char *text)
{
	const char *argv[16];
	char copy[256], *save = NULL;
	int argc = 0;

	snprintf(copy, sizeof(copy), "%s", text);
	for (char *w = strtok_r(copy, " ", &save); w != NULL && argc < 16;
	     w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	return fabric_policy_command(fabric, argc, argv, out);
}

/* Runs the command; the answer is in policy_answer until the next. */
static char policy_answer[8192];

static inline int policy(const char *text)
{
	FILE *out = fmemopen(policy_answer, sizeof(policy_answer), "w");
	int ret;

	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	policy_answer[0] = '\0';
	ret = policy_words(out, text);
	fclose(out);
	return ret;
}

#endif
