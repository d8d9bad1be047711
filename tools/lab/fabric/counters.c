// SPDX-License-Identifier: BSD-3-Clause
/* The counters of a port by name, as JSON: what `hostctl stats` shows. */
#include "fabric.h"

#include <inttypes.h>

static const char *const drop_names[FABRIC_DROP_REASONS] = {
	[FABRIC_DELIVERED] = "delivered",
	[FABRIC_DROP_POLICY] = "policy",
	[FABRIC_DROP_MALFORMED] = "malformed",
	[FABRIC_DROP_TOO_BIG] = "too_big",
	[FABRIC_DROP_NO_BUFFER] = "no_buffer",
	[FABRIC_DROP_FILTER] = "filter",
	[FABRIC_DROP_PATH_DOWN] = "path_down",
	[FABRIC_DROP_LINK_DOWN] = "link_down",
};
static const char *const path_names[FABRIC_PATHS] = {
	[FABRIC_SYNTHETIC] = "synthetic",
	[FABRIC_VF] = "vf",
};
static const char *const direction_names[FABRIC_DIRECTIONS] = {
	[FABRIC_RX] = "rx",
	[FABRIC_TX] = "tx",
};

const char *fabric_drop_name(enum fabric_drop reason)
{
	return (unsigned int)reason < FABRIC_DROP_REASONS ? drop_names[reason] : "unknown";
}

static void counters_json(const struct fabric_counters *c, FILE *out)
{
	fprintf(out, "{\"packets\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"drops\":{", c->packets,
		c->bytes);
	for (unsigned int r = FABRIC_DELIVERED + 1; r < FABRIC_DROP_REASONS; r++)
		fprintf(out, "%s\"%s\":%" PRIu64, r > FABRIC_DELIVERED + 1 ? "," : "",
			drop_names[r], c->drops[r]);
	fputs("}}", out);
}

void fabric_port_json(const struct fabric_port *port, FILE *out)
{
	static const enum fabric_path order[] = { FABRIC_VF, FABRIC_SYNTHETIC };

	fputc('{', out);
	for (unsigned int p = 0; p < FABRIC_PATHS; p++) {
		fprintf(out, "%s\"%s\":{", p ? "," : "", path_names[order[p]]);
		for (unsigned int d = 0; d < FABRIC_DIRECTIONS; d++) {
			fprintf(out, "%s\"%s\":", d ? "," : "", direction_names[d]);
			counters_json(fabric_counters(port, order[p], (enum fabric_direction)d),
				      out);
		}
		fputc('}', out);
	}
	fputc('}', out);
}
