// SPDX-License-Identifier: BSD-3-Clause
/*
 * The report in JSON, for programs. accelnet(8) lists the keys; they are there in every report,
 * null where nothing is known, and SCHEMA changes when one changes its meaning or goes.
 */
#include "output.h"
#include "../pair/pciids.h"
#include "text.h"

#include <json-c/json.h>
#include <string.h>

#define SCHEMA 2

static void add(struct json_object *to, const char *key, struct json_object *value)
{
	json_object_object_add(to, key, value);
}

/* "" is null. */
static void add_text(struct json_object *to, const char *key, const char *text)
{
	char clean[AN_TEXT];

	an_text_clean(clean, sizeof(clean), text);
	add(to, key, clean[0] != '\0' ? json_object_new_string(clean) : NULL);
}

static void add_fact(struct json_object *to, const char *key, enum an_fact fact)
{
	add(to, key, fact == AN_UNKNOWN ? NULL : json_object_new_boolean(fact == AN_YES));
}

static void add_number(struct json_object *to, const char *key, uint64_t number, bool known)
{
	add(to, key, known ? json_object_new_uint64(number) : NULL);
}

static void add_link(struct json_object *to, const struct an_link *link)
{
	char mac[18] = "";

	if (link->has_mac)
		an_text_mac(mac, link->mac);
	add_text(to, "interface", link->name);
	add_text(to, "mac", mac);
	add_number(to, "mtu", link->mtu, link->mtu != 0);
	add_fact(to, "up", link->up);
	add_fact(to, "carrier", link->carrier);
}

static struct json_object *new_vf(const struct an_nic *nic)
{
	struct json_object *vf;

	if (nic->vf.name[0] == '\0')
		return NULL;
	vf = json_object_new_object();
	add_link(vf, &nic->vf);
	add_text(vf, "pci_address", nic->vf_address);
	add_fact(vf, "has_ip_address", nic->vf_has_ip);
	add_text(vf, "ip_address", nic->vf_ip);
	add_text(vf, "managed_by", nic->vf_manager);
	add_text(vf, "qdisc", nic->vf_qdisc);
	add_text(vf, "filter", nic->vf_filter);
	return vf;
}

static struct json_object *new_function(const struct an_function *function)
{
	struct json_object *to;
	char id[10];

	if (function == NULL)
		return NULL;
	to = json_object_new_object();
	snprintf(id, sizeof(id), "%04x:%04x", function->id.vendor, function->id.device);
	add_text(to, "pci_address", function->address);
	add_text(to, "pci_id", id);
	add_text(to, "model", function->id.name);
	add_text(to, "driver", function->driver);
	add_fact(to, "driver_bound", function->bound);
	add_number(to, "serial", function->serial, function->has_serial);
	return to;
}

static struct json_object *new_sample(const struct an_sample *sample)
{
	struct json_object *to;

	if (!sample->taken || !sample->first.has_vf || !sample->last.has_vf)
		return NULL;
	to = json_object_new_object();
	add_number(to, "window_ms", sample->ms, true);
	add_number(to, "vf_rx_packets", sample->last.vf_rx - sample->first.vf_rx, true);
	add_number(to, "vf_tx_packets", sample->last.vf_tx - sample->first.vf_tx, true);
	add_number(to, "synthetic_rx_packets",
		   sample->last.synthetic_rx - sample->first.synthetic_rx, true);
	add_number(to, "synthetic_tx_packets",
		   sample->last.synthetic_tx - sample->first.synthetic_tx, true);
	return to;
}

static struct json_object *new_nic(const struct an_nic *nic)
{
	const struct an_verdict *verdict = &nic->verdict;
	const struct an_module *module = &nic->module;
	bool shared = nic->claim == AN_CLAIM_SHARED;
	struct json_object *to = json_object_new_object();

	add_link(to, &nic->net);
	add_text(to, "vmbus_device", nic->guid);
	add_text(to, "driver", nic->driver);
	add(to, "vf", new_vf(nic));
	add(to, "function", shared ? NULL : new_function(nic->function));
	add_text(to, "state", an_state_name(verdict->state));
	add_text(to, "state_source", an_source_name(verdict->state_source));
	add_number(to, "since_us", module->since_us, module->diagnosed);
	add_number(to, "moves", module->moves, module->diagnosed);
	add_text(to, "data_path", an_path_name(verdict->path));
	add_text(to, "data_path_source", an_source_name(verdict->path_source));
	add(to, "sample", new_sample(&nic->sample));
	add(to, "needs_root", json_object_new_boolean(module->denied));
	add_text(to, "result", an_result_name(verdict->result));
	add_text(to, "reason_code", verdict->code != NULL ? verdict->code : "");
	add_text(to, "reason", verdict->reason);
	add_text(to, "next", verdict->next);
	return to;
}

static struct json_object *new_report(const struct an_report *report)
{
	const struct an_host *host = report->host;
	bool failed = report->error[0] != '\0';
	struct json_object *to = json_object_new_object();
	struct json_object *nics = json_object_new_array();
	struct json_object *functions = json_object_new_array();

	add(to, "schema", json_object_new_int(SCHEMA));
	add_text(to, "result", an_result_name(report->result));
	add(to, "exit_code", json_object_new_int(an_result_exit(report->result)));
	add_text(to, "error", failed ? report->error : host->failed);
	for (size_t i = 0; i < host->nics && !failed; i++)
		if (report->nic == NULL || report->nic == &host->nic[i])
			json_object_array_add(nics, new_nic(&host->nic[i]));
	add(to, "nics", nics);
	for (size_t i = 0; i < host->functions; i++)
		if (!host->function[i].claimed)
			json_object_array_add(functions, new_function(&host->function[i]));
	add(to, "unattributed_functions", functions);
	return to;
}

void an_output_json(FILE *to, const struct an_report *report)
{
	struct json_object *object = new_report(report);

	fprintf(to, "%s\n",
		json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
						       JSON_C_TO_STRING_SPACED |
						       JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}
