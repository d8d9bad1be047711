// SPDX-License-Identifier: BSD-3-Clause
/*
 * Parameters of the run, looked up in the text as it came from the VMM. There are few and each is
 * asked for once, so a look-up walks them all.
 */
#include "parameters.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int parameters_ask(struct parameters *p, const struct lab_port *port)
{
	struct lab_port_call call = {
		.op = LAB_PORT_PARAMETERS,
		.reply = p->text,
		.reply_size = LAB_PORT_DATA_MAX,
	};
	int status = lab_port_call(port, &call);

	p->length = call.reply_length;
	p->text[p->length] = '\0';
	return status < 0 ? status : 0;
}

const char *parameters_get(const struct parameters *p, const char *key)
{
	size_t key_length = strlen(key);

	for (size_t at = 0; at < p->length; at += strlen(p->text + at) + 1)
		if (strncmp(p->text + at, key, key_length) == 0 && p->text[at + key_length] == '=')
			return p->text + at + key_length + 1;
	return NULL;
}

unsigned int parameters_number(const struct parameters *p, const char *key, unsigned int max,
			       unsigned int fallback)
{
	const char *text = parameters_get(p, key);
	unsigned long value;
	char *end;

	if (text == NULL || *text < '0' || *text > '9')
		return fallback;
	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno != 0 || *end != '\0' || value > max)
		return fallback;
	return (unsigned int)value;
}

unsigned int parameters_argv(const struct parameters *p, char **argv)
{
	unsigned int n = 0;

	while (n < PARAMETERS_ARGS_MAX) {
		char key[16];

		snprintf(key, sizeof(key), "ARG%u", n);
		argv[n] = (char *)parameters_get(p, key);
		if (argv[n] == NULL)
			return n;
		n++;
	}
	argv[n] = NULL;
	return n;
}
