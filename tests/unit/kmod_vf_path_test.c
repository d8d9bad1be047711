// SPDX-License-Identifier: BSD-3-Clause
/*
 * The data path of a VF against a scripted host: who is told what, when vf.tx is set, how long a
 * retreat waits, and what the event log keeps. The decisions are kmod_vf_decide_test.c's.
 */
#include "../../kmod/vf_path.h"
#include "../../kmod/waits.h"
#include "kmod_host.h"
#include "unit.h"

#include <net/sch_generic.h>

static struct net_device vf_net;
static struct Qdisc qdisc[2];
static u32 seen_at_host;	/* vf.tx was set when the host heard of a switch to synthetic */

static void setup(void)
{
	host_setup();
	vf_net = (struct net_device){ .real_num_tx_queues = 2 };
	vf_net.tx[0].qdisc = &qdisc[0];
	vf_net.tx[1].qdisc = &qdisc[1];
	qdisc[0].waiting = qdisc[1].waiting = 0;
	seen_at_host = 0;
}

static struct an_vf *vf(void)
{
	return &host_nic.vf;
}

/* tx is the VF exactly while the state is active. */
static void check_tx(void)
{
	CU_ASSERT_PTR_EQUAL(vf()->tx, vf()->state == AN_VF_ACTIVE ? &vf_net : NULL);
}

static u32 path_of(const struct host_sent *sent)
{
	CU_ASSERT_EQUAL(le32_to_cpu(sent->msg.type), AN_NVSP_SWITCH_DATA_PATH);
	return le32_to_cpu(sent->msg.datapath.active);
}

static void join(struct an_vf *to, const void *arg)
{
	struct an_vf_facts *facts = &to->decision.facts;

	facts->function = facts->driver = facts->netdev = facts->joined = true;
	facts->running = facts->carrier = true;
	to->netdev = &vf_net;
}

static void lose_carrier(struct an_vf *to, const void *arg)
{
	to->decision.facts.carrier = false;
}

/* All is there, the VF has had its moment to settle, and the host has been asked. */
static void ask(void)
{
	an_vf_associate(&host_nic, true, 7);
	an_vf_change_facts(&host_nic, join, NULL);
	check_tx();
	CU_ASSERT_EQUAL(host.count, 0);
	CU_ASSERT_EQUAL(an_vf_settle_path(&host_nic), AN_SETTLE_MS);
	kernel_sleep(AN_SETTLE_MS * 1000);
	an_vf_settle_path(&host_nic);
	CU_ASSERT_EQUAL_FATAL(host.count, 1);
	CU_ASSERT_EQUAL(path_of(host_last()), AN_NVSP_DATAPATH_VF);
	CU_ASSERT_EQUAL(vf()->state, AN_VF_SWITCHING);
	check_tx();
}

static void activate(void)
{
	ask();
	host_complete(host_last()->id, NULL, 0);
	CU_ASSERT_EQUAL_FATAL(vf()->state, AN_VF_ACTIVE);
	check_tx();
}

static void an_association_offers_it(void)
{
	an_vf_associate(&host_nic, true, 7);
	CU_ASSERT_EQUAL(vf()->state, AN_VF_OFFERED);
	CU_ASSERT_EQUAL(vf()->reason, AN_VF_NO_FUNCTION);
	CU_ASSERT_EQUAL(vf()->serial, 7);
	CU_ASSERT_TRUE(vf()->work.queued);
	an_vf_associate(&host_nic, false, 9);
	CU_ASSERT_EQUAL(vf()->state, AN_VF_ABSENT);
	CU_ASSERT_EQUAL(vf()->serial, 7);	/* the last that was named */
	CU_ASSERT_EQUAL(host_nic.stats.vf_reassociated.counter, 0);
}

static void another_serial_is_another_function(void)
{
	activate();
	vf()->module_asked = true;
	an_vf_associate(&host_nic, true, 8);
	CU_ASSERT_EQUAL(vf()->serial, 8);
	CU_ASSERT_FALSE(vf()->decision.facts.joined || vf()->decision.facts.function);
	CU_ASSERT_FALSE(vf()->module_asked);
	CU_ASSERT_EQUAL(host_nic.stats.vf_reassociated.counter, 1);
	CU_ASSERT_PTR_NULL(vf()->tx);
	CU_ASSERT_EQUAL(path_of(host_last()), AN_NVSP_DATAPATH_SYNTHETIC);
	/* The same again is no news. */
	an_vf_change_facts(&host_nic, join, NULL);
	vf()->work.queued = false;
	an_vf_associate(&host_nic, true, 8);
	CU_ASSERT_TRUE(vf()->decision.facts.joined);
	CU_ASSERT_EQUAL(host_nic.stats.vf_reassociated.counter, 1);
	CU_ASSERT_FALSE(vf()->work.queued);
}

static void an_answer_in_time_makes_it_active(void)
{
	activate();
	CU_ASSERT_EQUAL(vf()->reason, AN_VF_OK);
	CU_ASSERT_EQUAL(host_nic.stats.vf_path_moves.counter, 1);
	CU_ASSERT_EQUAL(vf()->path_wait.wakes, 1);
	CU_ASSERT_EQUAL(an_vf_settle_path(&host_nic), 0);
	CU_ASSERT_EQUAL(host.count, 1);
}

static void an_answer_to_nothing_is_counted(void)
{
	an_vf_path_done(&host_nic, 1);
	CU_ASSERT_EQUAL(host_nic.stats.host_late_answer.counter, 1);
	ask();
	an_vf_path_done(&host_nic, vf()->decision.number + 1);
	an_vf_path_done(&host_nic, vf()->decision.number - 1);
	CU_ASSERT_EQUAL(host_nic.stats.host_late_answer.counter, 3);
	CU_ASSERT_EQUAL(vf()->state, AN_VF_SWITCHING);
	check_tx();
}

static void a_silent_host_is_asked_again(void)
{
	ask();
	kernel_sleep(AN_ASK_MS * 1000);
	CU_ASSERT_EQUAL(an_vf_settle_path(&host_nic), AN_ASK_AGAIN_MS);
	CU_ASSERT_EQUAL(host_nic.stats.host_silent.counter, 1);
	CU_ASSERT_EQUAL(kernel.warnings, 1);
	CU_ASSERT_EQUAL(vf()->reason, AN_VF_HOST_SILENT);
	CU_ASSERT_EQUAL(host.count, 1);
	check_tx();
	kernel_sleep(AN_ASK_AGAIN_MS * 1000);
	an_vf_settle_path(&host_nic);
	CU_ASSERT_EQUAL(host.count, 2);
	/* The answer to the first question, now that there is a second. */
	host_complete(host.sent[0].id, NULL, 0);
	CU_ASSERT_EQUAL(host_nic.stats.host_late_answer.counter, 1);
	CU_ASSERT_EQUAL(host_nic.stats.host_silent.counter, 1);
	check_tx();
}

/* One that comes after the deadline, but before another question, still says where the path is. */
static void a_late_answer_counts_while_nothing_newer_is_asked(void)
{
	ask();
	kernel_sleep(AN_ASK_MS * 1000);
	an_vf_settle_path(&host_nic);
	CU_ASSERT_EQUAL(vf()->state, AN_VF_PAIRED);
	host_complete(host_last()->id, NULL, 0);
	CU_ASSERT_EQUAL(vf()->state, AN_VF_ACTIVE);
	CU_ASSERT_EQUAL(host_nic.stats.host_late_answer.counter, 0);
	check_tx();
}

static void the_host_moves_the_path_itself(void)
{
	activate();
	an_vf_host_moved(&host_nic, AN_NVSP_DATAPATH_SYNTHETIC);
	CU_ASSERT_NOT_EQUAL(vf()->state, AN_VF_ACTIVE);
	CU_ASSERT_EQUAL(vf()->reason, AN_VF_HOST_MOVED);
	CU_ASSERT_FALSE(vf()->decision.facts.path_vf);
	check_tx();
	/* An invitation is but a reason to look. */
	vf()->work.queued = false;
	an_vf_host_moved(&host_nic, AN_NVSP_DATAPATH_VF);
	CU_ASSERT_TRUE(vf()->work.queued);
	CU_ASSERT_FALSE(vf()->decision.facts.path_vf);
	check_tx();
}

static void note_tx(const struct host_sent *sent)
{
	if (path_of(sent) == AN_NVSP_DATAPATH_SYNTHETIC && vf()->tx)
		seen_at_host++;
}

static void packets_leave_it_before_the_host_hears(void)
{
	activate();
	host.hear = note_tx;
	an_vf_change_facts(&host_nic, lose_carrier, NULL);
	CU_ASSERT_EQUAL(host.count, 2);
	CU_ASSERT_EQUAL(path_of(host_last()), AN_NVSP_DATAPATH_SYNTHETIC);
	CU_ASSERT_EQUAL(seen_at_host, 0);
	CU_ASSERT_PTR_NULL(vf()->tx);
	CU_ASSERT_EQUAL(vf()->reason, AN_VF_NO_CARRIER);
}

static void a_full_ring_is_no_move(void)
{
	activate();
	host.full = -1;
	an_vf_change_facts(&host_nic, lose_carrier, NULL);
	CU_ASSERT_EQUAL(host_nic.stats.vf_path_moves.counter, 1);
	CU_ASSERT_PTR_NULL(vf()->tx);
	CU_ASSERT_EQUAL(host_nic.queue[0]->xact.used, 0);
	host.full = 0;
	an_vf_settle_path(&host_nic);
	CU_ASSERT_EQUAL(host_nic.stats.vf_path_moves.counter, 2);
	CU_ASSERT_EQUAL(path_of(host_last()), AN_NVSP_DATAPATH_SYNTHETIC);
}

static void the_nic_goes_down_and_comes_up(void)
{
	activate();
	an_vf_nic_runs(&host_nic, false);
	CU_ASSERT_EQUAL(vf()->reason, AN_VF_NIC_DOWN);
	CU_ASSERT_EQUAL(path_of(host_last()), AN_NVSP_DATAPATH_SYNTHETIC);
	CU_ASSERT_PTR_NULL(vf()->tx);
	host_complete(host_last()->id, NULL, 0);
	an_vf_nic_runs(&host_nic, true);
	kernel_sleep(AN_SETTLE_MS * 1000);
	an_vf_settle_path(&host_nic);
	CU_ASSERT_EQUAL(path_of(host_last()), AN_NVSP_DATAPATH_VF);
}

static void the_user_wants_synthetic(void)
{
	activate();
	vf()->work.queued = false;
	an_vf_set_policy(&host_nic, AN_VF_SYNTHETIC);
	CU_ASSERT_TRUE(vf()->work.queued);
	an_vf_settle_path(&host_nic);
	CU_ASSERT_EQUAL(path_of(host_last()), AN_NVSP_DATAPATH_SYNTHETIC);
	host_complete(host_last()->id, NULL, 0);
	CU_ASSERT_EQUAL(vf()->reason, AN_VF_USER);
	check_tx();
}

static void answer_after_30_ms(void)
{
	if (kernel.us >= host_last()->us + 30000)
		host_complete(host_last()->id, NULL, 0);
}

static void a_retreat_waits_for_the_answer(void)
{
	u64 begun;

	activate();
	begun = kernel.us;
	kernel.tick = answer_after_30_ms;
	an_vf_leave_path(&host_nic, &vf_net, AN_PATH_RTNL_MS);
	kernel.tick = NULL;
	CU_ASSERT_EQUAL(kernel.us - begun, 30000);
	CU_ASSERT_FALSE(vf()->decision.facts.pending);
	CU_ASSERT_EQUAL(host_nic.stats.vf_tx_lost.counter, 0);
	check_tx();
}

static void a_retreat_from_a_silent_host_ends(void)
{
	u64 begun;

	activate();
	begun = kernel.us;
	an_vf_leave_path(&host_nic, NULL, AN_PATH_RTNL_MS);
	CU_ASSERT_EQUAL((kernel.us - begun) / 1000, AN_PATH_RTNL_MS);
	CU_ASSERT_TRUE(vf()->decision.facts.pending);
	CU_ASSERT_PTR_NULL(vf()->tx);
}

static void a_retreat_from_a_host_that_is_gone_does_not_wait(void)
{
	u64 begun;

	activate();
	begun = kernel.us;
	host_channel.rescind = true;
	an_vf_leave_path(&host_nic, NULL, AN_PATH_RTNL_MS);
	CU_ASSERT_EQUAL(kernel.us, begun);
}

/* Nor for room in its ring. */
static void a_retreat_from_a_ring_that_is_gone_does_not_wait(void)
{
	u64 begun;

	activate();
	begun = kernel.us;
	host.full = -1;
	host_channel.rescind = true;
	an_vf_leave_path(&host_nic, NULL, AN_PATH_RTNL_MS);
	CU_ASSERT_EQUAL(kernel.us, begun);
}

static void a_retreat_tells_a_full_ring_again(void)
{
	activate();
	host.full = 4;
	host.hear = NULL;
	kernel.tick = answer_after_30_ms;
	an_vf_leave_path(&host_nic, NULL, AN_PATH_RTNL_MS);
	kernel.tick = NULL;
	CU_ASSERT_EQUAL(host.count, 2);
	CU_ASSERT_EQUAL(path_of(host_last()), AN_NVSP_DATAPATH_SYNTHETIC);
	CU_ASSERT_FALSE(vf()->decision.facts.path_vf || vf()->decision.facts.pending);
}

static void a_full_ring_does_not_keep_a_retreat(void)
{
	u64 begun;

	activate();
	host.full = -1;
	begun = kernel.us;
	an_vf_leave_path(&host_nic, NULL, AN_PATH_RTNL_MS);
	CU_ASSERT((kernel.us - begun) / 1000 >= AN_PATH_RTNL_MS);
	CU_ASSERT((kernel.us - begun) / 1000 <= AN_PATH_RTNL_MS + 2);
	CU_ASSERT_EQUAL(host.count, 1);
}

static void send_some(void)
{
	if (qdisc[0].waiting)
		qdisc[0].waiting--;
}

/* What waits may go out for a while; what is left then is lost, and said so. */
static void a_retreat_drains_its_queues(void)
{
	struct an_event_log *log = &host_nic.events;
	u64 begun;

	activate();
	qdisc[0].waiting = 3;
	kernel.tick = send_some;
	begun = kernel.us;
	an_vf_leave_path(&host_nic, &vf_net, 0);
	CU_ASSERT_EQUAL(kernel.us - begun, 3000);
	CU_ASSERT_EQUAL(host_nic.stats.vf_tx_lost.counter, 0);

	qdisc[0].waiting = 1000;
	qdisc[1].waiting = 5;
	begun = kernel.us;
	an_vf_leave_path(&host_nic, &vf_net, 0);
	kernel.tick = NULL;
	CU_ASSERT_EQUAL((kernel.us - begun) / 1000, AN_DRAIN_RTNL_MS);
	CU_ASSERT_EQUAL(host_nic.stats.vf_tx_lost.counter, 1000 - AN_DRAIN_RTNL_MS + 5);
	CU_ASSERT_EQUAL(vf()->lost, 1000 - AN_DRAIN_RTNL_MS + 5);
	/* The next move carries the number, once. */
	host_complete(host_last()->id, NULL, 0);
	CU_ASSERT_EQUAL(log->event[log->count - 1].lost, 1000 - AN_DRAIN_RTNL_MS + 5);
	CU_ASSERT_EQUAL(vf()->lost, 0);
}

static void the_log_tells_each_move(void)
{
	static const enum an_vf_state way[] = {
		AN_VF_ABSENT, AN_VF_OFFERED, AN_VF_PAIRED, AN_VF_SWITCHING, AN_VF_ACTIVE,
	};
	struct an_event event[AN_EVENTS];
	u32 count, i, legs = 0;

	ask();
	kernel_sleep(123456);
	host_complete(host_last()->id, NULL, 0);
	count = an_event_copy(&host_nic.events, event);
	CU_ASSERT_FATAL(count > 0);
	for (i = 0; i < count; i++) {
		CU_ASSERT_PTR_NULL(an_vf_move_refused(event[i].from, event[i].to));
		if (i > 0)
			CU_ASSERT_EQUAL(event[i].from, event[i - 1].to);
		if (legs < ARRAY_SIZE(way) && event[i].from == way[legs])
			legs++;
	}
	CU_ASSERT_EQUAL(legs, ARRAY_SIZE(way) - 1);
	CU_ASSERT_EQUAL(event[count - 1].to, AN_VF_ACTIVE);
	CU_ASSERT_EQUAL(event[count - 1].us, 123456);
	CU_ASSERT_EQUAL(event[count - 1].time, ktime_get_real());
	CU_ASSERT_FALSE(vf()->was_active);
	an_vf_change_facts(&host_nic, lose_carrier, NULL);
	CU_ASSERT_TRUE(vf()->was_active);
}

/* devlink's report follows a move; a NIC that is going queues nothing any more. */
static void moves_are_reported_until_the_end(void)
{
	an_vf_associate(&host_nic, true, 7);
	CU_ASSERT_FALSE(vf()->report.queued);
	host_nic.devlink = (struct an_devlink *)&vf_net;
	an_vf_associate(&host_nic, false, 7);
	CU_ASSERT_TRUE(vf()->report.queued);
	vf()->report.queued = vf()->work.queued = false;
	host_nic.removing = true;
	an_vf_associate(&host_nic, true, 7);
	CU_ASSERT_FALSE(vf()->report.queued);
	CU_ASSERT_FALSE(vf()->work.queued);
}

static CU_TestInfo tests[] = {
	{ "an association offers it", an_association_offers_it },
	{ "another serial is another function", another_serial_is_another_function },
	{ "an answer in time makes it active", an_answer_in_time_makes_it_active },
	{ "an answer to nothing is counted", an_answer_to_nothing_is_counted },
	{ "a silent host is asked again", a_silent_host_is_asked_again },
	{ "a late answer counts while nothing newer is asked",
	  a_late_answer_counts_while_nothing_newer_is_asked },
	{ "the host moves the path itself", the_host_moves_the_path_itself },
	{ "packets leave it before the host hears", packets_leave_it_before_the_host_hears },
	{ "a full ring is no move", a_full_ring_is_no_move },
	{ "the NIC goes down and comes up", the_nic_goes_down_and_comes_up },
	{ "the user wants synthetic", the_user_wants_synthetic },
	{ "a retreat waits for the answer", a_retreat_waits_for_the_answer },
	{ "a retreat from a silent host ends", a_retreat_from_a_silent_host_ends },
	{ "a retreat from a host that is gone does not wait",
	  a_retreat_from_a_host_that_is_gone_does_not_wait },
	{ "a retreat from a ring that is gone does not wait",
	  a_retreat_from_a_ring_that_is_gone_does_not_wait },
	{ "a retreat tells a full ring again", a_retreat_tells_a_full_ring_again },
	{ "a full ring does not keep a retreat", a_full_ring_does_not_keep_a_retreat },
	{ "a retreat drains its queues", a_retreat_drains_its_queues },
	{ "the log tells each move", the_log_tells_each_move },
	{ "moves are reported until the end", moves_are_reported_until_the_end },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("kmod/vf_path", setup, host_teardown, tests);
