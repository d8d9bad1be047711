/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands in for the kernel's, for the first word of a bitmap. */
#ifndef SHIM_LINUX_BITOPS_H
#define SHIM_LINUX_BITOPS_H

#define set_bit(bit, at) ((void)(*(at) |= 1ul << (bit)))
#define clear_bit(bit, at) ((void)(*(at) &= ~(1ul << (bit))))
#define for_each_set_bit(bit, at, size)                                                            \
	for ((bit) = 0; (bit) < (size); (bit)++)                                                   \
		if (*(at) & 1ul << (bit))

static inline int test_and_clear_bit(int bit, unsigned long *at)
{
	int was = *at >> bit & 1;

	clear_bit(bit, at);
	return was;
}

#endif
