// SPDX-License-Identifier: BSD-3-Clause
/*
 * Compressed completions. Receive completions that differ in nothing but what a mini-CQE says make
 * one session. A session of n fills n entries of the ring:
 *   entry 0      the title: the first completion, its byte count replaced by n, its format bits 3;
 *   entry 1      mini-CQEs 0 to 7 (0 is the title's own packet);
 *   entry 8k     mini-CQEs 8k to 8k+7, for k from 1;
 *   the others   are left as they are: holes, which the consumer must give back before the ring
 *                comes round, as it must the rest.
 * The title is written last. Consumers: mlx5e_decompress_cqes_start() in core/en_rx.c, and in
 * net_mlx5 mlx5_rx_poll_len() and rxq_cq_decompress_v(); the last does not wrap at the end of the
 * ring, so no session does. Hardware holds completions back under PCI back pressure, for a time
 * it is given; here they wait until their round of work is over, cx_poll()'s, and no longer.
 */
#include "cqe.h"
#include "ifc.h"
#include "objects.h"

#include <string.h>

#define MINI_SIZE 8u
#define MINI_HASH 0
#define MINI_CHECKSUM 0 /* u16, in the place of the hash */
#define MINI_STRIDE 2 /* u16: takes the place of the WQE counter, and here is it */
#define MINI_BYTE_COUNT 4
#define MINIS_PER_ENTRY (CX_CQE_SIZE / MINI_SIZE)

_Static_assert(sizeof(((struct cx_session *)0)->mini) == CX_COMPRESSION_MAX * MINI_SIZE, "minis");

/* What may differ, as zeros: the mini-CQE's own fields, and what it makes meaningless. */
static void common_part(uint8_t common[CX_CQE_SIZE], const uint8_t cqe[CX_CQE_SIZE])
{
	memcpy(common, cqe, CX_CQE_SIZE);
	cx_set32(common, CQE_RSS_HASH, 0);
	cx_set16(common, CQE_CHECKSUM, 0);
	cx_set32(common, CQE_BYTE_COUNT, 0);
	cx_set64(common, CQE_TIMESTAMP, 0);
	cx_set16(common, CQE_WQE_COUNTER, 0);
}

static bool continues(const struct cx_session *session, const uint8_t cqe[CX_CQE_SIZE])
{
	uint8_t title[CX_CQE_SIZE], next[CX_CQE_SIZE];

	common_part(title, session->title);
	common_part(next, cqe);
	return memcmp(title, next, sizeof(title)) == 0 &&
	       cx_get16(cqe, CQE_WQE_COUNTER) ==
		       (uint16_t)(cx_get16(session->title, CQE_WQE_COUNTER) + session->count);
}

static void keep(struct cx_session *session, const uint8_t cqe[CX_CQE_SIZE])
{
	uint8_t *mini = session->mini + session->count * MINI_SIZE;

	memset(mini, 0, MINI_SIZE);
	if (session->format == CX_MINI_HASH)
		cx_set32(mini, MINI_HASH, cx_get32(cqe, CQE_RSS_HASH));
	else
		cx_set16(mini, MINI_CHECKSUM, cx_get16(cqe, CQE_CHECKSUM));
	if (session->format == CX_MINI_CHECKSUM_STRIDE)
		cx_set16(mini, MINI_STRIDE, cx_get16(cqe, CQE_WQE_COUNTER));
	cx_set32(mini, MINI_BYTE_COUNT, cx_get32(cqe, CQE_BYTE_COUNT));
	session->count++;
}

/* How many completions a session that starts now may have: 0 if none fits at all. */
static unsigned int limit(struct cx *cx, const struct cx_cq *cq)
{
	uint32_t size = 1u << cq->log_size, left = size - (cq->producer & (size - 1));
	uint32_t room = cq->ignore_overrun ? left : cx_cq_room(cx, cq);

	if (room > left)
		room = left;
	return room < CX_COMPRESSION_MAX ? room : CX_COMPRESSION_MAX;
}

bool cx_session_add(struct cx *cx, struct cx_cq *cq, const uint8_t cqe[CX_CQE_SIZE])
{
	struct cx_session *session = cq->session;
	bool compressible = cqe[CQE_OP_OWN] >> CQE_OPCODE_SHIFT == CQE_RESPONDER_SEND;

	if (session->count != 0 && (!compressible || !continues(session, cqe)))
		cx_session_end(cx, cq);
	if (!compressible)
		return false;
	if (session->count == 0) {
		session->limit = limit(cx, cq);
		if (session->limit < 2)
			return false;
		memcpy(session->title, cqe, sizeof(session->title));
	}
	keep(session, cqe);
	if (session->count == session->limit)
		cx_session_end(cx, cq);
	return true;
}

/* The arrays of mini-CQEs: in whole entries, the rest of the last one zeros. */
static bool minis_store(struct cx *cx, struct cx_cq *cq, const struct cx_session *session)
{
	for (unsigned int first = 0; first < session->count; first += MINIS_PER_ENTRY) {
		uint32_t at = cq->producer + (first == 0 ? 1 : first);
		unsigned int n = session->count - first;
		uint8_t *entry = cx_cq_entry(cx, cq, at);

		if (entry == NULL)
			return false;
		if (n > MINIS_PER_ENTRY)
			n = MINIS_PER_ENTRY;
		memset(entry, 0, CX_CQE_SIZE);
		memcpy(entry, session->mini + first * MINI_SIZE, n * MINI_SIZE);
	}
	return true;
}

bool cx_session_end(struct cx *cx, struct cx_cq *cq)
{
	struct cx_session *session = cq->session;
	unsigned int count;

	if (session == NULL || session->count == 0)
		return false;
	count = session->count;
	if (count > 1) {
		if (!minis_store(cx, cq, session)) {
			session->count = 0;
			cx_cq_fail(cx, cq);
			return true;
		}
		cx_set32(session->title, CQE_BYTE_COUNT, count);
		session->title[CQE_OP_OWN] |= CQE_COMPRESSED << CQE_FORMAT_SHIFT;
	}
	session->count = 0;
	cx_cq_write(cx, cq, session->title, count);
	return true;
}
