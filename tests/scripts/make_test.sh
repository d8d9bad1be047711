#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# What the Makefile does with the machine it finds: the flags of a distribution, tools that are not
# there, another machine's compiler, which kernel the module is for. Compilers and kernels are stubs
# that say what they were called with, so that nothing is built.
set -euo pipefail

# shellcheck source=tests/scripts/lib.sh
. "$(dirname "$0")/lib.sh"
needs gcc pkg-config
unset MAKEFLAGS MAKELEVEL MFLAGS KDIR KERNEL CPPFLAGS WERROR NAME

# A repository of the Makefile, one source of each part, and kernels of which make is a stub.
tree=$work/tree
mkdir -p "$tree"/{tools/lab,tools/accelnet,kmod,bin} "$work/headers" "$work/running"
cp "$here/Makefile" "$tree"
cp "$here/kmod/Makefile" "$here/kmod/Kbuild" "$tree/kmod"
echo 'int main(void) { return 0; }' | tee "$tree/tools/lab/main.c" >"$tree/tools/accelnet/main.c"
echo 'int x;' >"$tree/kmod/vf_state.c"
# kbuild reads Kbuild after its own variables; this one says what it was told to build.
kernel() {
	mkdir -p "$1"
	cat >"$1/Makefile" <<'END'
modules: told
srctree := .
include $(M)/Kbuild
told: ; @echo "stub builds $(obj-m)"; touch $(M)/$(obj-m:.o=.ko)
END
}
cd "$tree"

# said COMMAND...: what it says and its status, without what is said by make itself.
said() {
	local status=0 text
	text=$("$@" 2>&1) || status=$?
	printf '%s\n' "$text" | grep -v '^make' || true
	echo "status $status"
}
# has NAME TEXT COMMAND...: TEXT is in what it says.
has() {
	local name=$1 text=$2 got
	shift 2
	got=$(said "$@")
	check "$name" yes "$([[ $got == *"$text"* ]] && echo yes || echo "$got")"
}
none=(RUNNING=/nonexistent)

# ---------------------------------------------------------------------------------- flags ----

compiled() { make -Bn V=1 "$@" build/tools/lab/main.o; }
has 'CPPFLAGS are the compiler'\''s' ' -DFROM_DISTRIBUTION ' \
	compiled CPPFLAGS=-DFROM_DISTRIBUTION
has 'from the environment too' ' -DFROM_DISTRIBUTION ' \
	env CPPFLAGS=-DFROM_DISTRIBUTION make -Bn V=1 build/pic/tools/lab/main.o
has 'warnings are errors' ' -Werror ' compiled
check 'unless told not to' 0 "$(compiled WERROR= | grep -c -e '-Werror' || true)"

# -------------------------------------------------------------- what is not on the machine ----

mkdir "$work/without"
for tool in make cc gcc as ld sh bash pkg-config uname mkdir touch cp cat echo mv grep; do
	at=$(type -P "$tool") && ln -s "$at" "$work/without/$tool"
done
without=(env PATH="$work/without")
has 'no iasl: make lab says so' 'lab: no iasl: scripts/deps installs what the lab needs' \
	"${without[@]}" make lab
has 'and fails' 'status 2' "${without[@]}" make lab
kernel kernels/6.1-headers
has 'no iasl: make goes on to the module' 'stub builds accelnet.o' \
	"${without[@]}" make TOOL_MISSING=x VERBS_MISSING=x PMD_MISSING=x "${none[@]}"
has 'no iasl: make ends well' 'status 0' \
	"${without[@]}" make TOOL_MISSING=x VERBS_MISSING=x PMD_MISSING=x "${none[@]}"

printf '#!/bin/sh\necho aarch64-linux-gnu\n' >bin/other-gcc
chmod +x bin/other-gcc
other=(make CC="$PWD/bin/other-gcc" VERBS_MISSING=x PMD_MISSING=x TOOL_MISSING=x "${none[@]}")
has 'arm64: the lab is refused' 'lab: aarch64-linux-gnu is not x86-64, which the lab needs' \
	"${other[@]}" lab
has 'arm64: make builds the module' 'stub builds accelnet.o' "${other[@]}"
has 'arm64: make ends well' 'status 0' "${other[@]}"
has 'arm64: what the cross build needs' 'scripts/deps --arm64' make cross-arm64

# ------------------------------------------------------------------------- which kernel ----

rm -rf kernels
has 'no headers at all' 'kmod: no kernel headers' make kmod "${none[@]}"
kernel kernels/6.1-headers
kernel "$work/running"
has 'the lab'\''s kernel where the running one has no headers' 'kmod: for kernels/6.1-headers' \
	make kmod "${none[@]}"
check 'and its module is where others look' yes "$([ -e kmod/accelnet.ko ] && echo yes)"
has 'the running kernel first' "kmod: for $work/running" make kmod RUNNING="$work/running"
has 'KDIR before both' "kmod: for $work/running" make kmod KDIR="$work/running" "${none[@]}"
has 'KERNEL that is not there' 'kmod: no kernels/6.12-headers: scripts/deps --kernel 6.12' \
	make KERNEL=6.12 kmod RUNNING="$work/running"
has 'and that is an error' 'status 2' make KERNEL=6.12 kmod RUNNING="$work/running"
kernel kernels/6.12-headers
has 'KERNEL that is there' 'kmod: for kernels/6.12-headers' \
	make KERNEL=6.12 kmod RUNNING="$work/running"

# ------------------------------------------------------------------------------- its name ----

named() { grep -o 'stub builds [^ ]*' <<<"$1"; }
check 'NAME in the environment is the machine'\''s' 'stub builds accelnet.o' \
	"$(named "$(NAME=myhost said make -C kmod KDIR="$work/running")")"
check 'also where it is built from above' 'stub builds accelnet.o' \
	"$(named "$(NAME=myhost said make kmod-6.1)")"
check 'NAME on the command line is the module'\''s' 'stub builds hv_netvsc.o' \
	"$(named "$(said make -C kmod KDIR="$work/running" NAME=hv_netvsc)")"
check 'also from above' 'stub builds hv_netvsc.o' "$(named "$(said make kmod-6.1 NAME=hv_netvsc)")"

# ---------------------------------------------------------------------- blanks in the path ----

mkdir "$work/a folder"
cp -r "$tree" "$work/a folder/tree"
cd "$work/a folder/tree"
has 'blanks: the module is refused' 'kmod: the kernel builds no module where a path has blanks' \
	make kmod "${none[@]}"
has 'also by its own Makefile' 'kmod: the kernel builds no module where a path has blanks' \
	make -C kmod KDIR="$work/running"
has 'and for a kernel of the lab' 'kmod: the kernel builds no module where a path has blanks' \
	make kmod-6.1

finish
