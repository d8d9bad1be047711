// SPDX-License-Identifier: BSD-3-Clause
/*
 * NVSP against a scripted host: the start sequence at each version, what a host may refuse, and the
 * questions and messages below it (nvsp.c, nvsp_send.c, nvsp_receive.c, request.c).
 */
#include "../../kmod/nvsp.h"
#include "../../kmod/nvsp_receive.h"
#include "../../kmod/nvsp_send.h"
#include "../../kmod/request.h"
#include "../../kmod/waits.h"
#include "kmod_host.h"
#include "unit.h"

#define SECTION 6144

/* The script: what this host is like. */
static struct {
	u32 version;		/* the newest it takes */
	u32 silent_for;		/* a type it does not answer, 0: none */
	u32 recv_status;
	u32 recv_sections;
	u32 send_status;
	u32 send_section;
	u32 granted;
	u32 grant_status;
	u32 short_by;		/* bytes its answers lack */
} script;

static void answer(const struct host_sent *sent)
{
	struct an_nvsp_message msg = { 0 };

	if (le32_to_cpu(sent->msg.type) == script.silent_for)
		return;
	switch (le32_to_cpu(sent->msg.type)) {
	case AN_NVSP_INIT:
		CU_ASSERT_EQUAL(sent->msg.init.min, sent->msg.init.max);
		msg.type = cpu_to_le32(AN_NVSP_INIT_COMPLETE);
		msg.init_complete.status = le32_to_cpu(sent->msg.init.min) <= script.version ?
			cpu_to_le32(AN_NVSP_STATUS_SUCCESS) : cpu_to_le32(AN_NVSP_STATUS_FAIL);
		break;
	case AN_NVSP_SEND_RECV_BUF:
		msg.type = cpu_to_le32(AN_NVSP_SEND_RECV_BUF_COMPLETE);
		msg.recv_buf_complete.status = cpu_to_le32(script.recv_status);
		msg.recv_buf_complete.num_sections = cpu_to_le32(script.recv_sections);
		msg.recv_buf_complete.sub_alloc_size = cpu_to_le32(1728);
		msg.recv_buf_complete.num_sub_allocs = cpu_to_le32(1000);
		break;
	case AN_NVSP_SEND_SEND_BUF:
		msg.type = cpu_to_le32(AN_NVSP_SEND_SEND_BUF_COMPLETE);
		msg.send_buf_complete.status = cpu_to_le32(script.send_status);
		msg.send_buf_complete.section_size = cpu_to_le32(script.send_section);
		break;
	case AN_NVSP_SUBCHANNEL:
		msg.type = cpu_to_le32(AN_NVSP_SUBCHANNEL);
		msg.subchannel_complete.status = cpu_to_le32(script.grant_status);
		msg.subchannel_complete.count = cpu_to_le32(script.granted);
		break;
	default:
		CU_ASSERT_EQUAL(sent->id, VMBUS_RQST_ID_NO_RESPONSE);
		return;
	}
	host_complete(sent->id, &msg, sizeof(msg) - script.short_by);
}

static void setup(void)
{
	host_setup();
	host_nic.nvsp_version = 0;
	host.hear = answer;
	memset(&script, 0, sizeof(script));
	script.version = AN_NVSP_VERSION_61;
	script.recv_status = script.send_status = script.grant_status = AN_NVSP_STATUS_SUCCESS;
	script.recv_sections = 1;
	script.send_section = SECTION;
}

static void teardown(void)
{
	an_nvsp_revoke(&host_nic);
	an_nvsp_unshare(&host_nic);
	an_nvsp_free(&host_nic);
	CU_ASSERT_EQUAL(host_nic.queue[0]->xact.used, script.silent_for ? 1 : 0);
	host_teardown();
}

/* The first message of that type that the host got. */
static const struct an_nvsp_message *heard(u32 type)
{
	unsigned int i;

	for (i = 0; i < host.count; i++)
		if (le32_to_cpu(host.sent[i].msg.type) == type)
			return &host.sent[i].msg;
	return NULL;
}

static void the_newest_host(void)
{
	static const u32 order[] = {
		AN_NVSP_INIT, AN_NVSP_SEND_NDIS_CONFIG, AN_NVSP_SEND_NDIS_VERSION,
		AN_NVSP_SEND_RECV_BUF, AN_NVSP_SEND_SEND_BUF,
	};
	const struct an_nvsp_message *msg;
	u32 i;

	CU_ASSERT_EQUAL(an_nvsp_start(&host_nic), 0);
	CU_ASSERT_EQUAL(host_nic.nvsp_version, AN_NVSP_VERSION_61);
	CU_ASSERT_EQUAL_FATAL(host.count, ARRAY_SIZE(order));
	for (i = 0; i < ARRAY_SIZE(order); i++)
		CU_ASSERT_EQUAL(le32_to_cpu(host.sent[i].msg.type), order[i]);
	msg = heard(AN_NVSP_SEND_NDIS_CONFIG);
	CU_ASSERT_EQUAL(le32_to_cpu(msg->ndis_config.mtu), 9014);
	CU_ASSERT_EQUAL(__le64_to_cpu(msg->ndis_config.capabilities),
			AN_NVSP_CAPABILITY_SRIOV | AN_NVSP_CAPABILITY_VLAN |
			AN_NVSP_CAPABILITY_TEAMING);
	msg = heard(AN_NVSP_SEND_NDIS_VERSION);
	CU_ASSERT_EQUAL(le32_to_cpu(msg->ndis_version.major), 6);
	CU_ASSERT_EQUAL(le32_to_cpu(msg->ndis_version.minor), 30);
	CU_ASSERT_EQUAL(host.gpadls, 2);
	CU_ASSERT_EQUAL(le32_to_cpu(heard(AN_NVSP_SEND_RECV_BUF)->buffer.gpadl),
			host_nic.recv.gpadl.gpadl_handle);
	CU_ASSERT_EQUAL(le16_to_cpu(heard(AN_NVSP_SEND_RECV_BUF)->buffer.id), AN_NVSP_RECV_BUF_ID);
	CU_ASSERT_EQUAL(le32_to_cpu(heard(AN_NVSP_SEND_SEND_BUF)->buffer.gpadl),
			host_nic.send.gpadl.gpadl_handle);
	CU_ASSERT_EQUAL(host_nic.recv.size, 16 << 20);
	CU_ASSERT_EQUAL(host_nic.send_section_size, SECTION);
	CU_ASSERT_EQUAL(host_nic.send_sections, (1 << 20) / SECTION);
	CU_ASSERT_PTR_NOT_NULL(host_nic.send_used);
}

/* Older hosts: how often they are asked, and what they are told. */
static void older_hosts(void)
{
	static const struct {
		u32 version, inits, minor, recv_mib;
		u64 caps;
	} rows[] = {
		{ AN_NVSP_VERSION_6, 2, 30, 16,
		  AN_NVSP_CAPABILITY_SRIOV | AN_NVSP_CAPABILITY_VLAN | AN_NVSP_CAPABILITY_TEAMING },
		{ AN_NVSP_VERSION_5, 3, 30, 16,
		  AN_NVSP_CAPABILITY_SRIOV | AN_NVSP_CAPABILITY_VLAN | AN_NVSP_CAPABILITY_TEAMING },
		{ AN_NVSP_VERSION_4, 4, 1, 16, AN_NVSP_CAPABILITY_VLAN },
		{ AN_NVSP_VERSION_2, 5, 1, 15, AN_NVSP_CAPABILITY_VLAN },
		{ AN_NVSP_VERSION_1, 6, 1, 15, 0 },
	};
	const struct an_nvsp_message *msg;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		teardown();
		setup();
		script.version = rows[i].version;
		CU_ASSERT_EQUAL(an_nvsp_start(&host_nic), 0);
		CU_ASSERT_EQUAL(host_nic.nvsp_version, rows[i].version);
		CU_ASSERT_EQUAL(le32_to_cpu(host.sent[rows[i].inits - 1].msg.type), AN_NVSP_INIT);
		CU_ASSERT_NOT_EQUAL(le32_to_cpu(host.sent[rows[i].inits].msg.type), AN_NVSP_INIT);
		msg = heard(AN_NVSP_SEND_NDIS_CONFIG);
		CU_ASSERT_EQUAL(!msg, !rows[i].caps);
		if (msg)
			CU_ASSERT_EQUAL(__le64_to_cpu(msg->ndis_config.capabilities), rows[i].caps);
		CU_ASSERT_EQUAL(le32_to_cpu(heard(AN_NVSP_SEND_NDIS_VERSION)->ndis_version.minor),
				rows[i].minor);
		CU_ASSERT_EQUAL(host_nic.recv.size, rows[i].recv_mib << 20);
	}
}

static void a_host_that_knows_no_version(void)
{
	script.version = 0;
	CU_ASSERT_EQUAL(an_nvsp_start(&host_nic), -EPROTONOSUPPORT);
	CU_ASSERT_EQUAL(host.count, 6);
	CU_ASSERT_EQUAL(host.gpadls, 0);
}

/* Silence is no "try an older one". */
static void a_silent_host(void)
{
	u64 begun = kernel.us;

	script.silent_for = AN_NVSP_INIT;
	CU_ASSERT_EQUAL(an_nvsp_start(&host_nic), -ETIMEDOUT);
	CU_ASSERT_EQUAL(host.count, 1);
	CU_ASSERT((kernel.us - begun) / 1000 >= AN_STEP_MS);
	CU_ASSERT((kernel.us - begun) / 1000 <= AN_STEP_MS + AN_WAIT_SLICE_MS);
	CU_ASSERT_EQUAL(host_nic.stats.host_silent.counter, 1);

	/* Its answer comes after all: to nobody, and the request ends. */
	host_answer(host.sent[0].id, (struct an_nvsp_message){ 0 }, AN_NVSP_INIT_COMPLETE);
	CU_ASSERT_EQUAL(host_nic.stats.host_late_answer.counter, 1);
	script.silent_for = 0;
}

static void what_a_host_may_refuse(void)
{
	static const struct {
		u32 recv_status, sections, send_status, section;
		int error;
		u32 gpadls;
	} rows[] = {
		{ AN_NVSP_STATUS_FAIL, 1, 1, SECTION, -EPROTO, 1 },
		{ 1, 2, 1, SECTION, -EBADMSG, 1 },
		{ 1, 1, AN_NVSP_STATUS_FAIL, SECTION, -EPROTO, 2 },
		{ 1, 1, 1, 8, -EBADMSG, 2 },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		teardown();
		setup();
		script.recv_status = rows[i].recv_status;
		script.recv_sections = rows[i].sections;
		script.send_status = rows[i].send_status;
		script.send_section = rows[i].section;
		CU_ASSERT_EQUAL(an_nvsp_start(&host_nic), rows[i].error);
		CU_ASSERT_EQUAL(kernel.warnings, 1);
		CU_ASSERT_EQUAL(host.gpadls, rows[i].gpadls);
		an_nvsp_unshare(&host_nic);
		CU_ASSERT_EQUAL(host.gpadls, 0);
	}
}

static void answers_that_lie(void)
{
	script.short_by = 32;
	CU_ASSERT_EQUAL(an_nvsp_start(&host_nic), -EBADMSG);
	CU_ASSERT_EQUAL(host.count, 1);
	CU_ASSERT_EQUAL(host_nic.stats.host_bad_nvsp.counter, 1);
}

static void memory_ends_anywhere(void)
{
	int n, ret = -ENOMEM;

	for (n = 0; n < 20 && ret; n++) {
		teardown();
		setup();
		kernel.memory = n;
		ret = an_nvsp_start(&host_nic);
		kernel.memory = -1;
		CU_ASSERT(!ret || ret == -ENOMEM);
	}
	CU_ASSERT_EQUAL(ret, 0);
	CU_ASSERT_EQUAL(n, 7);	/* three questions, two buffers, a bitmap, and then none fails */
}

static void buffers_cannot_be_shared(void)
{
	host.gpadl_error = -EINVAL;
	CU_ASSERT_EQUAL(an_nvsp_start(&host_nic), -EINVAL);
	CU_ASSERT_PTR_NULL(heard(AN_NVSP_SEND_RECV_BUF));
	an_nvsp_revoke(&host_nic);
	CU_ASSERT_PTR_NULL(heard(AN_NVSP_REVOKE_RECV_BUF));
}

static void buffers_are_taken_back(void)
{
	CU_ASSERT_EQUAL(an_nvsp_start(&host_nic), 0);
	an_nvsp_revoke(&host_nic);
	CU_ASSERT_EQUAL(le16_to_cpu(heard(AN_NVSP_REVOKE_RECV_BUF)->revoke.id),
			AN_NVSP_RECV_BUF_ID);
	CU_ASSERT_EQUAL(le16_to_cpu(heard(AN_NVSP_REVOKE_SEND_BUF)->revoke.id),
			AN_NVSP_SEND_BUF_ID);
	CU_ASSERT_EQUAL(host.gpadls, 2);
	an_nvsp_revoke(&host_nic);
	CU_ASSERT_EQUAL(host.count, 7);	/* once */
	an_nvsp_unshare(&host_nic);
	CU_ASSERT_EQUAL(host.gpadls, 0);
	CU_ASSERT_PTR_NOT_NULL(host_nic.recv.memory);
}

/* What the host may still write to is never used again. */
static void a_buffer_the_host_keeps_is_lost(void)
{
	void *recv, *send;

	CU_ASSERT_EQUAL(an_nvsp_start(&host_nic), 0);
	recv = host_nic.recv.memory;
	send = host_nic.send.memory;
	host.teardown_error = -ETIMEDOUT;
	an_nvsp_unshare(&host_nic);
	CU_ASSERT_PTR_NULL(host_nic.recv.memory);
	CU_ASSERT_PTR_NULL(host_nic.send.memory);
	CU_ASSERT_EQUAL(kernel.warnings, 2);
	kernel_free(recv);
	kernel_free(send);
}

static void a_host_that_is_gone_is_told_nothing(void)
{
	CU_ASSERT_EQUAL(an_nvsp_start(&host_nic), 0);
	host_channel.rescind = true;
	an_nvsp_revoke(&host_nic);
	CU_ASSERT_EQUAL(host.count, 5);
}

static void subchannels(void)
{
	script.granted = 3;
	CU_ASSERT_EQUAL(an_nvsp_subchannels(&host_nic, 7), 3);
	CU_ASSERT_EQUAL(le32_to_cpu(host_last()->msg.subchannel.count), 7);
	CU_ASSERT_EQUAL(le32_to_cpu(host_last()->msg.subchannel.op), AN_NVSP_SUBCHANNEL_ALLOCATE);
	script.granted = 8;
	CU_ASSERT_EQUAL(an_nvsp_subchannels(&host_nic, 7), -EBADMSG);
	script.grant_status = AN_NVSP_STATUS_FAIL;
	CU_ASSERT_EQUAL(an_nvsp_subchannels(&host_nic, 7), -EOPNOTSUPP);
	script.short_by = 36;
	CU_ASSERT_EQUAL(an_nvsp_subchannels(&host_nic, 7), -EBADMSG);
}

static void a_full_ring_is_tried_again(void)
{
	u64 begun = kernel.us;

	script.granted = 1;
	host.full = 5;
	CU_ASSERT_EQUAL(an_nvsp_subchannels(&host_nic, 1), 1);
	CU_ASSERT_EQUAL(kernel.us - begun, 5 * 2000);

	host.full = -1;
	begun = kernel.us;
	CU_ASSERT_EQUAL(an_nvsp_subchannels(&host_nic, 1), -EAGAIN);
	CU_ASSERT((kernel.us - begun) / 1000 >= AN_STEP_MS);
	CU_ASSERT((kernel.us - begun) / 1000 <= AN_STEP_MS + 2);
	CU_ASSERT_EQUAL(host_nic.queue[0]->xact.used, 0);

	host_channel.rescind = true;
	CU_ASSERT_EQUAL(an_nvsp_subchannels(&host_nic, 1), -ENODEV);
	CU_ASSERT_EQUAL(host_nic.queue[0]->xact.used, 0);
}

static void go_away(void)
{
	host_channel.rescind = true;
}

static void a_rescind_ends_the_wait(void)
{
	u64 begun = kernel.us;

	script.silent_for = AN_NVSP_SUBCHANNEL;
	kernel.tick = go_away;
	CU_ASSERT_EQUAL(an_nvsp_subchannels(&host_nic, 1), -ENODEV);
	kernel.tick = NULL;
	CU_ASSERT_EQUAL((kernel.us - begun) / 1000, AN_WAIT_SLICE_MS);
	CU_ASSERT_EQUAL(host_nic.stats.host_silent.counter, 0);
}

static void no_transaction_is_free(void)
{
	struct an_queue *queue = host_nic.queue[0];
	int i;

	for (i = 0; i < AN_XACTS; i++)
		CU_ASSERT(an_queue_begin(queue, AN_XACT_PATH, i));
	CU_ASSERT_EQUAL(an_nvsp_subchannels(&host_nic, 1), -ENOBUFS);
	CU_ASSERT_EQUAL(an_nvsp_switch(&host_nic, AN_NVSP_DATAPATH_VF, 1), -ENOBUFS);
	CU_ASSERT_EQUAL(host.count, 0);
	while (an_xact_end_any(&queue->xact).kind != AN_XACT_FREE)
		;
}

static void what_the_host_says(void)
{
	struct an_nvsp_message msg = {
		.type = cpu_to_le32(AN_NVSP_SEND_VF_ASSOCIATION),
		.vf_association.allocated = cpu_to_le32(1),
		.vf_association.serial = cpu_to_le32(7),
	};
	struct {
		struct an_nvsp_message msg;
		__le32 entry[AN_NVSP_SEND_TABLE];
	} table = {
		.msg.type = cpu_to_le32(AN_NVSP_SEND_INDIRECTION_TABLE),
		.msg.send_table.count = cpu_to_le32(AN_NVSP_SEND_TABLE),
		.msg.send_table.offset = cpu_to_le32(sizeof(msg)),
		.entry[15] = cpu_to_le32(3),
	};

	host_nic.nvsp_version = AN_NVSP_VERSION_61;
	an_nvsp_receive(&host_nic, &msg, sizeof(msg));
	CU_ASSERT_EQUAL(host_nic.vf.state, AN_VF_OFFERED);
	CU_ASSERT_EQUAL(host_nic.vf.serial, 7);
	CU_ASSERT_EQUAL(host.pci_kicks, 1);

	msg = (struct an_nvsp_message){ .type = cpu_to_le32(AN_NVSP_SWITCH_DATA_PATH) };
	an_nvsp_receive(&host_nic, &msg, sizeof(msg));
	CU_ASSERT_EQUAL(host_nic.vf.decision.hint, AN_VF_HOST_MOVED);

	host_nic.send_table[0] = 9;
	an_nvsp_receive(&host_nic, &table, sizeof(table));
	CU_ASSERT_EQUAL(host_nic.send_table[0], 0);
	CU_ASSERT_EQUAL(host_nic.send_table[15], 3);
	CU_ASSERT_EQUAL(kernel.warnings, 0);

	an_nvsp_receive(&host_nic, &msg, 3);
	CU_ASSERT_EQUAL(host_nic.stats.host_bad_nvsp.counter, 1);
	msg.type = cpu_to_le32(999);
	an_nvsp_receive(&host_nic, &msg, sizeof(msg));
	CU_ASSERT_EQUAL(host_nic.stats.host_unknown.counter, 1);
	CU_ASSERT_EQUAL(kernel.warnings, 2);
}

static CU_TestInfo tests[] = {
	{ "the newest host", the_newest_host },
	{ "older hosts", older_hosts },
	{ "a host that knows no version", a_host_that_knows_no_version },
	{ "a silent host", a_silent_host },
	{ "what a host may refuse", what_a_host_may_refuse },
	{ "answers that lie", answers_that_lie },
	{ "memory ends anywhere", memory_ends_anywhere },
	{ "buffers cannot be shared", buffers_cannot_be_shared },
	{ "buffers are taken back", buffers_are_taken_back },
	{ "a buffer the host keeps is lost", a_buffer_the_host_keeps_is_lost },
	{ "a host that is gone is told nothing", a_host_that_is_gone_is_told_nothing },
	{ "subchannels", subchannels },
	{ "a full ring is tried again", a_full_ring_is_tried_again },
	{ "a rescind ends the wait", a_rescind_ends_the_wait },
	{ "no transaction is free", no_transaction_is_free },
	{ "what the host says", what_the_host_says },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("kmod/nvsp_start", setup, teardown, tests);
