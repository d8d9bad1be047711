// SPDX-License-Identifier: BSD-3-Clause
/*
 * The host's ear: hostctl connects, sends its words, each ended by a NUL, and gets a status byte
 * and text. The words and what they print are those of hostctl in the VM as far as this machine has
 * what they are about. The thread also keeps the host's time where the device has no thread.
 */
#define _GNU_SOURCE /* accept4 */
#include "control.h"

#include "core.h"
#include "fault.h"
#include "objects.h"
#include "words.h"

#include "../log.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define REQUEST_MAX 1024
#define PATIENCE_MS 1000 /* with a client that connects and says nothing */

struct control {
	struct machine *machine;
	pthread_t thread;
	int listener, wake;
	char path[108];
};

/* Whole, to the end the client makes; bytes or -1. */
static ssize_t request_read(int fd, char *to, size_t size)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	size_t len = 0;

	while (len < size) {
		ssize_t n = poll(&wait, 1, PATIENCE_MS) > 0 ? read(fd, to + len, size - len) : -1;

		if (n < 0)
			return -1;
		if (n == 0)
			return (ssize_t)len;
		len += (size_t)n;
	}
	return -1;
}

static void answer(struct machine *machine, int fd)
{
	char request[REQUEST_MAX + 1], *text = NULL;
	ssize_t len = request_read(fd, request, REQUEST_MAX);
	size_t size = 0;
	FILE *out;
	int status;

	if (len <= 0)
		return;
	request[len] = '\0';
	out = open_memstream(&text, &size);
	if (out == NULL)
		return;
	fputc(0, out); /* the status goes here */
	machine_lock(machine);
	status = words_run(machine, request, (size_t)len, out);
	machine_unlock(machine);
	fclose(out);
	text[0] = (char)status;
	for (size_t done = 0; done < size;) {
		ssize_t n = send(fd, text + done, size - done, MSG_NOSIGNAL);

		if (n <= 0)
			break;
		done += (size_t)n;
	}
	free(text);
}

static int timeout_of(struct machine *machine)
{
	uint64_t now = lab_clock_now(&machine->clock), due;

	machine_lock(machine);
	fault_advance(machine, now);
	due = fault_deadline(machine);
	machine_unlock(machine);
	if (due == UINT64_MAX)
		return -1;
	return due <= now ? 0 : (int)((due - now) / LAB_MS + 1);
}

static void *control_main(void *arg)
{
	struct control *control = arg;
	struct machine *machine = control->machine;
	struct pollfd fds[] = { { .fd = control->listener, .events = POLLIN },
				{ .fd = control->wake, .events = POLLIN } };

	core_release();
	for (;;) {
		int fd;

		if (poll(fds, 2, timeout_of(machine)) <= 0)
			continue;
		if (fds[1].revents != 0)
			return NULL;
		fd = accept4(control->listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			continue;
		answer(machine, fd);
		close(fd);
	}
}

bool control_is_elsewhere(const struct machine *machine)
{
	return machine->control != NULL && !pthread_equal(machine->control->thread, pthread_self());
}

static int listen_at(struct control *control, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path));
	memcpy(control->path, address.sun_path, sizeof(control->path));
	control->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (control->listener < 0)
		return -errno;
	/* The last program may have died; one that lives keeps its socket and its name. */
	if (connect(control->listener, (struct sockaddr *)&address, sizeof(address)) == 0)
		return -EADDRINUSE;
	close(control->listener);
	unlink(path);
	control->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (control->listener < 0)
		return -errno;
	if (bind(control->listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(control->listener, 16) < 0)
		return -errno;
	return 0;
}

static void control_free(struct control *control)
{
	if (control->listener >= 0)
		close(control->listener);
	if (control->wake >= 0)
		close(control->wake);
	free(control);
}

int control_start(struct machine *machine)
{
	const char *path = getenv(MACHINE_ENV_CONTROL);
	struct control *control;
	int err;

	if (path == NULL)
		return 0;
	control = calloc(1, sizeof(*control));
	if (control == NULL)
		return -ENOMEM;
	control->machine = machine;
	control->listener = -1;
	control->wake = eventfd(0, EFD_CLOEXEC);
	err = control->wake < 0 ? -errno : listen_at(control, path);
	if (err == 0)
		err = -pthread_create(&control->thread, NULL, control_main, control);
	if (err == 0) {
		machine->control = control;
		return 0;
	}
	control_free(control);
	if (err != -EADDRINUSE)
		return err;
	lab_log(LAB_LOG_WARN, "verbs", "another program has the machine's socket: no hostctl");
	return 0;
}

void control_stop(struct machine *machine)
{
	struct control *control = machine->control;
	const uint64_t one = 1;

	if (control == NULL)
		return;
	if (write(control->wake, &one, sizeof(one)) == sizeof(one))
		pthread_join(control->thread, NULL);
	unlink(control->path);
	machine->control = NULL;
	control_free(control);
}
