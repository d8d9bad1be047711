/* SPDX-License-Identifier: BSD-3-Clause */
/* Does /sys show the network namespace that this process is in? */
#ifndef NAMESPACE_H
#define NAMESPACE_H

#include "../pair/model.h"

/*
 * False where an interface has been read from /sys and the kernel knows none of them here by that
 * index and name: /sys shows the namespace of whoever mounted it.
 */
bool an_namespace_is_shown(const struct an_host *host);

#endif
