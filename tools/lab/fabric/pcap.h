/* SPDX-License-Identifier: BSD-3-Clause */
/* A capture file: classic pcap, Ethernet, nanoseconds. Both directions go in. */
#ifndef LAB_FABRIC_PCAP_H
#define LAB_FABRIC_PCAP_H

#include <stddef.h>
#include <stdint.h>

struct pcap;

/* NULL and errno: cannot be created. */
struct pcap *pcap_create(const char *path);
void pcap_destroy(struct pcap *pcap); /* NULL is fine, here and below */
void pcap_write(struct pcap *pcap, uint64_t now, const uint8_t *frame, size_t len);
void pcap_flush(struct pcap *pcap);

#endif
