#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# scripts/vmlinux against bzImages made here: of each way to pack, and wrong ones.
set -euo pipefail

# shellcheck source=tests/scripts/lib.sh
. "$(dirname "$0")/lib.sh"

needs xz gzip

# put OFFSET BYTES NUMBER: into $work/image, little-endian.
put() {
	local i text=''
	for ((i = 0; i < $2; i++)); do
		text+=$(printf '\\x%02x' $(($3 >> 8 * i & 255)))
	done
	printf %b "$text" | dd of="$work/image" bs=1 seek="$1" conv=notrunc status=none
}

# image PACKED EXTRA [SECTORS]: a bzImage around a packed file, with EXTRA bytes more in its
# payload, and something behind that.
image() {
	local sectors=${3:-2} start
	start=$(((${sectors/#0/4} + 1) * 512 + 64))
	head -c "$start" /dev/zero >"$work/image"
	put $((0x1f1)) 1 "$sectors"
	put $((0x202)) 4 $((0x53726448))
	put $((0x206)) 2 $((0x20f))
	put $((0x248)) 4 64
	put $((0x24c)) 4 $(($(stat -c %s "$1") + $2))
	cat "$1" >>"$work/image"
	printf 'SIZEand more' >>"$work/image"
}

unpacked() {
	rm -f "$work"/out*
	"$here/scripts/vmlinux" "$work/image" "$work/out" && cmp "$work/elf" "$work/out" &&
		echo same
}

# refused NAME TEXT: it fails, says TEXT, and leaves nothing.
refused() {
	local said status=0
	rm -f "$work"/out*
	said=$("$here/scripts/vmlinux" "$work/image" "$work/out" 2>&1) || status=$?
	check "$1: fails" 1 "$status"
	check "$1: says why" yes "$([[ $said == *"$2"* ]] && echo yes || echo "$said")"
	check "$1: no file" '' "$(cd "$work" && echo out* | sed 's/out\*//')"
}

{ printf '\x7fELF'; seq 100000; } >"$work/elf"
xz -c --check=crc32 "$work/elf" >"$work/xz"
gzip -c "$work/elf" >"$work/gz"

image "$work/xz" 4
check 'packed with xz' same "$(unpacked)"
image "$work/xz" 4 0
check 'no count of sectors means four' same "$(unpacked)"
image "$work/gz" 0
check 'packed with gzip' same "$(unpacked)"
if type -P zstd >/dev/null; then
	zstd -qc "$work/elf" >"$work/zst"
	image "$work/zst" 4
	check 'packed with zstd' same "$(unpacked)"
fi

image "$work/xz" 4
put $((0x202)) 4 0
refused 'no bzImage' 'no bzImage'
image "$work/xz" 4
put $((0x206)) 2 $((0x207))
refused 'an old header' 'where its payload is'
image "$work/xz" 4
put $((0x24c)) 4 $((0x7fffffff))
refused 'a length beyond the end' 'ends too early'
image "$work/xz" 4
put $((0x24c)) 4 4
refused 'nothing in it' 'ends too early'
image "$work/xz" -1000
refused 'a length that cuts it short' 'xz cannot unpack it'
image "$work/elf" 4
refused 'not packed at all' 'not known here'
seq 1000 | xz -c >"$work/text"
image "$work/text" 4
refused 'something else than a kernel' 'no ELF file'
printf 'short' >"$work/image"
refused 'a short file' 'no bzImage'
rm "$work/image"
refused 'no file' "there is no $work/image"

finish
