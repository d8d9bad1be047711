// SPDX-License-Identifier: BSD-3-Clause
/*
 * Devlink's answers as a 6.1 kernel builds them (devlink_fmsg_prepare_skb), whole, cut into several
 * messages, cut off at every byte, and with every byte changed: the parsers run under ASan.
 */
#include "../../tools/pair/devlink.h"
#include "unit.h"

#include <errno.h>
#include <linux/devlink.h>
#include <linux/genetlink.h>
#include <stdlib.h>
#include <string.h>

static char buf[2048] __attribute__((aligned(8)));
static struct nlmsghdr *message;
static struct nlattr *fmsg;
static struct an_module module;
static struct an_diagnosis diagnosis;

static void setup(void)
{
	memset(buf, 0, sizeof(buf));
	memset(&module, 0, sizeof(module));
	diagnosis = (struct an_diagnosis){ .module = &module };
}

static void begin(uint8_t command)
{
	struct genlmsghdr *generic;

	message = mnl_nlmsg_put_header(buf);
	message->nlmsg_type = 0x15;
	generic = mnl_nlmsg_put_extra_header(message, sizeof(*generic));
	generic->cmd = command;
	generic->version = 1;
}

static void begin_diagnosis(void)
{
	begin(DEVLINK_CMD_HEALTH_REPORTER_DIAGNOSE);
	/* The kernel nests without NLA_F_NESTED here. */
	fmsg = mnl_attr_nest_start(message, DEVLINK_ATTR_FMSG);
	fmsg->nla_type = DEVLINK_ATTR_FMSG;
}

static void end_diagnosis(void)
{
	mnl_attr_nest_end(message, fmsg);
}

static void mark(uint16_t type)
{
	mnl_attr_put(message, type, 0, NULL);
}

static void put_value(uint8_t type, const void *data, size_t size)
{
	mnl_attr_put_u8(message, DEVLINK_ATTR_FMSG_OBJ_VALUE_TYPE, type);
	if (type == MNL_TYPE_U64 && (mnl_nlmsg_get_payload_len(message) & 7) == 0)
		mark(DEVLINK_ATTR_PAD);
	mnl_attr_put(message, DEVLINK_ATTR_FMSG_OBJ_VALUE_DATA, size, data);
}

static void put_pair(const char *key, uint8_t type, const void *data, size_t size)
{
	mark(DEVLINK_ATTR_FMSG_PAIR_NEST_START);
	mnl_attr_put_strz(message, DEVLINK_ATTR_FMSG_OBJ_NAME, key);
	put_value(type, data, size);
	mark(DEVLINK_ATTR_FMSG_NEST_END);
}

static void put_text(const char *key, const char *text)
{
	put_pair(key, MNL_TYPE_NUL_STRING, text, strlen(text) + 1);
}

static void put_u64(const char *key, uint64_t number)
{
	put_pair(key, MNL_TYPE_U64, &number, sizeof(number));
}

static void put_u32(const char *key, uint32_t number)
{
	put_pair(key, MNL_TYPE_U32, &number, sizeof(number));
}

/* As kmod/devlink.c answers. */
static void put_all(void)
{
	begin_diagnosis();
	mark(DEVLINK_ATTR_FMSG_OBJ_NEST_START);
	put_text("state", "paired");
	put_u64("since_us", 5000000001);
	put_text("reason", "the VF has no carrier");
	put_text("reason_code", "no-carrier");
	put_u32("serial", 7);
	put_u64("moves", 3);
	mark(DEVLINK_ATTR_FMSG_NEST_END);
	end_diagnosis();
}

static void whole(void)
{
	put_all();
	CU_ASSERT_EQUAL(an_devlink_parse_diagnosis(message, &diagnosis), MNL_CB_OK);
	CU_ASSERT_EQUAL(an_devlink_finish(&module), 0);
	CU_ASSERT_TRUE(module.diagnosed);
	CU_ASSERT_EQUAL(module.state, AN_VF_PAIRED);
	CU_ASSERT_EQUAL(module.since_us, 5000000001);
	CU_ASSERT_STRING_EQUAL(module.reason, "the VF has no carrier");
	CU_ASSERT_STRING_EQUAL(module.reason_code, "no-carrier");
	CU_ASSERT_EQUAL(module.serial, 7);
	CU_ASSERT_EQUAL(module.moves, 3);
}

/* The kernel starts a new message wherever one is full, even between a name and its value. */
static void in_pieces(void)
{
	begin_diagnosis();
	mark(DEVLINK_ATTR_FMSG_OBJ_NEST_START);
	mark(DEVLINK_ATTR_FMSG_PAIR_NEST_START);
	mnl_attr_put_strz(message, DEVLINK_ATTR_FMSG_OBJ_NAME, "state");
	end_diagnosis();
	CU_ASSERT_EQUAL(an_devlink_parse_diagnosis(message, &diagnosis), MNL_CB_OK);
	CU_ASSERT_EQUAL(an_devlink_finish(&module), -EBADMSG);
	begin_diagnosis();
	put_value(MNL_TYPE_NUL_STRING, "active", sizeof("active"));
	mark(DEVLINK_ATTR_FMSG_NEST_END);
	put_text("reason", "ok");
	mark(DEVLINK_ATTR_FMSG_NEST_END);
	end_diagnosis();
	CU_ASSERT_EQUAL(an_devlink_parse_diagnosis(message, &diagnosis), MNL_CB_OK);
	CU_ASSERT_EQUAL(an_devlink_finish(&module), 0);
	CU_ASSERT_EQUAL(module.state, AN_VF_ACTIVE);
	CU_ASSERT_STRING_EQUAL(module.reason, "ok");
}

static void other_versions(void)
{
	begin_diagnosis();
	put_text("state", "hibernating");
	put_text("mood", "fine");
	put_u32("since_us", 5);	/* another width */
	end_diagnosis();
	CU_ASSERT_EQUAL(an_devlink_parse_diagnosis(message, &diagnosis), MNL_CB_OK);
	CU_ASSERT_EQUAL(an_devlink_finish(&module), 0);
	CU_ASSERT_EQUAL(module.state, AN_VF_UNKNOWN);
	CU_ASSERT_STRING_EQUAL(module.state_name, "hibernating");
	CU_ASSERT_EQUAL(module.since_us, 5);
}

/* A value without a name is nobody's, not the last name's. */
static void nameless_values(void)
{
	begin_diagnosis();
	put_text("state", "bound");
	put_value(MNL_TYPE_NUL_STRING, "active", sizeof("active"));
	end_diagnosis();
	CU_ASSERT_EQUAL(an_devlink_parse_diagnosis(message, &diagnosis), MNL_CB_OK);
	CU_ASSERT_STRING_EQUAL(module.state_name, "bound");
}

static void wrong_values(void)
{
	static const struct {
		const char *key;
		uint8_t type;
		size_t size;
	} row[] = {
		{ "since_us", MNL_TYPE_U64, 4 },
		{ "since_us", MNL_TYPE_U64, 0 },
		{ "since_us", MNL_TYPE_NUL_STRING, 8 },
		{ "since_us", MNL_TYPE_BINARY, 8 },
		{ "since_us", 255, 8 },
		{ "serial", MNL_TYPE_U32, 8 },
		{ "serial", MNL_TYPE_U8, 4 },
		{ "state", MNL_TYPE_NUL_STRING, 0 },
		{ "state", MNL_TYPE_NUL_STRING, 8 },	/* not ended */
		{ "reason", MNL_TYPE_NUL_STRING, 8 },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		setup();
		begin_diagnosis();
		put_pair(row[i].key, row[i].type, "xxxxxxxx", row[i].size);
		end_diagnosis();
		CU_ASSERT_EQUAL(an_devlink_parse_diagnosis(message, &diagnosis), MNL_CB_ERROR);
	}
}

static void long_texts_are_cut(void)
{
	char text[AN_TEXT + 50];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	begin_diagnosis();
	put_text(text, "y");
	put_text("state", text);
	put_text("reason", text);
	end_diagnosis();
	CU_ASSERT_EQUAL(an_devlink_parse_diagnosis(message, &diagnosis), MNL_CB_OK);
	CU_ASSERT_EQUAL(strlen(module.state_name), AN_NAME - 1);
	CU_ASSERT_EQUAL(strlen(module.reason), AN_TEXT - 1);
}

/*
 * The message in memory of its own size, so that ASan sees any byte read beyond it. libmnl rounds
 * that size up to four bytes, as the kernel's messages are.
 */
static struct nlmsghdr *copy_of(size_t size)
{
	struct nlmsghdr *copy = calloc(1, MNL_ALIGN(size));

	memcpy(copy, buf, size);
	copy->nlmsg_len = (uint32_t)size;
	return copy;
}

typedef int (*parser)(const struct nlmsghdr *message, void *to);

static void attack(parser parse, void *to, void (*clean)(void))
{
	size_t size = message->nlmsg_len;
	struct nlmsghdr *copy;

	for (size_t i = sizeof(struct nlmsghdr); i < size; i++) {
		copy = copy_of(i);
		clean();
		parse(copy, to);
		free(copy);
	}
	for (size_t i = sizeof(struct nlmsghdr); i < size; i++) {
		copy = copy_of(size);
		for (unsigned int value = 0; value < 256; value++) {
			((uint8_t *)copy)[i] = (uint8_t)value;
			clean();
			parse(copy, to);
		}
		free(copy);
	}
}

static void clean(void)
{
	memset(&module, 0, sizeof(module));
	diagnosis = (struct an_diagnosis){ .module = &module };
}

static void broken_diagnosis(void)
{
	put_all();
	attack(an_devlink_parse_diagnosis, &diagnosis, clean);
	CU_PASS("nothing was overrun");
}

static void put_reporter(uint8_t state, size_t size)
{
	const uint8_t bytes[8] = { state };
	struct nlattr *nest;

	begin(DEVLINK_CMD_HEALTH_REPORTER_GET);
	mnl_attr_put_strz(message, DEVLINK_ATTR_BUS_NAME, "vmbus");
	mnl_attr_put_strz(message, DEVLINK_ATTR_DEV_NAME, "f8615163-0000-1000-2000-00224876a401");
	nest = mnl_attr_nest_start(message, DEVLINK_ATTR_HEALTH_REPORTER);
	mnl_attr_put_strz(message, DEVLINK_ATTR_HEALTH_REPORTER_NAME, "vf");
	mnl_attr_put(message, DEVLINK_ATTR_HEALTH_REPORTER_STATE, size, bytes);
	mnl_attr_put_u64(message, DEVLINK_ATTR_HEALTH_REPORTER_ERR_COUNT, 2);
	mnl_attr_nest_end(message, nest);
}

static void reporter(void)
{
	put_reporter(0, 1);
	CU_ASSERT_EQUAL(an_devlink_parse_reporter(message, &module), MNL_CB_OK);
	CU_ASSERT_TRUE(module.there);
	CU_ASSERT_EQUAL(module.healthy, AN_YES);
	put_reporter(1, 1);
	CU_ASSERT_EQUAL(an_devlink_parse_reporter(message, &module), MNL_CB_OK);
	CU_ASSERT_EQUAL(module.healthy, AN_NO);
	attack(an_devlink_parse_reporter, &module, clean);

	put_reporter(0, 8);
	CU_ASSERT_EQUAL(an_devlink_parse_reporter(message, &module), MNL_CB_ERROR);

	/* Another command's message is not ours to read. */
	setup();
	put_reporter(0, 1);
	((struct genlmsghdr *)mnl_nlmsg_get_payload(message))->cmd = DEVLINK_CMD_GET;
	CU_ASSERT_EQUAL(an_devlink_parse_reporter(message, &module), MNL_CB_OK);
	CU_ASSERT_FALSE(module.there);
}

/* From another network namespace the kernel knows no such device; that proves nothing. */
static void refusals(void)
{
	static const struct {
		const char *driver;
		int ret;
		int judged;
		bool elsewhere, denied, failed;
	} row[] = {
		{ "accelnet", 0, 0, false, false, false },
		{ "accelnet", -ENODEV, 0, true, false, false },
		{ "accelnet", -EOPNOTSUPP, 0, false, false, true },
		{ "accelnet", -EPERM, 0, false, true, false },
		{ "accelnet", -ETIMEDOUT, -ETIMEDOUT, false, false, true },
		{ "hv_netvsc", -ENODEV, 0, false, false, false },
		{ "hv_netvsc", -EINVAL, 0, false, false, false },
		{ "hv_netvsc", -ETIMEDOUT, -ETIMEDOUT, false, false, true },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct an_nic nic = { 0 };

		strcpy(nic.driver, row[i].driver);
		CU_ASSERT_EQUAL(an_devlink_judge(&nic, row[i].ret), row[i].judged);
		CU_ASSERT_EQUAL(nic.module.elsewhere, row[i].elsewhere);
		CU_ASSERT_EQUAL(nic.module.denied, row[i].denied);
		CU_ASSERT_EQUAL(nic.failed[0] != '\0', row[i].failed);
	}
}

static void no_cleaning(void)
{
}

static void family(void)
{
	uint16_t id = 0;

	begin(CTRL_CMD_NEWFAMILY);
	mnl_attr_put_strz(message, CTRL_ATTR_FAMILY_NAME, "devlink");
	mnl_attr_put_u16(message, CTRL_ATTR_FAMILY_ID, 0x15);
	CU_ASSERT_EQUAL(an_devlink_parse_family(message, &id), MNL_CB_OK);
	CU_ASSERT_EQUAL(id, 0x15);
	attack(an_devlink_parse_family, &id, no_cleaning);
	begin(CTRL_CMD_NEWFAMILY);
	mnl_attr_put_u32(message, CTRL_ATTR_FAMILY_ID, 0x15);
	CU_ASSERT_EQUAL(an_devlink_parse_family(message, &id), MNL_CB_ERROR);
}

static CU_TestInfo tests[] = {
	{ "a whole diagnosis", whole },
	{ "a diagnosis in pieces", in_pieces },
	{ "a diagnosis of another version", other_versions },
	{ "values without a name", nameless_values },
	{ "values of the wrong kind or size", wrong_values },
	{ "long texts are cut", long_texts_are_cut },
	{ "a broken diagnosis", broken_diagnosis },
	{ "the reporter, whole and broken", reporter },
	{ "refusals", refusals },
	{ "the family, whole and broken", family },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("pair/devlink", setup, NULL, tests);
