// SPDX-License-Identifier: BSD-3-Clause
/* The report in text, for people: what `accelnet status` and `accelnet check` print. */
#include "output.h"
#include "../pair/pciids.h"
#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

__attribute__((format(printf, 2, 3)))
static void print(FILE *to, const char *format, ...)
{
	char text[4 * AN_TEXT], clean[4 * AN_TEXT];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	an_text_clean(clean, sizeof(clean), text);
	fputs(clean, to);
}

static const char *name_of(const struct an_nic *nic)
{
	return nic->net.name[0] != '\0' ? nic->net.name : nic->guid;
}

static const char *link_word(const struct an_link *link)
{
	switch (link->up) {
	case AN_UNKNOWN:
		break;
	case AN_NO:
		return "down";
	case AN_YES:
		switch (link->carrier) {
		case AN_UNKNOWN:
			return "up, carrier unknown";
		case AN_NO:
			return "up, no carrier";
		case AN_YES:
			return "up";
		}
	}
	return "link unknown";
}

static void print_link(FILE *to, const struct an_link *link)
{
	char mac[18];

	print(to, ", %s", link_word(link));
	if (link->mtu != 0)
		print(to, ", MTU %u", link->mtu);
	if (link->has_mac) {
		an_text_mac(mac, link->mac);
		print(to, ", %s", mac);
	}
}

static void print_function(FILE *to, const struct an_function *function)
{
	static const char *const no_driver[] = {
		[AN_UNKNOWN] = "driver unknown", [AN_NO] = "no driver", [AN_YES] = "driver unknown",
	};

	print(to, "%s, %s (%04x:%04x), %s", function->address, function->id.name,
	      function->id.vendor, function->id.device,
	      function->driver[0] != '\0' ? function->driver : no_driver[function->bound]);
	if (function->has_serial)
		print(to, ", serial %u", function->serial);
}

static void print_vf(FILE *to, const struct an_nic *nic)
{
	if (nic->vf.name[0] != '\0') {
		print(to, "  VF          %s", nic->vf.name);
		print_link(to, &nic->vf);
		if (nic->vf_has_ip == AN_YES)
			print(to, ", has address %s", nic->vf_ip);
		fputc('\n', to);
	}
	if (nic->claim == AN_CLAIM_SHARED) {
		print(to, "  function    one of the unattributed");
		fputc('\n', to);
	} else if (nic->function != NULL) {
		print(to, "  function    ");
		print_function(to, nic->function);
		fputc('\n', to);
	} else if (nic->vf_address[0] != '\0') {
		print(to, "  function    %s, of no known kind", nic->vf_address);
		fputc('\n', to);
	}
}

static void print_state(FILE *to, const struct an_nic *nic)
{
	const struct an_verdict *verdict = &nic->verdict;
	uint64_t vf = nic->sample.last.vf_tx - nic->sample.first.vf_tx;
	uint64_t synthetic = nic->sample.last.synthetic_tx - nic->sample.first.synthetic_tx;

	print(to, "  state       %s", an_state_name(verdict->state));
	if (verdict->state_source != AN_SOURCE_NONE)
		print(to, " (%s)", an_source_name(verdict->state_source));
	if (verdict->state_source == AN_SOURCE_REPORTED)
		print(to, ", for %" PRIu64 ".%03" PRIu64 " s", nic->module.since_us / 1000000,
		      nic->module.since_us / 1000 % 1000);
	fputc('\n', to);
	print(to, "  data path   %s", an_path_name(verdict->path));
	if (verdict->path_source != AN_SOURCE_NONE)
		print(to, " (%s)", an_source_name(verdict->path_source));
	if (verdict->path_source == AN_SOURCE_MEASURED)
		print(to, ", sent in %u ms: %" PRIu64 " by the VF, %" PRIu64 " synthetic",
		      nic->sample.ms, vf, synthetic);
	fputc('\n', to);
	if (nic->module.elsewhere) {
		print(to, "  note        accelnet.ko's report is in the initial network namespace");
		fputc('\n', to);
	}
	if (nic->module.denied) {
		print(to, "  note        accelnet.ko's own report needs root (CAP_NET_ADMIN)");
		fputc('\n', to);
	}
}

static void print_nic(FILE *to, const struct an_nic *nic)
{
	const struct an_verdict *verdict = &nic->verdict;

	print(to, "%s: %s", name_of(nic), an_result_name(verdict->result));
	fputc('\n', to);
	print(to, "  synthetic   %s", nic->driver[0] != '\0' ? nic->driver : "no driver");
	if (nic->net.name[0] != '\0')
		print_link(to, &nic->net);
	print(to, ", VMBus %s", nic->guid);
	fputc('\n', to);
	print_vf(to, nic);
	print_state(to, nic);
	if (verdict->reason[0] != '\0') {
		print(to, "  reason      %s", verdict->reason);
		fputc('\n', to);
	}
	if (verdict->next[0] != '\0') {
		print(to, "  next        %s", verdict->next);
		fputc('\n', to);
	}
}

static void print_unattributed(FILE *to, const struct an_host *host)
{
	bool first = true;

	for (size_t i = 0; i < host->functions; i++) {
		if (host->function[i].claimed)
			continue;
		if (first)
			fputs("\nunattributed functions:\n", to);
		first = false;
		print(to, "  ");
		print_function(to, &host->function[i]);
		fputc('\n', to);
	}
}

void an_output_text(FILE *to, const struct an_report *report)
{
	const struct an_host *host = report->host;

	if (report->nic != NULL) {
		print_nic(to, report->nic);
		return;
	}
	for (size_t i = 0; i < host->nics; i++) {
		if (i > 0)
			fputc('\n', to);
		print_nic(to, &host->nic[i]);
	}
	print_unattributed(to, host);
	if (host->failed[0] != '\0') {
		print(to, "note: %s", host->failed);
		fputc('\n', to);
	}
}

/* -------------------------------------------------------------------------------- check -- */

static void print_upper(FILE *to, const char *text)
{
	for (; *text != '\0'; text++)
		fputc(toupper((unsigned char)*text), to);
}

static void print_check(FILE *to, const struct an_nic *nic)
{
	const struct an_verdict *verdict = &nic->verdict;

	print(to, "%s: %s: VF %s, data path %s", name_of(nic), an_result_name(verdict->result),
	      an_state_name(verdict->state), an_path_name(verdict->path));
	if (verdict->path_source != AN_SOURCE_NONE)
		print(to, " (%s)", an_source_name(verdict->path_source));
	if (verdict->reason[0] != '\0')
		print(to, "; %s", verdict->reason);
	if (verdict->next[0] != '\0')
		print(to, "; next: %s", verdict->next);
	fputc('\n', to);
}

static void print_counts(FILE *to, const struct an_host *host)
{
	static const enum an_result order[] = {
		AN_OK, AN_DEGRADED, AN_NOT_ACCELERATED, AN_CANNOT_TELL, AN_DOWN, AN_FOREIGN,
		AN_ELSEWHERE,
	};
	const char *separator = "";
	size_t count;

	print(to, " - %zu NIC%s: ", host->nics, host->nics == 1 ? "" : "s");
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		count = 0;
		for (size_t j = 0; j < host->nics; j++)
			count += host->nic[j].verdict.result == order[i];
		if (count == 0)
			continue;
		print(to, "%s%zu %s", separator, count, an_result_name(order[i]));
		separator = ", ";
	}
	if (host->failed[0] != '\0')
		print(to, "; %s", host->failed);
}

void an_output_check(FILE *to, const struct an_report *report)
{
	const struct an_host *host = report->host;
	const struct an_nic *nic = report->nic;

	print_upper(to, an_result_name(report->result));
	if (report->error[0] != '\0')
		print(to, " - %s", report->error);
	else if (nic != NULL)
		print(to, " - %s", name_of(nic));
	else
		print_counts(to, host);
	fputc('\n', to);
	for (size_t i = 0; i < host->nics && report->error[0] == '\0'; i++)
		if (nic == NULL || nic == &host->nic[i])
			print_check(to, &host->nic[i]);
}

int an_output_end(FILE *to, enum an_result result)
{
	if (fflush(to) == 0 && !ferror(to))
		return an_result_exit(result);
	fprintf(stderr, "accelnet: cannot write: %s\n", strerror(errno));
	return an_result_exit(AN_CANNOT_TELL);
}
