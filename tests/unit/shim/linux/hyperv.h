/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands in for hv_vmbus: tests/unit/kmod_host.c is at the other end of the channel. */
#ifndef SHIM_LINUX_HYPERV_H
#define SHIM_LINUX_HYPERV_H

#include <linux/kernel.h>

#define HV_HYP_PAGE_SHIFT 12
#define HV_HYP_PAGE_SIZE 4096
#define HVPFN_UP(bytes) (((bytes) + HV_HYP_PAGE_SIZE - 1) >> HV_HYP_PAGE_SHIFT)
#define virt_to_hvpfn(memory) ((u64)(unsigned long)(memory) >> HV_HYP_PAGE_SHIFT)
#define page_to_hvpfn(page) virt_to_hvpfn(page)
#define MAX_PAGE_BUFFER_COUNT 32
#define VM_PKT_DATA_INBAND 6
#define VMBUS_DATA_PACKET_FLAG_COMPLETION_REQUESTED 1
#define VMBUS_RQST_ID_NO_RESPONSE (~0ull)
#define VMBUS_RING_SIZE(bytes) (bytes)

struct vmpacket_descriptor;

struct hv_mpb_array {
	u32 len;
	u32 offset;
	u64 pfn_array[];
};

struct vmbus_packet_mpb_array {
	u64 head[2];
	u32 reserved;
	u32 rangecount;
	struct hv_mpb_array range;
};

struct vmbus_gpadl {
	u32 gpadl_handle;
};

struct vmbus_channel {
	bool rescind;
	struct hv_device *device_obj;
	struct vmbus_channel *primary_channel;
	struct {
		struct {
			u16 sub_channel_index;
		} offer;
	} offermsg;
	void (*offered)(struct vmbus_channel *channel);
	int inbound;
	u32 rqstor_size;
	void *next_request_id_callback, *request_addr_callback;
	u32 max_pkt_size;
};

struct hv_device {
	struct vmbus_channel *channel;
	void *data;
};

#define hv_get_drvdata(device) ((device)->data)
#define hv_set_drvdata(device, value) ((void)((device)->data = (value)))
#define hv_begin_read(ring) ((void)(ring))
#define set_channel_read_mode(channel, mode) ((void)(channel))
#define vmbus_set_sc_create_callback(channel, callback) ((void)((channel)->offered = (callback)))

int vmbus_open(struct vmbus_channel *channel, u32 send, u32 receive, void *data, u32 len,
	       void (*interrupt)(void *context), void *context);
void vmbus_close(struct vmbus_channel *channel);
int vmbus_sendpacket(struct vmbus_channel *channel, void *data, u32 len, u64 id, int type,
		     u32 flags);
int vmbus_sendpacket_mpb_desc(struct vmbus_channel *channel, struct vmbus_packet_mpb_array *packet,
			      u32 packet_len, void *data, u32 len, u64 id);
int vmbus_establish_gpadl(struct vmbus_channel *channel, void *memory, u32 size,
			  struct vmbus_gpadl *gpadl);
int vmbus_teardown_gpadl(struct vmbus_channel *channel, struct vmbus_gpadl *gpadl);

#endif
