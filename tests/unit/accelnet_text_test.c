// SPDX-License-Identifier: BSD-3-Clause
#include "../../tools/accelnet/text.h"
#include "unit.h"

#include <string.h>

static void shell_words(void)
{
	static const struct {
		const char *word;
		const char *quoted;
	} row[] = {
		{ "eth0", "eth0" },
		{ "0002:00:02.0", "0002:00:02.0" },
		{ "a b", "'a b'" },
		{ "$(reboot)", "'$(reboot)'" },
		{ "it's", "'it'\\''s'" },
		{ "", "''" },
		{ "-rf", "'-rf'" },
		{ "a\nb", "'a\nb'" },
		{ "~root", "'~root'" },
		{ "*", "'*'" },
		{ "\xc3\xa9", "'\xc3\xa9'" },
	};
	char quoted[AN_TEXT];

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		an_text_shell_word(quoted, sizeof(quoted), row[i].word);
		CU_ASSERT_STRING_EQUAL(quoted, row[i].quoted);
	}
}

/* Whatever the size: ended, and with its closing quote. */
static void short_of_room(void)
{
	char quoted[32];

	for (size_t size = 8; size <= sizeof(quoted); size++) {
		memset(quoted, 'x', sizeof(quoted));
		an_text_shell_word(quoted, size, "''''''''''''''''''''''''''");
		CU_ASSERT_TRUE(strlen(quoted) < size);
		CU_ASSERT_EQUAL(quoted[strlen(quoted) - 1], '\'');
	}
}

static void cleaning(void)
{
	char clean[16];

	an_text_clean(clean, sizeof(clean), "a\033[31m\n\x7f\xff z~");
	CU_ASSERT_STRING_EQUAL(clean, "a?[31m??? z~");
	an_text_clean(clean, 4, "abcdef");
	CU_ASSERT_STRING_EQUAL(clean, "abc");
}

static void names(void)
{
	CU_ASSERT_STRING_EQUAL(an_path_name(AN_PATH_VF), "vf");
	CU_ASSERT_STRING_EQUAL(an_source_name(AN_SOURCE_MEASURED), "measured");
}

/* What monitoring takes from them: a broken VF is never less than none. */
static void exits(void)
{
	static const struct {
		enum an_result result;
		const char *name;
		int status;
	} row[] = {
		{ AN_OK, "ok", 0 },
		{ AN_DOWN, "down", 0 },
		{ AN_FOREIGN, "foreign", 0 },
		{ AN_NOT_ACCELERATED, "unaccelerated", 1 },
		{ AN_DEGRADED, "degraded", 2 },
		{ AN_CANNOT_TELL, "unknown", 3 },
		{ AN_ELSEWHERE, "elsewhere", 3 },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		CU_ASSERT_STRING_EQUAL(an_result_name(row[i].result), row[i].name);
		CU_ASSERT_EQUAL(an_result_exit(row[i].result), row[i].status);
	}
}

static CU_TestInfo tests[] = {
	{ "words for a shell", shell_words },
	{ "words for a shell, short of room", short_of_room },
	{ "what is not printable", cleaning },
	{ "names of paths and their kin", names },
	{ "exit statuses", exits },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("accelnet/text", NULL, NULL, tests);
