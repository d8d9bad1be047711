// SPDX-License-Identifier: BSD-3-Clause
/*
 * The decision for the data path: single steps, then random histories against a model of a host
 * that may be silent, late or contradictory, in any order. What vf_path.c does around the decision
 * (lock, ring, work) is a few lines here.
 */
#include "../../kmod/vf_decide.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

#define HISTORIES 100000
#define STEPS 24
#define FLIGHT 256 /* messages under way, at most */

/* All that is left to wait for once the host answers: the longest pause and the longest hold. */
#define BOUND_MS (AN_ASK_AGAIN_MAX_MS + 64000 + 3 * AN_ASK_MS)

static struct an_vf_decision d;
static u64 now;

static void setup(void)
{
	memset(&d, 0, sizeof(d));
	now = 1000000;
}

/* -------------------------------------------------------------------------- single steps -- */

static const struct an_vf_facts ready_facts = {
	.associated = 1, .function = 1, .driver = 1, .netdev = 1, .joined = 1, .running = 1,
	.carrier = 1,
};

static void become(struct an_vf_facts facts)
{
	struct an_vf_facts was = d.facts;

	d.facts = facts;
	d.facts.pending = was.pending;
	d.facts.path_vf = was.path_vf;
	d.facts.path_unknown = was.path_unknown;
	an_vf_decide_change(&d, &was, now);
}

static void become_active(void)
{
	become(ready_facts);
	now += AN_SETTLE_MS;
	CU_ASSERT_EQUAL(an_vf_decide(&d, now), AN_VF_ASK_VF);
	an_vf_decide_asked(&d, AN_VF_ASK_VF, 0, now);
	CU_ASSERT_TRUE(an_vf_decide_answered(&d, d.number, now));
	CU_ASSERT_EQUAL(an_vf_state_of(&d.facts), AN_VF_ACTIVE);
}

static void the_way_to_active(void)
{
	become(ready_facts);
	CU_ASSERT_EQUAL(an_vf_decide(&d, now), AN_VF_ASK_NOTHING); /* its filters first */
	CU_ASSERT_EQUAL(an_vf_decide_wait(&d, now), AN_SETTLE_MS);
	setup();
	become_active();
	CU_ASSERT_EQUAL(an_vf_decide(&d, now), AN_VF_ASK_NOTHING);
	CU_ASSERT_EQUAL(an_vf_decide_wait(&d, now), 0);
	CU_ASSERT_FALSE(an_vf_decide_answered(&d, d.number, now)); /* twice */
	CU_ASSERT_FALSE(an_vf_decide_answered(&d, d.number - 1, now));
}

/* A silent host may have moved the path all the same: K4. */
static void silence_is_asked_again(void)
{
	struct an_vf_facts was, facts = ready_facts;
	u64 pause = AN_ASK_AGAIN_MS, wait;

	become_active();
	was = d.facts;
	d.facts.running = false;
	CU_ASSERT_EQUAL(an_vf_decide_change(&d, &was, now), AN_VF_ASK_SYNTHETIC);
	an_vf_decide_asked(&d, AN_VF_ASK_SYNTHETIC, 0, now);
	for (int i = 0; i < 10; i++) {
		CU_ASSERT_FALSE(an_vf_decide_expired(&d, now + AN_ASK_MS - 1));
		now += an_vf_decide_wait(&d, now);
		CU_ASSERT_TRUE(an_vf_decide_expired(&d, now));
		CU_ASSERT_FALSE(an_vf_decide_expired(&d, now));
		CU_ASSERT_TRUE(d.facts.path_unknown);
		CU_ASSERT_EQUAL(an_vf_decide(&d, now), AN_VF_ASK_NOTHING);
		wait = an_vf_decide_wait(&d, now);
		CU_ASSERT_EQUAL(wait, pause);
		now += wait;
		CU_ASSERT_EQUAL(an_vf_decide(&d, now), AN_VF_ASK_SYNTHETIC);
		an_vf_decide_asked(&d, AN_VF_ASK_SYNTHETIC, 0, now);
		pause = 2 * pause < AN_ASK_AGAIN_MAX_MS ? 2 * pause : AN_ASK_AGAIN_MAX_MS;
	}
	CU_ASSERT_TRUE(an_vf_decide_answered(&d, d.number, now));
	CU_ASSERT_FALSE(d.facts.path_unknown);
	CU_ASSERT_EQUAL(an_vf_decide_wait(&d, now), 0);
	/* That was one loss, and what it was held for has come: no hold is left. */
	become(facts);
	now += AN_SETTLE_MS;
	CU_ASSERT_EQUAL(an_vf_decide(&d, now), AN_VF_ASK_VF);
}

/* A late answer to the last question is as good as one in time. */
static void late_answers_count(void)
{
	become(ready_facts);
	now += AN_SETTLE_MS;
	an_vf_decide_asked(&d, an_vf_decide(&d, now), 0, now);
	now += AN_ASK_MS;
	CU_ASSERT_TRUE(an_vf_decide_expired(&d, now));
	CU_ASSERT_EQUAL(an_vf_decide_reason(&d, an_vf_state_of(&d.facts)), AN_VF_HOST_SILENT);
	CU_ASSERT_TRUE(an_vf_decide_answered(&d, d.number, now));
	CU_ASSERT_EQUAL(an_vf_state_of(&d.facts), AN_VF_ACTIVE);
	CU_ASSERT_EQUAL(an_vf_decide_reason(&d, AN_VF_ACTIVE), AN_VF_OK);
}

static void the_users_acts_are_no_losses(void)
{
	struct an_vf_facts was;

	become_active();
	for (int i = 0; i < 30; i++) {
		was = d.facts;
		d.facts.nic_down = true; /* as an_stop() says, before it closes the VF */
		CU_ASSERT_EQUAL(an_vf_decide_change(&d, &was, now), AN_VF_ASK_SYNTHETIC);
		an_vf_decide_asked(&d, AN_VF_ASK_SYNTHETIC, 0, now);
		was = d.facts;
		d.facts.running = false;
		an_vf_decide_change(&d, &was, now);
		an_vf_decide_answered(&d, d.number, now);
		was = d.facts;
		d.facts.nic_down = false;
		d.facts.running = true;
		an_vf_decide_change(&d, &was, now);
		now += AN_SETTLE_MS;
		CU_ASSERT_EQUAL(an_vf_decide(&d, now), AN_VF_ASK_VF);
		an_vf_decide_asked(&d, AN_VF_ASK_VF, 0, now);
		an_vf_decide_answered(&d, d.number, now);
	}
	an_vf_decide_policy(&d, AN_VF_SYNTHETIC);
	CU_ASSERT_EQUAL(an_vf_decide(&d, now), AN_VF_ASK_SYNTHETIC);
	CU_ASSERT_EQUAL(d.hold.level, 0);
}

static void the_hosts_move_is_one(void)
{
	become_active();
	an_vf_decide_host_moved(&d, now);
	CU_ASSERT_EQUAL(an_vf_decide(&d, now), AN_VF_ASK_NOTHING);
	CU_ASSERT_EQUAL(an_vf_decide_reason(&d, an_vf_state_of(&d.facts)), AN_VF_HOST_MOVED);
	CU_ASSERT_EQUAL(an_vf_decide_wait(&d, now), AN_HOLD_MS);
	now += AN_HOLD_MS;
	CU_ASSERT_EQUAL(an_vf_decide(&d, now), AN_VF_ASK_VF);
	/* While a question is open: which of both came last is not known. */
	an_vf_decide_asked(&d, AN_VF_ASK_VF, 0, now);
	an_vf_decide_host_moved(&d, now);
	CU_ASSERT_FALSE(an_vf_decide_answered(&d, d.number - 1, now));
	CU_ASSERT_TRUE(d.facts.path_unknown);
	CU_ASSERT_EQUAL(an_vf_decide(&d, now), AN_VF_ASK_SYNTHETIC);
}

static void what_cannot_be_sent(void)
{
	become(ready_facts);
	now += AN_SETTLE_MS;
	an_vf_decide_asked(&d, an_vf_decide(&d, now), -EAGAIN, now);
	CU_ASSERT_EQUAL(d.number, 0);
	CU_ASSERT_EQUAL(an_vf_decide_reason(&d, an_vf_state_of(&d.facts)), AN_VF_SEND_FAILED);
	CU_ASSERT_EQUAL(an_vf_decide_wait(&d, now), AN_ASK_AGAIN_MS);
	CU_ASSERT_EQUAL(an_vf_decide(&d, now), AN_VF_ASK_VF);
	/* And it is forgotten when nothing is to be sent any more. */
	become((struct an_vf_facts){ 0 });
	CU_ASSERT_EQUAL(an_vf_decide(&d, now), AN_VF_ASK_NOTHING);
	CU_ASSERT_EQUAL(an_vf_decide_wait(&d, now), 0);
	/* Without a channel there is no path to be moved. */
	become_active();
	an_vf_decide_asked(&d, AN_VF_ASK_SYNTHETIC, -ENODEV, now);
	CU_ASSERT_FALSE(d.facts.path_vf);
	CU_ASSERT_EQUAL(d.hint, AN_VF_NIC_GONE);
}

/* A VF that is up before it has the NIC's settings, or under a NIC that is down, carries none. */
static void not_before_it_is_set_up(void)
{
	struct an_vf_facts facts = ready_facts;

	facts.fresh = true;
	become(facts);
	now += AN_SETTLE_MS;
	CU_ASSERT_EQUAL(an_vf_decide(&d, now), AN_VF_ASK_NOTHING);
	CU_ASSERT_EQUAL(an_vf_reason_of(&d.facts), AN_VF_SETTING_UP);
	facts.unfit = true;
	become(facts);
	CU_ASSERT_EQUAL(an_vf_reason_of(&d.facts), AN_VF_UNFIT);
	facts = ready_facts;
	facts.nic_down = true;
	become(facts);
	CU_ASSERT_EQUAL(an_vf_decide(&d, now), AN_VF_ASK_NOTHING);
	CU_ASSERT_EQUAL(an_vf_reason_of(&d.facts), AN_VF_NIC_DOWN);
}

/* ------------------------------------------------------------------------------ histories -- */

struct message {
	u64 at;	       /* arrives */
	bool question; /* else: the host moved the path by itself */
	u32 number;
	bool vf;
};

static struct {
	bool vf;	    /* where the host's path is */
	bool deaf;	    /* does not take questions */
	bool mute;	    /* takes them and does not answer */
	u64 delay;	    /* of its answers, ms */
	bool full;	    /* no room in the ring towards it */
	struct message flight[FLIGHT];
	unsigned int first, last;
	u64 work_at;	    /* vf.work, UINT64_MAX: not queued */
	u64 hold;	    /* the last hold, */
	u64 hold_end;	    /* and when it ended */
	u64 until;
} w;

static uint64_t seed;

static unsigned int any(unsigned int n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned int)((seed >> 11) % n);
}

static void deliver_later(bool question, u32 number, bool vf)
{
	struct message *m = &w.flight[w.last++ % FLIGHT];
	u64 at = now + w.delay;

	CU_ASSERT_FATAL(w.last - w.first < FLIGHT);
	/* One ring: nothing overtakes. */
	if (w.last - w.first > 1 && w.flight[(w.last - 2) % FLIGHT].at > at)
		at = w.flight[(w.last - 2) % FLIGHT].at;
	*m = (struct message){ at, question, number, vf };
}

static void ask(enum an_vf_question question)
{
	int error = w.full ? -EAGAIN : 0;

	if (question == AN_VF_ASK_NOTHING)
		return;
	if (error == 0 && !w.deaf) {
		w.vf = question == AN_VF_ASK_VF;
		if (!w.mute)
			deliver_later(true, d.number + 1, w.vf);
	}
	an_vf_decide_asked(&d, question, error, now);
}

/* What must hold whenever the lock is given back. */
static void check_invariants(void)
{
	const struct an_vf_facts *f = &d.facts;
	bool transmits = an_vf_state_of(f) == AN_VF_ACTIVE && an_vf_is_ready(f);

	if (transmits && (!f->associated || !f->joined || !f->running || !f->carrier ||
			  f->nic_down || f->fresh))
		CU_FAIL("it transmits on a VF that is not ready");
	if (f->path_vf + f->path_unknown > 1)
		CU_FAIL("the path is known and unknown");
	if (f->pending && f->path_unknown && d.asked == AN_VF_ASK_NOTHING)
		CU_FAIL("it waits for no question");
	/* A path that is, or may be, on a VF that is not ready is being moved, or will be. */
	if (!an_vf_is_ready(f) && (f->path_vf || f->path_unknown) && !f->pending &&
	    an_vf_decide_wait(&d, now) == 0)
		CU_FAIL("it leaves the host on a VF that is gone");
	if (d.hold.until > w.until) {
		u64 hold = d.hold.until > now ? d.hold.until - now : 0;

		if (hold != 0) {
			if (now < w.hold_end + AN_HOLD_CALM_MS && hold < w.hold)
				CU_FAIL("a hold shrinks while losses go on");
			w.hold = hold;
			w.hold_end = d.hold.until;
		}
	}
	w.until = d.hold.until;
}

static void kick(void)
{
	u64 at = now + any(5);

	if (at < w.work_at)
		w.work_at = at;
}

static void change(const struct an_vf_facts *was)
{
	ask(an_vf_decide_change(&d, was, now));
	check_invariants();
	kick();
}

static void settle_path(void)
{
	u64 again;

	w.work_at = UINT64_MAX;
	an_vf_decide_expired(&d, now);
	ask(an_vf_decide(&d, now));
	again = an_vf_decide_wait(&d, now);
	if (again != 0)
		w.work_at = now + again;
	check_invariants();
}

static void receive(void)
{
	const struct message *m = &w.flight[w.first++ % FLIGHT];
	struct an_vf_facts was = d.facts;

	if (m->question)
		an_vf_decide_answered(&d, m->number, now);
	else
		an_vf_decide_host_moved(&d, now);
	change(&was);
}

/* Lets time pass: what is due is done in its order. */
static void pass(u64 ms)
{
	u64 end = now + ms;

	for (;;) {
		u64 message = w.first != w.last ? w.flight[w.first % FLIGHT].at : UINT64_MAX;
		u64 next = message < w.work_at ? message : w.work_at;

		if (next > end)
			break;
		now = next > now ? next : now;
		if (message <= w.work_at)
			receive();
		else
			settle_path();
	}
	now = end;
}

static void step(void)
{
	struct an_vf_facts was = d.facts;

	switch (any(16)) {
	case 0: case 1:
		d.facts.associated ^= 1;
		break;
	case 2: case 3:
		d.facts.joined ^= 1;
		d.facts.fresh = d.facts.joined;
		d.facts.running = d.facts.joined && any(2);
		d.facts.carrier = d.facts.running && any(2);
		break;
	case 4:
		d.facts.fresh = false;
		break;
	case 5: case 6:
		d.facts.running ^= 1;
		break;
	case 7: case 8:
		d.facts.carrier ^= 1;
		break;
	case 9:
		d.facts.nic_down = any(4) == 0;
		break;
	case 10:
		w.vf = false;
		deliver_later(false, 0, false);
		return;
	case 11:
		w.deaf = any(3) == 0;
		w.mute = any(3) == 0;
		return;
	case 12:
		w.full = any(4) == 0;
		return;
	case 13:
		w.delay = any(3) == 0 ? any(8000) : any(20);
		return;
	case 14:
		an_vf_decide_policy(&d, (enum an_vf_policy)any(3));
		kick();
		return;
	default:
		d.facts = ready_facts;
		d.facts.pending = was.pending;
		d.facts.path_vf = was.path_vf;
		d.facts.path_unknown = was.path_unknown;
		break;
	}
	change(&was);
}

static bool one_history(uint64_t from)
{
	bool wants;

	setup();
	memset(&w, 0, sizeof(w));
	w.work_at = UINT64_MAX;
	seed = from * 0x9e3779b97f4a7c15ull + 1;
	for (int i = 0; i < STEPS; i++) {
		step();
		pass(any(4) == 0 ? any(70000) : any(200));
	}
	/* The host answers from now on, and nothing else happens. */
	w.deaf = w.mute = w.full = false;
	w.delay = 10;
	pass(8000 + BOUND_MS);
	wants = an_vf_is_ready(&d.facts) && d.policy != AN_VF_SYNTHETIC;
	return !d.facts.pending && !d.facts.path_unknown && d.facts.path_vf == wants &&
	       w.vf == wants;
}

static void histories(void)
{
	unsigned int wrong = 0;

	for (uint64_t i = 1; i <= HISTORIES; i++)
		wrong += !one_history(i);
	CU_ASSERT_EQUAL(wrong, 0);
}

static CU_TestInfo tests[] = {
	{ "the way to active", the_way_to_active },
	{ "silence is asked again", silence_is_asked_again },
	{ "late answers count", late_answers_count },
	{ "the user's acts are no losses", the_users_acts_are_no_losses },
	{ "the host's move is one", the_hosts_move_is_one },
	{ "what cannot be sent", what_cannot_be_sent },
	{ "not before it is set up", not_before_it_is_set_up },
	{ "100,000 random histories", histories },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("kmod/vf_decide", setup, NULL, tests);
