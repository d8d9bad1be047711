/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A case of the lab: a shell script whose first comments say how to run it. NAME.case runs in a
 * guest through guest-run.sh, NAME.host.case on this machine with LAB= in its environment. The
 * words of the header, each on a line of its own as "# word: value", are:
 *
 *	about		one line for people
 *	run		options of accelnet-lab; a boot for each such line. @DIR@ is a fresh folder
 *	timeout		seconds for one run, 300 if not given
 *	needs		accelnet: the kernel module and the tool are packed; rdma, dpdk: what
 *			accelnet-lab --with packs; pmd: the DPDK driver and what dpdk is;
 *			traffic: the program of tests/pmd. Without them the case is skipped
 *	script		the script to run is that of another case
 *	set		NAME=VALUE, in the script's environment
 *	outside		a script beside this one; runs here after the guest, with @DIR@ as $1
 *	expect-dmesg	kernel lines that are no failure (extended regular expression)
 */
#ifndef TESTS_LAB_CASE_H
#define TESTS_LAB_CASE_H

#include <stdbool.h>
#include <stddef.h>

#define CASE_NAME_MAX 64
#define CASE_PATH_MAX 512
#define CASE_RUN_MAX  256
#define CASE_RUNS     32

struct lab_case {
	char name[CASE_NAME_MAX];    /* the file's, without .case */
	char path[CASE_PATH_MAX];
	char about[160];
	char script[CASE_PATH_MAX];  /* what runs; path, if the header names no other */
	char outside[CASE_PATH_MAX]; /* "": nothing */
	char set[CASE_RUN_MAX];	     /* separated by blanks */
	char expected[CASE_RUN_MAX]; /* of dmesg; alternatives */
	char run[CASE_RUNS][CASE_RUN_MAX];
	unsigned int runs;
	unsigned int timeout;        /* s */
	bool on_host;
	bool needs_accelnet, needs_rdma, needs_dpdk, needs_pmd, needs_traffic;
};

/* Says what is wrong with the header and where. 0 or -errno. */
int case_read(struct lab_case *c, const char *path);

/* The cases of a folder by name; the caller frees *cases. Their number, or -errno. */
int case_find(const char *dir, struct lab_case **cases);

#endif
