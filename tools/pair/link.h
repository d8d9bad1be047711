/* SPDX-License-Identifier: BSD-3-Clause */
/* A network interface as sysfs shows it. */
#ifndef LINK_H
#define LINK_H

#include "model.h"
#include "sysfs.h"

/* What cannot be read stays unknown and is noted in `failed`, of AN_TEXT bytes. */
void an_link_read(const struct an_sysfs *fs, const char *name, struct an_link *link, char *failed);

/* Can `name` be an interface's? It becomes a part of paths. */
bool an_link_is_name(const char *name);

#endif
