// SPDX-License-Identifier: BSD-3-Clause
/* The machine with its threads: the device moves by itself, the host is asked over its socket. */
#define _GNU_SOURCE /* unshare */
#include "verbs_world.h"

#include <poll.h>
#include <sys/un.h>
#include <sys/wait.h>

#define PATIENCE_MS 20000 /* a machine under load, with sanitizers */

static char dir[32], path[64];
static struct world_tx tx;

static void setup(void)
{
	int ends[2];

	strcpy(dir, "/tmp/verbs-control.XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/socket", dir);
	world_setup(); /* inline, for its rights; then once more, as a program has it */
	world_teardown();
	setenv(MACHINE_ENV_MODE, "thread", 1);
	setenv(MACHINE_ENV_CONTROL, path, 1);
	memset(&world, 0, sizeof(world));
	world.context = world_open();
	CU_ASSERT_PTR_NOT_NULL_FATAL(world.context);
	world.pd = ibv_alloc_pd(world.context);
	world.machine = machine_get();
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	machine_lock(world.machine);
	world.machine->wire = ends[0];
	machine_unlock(world.machine);
	world.kernel = ends[1];
	world_tx_create(&tx);
}

static void teardown(void)
{
	world_tx_destroy(&tx);
	world_teardown();
	unsetenv(MACHINE_ENV_CONTROL);
	CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
	CU_ASSERT_EQUAL(rmdir(dir), 0);
}

/* The status of an answer, whose text is not wanted; -1: none came. */
static int ask(const char *words, size_t len)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	uint8_t answer[8192];
	ssize_t n;

	strcpy(address.sun_path, path);
	CU_ASSERT_EQUAL_FATAL(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	CU_ASSERT_EQUAL(send(fd, words, len, 0), (ssize_t)len);
	shutdown(fd, SHUT_WR);
	n = recv(fd, answer, sizeof(answer), MSG_WAITALL);
	close(fd);
	return n > 0 ? answer[0] : -1;
}
#define ASK(words) ask(words, sizeof(words))

static void device_moves_by_itself(void)
{
	struct pollfd kernel = { .fd = world.kernel, .events = POLLIN };
	struct frame_spec spec = world_udp(1, 2);

	/* Reflected, and since nothing steers it, the kernel's. */
	world_tx_ring(&tx, world_tx_write(&tx, frames_build(tx.frame, &spec)));
	CU_ASSERT_EQUAL(poll(&kernel, 1, PATIENCE_MS), 1);
	CU_ASSERT_PTR_NOT_NULL(world_cqe(&tx.dcq, 0));
}

static void a_forked_child_ends_without_it(void)
{
	int status = -1;
	pid_t child = fork();

	if (child == 0) {
		machine_put();
		_exit(0);
	}
	CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
	CU_ASSERT_EQUAL(status, 0);
	CU_ASSERT_EQUAL(access(path, F_OK), 0); /* the socket is its parent's */
	device_moves_by_itself();
}

static void host_is_asked_over_its_socket(void)
{
	char many[2000];

	memset(many, 'x', sizeof(many));
	CU_ASSERT_EQUAL(ASK("help"), 0);
	CU_ASSERT_EQUAL(ASK("stats"), 0);
	CU_ASSERT_EQUAL(ASK("link\0down\0" "0"), 0);
	CU_ASSERT_EQUAL(ASK("nonsense"), 64);
	CU_ASSERT_EQUAL(ask("", 0), -1);
	CU_ASSERT_EQUAL(ask(many, sizeof(many)), -1); /* longer than any words */
	CU_ASSERT_EQUAL(ASK("help"), 0);
}

static void revocation_wakes_a_waiting_reader(void)
{
	struct ibv_context *old = world.context;
	struct ibv_async_event event;

	CU_ASSERT_EQUAL(ASK("fault\0surprise-delay\0" "30"), 0);
	CU_ASSERT_EQUAL(ASK("fault\0add-delay\0" "10"), 0);
	CU_ASSERT_EQUAL(ASK("vf\0surprise\0" "0"), 0);
	CU_ASSERT_EQUAL(ibv_get_async_event(old, &event), 0); /* blocks until then */
	CU_ASSERT_EQUAL(event.event_type, IBV_EVENT_DEVICE_FATAL);
	ibv_ack_async_event(&event);
	CU_ASSERT_EQUAL(ASK("vf\0add\0" "0"), 0);
	for (int ms = 0; ms < PATIENCE_MS && ASK("wait\0vf\0" "0") != 0; ms++)
		usleep(1000);
	CU_ASSERT_EQUAL(ASK("wait\0vf\0" "0"), 0);
	world_tx_destroy(&tx);
	CU_ASSERT_EQUAL(ibv_dealloc_pd(world.pd), 0);
	CU_ASSERT_EQUAL(ibv_close_device(old), 0);
	world.context = world_open();
	CU_ASSERT_PTR_NOT_NULL_FATAL(world.context);
	world.pd = ibv_alloc_pd(world.context);
	world_tx_create(&tx);
	device_moves_by_itself();
}

static CU_TestInfo tests[] = {
	{ "the device moves by itself", device_moves_by_itself },
	{ "a forked child ends without it", a_forked_child_ends_without_it },
	{ "the host is asked over its socket", host_is_asked_over_its_socket },
	{ "a revocation wakes a waiting reader", revocation_wakes_a_waiting_reader },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("verbs/control", setup, teardown, tests);
