// SPDX-License-Identifier: BSD-3-Clause
/*
 * Which NIC a word on the command line means. Names come first: an interface may be called like
 * another's address. A MANA function serves several NICs and bonded NICs have one MAC address, so a
 * word can mean more than one.
 */
#include "find.h"
#include "text.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool has_name(const struct an_nic *nic, const char *word, uint32_t ifindex)
{
	if (word[0] == '\0')	/* nor is it the name of what is not there */
		return false;
	return strcmp(nic->net.name, word) == 0 || strcmp(nic->vf.name, word) == 0 ||
	       strcasecmp(nic->guid, word) == 0 ||
	       (ifindex != 0 && (nic->net.ifindex == ifindex || nic->vf.ifindex == ifindex));
}

static bool has_mac(const struct an_link *link, const char *word)
{
	char mac[18];

	if (!link->has_mac)
		return false;
	an_text_mac(mac, link->mac);
	return strcasecmp(mac, word) == 0;
}

static bool has_address(const struct an_nic *nic, const char *word)
{
	if (has_mac(&nic->net, word) || has_mac(&nic->vf, word))
		return true;
	if (nic->vf_address[0] != '\0' && strcasecmp(nic->vf_address, word) == 0)
		return true;
	return nic->function != NULL && nic->claim != AN_CLAIM_SHARED &&
	       strcasecmp(nic->function->address, word) == 0;
}

/* "eth0 (VF enP2s1), eth1" */
static void list(char *to, size_t size, const struct an_host *host, const char *word)
{
	size_t used = 0;

	to[0] = '\0';
	for (size_t i = 0; i < host->nics && used < size; i++) {
		const struct an_nic *nic = &host->nic[i];

		if (word != NULL && !has_address(nic, word))
			continue;
		used += (size_t)snprintf(to + used, size - used, "%s%s%s%s%s", used > 0 ? ", " : "",
					 nic->net.name[0] != '\0' ? nic->net.name : nic->guid,
					 nic->vf.name[0] != '\0' ? " (VF " : "", nic->vf.name,
					 nic->vf.name[0] != '\0' ? ")" : "");
	}
}

struct an_nic *an_find(struct an_host *host, const char *word, uint32_t ifindex, char *error)
{
	char text[AN_TEXT], there[AN_TEXT / 2];
	struct an_nic *found = NULL;
	size_t count = 0;

	for (size_t i = 0; i < host->nics; i++)
		if (has_name(&host->nic[i], word, ifindex))
			return &host->nic[i];
	for (size_t i = 0; i < host->nics; i++) {
		if (!has_address(&host->nic[i], word))
			continue;
		found = &host->nic[i];
		count++;
	}
	if (count == 1)
		return found;
	list(there, sizeof(there), host, count > 0 ? word : NULL);
	snprintf(text, sizeof(text), count > 0 ? "%.64s is of several NICs: %s" :
		 "%.64s is neither a synthetic NIC nor the VF of one; there are: %s", word, there);
	an_text_clean(error, AN_TEXT, text);
	return NULL;
}
