// SPDX-License-Identifier: BSD-3-Clause
/*
 * Opening the VF through verbs and asking what it can do. Everything on the wire to the card is
 * behind libibverbs and libmlx5; the layouts of queues come from mlx5dv.h.
 */
#include "vf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* PCI device ids whose cards demand the Ethernet header in the WQE: ConnectX-4 and 4 Lx VFs. */
#define CONNECTX4_VF 0x1014
#define CONNECTX4LX_VF 0x1016
#define CONNECTX4_INLINE 18u /* Ethernet header with a VLAN tag */

/*
 * libibverbs reads this once, before its first call: without it, objects of a device that was lost
 * could not be released in user space (libibverbs/init.c).
 */
__attribute__((constructor)) static void vf_allow_release_of_lost(void)
{
	setenv("RDMAV_ALLOW_DISASSOC_DESTROY", "1", 0);
}

static int __attribute__((format(printf, 4, 5))) vf_refuse(int err, char *reason, size_t len,
							   const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(reason, len, format, list);
	va_end(list);
	return err;
}

static struct ibv_context *vf_device_open(const char *name, char *reason, size_t len, int *err)
{
	struct ibv_context *context = NULL;
	struct ibv_device **list;
	int count = 0;

	list = ibv_get_device_list(&count);
	if (list == NULL) {
		*err = vf_refuse(-errno, reason, len, "no RDMA devices: %s (modprobe -a ib_uverbs "
				 "mlx5_ib)", strerror(errno));
		return NULL;
	}
	*err = vf_refuse(-ENODEV, reason, len, "RDMA device %s is not there (modprobe -a ib_uverbs "
			 "mlx5_ib)", name);
	for (int i = 0; i < count; i++) {
		if (strcmp(ibv_get_device_name(list[i]), name) != 0)
			continue;
		if (!mlx5dv_is_supported(list[i])) {
			*err = vf_refuse(-ENOTSUP, reason, len,
					 "%s is not a ConnectX-4 or later (mlx5)", name);
			break;
		}
		context = ibv_open_device(list[i]);
		if (context == NULL)
			*err = vf_refuse(-errno, reason, len, "opening %s: %s", name,
					 strerror(errno));
		break;
	}
	ibv_free_device_list(list);
	return context;
}

static void vf_take_mlx5(struct an_vf *vf, const struct mlx5dv_context *mlx5, uint32_t part)
{
	vf->mpw = (mlx5->flags & MLX5DV_CONTEXT_FLAGS_ENHANCED_MPW) != 0;
	vf->compression = (mlx5->comp_mask & MLX5DV_CONTEXT_MASK_CQE_COMPRESION) != 0 &&
			  mlx5->cqe_comp_caps.max_num > 0 &&
			  (mlx5->cqe_comp_caps.supported_format & MLX5DV_CQE_RES_FORMAT_HASH) != 0;
	/* The inline mode is a capability of the firmware that verbs does not show; the families
	 * that demand it are known. Inserting a VLAN tag comes with needing no inline header. */
	vf->inline_bytes = part == CONNECTX4_VF || part == CONNECTX4LX_VF ? CONNECTX4_INLINE : 0;
	vf->vlan_insert = vf->inline_bytes == 0;
}

static int vf_capabilities_read(struct an_vf *vf, char *reason, size_t len)
{
	struct mlx5dv_context mlx5 = { .comp_mask = MLX5DV_CONTEXT_MASK_CQE_COMPRESION };
	struct ibv_device_attr_ex attr = { 0 };
	int err;

	err = ibv_query_device_ex(vf->context, NULL, &attr);
	if (err != 0)
		return vf_refuse(-err, reason, len, "asking the device what it can do: %s",
				 strerror(err));
	err = mlx5dv_query_device(vf->context, &mlx5);
	if (err != 0)
		return vf_refuse(-err, reason, len, "asking mlx5 what it can do: %s",
				 strerror(err));
	if (!(mlx5.flags & MLX5DV_CONTEXT_FLAGS_CQE_V1))
		return vf_refuse(-ENOTSUP, reason, len, "its firmware has CQEs of version 0 only");
	vf_take_mlx5(vf, &mlx5, attr.orig_attr.vendor_part_id);
	vf->vlan_strip = (attr.raw_packet_caps & IBV_RAW_PACKET_CAP_CVLAN_STRIPPING) != 0;
	vf->csum_rx = (attr.raw_packet_caps & IBV_RAW_PACKET_CAP_IP_CSUM) != 0;
	vf->csum_tx = vf->csum_rx;
	if (ibv_is_qpt_supported(attr.tso_caps.supported_qpts, IBV_QPT_RAW_PACKET))
		vf->tso_max = attr.tso_caps.max_tso;
	vf->max_wqe = (uint32_t)attr.orig_attr.max_qp_wr;
	vf->max_cqe = (uint32_t)attr.orig_attr.max_cqe;
	vf->max_rwq_table = attr.rss_caps.max_rwq_indirection_table_size;
	snprintf(vf->firmware, sizeof(vf->firmware), "%s", attr.orig_attr.fw_ver);
	return 0;
}

int an_vf_open(struct an_vf *vf, const char *rdma_device, char *reason, size_t len)
{
	int err;

	memset(vf, 0, sizeof(*vf));
	vf->context = vf_device_open(rdma_device, reason, len, &err);
	if (vf->context == NULL)
		return err;
	err = vf_capabilities_read(vf, reason, len);
	if (err != 0)
		goto err_close_device;
	vf->pd = ibv_alloc_pd(vf->context);
	if (vf->pd == NULL) {
		err = vf_refuse(-errno, reason, len, "protection domain: %s", strerror(errno));
		goto err_close_device;
	}
	err = an_mr_table_create(&vf->memory, vf->pd);
	if (err == 0)
		err = an_mr_add_all(&vf->memory);
	if (err == 0)
		return 0;
	vf_refuse(err, reason, len, "registering packet memory: %s%s", strerror(-err),
		  err == -ENOMEM ? " (ulimit -l unlimited, or LimitMEMLOCK=infinity)" : "");
	an_mr_table_destroy(&vf->memory);
	ibv_dealloc_pd(vf->pd);
err_close_device:
	ibv_close_device(vf->context);
	memset(vf, 0, sizeof(*vf));
	return err;
}

void an_vf_close(struct an_vf *vf)
{
	an_mr_table_destroy(&vf->memory);
	/* A device that was lost answers with an error and has released all the same. */
	ibv_dealloc_pd(vf->pd);
	ibv_close_device(vf->context);
	memset(vf, 0, sizeof(*vf));
}
