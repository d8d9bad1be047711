/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The lab's log: one line a call, prefixed with the party's name. What the guest did wrong goes
 * here once, at the layer that knows the object; it never stops the lab.
 */
#ifndef LAB_LOG_H
#define LAB_LOG_H

enum lab_log_level { LAB_LOG_ERROR, LAB_LOG_WARN, LAB_LOG_INFO, LAB_LOG_DEBUG };

void lab_log_set_level(enum lab_log_level level); /* default LAB_LOG_WARN */
void lab_log(enum lab_log_level level, const char *party, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
