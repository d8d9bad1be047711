// SPDX-License-Identifier: BSD-3-Clause
/* One policy rule as in fabric.h: "PRIORITY in|out allow|deny PROTO SRC[:PORT] DST[:PORT]". */
#include "rule.h"

#include "wire.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>

#define PROTO_MAX 255
#define PORT_MAX 65535

static const struct {
	const char *name;
	uint8_t protocol;
} protocols[] = {
	{ "tcp", PROTO_TCP },
	{ "udp", PROTO_UDP },
};
#define PROTOCOLS (sizeof(protocols) / sizeof(protocols[0]))

static unsigned int bits_of(enum frame_l3 l3)
{
	return (l3 == FRAME_L3_IPV4 ? IPV4_ADDRESS : IPV6_ADDRESS) * 8;
}

bool rule_number(const char *text, unsigned long max, unsigned long *value)
{
	unsigned long v = 0;

	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (!isdigit((unsigned char)*text))
			return false;
		v = v * 10 + (unsigned long)(*text - '0');
		if (v > max)
			return false;
	}
	*value = v;
	return true;
}

static void mask_address(struct rule_end *end)
{
	for (unsigned int bit = end->prefix; bit < sizeof(end->address) * 8; bit++)
		end->address[bit / 8] &= (uint8_t)~(0x80 >> bit % 8);
}

/* "ADDRESS" or "ADDRESS/PREFIX"; text is cut up. */
static bool parse_prefix(char *text, struct rule_end *end)
{
	char *slash = strchr(text, '/');
	unsigned long prefix;

	if (slash != NULL)
		*slash = '\0';
	if (inet_pton(AF_INET, text, end->address) == 1)
		end->l3 = FRAME_L3_IPV4;
	else if (inet_pton(AF_INET6, text, end->address) == 1)
		end->l3 = FRAME_L3_IPV6;
	else
		return false;
	prefix = bits_of(end->l3);
	if (slash != NULL && !rule_number(slash + 1, prefix, &prefix))
		return false;
	end->prefix = (unsigned int)prefix;
	mask_address(end);
	return true;
}

static bool parse_port(const char *text, struct rule_end *end)
{
	unsigned long port;

	if (!rule_number(text, PORT_MAX, &port) || port == 0)
		return false;
	end->has_port = true;
	end->port = (uint16_t)port;
	return true;
}

/* any, ADDRESS[/PREFIX], [IPV6[/PREFIX]]; all but a bare IPv6 address may have :PORT behind. */
static bool parse_end(const char *word, struct rule_end *end)
{
	char text[80], *address = text, *port = NULL, *colon;
	size_t len = strlen(word);

	if (len >= sizeof(text))
		return false;
	memcpy(text, word, len + 1);
	colon = strchr(text, ':');
	if (text[0] == '[') {
		char *close = strchr(text, ']');

		if (close == NULL || (close[1] != '\0' && close[1] != ':'))
			return false;
		if (close[1] == ':')
			port = close + 2;
		*close = '\0';
		address = text + 1;
	} else if (colon != NULL && strchr(colon + 1, ':') == NULL) {
		*colon = '\0';
		port = colon + 1;
	}
	if (port != NULL && !parse_port(port, end))
		return false;
	if (address == text && strcmp(text, "any") == 0)
		return true;
	if (!parse_prefix(address, end))
		return false;
	return address == text || end->l3 == FRAME_L3_IPV6;
}

static bool parse_protocol(const char *word, struct rule *rule)
{
	unsigned long number;

	rule->any_protocol = strcmp(word, "any") == 0;
	rule->icmp = strcmp(word, "icmp") == 0;
	if (rule->any_protocol || rule->icmp)
		return true;
	for (size_t i = 0; i < PROTOCOLS; i++) {
		if (strcmp(word, protocols[i].name) == 0) {
			rule->protocol = protocols[i].protocol;
			return true;
		}
	}
	if (!rule_number(word, PROTO_MAX, &number))
		return false;
	rule->protocol = (uint8_t)number;
	return true;
}

static bool has_ports(const struct rule *rule)
{
	return rule->any_protocol || (!rule->icmp && (rule->protocol == PROTO_TCP ||
						      rule->protocol == PROTO_UDP));
}

const char *rule_parse(const char *const words[RULE_WORDS], struct rule *rule, unsigned int *word)
{
	unsigned long priority;

	*rule = (struct rule){ 0 };
	*word = 0;
	if (!rule_number(words[*word], RULE_PRIORITY_MAX, &priority) || priority == 0)
		return "not a priority (1 to 65535)";
	rule->priority = (unsigned int)priority;
	++*word;
	rule->dir = strcmp(words[*word], "in") == 0 ? FABRIC_RX : FABRIC_TX;
	if (rule->dir == FABRIC_TX && strcmp(words[*word], "out") != 0)
		return "neither in nor out";
	++*word;
	rule->deny = strcmp(words[*word], "deny") == 0;
	if (!rule->deny && strcmp(words[*word], "allow") != 0)
		return "neither allow nor deny";
	++*word;
	if (!parse_protocol(words[*word], rule))
		return "not a protocol (any, tcp, udp, icmp or 0 to 255)";
	++*word;
	if (!parse_end(words[*word], &rule->src))
		return "not a source";
	++*word;
	if (!parse_end(words[*word], &rule->dst))
		return "not a destination";
	if (rule->src.l3 != FRAME_L3_NONE && rule->dst.l3 != FRAME_L3_NONE &&
	    rule->src.l3 != rule->dst.l3)
		return "not of the source's address family";
	if ((rule->src.has_port || rule->dst.has_port) && !has_ports(rule))
		return "a port, for a protocol without";
	return NULL;
}

static void print_end(const struct rule_end *end, FILE *out)
{
	bool brackets = end->has_port && end->l3 == FRAME_L3_IPV6;
	char text[INET6_ADDRSTRLEN] = "any";

	if (end->l3 != FRAME_L3_NONE)
		inet_ntop(end->l3 == FRAME_L3_IPV4 ? AF_INET : AF_INET6, end->address, text,
			  sizeof(text));
	fprintf(out, " %s%s", brackets ? "[" : "", text);
	if (end->l3 != FRAME_L3_NONE && end->prefix != bits_of(end->l3))
		fprintf(out, "/%u", end->prefix);
	if (brackets)
		fputc(']', out);
	if (end->has_port)
		fprintf(out, ":%u", end->port);
}

static void print_protocol(const struct rule *rule, FILE *out)
{
	for (size_t i = 0; i < PROTOCOLS && !rule->any_protocol && !rule->icmp; i++) {
		if (rule->protocol == protocols[i].protocol) {
			fprintf(out, " %s", protocols[i].name);
			return;
		}
	}
	if (rule->any_protocol || rule->icmp)
		fputs(rule->icmp ? " icmp" : " any", out);
	else
		fprintf(out, " %u", rule->protocol);
}

void rule_print(const struct rule *rule, FILE *out)
{
	fprintf(out, "%u %s %s", rule->priority, rule->dir == FABRIC_RX ? "in" : "out",
		rule->deny ? "deny" : "allow");
	print_protocol(rule, out);
	print_end(&rule->src, out);
	print_end(&rule->dst, out);
	fprintf(out, " vf=%llu synthetic=%llu\n",
		(unsigned long long)rule->packets[FABRIC_VF],
		(unsigned long long)rule->packets[FABRIC_SYNTHETIC]);
}

static bool address_matches(const struct rule_end *end, const uint8_t *address,
			    const struct frame_info *info)
{
	unsigned int whole = end->prefix / 8, rest = end->prefix % 8;

	if (end->l3 == FRAME_L3_NONE)
		return true;
	if (end->l3 != info->l3 || memcmp(end->address, address, whole) != 0)
		return false;
	return rest == 0 || (end->address[whole] ^ address[whole]) >> (8 - rest) == 0;
}

static bool port_matches(const struct rule_end *end, const uint8_t *port,
			 const struct frame_info *info)
{
	return !end->has_port || (info->l4 != FRAME_L4_NONE && wire_get16(port) == end->port);
}

static bool protocol_matches(const struct rule *rule, uint8_t protocol)
{
	if (rule->icmp)
		return protocol == PROTO_ICMP || protocol == PROTO_ICMPV6;
	return rule->any_protocol || rule->protocol == protocol;
}

bool rule_matches(const struct rule *rule, enum fabric_direction dir, const uint8_t *frame,
		  const struct frame_info *info)
{
	const uint8_t *ip = frame + info->l3_offset, *l4 = frame + info->l4_offset;
	bool v4 = info->l3 == FRAME_L3_IPV4;

	return rule->dir == dir && protocol_matches(rule, info->ip_protocol) &&
	       address_matches(&rule->src, ip + (v4 ? IPV4_SRC : IPV6_SRC), info) &&
	       address_matches(&rule->dst, ip + (v4 ? IPV4_DST : IPV6_DST), info) &&
	       port_matches(&rule->src, l4 + L4_SRC_PORT, info) &&
	       port_matches(&rule->dst, l4 + L4_DST_PORT, info);
}
