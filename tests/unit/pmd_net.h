/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A network namespace of the test's own with a veth pair, DPDK's EAL without huge pages, and raw
 * sockets to look at what is on the wire. "an0" stands for the interface that a port is on, with
 * the address 10.77.0.1; "peer0" is the other end.
 */
#ifndef PMD_NET_H
#define PMD_NET_H

#include <linux/virtio_net.h>
#include <rte_mempool.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NET_BUFFERS 4095u

/* Builds it all. False where the kernel does not let us, which has been said on stderr. */
bool net_open(void);
/* Leaves the namespace, which goes with its last user. */
void net_close(void);

/* Buffers of 2048 bytes; one pool for all tests. */
struct rte_mempool *net_pool(void);
/* Runs a command (ip, tc, ethtool) in the namespace: its exit status. */
int net_run(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Waits until the interface sends: for a moment after it is up, frames are thrown away. */
bool net_wait_up(const char *name);
int net_index(const char *name);
void net_mac(const char *name, uint8_t mac[6]);

/* A raw socket that receives on an interface, with virtio headers if asked. */
int net_socket(const char *name, bool vnet);
/* Sends a frame on a socket of net_socket(); vnet NULL: none. */
bool net_send(int fd, const struct virtio_net_hdr *vnet, const void *frame, size_t len);
/* Call it for each of many frames sent in a row: lets the kernel work off its backlog. */
void net_pace(unsigned int number);
/* The next frame on the socket that this machine did not send itself; 0 after `ms` without. */
size_t net_receive(int fd, void *frame, size_t len, int ms);

#endif
