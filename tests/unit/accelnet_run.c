// SPDX-License-Identifier: BSD-3-Clause
/* Runs the tool's main() in this process, and keeps what it prints. */
#include "accelnet_run.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORDS_MAX 8

int accelnet_main(int argc, char **argv);	/* main() of tools/accelnet, see the Makefile */

struct redirection {
	FILE *stream;
	FILE *file;
	int saved;
};

static void redirect(struct redirection *to, FILE *stream)
{
	to->stream = stream;
	to->file = tmpfile();
	fflush(stream);
	to->saved = dup(fileno(stream));
	if (to->file == NULL || to->saved < 0 || dup2(fileno(to->file), fileno(stream)) < 0)
		err(1, "cannot redirect");
}

static void restore(struct redirection *from, char *text)
{
	size_t length;

	fflush(from->stream);
	if (dup2(from->saved, fileno(from->stream)) < 0)
		err(1, "cannot redirect");
	close(from->saved);
	rewind(from->file);
	length = fread(text, 1, RUN_MAX - 1, from->file);
	text[length] = '\0';
	fclose(from->file);
}

void run(struct run *run, const char *sysfs, const char *words)
{
	char copy[1024], *argv[WORDS_MAX + 2] = { (char *)"accelnet" }, *rest = copy;
	struct redirection out, error;
	int argc = 1;

	snprintf(copy, sizeof(copy), "%s", words);
	while (*words != '\0' && argc <= WORDS_MAX && (argv[argc] = strsep(&rest, " ")) != NULL)
		argc++;
	argv[argc] = NULL;
	setenv("ACCELNET_SYSFS", sysfs, 1);
	redirect(&out, stdout);
	redirect(&error, stderr);
	run->status = accelnet_main(argc, argv);
	restore(&error, run->err);
	restore(&out, run->out);
	unsetenv("ACCELNET_SYSFS");
}
