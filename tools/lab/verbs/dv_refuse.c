// SPDX-License-Identifier: BSD-3-Clause
/*
 * What libmlx5 has and this function does not offer: e-switch and tunnels, meters and samplers,
 * packet pacing, virtio doorbells. The prototypes do not matter: no argument is looked at.
 */
#include <errno.h>
#include <stddef.h>

#define NO_NUMBER(name) \
	int name(void); \
	int name(void) { return EOPNOTSUPP; }
#define NO_POINTER(name) \
	void *name(void); \
	void *name(void) { errno = EOPNOTSUPP; return NULL; }
#define NOTHING(name) \
	void name(void); \
	void name(void) { }

NO_POINTER(mlx5dv_alloc_var) NO_POINTER(mlx5dv_pp_alloc)
NO_POINTER(mlx5dv_create_flow_action_modify_header)
NO_POINTER(mlx5dv_create_flow_action_packet_reformat)
NO_POINTER(mlx5dv_dr_action_create_aso) NO_POINTER(mlx5dv_dr_action_create_dest_array)
NO_POINTER(mlx5dv_dr_action_create_dest_ib_port)
NO_POINTER(mlx5dv_dr_action_create_dest_root_table)
NO_POINTER(mlx5dv_dr_action_create_dest_table) NO_POINTER(mlx5dv_dr_action_create_dest_vport)
NO_POINTER(mlx5dv_dr_action_create_flow_meter) NO_POINTER(mlx5dv_dr_action_create_flow_sampler)
NO_POINTER(mlx5dv_dr_action_create_modify_header)
NO_POINTER(mlx5dv_dr_action_create_packet_reformat)
NO_POINTER(mlx5dv_dr_action_create_pop_vlan) NO_POINTER(mlx5dv_dr_action_create_push_vlan)
NO_POINTER(mlx5dv_create_mkey) NO_POINTER(mlx5dv_alloc_dm)
NO_NUMBER(mlx5dv_dr_action_modify_aso) NO_NUMBER(mlx5dv_dr_action_modify_flow_meter)
NO_NUMBER(mlx5dv_destroy_mkey) NO_NUMBER(mlx5dv_dump_dr_domain) NO_NUMBER(mlx5dv_dump_dr_rule)
NO_NUMBER(mlx5dv_dump_dr_table) NO_NUMBER(mlx5dv_dump_dr_matcher)
NOTHING(mlx5dv_free_var) NOTHING(mlx5dv_pp_free)
