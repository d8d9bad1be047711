// SPDX-License-Identifier: BSD-3-Clause
/*
 * The CMOS clock, read only: a kernel without one spins on its update flag at boot, and the guest
 * would not know the date. Source: MC146818 registers as in linux/mc146818rtc.h.
 */
#include "internal.h"

#include <time.h>

enum cmos_register {
	CMOS_SECONDS = 0,
	CMOS_MINUTES = 2,
	CMOS_HOURS = 4,
	CMOS_WEEKDAY = 6,
	CMOS_DAY = 7,
	CMOS_MONTH = 8,
	CMOS_YEAR = 9,
	CMOS_STATUS_A = 10, /* 32 kHz divider, no update in progress */
	CMOS_STATUS_B = 11, /* 24-hour mode, BCD */
	CMOS_STATUS_C = 12,
	CMOS_STATUS_D = 13, /* battery good */
};

static uint8_t bcd(int value)
{
	return (uint8_t)(value / 10 % 10 << 4 | value % 10);
}

uint8_t vmm_rtc_read(uint8_t index)
{
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	switch ((enum cmos_register)(index & 0x7f)) {
	case CMOS_SECONDS:
		return bcd(tm.tm_sec);
	case CMOS_MINUTES:
		return bcd(tm.tm_min);
	case CMOS_HOURS:
		return bcd(tm.tm_hour);
	case CMOS_WEEKDAY:
		return bcd(tm.tm_wday + 1);
	case CMOS_DAY:
		return bcd(tm.tm_mday);
	case CMOS_MONTH:
		return bcd(tm.tm_mon + 1);
	case CMOS_YEAR:
		return bcd(tm.tm_year % 100);
	case CMOS_STATUS_A:
		return 0x26;
	case CMOS_STATUS_B:
		return 0x02;
	case CMOS_STATUS_C:
		return 0;
	case CMOS_STATUS_D:
		return 0x80;
	}
	return 0;
}
