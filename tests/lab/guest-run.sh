#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# Runs a lab case in the guest: /root/case with the functions of lib.sh, then a look at the kernel
# log, in which no warning may stand but what EXPECTED (an extended regular expression) allows.
# The arguments are the options the VM was booted with.
# Status: the case's; 1 if the kernel has something to say. 77 is a skip ("skip: why").

LAB_OPTIONS=$*
export LAB_OPTIONS

# The ring buffer of the kernel may wrap; this keeps all of it.
cat /dev/kmsg >/tmp/kmsg 2>/dev/null &
reader=$!

bad='BUG:|WARNING:|Oops|general protection|hung task|blocked for more|Call Trace'
bad="$bad|hv_arch_irq_unmask|hw csum failure|refcount_t|possible .*deadlock|UBSAN|KASAN"
bad="$bad|failed to complete mlx5|assert|soft lockup"
bad="$bad|rcu: .*(stall|starved)"

kernel_complaints() {
	sleep 0.3
	awk -v bad="$bad" -v expected="$EXPECTED" '
		expected != "" && $0 ~ expected { next }
		$0 ~ bad' /tmp/kmsg
}

leaks() {
	[ -w /sys/kernel/debug/kmemleak ] || return 0
	# What is held in a register only is seen as lost the first time.
	echo scan >/sys/kernel/debug/kmemleak
	sleep 6
	echo scan >/sys/kernel/debug/kmemleak
	# shellcheck source=tests/lab/lib.sh
	(. /root/lib.sh && unknown_leaks </sys/kernel/debug/kmemleak)
}

(
	# shellcheck source=tests/lab/lib.sh
	. /root/lib.sh
	# shellcheck source=/dev/null
	. /root/case
)
status=$?

leaked=$(leaks)
complaints=$(kernel_complaints)
kill $reader
if [ -n "$leaked" ]; then
	echo "FAIL: kmemleak: $leaked"
	[ $status -ne 0 ] || status=1
fi
if [ -n "$complaints" ]; then
	echo "FAIL: the kernel says:"
	echo "$complaints" | head -20
	[ $status -ne 0 ] || status=1
fi
if [ $status -ne 0 ] && [ $status -ne 77 ]; then
	echo "---- the kernel log's end"
	grep -v '^ ' /tmp/kmsg | tail -n 40 | cut -d';' -f2-
	echo "---- $(ip -br link | tr -s ' \n' ' ')"
	echo "---- hostctl stats, what is not 0"
	# shellcheck source=tests/lab/lib.sh
	hostctl stats | (. /root/lib.sh && flatten) | grep -v ' 0$'
fi
exit $status
