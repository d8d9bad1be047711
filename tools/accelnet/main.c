// SPDX-License-Identifier: BSD-3-Clause
/*
 * accelnet: tells whether this machine's synthetic NICs use their virtual functions, and if not,
 * why, and what to do. Each subcommand has its file; this one only finds it, and takes what ip and
 * devlink take before it.
 */
#include "command.h"
#include "version.h"

#include <stdio.h>
#include <string.h>

static const struct an_command commands[] = {
	{ "status", "[-j] [--allow-none[=DEV,...]] [DEV]",
	  "report what is known of every NIC, or of DEV", an_status_main },
	{ "check", "[-j] [--allow-none[=DEV,...]] [DEV]",
	  "one verdict, then one line for each NIC", an_check_main },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int print_help(FILE *to, int status)
{
	fputs("usage: accelnet [-j] COMMAND [OPTION]... [DEV]\n\n", to);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(to, "  %-8s%s\n", commands[i].name, commands[i].help);
	fputs("  help    this text\n"
	      "\n"
	      "  -j, --json      one JSON object: schema, result, exit_code, error, nics[],\n"
	      "                  unattributed_functions[]; accelnet(8) lists the keys\n"
	      "  --allow-none[=DEV,...]\n"
	      "                  these NICs, or all, have no VF on purpose: that is ok\n"
	      "  -h, --help      this text\n"
	      "  -V, --version   the version\n"
	      "\n"
	      "DEV is an interface of a synthetic NIC or of its VF (by name, alternative name or\n"
	      "MAC address), the PCI address of its VF, or its VMBus GUID.\n"
	      "\n"
	      "exit status: 0 ok, or nothing to judge: the NIC is down, or another driver has\n"
	      "it; 1 unaccelerated: no VF, or kept from using it by configuration; 2 degraded:\n"
	      "a VF is present but unused or misconfigured; 3 unknown, or in another network\n"
	      "namespace; 64 wrong usage (check: 3). Of several NICs a degraded one decides,\n"
	      "else an unknown one, else an unaccelerated one.\n", to);
	return status;
}

static int run(int argc, char **argv, struct an_options *options)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(argv[0], commands[i].name) == 0)
			return commands[i].run(&commands[i], argc, argv, options);
	fprintf(stderr, "accelnet: no such command: %s\n", argv[0]);
	return print_help(stderr, AN_EXIT_USAGE);
}

int main(int argc, char **argv)
{
	struct an_options options = { 0 };

	for (int i = 1; i < argc; i++) {
		const char *word = argv[i];

		if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 ||
		    strcmp(word, "help") == 0)
			return print_help(stdout, 0);
		if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
			puts("accelnet " AN_VERSION);
			return 0;
		}
		if (strcmp(word, "--json") == 0 || strcmp(word, "-j") == 0) {
			options.json = true;
			continue;
		}
		if (word[0] != '-')
			return run(argc - i, argv + i, &options);
		fprintf(stderr, "accelnet: no such option: %s\n", word);
		return print_help(stderr, AN_EXIT_USAGE);
	}
	return print_help(stdout, 0);
}
