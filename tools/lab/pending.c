// SPDX-License-Identifier: BSD-3-Clause
/* What the host still owes the guest: a small table, oldest first by its clock. */
#include "pending.h"

#include <stdarg.h>
#include <stdio.h>

uint32_t lab_pending_add(struct lab_pending *p, const char *format, ...)
{
	for (unsigned int i = 0; i < LAB_PENDING_MAX; i++) {
		struct lab_pending_entry *e = &p->entry[i];
		va_list ap;

		if (e->id != 0)
			continue;
		if (++p->last_id == 0)
			p->last_id = 1;
		e->id = p->last_id;
		e->since = lab_clock_now(p->clock);
		va_start(ap, format);
		vsnprintf(e->what, sizeof(e->what), format, ap);
		va_end(ap);
		return e->id;
	}
	return 0;
}

void lab_pending_done(struct lab_pending *p, uint32_t id)
{
	for (unsigned int i = 0; id != 0 && i < LAB_PENDING_MAX; i++)
		if (p->entry[i].id == id)
			p->entry[i].id = 0;
}

const struct lab_pending_entry *lab_pending_oldest(const struct lab_pending *p)
{
	const struct lab_pending_entry *oldest = NULL;

	for (unsigned int i = 0; i < LAB_PENDING_MAX; i++) {
		const struct lab_pending_entry *e = &p->entry[i];

		if (e->id != 0 && (oldest == NULL || e->since < oldest->since))
			oldest = e;
	}
	return oldest;
}
