// SPDX-License-Identifier: BSD-3-Clause
/*
 * accelnet: tells whether this machine's synthetic NICs use their virtual functions, and if not,
 * why, and what to do. Each subcommand has its file; this one only finds it.
 */
#include "command.h"
#include "version.h"

#include <stdio.h>
#include <string.h>

static const struct an_command commands[] = {
	{ "status", "[-j] [DEV]", "report what is known of every NIC, or of DEV", an_status_main },
	{ "check", "[DEV]", "one verdict, then one line for each NIC", an_check_main },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int print_help(FILE *to, int status)
{
	fputs("usage: accelnet COMMAND [OPTION]... [DEV]\n\n", to);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(to, "  %-8s%-12s%s\n", commands[i].name, commands[i].usage,
			commands[i].help);
	fputs("\n"
	      "  -j, --json    one JSON object: schema, result, exit_code, error, nics[],\n"
	      "                unattributed_functions[]; accelnet(8) lists the keys\n"
	      "  -h, --help    this text\n"
	      "  --version     the version\n"
	      "\n"
	      "DEV is a synthetic NIC's interface, its VF's, or its VMBus GUID.\n"
	      "\n"
	      "exit status: 0 ok; 1 degraded: a VF is there but is not used, or not rightly;\n"
	      "2 unaccelerated: no VF; 3 unknown; 64 wrong usage. Of several NICs a degraded\n"
	      "one decides, else an unknown one, else an unaccelerated one.\n", to);
	return status;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return print_help(stderr, AN_EXIT_USAGE);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return print_help(stdout, 0);
	if (strcmp(argv[1], "--version") == 0) {
		puts("accelnet " AN_VERSION);
		return 0;
	}
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(&commands[i], argc - 1, argv + 1);
	fprintf(stderr, "accelnet: no such command: %s\n", argv[1]);
	return print_help(stderr, AN_EXIT_USAGE);
}
