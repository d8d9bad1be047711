/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The function's objects: what the commands create, and what the queues and the steering use.
 * Commands parse and validate into these; the data path only reads contexts and moves its own
 * counters. Every object carries the uid of its creator (0: the kernel driver). Internal to
 * connectx/.
 */
#ifndef LAB_CX_OBJECTS_H
#define LAB_CX_OBJECTS_H

#include "cx.h"

#include <stdbool.h>
#include <stdint.h>

/* Users before what they use: in this order all are cleared, and every pointer is still good when
 * it is let go. */
enum cx_object_type {
	CX_FLOW_GROUP, CX_FLOW_TABLE, CX_TIR, CX_RQT, CX_SQ, CX_RQ, CX_QP, CX_SRQ, CX_RMP, CX_TIS,
	CX_CQ, CX_EQ, CX_MKEY, CX_Q_COUNTER, CX_FLOW_COUNTER, CX_XRCD, CX_TD, CX_PD, CX_UAR,
	CX_UMEM, CX_UCTX, CX_OBJECT_TYPES,
};

struct cx_object;

/* What a type of objects is; in the file that creates them. */
struct cx_object_kind {
	enum cx_object_type type;
	uint32_t first, limit; /* numbers: first to limit - 1; the limits are those of caps.c */
	/* Lets go of what it points at; NULL: of nothing. */
	void (*clear)(struct cx *cx, struct cx_object *object);
};

/* mlx5_ib finds queue pairs, RQs and SQs in one table by number, SRQs and RMPs in another. 0 and 1
 * are special queue pairs to rdma-core. */
#define CX_QPN_FIRST 16u
#define CX_QPN_LIMIT (1u << 18)
#define CX_SRQN_FIRST 1u
#define CX_SRQN_LIMIT (1u << 16)

/* First member of every object. */
struct cx_object {
	enum cx_object_type type;
	const struct cx_object_kind *kind;
	uint32_t number;     /* 24 bits, never 0; SQ, RQ and QP share one number space */
	uint16_t uid;
	unsigned int users;  /* objects that point here: DESTROY answers RES_BUSY while > 0 */
};

/* Addresses a queue lives at: a page list, or a slice of a UMEM (which is itself a page list). */
struct cx_buffer {
	uint64_t *page;        /* guest addresses, count of them */
	uint32_t count;
	uint8_t log_page;      /* log2 bytes of one page, >= 12 */
	uint64_t offset;       /* of byte 0, bytes into the first page */
	uint64_t size;         /* bytes; count pages cover offset + size */
	struct cx_object *umem; /* non-NULL: page list is borrowed from it */
};
/* buffer.c: guest address of [offset, offset + len); -EFAULT unless inside and in one page. */
int cx_buffer_address(const struct cx_buffer *buffer, uint64_t offset, size_t len, gpa_t *address);

struct cx_eq {
	struct cx_object object;
	struct cx_buffer buffer;
	uint8_t log_size;
	uint16_t vector;
	uint64_t event_mask;   /* bit n: event type n (types < 64) */
	uint32_t producer;     /* free-running */
};

#define CX_COMPRESSION_MAX 64u /* completions in one session of compressed CQEs */

/* Of cqc.mini_cqe_res_format, those that are offered (mini_cqe_resp_stride_index is the last's). */
enum cx_mini_format { CX_MINI_HASH = 0, CX_MINI_CHECKSUM = 1, CX_MINI_CHECKSUM_STRIDE = 3 };

/* session.c: completions held back to be written as one title and mini-CQEs. */
struct cx_session {
	enum cx_mini_format format;
	unsigned int count, limit; /* completions: held, and at most */
	uint8_t title[64];
	uint8_t mini[CX_COMPRESSION_MAX * 8];
};

struct cx_cq {
	struct cx_object object;
	struct cx_buffer buffer;
	struct cx_eq *eq;
	uint8_t log_size;
	bool cqe128;           /* 128-byte entries: the CQE is in the upper half */
	bool ignore_overrun;
	gpa_t dbr;             /* doorbell record: consumer index, arm word */
	struct cx_object *dbr_umem; /* NULL unless the record lies in a UMEM */
	uint32_t producer;     /* free-running */
	uint32_t events;       /* completion events sent; arm sequence (mod 4) must equal it */
	bool error;            /* overrun: no more CQEs */
	struct cx_session *session; /* NULL: CQEs are not compressed */
	uint32_t late;         /* CQEs kept back by a fault */
};

enum cx_mkey_mode { CX_MKEY_PA = 0, CX_MKEY_MTT = 1, CX_MKEY_KLM = 2, CX_MKEY_KSM = 3 };
struct cx_mkey {
	struct cx_object object; /* number: the 24-bit index */
	uint8_t variant;         /* low byte of the key */
	enum cx_mkey_mode mode;
	bool local_write, free;
	bool whole;              /* length64: start and len do not limit */
	uint32_t pd;
	uint64_t start, len;
	struct cx_buffer buffer; /* MTT; byte 0 is address start, so offset = start % page */
};

enum cx_queue_state { CX_QUEUE_RST = 0, CX_QUEUE_RDY = 1, CX_QUEUE_ERR = 3 };

struct cx_wq {
	struct cx_buffer buffer;
	gpa_t dbr;
	struct cx_object *dbr_umem; /* NULL unless the record lies in a UMEM */
	uint32_t pd;           /* 0: none */
	uint8_t type;          /* 0 linked list, 1 cyclic */
	uint8_t log_stride;    /* log2 bytes of a WQE (RQ) or WQEBB (SQ: 6) */
	uint8_t log_size;      /* log2 entries */
};

struct cx_tis { struct cx_object object; uint8_t prio; uint32_t td, pd; };

#define CX_INLINE_MODE_MAX 3 /* Ethernet, IP and TCP or UDP headers */
struct cx_sq {
	struct cx_object object;
	enum cx_queue_state state;
	struct cx_wq wq;
	struct cx_cq *cq;
	struct cx_tis *tis;    /* may be NULL: an internal queue (ICOSQ) */
	uint32_t user_index;
	bool flush_in_error;
	bool multi_packet;     /* allow_multi_pkt_send_wqe: the older form of it; eMPW needs none */
	uint8_t min_inline;    /* min_wqe_inline_mode, at most CX_INLINE_MODE_MAX */
	uint16_t consumer;     /* WQEBB counter, free-running */
	uint32_t uar;          /* whose doorbell registers ring it */
	uint16_t rung;         /* WQEBB counter: rung up to there (doorbell.c) */
};

struct cx_rq {
	struct cx_object object;
	enum cx_queue_state state;
	struct cx_wq wq;
	struct cx_cq *cq;
	uint32_t user_index;
	bool vlan_strip_off;   /* vsd */
	bool flush_in_error;
	uint8_t counter_set;
	uint16_t consumer;     /* WQE counter, free-running */
};

struct cx_rqt {
	struct cx_object object;
	uint32_t max_size, size; /* entries; size is a power of two */
	uint32_t *rq;            /* RQ numbers */
};

struct cx_tir {
	struct cx_object object;
	bool indirect;
	uint32_t rq;             /* direct: an RQ (or RMP-backed) number */
	struct cx_rqt *rqt;      /* indirect */
	uint8_t hash_fn;         /* 0 none, 1 XOR, 2 Toeplitz */
	bool symmetric;
	uint8_t key[40];
	bool l3_ipv6, l4_udp;    /* l3_prot_type, l4_prot_type */
	uint32_t fields;         /* selected_fields */
	uint8_t self_lb_block;
	uint32_t td;
};

struct cx_rmp { struct cx_object object; enum cx_queue_state state; struct cx_wq wq; };
struct cx_umem { struct cx_object object; struct cx_buffer buffer; };

/* An RC/UD queue pair as mlx5_ib keeps for itself: it has states, but moves no data. */
enum cx_qp_state { CX_QP_RST, CX_QP_INIT, CX_QP_RTR, CX_QP_RTS, CX_QP_ERR };
struct cx_qp {
	struct cx_object object;
	enum cx_qp_state state;
	uint32_t pd;
	struct cx_cq *send_cq, *recv_cq; /* may be NULL */
};
struct cx_srq { struct cx_object object; uint32_t pd, xrcd; struct cx_cq *cq; };

struct cx_q_counter { struct cx_object object; uint32_t out_of_buffer; };
struct cx_flow_counter { struct cx_object object; uint64_t packets, octets; };

/* Match parameters: the first 512 bytes of fte_match_param, big endian as in the command. */
#define CX_MATCH_SIZE 512

enum cx_table_type { CX_TABLE_NIC_RX = 0, CX_TABLE_NIC_TX = 1, CX_TABLE_SNIFFER_RX = 5,
		     CX_TABLE_SNIFFER_TX = 6 };

struct cx_destination { uint8_t type; uint32_t id; };
#define CX_DESTINATIONS_MAX 64 /* kernel default rules have 1 to a few; refuse more */
#define CX_FLOW_COUNTERS_MAX 8

struct cx_flow_entry {
	uint32_t index;
	uint32_t tag;            /* 24 bits, to the CQE */
	uint16_t action;         /* 1 allow, 2 drop, 4 forward, 8 count, ... */
	uint8_t match[CX_MATCH_SIZE]; /* already masked */
	unsigned int destinations, counters;
	struct cx_destination destination[CX_DESTINATIONS_MAX];
	uint32_t counter[CX_FLOW_COUNTERS_MAX];
	struct cx_flow_entry *next; /* in its group, by index */
};

struct cx_flow_table;
struct cx_flow_group {
	struct cx_object object;
	struct cx_flow_table *table;
	uint32_t start, end;
	uint8_t criteria;        /* match_criteria_enable */
	uint8_t mask[CX_MATCH_SIZE];
	struct cx_flow_entry *entries;
	struct cx_flow_group *next; /* in its table, by start index */
};

struct cx_flow_table {
	struct cx_object object;
	enum cx_table_type table_type;
	uint8_t level, log_size;
	uint8_t miss_action;     /* 0 default (the next table below, or drop), 1 forward */
	uint32_t miss_table;
	struct cx_flow_group *groups;
};

/* The lists of the nic vport context; the capability page promises these sizes. */
#define CX_LOG_UC_LIST 7
#define CX_LOG_MC_LIST 11
#define CX_LOG_VLAN_LIST 9

/* Nic vport context, as QUERY/MODIFY_NIC_VPORT_CONTEXT see it. */
struct cx_vport {
	uint8_t mac[6];
	uint16_t mtu;
	bool promisc_uc, promisc_mc, promisc_all;
	bool up, admin_up;       /* link as given by the fabric, and PAOS */
	uint16_t max_mtu, admin_mtu; /* PMTU register, L2 bytes */
	uint64_t rx_packets, rx_octets, tx_packets, tx_octets;      /* unicast */
	uint64_t rx_mc_packets, rx_mc_octets, tx_mc_packets, tx_mc_octets;
	uint64_t rx_bc_packets, rx_bc_octets, tx_bc_packets, tx_bc_octets;
	uint64_t rx_discards;    /* steering miss or drop */
	uint8_t min_inline_mode;
	bool block_uc_loopback, block_mc_loopback;
	uint64_t system_guid, port_guid, node_guid;
	unsigned int uc_count, mc_count, vlan_count;
	uint8_t uc[1u << CX_LOG_UC_LIST][6], mc[1u << CX_LOG_MC_LIST][6];
	uint16_t vlan[1u << CX_LOG_VLAN_LIST];
};

/* DevX: how many user contexts and UMEMs there may be, and what a context may be given:
 * MLX5_UCTX_CAP_RAW_TX. The capability page says the same. */
#define CX_LOG_UCTX 10
#define CX_LOG_UMEM 16
#define CX_UCTX_CAPS 0x1u

/* Objects by number, one table a type; RQ and QP live in the SQ's: they share its numbers. */
struct cx_table { struct cx_object **slot; uint32_t capacity, count, last; };

/* SET_FLOW_TABLE_ROOT disconnected the root: no object has this number, nothing is received. */
#define CX_ROOT_NONE UINT32_MAX

#define CX_SEND_MAX (65536u + 512u) /* bytes: the largest LSO datagram and its L2 headers */

/* fault.c: what is done wrong, and the completions that are late. */
struct cx_late;
struct cx_faults {
	bool error[CX_FAULT_QUEUES];
	uint64_t delay; /* of completions, clock; 0: none */
	struct cx_late *first, *last;
};

/* The function itself; private to connectx/. */
struct cx {
	struct cx_config config;
	struct cx_table table[CX_OBJECT_TYPES];
	struct cx_vport vport;
	uint32_t rx_root;        /* SET_FLOW_TABLE_ROOT's table; 0: the lowest-level NIC RX table */
	struct cx_command *command; /* command.c: queue address, mailboxes, capabilities, pages */
	uint8_t *counter_page;   /* BAR0 page 1 */
	uint8_t *uar;            /* BAR0 from page CX_UAR_FIRST */
	struct cx_faults faults;
	bool in_service;         /* INIT_HCA done, TEARDOWN_HCA not */
	uint8_t send_frame[CX_SEND_MAX]; /* wqe.c: the frame being gathered */
};

/* objects.c */
struct cx_object *cx_object_find(struct cx *cx, enum cx_object_type type, uint32_t number);
/* Gives the object the next free number of its kind and keeps it. 0, -ENOSPC or -ENOMEM. */
int cx_object_add(struct cx *cx, struct cx_object *object, const struct cx_object_kind *kind);
/* One user less; NULL is nobody. */
void cx_object_let_go(struct cx_object *object);
/* Forgets it; the caller frees. */
void cx_object_remove(struct cx *cx, struct cx_object *object);
/* Forgets it, lets go of what it points at and frees it. */
void cx_object_release(struct cx *cx, struct cx_object *object);
/* Walk a type's objects: pass NULL first; NULL ends. `after` must still be there. */
struct cx_object *cx_object_next(struct cx *cx, enum cx_object_type type,
				 const struct cx_object *after);

/* event.c: an EQE of that type with 28 bytes of data to every (or the given) EQ that asked. */
void cx_event(struct cx *cx, uint8_t type, uint8_t subtype, const uint8_t data[28]);
void cx_event_to(struct cx *cx, struct cx_eq *eq, uint8_t type, uint8_t subtype,
		 const uint8_t data[28]);

/* cq.c: writes a 64-byte CQE (owner bit and time stamp are filled in) and sends the completion
 * event if the CQ is armed; a CQ that compresses may hold it back until cx_session_end(). An
 * overrun sends a CQ error event instead. */
void cx_cq_push(struct cx *cx, struct cx_cq *cq, uint8_t cqe[64]);
/* The same, whatever fault there is. */
void cx_cq_push_now(struct cx *cx, struct cx_cq *cq, uint8_t cqe[64]);
/* Writes one CQE that fills `count` entries of the ring, and sends what is due. */
void cx_cq_write(struct cx *cx, struct cx_cq *cq, const uint8_t cqe[64], uint32_t count);
/* The 64 bytes of the CQE with that free-running index. NULL: not in guest memory. */
uint8_t *cx_cq_entry(struct cx *cx, const struct cx_cq *cq, uint32_t index);
/* The ring cannot be written: a CQ error event, and no more CQEs. */
void cx_cq_fail(struct cx *cx, struct cx_cq *cq);
/* A consumer re-armed it meanwhile: sends the event that is due. True: it did. */
bool cx_cq_check_arm(struct cx *cx, struct cx_cq *cq);

/* CQEs that can be written before the consumer must free some. */
uint32_t cx_cq_room(struct cx *cx, const struct cx_cq *cq);

/* fault.c: the queue's next piece of work is to fail (once). */
bool cx_fault_take(struct cx *cx, enum cx_fault_queue queue);
/* Keeps a CQE back. False: none is kept back now, the caller writes it. */
bool cx_late_keep(struct cx *cx, struct cx_cq *cq, const uint8_t cqe[64]);
/* Writes what is due. False: nothing was. */
bool cx_late_poll(struct cx *cx);
/* The CQ goes: what is kept back for it is never written. */
void cx_late_forget(struct cx *cx, struct cx_cq *cq);

/* session.c: takes a receive completion over, to be written later. False: the caller writes it
 * (what was held back is out by then). */
bool cx_session_add(struct cx *cx, struct cx_cq *cq, const uint8_t cqe[64]);
/* Writes what is held back. False: nothing was. */
bool cx_session_end(struct cx *cx, struct cx_cq *cq);

/* mkey.c: copies between a (key, address, len) of the guest and host memory.
 * 0, -EACCES (no such key, not writable), -EFAULT (outside key or guest memory). */
int cx_mkey_read(struct cx *cx, uint32_t key, uint64_t address, void *dst, size_t len);
int cx_mkey_write(struct cx *cx, uint32_t key, uint64_t address, const void *src, size_t len);

/* sq.c, rq.c: state changes the commands ask for, and the work itself. */
void cx_sq_set_state(struct cx *cx, struct cx_sq *sq, enum cx_queue_state state); /* ERR flushes */
void cx_rq_set_state(struct cx *cx, struct cx_rq *rq, enum cx_queue_state state);
bool cx_sq_waits(struct cx *cx, const struct cx_sq *sq); /* posted, rung, not yet sent */
bool cx_sq_poll(struct cx *cx, struct cx_sq *sq); /* true: something was sent */
/* One frame into one RQ: flow tag, hash and hash type for the CQE. */
enum fabric_drop cx_rq_deliver(struct cx *cx, struct cx_rq *rq, const uint8_t *frame, size_t len,
			       uint32_t tag, uint32_t hash, uint8_t hash_type);

/* In ERR: completes with a flush error what is posted, as far as the CQ has room. True: it did. */
bool cx_sq_flush(struct cx *cx, struct cx_sq *sq);
bool cx_rq_flush(struct cx *cx, struct cx_rq *rq);

/* steering.c: a frame from the fabric through the RX tables to RQs. */
enum fabric_drop cx_steer(struct cx *cx, const uint8_t *frame, size_t len);

/* port.c: takes (INIT_HCA) or leaves (TEARDOWN_HCA, reset, destroy) the VF path of the port. */
void cx_fabric_attach(struct cx *cx, bool on);
/* One frame out: counted at the vport, then the fabric's. */
void cx_port_send(struct cx *cx, const uint8_t *frame, size_t len);

#endif
