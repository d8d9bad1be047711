/* SPDX-License-Identifier: BSD-3-Clause */
/* A machine with one NIC that is well, and what can befall it. */
#ifndef ACCELNET_WORLD_H
#define ACCELNET_WORLD_H

#include "../../tools/pair/model.h"

#define WORLD_GUID "f8615163-0000-1000-2000-00224876a401"

extern struct an_host host;
extern struct an_nic *const nic;
extern struct an_function *const function;

/* A NIC under hv_netvsc with its VF up, idle. */
void world_setup(void);
void world_judge(void);

/* Packets of the sampling window. */
void world_sample(uint64_t vf_tx, uint64_t synthetic_tx, uint64_t vf_rx);
/* The NIC is accelnet.ko's, which reports this. */
void world_module(enum an_vf_state state, enum an_vf_reason reason);

void unjoined(void);
void no_ports(void);
void no_driver(void);
void no_driver_no_module(void);
void vfio(void);
void other_mac(void);
void absent(void);
void absent_idle_bus(void);
void sent_vf(void);
void sent_synthetic(void);
void received_vf(void);
void sent_nothing(void);
void counters_back(void);
void host_failed(void);
void vf_ip(void);
void vf_down(void);
void both_no_carrier(void);
void m_denied(void);

#endif
