/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is behind the pointers of verbs: each structure begins with the public one, so that a cast
 * leads from one to the other. The machine's lock guards all of it. Internal to verbs/.
 */
#ifndef LAB_VERBS_OBJECTS_H
#define LAB_VERBS_OBJECTS_H

#include "machine.h"

#include "../connectx/ifc.h"

#include <infiniband/mlx5dv.h>
#include <infiniband/verbs.h>

/* One instance of the VF's RDMA device: a return after a revocation is a new one. */
enum vb_device_state {
	VB_ALIVE,
	VB_SILENT, /* taken by surprise: nothing answers, the kernel does not know it yet */
	VB_GONE,   /* the kernel unregistered it: everything fails with EIO */
};

struct vb_device {
	struct ibv_device ibv;
	struct machine *machine;
	enum vb_device_state state;
	struct vb_device *next;
	struct vb_context *contexts;
};

struct vb_context {
	struct vb_device *device;
	struct vb_context *next;
	uint16_t uid;           /* DevX user context, 0: none */
	uint32_t td, uar;       /* firmware numbers */
	int async_write;        /* the other end of ibv_context.async_fd; -1: closed */
	struct vb_cq *cqs;
	struct vb_wq *rwqs;
	struct vb_qp *qps;
	struct verbs_context verbs; /* last: ends in struct ibv_context */
};

static inline struct vb_context *vb_context(struct ibv_context *context)
{
	return (struct vb_context *)((uint8_t *)context -
				     offsetof(struct vb_context, verbs.context));
}

struct vb_pd { struct ibv_pd ibv; uint32_t number; };
struct vb_mr { struct ibv_mr ibv; uint32_t number; };

/* A ring of the program's, shared with the device. */
struct vb_ring {
	uint8_t *buffer;      /* `size` bytes, aligned to it */
	size_t size;          /* a power of two, at least a page */
	uint32_t *record;     /* doorbell record, two big-endian dwords */
};

struct vb_cq {
	union {
		struct ibv_cq ibv;
		struct ibv_cq_ex ex;
	};
	struct vb_cq *next;
	struct vb_ring ring;
	uint32_t number, cqes, cqe_size;
	uint32_t consumer, arm_sequence;
	unsigned int users;
	bool ready;           /* reported to its channel and not re-armed */
	const uint8_t *polled; /* the entry start_poll() is at */
	unsigned int comp_events, async_events; /* given out */
};

struct vb_channel {
	struct ibv_comp_channel ibv;
	int write;
};

struct vb_post {
	uint32_t head, tail, max; /* WQEs, free-running; max in flight */
	unsigned int max_sge;
	uint64_t *id;             /* wr_id by slot */
	uint32_t *next;           /* SQ: the tail after that slot's WQE is done */
};

struct vb_wq {
	struct ibv_wq ibv;
	struct vb_wq *next;
	struct vb_ring ring;
	struct vb_post post;
	uint32_t number, log_size, log_stride, flags;
	unsigned int users;
	unsigned int async_events;
};

struct vb_table {
	struct ibv_rwq_ind_table ibv;
	uint32_t number, size;
	unsigned int users;
	struct vb_wq **wq;
};

struct vb_qp {
	union {
		struct ibv_qp ibv;
		struct ibv_qp_ex ex;
	};
	struct vb_qp *next;
	struct vb_table *table; /* RSS QPs have this and none of the rings */
	struct vb_ring sq, rq;
	struct vb_post send, receive;
	uint32_t sqn, rqn, tisn, tirn, uar;
	uint32_t log_sq, log_rq, log_rq_stride, max_inline;
	unsigned int users;     /* flows */
	unsigned int async_events;
};

/* device.c */
struct ibv_context *vb_context_open(struct ibv_device *device, bool devx);
struct vb_device *device_add(struct machine *machine); /* NULL: out of memory */
/* Locks, and says whether the context may still talk: 0 or EIO (locked in both cases). */
int vb_context_enter(struct vb_context *context);
void vb_context_leave(struct vb_context *context);
/* Waits while the device is silent. 0, or -EIO: it is gone. Locked. */
int vb_context_wait(struct vb_context *context);
/* It is gone, and the program said that what it destroys then counts as destroyed. */
bool vb_context_forgives(const struct vb_context *context);
/* A command of that context; waits while the device is silent. 0 or -errno. Locked. */
int vb_context_command(struct vb_context *context, void *in, size_t in_len, void *out,
		    size_t out_len);
/* The same for commands that end objects: what is gone already counts as ended if the program
 * said so (RDMAV_ALLOW_DISASSOC_DESTROY). 0 or a positive errno. */
int vb_context_destroy_command(struct vb_context *context, uint16_t opcode, uint32_t number);
uint8_t *vb_context_uar(const struct vb_context *context, uint32_t uar);
/* Allocates or frees a number that has no other parameters (ALLOC_PD, ALLOC_UAR, ...). */
int vb_context_allocate(struct vb_context *context, uint16_t opcode, uint32_t *number);
/* NULL from a function that has failed: errno is set, the lock let go. */
void *vb_context_refuse(struct vb_context *context, int error);
/* The capability page's current values; NULL: the device does not answer. Locked. */
int vb_context_caps(struct vb_context *context, unsigned int group, uint8_t caps[256]);

/* query.c: the operations verbs.h calls through the context. */
void verbs_ops_set(struct verbs_context *verbs);

/* ring.c */
int ring_create(struct vb_ring *ring, size_t size, uint8_t fill); /* 0 or -ENOMEM */
void ring_destroy(struct vb_ring *ring);
int post_create(struct vb_post *post, uint32_t max, unsigned int max_sge);
void post_destroy(struct vb_post *post);
uint32_t log2_up(uint32_t value);

/* cq.c */
struct ibv_cq_ex *vb_cq_create(struct ibv_context *context, struct ibv_cq_init_attr_ex *attr,
			    struct mlx5dv_cq_init_attr *dv);
struct vb_cq *cq_find(struct vb_context *context, uint32_t number);
int cq_poll(struct ibv_cq *cq, int count, struct ibv_wc *wc);
int cq_arm(struct ibv_cq *cq, int solicited);
void cq_ex_init(struct vb_cq *cq);

/* wq.c */
struct ibv_wq *vb_wq_create(struct ibv_context *context, struct ibv_wq_init_attr *attr,
			 struct mlx5dv_wq_init_attr *dv);
int wq_modify(struct ibv_wq *wq, struct ibv_wq_attr *attr);
int wq_destroy(struct ibv_wq *wq);
struct ibv_rwq_ind_table *table_create(struct ibv_context *context,
				       struct ibv_rwq_ind_table_init_attr *attr);
int table_destroy(struct ibv_rwq_ind_table *table);
/* The rest of a queue context: the work queue, from its ring. */
void wq_describe(uint8_t *in, const struct vb_ring *ring, uint32_t log_size, uint32_t log_stride,
		 uint32_t pd, uint32_t uar, unsigned int record_offset);
/* The state the firmware has an SQ or RQ in, whose MODIFY command is given; or -errno. Locked. */
int vb_queue_state(struct vb_context *context, uint16_t modify, uint32_t number);
#define WQ_COMMAND_SIZE 280 /* CREATE_SQ and CREATE_RQ with one page */
#define WQ_CONTEXT 0x20

/* qp.c */
struct ibv_qp *vb_qp_create(struct ibv_context *context, struct ibv_qp_init_attr_ex *attr,
			 struct mlx5dv_qp_init_attr *dv);

/* post.c */
int post_send(struct ibv_qp *qp, struct ibv_send_wr *wr, struct ibv_send_wr **bad);
int post_receive(struct ibv_qp *qp, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad);
int post_wq_receive(struct ibv_wq *wq, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad);

/* flow.c */
struct ibv_flow *vb_flow_create(struct ibv_qp *qp, struct ibv_flow_attr *attr);
int vb_flow_destroy(struct ibv_flow *flow);

/* async.c */
/* Tells every open context of the device; port_num or an object is in the event. Locked. */
void async_device_event(struct vb_device *device, enum ibv_event_type type, int port);
void async_event(struct vb_context *context, const struct ibv_async_event *event);
/* No more events come: a reader gets EIO. */
void async_close(struct vb_context *context);
/* A completion event of that CQ number, from the event queue. */
void async_completion(struct vb_device *device, uint32_t cqn);
void async_cq_error(struct vb_device *device, uint32_t cqn);

#endif
