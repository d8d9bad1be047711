// SPDX-License-Identifier: BSD-3-Clause
/* What the subcommands' command lines have in common. */
#include "command.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

enum { ALLOW_NONE = 256 };

static const struct option long_options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "json", no_argument, NULL, 'j' },
	{ "allow-none", optional_argument, NULL, ALLOW_NONE },
	{ 0 },
};

static int print_usage(const struct an_command *command, FILE *to, int status)
{
	fprintf(to, "usage: accelnet %s %s\n", command->name, command->usage);
	return status;
}

int an_command_parse(const struct an_command *command, int argc, char **argv,
		     struct an_options *options)
{
	int letter;

	optind = 0;	/* from the start, and whatever was parsed before */
	opterr = 0;
	while ((letter = getopt_long(argc, argv, "hj", long_options, NULL)) != -1) {
		switch (letter) {
		case 'h':
			return print_usage(command, stdout, 0);
		case 'j':
			options->json = true;
			break;
		case ALLOW_NONE:
			options->allow_none = true;
			options->none = optarg;
			break;
		default:
			fprintf(stderr, "accelnet %s: no such option: %s\n", command->name,
				argv[optind - 1]);
			return print_usage(command, stderr, AN_EXIT_USAGE);
		}
	}
	if (argc - optind > 1 || (argc > optind && argv[optind][0] == '\0')) {
		fprintf(stderr, "accelnet %s: at most one interface\n", command->name);
		return print_usage(command, stderr, AN_EXIT_USAGE);
	}
	options->device = argv[optind];	/* NULL after the last */
	return -1;
}
