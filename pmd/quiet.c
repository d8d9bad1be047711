// SPDX-License-Identifier: BSD-3-Clause
/*
 * The rule is "meta pkttype host drop" in a chain at the netdev family's ingress hook. AF_PACKET
 * taps see a frame before that hook does [net/core/dev.c, __netif_receive_skb_core]. Broadcast and
 * multicast pass: the kernel keeps its address and answers who asks for it (ARP, neighbour
 * discovery), the answers to its own questions go to the port.
 */
#include "quiet.h"

#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/table.h>
#include <linux/if_packet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>

#define CHAIN "ingress"
#define BATCH_LEN 4096
#define ANSWER_S 5 /* the kernel answers at once; this only bounds the wait */

struct quiet {
	int fd;
	char table[32];
	char iface[IF_NAMESIZE];
	uint32_t sequence;
	uint32_t last; /* sequence number of the last message that is acknowledged */
};

static struct nlmsghdr *message_begin(struct mnl_nlmsg_batch *batch, struct quiet *q, uint16_t type)
{
	q->last = ++q->sequence;
	return nftnl_nlmsg_build_hdr(mnl_nlmsg_batch_current(batch), type, NFPROTO_NETDEV,
				     NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, q->last);
}

static bool table_add(struct mnl_nlmsg_batch *batch, struct quiet *q)
{
	struct nftnl_table *table = nftnl_table_alloc();

	if (table == NULL)
		return false;
	nftnl_table_set_u32(table, NFTNL_TABLE_FAMILY, NFPROTO_NETDEV);
	nftnl_table_set_str(table, NFTNL_TABLE_NAME, q->table);
	nftnl_table_set_u32(table, NFTNL_TABLE_FLAGS, NFT_TABLE_F_OWNER);
	nftnl_table_nlmsg_build_payload(message_begin(batch, q, NFT_MSG_NEWTABLE), table);
	nftnl_table_free(table);
	return mnl_nlmsg_batch_next(batch);
}

static bool chain_add(struct mnl_nlmsg_batch *batch, struct quiet *q)
{
	struct nftnl_chain *chain = nftnl_chain_alloc();

	if (chain == NULL)
		return false;
	nftnl_chain_set_str(chain, NFTNL_CHAIN_TABLE, q->table);
	nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, CHAIN);
	nftnl_chain_set_str(chain, NFTNL_CHAIN_TYPE, "filter");
	nftnl_chain_set_u32(chain, NFTNL_CHAIN_HOOKNUM, NF_NETDEV_INGRESS);
	nftnl_chain_set_s32(chain, NFTNL_CHAIN_PRIO, INT32_MIN);
	nftnl_chain_set_u32(chain, NFTNL_CHAIN_POLICY, NF_ACCEPT);
	nftnl_chain_set_str(chain, NFTNL_CHAIN_DEV, q->iface);
	nftnl_chain_nlmsg_build_payload(message_begin(batch, q, NFT_MSG_NEWCHAIN), chain);
	nftnl_chain_free(chain);
	return mnl_nlmsg_batch_next(batch);
}

/* Adds an expression to the rule, which frees it from then on. */
static struct nftnl_expr *expression_add(struct nftnl_rule *rule, const char *name)
{
	struct nftnl_expr *expression = nftnl_expr_alloc(name);

	if (expression != NULL)
		nftnl_rule_add_expr(rule, expression);
	return expression;
}

static bool rule_fill(struct nftnl_rule *rule)
{
	uint8_t host = PACKET_HOST;
	struct nftnl_expr *e = expression_add(rule, "meta");

	if (e == NULL)
		return false;
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, NFT_META_PKTTYPE);
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_DREG, NFT_REG_1);
	e = expression_add(rule, "cmp");
	if (e == NULL)
		return false;
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_OP, NFT_CMP_EQ);
	nftnl_expr_set(e, NFTNL_EXPR_CMP_DATA, &host, sizeof(host));
	e = expression_add(rule, "immediate");
	if (e == NULL)
		return false;
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_VERDICT, NF_DROP);
	return true;
}

static bool rule_add(struct mnl_nlmsg_batch *batch, struct quiet *q)
{
	struct nftnl_rule *rule = nftnl_rule_alloc();
	bool filled;

	if (rule == NULL)
		return false;
	nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, q->table);
	nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, CHAIN);
	nftnl_rule_set_u32(rule, NFTNL_RULE_FAMILY, NFPROTO_NETDEV);
	filled = rule_fill(rule);
	if (filled)
		nftnl_rule_nlmsg_build_payload(message_begin(batch, q, NFT_MSG_NEWRULE), rule);
	nftnl_rule_free(rule);
	return filled && mnl_nlmsg_batch_next(batch);
}

/* All of it in one transaction: there is never a table without its rule. */
static bool batch_fill(struct mnl_nlmsg_batch *batch, struct quiet *q)
{
	nftnl_batch_begin(mnl_nlmsg_batch_current(batch), ++q->sequence);
	if (!mnl_nlmsg_batch_next(batch))
		return false;
	if (!table_add(batch, q) || !chain_add(batch, q) || !rule_add(batch, q))
		return false;
	nftnl_batch_end(mnl_nlmsg_batch_current(batch), ++q->sequence);
	return mnl_nlmsg_batch_next(batch);
}

/* Reads until the last message is acknowledged. 0, or the first error. */
static int answer_read(struct quiet *q)
{
	char buffer[BATCH_LEN];

	for (;;) {
		ssize_t got = recv(q->fd, buffer, sizeof(buffer), 0);
		int left = (int)got;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		for (struct nlmsghdr *h = (struct nlmsghdr *)buffer; mnl_nlmsg_ok(h, left);
		     h = mnl_nlmsg_next(h, &left)) {
			const struct nlmsgerr *error = mnl_nlmsg_get_payload(h);

			if (h->nlmsg_type != NLMSG_ERROR)
				continue;
			if (error->error != 0)
				return error->error;
			if (h->nlmsg_seq == q->last)
				return 0;
		}
	}
}

static int filter_install(struct quiet *q)
{
	char buffer[BATCH_LEN * 2] = { 0 };
	struct mnl_nlmsg_batch *batch = mnl_nlmsg_batch_start(buffer, BATCH_LEN);
	int ret;

	if (batch == NULL)
		return -ENOMEM;
	ret = batch_fill(batch, q) ? 0 : -ENOMEM;
	if (ret == 0 &&
	    send(q->fd, mnl_nlmsg_batch_head(batch), mnl_nlmsg_batch_size(batch), 0) < 0)
		ret = -errno;
	mnl_nlmsg_batch_stop(batch);
	return ret != 0 ? ret : answer_read(q);
}

static int reason_say(int error, char *reason, size_t len)
{
	const char *why = strerror(-error);

	switch (-error) {
	case EPERM:
	case EACCES:
		why = "CAP_NET_ADMIN is missing: run as root, or setcap "
		      "cap_net_admin,cap_net_raw+ep PROGRAM";
		break;
	case EPROTONOSUPPORT:
	case EOPNOTSUPP:
	case EAFNOSUPPORT:
	case ENOENT:
	case EINVAL:
		why = "the kernel has no nftables at ingress: modprobe nf_tables (Linux "
		      "5.12, CONFIG_NF_TABLES_NETDEV, CONFIG_NETFILTER_INGRESS)";
		break;
	case ENODEV:
	case ENXIO:
		why = "the interface is gone";
		break;
	default:
		break;
	}
	snprintf(reason, len, "cannot keep frames from the kernel: %s", why);
	return error;
}

int an_quiet_open(int ifindex, char *reason, size_t len)
{
	const struct timeval limit = { .tv_sec = ANSWER_S };
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	socklen_t address_len = sizeof(address);
	struct quiet q = { .sequence = 0 };
	int ret;

	if (if_indextoname((unsigned int)ifindex, q.iface) == NULL)
		return reason_say(-ENODEV, reason, len);
	q.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	if (q.fd < 0)
		return reason_say(-errno, reason, len);
	ret = 0;
	if (setsockopt(q.fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) != 0 ||
	    bind(q.fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    getsockname(q.fd, (struct sockaddr *)&address, &address_len) != 0)
		ret = -errno;
	/* The socket's address is unique in its namespace, as the table's name has to be. */
	snprintf(q.table, sizeof(q.table), "accelnet_%u", address.nl_pid);
	if (ret == 0)
		ret = filter_install(&q);
	if (ret != 0) {
		close(q.fd);
		return reason_say(ret, reason, len);
	}
	return q.fd;
}
