#!/bin/bash
# seeds.sh TARGET DIRECTORY BUILD: make a fuzzer's first inputs, from real files as tools write them.
# Kept in git (seeds/TARGET) is only what no tool makes.
set -eu
here=$(dirname "$0")
target=$1 to=$2 build=$3
mkdir -p "$to"
[ ! -d "$here/seeds/$target" ] || cp "$here/seeds/$target"/* "$to/"

# Small objects: every kind of table and relocation, by several linkers. What a linker cannot do is left out.
small_objects() {
	local n=0 options source
	for source in library program; do
		while read -r options; do
			n=$((n + 1))
			# shellcheck disable=SC2086 # options are words
			${CC:-cc} -O1 -nostdlib -o "$1/$source.$n" "$here/objects/$source.c" \
				${options//LIBRARY/$1/library.9} 2>/dev/null || continue
			strip --strip-all "$1/$source.$n"
		done <"$here/objects/$source.options"
	done
}

# As ldconfig writes it, of two small libraries; without root's rights it cannot change its root.
library_cache() {
	local root
	root=$(mktemp -d)
	mkdir -p "$root/lib" "$root/etc" "$root/usr/lib" "$root/lib/glibc-hwcaps/x86-64-v2"
	for name in a b; do
		"${CC:-cc}" -shared -nostdlib -o "$root/lib/lib$name.so.1" -Wl,-soname,"lib$name.so.1" -x c /dev/null
		cp "$root/lib/lib$name.so.1" "$root/lib/glibc-hwcaps/x86-64-v2/"
	done
	if PATH=$PATH:/sbin:/usr/sbin ldconfig -r "$root" 2>/dev/null; then
		cp "$root/etc/ld.so.cache" "$1/cache"
	fi
	rm -rf "$root"
}

# With debugging information of several kinds: two versions of DWARF, C and C++, compressed, split.
debugged_objects() {
	local c="${CC:-cc} -shared -fPIC -nostdlib $here/objects/library.c"

	$c -g -gdwarf-5 -o "$1/dwarf5"
	$c -g -gdwarf-4 -gz -o "$1/dwarf4"
	clang -shared -fPIC -nostdlib -g "$here/objects/library.c" -o "$1/clang" 2>/dev/null || true
	$c -o "$1/symbols"
	"${CXX:-c++}" -shared -fPIC -nostdlib -g -O1 "$here/objects/classes.cc" -o "$1/classes" 2>/dev/null || true
}

# As launches send them: of a program by its path, of another by a relative one and with an environment; of a plan.
requests() {
	local magic='xipldreq\1\0\0\0' size='\0\0\0\0\0\0\0\0' publish='\1\0\0\0' keep='\3\0\0\0'
	local rest='LD_PRELOAD\nLD_BIND_NOW\nGLIBC_TUNABLES\npreload\nlibrary-path\n'

	printf '%b' "$magic$publish$size" 'build=0a\ncpu=1\nprogram=/bin/true\nLD_LIBRARY_PATH\n' "$rest" >"$1/absolute"
	printf '%b' "$magic$publish$size" 'store=/s\nbuild=0a\ncpu=1\nprogram=./p\ncwd=/\nLD_LIBRARY_PATH=l\n' "$rest" \
		>"$1/relative"
	printf '%b' "$magic$keep$size" 'store=/s\nplan=8000000000000001\n' >"$1/learned"
}

case $target in
elf | elf_mapped) small_objects "$to" ;;
cache) library_cache "$to" ;;
cramfs) cp "$here"/../data/cramfs-golden/*.cramfs "$to/" ;;
shmstat_elf) small_objects "$to" && debugged_objects "$to" ;;
request) requests "$to" ;;
plan | tables | xipstore) "$build/write_seeds" "$target" "$to" ;;
esac
