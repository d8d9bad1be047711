// SPDX-License-Identifier: BSD-3-Clause
/* Reads the headers of the lab's cases. See case.h. */
#define _GNU_SOURCE
#include "case.h"

#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SUFFIX	     ".case"
#define HOST_SUFFIX  ".host" SUFFIX
#define TIMEOUT	     300u
#define TIMEOUT_MAX  14400u

static bool ends_in(const char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	return len > n && strcmp(text + len - n, end) == 0;
}

/* Beside the case, or in a folder beside the case's folder. */
static int find_beside(const struct lab_case *c, const char *name, char path[CASE_PATH_MAX])
{
	static const char *const folders[] = { "", "../cases/", "../cases-long/" };
	int dir = (int)(strrchr(c->path, '/') - c->path);

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, CASE_PATH_MAX, "%.*s/%s%s", dir, c->path, folders[i], name);
		if (access(path, R_OK) == 0)
			return 0;
	}
	return -ENOENT;
}

static int set_about(struct lab_case *c, const char *value)
{
	snprintf(c->about, sizeof(c->about), "%s", value);
	return 0;
}

static int add_run(struct lab_case *c, const char *value)
{
	if (c->runs == CASE_RUNS || strlen(value) >= CASE_RUN_MAX)
		return -E2BIG;
	snprintf(c->run[c->runs++], CASE_RUN_MAX, "%s", value);
	return 0;
}

static int set_timeout(struct lab_case *c, const char *value)
{
	char *end;
	unsigned long n = strtoul(value, &end, 10);

	if (*value == '\0' || *end != '\0' || n == 0 || n > TIMEOUT_MAX)
		return -EINVAL;
	c->timeout = (unsigned int)n;
	return 0;
}

static int set_needs(struct lab_case *c, const char *value)
{
	if (strcmp(value, "accelnet") == 0)
		c->needs_accelnet = true;
	else if (strcmp(value, "rdma") == 0)
		c->needs_rdma = true;
	else if (strcmp(value, "dpdk") == 0)
		c->needs_dpdk = true;
	else if (strcmp(value, "pmd") == 0)
		c->needs_dpdk = c->needs_pmd = true;
	else if (strcmp(value, "traffic") == 0)
		c->needs_traffic = true;
	else
		return -EINVAL;
	return 0;
}

static int set_script(struct lab_case *c, const char *value)
{
	return find_beside(c, value, c->script);
}

static int set_outside(struct lab_case *c, const char *value)
{
	return find_beside(c, value, c->outside);
}

static int append(char text[CASE_RUN_MAX], char separator, const char *value)
{
	size_t len = strlen(text);

	if (*value == '\0')
		return -EINVAL;
	if (len + 1 + strlen(value) >= CASE_RUN_MAX)
		return -E2BIG;
	if (len > 0)
		text[len++] = separator;
	snprintf(text + len, CASE_RUN_MAX - len, "%s", value);
	return 0;
}

static int add_set(struct lab_case *c, const char *value)
{
	return strchr(value, '=') == NULL ? -EINVAL : append(c->set, ' ', value);
}

static int add_expected(struct lab_case *c, const char *value)
{
	return c->on_host ? -EINVAL : append(c->expected, '|', value);
}

static const struct {
	const char *word;
	int (*set)(struct lab_case *c, const char *value);
} words[] = {
	{ "about", set_about },	    { "run", add_run },		{ "timeout", set_timeout },
	{ "needs", set_needs },	    { "script", set_script },	{ "outside", set_outside },
	{ "set", add_set },	    { "expect-dmesg", add_expected },
};

/* "# word: value" with a word of small letters; other comments are comments. */
static char *header_value(char *line, char **word)
{
	char *p = line + 2;

	if (strncmp(line, "# ", 2) != 0)
		return NULL;
	*word = p;
	while (islower((unsigned char)*p) || *p == '-')
		p++;
	if (p == *word || *p != ':')
		return NULL;
	*p++ = '\0';
	while (*p == ' ')
		p++;
	return p;
}

static int header_line(struct lab_case *c, char *line)
{
	char *word, *value = header_value(line, &word);

	if (value == NULL)
		return 0;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].set(c, value);
	return -ENOTSUP;
}

static void set_name(struct lab_case *c)
{
	const char *file = strrchr(c->path, '/') + 1;

	c->on_host = ends_in(file, HOST_SUFFIX);
	snprintf(c->name, sizeof(c->name), "%.*s",
		 (int)(strlen(file) - strlen(c->on_host ? HOST_SUFFIX : SUFFIX)), file);
}

int case_read(struct lab_case *c, const char *path)
{
	unsigned int number = 0;
	char line[1024];
	int ret = 0;
	FILE *f;

	*c = (struct lab_case){ .timeout = TIMEOUT };
	if (strchr(path, '/') == NULL || strlen(path) >= sizeof(c->path) ||
	    !ends_in(path, SUFFIX))
		return -EINVAL;
	snprintf(c->path, sizeof(c->path), "%s", path);
	snprintf(c->script, sizeof(c->script), "%s", path);
	set_name(c);
	f = fopen(path, "re");
	if (f == NULL)
		return -errno;
	while (ret == 0 && fgets(line, sizeof(line), f) != NULL && line[0] == '#') {
		number++;
		line[strcspn(line, "\n")] = '\0';
		ret = header_line(c, line);
	}
	fclose(f);
	if (ret < 0) {
		fprintf(stderr, "%s:%u: %s: %s\n", path, number, line,
			ret == -ENOTSUP ? "no such word" : strerror(-ret));
		return ret;
	}
	if (c->about[0] == '\0') {
		fprintf(stderr, "%s: no line \"# about: ...\"\n", path);
		return -EINVAL;
	}
	if (c->runs == 0)
		c->runs = 1; /* with no options */
	return 0;
}

int case_find(const char *dir, struct lab_case **cases)
{
	char pattern[CASE_PATH_MAX];
	struct lab_case *list;
	glob_t found;
	int ret = 0;

	*cases = NULL;
	snprintf(pattern, sizeof(pattern), "%s/*" SUFFIX, dir);
	switch (glob(pattern, 0, NULL, &found)) {
	case 0:
		break;
	case GLOB_NOMATCH:
		return 0;
	default:
		return -EIO;
	}
	list = calloc(found.gl_pathc, sizeof(*list));
	if (list == NULL)
		ret = -ENOMEM;
	for (size_t i = 0; ret == 0 && i < found.gl_pathc; i++)
		ret = case_read(&list[i], found.gl_pathv[i]);
	if (ret == 0) {
		ret = (int)found.gl_pathc;
		*cases = list;
	} else {
		free(list);
	}
	globfree(&found);
	return ret;
}
