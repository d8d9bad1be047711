// SPDX-License-Identifier: BSD-3-Clause
/* The device's arguments. Every key is a row; what is not in the table is refused by name. */
#include "devargs.h"

#include <errno.h>
#include <rte_kvargs.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const slow_modes[] = { "af_packet" };
static const char *const slow_modes_later[] = { "af_xdp" };

struct devarg {
	const char *key;
	int (*take)(struct an_devargs *args, size_t offset, const char *value, char *reason,
		    size_t len);
	size_t offset;
};

static int __attribute__((format(printf, 3, 4))) devargs_refuse(char *reason, size_t len,
								const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(reason, len, format, list);
	va_end(list);
	return -EINVAL;
}

static int iface_take(struct an_devargs *args, size_t offset, const char *value, char *reason,
		      size_t len)
{
	(void)offset;
	if (value[0] == '\0' || strlen(value) >= sizeof(args->iface))
		return devargs_refuse(reason, len, "iface=%s: a name has 1 to %zu characters",
				      value, sizeof(args->iface) - 1);
	snprintf(args->iface, sizeof(args->iface), "%s", value);
	return 0;
}

static int slow_take(struct an_devargs *args, size_t offset, const char *value, char *reason,
		     size_t len)
{
	(void)offset;
	for (size_t i = 0; i < sizeof(slow_modes) / sizeof(slow_modes[0]); i++)
		if (strcmp(value, slow_modes[i]) == 0) {
			snprintf(args->slow, sizeof(args->slow), "%s", value);
			return 0;
		}
	for (size_t i = 0; i < sizeof(slow_modes_later) / sizeof(slow_modes_later[0]); i++)
		if (strcmp(value, slow_modes_later[i]) == 0)
			return devargs_refuse(reason, len,
					      "slow=%s is not supported yet; use slow=af_packet",
					      value);
	return devargs_refuse(reason, len, "slow=%s: not a mode; there is af_packet", value);
}

static int switch_take(struct an_devargs *args, size_t offset, const char *value, char *reason,
		       size_t len)
{
	bool *on = (bool *)((char *)args + offset);

	if (strcmp(value, "0") != 0 && strcmp(value, "1") != 0)
		return devargs_refuse(reason, len, "'%s': a switch is 0 or 1", value);
	*on = value[0] == '1';
	return 0;
}

static const struct devarg devargs[] = {
	{ "iface", iface_take, 0 },
	{ "slow", slow_take, 0 },
	{ "force", switch_take, offsetof(struct an_devargs, force) },
	{ "mpw", switch_take, offsetof(struct an_devargs, mpw) },
	{ "cqe_comp", switch_take, offsetof(struct an_devargs, compression) },
};
#define DEVARGS (sizeof(devargs) / sizeof(devargs[0]))

static int pair_take(const struct rte_kvargs_pair *pair, unsigned int *seen,
		     struct an_devargs *args, char *reason, size_t len)
{
	for (size_t i = 0; i < DEVARGS; i++) {
		if (strcmp(pair->key, devargs[i].key) != 0)
			continue;
		if (*seen & 1u << i)
			return devargs_refuse(reason, len, "%s is given twice", pair->key);
		*seen |= 1u << i;
		if (pair->value == NULL)
			return devargs_refuse(reason, len, "%s needs a value", pair->key);
		return devargs[i].take(args, devargs[i].offset, pair->value, reason, len);
	}
	return devargs_refuse(reason, len,
			      "unknown argument '%s'; there are iface, slow, force, mpw, cqe_comp",
			      pair->key);
}

int an_devargs_parse(const char *text, struct an_devargs *args, char *reason, size_t len)
{
	struct rte_kvargs *list;
	unsigned int seen = 0;
	int ret = 0;

	*args = (struct an_devargs){ .slow = "af_packet", .mpw = true, .compression = true };
	list = rte_kvargs_parse(text != NULL ? text : "", NULL);
	if (list == NULL)
		return devargs_refuse(reason, len, "'%s': not a list of key=value", text);
	for (unsigned int i = 0; i < list->count && ret == 0; i++)
		ret = pair_take(&list->pairs[i], &seen, args, reason, len);
	rte_kvargs_free(list);
	if (ret == 0 && args->iface[0] == '\0')
		ret = devargs_refuse(reason, len,
				     "no interface: --vdev net_accelnet0,iface=eth0");
	return ret;
}
