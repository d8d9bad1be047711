// SPDX-License-Identifier: BSD-3-Clause
/*
 * accelnet check: one verdict, then one line for each NIC. First line and exit status are what
 * Nagios and its kin take from a plug-in.
 */
#include "collect.h"
#include "command.h"
#include "output.h"
#include "text.h"

int an_check_main(const struct an_command *command, int argc, char **argv)
{
	struct an_options options;
	struct an_report report;
	int ret;

	ret = an_command_parse(command, argc, argv, "", &options);
	if (ret >= 0)
		return ret;
	if (an_collect(&report, options.device) != 0)
		return an_result_exit(AN_CANNOT_TELL);
	an_output_check(stdout, &report);
	ret = an_output_end(stdout, report.result);
	an_collect_free(&report);
	return ret;
}
