// SPDX-License-Identifier: BSD-3-Clause
/*
 * hostctl beside accelnet-native: asks the machine in the program that has opened the device, over
 * $ACCELNET_LAB_CONTROL. Exit status as in the VM: 0 done, 1 cannot or waited in vain, 64 wrong
 * words, 2 no words, 125 nothing to ask.
 */
#include "../machine.h"
#include "../words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PATIENCE (5 * LAB_S) /* with a program that has not opened the device yet */
#define AGAIN_US 20000

enum { NO_WORDS = 2, NOBODY = 125 };

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return -1;
	memcpy(address.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* One question: its status, the text behind it in `text`. -1: nobody listens. */
static int ask(const char *path, int argc, char *argv[], FILE *text)
{
	int fd = connect_to(path), status = -1;
	char part[4096];
	ssize_t n;

	if (fd < 0)
		return -1;
	for (int i = 1; i < argc; i++)
		if (send(fd, argv[i], strlen(argv[i]) + 1, MSG_NOSIGNAL) < 0)
			break;
	shutdown(fd, SHUT_WR);
	while ((n = read(fd, part, sizeof(part))) > 0) {
		size_t skip = status < 0 ? 1 : 0;

		if (skip == 1)
			status = (unsigned char)part[0];
		fwrite(part + skip, 1, (size_t)n - skip, text);
	}
	close(fd);
	return status;
}

/* `wait STATE SECONDS`: how long; others are answered at once. */
static uint64_t patience_of(int argc, char *argv[])
{
	if (argc > 3 && strcmp(argv[1], "wait") == 0)
		return strtoul(argv[3], NULL, 10) * LAB_S;
	return 0;
}

int main(int argc, char *argv[])
{
	const char *path = getenv(MACHINE_ENV_CONTROL);
	uint64_t start = lab_clock_now(NULL), patience = patience_of(argc, argv);

	if (argc < 2) {
		fputs("usage: hostctl WORD...; hostctl help lists them\n", stderr);
		return NO_WORDS;
	}
	if (path == NULL) {
		fputs("hostctl: this is not inside accelnet-native\n", stderr);
		return NOBODY;
	}
	for (;;) {
		char *text = NULL;
		size_t size = 0;
		FILE *out = open_memstream(&text, &size);
		int status;

		if (out == NULL)
			return NOBODY;
		status = ask(path, argc, argv, out);
		fclose(out);
		if ((status == WORDS_AGAIN && lab_clock_now(NULL) - start < patience) ||
		    (status < 0 && lab_clock_now(NULL) - start < PATIENCE)) {
			free(text);
			usleep(AGAIN_US);
			continue;
		}
		fwrite(text, 1, size, status == WORDS_DONE ? stdout : stderr);
		free(text);
		if (status < 0)
			fputs("hostctl: no program has opened the device\n", stderr);
		return status < 0 ? NOBODY : status == WORDS_AGAIN ? WORDS_CANNOT : status;
	}
}
