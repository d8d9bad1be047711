// SPDX-License-Identifier: BSD-3-Clause
/*
 * Steering through verbs: one raw packet QP for each kind of hash, over an indirection table of the
 * receive queues, and for each of the port's addresses one flow a kind. A kind that is not hashed
 * goes to the first queue of the table, through a QP over a table of one (the kernel takes no other
 * size without hash fields).
 */
#include "steer.h"

#include <errno.h>
#include <linux/types.h>
#include <rte_ethdev.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define PORT 1 /* of an mlx5 Ethernet device, the only one */

/* Kinds of frames, most specific first; `priority` as ibv_create_flow takes it, 0 the highest. */
struct steer_kind {
	uint64_t types;  /* RTE_ETH_RSS_* that ask for its hash */
	uint64_t fields; /* IBV_RX_HASH_* */
	uint16_t priority;
	enum ibv_flow_spec_type l3, l4; /* 0: none */
};

#define IPV4 (IBV_RX_HASH_SRC_IPV4 | IBV_RX_HASH_DST_IPV4)
#define IPV6 (IBV_RX_HASH_SRC_IPV6 | IBV_RX_HASH_DST_IPV6)
#define TCP (IBV_RX_HASH_SRC_PORT_TCP | IBV_RX_HASH_DST_PORT_TCP)
#define UDP (IBV_RX_HASH_SRC_PORT_UDP | IBV_RX_HASH_DST_PORT_UDP)

static const struct steer_kind kinds[] = {
	{ RTE_ETH_RSS_NONFRAG_IPV4_TCP, IPV4 | TCP, 0, IBV_FLOW_SPEC_IPV4, IBV_FLOW_SPEC_TCP },
	{ RTE_ETH_RSS_NONFRAG_IPV4_UDP, IPV4 | UDP, 0, IBV_FLOW_SPEC_IPV4, IBV_FLOW_SPEC_UDP },
	{ RTE_ETH_RSS_NONFRAG_IPV6_TCP, IPV6 | TCP, 0, IBV_FLOW_SPEC_IPV6, IBV_FLOW_SPEC_TCP },
	{ RTE_ETH_RSS_NONFRAG_IPV6_UDP, IPV6 | UDP, 0, IBV_FLOW_SPEC_IPV6, IBV_FLOW_SPEC_UDP },
	{ RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_FRAG_IPV4 | RTE_ETH_RSS_NONFRAG_IPV4_OTHER, IPV4, 1,
	  IBV_FLOW_SPEC_IPV4, 0 },
	{ RTE_ETH_RSS_IPV6 | RTE_ETH_RSS_FRAG_IPV6 | RTE_ETH_RSS_NONFRAG_IPV6_OTHER, IPV6, 1,
	  IBV_FLOW_SPEC_IPV6, 0 },
	{ 0, 0, 2, 0, 0 },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct an_steer {
	struct ibv_rwq_ind_table *spread; /* as the redirection table says */
	struct ibv_rwq_ind_table *single; /* its first queue alone */
	struct ibv_qp *qp[KINDS];
	struct ibv_flow **flows;
	unsigned int flow_count;
};

/* Flow attributes with the specifications behind them, as ibv_create_flow reads them. */
struct steer_flow {
	struct ibv_flow_attr attr;
	uint8_t specs[sizeof(struct ibv_flow_spec_eth) + sizeof(struct ibv_flow_spec_ipv6) +
		      sizeof(struct ibv_flow_spec_tcp_udp)];
} __attribute__((packed, aligned(8)));

static unsigned int log2_of(uint32_t n)
{
	return 31 - (unsigned int)__builtin_clz(n);
}

static int table_create(struct an_steer *steer, const struct an_steer_config *config)
{
	struct ibv_wq *wqs[AN_RSS_RETA_SIZE];
	struct ibv_rwq_ind_table_init_attr attr = { .ind_tbl = wqs };
	uint32_t size = AN_RSS_RETA_SIZE;

	/* A device with smaller tables gets the beginning of ours, which repeats itself unless the
	 * application wrote it entry by entry. */
	while (size > config->vf->max_rwq_table && size > 1)
		size /= 2;
	for (uint32_t i = 0; i < size; i++) {
		if (config->rss->reta[i] >= config->queues)
			return -EINVAL;
		wqs[i] = config->wqs[config->rss->reta[i]];
	}
	attr.log_ind_tbl_size = log2_of(size);
	steer->spread = ibv_create_rwq_ind_table(config->vf->context, &attr);
	if (steer->spread == NULL)
		return -errno;
	attr.log_ind_tbl_size = 0;
	steer->single = ibv_create_rwq_ind_table(config->vf->context, &attr);
	return steer->single != NULL ? 0 : -errno;
}

static int qp_create(struct an_steer *steer, const struct an_steer_config *config,
		     unsigned int kind)
{
	bool hashed = (kinds[kind].types & config->rss->types) != 0;
	struct ibv_qp_init_attr_ex attr = {
		.qp_type = IBV_QPT_RAW_PACKET,
		.comp_mask = IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_IND_TABLE |
			     IBV_QP_INIT_ATTR_RX_HASH,
		.pd = config->vf->pd,
		.rwq_ind_tbl = hashed ? steer->spread : steer->single,
		.rx_hash_conf = {
			.rx_hash_function = IBV_RX_HASH_FUNC_TOEPLITZ,
			.rx_hash_key_len = AN_RSS_KEY_LEN,
			.rx_hash_key = (uint8_t *)(uintptr_t)config->rss->key,
			.rx_hash_fields_mask = hashed ? kinds[kind].fields : 0,
		},
	};

	steer->qp[kind] = ibv_create_qp_ex(config->vf->context, &attr);
	return steer->qp[kind] != NULL ? 0 : -errno;
}

/* Matching only that the header is there: its fields and masks are zero. */
static size_t spec_add(struct steer_flow *flow, size_t at, enum ibv_flow_spec_type type,
		       size_t size)
{
	struct {
		enum ibv_flow_spec_type type;
		uint16_t size;
	} head = { type, (uint16_t)size };

	if (type == 0)
		return at;
	/* Every specification begins so; where it stands, behind 20 bytes, none is aligned. */
	memcpy(flow->specs + at, &head, offsetof(struct ibv_flow_spec_eth, val));
	flow->attr.num_of_specs++;
	return at + size;
}

static int flow_add(struct an_steer *steer, unsigned int kind, const struct rte_ether_addr *address)
{
	struct steer_flow flow = {
		.attr = { .type = IBV_FLOW_ATTR_NORMAL, .port = PORT,
			  .priority = kinds[kind].priority },
	};
	struct ibv_flow_eth_filter value = { 0 }, mask = { 0 };
	struct ibv_flow *created;
	size_t at;

	at = spec_add(&flow, 0, IBV_FLOW_SPEC_ETH, sizeof(struct ibv_flow_spec_eth));
	memcpy(value.dst_mac, address, sizeof(value.dst_mac));
	memset(mask.dst_mac, 0xff, sizeof(mask.dst_mac));
	memcpy(flow.specs + offsetof(struct ibv_flow_spec_eth, val), &value, sizeof(value));
	memcpy(flow.specs + offsetof(struct ibv_flow_spec_eth, mask), &mask, sizeof(mask));
	at = spec_add(&flow, at, kinds[kind].l3,
		      kinds[kind].l3 == IBV_FLOW_SPEC_IPV4 ? sizeof(struct ibv_flow_spec_ipv4) :
							     sizeof(struct ibv_flow_spec_ipv6));
	at = spec_add(&flow, at, kinds[kind].l4, sizeof(struct ibv_flow_spec_tcp_udp));
	flow.attr.size = (uint16_t)(sizeof(flow.attr) + at);
	created = ibv_create_flow(steer->qp[kind], &flow.attr);
	if (created == NULL)
		return -errno;
	steer->flows[steer->flow_count++] = created;
	return 0;
}

/*
 * The most specific kind first: what has no flow yet goes to the kernel's driver and reaches the
 * right queue through the synthetic side. The other way round it would meet a less specific flow
 * first and change its queue in the middle.
 */
static int flows_create(struct an_steer *steer, const struct an_steer_config *config)
{
	int err = 0;

	for (unsigned int i = 0; i < config->address_count && err == 0; i++) {
		if (rte_is_zero_ether_addr(&config->addresses[i]))
			continue;
		for (unsigned int kind = 0; kind < KINDS && err == 0; kind++)
			err = flow_add(steer, kind, &config->addresses[i]);
	}
	return err;
}

int an_steer_create(struct an_steer **result, const struct an_steer_config *config)
{
	struct an_steer *steer = calloc(1, sizeof(*steer));
	int err;

	*result = NULL;
	if (steer == NULL)
		return -ENOMEM;
	steer->flows = calloc(KINDS * config->address_count, sizeof(struct ibv_flow *));
	err = steer->flows != NULL ? table_create(steer, config) : -ENOMEM;
	for (unsigned int kind = 0; kind < KINDS && err == 0; kind++)
		err = qp_create(steer, config, kind);
	if (err == 0)
		err = flows_create(steer, config);
	if (err != 0) {
		an_steer_destroy(steer);
		return err;
	}
	*result = steer;
	return 0;
}

/* Errors of a device that was lost are of no consequence: it holds nothing any more. */
void an_steer_destroy(struct an_steer *steer)
{
	if (steer == NULL)
		return;
	while (steer->flow_count > 0)
		ibv_destroy_flow(steer->flows[--steer->flow_count]);
	for (unsigned int kind = 0; kind < KINDS; kind++)
		if (steer->qp[kind] != NULL)
			ibv_destroy_qp(steer->qp[kind]);
	if (steer->single != NULL)
		ibv_destroy_rwq_ind_table(steer->single);
	if (steer->spread != NULL)
		ibv_destroy_rwq_ind_table(steer->spread);
	free(steer->flows);
	free(steer);
}
