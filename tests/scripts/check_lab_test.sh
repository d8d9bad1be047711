#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# build/tests/lab/check_lab against a made-up repository whose lab boots nothing: what it makes of
# cases that fail, hang, skip, or leave something behind. And the functions of tests/lab/lib.sh that
# compute something.
set -euo pipefail

# shellcheck source=tests/scripts/lib.sh
. "$(dirname "$0")/lib.sh"
program=$here/build/tests/lab/check_lab

[ -x "$program" ] || {
	echo "check_lab_test: skipped: $program is not built (make check-lab)"
	exit 77
}

# ------------------------------------------------------------------------- a made-up repository --

mkdir -p "$work"/{tests/lab/cases,tests/lab/cases-long,tools/lab,kernels/none}
cd "$work"
cat >tools/lab/accelnet-lab <<'END'
#!/bin/bash
# What it was called with; its status is what the options ask for.
echo "lab $*"
[[ " $* " != *' --stuck '* ]] || echo 'watchdog: BUG: soft lockup' >"$TMPDIR/nested-host.log"
[[ " $* " =~ \ --status\ ([0-9]+)\  ]] && exit "${BASH_REMATCH[1]}"
exit 0
END
chmod +x tools/lab/accelnet-lab

# make_case FILE: header and script from standard input.
make_case() { cat >"tests/lab/$1.case"; }

# judged NAME STATUS TEXT [ARGUMENTS...]: that case alone ends with STATUS, and TEXT is said.
judged() {
	local name=$1 want=$2 text=$3 status=0 said
	shift 3
	said=$("$program" "$@" "$name" 2>&1) || status=$?
	check "$name: status" "$want" "$status"
	check "$name: says '$text'" yes "$([[ $said == *"$text"* ]] && echo yes || echo "$said")"
	check "$name: CUnit ends it" yes \
		"$([[ $said == *'Elapsed time ='* ]] && echo yes || echo no)"
}

make_case cases/good.host <<'END'
# about: as it should be
# set: COLOUR=red
[ "$COLOUR" = red ] && [ -d "$TMPDIR" ] && [ -x "$LAB" ] && [ -d "$ROOT/tests/lab" ]
END
judged good 0 'good-1: as it should be'

make_case cases/failing.host <<'END'
# about: fails, one of two times
# run: first
# run: @DIR@
echo "called with $1"
[ -d "$1" ]
END
judged failing 1 'failing-1: exit status 1'
judged failing-1 1 '| called with first'
judged failing-2 0 'failing-2 @DIR@'

make_case cases/hanging.host <<'END'
# about: does not end
# timeout: 1
sleep 100
END
judged hanging 1 'no end after 1 s, killed'

make_case cases/orphan.host <<'END'
# about: leaves a process
setsid sleep 100 &
END
judged orphan 1 'left 1 processes behind'

make_case cases/litter.host <<'END'
# about: leaves a file and a kept log
mkdir "$TMPDIR/folder"
touch "$TMPDIR/folder/file"
echo 'the kernel panicked' >"$TMPDIR/x-console0.log"
END
judged litter 1 'left 1 files'
judged litter 1 '| the kernel panicked'

make_case cases/skipping.host <<'END'
# about: cannot run here
echo 'skip: no such thing'
exit 77
END
judged skipping 77 'skipped: no such thing'
make_case cases/silent-skip.host <<'END'
# about: does not say why
exit 77
END
judged silent-skip 1 'exit status 77'

make_case cases/boots <<'END'
# about: boots
# set: COLOUR=red
# expect-dmesg: one
# expect-dmesg: two
# timeout: 7
# run: --vf off
# run: --status 124
END
judged boots-1 0 'boots-1 --vf off'
check 'the command' \
	"lab run --timeout 7 --add tests/lab/guest-run.sh:/root/guest-run.sh --add \
tests/lab/lib.sh:/root/lib.sh --add tests/lab/cases/boots.case:/root/case --vf off -- env \
EXPECTED=one|two SLOWDOWN=1 COLOUR=red sh /root/guest-run.sh --vf off" \
	"$(cat build/lab/boots-1.log)"
judged boots-2 1 'boots-2: exit status 124 (no end within the time limit)'
judged boots-1 0 'boots' --kernel none
check 'the kernel' yes "$(grep -q -- '--kernel kernels/none' build/lab/boots-1.log && echo yes)"

make_case cases/dies <<'END'
# about: what is repeated, and what is not
# run: --status 121
# run: --status 122
# run: --status 1
# run: --status 123
# run: --status 122 --said Oops:
# run: --status 121 --stuck
END
again() { "$program" "$1" | grep -c ' again: ' || true; }
judged dies-1 1 'again: dies-1: exit status 121 (the nested host died)'
judged dies-2 1 'again: dies-2: exit status 122 (the guest ended by itself)'
check 'the nested host died: once more' 1 "$(again dies-1)"
check 'the guest died: once more' 1 "$(again dies-2)"
check 'the case found something: not again' 0 "$(again dies-3)"
check 'the lab failed: not again' 0 "$(again dies-4)"
check 'the kernel complained: not again' 0 "$(again dies-5)"
check 'the nested host complained: once more' 1 "$(again dies-6)"

make_case cases/looked-at <<'END'
# about: the host looks at what is left
# outside: looked-at.outside
# run: --pcap @DIR@
END
echo "[ -d \"\$1\" ] && [ ! -e \"\$1/wrong\" ]" >tests/lab/cases/looked-at.outside
judged looked-at 0 'ok,'
echo 'exit 3' >tests/lab/cases/looked-at.outside
judged looked-at 1 'exit status 3'

make_case cases/ours <<'END'
# about: wants the module
# needs: accelnet
END
judged ours 77 'tools/accelnet/accelnet is not built'
mkdir -p tools/accelnet build/kmod-6.1 build/kmod-none
printf '#!/bin/sh\n' >tools/accelnet/accelnet
chmod +x tools/accelnet/accelnet
judged ours 77 'build/kmod-6.1/accelnet.ko is not built'
touch build/kmod-6.1/accelnet.ko
judged ours 77 'build/kmod-none/accelnet.ko is not built' --kernel none
touch build/kmod-none/accelnet.ko
judged ours 0 'ok,' --kernel none
check 'the module of that kernel is packed' 1 \
	"$(grep -c -e '--kernel kernels/none .*--add build/kmod-none/accelnet.ko ' \
		build/lab/ours-1.log)"
mkdir kernels/debug build/kmod-debug
touch build/kmod-debug/accelnet.ko
judged ours 0 'ok,' --kernel debug
check 'the debug kernel may take longer' 1 \
	"$(grep -c -e '--timeout 1800 .* SLOWDOWN=6 ' build/lab/ours-1.log)"
judged ours 0 'ok,'
check 'and that of the default kernel' 1 \
	"$(grep -c -e '--add build/kmod-6.1/accelnet.ko ' build/lab/ours-1.log)"
rm build/kmod-6.1/accelnet.ko build/kmod-none/accelnet.ko

make_case cases/verbs <<'END'
# about: wants two sets
# needs: rdma
# needs: dpdk
END
if [ -e /usr/bin/ibv_devinfo ] && [ -e /etc/libibverbs.d/mlx5.driver ] &&
	[ -e /usr/bin/dpdk-testpmd ]; then
	judged verbs 0 'ok,'
	check 'the sets are packed' 1 \
		"$(grep -c -e ' --with rdma --with dpdk -- ' build/lab/verbs-1.log)"
else
	judged verbs 77 'is not installed'
fi
rm tests/lab/cases/verbs.case

# ----------------------------------------------------------------------------------- all of them --

make_case cases-long/borrowed <<'END'
# about: the script of another
# script: boots.case
END
status=0
"$program" >said 2>&1 || status=$?
check 'one failure fails all' 1 "$status"
check 'every run is counted' 'lab: 16 runs, 2 skipped' "$(grep -o '^lab: .* skipped' said)"
check 'the last line is CUnit'"'"'s' 'Elapsed time' "$(grep . said | tail -n 1 | cut -d' ' -f1,2)"
status=0
"$program" --soak >said 2>&1 || status=$?
check 'a soak takes the long ones' '0 1' "$status $(grep -c '^\[' said)"
check 'with the script of another' yes \
	"$(grep -q 'cases/boots.case:/root/case' build/lab/borrowed-1.log && echo yes)"

# refused TEXT ARGUMENTS...: an error before anything runs.
refused() {
	local text=$1 status=0 said
	shift
	said=$("$program" "$@" 2>&1) || status=$?
	check "$text: fails" yes "$([ $status -ne 0 ] && echo yes)"
	check "$text: says so" yes "$([[ $said == *"$text"* ]] && echo yes || echo "$said")"
}
refused 'no case nonsense' nonsense
refused 'there is no kernels/nonsense' --kernel nonsense good
refused usage --nonsense
printf '# about: x\n# runs: y\n' >tests/lab/cases/bad.case
refused 'bad.case:2: # runs: no such word' good
printf '# about: x\n# needs: much\n' >tests/lab/cases/bad.case
refused 'bad.case:2: # needs: Invalid argument' good
printf '# about: x\n# timeout: soon\n' >tests/lab/cases/bad.case
refused 'bad.case:2:' good
printf '# timeout: 5\n' >tests/lab/cases/bad.case
refused 'no line "# about: ...' good
printf '# about: x\n# outside: none\n' >tests/lab/cases/bad.case
refused 'bad.case:2:' good
rm tests/lab/cases/bad.case
rm tools/lab/accelnet-lab
refused 'is not built' good

# ------------------------------------------------------------------------------------- lib.sh --

mkdir "$work/scratch"
lib() {
	LAB_OPTIONS='--vcpus 1 --nvsp 5 --vcpus 4' LIB_TMP=$work/scratch \
		sh -c ". $here/tests/lab/lib.sh; $1"
}

check 'flatten' 'a.0.b 1|a.1 x"y|a.2 |c.d true|e -1.5e3|' \
	"$(echo '{ "a": [ {"b":1}, "x\"y", "" ], "c": {"d": true}, "f": [], "g": {}, "e":-1.5e3}' |
		lib flatten | sed 's/\\//' | tr '\n' '|')"
check 'option, given twice' 4 "$(lib 'option vcpus 2')"
check 'option, not given' 1.4 "$(lib 'option vpci 1.4')"

answers() { for seq; do echo "64 bytes from 10.77.0.1: seq=$seq ttl=64 time=0.1 ms"; done; }
{ echo 'PING 10.77.0.1'; answers 0 1 2 5 4 9; } >pings
check 'losses: 3 and 6 to 8 are missing' '4 10 15' "$(lib 'losses pings 1 99 5')"
check 'losses within lines' '1 4 10' "$(lib 'losses pings 4 6 10')"
check 'no losses' '0 3 0' "$(lib 'losses pings 1 4 5')"
printf 'eject 1 1 4\neject 2 4 7\nsurprise 1 8 9\n' >events
check 'losses of several events' 'eject 1 0 3 0|eject 2 4 8 15|surprise 1 0 0 0|' \
	"$(lib 'event_losses events pings 5' | tr '\n' '|')"
answers 65534 65535 0 2 >pings
check 'losses where the numbers start again' '1 5 5' "$(lib 'losses pings 1 9 5')"
: >pings
check 'no answers' '0 0 0' "$(lib 'losses pings 1 9 5')"
lib 'check "it runs" true' >checked
check 'here nothing goes to a fixed name in /tmp' 'check losses' \
	"$(cd "$work/scratch" && echo *)"

leak() {
	printf 'unreferenced object 0xffff88800%s (size 192):\n' "$1"
	printf '  hex dump (first 32 bytes):\n    %s  ....\n  backtrace:\n' \
		"${3:-98 81 a8 08 80 88 ff ff}"
	printf '    [<0>] kmalloc_trace+0x25/0xc0\n    [<0>] %s\n' "$2"
}
known='new_pcichild_device+0x9a/0x380 [pci_hyperv]'
{ leak 1 "$known"; leak 2 'an_probe+0x1/0x2 [accelnet]'; leak 3 "$known"; } >leaks
check 'one leak is not known' 'unreferenced object 0xffff888002' \
	"$(lib unknown_leaks <leaks | grep unref | cut -d' ' -f1-3)"
check 'all of it is told' 6 "$(lib unknown_leaks <leaks | wc -l)"
{ leak 1 "$known"; leak 2 "$known"; } >leaks
check 'all leaks are known' '' "$(lib unknown_leaks <leaks)"
leak 1 "$known" '00 01 00 00 00 00 ad de' >leaks
check 'one that was ejected is not known' 6 "$(lib unknown_leaks <leaks | wc -l)"
leak 1 'driver_override_store+0x14/0x30 [hv_vmbus]' >leaks
check 'an override of a device that went is known' '' "$(lib unknown_leaks <leaks)"
leak 1 'driver_override_store+0x14/0x30 [other]' >leaks
check 'that of another bus is not' 6 "$(lib unknown_leaks <leaks | wc -l)"
check 'no leaks' '' "$(lib unknown_leaks </dev/null)"

finish
