/* SPDX-License-Identifier: BSD-3-Clause */
/* Reasons and commands: templates in which {words} stand for facts. */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include "../pair/model.h"

/* `to` has AN_TEXT bytes. In a command facts are quoted as a shell needs it. */
void an_explain(char *to, const char *template, const struct an_host *host,
		const struct an_nic *nic, bool command);

#endif
