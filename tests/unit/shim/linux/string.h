/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SHIM_LINUX_STRING_H
#define SHIM_LINUX_STRING_H

#include <string.h>

#endif
