/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line of `accelnet-lab run`. */
#ifndef LAB_OPTIONS_H
#define LAB_OPTIONS_H

#include "../log.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define LAB_NICS_MAX 4
#define LAB_VMS_MAX  2
#define LAB_ADD_MAX  32

enum lab_driver { LAB_DRIVER_STOCK, LAB_DRIVER_ACCELNET, LAB_DRIVER_NONE };
enum lab_vf { LAB_VF_ON, LAB_VF_OFF, LAB_VF_LATE };
/* Sets of files that scripts/initramfs knows by name: bits. */
enum lab_with { LAB_WITH_RDMA = 1, LAB_WITH_DPDK = 2, LAB_WITH_STACK = 4 };
enum lab_doorbells { LAB_DOORBELLS_POLLED, LAB_DOORBELLS_STRICT, LAB_DOORBELLS_RECORDS };
enum lab_peer { LAB_PEER_TAP, LAB_PEER_ECHO, LAB_PEER_SINK, LAB_PEER_REFLECT };

struct lab_options {
	enum lab_driver driver;
	enum lab_vf vf;
	enum lab_peer peer;
	enum lab_doorbells doorbells; /* of the VF's send queues */
	const char *kernel;     /* unpacked kernel package tree */
	unsigned int vcpus, memory /* MiB */, nics, vms, queues, pages, timeout /* s */;
	uint32_t vmbus, nvsp, vpci; /* newest version offered, as on the wire */
	bool dummy;             /* --vf-device dummy: a function no driver knows */
	bool monitored;         /* the guest signals NICs through the monitor page */
	bool no_net, how;
	unsigned int verbose;   /* how many times it was asked for */
	const char *pcap;       /* directory */
	const char *add[LAB_ADD_MAX];
	unsigned int add_count;
	unsigned int with;      /* enum lab_with */
	char *const *command;   /* NULL-terminated; empty with --how */

	/* Set by the lab itself when it runs inside the nested host. */
	bool direct;
	const char *image, *initrd; /* bzImage, initramfs */
	const char *out;        /* directory for consoles and captures */
	unsigned int vm;        /* which of --vms this process is */
	int uplink[LAB_NICS_MAX]; /* per NIC: a socket to the other VM's fabric, -1: none */
};

/*
 * Parses argv (without the program's and the subcommand's name). 0, or -EINVAL having said why on
 * stderr; -ECANCELED: --help was asked for and printed.
 */
int lab_options_parse(struct lab_options *options, int argc, char *const argv[]);
void lab_options_usage(FILE *out);

/* What is to be logged: once verbose, what is being done; twice, everything. */
enum lab_log_level lab_options_log_level(const struct lab_options *options);

#endif
