// SPDX-License-Identifier: BSD-3-Clause
/*
 * Writes pcap files (format: draft-ietf-opsawg-pcap; magic a1b23c4d: nanoseconds, in the order of
 * the machine that wrote it). Times are the lab's clock. A write error is logged once and ends the
 * capture, never the lab.
 */
#include "pcap.h"

#include "../clock.h"
#include "../log.h"
#include "fabric.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PCAP_MAGIC_NS 0xa1b23c4du
#define PCAP_SNAPLEN 262144u
#define LINKTYPE_ETHERNET 1u

struct pcap_header {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t reserved[2];
	uint32_t snaplen, linktype;
};
_Static_assert(sizeof(struct pcap_header) == 24, "pcap file header");

struct pcap_record {
	uint32_t seconds, nanoseconds;
	uint32_t captured, len;
};
_Static_assert(sizeof(struct pcap_record) == 16, "pcap record header");

struct pcap {
	FILE *file;
	bool dirty, failed;
};

struct pcap *pcap_create(const char *path)
{
	static const struct pcap_header header = {
		.magic = PCAP_MAGIC_NS, .major = 2, .minor = 4,
		.snaplen = PCAP_SNAPLEN, .linktype = LINKTYPE_ETHERNET,
	};
	struct pcap *pcap = calloc(1, sizeof(*pcap));

	if (pcap == NULL)
		return NULL;
	pcap->file = fopen(path, "wbe");
	if (pcap->file == NULL)
		goto err_free;
	if (fwrite(&header, sizeof(header), 1, pcap->file) != 1)
		goto err_close;
	pcap->dirty = true;
	return pcap;

err_close:
	fclose(pcap->file);
err_free:
	free(pcap);
	return NULL;
}

void pcap_destroy(struct pcap *pcap)
{
	if (pcap == NULL)
		return;
	fclose(pcap->file);
	free(pcap);
}

void pcap_write(struct pcap *pcap, uint64_t now, const uint8_t *frame, size_t len)
{
	struct pcap_record record = {
		.seconds = (uint32_t)(now / LAB_S),
		.nanoseconds = (uint32_t)(now % LAB_S),
		.captured = len < PCAP_SNAPLEN ? (uint32_t)len : PCAP_SNAPLEN,
		.len = (uint32_t)len,
	};

	if (pcap == NULL || pcap->failed)
		return;
	if (fwrite(&record, sizeof(record), 1, pcap->file) != 1 ||
	    fwrite(frame, 1, record.captured, pcap->file) != record.captured) {
		pcap->failed = true;
		lab_log(LAB_LOG_WARN, "fabric", "capture stopped: %s", strerror(errno));
	}
	pcap->dirty = true;
}

void pcap_flush(struct pcap *pcap)
{
	if (pcap == NULL || !pcap->dirty)
		return;
	pcap->dirty = false;
	fflush(pcap->file);
}
