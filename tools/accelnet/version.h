/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef VERSION_H
#define VERSION_H

#define AN_VERSION "0.1.0"

#endif
