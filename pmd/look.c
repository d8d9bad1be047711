// SPDX-License-Identifier: BSD-3-Clause
/* The thread that asks the kernel: see look.h. */
#include "look.h"
#include "control.h"
#include "port.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <poll.h>
#include <rte_lcore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define PERIOD_MS 1000
#define RETRY_MS 100	/* while the kernel could not say, or a VF is on its way */
#define SPEED_MAX 1600000u /* Mbit/s; beyond that it is no answer */

struct an_look {
	pthread_t thread;
	int wake;                      /* eventfd */
	bool stop;                     /* atomic */
	struct an_port *port;
	uint32_t ifindex;
	bool fresh;                    /* port->lock */
	struct an_look_answer answer;  /* port->lock */
};

uint32_t an_look_speed(const char *iface)
{
	struct ethtool_cmd command = { .cmd = ETHTOOL_GSET };
	struct ifreq request = { .ifr_data = (void *)&command };
	uint32_t speed = 0;
	int fd;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	memcpy(request.ifr_name, iface, sizeof(request.ifr_name));
	if (ioctl(fd, SIOCETHTOOL, &request) == 0)
		speed = ethtool_cmd_speed(&command);
	close(fd);
	return speed <= SPEED_MAX ? speed : 0;
}

void an_look_now(uint32_t ifindex, struct an_look_answer *answer)
{
	memset(answer, 0, sizeof(*answer));
	answer->err = an_pair_find_index(ifindex, &answer->pair);
	if (answer->err == 0)
		answer->speed = an_look_speed(answer->pair.net.name);
}

/* A VF on its way comes to its end without a message: its RDMA device is there some time later. */
static bool answer_is_settled(const struct an_look_answer *answer)
{
	if (answer->err != 0)
		return false;
	return answer->pair.vf.ifindex == 0 ||
	       (answer->pair.state == AN_VF_ACTIVE && answer->pair.rdma[0] != '\0');
}

static void *look_thread(void *arg)
{
	struct an_look *look = arg;
	int timeout = 0;

	while (!__atomic_load_n(&look->stop, __ATOMIC_ACQUIRE)) {
		struct pollfd fd = { .fd = look->wake, .events = POLLIN };
		struct an_look_answer answer;
		uint64_t count;

		if (poll(&fd, 1, timeout) > 0 && read(look->wake, &count, sizeof(count)) < 0)
			continue;
		if (__atomic_load_n(&look->stop, __ATOMIC_ACQUIRE))
			break;
		an_look_now(look->ifindex, &answer);
		timeout = answer_is_settled(&answer) ? PERIOD_MS : RETRY_MS;
		pthread_mutex_lock(&look->port->lock);
		look->answer = answer;
		look->fresh = true;
		pthread_mutex_unlock(&look->port->lock);
		an_control_wake(look->port);
	}
	return NULL;
}

void an_look_ask(struct an_look *look)
{
	uint64_t one = 1;

	if (write(look->wake, &one, sizeof(one)) < 0)
		return; /* full: it is awake already */
}

bool an_look_take(struct an_look *look, struct an_look_answer *answer)
{
	if (!look->fresh)
		return false;
	look->fresh = false;
	*answer = look->answer;
	return true;
}

int an_look_start(struct an_look **result, struct an_port *port, uint32_t ifindex)
{
	struct an_look *look = calloc(1, sizeof(*look));
	char name[RTE_MAX_THREAD_NAME_LEN];
	int err;

	if (look == NULL)
		return -ENOMEM;
	look->port = port;
	look->ifindex = ifindex;
	look->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (look->wake < 0) {
		err = -errno;
		goto err_free;
	}
	*result = look; /* before the thread: it wakes control, which takes answers */
	snprintf(name, sizeof(name), "an-look-%u", port->data->port_id);
	err = rte_ctrl_thread_create(&look->thread, name, NULL, look_thread, look);
	if (err == 0)
		return 0;
	err = err > 0 ? -err : err;
	*result = NULL;
	close(look->wake);
err_free:
	free(look);
	return err;
}

void an_look_stop(struct an_look *look)
{
	if (look == NULL)
		return;
	__atomic_store_n(&look->stop, true, __ATOMIC_RELEASE);
	an_look_ask(look);
	pthread_join(look->thread, NULL);
	close(look->wake);
	free(look);
}
