// SPDX-License-Identifier: BSD-3-Clause
/* Gathers what the ports and the simulated host have counted as lost. */
#include "account.h"

#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <rte_ethdev.h>
#include <stdlib.h>
#include <string.h>

/* What the kernel's interface below the port has dropped, either way. */
static uint64_t interface_drops(const char *interface)
{
	static const char *const counters[] = { "rx_dropped", "tx_dropped" };
	uint64_t sum = 0, value;
	char path[96];
	FILE *f;

	for (unsigned int i = 0; interface[0] != '\0' && i < 2; i++) {
		snprintf(path, sizeof(path), "/sys/class/net/%s/statistics/%s", interface,
			 counters[i]);
		f = fopen(path, "re");
		if (f != NULL && fscanf(f, "%" SCNu64, &value) == 1)
			sum += value;
		if (f != NULL)
			fclose(f);
	}
	return sum;
}

static void interface_find(struct account *account)
{
	struct rte_eth_dev_info info;

	if (rte_eth_dev_info_get(account->tx_port, &info) != 0 || info.if_index == 0 ||
	    if_indextoname(info.if_index, account->interface) == NULL)
		account->interface[0] = '\0';
	account->interface_drops = interface_drops(account->interface);
}

void account_open(struct account *account, uint16_t tx_port, uint16_t rx_port)
{
	memset(account, 0, sizeof(*account));
	account->tx_port = tx_port;
	account->rx_port = rx_port;
	rte_eth_stats_reset(tx_port);
	rte_eth_xstats_reset(tx_port);
	if (rx_port != tx_port) {
		rte_eth_stats_reset(rx_port);
		rte_eth_xstats_reset(rx_port);
	}
	interface_find(account);
	account->host = control_there() && control_stats(&account->before) == 0;
}

uint64_t account_sum(const struct account_losses *losses)
{
	return losses->tx_errors + losses->rx_missed + losses->rx_errors + losses->rx_nombuf +
		losses->host + losses->interface;
}

static void print_extended(uint16_t port, FILE *out)
{
	int count = rte_eth_xstats_get_names(port, NULL, 0);
	struct rte_eth_xstat_name *names;
	struct rte_eth_xstat *values;

	if (count <= 0)
		return;
	names = calloc((size_t)count, sizeof(*names));
	values = calloc((size_t)count, sizeof(*values));
	if (names != NULL && values != NULL &&
	    rte_eth_xstats_get_names(port, names, (unsigned int)count) == count &&
	    rte_eth_xstats_get(port, values, (unsigned int)count) == count)
		for (int i = 0; i < count; i++)
			if (values[i].value != 0 && values[i].id < (uint64_t)count)
				fprintf(out, "    %-32s %" PRIu64 "\n", names[values[i].id].name,
					values[i].value);
	free(names);
	free(values);
}

int account_close(const struct account *account, struct account_losses *losses, FILE *out)
{
	struct rte_eth_stats tx = { 0 }, rx = { 0 };
	static char reasons[CONTROL_REPLY_MAX];
	struct control_stats after;
	int err = rte_eth_stats_get(account->tx_port, &tx);

	memset(losses, 0, sizeof(*losses));
	if (err == 0)
		err = rte_eth_stats_get(account->rx_port, &rx);
	if (err < 0)
		return err;
	losses->tx_errors = tx.oerrors;
	losses->rx_missed = rx.imissed;
	losses->rx_errors = rx.ierrors;
	losses->rx_nombuf = rx.rx_nombuf;
	fprintf(out, "port: opackets %" PRIu64 " ipackets %" PRIu64 " oerrors %" PRIu64
		" imissed %" PRIu64 " ierrors %" PRIu64 " rx_nombuf %" PRIu64 "\n", tx.opackets,
		rx.ipackets, tx.oerrors, rx.imissed, rx.ierrors, rx.rx_nombuf);
	print_extended(account->tx_port, out);
	losses->interface = interface_drops(account->interface) - account->interface_drops;
	if (losses->interface != 0)
		fprintf(out, "%s: dropped %" PRIu64 "\n", account->interface, losses->interface);
	if (!account->host)
		return 0;
	err = control_stats(&after);
	if (err < 0)
		return err;
	losses->host = after.drops - account->before.drops;
	fprintf(out, "host: VF %" PRIu64 " out %" PRIu64 " in, synthetic %" PRIu64 " out %" PRIu64
		" in, dropped %" PRIu64 "\n", after.vf_tx - account->before.vf_tx,
		after.vf_rx - account->before.vf_rx,
		after.synthetic_tx - account->before.synthetic_tx,
		after.synthetic_rx - account->before.synthetic_rx, losses->host);
	if (losses->host != 0 && control_request("stats", reasons, sizeof(reasons)) == 0)
		fputs(reasons, out);
	return 0;
}
