// SPDX-License-Identifier: BSD-3-Clause
/*
 * What libibverbs has and this one only refuses: InfiniBand's own business, and the interface of
 * provider libraries, which programs bring along (EAL loads every plugin it finds, and that of mlx4
 * wants all of it) and never call. The prototypes do not matter: no argument is looked at.
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

NO_NUMBER(ibv_attach_mcast) NO_NUMBER(ibv_detach_mcast) NO_NUMBER(ibv_destroy_ah)
NO_NUMBER(ibv_destroy_srq) NO_NUMBER(ibv_modify_srq) NO_NUMBER(ibv_query_srq)
NO_NUMBER(ibv_query_gid) NO_NUMBER(ibv_query_pkey) NO_NUMBER(ibv_get_pkey_index)
NO_NUMBER(ibv_resize_cq) NO_NUMBER(ibv_rereg_mr) NO_NUMBER(ibv_init_ah_from_wc)
NO_NUMBER(ibv_resolve_eth_l2_from_gid) NO_NUMBER(ibv_set_ece) NO_NUMBER(ibv_query_ece)
NO_NUMBER(_ibv_query_gid_ex) NO_NUMBER(ibv_query_qp_data_in_order)
NO_NUMBER(ibv_dofork_range) NO_NUMBER(ibv_dontfork_range)
NO_NUMBER(ibv_rate_to_mult) NO_NUMBER(mult_to_ibv_rate) NO_NUMBER(ibv_rate_to_mbps)
NO_NUMBER(mbps_to_ibv_rate) NO_NUMBER(_ibv_query_gid_table)
NO_POINTER(ibv_create_ah) NO_POINTER(ibv_create_srq) NO_POINTER(ibv_create_ah_from_wc)
NO_POINTER(ibv_import_device) NO_POINTER(ibv_import_pd) NO_POINTER(ibv_import_mr)
NO_POINTER(ibv_import_dm) NO_POINTER(ibv_reg_dmabuf_mr)
NOTHING(ibv_unimport_pd) NOTHING(ibv_unimport_mr) NOTHING(ibv_unimport_dm)
NOTHING(ibv_copy_path_rec_from_kern) NOTHING(ibv_copy_path_rec_to_kern)
NOTHING(ibv_copy_qp_attr_from_kern) NOTHING(ibv_copy_ah_attr_from_kern)
NOTHING(ibv_register_driver)

/* IBVERBS_PRIVATE_34, as far as Debian's libmlx4 wants it. */
NO_POINTER(_verbs_init_and_alloc_context)
NOTHING(verbs_register_driver_34) NOTHING(verbs_set_ops) NOTHING(verbs_uninit_context)
NO_NUMBER(ibv_cmd_alloc_mw) NO_NUMBER(ibv_cmd_alloc_pd) NO_NUMBER(ibv_cmd_attach_mcast)
NO_NUMBER(ibv_cmd_close_xrcd) NO_NUMBER(ibv_cmd_create_cq) NO_NUMBER(ibv_cmd_create_cq_ex)
NO_NUMBER(ibv_cmd_create_flow) NO_NUMBER(ibv_cmd_create_qp_ex) NO_NUMBER(ibv_cmd_create_qp_ex2)
NO_NUMBER(ibv_cmd_create_rwq_ind_table) NO_NUMBER(ibv_cmd_create_srq)
NO_NUMBER(ibv_cmd_create_srq_ex) NO_NUMBER(ibv_cmd_create_wq) NO_NUMBER(ibv_cmd_dealloc_mw)
NO_NUMBER(ibv_cmd_dealloc_pd) NO_NUMBER(ibv_cmd_dereg_mr) NO_NUMBER(ibv_cmd_destroy_cq)
NO_NUMBER(ibv_cmd_destroy_flow) NO_NUMBER(ibv_cmd_destroy_qp)
NO_NUMBER(ibv_cmd_destroy_rwq_ind_table) NO_NUMBER(ibv_cmd_destroy_srq)
NO_NUMBER(ibv_cmd_destroy_wq) NO_NUMBER(ibv_cmd_detach_mcast) NO_NUMBER(ibv_cmd_get_context)
NO_NUMBER(ibv_cmd_modify_cq) NO_NUMBER(ibv_cmd_modify_qp) NO_NUMBER(ibv_cmd_modify_srq)
NO_NUMBER(ibv_cmd_modify_wq) NO_NUMBER(ibv_cmd_open_qp) NO_NUMBER(ibv_cmd_open_xrcd)
NO_NUMBER(ibv_cmd_query_device_any) NO_NUMBER(ibv_cmd_query_port) NO_NUMBER(ibv_cmd_query_qp)
NO_NUMBER(ibv_cmd_query_srq) NO_NUMBER(ibv_cmd_reg_mr) NO_NUMBER(ibv_cmd_rereg_mr)
NO_NUMBER(ibv_cmd_resize_cq)
