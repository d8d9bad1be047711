/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SHIM_LINUX_BUILD_BUG_H
#define SHIM_LINUX_BUILD_BUG_H

/* The kernel's makes the message optional, which C11's assert.h does not. */
#undef static_assert
#define static_assert(expression) _Static_assert(expression, #expression)

#endif
