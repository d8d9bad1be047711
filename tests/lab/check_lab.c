// SPDX-License-Identifier: BSD-3-Clause
/*
 * Runs the lab's cases one after the other, a CUnit test for each boot (case.h tells how a case
 * says what it wants). Output goes to build/lab/NAME-N.log; the end of it is shown on failure.
 * Meant to be started in the repository's top folder, by `make check-lab` and `make soak`.
 */
#define _GNU_SOURCE
#include "process.h"
#include "run.h"
#include "workdir.h"

#include <CUnit/Basic.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CASES	   "tests/lab/cases"
#define PMD_CASES  "tests/pmd/cases"
#define PASSED	   RUN_LOGS "/soak.passed"
#define RUNS_MAX   512
#define EXIT_SKIP  77
#define EXIT_USAGE 64

static const char *const dirs[] = { CASES, CASES "-long", PMD_CASES };
#define DIRS (sizeof(dirs) / sizeof(dirs[0]))

static struct run runs[RUNS_MAX];
static unsigned int run_count, run_number, skipped, ran;
static char tmp[64], kernel[64];
static const struct run_world world = { .kernel = kernel, .tmp = tmp };
static bool soak, pmd;
static time_t started;

/* -------------------------------------------------------------------------- what to run ---- */

static int runs_add(const struct lab_case *c, unsigned int only)
{
	for (unsigned int i = 0; i < c->runs; i++) {
		struct run *r = &runs[run_count];

		if (only != 0 && only != i + 1)
			continue;
		if (run_count == RUNS_MAX)
			return -E2BIG;
		r->c = c;
		r->options = c->run[i];
		snprintf(r->name, sizeof(r->name), "%s-%u", c->name, i + 1);
		run_count++;
	}
	return 0;
}

static int runs_of_folder(const char *dir)
{
	struct lab_case *cases;
	int count = case_find(dir, &cases), ret = 0;

	if (count < 0)
		return count;
	for (int i = 0; ret == 0 && i < count; i++)
		ret = runs_add(&cases[i], 0);
	return ret;
}

/* NAME, or NAME-N for one of its boots, out of any folder. */
static int runs_of_name(const char *name)
{
	unsigned int before = run_count;

	for (size_t d = 0; d < DIRS; d++) {
		struct lab_case *cases;
		int count;

		/* Some names are in both worlds. */
		if (pmd != (strcmp(dirs[d], PMD_CASES) == 0))
			continue;
		count = case_find(dirs[d], &cases);
		if (count == -ENOENT)
			continue;
		if (count < 0)
			return count;
		for (int i = 0; i < count; i++) {
			size_t len = strlen(cases[i].name);
			unsigned int only = 0;
			int ret;

			if (strncmp(cases[i].name, name, len) != 0)
				continue;
			if (name[len] == '-')
				only = (unsigned int)strtoul(name + len + 1, NULL, 10);
			if (name[len] != '\0' && only == 0)
				continue;
			ret = runs_add(&cases[i], only);
			if (ret < 0)
				return ret;
		}
	}
	if (run_count > before)
		return 0;
	fprintf(stderr, "check_lab: no case %s below tests/ (--list names them)\n", name);
	return -ENOENT;
}

static void list_all(void)
{
	for (size_t d = 0; d < DIRS; d++) {
		struct lab_case *cases;
		int count = case_find(dirs[d], &cases);

		if (count > 0)
			printf("%s\n", dirs[d]);
		for (int i = 0; i < count; i++)
			printf("  %-20s %2u run%s %s\n", cases[i].name, cases[i].runs,
			       cases[i].runs == 1 ? " " : "s", cases[i].about);
		if (count > 0)
			free(cases);
	}
}

/* A soak goes on where it was interrupted, unless the lab has changed since. */
static void soak_resume(void)
{
	struct stat passed, lab;
	char line[128];
	FILE *f;

	if (stat(PASSED, &passed) < 0 || stat(RUN_LAB, &lab) < 0 ||
	    passed.st_mtime < lab.st_mtime) {
		unlink(PASSED);
		return;
	}
	f = fopen(PASSED, "re");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		for (unsigned int i = 0; i < run_count; i++)
			if (strcmp(runs[i].name, line) == 0)
				runs[i].done = true;
	}
	if (f != NULL)
		fclose(f);
}

static void soak_passed(const struct run *r)
{
	FILE *f = soak ? fopen(PASSED, "ae") : NULL;

	if (f == NULL)
		return;
	fprintf(f, "%s\n", r->name);
	fclose(f);
}

/* -------------------------------------------------------------------------------- a test ---- */

/* CUnit ends what it says about a failure without one. */
static void new_line(void)
{
	static unsigned int failures;

	if (CU_get_number_of_failures() > failures)
		printf("\n");
	failures = CU_get_number_of_failures();
}

static void report(const struct run *r, const struct run_result *result)
{
	switch (result->outcome) {
	case RUN_PASSED:
		ran++;
		printf("        ok, %.0f s\n", result->seconds);
		soak_passed(r);
		CU_PASS("ok");
		break;
	case RUN_SKIPPED:
		skipped++;
		printf("        skipped: %s\n", result->why);
		break;
	case RUN_FAILED:
		ran++;
		printf("        FAILED, %.0f s: %s; the end of %s:\n", result->seconds,
		       result->why, result->log);
		log_tail(result->log, stdout);
		CU_assertImplementation(CU_FALSE, 0, result->why, r->c->path, "", CU_FALSE);
		break;
	}
}

/* A test of CUnit has no argument: its name tells which run it is. */
static void test_run(void)
{
	const char *name = CU_get_current_test()->pName;
	struct run_result result;
	struct run *r = runs;

	if (process_stopped() != 0)
		return;
	while (strcmp(r->name, name) != 0)
		r++;
	new_line();
	printf("[%2u/%u] %s%s%s: %s\n", ++run_number, run_count, r->name,
	       r->options[0] != '\0' ? " " : "", r->options, r->c->about);
	if (r->done) {
		printf("        passed before (rm %s to begin anew)\n", PASSED);
		ran++;
		return;
	}
	run_execute(r, &world, &result);
	if (process_stopped() != 0)
		printf("        interrupted\n");
	else
		report(r, &result);
}

/* ---------------------------------------------------------------------------------- main ---- */

static int suite_end(void)
{
	new_line();
	printf("%s: %u runs, %u skipped, %.1f min\n", pmd ? "pmd" : "lab", ran, skipped,
	       difftime(time(NULL), started) / 60);
	return 0;
}

static int usage(FILE *out, int status)
{
	fputs("usage: check_lab [--soak | --pmd] [--kernel NAME] [CASE | CASE-N]...\n"
	      "       check_lab --list\n"
	      "  CASE           a case by name, CASE-N its Nth boot; default: all of "
	      "tests/lab/cases\n"
	      "  --soak         all of tests/lab/cases-long, going on where it was interrupted\n"
	      "  --pmd          all of tests/pmd/cases: the DPDK driver, without a VM\n"
	      "  --kernel NAME  boot kernels/NAME (scripts/deps --kernel NAME unpacks it)\n",
	      out);
	return status;
}

static int parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "soak", no_argument, NULL, 's' },
		{ "pmd", no_argument, NULL, 'p' },
		{ "kernel", required_argument, NULL, 'k' },
		{ "list", no_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int id, ret = 0;

	while ((id = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (id) {
		case 's':
			soak = true;
			break;
		case 'p':
			pmd = true;
			break;
		case 'k':
			snprintf(kernel, sizeof(kernel), "%s", optarg);
			break;
		case 'l':
			list_all();
			exit(EXIT_SUCCESS);
		case 'h':
			exit(usage(stdout, EXIT_SUCCESS));
		default:
			exit(usage(stderr, EXIT_USAGE));
		}
	}
	if (optind == argc)
		return runs_of_folder(pmd ? PMD_CASES : soak ? CASES "-long" : CASES);
	while (ret == 0 && optind < argc)
		ret = runs_of_name(argv[optind++]);
	return ret;
}

static int set_up(void)
{
	char root[PATH_MAX], path[PATH_MAX + sizeof(RUN_LAB)], dir[128];
	int ret;

	if (!pmd && access(RUN_LAB, X_OK) < 0) {
		fprintf(stderr, "check_lab: %s is not built (make lab), or this is not the top "
				"folder\n", RUN_LAB);
		return -ENOENT;
	}
	snprintf(dir, sizeof(dir), "kernels/%s", kernel);
	if (kernel[0] != '\0' && access(dir, R_OK) < 0) {
		fprintf(stderr, "check_lab: there is no %s: scripts/deps --kernel %s\n", dir,
			kernel);
		return -ENOENT;
	}
	if (getcwd(root, sizeof(root)) == NULL)
		return -errno;
	mkdir("build", 0777);
	mkdir(RUN_LOGS, 0777);
	/* Of our own, so that what a run leaves there is seen; short, see
	 * tools/lab/run/workspace.c. */
	snprintf(tmp, sizeof(tmp), "/tmp/check-lab.XXXXXX");
	if (mkdtemp(tmp) == NULL)
		return -errno;
	chmod(tmp, 01777);
	snprintf(path, sizeof(path), "%s/%s", root, RUN_LAB);
	setenv("LAB", path, 1);
	setenv("ROOT", root, 1);
	setenv("TMPDIR", tmp, 1);
	ret = process_set_up();
	if (soak)
		soak_resume();
	return ret;
}

static int register_runs(void)
{
	CU_pSuite suite;

	if (CU_initialize_registry() != CUE_SUCCESS)
		return -ENOMEM;
	suite = CU_add_suite(pmd ? "pmd" : soak ? "lab/soak" : "lab", NULL, suite_end);
	for (unsigned int i = 0; suite != NULL && i < run_count; i++)
		if (CU_add_test(suite, runs[i].name, test_run) == NULL)
			return -ENOMEM;
	return suite == NULL ? -ENOMEM : 0;
}

int main(int argc, char **argv)
{
	unsigned int failures;

	setvbuf(stdout, NULL, _IOLBF, 0);
	started = time(NULL);
	if (parse(argc, argv) < 0 || set_up() < 0)
		return EXIT_FAILURE;
	if (register_runs() < 0) {
		fprintf(stderr, "check_lab: CUnit: %s\n", CU_get_error_msg());
		return EXIT_FAILURE;
	}
	CU_basic_set_mode(CU_BRM_NORMAL);
	CU_basic_run_tests();
	failures = CU_get_number_of_failures();
	CU_cleanup_registry();
	workdir_remove(tmp);
	if (process_stopped() != 0)
		return 128 + process_stopped();
	if (ran == 0)
		return skipped > 0 ? EXIT_SKIP : EXIT_FAILURE;
	if (soak && failures == 0)
		unlink(PASSED);
	return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
