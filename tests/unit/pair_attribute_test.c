// SPDX-License-Identifier: BSD-3-Clause
/* Which function becomes which NIC's. */
#include "../../tools/pair/attribute.h"
#include "../../tools/pair/pciids.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

static struct an_host host;
static struct an_link links[AN_FUNCTIONS_MAX][2];

static void setup(void)
{
	memset(&host, 0, sizeof(host));
	memset(links, 0, sizeof(links));
}

static void set_link(struct an_link *link, const char *name, uint8_t mac)
{
	strcpy(link->name, name);
	link->mac[5] = mac;
	link->has_mac = mac != 0;
}

static struct an_nic *add_nic(const char *name, uint8_t mac)
{
	struct an_nic *nic = &host.nic[host.nics++];

	set_link(&nic->net, name, mac);
	return nic;
}

/* port: the name of its interface, or NULL. */
static struct an_function *add_function(const char *port, uint8_t mac, enum an_fact bound)
{
	struct an_function *function = &host.function[host.functions];

	function->port = links[host.functions];
	snprintf(function->address, sizeof(function->address), "%04zx:00:02.0", host.functions++);
	function->id = *an_pciid_find(0x15b3, 0x1018);
	function->bound = bound;
	if (port != NULL)
		set_link(&function->port[function->ports++], port, mac);
	return function;
}

static void join(struct an_nic *nic, const struct an_function *function)
{
	nic->vf = function->port[0];
	strcpy(nic->vf_address, function->address);
}

static void joined_beats_mac(void)
{
	struct an_nic *a = add_nic("a", 1), *b = add_nic("b", 2);
	struct an_function *f = add_function("f", 2, AN_YES), *g = add_function("g", 1, AN_YES);

	/* The lower devices are what counts, whatever the MAC addresses say. */
	join(a, f);
	join(b, g);
	an_attribute(&host);
	CU_ASSERT_PTR_EQUAL(a->function, f);
	CU_ASSERT_PTR_EQUAL(b->function, g);
	CU_ASSERT_EQUAL(a->claim, AN_CLAIM_JOINED);
	CU_ASSERT_PTR_NULL(a->vf_candidate);
	CU_ASSERT_EQUAL(an_attribute_free(&host), 0);
}

static void joined_to_no_known_function(void)
{
	struct an_nic *a = add_nic("a", 1);

	set_link(&a->vf, "f", 1);
	strcpy(a->vf_address, "0009:00:02.0");
	add_function(NULL, 0, AN_NO);
	an_attribute(&host);
	CU_ASSERT_EQUAL(a->claim, AN_CLAIM_JOINED);
	CU_ASSERT_PTR_NULL(a->function);
	CU_ASSERT_EQUAL(an_attribute_free(&host), 1);
}

static void serial_beats_mac(void)
{
	struct an_nic *a = add_nic("a", 1);
	struct an_function *f = add_function("f", 1, AN_YES), *g = add_function("g", 1, AN_YES);

	f->has_serial = g->has_serial = true;
	f->serial = 7;
	g->serial = 8;
	a->module.diagnosed = true;
	a->module.serial = 8;
	an_attribute(&host);
	CU_ASSERT_PTR_EQUAL(a->function, g);
	CU_ASSERT_EQUAL(a->claim, AN_CLAIM_SERIAL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a->vf_candidate);
	CU_ASSERT_STRING_EQUAL(a->vf_candidate->name, "g");
}

static void by_mac(void)
{
	struct an_nic *a = add_nic("a", 1), *b = add_nic("b", 2);
	struct an_function *f = add_function("f", 2, AN_YES), *g = add_function("g", 1, AN_YES);

	an_attribute(&host);
	CU_ASSERT_PTR_EQUAL(a->function, g);
	CU_ASSERT_PTR_EQUAL(b->function, f);
	CU_ASSERT_EQUAL(b->claim, AN_CLAIM_MAC);
	CU_ASSERT_STRING_EQUAL(b->vf_candidate->name, "f");
}

static void set_permanent(struct an_link *link, uint8_t mac)
{
	link->permanent[5] = mac;
	link->has_permanent = true;
}

/* A bond in active-backup: both NICs have the first one's MAC, their functions have their own. */
static void permanent_beats_current(void)
{
	struct an_nic *a = add_nic("a", 1), *b = add_nic("b", 1);
	struct an_function *g = add_function("g", 2, AN_YES), *f = add_function("f", 1, AN_YES);

	set_permanent(&a->net, 1);
	set_permanent(&b->net, 2);
	set_permanent(&g->port[0], 2);
	set_permanent(&f->port[0], 1);
	an_attribute(&host);
	CU_ASSERT_PTR_EQUAL(a->function, f);
	CU_ASSERT_PTR_EQUAL(b->function, g);
	CU_ASSERT_EQUAL(b->claim, AN_CLAIM_MAC);
}

/* With one side's alone there is nothing to compare it with. */
static void permanent_of_one_side(void)
{
	struct an_nic *a = add_nic("a", 1);
	struct an_function *f = add_function("f", 1, AN_YES);

	set_permanent(&a->net, 7);
	an_attribute(&host);
	CU_ASSERT_PTR_EQUAL(a->function, f);
	CU_ASSERT_EQUAL(a->claim, AN_CLAIM_MAC);
}

static void joined_to_another(void)
{
	struct an_nic *a = add_nic("a", 1), *b = add_nic("b", 1);

	join(a, add_function("f", 1, AN_YES));
	an_attribute(&host);
	CU_ASSERT_EQUAL(b->claim, AN_CLAIM_NONE);
	CU_ASSERT_PTR_NULL(b->vf_candidate);
}

static void unknown_macs_are_not_equal(void)
{
	struct an_nic *a = add_nic("a", 0);

	add_nic("b", 5);
	add_function("f", 0, AN_YES);
	an_attribute(&host);
	CU_ASSERT_PTR_NULL(a->vf_candidate);
	CU_ASSERT_EQUAL(a->claim, AN_CLAIM_UNSURE);
}

/* MANA: one function, an interface for each NIC. */
static void two_ports(void)
{
	struct an_nic *a = add_nic("a", 1), *b = add_nic("b", 2), *c = add_nic("c", 3);
	struct an_function *f = add_function("f1", 1, AN_YES);

	set_link(&f->port[f->ports++], "f2", 2);
	join(a, f);
	an_attribute(&host);
	CU_ASSERT_PTR_EQUAL(a->function, f);
	CU_ASSERT_PTR_EQUAL(b->function, f);
	CU_ASSERT_EQUAL(b->claim, AN_CLAIM_MAC);
	CU_ASSERT_STRING_EQUAL(b->vf_candidate->name, "f2");
	CU_ASSERT_EQUAL(c->claim, AN_CLAIM_NONE);
	CU_ASSERT_EQUAL(an_attribute_free(&host), 0);
}

/* What is left is counted. */
static void the_rest(void)
{
	static const struct {
		unsigned int nics, driverless, bound;
		enum an_claim claim;
		size_t left;
	} row[] = {
		{ 1, 0, 0, AN_CLAIM_NONE, 0 },
		{ 1, 1, 0, AN_CLAIM_ONLY, 0 },
		{ 1, 0, 1, AN_CLAIM_ONLY, 0 },
		{ 2, 1, 0, AN_CLAIM_UNSURE, 1 },
		{ 2, 2, 0, AN_CLAIM_SHARED, 2 },
		{ 2, 1, 1, AN_CLAIM_UNSURE, 2 },
		{ 2, 0, 2, AN_CLAIM_UNSURE, 2 },
		{ 1, 2, 0, AN_CLAIM_SHARED, 2 },
		{ 1, 1, 1, AN_CLAIM_UNSURE, 2 },
		{ 3, 2, 0, AN_CLAIM_UNSURE, 2 },
		{ 0, 2, 0, AN_CLAIM_NONE, 2 },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		setup();
		/* A pair that takes no part. */
		join(add_nic("a", 1), add_function("f", 1, AN_YES));
		for (unsigned int j = 0; j < row[i].nics; j++)
			add_nic("b", 2);
		for (unsigned int j = 0; j < row[i].driverless; j++)
			add_function(NULL, 0, AN_NO);
		for (unsigned int j = 0; j < row[i].bound; j++)
			add_function(NULL, 0, AN_YES);
		an_attribute(&host);
		CU_ASSERT_EQUAL(host.nic[0].claim, AN_CLAIM_JOINED);
		for (unsigned int j = 1; j <= row[i].nics; j++)
			CU_ASSERT_EQUAL(host.nic[j].claim, row[i].claim);
		CU_ASSERT_EQUAL(an_attribute_free(&host), row[i].left);
	}
}

/* A NIC whose serial no function has does not take part in the counting either. */
static void serial_without_function(void)
{
	struct an_nic *a = add_nic("a", 1), *b = add_nic("b", 2);
	struct an_function *f = add_function(NULL, 0, AN_NO);

	a->module.diagnosed = true;
	a->module.serial = 3;
	an_attribute(&host);
	CU_ASSERT_EQUAL(a->claim, AN_CLAIM_NONE);
	CU_ASSERT_EQUAL(b->claim, AN_CLAIM_ONLY);
	CU_ASSERT_PTR_EQUAL(b->function, f);
}

/*
 * A foreign NIC has a function that fits no NIC here, one in another namespace has one whose
 * interface is there, too; what else is left may be a NIC's here.
 */
static void nics_that_are_away(void)
{
	static const struct {
		const char *driver;	/* of the NIC that is away */
		bool hidden_nic, hidden_function, driverless, port;
		enum an_claim claim;	/* of the NIC that is here */
		size_t left, unused;
	} row[] = {
		{ "uio_hv_generic", false, false, false, true, AN_CLAIM_NONE, 0, 0 },
		{ "uio_hv_generic", false, false, true, false, AN_CLAIM_UNSURE, 1, 0 },
		{ "uio_hv_generic", false, false, false, false, AN_CLAIM_UNSURE, 1, 0 },
		{ "hv_netvsc", true, true, false, false, AN_CLAIM_NONE, 0, 0 },
		{ "accelnet", true, true, false, false, AN_CLAIM_NONE, 0, 0 },
		{ "hv_netvsc", true, false, true, false, AN_CLAIM_UNSURE, 1, 0 },
		{ "hv_netvsc", true, false, false, true, AN_CLAIM_UNSURE, 1, 0 },
		{ "hv_netvsc", false, false, true, false, AN_CLAIM_UNSURE, 1, 1 },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct an_function *f;
		struct an_nic *b;

		setup();
		add_nic("a", 1);
		b = add_nic("", 0);
		b->bound = AN_YES;
		strcpy(b->driver, row[i].driver);
		b->hidden = row[i].hidden_nic ? AN_YES : AN_UNKNOWN;
		f = add_function(row[i].port ? "f" : NULL, 2,
				 row[i].driverless ? AN_NO : AN_YES);
		f->hidden = row[i].hidden_function ? AN_YES : AN_UNKNOWN;
		an_attribute(&host);
		CU_ASSERT_EQUAL(host.nic[0].claim, row[i].claim);
		CU_ASSERT_EQUAL(an_attribute_free(&host), row[i].left);
		CU_ASSERT_EQUAL(host.unused, row[i].unused);
	}
}

static CU_TestInfo tests[] = {
	{ "the lower device beats the MAC address", joined_beats_mac },
	{ "joined to a function of no known kind", joined_to_no_known_function },
	{ "the serial beats the MAC address", serial_beats_mac },
	{ "by MAC address", by_mac },
	{ "the permanent MAC address beats the current one", permanent_beats_current },
	{ "a permanent MAC address on one side only", permanent_of_one_side },
	{ "what is joined to another NIC is no candidate", joined_to_another },
	{ "unknown MAC addresses are not equal", unknown_macs_are_not_equal },
	{ "a function with two interfaces", two_ports },
	{ "the rest is counted, not guessed", the_rest },
	{ "a serial without function", serial_without_function },
	{ "NICs of other drivers and namespaces", nics_that_are_away },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("pair/attribute", setup, NULL, tests);
