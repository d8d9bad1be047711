/* SPDX-License-Identifier: BSD-3-Clause */
/* ethdev's operations, by the file they are in. Semantics: rte_ethdev.h, ethdev_driver.h. */
#ifndef AN_OPS_H
#define AN_OPS_H

#include "rss.h"

#include <ethdev_driver.h>

struct an_port;

/* rss.c */
extern const uint64_t an_rss_types; /* RTE_ETH_RSS_* that both sides can compute */
void an_rss_reset(struct an_rss *rss, unsigned int queues);
int an_rss_configure(struct an_port *port, const struct rte_eth_rss_conf *conf,
		     unsigned int queues);
int an_rss_hash_update(struct rte_eth_dev *dev, struct rte_eth_rss_conf *conf);
int an_rss_hash_conf_get(struct rte_eth_dev *dev, struct rte_eth_rss_conf *conf);
int an_rss_reta_update(struct rte_eth_dev *dev, struct rte_eth_rss_reta_entry64 *conf,
		       uint16_t size);
int an_rss_reta_query(struct rte_eth_dev *dev, struct rte_eth_rss_reta_entry64 *conf,
		      uint16_t size);

/* mac.c */
int an_mac_addr_add(struct rte_eth_dev *dev, struct rte_ether_addr *address, uint32_t index,
		    uint32_t pool);
void an_mac_addr_remove(struct rte_eth_dev *dev, uint32_t index);
int an_mac_addr_set(struct rte_eth_dev *dev, struct rte_ether_addr *address);
int an_set_mc_addr_list(struct rte_eth_dev *dev, struct rte_ether_addr *addresses,
			uint32_t count);
int an_promiscuous_enable(struct rte_eth_dev *dev);
int an_promiscuous_disable(struct rte_eth_dev *dev);
int an_allmulticast_enable(struct rte_eth_dev *dev);
int an_allmulticast_disable(struct rte_eth_dev *dev);

/* stats.c */
int an_stats_get(struct rte_eth_dev *dev, struct rte_eth_stats *stats);
int an_stats_reset(struct rte_eth_dev *dev);
int an_xstats_get(struct rte_eth_dev *dev, struct rte_eth_xstat *stats, unsigned int n);
int an_xstats_get_names(struct rte_eth_dev *dev, struct rte_eth_xstat_name *names,
			unsigned int n);

/* queue.c */
int an_rx_queue_start(struct rte_eth_dev *dev, uint16_t queue);
int an_rx_queue_stop(struct rte_eth_dev *dev, uint16_t queue);
int an_tx_queue_start(struct rte_eth_dev *dev, uint16_t queue);
int an_tx_queue_stop(struct rte_eth_dev *dev, uint16_t queue);
void an_rxq_info_get(struct rte_eth_dev *dev, uint16_t queue, struct rte_eth_rxq_info *info);
void an_txq_info_get(struct rte_eth_dev *dev, uint16_t queue, struct rte_eth_txq_info *info);
int an_rx_burst_mode_get(struct rte_eth_dev *dev, uint16_t queue,
			 struct rte_eth_burst_mode *mode);
int an_tx_burst_mode_get(struct rte_eth_dev *dev, uint16_t queue,
			 struct rte_eth_burst_mode *mode);

/* info.c */
int an_dev_infos_get(struct rte_eth_dev *dev, struct rte_eth_dev_info *info);
const uint32_t *an_supported_ptypes_get(struct rte_eth_dev *dev);
int an_fw_version_get(struct rte_eth_dev *dev, char *version, size_t size);

/* start.c */
int an_dev_configure(struct rte_eth_dev *dev);
int an_dev_start(struct rte_eth_dev *dev);
int an_dev_stop(struct rte_eth_dev *dev);
int an_mtu_set(struct rte_eth_dev *dev, uint16_t mtu);

#endif
