// SPDX-License-Identifier: BSD-3-Clause
/* The command line of `accelnet-lab run`: a table of options, each with its parser. */
#define _GNU_SOURCE
#include "options.h"

#include "../guest/parameters.h"
#include "../vmm/vmm.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

/* What labinit is told (guest/parameters.h): each word as ARGn=WORD, and some keys beside them. */
#define COMMAND_WORDS_MAX PARAMETERS_ARGS_MAX
#define COMMAND_BYTES_MAX (LAB_PORT_DATA_MAX - 256)
#define ARG_KEY_BYTES     (sizeof("ARG1023=") - 1)

struct word {
	const char *text;
	uint32_t value;
};

static const struct word drivers[] = { { "stock", LAB_DRIVER_STOCK },
				       { "accelnet", LAB_DRIVER_ACCELNET },
				       { "none", LAB_DRIVER_NONE },
				       { NULL, 0 } };
static const struct word vfs[] = {
	{ "on", LAB_VF_ON }, { "off", LAB_VF_OFF }, { "late", LAB_VF_LATE }, { NULL, 0 }
};
static const struct word peers[] = {
	{ "tap", LAB_PEER_TAP }, { "echo", LAB_PEER_ECHO }, { "sink", LAB_PEER_SINK },
	{ "reflect", LAB_PEER_REFLECT }, { NULL, 0 }
};
static const struct word sets[] = { { "rdma", LAB_WITH_RDMA },
				    { "dpdk", LAB_WITH_DPDK },
				    { "stack", LAB_WITH_STACK },
				    { NULL, 0 } };
static const struct word doorbells[] = { { "polled", LAB_DOORBELLS_POLLED },
					 { "strict", LAB_DOORBELLS_STRICT },
					 { "records", LAB_DOORBELLS_RECORDS },
					 { NULL, 0 } };
static const struct word vmbus_versions[] = {
	{ "5.3", 0x50003 }, { "5.2", 0x50002 }, { "5.1", 0x50001 }, { "5.0", 0x50000 },
	{ "4.1", 0x40001 }, { "4.0", 0x40000 }, { "3.0", 0x30000 }, { "2.4", 0x20004 }, { NULL, 0 }
};
static const struct word nvsp_versions[] = { { "6.1", 0x60001 }, { "6", 0x60000 }, { "5", 0x50000 },
					     { "4", 0x40000 },	 { "2", 0x30002 }, { "1", 2 },
					     { NULL, 0 } };
static const struct word vpci_versions[] = {
	{ "1.4", 0x10004 }, { "1.3", 0x10003 }, { "1.2", 0x10002 }, { "1.1", 0x10001 }, { NULL, 0 }
};
static const struct word switches[] = { { "on", 1 }, { "off", 0 }, { NULL, 0 } };
static const struct word vf_devices[] = { { "1018", 0 }, { "dummy", 1 }, { NULL, 0 } };

enum option_id {
	OPT_DRIVER = 256, OPT_KERNEL, OPT_VCPUS, OPT_MEMORY, OPT_NICS, OPT_VMS, OPT_VF,
	OPT_VF_DEVICE, OPT_DOORBELLS, OPT_VMBUS, OPT_NVSP, OPT_VPCI, OPT_PAGES, OPT_QUEUES,
	OPT_MONITOR, OPT_PEER, OPT_ADD, OPT_WITH, OPT_NO_NET, OPT_PCAP, OPT_TIMEOUT, OPT_HOW,
	OPT_DIRECT, OPT_IMAGE, OPT_INITRD, OPT_OUT,
};

static const struct option long_options[] = {
	{ "driver", required_argument, NULL, OPT_DRIVER },
	{ "kernel", required_argument, NULL, OPT_KERNEL },
	{ "vcpus", required_argument, NULL, OPT_VCPUS },
	{ "memory", required_argument, NULL, OPT_MEMORY },
	{ "nics", required_argument, NULL, OPT_NICS },
	{ "vms", required_argument, NULL, OPT_VMS },
	{ "vf", required_argument, NULL, OPT_VF },
	{ "vf-device", required_argument, NULL, OPT_VF_DEVICE },
	{ "doorbells", required_argument, NULL, OPT_DOORBELLS },
	{ "vmbus", required_argument, NULL, OPT_VMBUS },
	{ "nvsp", required_argument, NULL, OPT_NVSP },
	{ "vpci", required_argument, NULL, OPT_VPCI },
	{ "pages", required_argument, NULL, OPT_PAGES },
	{ "queues", required_argument, NULL, OPT_QUEUES },
	{ "monitor", required_argument, NULL, OPT_MONITOR },
	{ "peer", required_argument, NULL, OPT_PEER },
	{ "add", required_argument, NULL, OPT_ADD },
	{ "with", required_argument, NULL, OPT_WITH },
	{ "no-net", no_argument, NULL, OPT_NO_NET },
	{ "pcap", required_argument, NULL, OPT_PCAP },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "how", no_argument, NULL, OPT_HOW },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	/* How the lab calls itself inside the nested host; not for users. */
	{ "direct", no_argument, NULL, OPT_DIRECT },
	{ "image", required_argument, NULL, OPT_IMAGE },
	{ "initrd", required_argument, NULL, OPT_INITRD },
	{ "out", required_argument, NULL, OPT_OUT },
	{ NULL, 0, NULL, 0 },
};

void lab_options_usage(FILE *out)
{
	fputs("usage: accelnet-lab run [options] -- CMD [ARG...]\n"
	      "\n"
	      "Boots a Linux VM on a simulated accelerated-networking host (Hyper-V, netvsc, a\n"
	      "ConnectX-5 VF), runs CMD in it and returns its exit status.\n"
	      "\n"
	      "  --driver stock|accelnet|none  who drives the synthetic NIC (stock); none: no\n"
	      "                           module is loaded, CMD does it\n"
	      "  --kernel DIR             unpacked Debian kernel package (Debian 6.1 generic)\n"
	      "  --vcpus N                1..8 (2)\n"
	      "  --memory MiB             512..8192 (1024)\n"
	      "  --nics N                 1..4 (1)\n"
	      "  --vms N                  1..2 VMs on one switch; CMD runs in each (1)\n"
	      "  --vf on|off|late         a VF for each NIC: at boot, never, once CMD runs (on)\n"
	      "  --vf-device ID           1018 (ConnectX-5 VF) or dummy (no driver's) (1018)\n"
	      "  --doorbells HOW          what makes the VF send: polled (doorbells as far as\n"
	      "                           memory shows them), strict (each, trapped), records\n"
	      "                           (none) (polled)\n"
	      "  --vmbus VERSION          newest offered: 5.3 5.2 5.1 5.0 4.1 4.0 3.0 2.4\n"
	      "  --nvsp VERSION           6.1 6 5 4 2 1\n"
	      "  --vpci VERSION           1.4 1.3 1.2 1.1\n"
	      "  --pages N                pages the VF's firmware asks for (0)\n"
	      "  --queues N               channels of the synthetic NIC, 1..8 (as many as vCPUs)\n"
	      "  --monitor on|off         its guest signals in memory (on), or by hypercall\n"
	      "  --peer tap|echo|sink|reflect  the other end (tap: a Linux stack with servers)\n"
	      "  --add FILE[:PATH]        put a file into the VM, programs with their libraries\n"
	      "  --with rdma|dpdk|stack   put verbs' tools, DPDK's testpmd too, or modules of\n"
	      "                           what lies on a NIC (bond, bridge, ...) into the VM\n"
	      "  --no-net                 give the NICs no addresses\n"
	      "  --pcap DIR               capture each path of each NIC (2 VMs: DIR/vm0, vm1)\n"
	      "  --timeout S              give up after so many seconds (600)\n"
	      "  --how                    print where the VM would run and why, and stop\n"
	      "  -v, --verbose            say what is being done; -vv, everything\n"
	      "\n"
	      "Exit status: CMD's (126 cannot be run, 127 not found, 128+N killed by signal N);\n"
	      "64 usage; 121 the nested host died; 122 the guest ended by itself (panic, reset,\n"
	      "power-off); 123 the lab failed; 124 timed out; 125 set-up in the guest failed;\n"
	      "128+N signal N stopped it.\n",
	      out);
}

static int word_parse(const char *option, const struct word *words, const char *text,
		      uint32_t *value)
{
	for (const struct word *w = words; w->text != NULL; w++) {
		if (strcmp(w->text, text) == 0) {
			*value = w->value;
			return 0;
		}
	}
	fprintf(stderr, "accelnet-lab: --%s %s: not one of", option, text);
	for (const struct word *w = words; w->text != NULL; w++)
		fprintf(stderr, " %s", w->text);
	fputc('\n', stderr);
	return -EINVAL;
}

static int number_parse(const char *option, const char *text, unsigned int min, unsigned int max,
			unsigned int *value)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno != 0 || !isdigit((unsigned char)*text) || *end != '\0' || n < min || n > max) {
		fprintf(stderr, "accelnet-lab: --%s %s: a number from %u to %u is wanted\n", option,
			text, min, max);
		return -EINVAL;
	}
	*value = (unsigned int)n;
	return 0;
}

static int add_parse(struct lab_options *o, const char *text)
{
	if (o->add_count == LAB_ADD_MAX) {
		fprintf(stderr, "accelnet-lab: --add: at most %d files\n", LAB_ADD_MAX);
		return -EINVAL;
	}
	o->add[o->add_count++] = text;
	return 0;
}

/* Where the nested host tells the lab in it; a user's would take the place of the run's own. */
static int internal_parse(const struct lab_options *o, const char *option, const char *text,
			  const char **value)
{
	if (!o->direct || *value != NULL) {
		fprintf(stderr, "accelnet-lab: --%s is between the lab and its nested host\n",
			option);
		return -EINVAL;
	}
	*value = text;
	return 0;
}

static int option_apply(struct lab_options *o, int id, const char *name, const char *arg)
{
	uint32_t word = 0;
	int ret;

	switch (id) {
	case OPT_DRIVER:
		ret = word_parse(name, drivers, arg, &word);
		o->driver = (enum lab_driver)word;
		return ret;
	case OPT_VF:
		ret = word_parse(name, vfs, arg, &word);
		o->vf = (enum lab_vf)word;
		return ret;
	case OPT_PEER:
		ret = word_parse(name, peers, arg, &word);
		o->peer = (enum lab_peer)word;
		return ret;
	case OPT_VF_DEVICE:
		ret = word_parse(name, vf_devices, arg, &word);
		o->dummy = word != 0;
		return ret;
	case OPT_DOORBELLS:
		ret = word_parse(name, doorbells, arg, &word);
		o->doorbells = (enum lab_doorbells)word;
		return ret;
	case OPT_MONITOR:
		ret = word_parse(name, switches, arg, &word);
		o->monitored = word != 0;
		return ret;
	case OPT_VMBUS:
		return word_parse(name, vmbus_versions, arg, &o->vmbus);
	case OPT_NVSP:
		return word_parse(name, nvsp_versions, arg, &o->nvsp);
	case OPT_VPCI:
		return word_parse(name, vpci_versions, arg, &o->vpci);
	case OPT_VCPUS:
		return number_parse(name, arg, 1, VMM_VCPUS_MAX, &o->vcpus);
	case OPT_MEMORY:
		return number_parse(name, arg, VMM_MEMORY_MIN, VMM_MEMORY_MAX, &o->memory);
	case OPT_NICS:
		return number_parse(name, arg, 1, LAB_NICS_MAX, &o->nics);
	case OPT_VMS:
		return number_parse(name, arg, 1, LAB_VMS_MAX, &o->vms);
	case OPT_PAGES:
		return number_parse(name, arg, 0, 65536, &o->pages);
	case OPT_QUEUES:
		return number_parse(name, arg, 1, 8, &o->queues);
	case OPT_TIMEOUT:
		return number_parse(name, arg, 1, 86400, &o->timeout);
	case OPT_WITH:
		ret = word_parse(name, sets, arg, &word);
		o->with |= word;
		return ret;
	case OPT_ADD:
		return add_parse(o, arg);
	case OPT_KERNEL:
		o->kernel = arg;
		return 0;
	case OPT_PCAP:
		o->pcap = arg;
		return 0;
	case OPT_IMAGE:
		return internal_parse(o, name, arg, &o->image);
	case OPT_INITRD:
		return internal_parse(o, name, arg, &o->initrd);
	case OPT_OUT:
		return internal_parse(o, name, arg, &o->out);
	case OPT_NO_NET:
		o->no_net = true;
		return 0;
	case OPT_DIRECT:
		o->direct = true;
		return 0;
	case OPT_HOW:
		o->how = true;
		return 0;
	case 'v':
		o->verbose++;
		return 0;
	case 'h':
		lab_options_usage(stdout);
		return -ECANCELED;
	default:
		fprintf(stderr, "accelnet-lab: see accelnet-lab run --help\n");
		return -EINVAL;
	}
}

static int command_check(const struct lab_options *o)
{
	size_t bytes = 0, words = 0;

	if (o->command[0] == NULL && !o->how) {
		fprintf(stderr, "accelnet-lab: no command: accelnet-lab run [options] -- CMD...\n");
		return -EINVAL;
	}
	for (; o->command[words] != NULL; words++)
		bytes += ARG_KEY_BYTES + strlen(o->command[words]) + 1;
	if (words <= COMMAND_WORDS_MAX && bytes <= COMMAND_BYTES_MAX)
		return 0;
	fprintf(stderr, "accelnet-lab: the command has %zu words, %zu bytes: more than %u or %u\n",
		words, bytes, COMMAND_WORDS_MAX, COMMAND_BYTES_MAX);
	return -EINVAL;
}

enum lab_log_level lab_options_log_level(const struct lab_options *o)
{
	if (o->verbose == 0)
		return LAB_LOG_WARN;
	return o->verbose == 1 ? LAB_LOG_INFO : LAB_LOG_DEBUG;
}

int lab_options_parse(struct lab_options *o, int argc, char *const argv[])
{
	char **args = calloc((size_t)argc + 2, sizeof(*args)); /* argv behind a name, and a NULL */
	int index = 0, id, ret = 0;

	*o = (struct lab_options){
		.vcpus = 2, .memory = 1024, .nics = 1, .vms = 1, .timeout = 600,
		.vmbus = 0x50003, .nvsp = 0x60001, .vpci = 0x10004, .monitored = true,
		.uplink = { -1, -1, -1, -1 },
	};
	if (args == NULL)
		return -ENOMEM;
	/* getopt starts behind argv[0] and names it in its messages. */
	args[0] = (char *)"accelnet-lab";
	memcpy(args + 1, argv, (size_t)argc * sizeof(args[0]));
	optind = 0;
	while (ret == 0 && (id = getopt_long(argc + 1, args, "+vh", long_options, &index)) != -1)
		ret = option_apply(o, id, id >= OPT_DRIVER ? long_options[index].name : "", optarg);
	free(args);
	if (ret < 0)
		return ret;
	o->command = argv + optind - 1;
	if (o->queues == 0)
		o->queues = o->vcpus;
	if (o->direct && (o->image == NULL || o->initrd == NULL || o->out == NULL)) {
		fprintf(stderr, "accelnet-lab: --direct wants --image, --initrd and --out\n");
		return -EINVAL;
	}
	return command_check(o);
}
