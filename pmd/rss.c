// SPDX-License-Identifier: BSD-3-Clause
/* ethdev's RSS operations: kept in the port, handed to both sides. */
#include "ops.h"
#include "port.h"
#include "switch.h"

#include <errno.h>
#include <string.h>

#define TYPES (RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP)

/* The key that Hyper-V's driver and many others start with: Microsoft's verification suite. */
static const uint8_t default_key[AN_RSS_KEY_LEN] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
	0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
	0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

const uint64_t an_rss_types = TYPES;

void an_rss_reset(struct an_rss *rss, unsigned int queues)
{
	memcpy(rss->key, default_key, sizeof(rss->key));
	for (unsigned int i = 0; i < AN_RSS_RETA_SIZE; i++)
		rss->reta[i] = queues > 0 ? (uint16_t)(i % queues) : 0;
}

/* Both sides get it, or neither. Called with the port's lock. */
static int rss_apply(struct an_port *port, const struct an_rss *wanted)
{
	struct an_rss before = port->rss;
	int err;

	port->rss = *wanted;
	err = an_switch_steer(port);
	if (err != 0) {
		port->rss = before;
		return err;
	}
	port->slow_ops->set_rss(port->slow, &port->rss);
	return 0;
}

int an_rss_configure(struct an_port *port, const struct rte_eth_rss_conf *conf, unsigned int queues)
{
	an_rss_reset(&port->rss, queues);
	port->rss.types = conf->rss_hf & TYPES;
	if (conf->rss_key == NULL)
		return 0;
	if (conf->rss_key_len != 0 && conf->rss_key_len != AN_RSS_KEY_LEN) {
		AN_LOG(ERR, port, "an RSS key has %u bytes, not %u", AN_RSS_KEY_LEN,
		       conf->rss_key_len);
		return -EINVAL;
	}
	memcpy(port->rss.key, conf->rss_key, AN_RSS_KEY_LEN);
	return 0;
}

int an_rss_hash_update(struct rte_eth_dev *dev, struct rte_eth_rss_conf *conf)
{
	struct an_port *port = dev->data->dev_private;
	struct an_rss wanted;
	int err;

	if (conf->rss_key != NULL && conf->rss_key_len != AN_RSS_KEY_LEN)
		return -EINVAL;
	pthread_mutex_lock(&port->lock);
	wanted = port->rss;
	wanted.types = conf->rss_hf & TYPES;
	if (conf->rss_key != NULL)
		memcpy(wanted.key, conf->rss_key, AN_RSS_KEY_LEN);
	err = rss_apply(port, &wanted);
	pthread_mutex_unlock(&port->lock);
	return err;
}

int an_rss_hash_conf_get(struct rte_eth_dev *dev, struct rte_eth_rss_conf *conf)
{
	struct an_port *port = dev->data->dev_private;

	pthread_mutex_lock(&port->lock);
	conf->rss_hf = port->rss.types;
	if (conf->rss_key != NULL && conf->rss_key_len >= AN_RSS_KEY_LEN)
		memcpy(conf->rss_key, port->rss.key, AN_RSS_KEY_LEN);
	conf->rss_key_len = AN_RSS_KEY_LEN;
	pthread_mutex_unlock(&port->lock);
	return 0;
}

/* Entry i of a table given in groups of 64; NULL: not selected. */
static uint16_t *reta_entry(struct rte_eth_rss_reta_entry64 *conf, unsigned int i)
{
	struct rte_eth_rss_reta_entry64 *group = &conf[i / RTE_ETH_RETA_GROUP_SIZE];
	unsigned int at = i % RTE_ETH_RETA_GROUP_SIZE;

	return group->mask & 1ull << at ? &group->reta[at] : NULL;
}

int an_rss_reta_update(struct rte_eth_dev *dev, struct rte_eth_rss_reta_entry64 *conf,
		       uint16_t size)
{
	struct an_port *port = dev->data->dev_private;
	struct an_rss wanted;
	int err = 0;

	if (size != AN_RSS_RETA_SIZE)
		return -EINVAL;
	pthread_mutex_lock(&port->lock);
	wanted = port->rss;
	for (unsigned int i = 0; i < size && err == 0; i++) {
		const uint16_t *queue = reta_entry(conf, i);

		if (queue == NULL)
			continue;
		if (*queue >= dev->data->nb_rx_queues)
			err = -EINVAL;
		else
			wanted.reta[i] = *queue;
	}
	if (err == 0)
		err = rss_apply(port, &wanted);
	pthread_mutex_unlock(&port->lock);
	return err;
}

int an_rss_reta_query(struct rte_eth_dev *dev, struct rte_eth_rss_reta_entry64 *conf, uint16_t size)
{
	struct an_port *port = dev->data->dev_private;

	if (size != AN_RSS_RETA_SIZE)
		return -EINVAL;
	pthread_mutex_lock(&port->lock);
	for (unsigned int i = 0; i < size; i++) {
		uint16_t *queue = reta_entry(conf, i);

		if (queue != NULL)
			*queue = port->rss.reta[i];
	}
	pthread_mutex_unlock(&port->lock);
	return 0;
}
