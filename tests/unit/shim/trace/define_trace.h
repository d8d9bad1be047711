/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands in for the kernel's: there is nothing to define. */
#ifndef SHIM_TRACE_DEFINE_TRACE_H
#define SHIM_TRACE_DEFINE_TRACE_H



#endif
