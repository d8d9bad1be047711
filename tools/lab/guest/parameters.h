/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How the run was asked for: the KEY=VALUE strings the VMM answers to LAB_PORT_PARAMETERS.
 *
 *	DRIVER	stock, accelnet (stock first, then handed over) or none
 *	NICS	synthetic NICs this VM has
 *	NET	0: leave the NICs without addresses, and do not wait for them
 *	VM	index of this VM among those of the run
 *	VF	on: every NIC's VF is there from the start, wait until it is paired
 *	MODULES	more modules to load, separated by spaces or commas
 *	ARG0...	the command to run
 */
#ifndef LAB_GUEST_PARAMETERS_H
#define LAB_GUEST_PARAMETERS_H

#include "port.h"

#define PARAMETERS_ARGS_MAX 1024u

struct parameters {
	char text[LAB_PORT_DATA_MAX + 1]; /* ends in a NUL whatever the VMM sent */
	size_t length;
};

/* Asks the VMM. 0 or -errno. */
int parameters_ask(struct parameters *p, const struct lab_port *port);
/* The value, or NULL. */
const char *parameters_get(const struct parameters *p, const char *key);
/* The value as a number of 0 to max, fallback if it is missing or is none such. */
unsigned int parameters_number(const struct parameters *p, const char *key, unsigned int max,
			       unsigned int fallback);
/* Fills argv (room for PARAMETERS_ARGS_MAX + 1) with ARG0... and a NULL. Returns how many. */
unsigned int parameters_argv(const struct parameters *p, char **argv);

#endif
