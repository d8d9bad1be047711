/* SPDX-License-Identifier: GPL-2.0-only */
/* What the stack says about VFs. */
#ifndef AN_VF_EVENT_H
#define AN_VF_EVENT_H

int an_vf_event_init(void);
void an_vf_event_exit(void);

#endif
