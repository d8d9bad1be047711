// SPDX-License-Identifier: BSD-3-Clause
/* Runs every suite that is linked in. Exit status 0 only if all assertions passed. */
#include "unit.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>

extern CU_SuiteInfo *const __start_unit_suites[];
extern CU_SuiteInfo *const __stop_unit_suites[];

int main(void)
{
	unsigned int failures;

	if (CU_initialize_registry() != CUE_SUCCESS)
		return EXIT_FAILURE;
	/* cppcheck-suppress comparePointers ; the linker's names for both ends of one array */
	for (CU_SuiteInfo *const *s = __start_unit_suites; s < __stop_unit_suites; s++) {
		CU_SuiteInfo one[] = { **s, CU_SUITE_INFO_NULL };

		if (CU_register_suites(one) != CUE_SUCCESS) {
			fprintf(stderr, "unit: cannot register %s: %s\n", (*s)->pName,
				CU_get_error_msg());
			return EXIT_FAILURE;
		}
	}
	CU_basic_set_mode(CU_BRM_NORMAL);
	CU_basic_run_tests();
	failures = CU_get_number_of_failures();
	if (CU_get_number_of_tests_run() == 0)
		failures = 1;
	CU_cleanup_registry();
	return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
