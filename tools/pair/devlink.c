// SPDX-License-Identifier: BSD-3-Clause
/*
 * What accelnet.ko's devlink health reporter "vf" says about a NIC, over generic netlink: the
 * reporter's existence and health are everybody's to read, its diagnosis needs CAP_NET_ADMIN.
 *
 * A diagnosis is a flat list of attributes: begin and end marks, OBJ_NAME, and for each value its
 * type and its data, cut into as many messages as it takes (linux: devlink_fmsg_prepare_skb). The
 * diagnosis read here is one object of pairs.
 */
#include "devlink.h"
#include "netlink.h"
#include "fail.h"

#include <errno.h>
#include <linux/devlink.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <string.h>

#define BUS	 "vmbus"
#define REPORTER "vf"

/* The command of a devlink message, or 0 if it is none. */
static uint8_t command_of(const struct nlmsghdr *message)
{
	const struct genlmsghdr *generic = mnl_nlmsg_get_payload(message);

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*generic))
		return 0;
	return generic->cmd;
}

int an_devlink_parse_family(const struct nlmsghdr *message, void *id)
{
	const struct nlattr *attr;

	if (command_of(message) != CTRL_CMD_NEWFAMILY)
		return MNL_CB_OK;
	mnl_attr_for_each(attr, message, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) != CTRL_ATTR_FAMILY_ID)
			continue;
		if (mnl_attr_validate(attr, MNL_TYPE_U16) < 0)
			return MNL_CB_ERROR;
		*(uint16_t *)id = mnl_attr_get_u16(attr);
	}
	return MNL_CB_OK;
}

int an_devlink_parse_reporter(const struct nlmsghdr *message, void *module)
{
	struct an_module *to = module;
	const struct nlattr *attr, *inner;

	if (command_of(message) != DEVLINK_CMD_HEALTH_REPORTER_GET)
		return MNL_CB_OK;
	mnl_attr_for_each(attr, message, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) != DEVLINK_ATTR_HEALTH_REPORTER)
			continue;
		to->there = true;
		mnl_attr_for_each_nested(inner, attr) {
			if (mnl_attr_get_type(inner) != DEVLINK_ATTR_HEALTH_REPORTER_STATE)
				continue;
			if (mnl_attr_validate(inner, MNL_TYPE_U8) < 0)
				return MNL_CB_ERROR;
			to->healthy = mnl_attr_get_u8(inner) == AN_DEVLINK_HEALTHY ? AN_YES : AN_NO;
		}
	}
	return MNL_CB_OK;
}

static int take_text(char *to, size_t size, const struct nlattr *attr)
{
	if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
		return MNL_CB_ERROR;
	snprintf(to, size, "%s", mnl_attr_get_str(attr));
	return MNL_CB_OK;
}

static int take_number(uint64_t *to, uint8_t type, const struct nlattr *attr)
{
	if (mnl_attr_validate(attr, type) < 0)
		return MNL_CB_ERROR;
	switch (type) {
	case MNL_TYPE_U8:
		*to = mnl_attr_get_u8(attr);
		return MNL_CB_OK;
	case MNL_TYPE_U32:
		*to = mnl_attr_get_u32(attr);
		return MNL_CB_OK;
	case MNL_TYPE_U64:
		*to = mnl_attr_get_u64(attr);
		return MNL_CB_OK;
	default:
		errno = EBADMSG;
		return MNL_CB_ERROR;
	}
}

/* Pairs that are not known are another version's, and skipped. */
static int take_value(struct an_diagnosis *diagnosis, const struct nlattr *attr)
{
	struct an_module *module = diagnosis->module;
	uint64_t number = 0;
	int ret = MNL_CB_OK;

	if (strcmp(diagnosis->key, "state") == 0) {
		ret = take_text(module->state_name, sizeof(module->state_name), attr);
	} else if (strcmp(diagnosis->key, "reason") == 0) {
		ret = take_text(module->reason, sizeof(module->reason), attr);
	} else if (strcmp(diagnosis->key, "reason_code") == 0) {
		ret = take_text(module->reason_code, sizeof(module->reason_code), attr);
	} else if (strcmp(diagnosis->key, "since_us") == 0) {
		ret = take_number(&module->since_us, diagnosis->type, attr);
	} else if (strcmp(diagnosis->key, "moves") == 0) {
		ret = take_number(&module->moves, diagnosis->type, attr);
	} else if (strcmp(diagnosis->key, "serial") == 0) {
		ret = take_number(&number, diagnosis->type, attr);
		module->serial = (uint32_t)number;
	}
	diagnosis->key[0] = '\0';
	return ret;
}

static int take_item(struct an_diagnosis *diagnosis, const struct nlattr *attr)
{
	switch (mnl_attr_get_type(attr)) {
	case DEVLINK_ATTR_FMSG_OBJ_NAME:
		return take_text(diagnosis->key, sizeof(diagnosis->key), attr);
	case DEVLINK_ATTR_FMSG_OBJ_VALUE_TYPE:
		if (mnl_attr_validate(attr, MNL_TYPE_U8) < 0)
			return MNL_CB_ERROR;
		diagnosis->type = mnl_attr_get_u8(attr);
		return MNL_CB_OK;
	case DEVLINK_ATTR_FMSG_OBJ_VALUE_DATA:
		return take_value(diagnosis, attr);
	default:
		return MNL_CB_OK;
	}
}

int an_devlink_parse_diagnosis(const struct nlmsghdr *message, void *diagnosis)
{
	const struct nlattr *attr, *item;

	if (command_of(message) != DEVLINK_CMD_HEALTH_REPORTER_DIAGNOSE)
		return MNL_CB_OK;
	mnl_attr_for_each(attr, message, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) != DEVLINK_ATTR_FMSG)
			continue;
		mnl_attr_for_each_nested(item, attr)
			if (take_item(diagnosis, item) < 0)
				return MNL_CB_ERROR;
	}
	return MNL_CB_OK;
}

int an_devlink_finish(struct an_module *module)
{
	module->state = an_state_from(module->state_name);
	module->diagnosed = module->state_name[0] != '\0';
	return module->diagnosed ? 0 : -EBADMSG;
}

/* ------------------------------------------------------------------------------ transport -- */

static int find_family(struct an_netlink *netlink, uint16_t *id)
{
	char buf[256] __attribute__((aligned(8)));
	struct nlmsghdr *message;
	int ret;

	message = an_netlink_start(buf, GENL_ID_CTRL, NLM_F_ACK, CTRL_CMD_GETFAMILY, 1);
	mnl_attr_put_strz(message, CTRL_ATTR_FAMILY_NAME, DEVLINK_GENL_NAME);
	*id = 0;
	ret = an_netlink_ask(netlink, message, an_devlink_parse_family, id);
	return ret == 0 && *id == 0 ? -EBADMSG : ret;
}

static struct nlmsghdr *start(void *buf, uint16_t family, uint16_t flags, uint8_t command,
			      const struct an_nic *nic)
{
	struct nlmsghdr *message;

	message = an_netlink_start(buf, family, flags, command, DEVLINK_GENL_VERSION);
	mnl_attr_put_strz(message, DEVLINK_ATTR_BUS_NAME, BUS);
	mnl_attr_put_strz(message, DEVLINK_ATTR_DEV_NAME, nic->guid);
	mnl_attr_put_strz(message, DEVLINK_ATTR_HEALTH_REPORTER_NAME, REPORTER);
	return message;
}

static int read_reporter(struct an_netlink *netlink, uint16_t family, struct an_nic *nic)
{
	char buf[512] __attribute__((aligned(8)));
	struct nlmsghdr *message;

	message = start(buf, family, NLM_F_ACK, DEVLINK_CMD_HEALTH_REPORTER_GET, nic);
	return an_netlink_ask(netlink, message, an_devlink_parse_reporter, &nic->module);
}

static int read_diagnosis(struct an_netlink *netlink, uint16_t family, struct an_nic *nic)
{
	struct an_diagnosis diagnosis = { .module = &nic->module };
	char buf[512] __attribute__((aligned(8)));
	struct nlmsghdr *message;
	int ret;

	/* Without NLM_F_ACK: the answer ends in NLMSG_DONE, and an ACK after it would be left. */
	message = start(buf, family, 0, DEVLINK_CMD_HEALTH_REPORTER_DIAGNOSE, nic);
	ret = an_netlink_ask(netlink, message, an_devlink_parse_diagnosis, &diagnosis);
	return ret ? ret : an_devlink_finish(&nic->module);
}

static bool is_ours(const struct an_nic *nic)
{
	return strcmp(nic->driver, "accelnet") == 0;
}

/* The kernel says no; anything else leaves answers under way. */
static bool is_absent(int ret)
{
	return ret == -ENODEV || ret == -ENOENT || ret == -EINVAL || ret == -EOPNOTSUPP;
}

int an_devlink_judge(struct an_nic *nic, int ret)
{
	/* accelnet.ko may be built under hv_netvsc's name, so every NIC is asked. */
	if (is_absent(ret) && !is_ours(nic))
		return 0;
	if (ret == -ENODEV) {
		nic->module.elsewhere = true;
		return 0;
	}
	if (ret == -EPERM || ret == -EACCES) {
		nic->module.denied = true;
		return 0;
	}
	if (ret)
		an_fail(nic->failed, ret, "devlink does not say how %s is", nic->guid);
	else if (nic->module.diagnosed && nic->module.state == AN_VF_UNKNOWN)
		an_fail(nic->failed, 0, "accelnet.ko reports a state not known here: %s",
			nic->module.state_name);
	return is_absent(ret) ? 0 : ret;
}

static int read_one(struct an_netlink *netlink, uint16_t family, struct an_nic *nic)
{
	int ret;

	ret = read_reporter(netlink, family, nic);
	if (ret == 0 && nic->module.there)
		ret = read_diagnosis(netlink, family, nic);
	return an_devlink_judge(nic, ret);
}

static void fail_from(struct an_nic *nic, size_t nics, size_t from, int ret)
{
	for (size_t i = from; i < nics; i++)
		if (is_ours(&nic[i]))
			an_fail(nic[i].failed, ret, "cannot ask devlink");
}

static void read_some(struct an_nic *nic, size_t nics)
{
	struct an_netlink netlink;
	uint16_t family;
	size_t i;
	int ret;

	ret = an_netlink_open(&netlink, NETLINK_GENERIC);
	if (ret) {
		fail_from(nic, nics, 0, ret);
		return;
	}
	ret = find_family(&netlink, &family);
	for (i = 0; i < nics && ret == 0; i++)
		ret = read_one(&netlink, family, &nic[i]);
	if (ret)
		fail_from(nic, nics, i, ret);
	an_netlink_close(&netlink);
}

void an_devlink_read_all(struct an_host *host)
{
	read_some(host->nic, host->nics);
}

void an_devlink_read(struct an_nic *nic)
{
	read_some(nic, 1);
}
