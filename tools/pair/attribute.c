// SPDX-License-Identifier: BSD-3-Clause
/*
 * Which PCI function is which NIC's. Surest first: the lower device; the serial that accelnet.ko
 * names; the MAC address of an interface. A function without an interface tells nothing of its NIC
 * under hv_netvsc, so for what is left there is only counting: every NIC has at most one function.
 */
#include "attribute.h"

#include <string.h>

static struct an_function *find_address(struct an_host *host, const char *address)
{
	for (size_t i = 0; i < host->functions; i++)
		if (strcmp(host->function[i].address, address) == 0)
			return &host->function[i];
	return NULL;
}

static struct an_function *find_serial(struct an_host *host, uint32_t serial)
{
	for (size_t i = 0; i < host->functions; i++)
		if (host->function[i].has_serial && host->function[i].serial == serial)
			return &host->function[i];
	return NULL;
}

static bool is_joined(const struct an_host *host, const struct an_link *port)
{
	for (size_t i = 0; i < host->nics; i++)
		if (strcmp(host->nic[i].vf.name, port->name) == 0)
			return true;
	return false;
}

/* A bond gives its members one address: where the permanent ones are known they decide. */
static bool is_same_mac(const struct an_link *a, const struct an_link *b)
{
	if (a->has_permanent && b->has_permanent)
		return memcmp(a->permanent, b->permanent, sizeof(a->permanent)) == 0;
	return a->has_mac && b->has_mac && memcmp(a->mac, b->mac, sizeof(a->mac)) == 0;
}

static const struct an_link *find_port(const struct an_host *host, const struct an_nic *nic,
				       const struct an_function *function)
{
	for (size_t i = 0; i < function->ports; i++) {
		const struct an_link *port = &function->port[i];

		if (is_same_mac(port, &nic->net) && !is_joined(host, port))
			return port;
	}
	return NULL;
}

static void claim(struct an_nic *nic, struct an_function *function, enum an_claim how)
{
	nic->function = function;
	nic->claim = how;
	if (function != NULL)
		function->claimed = true;
}

static void claim_by_mac(struct an_host *host, struct an_nic *nic)
{
	for (size_t i = 0; i < host->functions; i++) {
		nic->vf_candidate = find_port(host, nic, &host->function[i]);
		if (nic->vf_candidate == NULL)
			continue;
		claim(nic, &host->function[i], AN_CLAIM_MAC);
		return;
	}
}

bool an_attribute_is_foreign(const struct an_nic *nic)
{
	return nic->bound == AN_YES && strcmp(nic->driver, "hv_netvsc") != 0 &&
	       strcmp(nic->driver, "accelnet") != 0;
}

/* Could one of the functions that are left be this NIC's? */
static bool is_bare(const struct an_nic *nic)
{
	if (nic->claim != AN_CLAIM_NONE)
		return false;
	/* accelnet.ko knows a serial, and no function has it. */
	return !(nic->module.diagnosed && nic->module.serial != 0);
}

/* One of no known kind whose interface fits no NIC is a network card of its own. */
static bool is_free(const struct an_function *function)
{
	return !function->claimed && !function->away &&
	       (function->id.module[0] != '\0' || function->ports == 0);
}

size_t an_attribute_free(const struct an_host *host)
{
	size_t count = 0;

	for (size_t i = 0; i < host->functions; i++)
		count += is_free(&host->function[i]);
	return count;
}

const struct an_function *an_attribute_idle(const struct an_host *host)
{
	for (size_t i = 0; i < host->functions; i++)
		if (is_free(&host->function[i]) && host->function[i].bound == AN_NO)
			return &host->function[i];
	return NULL;
}

static struct an_function *first_free(struct an_host *host, bool *driverless)
{
	struct an_function *first = NULL;

	*driverless = true;
	for (size_t i = 0; i < host->functions; i++) {
		if (!is_free(&host->function[i]))
			continue;
		if (first == NULL)
			first = &host->function[i];
		*driverless &= host->function[i].bound == AN_NO;
	}
	return first;
}

/* A NIC that is not judged here: nobody sees what interface of a function is joined to it. */
static bool is_away(const struct an_nic *nic)
{
	return nic->hidden == AN_YES || an_attribute_is_foreign(nic);
}

/*
 * Sets the functions aside that NICs which are away must have, and returns how many. A foreign
 * NIC's has an interface that fits no NIC here; that of a NIC in another network namespace has its
 * interface there, too.
 */
static size_t set_aside(struct an_host *host, size_t foreign, size_t hidden)
{
	size_t count = 0;

	for (size_t i = 0; i < host->functions; i++) {
		struct an_function *function = &host->function[i];

		if (function->claimed)
			continue;
		if (function->hidden == AN_YES && hidden > 0) {
			hidden--;
			function->away = true;
		} else if (function->ports > 0 && foreign > 0) {
			foreign--;
			function->away = true;
		}
		count += function->away;
	}
	return count;
}

static void claim_rest(struct an_host *host, size_t left, size_t bare, size_t away)
{
	struct an_function *first;
	bool driverless;

	first = first_free(host, &driverless);
	for (size_t i = 0; i < host->nics; i++) {
		struct an_nic *nic = &host->nic[i];

		if (!is_bare(nic) || is_away(nic))
			continue;
		if (left == 1 && bare == 1 && away == 0) {
			claim(nic, first, AN_CLAIM_ONLY);
			return;
		}
		if (left >= bare + away && driverless) {
			/* Each has one of them, and whichever it is, it lacks the same. */
			nic->function = first;
			nic->claim = AN_CLAIM_SHARED;
		} else {
			nic->claim = AN_CLAIM_UNSURE;
			host->unused = left > away ? left - away : 0;
		}
	}
}

static void count_rest(struct an_host *host)
{
	size_t left, bare = 0, foreign = 0, hidden = 0, taken;

	for (size_t i = 0; i < host->nics; i++) {
		const struct an_nic *nic = &host->nic[i];

		if (!is_bare(nic))
			continue;
		if (an_attribute_is_foreign(nic))
			foreign++;
		else if (nic->hidden == AN_YES)
			hidden++;
		else
			bare++;
	}
	taken = set_aside(host, foreign, hidden);
	left = an_attribute_free(host);
	if (left > 0 && bare > 0)
		claim_rest(host, left, bare, foreign + hidden - taken);
}

void an_attribute(struct an_host *host)
{
	struct an_function *function;
	struct an_nic *nic;

	for (nic = host->nic; nic < host->nic + host->nics; nic++)
		if (nic->vf.name[0] != '\0')
			claim(nic, find_address(host, nic->vf_address), AN_CLAIM_JOINED);
	for (nic = host->nic; nic < host->nic + host->nics; nic++) {
		if (nic->claim != AN_CLAIM_NONE || !nic->module.diagnosed ||
		    nic->module.serial == 0)
			continue;
		function = find_serial(host, nic->module.serial);
		if (function == NULL)
			continue;
		claim(nic, function, AN_CLAIM_SERIAL);
		nic->vf_candidate = find_port(host, nic, function);
	}
	for (nic = host->nic; nic < host->nic + host->nics; nic++)
		if (nic->claim == AN_CLAIM_NONE)
			claim_by_mac(host, nic);
	count_rest(host);
}
