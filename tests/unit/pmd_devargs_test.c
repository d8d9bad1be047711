// SPDX-License-Identifier: BSD-3-Clause
/* The device's arguments: what is taken, and what a refusal says. */
#include "../../pmd/devargs.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

static void refusals(void)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ NULL, "no interface" },
		{ "", "no interface" },
		{ "force=1", "no interface" },
		{ "iface=", "a name has 1 to 15 characters" },
		{ "iface=abcdefghijklmnop", "a name has 1 to 15 characters" },
		{ "iface=eth0,iface=eth1", "iface is given twice" },
		{ "iface=eth0,mac=00:11:22:33:44:55", "unknown argument 'mac'" },
		{ "iface=eth0,force=yes", "a switch is 0 or 1" },
		{ "iface=eth0,force=2", "a switch is 0 or 1" },
		{ "iface=eth0,slow=af_xdp", "slow=af_xdp is not supported yet" },
		{ "iface=eth0,slow=tap", "slow=tap: not a mode" },
		{ "iface=eth0,force", "force needs a value" },
		{ "iface=eth0,mpw=", "a switch is 0 or 1" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct an_devargs args;
		char reason[128] = "";

		CU_ASSERT_EQUAL(an_devargs_parse(rows[i].text, &args, reason, sizeof(reason)),
				-EINVAL);
		CU_ASSERT_PTR_NOT_NULL(strstr(reason, rows[i].says));
	}
}

static void defaults(void)
{
	struct an_devargs args;
	char reason[128];

	CU_ASSERT_EQUAL(an_devargs_parse("iface=eth0", &args, reason, sizeof(reason)), 0);
	CU_ASSERT_STRING_EQUAL(args.iface, "eth0");
	CU_ASSERT_STRING_EQUAL(args.slow, "af_packet");
	CU_ASSERT_FALSE(args.force);
	CU_ASSERT_TRUE(args.mpw && args.compression);
}

static void all(void)
{
	struct an_devargs args;
	char reason[128];

	CU_ASSERT_EQUAL(an_devargs_parse("force=1,slow=af_packet,iface=abcdefghijklmno,mpw=0,"
					 "cqe_comp=0", &args, reason, sizeof(reason)), 0);
	CU_ASSERT_STRING_EQUAL(args.iface, "abcdefghijklmno");
	CU_ASSERT_TRUE(args.force);
	CU_ASSERT_FALSE(args.mpw || args.compression);
}

static CU_TestInfo tests[] = {
	{ "refusals say why", refusals },
	{ "an interface is enough", defaults },
	{ "every argument, in any order", all },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("pmd/devargs", NULL, NULL, tests);
