// SPDX-License-Identifier: BSD-3-Clause
/*
 * accelnet check: one verdict, then one line for each NIC. First line and exit status are what
 * Nagios and its kin take from a plug-in, so there is a line whatever happens.
 */
#include "collect.h"
#include "command.h"
#include "output.h"
#include "text.h"

int an_check_main(const struct an_command *command, int argc, char **argv,
		  struct an_options *options)
{
	struct an_report report;
	int ret;

	ret = an_command_parse(command, argc, argv, options);
	if (ret == AN_EXIT_USAGE) {
		puts("UNKNOWN - accelnet check: wrong usage");
		return an_output_end(stdout, AN_CANNOT_TELL);
	}
	if (ret >= 0)
		return ret;
	an_collect(&report, options);
	if (options->json)
		an_output_json(stdout, &report);
	else
		an_output_check(stdout, &report);
	ret = an_output_end(stdout, report.result);
	an_collect_free(&report);
	return ret;
}
