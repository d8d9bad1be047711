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
		nic->mate = find_port(host, nic, &host->function[i]);
		if (nic->mate == NULL)
			continue;
		claim(nic, &host->function[i], AN_CLAIM_MAC);
		return;
	}
}

/* Could one of the functions that are left be this NIC's? */
static bool is_bare(const struct an_nic *nic)
{
	if (nic->claim != AN_CLAIM_NONE)
		return false;
	/* accelnet.ko knows a serial, and no function has it. */
	return !(nic->module.diagnosed && nic->module.serial != 0);
}

size_t an_attribute_free(const struct an_host *host)
{
	size_t count = 0;

	for (size_t i = 0; i < host->functions; i++)
		count += !host->function[i].claimed;
	return count;
}

const struct an_function *an_attribute_idle(const struct an_host *host)
{
	for (size_t i = 0; i < host->functions; i++)
		if (!host->function[i].claimed && host->function[i].bound == AN_NO)
			return &host->function[i];
	return NULL;
}

static struct an_function *first_free(struct an_host *host, bool *driverless)
{
	struct an_function *first = NULL;

	*driverless = true;
	for (size_t i = 0; i < host->functions; i++) {
		if (host->function[i].claimed)
			continue;
		if (first == NULL)
			first = &host->function[i];
		*driverless &= host->function[i].bound == AN_NO;
	}
	return first;
}

static void count_rest(struct an_host *host)
{
	size_t left = an_attribute_free(host), bare = 0;
	struct an_function *first;
	bool driverless;

	for (size_t i = 0; i < host->nics; i++)
		bare += is_bare(&host->nic[i]);
	if (left == 0 || bare == 0)
		return;
	first = first_free(host, &driverless);
	for (size_t i = 0; i < host->nics; i++) {
		struct an_nic *nic = &host->nic[i];

		if (!is_bare(nic))
			continue;
		if (left == 1 && bare == 1) {
			claim(nic, first, AN_CLAIM_ONLY);
		} else if (left >= bare && driverless) {
			/* Each has one of them, and whichever it is, it lacks the same. */
			nic->function = first;
			nic->claim = AN_CLAIM_SHARED;
		} else {
			nic->claim = AN_CLAIM_UNSURE;
		}
		if (nic->claim == AN_CLAIM_ONLY)
			return;
	}
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
		nic->mate = find_port(host, nic, function);
	}
	for (nic = host->nic; nic < host->nic + host->nics; nic++)
		if (nic->claim == AN_CLAIM_NONE)
			claim_by_mac(host, nic);
	count_rest(host);
}
