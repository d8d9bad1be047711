/* SPDX-License-Identifier: BSD-3-Clause */
/* The subcommands, and what their command lines have in common. */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>

#define AN_EXIT_USAGE 64	/* EX_USAGE: 0 to 3 are verdicts */

struct an_options {
	bool json;
	bool allow_none;	/* a NIC without a VF is as it was ordered */
	const char *none;	/* which NICs, as DEV,DEV...; NULL: all */
	const char *device;	/* NULL: all */
};

struct an_command {
	const char *name;
	const char *usage;	/* what follows the name */
	const char *help;
	int (*run)(const struct an_command *command, int argc, char **argv,
		   struct an_options *options);
};

/*
 * Parses what follows the program's name; `options` holds what was given before the subcommand's.
 * Returns -1 to go on, or the status to exit with.
 */
int an_command_parse(const struct an_command *command, int argc, char **argv,
		     struct an_options *options);

int an_status_main(const struct an_command *command, int argc, char **argv,
		   struct an_options *options);
int an_check_main(const struct an_command *command, int argc, char **argv,
		  struct an_options *options);

#endif
