// SPDX-License-Identifier: BSD-3-Clause
/* accelnet status: reports what is known of every NIC, or of one. */
#include "collect.h"
#include "command.h"
#include "output.h"

int an_status_main(const struct an_command *command, int argc, char **argv,
		   struct an_options *options)
{
	struct an_report report;
	int ret;

	ret = an_command_parse(command, argc, argv, options);
	if (ret >= 0)
		return ret;
	an_collect(&report, options);
	if (report.error[0] != '\0')
		fprintf(stderr, "accelnet: %s\n", report.error);
	if (options->json)
		an_output_json(stdout, &report);
	else if (report.error[0] == '\0')
		an_output_text(stdout, &report);
	ret = an_output_end(stdout, report.result);
	an_collect_free(&report);
	return ret;
}
