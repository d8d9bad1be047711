/* SPDX-License-Identifier: BSD-3-Clause */
/* What the kernel asks of a program before it gives it raw packets or pins its memory. */
#ifndef LAB_VERBS_RIGHTS_H
#define LAB_VERBS_RIGHTS_H

#include "machine.h"

/* CAP_NET_RAW, which raw packet queue pairs and flows need. */
bool rights_raw(void);
/* Takes `size` bytes more of RLIMIT_MEMLOCK, as pinning them would; 0 or -ENOMEM. Locked. */
int rights_pin(struct machine *machine, uint64_t size);
void rights_unpin(struct machine *machine, uint64_t size);

#endif
