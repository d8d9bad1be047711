/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ConnectX-5 virtual function (15b3:1018): initialization segment, command interface, objects,
 * steering and queues, for mlx5_core's Ethernet side. It knows guest memory, a clock, an interrupt
 * callback and a fabric port; no KVM, no VMBus. Source: docs/protocol.md 7,
 * linux/mlx5/mlx5_ifc.h, linux/mlx5/device.h. Single-threaded: the caller serialises.
 */
#ifndef LAB_CX_H
#define LAB_CX_H

#include "../clock.h"
#include "../fabric/fabric.h"
#include "../mem.h"
#include "../pending.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CX_BAR_SIZE	(4u << 20) /* bytes */
#define CX_MSIX_VECTORS 32
/* BAR0: page 0 trapped (segment, commands); page 1 RAM (counters); pages 2, 3 trapped (MSI-X table,
 * PBA); from page 4 on: UAR pages, one a UAR, plain RAM unless CX_DOORBELLS_TRAPPED; uar index =
 * page number. */
#define CX_MSIX_TABLE	0x2000u
#define CX_MSIX_PBA	0x3000u
#define CX_UAR_FIRST	4u
#define CX_UAR_COUNT	(CX_BAR_SIZE / 4096u - CX_UAR_FIRST)

struct cx;

/*
 * What makes a send queue be looked at. RECORDS: its doorbell record alone, whatever is stored in
 * UAR pages. POLLED: also a doorbell in its UAR page, which is plain memory that cx_poll() looks
 * at; exact where a page has one SQ, and never too strict where it has several. TRAPPED: the UAR
 * pages are no memory, each store comes in by cx_bar_write(): exact.
 */
enum cx_doorbells { CX_DOORBELLS_RECORDS, CX_DOORBELLS_POLLED, CX_DOORBELLS_TRAPPED };

struct cx_config {
	const struct lab_mem *mem;
	const struct lab_clock *clock;
	struct lab_pending *pending;      /* may be NULL */
	struct fabric_port *port;         /* its VF path is attached while the vport is up */
	void (*raise)(void *ctx, unsigned int vector); /* MSI-X */
	void *raise_ctx;
	uint8_t mac[6];
	unsigned int pages;               /* firmware pages asked for (boot + init), 0: none */
	uint16_t vhca_id;
	enum cx_doorbells doorbells;
};

struct cx *cx_create(const struct cx_config *config); /* NULL: out of memory */
void cx_destroy(struct cx *cx);
void cx_reset(struct cx *cx); /* power-on state: all objects gone, DMA stopped */

/* Trapped accesses inside BAR0, little endian as the CPU sees them; size 1, 2, 4, 8. */
uint64_t cx_bar_read(struct cx *cx, uint64_t offset, unsigned int size);
void cx_bar_write(struct cx *cx, uint64_t offset, uint64_t value, unsigned int size);
/* The parts of BAR0 that are plain memory: page 1, and all UAR pages (contiguous). */
void *cx_counter_page(struct cx *cx);
void *cx_uar_pages(struct cx *cx);

/*
 * For a driver in this process: executes one firmware command without queue or mailboxes. Input and
 * output are the big-endian layouts of mlx5_ifc, whole, headers included; addresses in them are
 * those of config.mem. The stages are the usual ones: ENABLE_HCA, then INIT_HCA, before objects can
 * be made. 0: the output is filled, its first byte is the status (0 OK). -EINVAL: an impossible
 * length, -ENOMEM, -EIO: the function is dead or disabled and answers nothing.
 */
int cx_execute(struct cx *cx, const void *in, size_t in_len, void *out, size_t out_len);

/* One round over the doorbells: sends what was posted. Returns true if something moved. */
bool cx_poll(struct cx *cx);
/* Its two halves: what the guest sends, and everything else. */
bool cx_poll_sends(struct cx *cx);
bool cx_poll_rest(struct cx *cx);
/* A send queue has work that the next cx_poll_sends() does. */
bool cx_sends_wait(struct cx *cx);
/* Nothing is up that could be posted to: the device thread need not watch. */
bool cx_is_idle(const struct cx *cx);
/* Counters that only time moves (health counter, timer); call at least every 500 ms. */
void cx_tick(struct cx *cx);

/* The vport's permanent address, while no driver runs it. */
void cx_set_mac(struct cx *cx, const uint8_t mac[6]);
void cx_set_link(struct cx *cx, bool up); /* port event to the guest */
/* Health: the guest sees this syndrome in the health buffer and an internal-error event, and no
 * more answers. 0 after that: restarted, in power-on state, NIC disabled until a driver starts. */
void cx_set_health(struct cx *cx, uint8_t syndrome);
/*
 * Faults, for hostctl and for tests. The next send WQE, or the next frame received, of any queue of
 * that kind completes with an error, and its queue stops as after any other error. Completions can
 * be late by `delay` ns of the clock, 0: no more, and what was late is written at once.
 */
enum cx_fault_queue { CX_FAULT_SEND, CX_FAULT_RECEIVE, CX_FAULT_QUEUES };
void cx_fault_cqe(struct cx *cx, enum cx_fault_queue queue, bool on);
void cx_fault_slow_completions(struct cx *cx, uint64_t delay);
/* hv_vhca configuration blocks. 0 or -EINVAL. */
int cx_block_read(struct cx *cx, uint32_t id, void *buf, size_t len);
int cx_block_write(struct cx *cx, uint32_t id, const void *buf, size_t len);

/* Pages the guest gave and has not got back; commands executed; for stats and tests. */
unsigned int cx_pages_held(const struct cx *cx);
uint64_t cx_commands(const struct cx *cx);

#endif
