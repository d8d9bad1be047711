// SPDX-License-Identifier: BSD-3-Clause
/*
 * Steering through mlx5dv: matchers in device format with rules below them, both as
 * mlx5dv_create_flow() and as direct rules on the root table, which are the same in the kernel.
 * Tables below the root are software steering, which this function does not offer.
 * Source: rdma-core 44 providers/mlx5 (dr_table.c, dr_matcher.c, dr_rule.c), kernel
 * infiniband/hw/mlx5/fs.c (MLX5_IB_METHOD_CREATE_FLOW).
 */
#include "devx.h"
#include "flow.h"

#include <errno.h>
#include <stdlib.h>

struct mlx5dv_dr_domain {
	struct vb_context *context;
	enum mlx5dv_dr_domain_type type;
	unsigned int users;
};

struct mlx5dv_dr_table {
	struct mlx5dv_dr_domain *domain;
	unsigned int users;
};

struct mlx5dv_flow_matcher {
	struct vb_context *context;
	unsigned int place, users;
	bool go_on;
	uint8_t criteria;
	uint8_t mask[CX_MATCH_SIZE];
};

struct mlx5dv_dr_matcher {
	struct mlx5dv_flow_matcher flow; /* first */
	struct mlx5dv_dr_table *table;
};

enum kind { TO_QP, TO_TIR, TO_NEXT, DROP, TAG, COUNT };
struct mlx5dv_dr_action {
	enum kind kind;
	uint32_t number;  /* TIR, tag or counter */
	struct vb_qp *qp;
	unsigned int users;
};

struct mlx5dv_dr_rule {
	struct vb_flow flow; /* first */
	struct mlx5dv_dr_matcher *matcher;
};

static void *refuse(int error)
{
	errno = error;
	return NULL;
}

/* ------------------------------------------------------------------- matchers and rules ---- */

static int matcher_init(struct mlx5dv_flow_matcher *matcher, struct vb_context *context,
			unsigned int priority, uint8_t criteria,
			const struct mlx5dv_flow_match_parameters *mask)
{
	if (priority >= STEER_PRIORITIES || mask->match_sz > CX_MATCH_SIZE)
		return EINVAL;
	matcher->context = context;
	matcher->place = STEER_NORMAL(priority);
	matcher->criteria = criteria;
	memcpy(matcher->mask, mask->match_buf, mask->match_sz);
	return 0;
}

struct mlx5dv_flow_matcher *mlx5dv_create_flow_matcher(struct ibv_context *context,
						       struct mlx5dv_flow_matcher_attr *attr)
{
	struct mlx5dv_flow_matcher *matcher;
	int err;

	if (attr->type != IBV_FLOW_ATTR_NORMAL || attr->flags != 0 ||
	    ((attr->comp_mask & MLX5DV_FLOW_MATCHER_MASK_FT_TYPE) &&
	     attr->ft_type != MLX5DV_FLOW_TABLE_TYPE_NIC_RX))
		return refuse(EOPNOTSUPP);
	matcher = calloc(1, sizeof(*matcher));
	if (matcher == NULL)
		return NULL;
	err = matcher_init(matcher, vb_context(context), attr->priority,
			   attr->match_criteria_enable, attr->match_mask);
	if (err == 0)
		return matcher;
	free(matcher);
	return refuse(err);
}

int mlx5dv_destroy_flow_matcher(struct mlx5dv_flow_matcher *matcher)
{
	if (matcher->users > 0)
		return EBUSY;
	free(matcher);
	return 0;
}

static int rule_add(struct mlx5dv_flow_matcher *matcher, struct vb_flow *flow,
		    const struct mlx5dv_flow_match_parameters *value,
		    const struct steer_actions *actions)
{
	struct vb_context *context = matcher->context;
	struct steer_match match = { .criteria = matcher->criteria };
	int err;

	if (value->match_sz > CX_MATCH_SIZE)
		return EINVAL;
	memcpy(match.mask, matcher->mask, CX_MATCH_SIZE);
	memcpy(match.value, value->match_buf, value->match_sz);
	/* A value the mask does not look at is a mistake of the program's. */
	for (unsigned int i = 0; i < CX_MATCH_SIZE; i++)
		if ((match.value[i] & ~match.mask[i]) != 0)
			return EINVAL;
	if (!actions->drop && actions->tirs == 0 && !actions->go_on)
		return EINVAL;
	err = vb_context_steer_enter(context);
	if (err == 0) {
		flow->ibv.context = &context->verbs.context;
		flow->rule[0] = vb_steer_add(context->device->machine, matcher->place, &match,
					  actions, &err);
		err = flow->rule[0] != NULL ? 0 : -err;
	}
	if (err == 0 && flow->qp != NULL)
		flow->qp->users++;
	vb_context_leave(context);
	return err;
}

static void action_tir(struct steer_actions *actions, uint32_t tir)
{
	if (actions->tirs < STEER_TIRS_MAX)
		actions->tir[actions->tirs++] = tir;
}

static int flow_action(struct steer_actions *actions, struct vb_flow *flow,
		       const struct mlx5dv_flow_action_attr *attr)
{
	switch (attr->type) {
	case MLX5DV_FLOW_ACTION_DEST_IBV_QP:
		flow->qp = (struct vb_qp *)attr->qp;
		action_tir(actions, flow->qp->tirn);
		return 0;
	case MLX5DV_FLOW_ACTION_DEST_DEVX:
		action_tir(actions, attr->obj->number);
		return 0;
	case MLX5DV_FLOW_ACTION_DROP:
		actions->drop = true;
		return 0;
	case MLX5DV_FLOW_ACTION_DEFAULT_MISS:
		actions->go_on = true;
		return 0;
	case MLX5DV_FLOW_ACTION_TAG:
		actions->tagged = true;
		actions->tag = attr->tag_value;
		return 0;
	case MLX5DV_FLOW_ACTION_COUNTERS_DEVX:
		actions->counter = attr->obj->number;
		return 0;
	default:
		return EOPNOTSUPP;
	}
}

struct ibv_flow *mlx5dv_create_flow(struct mlx5dv_flow_matcher *matcher,
				    struct mlx5dv_flow_match_parameters *value, size_t n,
				    struct mlx5dv_flow_action_attr *attr)
{
	struct vb_flow *flow = calloc(1, sizeof(*flow));
	struct steer_actions actions = { 0 };
	int err = 0;

	if (flow == NULL)
		return NULL;
	for (size_t i = 0; i < n && err == 0; i++)
		err = flow_action(&actions, flow, &attr[i]);
	if (err == 0)
		err = rule_add(matcher, flow, value, &actions);
	if (err != 0) {
		free(flow);
		return refuse(err);
	}
	return &flow->ibv;
}

/* ------------------------------------------------------------------------- direct rules ---- */

struct mlx5dv_dr_domain *mlx5dv_dr_domain_create(struct ibv_context *context,
						 enum mlx5dv_dr_domain_type type)
{
	struct mlx5dv_dr_domain *domain;

	if (type != MLX5DV_DR_DOMAIN_TYPE_NIC_RX && type != MLX5DV_DR_DOMAIN_TYPE_NIC_TX)
		return refuse(EOPNOTSUPP); /* a VF has no e-switch */
	domain = calloc(1, sizeof(*domain));
	if (domain == NULL)
		return NULL;
	domain->context = vb_context(context);
	domain->type = type;
	return domain;
}

int mlx5dv_dr_domain_destroy(struct mlx5dv_dr_domain *domain)
{
	if (domain->users > 0)
		return EBUSY;
	free(domain);
	return 0;
}

int mlx5dv_dr_domain_sync(struct mlx5dv_dr_domain *domain, uint32_t flags)
{
	(void)domain;
	(void)flags;
	return 0; /* the root table is the kernel's: always in step */
}

void mlx5dv_dr_domain_set_reclaim_device_memory(struct mlx5dv_dr_domain *domain, bool enable)
{
	(void)domain;
	(void)enable;
}

void mlx5dv_dr_domain_allow_duplicate_rules(struct mlx5dv_dr_domain *domain, bool allow)
{
	(void)domain;
	(void)allow;
}

struct mlx5dv_dr_table *mlx5dv_dr_table_create(struct mlx5dv_dr_domain *domain, uint32_t level)
{
	struct mlx5dv_dr_table *table;

	if (level != 0)
		return refuse(EOPNOTSUPP);
	table = calloc(1, sizeof(*table));
	if (table == NULL)
		return NULL;
	table->domain = domain;
	domain->users++;
	return table;
}

int mlx5dv_dr_table_destroy(struct mlx5dv_dr_table *table)
{
	if (table->users > 0)
		return EBUSY;
	table->domain->users--;
	free(table);
	return 0;
}

struct mlx5dv_dr_matcher *mlx5dv_dr_matcher_create(struct mlx5dv_dr_table *table,
						   uint16_t priority, uint8_t criteria,
						   struct mlx5dv_flow_match_parameters *mask)
{
	struct mlx5dv_dr_matcher *matcher;
	int err;

	if (table->domain->type != MLX5DV_DR_DOMAIN_TYPE_NIC_RX)
		return refuse(EOPNOTSUPP); /* no transmit tables (capability) */
	matcher = calloc(1, sizeof(*matcher));
	if (matcher == NULL)
		return NULL;
	err = matcher_init(&matcher->flow, table->domain->context, priority, criteria, mask);
	if (err != 0) {
		free(matcher);
		return refuse(err);
	}
	matcher->table = table;
	table->users++;
	return matcher;
}

int mlx5dv_dr_matcher_destroy(struct mlx5dv_dr_matcher *matcher)
{
	if (matcher->flow.users > 0)
		return EBUSY;
	matcher->table->users--;
	free(matcher);
	return 0;
}

int mlx5dv_dr_matcher_set_layout(struct mlx5dv_dr_matcher *matcher,
				 struct mlx5dv_dr_matcher_layout *layout)
{
	(void)matcher;
	(void)layout;
	return EOPNOTSUPP;
}

static void action_apply(struct steer_actions *actions, struct vb_flow *flow,
			 const struct mlx5dv_dr_action *action)
{
	switch (action->kind) {
	case TO_QP:
		flow->qp = action->qp;
		action_tir(actions, action->qp->tirn);
		break;
	case TO_TIR:
		action_tir(actions, action->number);
		break;
	case TO_NEXT:
		actions->go_on = true;
		break;
	case DROP:
		actions->drop = true;
		break;
	case TAG:
		actions->tagged = true;
		actions->tag = action->number;
		break;
	case COUNT:
		actions->counter = action->number;
		break;
	}
}

struct mlx5dv_dr_rule *mlx5dv_dr_rule_create(struct mlx5dv_dr_matcher *matcher,
					     struct mlx5dv_flow_match_parameters *value, size_t n,
					     struct mlx5dv_dr_action *list[])
{
	struct mlx5dv_dr_rule *rule = calloc(1, sizeof(*rule));
	struct steer_actions actions = { 0 };
	int err;

	if (rule == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++)
		action_apply(&actions, &rule->flow, list[i]);
	err = rule_add(&matcher->flow, &rule->flow, value, &actions);
	if (err != 0) {
		free(rule);
		return refuse(err);
	}
	rule->matcher = matcher;
	matcher->flow.users++;
	return rule;
}

int mlx5dv_dr_rule_destroy(struct mlx5dv_dr_rule *rule)
{
	struct mlx5dv_dr_matcher *matcher = rule->matcher;
	int err = vb_flow_destroy(&rule->flow.ibv);

	if (err == 0)
		matcher->flow.users--;
	return err;
}

/* ------------------------------------------------------------------------------ actions ---- */

static struct mlx5dv_dr_action *action_create(enum kind kind, uint32_t number, struct vb_qp *qp)
{
	struct mlx5dv_dr_action *action = calloc(1, sizeof(*action));

	if (action != NULL)
		*action = (struct mlx5dv_dr_action){ .kind = kind, .number = number, .qp = qp };
	return action;
}

struct mlx5dv_dr_action *mlx5dv_dr_action_create_dest_ibv_qp(struct ibv_qp *qp)
{
	if (qp->qp_type != IBV_QPT_RAW_PACKET)
		return refuse(EINVAL);
	return action_create(TO_QP, 0, (struct vb_qp *)qp);
}

struct mlx5dv_dr_action *mlx5dv_dr_action_create_dest_devx_tir(struct mlx5dv_devx_obj *object)
{
	return action_create(TO_TIR, object->number, NULL);
}

struct mlx5dv_dr_action *mlx5dv_dr_action_create_drop(void)
{
	return action_create(DROP, 0, NULL);
}

struct mlx5dv_dr_action *mlx5dv_dr_action_create_default_miss(void)
{
	return action_create(TO_NEXT, 0, NULL);
}

struct mlx5dv_dr_action *mlx5dv_dr_action_create_tag(uint32_t tag)
{
	return action_create(TAG, tag, NULL);
}

struct mlx5dv_dr_action *mlx5dv_dr_action_create_flow_counter(struct mlx5dv_devx_obj *object,
							      uint32_t offset)
{
	return action_create(COUNT, object->number + offset, NULL);
}

int mlx5dv_dr_action_destroy(struct mlx5dv_dr_action *action)
{
	free(action);
	return 0;
}
