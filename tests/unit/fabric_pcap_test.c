// SPDX-License-Identifier: BSD-3-Clause
#include "../../tools/lab/fabric/pcap.h"
#include "../../tools/lab/log.h"
#include "fabric_fixture.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static char dir[] = "/tmp/fabric-pcap-XXXXXX";
static uint64_t test_time;

static uint64_t test_now(void *ctx)
{
	(void)ctx;
	return test_time;
}

static const struct lab_clock test_clock = { .now = test_now };

static void setup(void)
{
	struct fabric_config config = { .clock = &test_clock, .pcap_dir = dir };

	memcpy(dir + sizeof(dir) - 7, "XXXXXX", 6);
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	fixture_up_with(&config);
}

static size_t read_capture(const char *name, uint8_t *data, size_t size)
{
	char path[200];
	size_t len = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "rb");
	if (file != NULL) {
		len = fread(data, 1, size, file);
		fclose(file);
	}
	return len;
}

static void teardown(void)
{
	static const char *const name[] = { "nic0-vf.pcap", "nic0-synthetic.pcap", "nic1-vf.pcap",
					    "nic1-synthetic.pcap" };
	char path[200];

	fixture_down();
	for (size_t i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, name[i]);
		CU_ASSERT_EQUAL(unlink(path), 0);
	}
	CU_ASSERT_EQUAL(rmdir(dir), 0);
}

static void content(void)
{
	static uint8_t data[20000];
	uint32_t word[6], record[4];
	size_t len = frame_0_to_1(8972);

	test_time = 5 * LAB_S + 123456789;
	fabric_send(nic[0], FABRIC_VF, frame, len);
	test_time += LAB_S;
	memcpy(frame, nic_mac[0], 6); /* back, to the synthetic path of NIC 0 */
	memcpy(frame + 6, nic_mac[1], 6);
	fabric_send(nic[1], FABRIC_SYNTHETIC, frame, len);
	guest[0][FABRIC_SYNTHETIC].answer = FABRIC_DROP_FILTER; /* refused: not captured */
	fabric_send(nic[1], FABRIC_SYNTHETIC, frame, len);
	fabric_poll(fabric, 1);

	CU_ASSERT_EQUAL(read_capture("nic0-vf.pcap", data, sizeof(data)), 24 + 16 + len);
	memcpy(word, data, sizeof(word));
	CU_ASSERT_EQUAL(word[0], 0xa1b23c4d);
	CU_ASSERT_EQUAL(word[1], 4 << 16 | 2);
	CU_ASSERT_TRUE(word[4] >= FABRIC_FRAME_MAX);
	CU_ASSERT_EQUAL(word[5], 1);
	memcpy(record, data + 24, sizeof(record));
	CU_ASSERT_EQUAL(record[0], 5);
	CU_ASSERT_EQUAL(record[1], 123456789);
	CU_ASSERT_EQUAL(record[2], len);
	CU_ASSERT_EQUAL(record[3], len);
	CU_ASSERT_EQUAL(memcmp(data + 40 + 12, frame + 12, len - 12), 0);
	CU_ASSERT_EQUAL(memcmp(data + 40, nic_mac[1], 6), 0);

	CU_ASSERT_EQUAL(read_capture("nic0-synthetic.pcap", data, sizeof(data)), 24 + 16 + len);
	memcpy(record, data + 24, sizeof(record));
	CU_ASSERT_EQUAL(record[0], 6);
	CU_ASSERT_EQUAL(memcmp(data + 40, nic_mac[0], 6), 0);
	/* NIC 1: one delivered to it, two sent by it. */
	CU_ASSERT_EQUAL(read_capture("nic1-synthetic.pcap", data, sizeof(data)), 20000);
	CU_ASSERT_EQUAL(read_capture("nic1-vf.pcap", data, sizeof(data)), 24);
}

static void what_is_dropped_on_its_way_out_is_seen(void)
{
	uint8_t data[200];
	size_t len = frame_0_to_1(0);

	fabric_set_link(nic[0], false);
	fabric_send(nic[0], FABRIC_VF, frame, len);
	fabric_poll(fabric, 1);
	CU_ASSERT_EQUAL(read_capture("nic0-vf.pcap", data, sizeof(data)), 24 + 16 + len);
}

static void no_directory(void)
{
	struct fabric_config config = { .pcap_dir = "/nonexistent/dir" };
	struct fabric *without = fabric_create(&config);
	struct fabric_port *port;

	lab_log_set_level(LAB_LOG_ERROR);
	port = fabric_nic_add(without, 0, nic_mac[0]);
	lab_log_set_level(LAB_LOG_WARN);
	CU_ASSERT_PTR_NOT_NULL_FATAL(port);
	fabric_send(port, FABRIC_VF, frame, frame_0_to_1(1));
	CU_ASSERT_EQUAL(fabric_counters(port, FABRIC_VF, FABRIC_TX)->packets, 1);
	fabric_destroy(without);
	errno = 0;
	CU_ASSERT_PTR_NULL(pcap_create("/nonexistent/file.pcap"));
	CU_ASSERT_EQUAL(errno, ENOENT);
	pcap_destroy(NULL);
}

static CU_TestInfo tests[] = {
	{ "files by NIC and path, both directions, whole frames", content },
	{ "what is dropped on its way out is seen", what_is_dropped_on_its_way_out_is_seen },
	{ "no directory, no capture", no_directory },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("fabric/pcap", setup, teardown, tests);
