// SPDX-License-Identifier: BSD-3-Clause
/* The CMOS clock: today, in BCD, and never in the middle of an update. */
#include "vmm_fake.h"

#include "unit.h"

#include <time.h>

static int bcd(uint8_t index)
{
	uint8_t value = vmm_rtc_read(index);

	CU_ASSERT(value >> 4 <= 9 && (value & 15) <= 9);
	return (value >> 4) * 10 + (value & 15);
}

static void tells_the_time(void)
{
	time_t before, after;
	struct tm tm = { 0 };

	do { /* as the kernel: not across a second */
		before = time(NULL);
		tm = (struct tm){ .tm_sec = bcd(0), .tm_min = bcd(2), .tm_hour = bcd(4),
				  .tm_mday = bcd(7), .tm_mon = bcd(8) - 1,
				  .tm_year = bcd(9) + 100 };
		after = time(NULL);
	} while (before != after);
	CU_ASSERT_EQUAL(timegm(&tm), before);
	CU_ASSERT_EQUAL(bcd(6), tm.tm_wday + 1); /* timegm() filled it in */
}

static void status(void)
{
	CU_ASSERT_EQUAL(vmm_rtc_read(10) & 0x80, 0);    /* no update in progress */
	CU_ASSERT_EQUAL(vmm_rtc_read(11) & 0x06, 0x02); /* BCD, 24 hours */
	CU_ASSERT_EQUAL(vmm_rtc_read(12), 0);           /* no interrupt */
	CU_ASSERT_EQUAL(vmm_rtc_read(13) & 0x80, 0x80); /* battery */
	/* Bit 7 of the index is the NMI mask; what is not there reads 0. */
	CU_ASSERT_EQUAL(vmm_rtc_read(0x80 | 13), vmm_rtc_read(13));
	CU_ASSERT_EQUAL(vmm_rtc_read(1), 0);
	for (unsigned int index = 14; index < 128; index++)
		CU_ASSERT_EQUAL(vmm_rtc_read((uint8_t)index), 0);
}

static CU_TestInfo tests[] = {
	{ "tells the time", tells_the_time },
	{ "status registers", status },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("vmm/rtc", NULL, NULL, tests);
