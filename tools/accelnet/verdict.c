// SPDX-License-Identifier: BSD-3-Clause
/*
 * From facts to state, reason, next command and exit status. State and data path come first, from
 * accelnet.ko where it tells and from the facts otherwise; then the first rule that applies
 * (rules.c) says what is wrong.
 */
#include "verdict.h"
#include "explain.h"
#include "rules.h"
#include "text.h"

#include <string.h>

/* ------------------------------------------------------------------------- state and path -- */

/* Frames a NIC's user sends; netpoll and XDP send on the synthetic side in any case. */
static enum an_path measured_path(const struct an_sample *sample)
{
	const struct an_counters *first = &sample->first, *last = &sample->last;

	if (!sample->taken || !first->has_vf || !last->has_vf)
		return AN_PATH_UNKNOWN;
	/* Counters that went back are those of another driver, or of a new start. */
	if (last->vf_tx < first->vf_tx || last->vf_rx < first->vf_rx ||
	    last->synthetic_tx < first->synthetic_tx)
		return AN_PATH_UNKNOWN;
	if (last->vf_tx > first->vf_tx)
		return AN_PATH_VF;
	if (last->synthetic_tx > first->synthetic_tx)
		return AN_PATH_SYNTHETIC;
	/*
	 * Reception proves the VF only: broadcasts and first packets of a flow come by the
	 * synthetic path whatever the data path is.
	 */
	return last->vf_rx > first->vf_rx ? AN_PATH_VF : AN_PATH_UNKNOWN;
}

static void find_path(const struct an_nic *nic, struct an_verdict *verdict)
{
	verdict->path_source = AN_SOURCE_INFERRED;
	if (is_reported(nic)) {
		verdict->path_source = AN_SOURCE_REPORTED;
		verdict->path = nic->module.state == AN_VF_ACTIVE ? AN_PATH_VF :
								       AN_PATH_SYNTHETIC;
		if (nic->module.state == AN_VF_UNKNOWN)
			verdict->path = AN_PATH_UNKNOWN;
	} else if (nic->net.name[0] == '\0') {
		verdict->path = AN_PATH_UNKNOWN;
	} else if (!has_vf(nic)) {
		verdict->path = nic->failed[0] == '\0' ? AN_PATH_SYNTHETIC : AN_PATH_UNKNOWN;
	} else if (nic->net.up == AN_NO || nic->vf.up == AN_NO || nic->vf.carrier == AN_NO) {
		verdict->path = AN_PATH_SYNTHETIC;
	} else {
		verdict->path = measured_path(&nic->sample);
		if (verdict->path != AN_PATH_UNKNOWN)
			verdict->path_source = AN_SOURCE_MEASURED;
		else if (nic->failed[0] == '\0' && nic->vf.carrier == AN_YES)
			verdict->path = AN_PATH_VF;
	}
	if (verdict->path == AN_PATH_UNKNOWN)
		verdict->path_source = AN_SOURCE_NONE;
}

static enum an_vf_state infer_state(const struct an_host *host, const struct an_nic *nic,
				 enum an_path path)
{
	if (nic->net.name[0] == '\0')
		return AN_VF_UNKNOWN;
	if (has_vf(nic)) {
		switch (path) {
		case AN_PATH_UNKNOWN:
			return AN_VF_UNKNOWN;
		case AN_PATH_SYNTHETIC:
			return AN_VF_PAIRED;
		case AN_PATH_VF:
			return AN_VF_ACTIVE;
		}
	}
	if (nic->function != NULL) {
		switch (nic->function->bound) {
		case AN_UNKNOWN:
			return AN_VF_UNKNOWN;
		case AN_NO:
			return AN_VF_PRESENT;
		case AN_YES:
			return AN_VF_BOUND;
		}
	}
	if (nic->claim == AN_CLAIM_UNSURE || host->idle_buses > 0 || is_failed(host, nic))
		return AN_VF_UNKNOWN;
	return AN_VF_ABSENT;
}

static void find_state(const struct an_host *host, const struct an_nic *nic,
		       struct an_verdict *verdict)
{
	/* A function that came before its association is not the module's to report. */
	bool early = nic->module.state == AN_VF_ABSENT && nic->function != NULL && !has_vf(nic);

	if (is_reported(nic) && !early) {
		verdict->state = nic->module.state;
		verdict->state_source = AN_SOURCE_REPORTED;
		return;
	}
	verdict->state = infer_state(host, nic, verdict->path);
	verdict->state_source = verdict->state == AN_VF_UNKNOWN ? AN_SOURCE_NONE :
								     AN_SOURCE_INFERRED;
}

static void judge(const struct an_host *host, struct an_nic *nic)
{
	struct an_verdict *verdict = &nic->verdict;
	const struct an_rule *rule;

	*verdict = (struct an_verdict){ 0 };
	find_path(nic, verdict);
	find_state(host, nic, verdict);
	rule = an_rule_find(host, nic);
	if (rule == NULL) {
		verdict->result = AN_OK;
		return;
	}
	verdict->result = rule->result;
	verdict->code = rule->code;
	an_explain(verdict->reason, rule->reason, host, nic, false);
	an_explain(verdict->next, rule->next, host, nic, true);
}

void an_verdict(struct an_host *host)
{
	for (size_t i = 0; i < host->nics; i++)
		judge(host, &host->nic[i]);
}

void an_verdict_allow(struct an_nic *nic)
{
	nic->verdict.result = AN_OK;
	nic->verdict.next[0] = '\0';
}

enum an_result an_verdict_result(const struct an_host *host, const struct an_nic *nic)
{
	/* The words of enum an_result are in order: the worst is the last. */
	enum an_result worst = AN_ELSEWHERE;

	if (nic != NULL)
		return nic->verdict.result;
	if (host->nics == 0 || host->failed[0] != '\0')
		worst = AN_CANNOT_TELL;
	for (size_t i = 0; i < host->nics; i++) {
		nic = &host->nic[i];
		if (nic->claim == AN_CLAIM_UNSURE && host->unused > 0)
			return AN_DEGRADED;
		if (nic->verdict.result > worst)
			worst = nic->verdict.result;
	}
	return worst;
}
