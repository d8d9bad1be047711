// SPDX-License-Identifier: BSD-3-Clause
/*
 * hostctl: asks the simulated host, from inside the guest, to do something to this VM or to tell
 * something about it. The words go to the VMM as they are, so the host alone knows its commands:
 * `hostctl help` lists them. Exit status: the host's; 2 for wrong usage, 125 when there is no host.
 */
#include "port.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ASK_AGAIN   50000000L /* ns between two askings while the host says "not yet" */
#define EXIT_USAGE  2
#define EXIT_NOHOST 125

static int usage(FILE *to, int status)
{
	fputs("usage: hostctl WORD...\n"
	      "       hostctl help    what this host understands\n", to);
	return status;
}

/* The words with a NUL between two of them. Returns their length, or -EMSGSIZE. */
static int join(char *buf, size_t size, char **words)
{
	size_t length = 0;

	for (char **word = words; *word != NULL; word++) {
		size_t n = strlen(*word) + 1;

		if (n > size - length)
			return -EMSGSIZE;
		memcpy(buf + length, *word, n);
		length += n;
	}
	return (int)length - 1;
}

static int ask(const struct lab_port *port, struct lab_port_call *call)
{
	static const struct timespec pause = { .tv_nsec = ASK_AGAIN };
	int status;

	while ((status = lab_port_call(port, call)) == LAB_PORT_AGAIN)
		nanosleep(&pause, NULL);
	return status;
}

int main(int argc, char **argv)
{
	static char request[LAB_PORT_DATA_MAX], reply[LAB_PORT_DATA_MAX];
	struct lab_port_call call = {
		.op = LAB_PORT_HOSTCTL,
		.arg = (uint32_t)getpid(),
		.request = request,
		.reply = reply,
		.reply_size = sizeof(reply),
	};
	struct lab_port port;
	FILE *to;
	int status, length;

	if (argc < 2)
		return usage(stderr, EXIT_USAGE);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return usage(stdout, EXIT_SUCCESS);
	length = join(request, sizeof(request), argv + 1);
	if (length < 0) {
		fputs("hostctl: the words are too long for the lab port\n", stderr);
		return EXIT_USAGE;
	}
	call.length = (size_t)length;
	status = lab_port_open(&port, LAB_PORT_LOCK);
	if (status < 0) {
		fprintf(stderr, "hostctl: no simulated host here: %s\n", strerror(-status));
		return EXIT_NOHOST;
	}
	status = ask(&port, &call);
	lab_port_close(&port);
	to = status == 0 ? stdout : stderr;
	fwrite(reply, 1, call.reply_length, to);
	if (call.reply_length > 0 && reply[call.reply_length - 1] != '\n')
		fputc('\n', to);
	if (status < 0) {
		fprintf(stderr, "hostctl: the host did not answer: %s\n", strerror(-status));
		return EXIT_NOHOST;
	}
	if (fflush(stdout) != 0 || status > UINT8_MAX)
		return EXIT_FAILURE;
	return status;
}
