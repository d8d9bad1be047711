/* SPDX-License-Identifier: BSD-3-Clause */
/* One policy rule: from text, to text, and whether a packet meets it. */
#ifndef LAB_FABRIC_RULE_H
#define LAB_FABRIC_RULE_H

#include "fabric.h"
#include "frame.h"

#define RULE_WORDS 6 /* PRIORITY DIRECTION ACTION PROTO SRC DST */
#define RULE_PRIORITY_MAX 65535u

struct rule_end {
	enum frame_l3 l3;        /* NONE: any address */
	uint8_t address[16];     /* with the bits after the prefix zero */
	unsigned int prefix;     /* bits */
	bool has_port;
	uint16_t port;
};

struct rule {
	unsigned int priority;
	enum fabric_direction dir;
	bool deny;
	bool any_protocol, icmp; /* icmp: of either version */
	uint8_t protocol;        /* unless any_protocol or icmp */
	struct rule_end src, dst;
	uint64_t packets[FABRIC_PATHS];
};

/* A whole decimal number of at most max. */
bool rule_number(const char *text, unsigned long max, unsigned long *value);
/* RULE_WORDS words. NULL, or what is wrong with which word (*word: its index). */
const char *rule_parse(const char *const words[RULE_WORDS], struct rule *rule, unsigned int *word);
void rule_print(const struct rule *rule, FILE *out);
/* Only for IP frames: info->l3 is not NONE. */
bool rule_matches(const struct rule *rule, enum fabric_direction dir, const uint8_t *frame,
		  const struct frame_info *info);

#endif
