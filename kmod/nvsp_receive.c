// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the host says over NVSP, handed to whom it concerns: this file stands above all of them. Its
 * own messages come in-band, its answers in completions. NAPI.
 */
#include "nvsp_receive.h"
#include "complain.h"
#include "nvsp_parse.h"
#include "request.h"
#include "vf_path.h"
#include "vf_pci.h"

void an_nvsp_receive(struct an_nic *nic, const void *data, u32 len)
{
	struct an_nvsp_inband in;
	int ret, i;

	ret = an_nvsp_parse_inband(data, len, nic->nvsp_version, &in);
	if (ret) {
		if (ret == -ENOMSG)
			an_complain(nic, &nic->stats.host_unknown, "an unknown NVSP message");
		else
			an_complain(nic, &nic->stats.host_bad_nvsp, "a malformed NVSP message");
		return;
	}
	netdev_dbg(nic->net, "NVSP message %u of the host\n", in.type);
	switch (in.type) {
	case AN_NVSP_SEND_VF_ASSOCIATION:
		an_vf_associate(nic, in.association.allocated, in.association.serial);
		an_vf_pci_kick();
		break;
	case AN_NVSP_SWITCH_DATA_PATH:
		an_vf_host_moved(nic, in.path);
		break;
	case AN_NVSP_SEND_INDIRECTION_TABLE:
		for (i = 0; i < AN_NVSP_SEND_TABLE; i++)
			WRITE_ONCE(nic->send_table[i], in.table[i]);
		break;
	}
}

void an_nvsp_answer(struct an_nic *nic, struct an_request *request, const void *data, u32 len)
{
	int ret = an_nvsp_parse_answer(data, len, request->want, &request->nvsp);

	if (ret)
		atomic_long_inc(&nic->stats.host_bad_nvsp);
	if (refcount_read(&request->refs) == 1)
		atomic_long_inc(&nic->stats.host_late_answer);
	an_request_finish(request, ret);
	an_request_put(request);
}
