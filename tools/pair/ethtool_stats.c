// SPDX-License-Identifier: BSD-3-Clause
/*
 * Packet counters of a synthetic NIC, by path, from its driver's ethtool statistics: hv_netvsc and
 * accelnet name them alike. Both paths come from one reading, so that their difference means
 * something: vf_{rx,tx}_packets, and {rx,tx}_queue_N_packets, which count the synthetic side only
 * (linux: netvsc_drv.c, netvsc_get_ethtool_stats).
 */
#include "ethtool_stats.h"
#include "fail.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WINDOW_MS 20
/*
 * The kernel writes as many strings and values as the driver has at that moment, however many were
 * asked for. Queues can be added in between, so the buffers are larger by more than that takes.
 */
#define SLACK	  4096
#define COUNT_MAX 65536

_Static_assert(AN_STATS_NAME == ETH_GSTRING_LEN, "names are ethtool's");

static int request(int fd, const char *name, void *data)
{
	struct ifreq ifr = { 0 };

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	ifr.ifr_data = data;
	return ioctl(fd, SIOCETHTOOL, &ifr) < 0 ? -errno : 0;
}

static int read_count(int fd, const char *name, uint32_t *count)
{
	struct { /* struct ethtool_sset_info with one length */
		uint32_t cmd, reserved;
		uint64_t sset_mask;
		uint32_t length;
	} sset = { .cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ull << ETH_SS_STATS };
	int ret;

	_Static_assert(offsetof(__typeof__(sset), length) == sizeof(struct ethtool_sset_info),
		       "the lengths follow");
	ret = request(fd, name, &sset);
	if (ret)
		return ret;
	*count = sset.sset_mask ? sset.length : 0;
	return *count > COUNT_MAX ? -EOVERFLOW : 0;
}

static bool is_queue_counter(const char *name, const char *prefix)
{
	size_t at = strlen(prefix), digits;

	if (strncmp(name, prefix, at) != 0)
		return false;
	digits = strspn(name + at, "0123456789");
	return digits > 0 && strcmp(name + at + digits, "_packets") == 0;
}

void an_stats_add_up(struct an_counters *counters, const char *names, const uint64_t *values,
		     size_t count)
{
	bool has_rx = false, has_tx = false;
	char name[AN_STATS_NAME + 1] = "";

	*counters = (struct an_counters){ 0 };
	for (size_t i = 0; i < count; i++) {
		memcpy(name, names + i * AN_STATS_NAME, AN_STATS_NAME);
		if (strcmp(name, "vf_rx_packets") == 0) {
			counters->vf_rx = values[i];
			has_rx = true;
		} else if (strcmp(name, "vf_tx_packets") == 0) {
			counters->vf_tx = values[i];
			has_tx = true;
		} else if (is_queue_counter(name, "rx_queue_")) {
			counters->synthetic_rx += values[i];
		} else if (is_queue_counter(name, "tx_queue_")) {
			counters->synthetic_tx += values[i];
		}
	}
	counters->has_vf = has_rx && has_tx;
}

static int read_counters(int fd, const char *name, struct an_counters *counters)
{
	struct ethtool_gstrings *strings;
	struct ethtool_stats *stats;
	uint32_t count;
	int ret;

	*counters = (struct an_counters){ 0 };
	ret = read_count(fd, name, &count);
	if (ret || count == 0)
		return ret;
	strings = calloc(1, sizeof(*strings) + (count + SLACK) * (size_t)AN_STATS_NAME);
	stats = calloc(1, sizeof(*stats) + (count + SLACK) * sizeof(uint64_t));
	ret = -ENOMEM;
	if (strings == NULL || stats == NULL)
		goto out_free;
	*strings = (struct ethtool_gstrings){
		.cmd = ETHTOOL_GSTRINGS, .string_set = ETH_SS_STATS, .len = count,
	};
	ret = request(fd, name, strings);
	if (ret)
		goto out_free;
	stats->cmd = ETHTOOL_GSTATS;
	stats->n_stats = count;
	ret = request(fd, name, stats);
	if (ret)
		goto out_free;
	if (strings->len != stats->n_stats || strings->len > count + SLACK)
		ret = -EAGAIN;	/* the NIC is being reconfigured */
	else
		an_stats_add_up(counters, (const char *)strings->data,
				(const uint64_t *)stats->data, strings->len);
out_free:
	free(stats);
	free(strings);
	return ret;
}

static bool is_wanted(const struct an_nic *nic)
{
	return nic->vf.up == AN_YES && nic->vf.carrier == AN_YES && nic->net.up == AN_YES &&
	       !nic->module.diagnosed;
}

static unsigned int since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (unsigned int)((now.tv_sec - start->tv_sec) * 1000 +
			      (now.tv_nsec - start->tv_nsec) / 1000000);
}

static void read_all(int fd, struct an_host *host, bool last, const struct timespec *start)
{
	for (size_t i = 0; i < host->nics; i++) {
		struct an_nic *nic = &host->nic[i];
		struct an_sample *sample = &nic->sample;
		int ret;

		if (!is_wanted(nic) || (last && !sample->taken))
			continue;
		ret = read_counters(fd, nic->net.name, last ? &sample->last : &sample->first);
		sample->taken = ret == 0;
		sample->ms = since(start);
		/* A driver without statistics is no failure. */
		if (ret && ret != -EOPNOTSUPP)
			an_fail(nic->failed, ret, "cannot read the counters of %s", nic->net.name);
	}
}

void an_stats_sample(struct an_host *host)
{
	static const struct timespec window = { .tv_nsec = WINDOW_MS * 1000000L };
	struct timespec start;
	bool wanted = false;
	int fd;

	for (size_t i = 0; i < host->nics; i++)
		wanted |= is_wanted(&host->nic[i]);
	if (!wanted)
		return;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		for (size_t i = 0; i < host->nics; i++)
			if (is_wanted(&host->nic[i]))
				an_fail(host->nic[i].failed, errno, "cannot read counters");
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &start);
	read_all(fd, host, false, &start);
	clock_nanosleep(CLOCK_MONOTONIC, 0, &window, NULL);
	read_all(fd, host, true, &start);
	close(fd);
}
