// SPDX-License-Identifier: BSD-3-Clause
/*
 * Reasons and commands: templates in which {words} stand for facts. What fills them comes from the
 * kernel and partly from whoever named an interface, so in a command it is quoted.
 */
#include "explain.h"
#include "../pair/attribute.h"
#include "../pair/pciids.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

struct facts {
	const struct an_host *host;
	const struct an_nic *nic;
	char number[16];
	char mac[18];
};

static const char *text_or(const char *text, const char *otherwise)
{
	return text[0] != '\0' ? text : otherwise;
}

static const char *nic_name(struct facts *facts)
{
	return text_or(facts->nic->net.name, facts->nic->guid);
}

static const char *nic_driver(struct facts *facts)
{
	return facts->nic->driver;
}

static const char *nic_override(struct facts *facts)
{
	return facts->nic->override;
}

static const char *guid(struct facts *facts)
{
	return facts->nic->guid;
}

static const char *vf(struct facts *facts)
{
	return facts->nic->vf.name;
}

static const char *vf_pci(struct facts *facts)
{
	return facts->nic->vf_address;
}

static const char *vf_candidate(struct facts *facts)
{
	return facts->nic->vf_candidate ? facts->nic->vf_candidate->name : "?";
}

static const char *pci(struct facts *facts)
{
	return facts->nic->function ? facts->nic->function->address : "?";
}

/* As pci(), but for a reader: no address where it is not known which one it is. */
static const char *function(struct facts *facts)
{
	if (facts->nic->claim == AN_CLAIM_SHARED)
		return "its function (one of the unattributed)";
	return pci(facts);
}

static const char *driver(struct facts *facts)
{
	return facts->nic->function ? facts->nic->function->driver : "?";
}

static const char *pci_id(struct facts *facts)
{
	const struct an_function *function = facts->nic->function;

	if (function == NULL)
		return "?";
	snprintf(facts->number, sizeof(facts->number), "%04x:%04x", function->id.vendor,
		 function->id.device);
	return facts->number;
}

static const char *override(struct facts *facts)
{
	return facts->nic->function ? facts->nic->function->override : "?";
}

static const char *module(struct facts *facts)
{
	return facts->nic->function ? facts->nic->function->id.module : "?";
}

static const char *idle_module(struct facts *facts)
{
	const struct an_function *idle = an_attribute_idle(facts->host);

	return idle ? idle->id.module : "?";
}

static const char *module_reason(struct facts *facts)
{
	return facts->nic->module.reason;
}

static const char *ip(struct facts *facts)
{
	return facts->nic->vf_ip;
}

static const char *qdisc(struct facts *facts)
{
	return facts->nic->vf_qdisc;
}

static const char *vf_hook(struct facts *facts)
{
	return facts->nic->vf_hook;
}

static const char *filter(struct facts *facts)
{
	return facts->nic->vf_filter;
}

static const char *number(struct facts *facts, uint32_t value)
{
	snprintf(facts->number, sizeof(facts->number), "%u", value);
	return facts->number;
}

static const char *mac(struct facts *facts)
{
	an_text_mac(facts->mac, facts->nic->net.mac);
	return facts->mac;
}

static const char *vf_mac(struct facts *facts)
{
	an_text_mac(facts->mac, facts->nic->vf.mac);
	return facts->mac;
}

static const char *mtu(struct facts *facts)
{
	return number(facts, facts->nic->net.mtu);
}

static const char *vf_mtu(struct facts *facts)
{
	return number(facts, facts->nic->vf.mtu);
}

static const char *failed(struct facts *facts)
{
	const struct an_nic *nic = facts->nic;

	if (nic->failed[0] != '\0')
		return nic->failed;
	if (nic->function != NULL && nic->function->failed[0] != '\0')
		return nic->function->failed;
	return facts->host->failed;
}

static const struct {
	const char *word;
	const char *(*value)(struct facts *facts);
} words[] = {
	{ "{nic}", nic_name },
	{ "{nic-driver}", nic_driver },
	{ "{nic-override}", nic_override },
	{ "{guid}", guid },
	{ "{vf}", vf },
	{ "{vf-pci}", vf_pci },
	{ "{vf-mtu}", vf_mtu },
	{ "{vf-candidate}", vf_candidate },
	{ "{pci}", pci },
	{ "{pci-id}", pci_id },
	{ "{function}", function },
	{ "{driver}", driver },
	{ "{override}", override },
	{ "{module}", module },
	{ "{module-reason}", module_reason },
	{ "{idle-module}", idle_module },
	{ "{ip}", ip },
	{ "{qdisc}", qdisc },
	{ "{vf-hook}", vf_hook },
	{ "{filter}", filter },
	{ "{mac}", mac },
	{ "{vf-mac}", vf_mac },
	{ "{mtu}", mtu },
	{ "{failed}", failed },
};

/* The value of the word that the template goes on with, or NULL. */
static const char *find(const char *template, struct facts *facts, size_t *length)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		*length = strlen(words[i].word);
		if (strncmp(template, words[i].word, *length) == 0)
			return words[i].value(facts);
	}
	return NULL;
}

void an_explain(char *to, const char *template, const struct an_host *host,
		const struct an_nic *nic, bool command)
{
	struct facts facts = { .host = host, .nic = nic };
	size_t used = 0, length;
	char quoted[AN_TEXT];
	const char *value;

	while (*template != '\0' && used < AN_TEXT - 1) {
		value = *template == '{' ? find(template, &facts, &length) : NULL;
		if (value == NULL) {
			to[used++] = *template++;
			continue;
		}
		template += length;
		if (command) {
			an_text_shell_word(quoted, sizeof(quoted), value);
			value = quoted;
		}
		length = strlen(value);
		if (length > AN_TEXT - 1 - used) {
			if (command)	/* half a command is worse than none */
				used = 0;
			break;
		}
		memcpy(to + used, value, length);
		used += length;
	}
	to[used] = '\0';
}
