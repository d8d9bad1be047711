/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One unit-test file mirrors one source file. It ends in UNIT_SUITE(name, setup, teardown, tests):
 * being in the binary is all it takes to be run. setup and teardown run around every test.
 *
 *	static CU_TestInfo tests[] = {
 *		{ "a short ring is refused", short_ring },
 *		CU_TEST_INFO_NULL,
 *	};
 *	UNIT_SUITE("vmbus/ring", setup, teardown, tests);
 */
#ifndef UNIT_H
#define UNIT_H

#include <CUnit/CUnit.h>

#define UNIT_SUITE(name_, setup_, teardown_, tests_)                                               \
	static CU_SuiteInfo unit_suite_info = { (char *)(name_), NULL, NULL, setup_, teardown_,    \
						tests_ };                                          \
	static CU_SuiteInfo *const unit_suite_ptr                                                  \
		__attribute__((used, section("unit_suites"))) = &unit_suite_info

#endif
