# Sourced after harness.sh by the tests that run programs in a root of unpacked packages (tests/lib/foreign-root).
# shellcheck shell=bash
: "${suite:?}" "${work:?}"

# The releases that are tried, and what is unpacked for each. build/root-SUITE holds them.
export ROOT_SUITES="trixie sid"
ROOT_PACKAGES="bash coreutils sed grep python3 perl git clang libc-bin libstdc++6 libasan8 libjemalloc2
	libnss-systemd libnss-myhostname libnss-mymachines libnss-resolve bind9"

# root_of SUITE BUILD: BUILD/root-SUITE is there; else says why it cannot be had
root_of() {
	# shellcheck disable=SC2086
	"$(dirname "${BASH_SOURCE[0]}")/foreign-root" --suite "$1" x86_64 "$2/root-$1" $ROOT_PACKAGES
}

# The root, the scratch directory and the loader, the last two as they are called in the root
root='' scratch='' opt=''

# root_ready ROOT XIPLD: mount what a root needs and copy the loader to /opt/xipld. The caller has a mount name space of
# its own, so that nothing of this stays.
root_ready() {
	root=${1:?} scratch=/scratch opt=/opt/xipld
	mkdir -p "$root/opt" "$root/scratch" "$root/etc" "$root/run"
	rm -f "$root/opt/xipld" "$root/opt/xipld-self"
	cp "$2" "$root/opt/xipld"
	ln -f "$root/opt/xipld" "$root/opt/xipld-self"
	mount --rbind /proc "$root/proc"
	mount --rbind /dev "$root/dev"
	mount -t tmpfs tmpfs "$root/scratch"
	# what maintainer scripts would have set up
	[ -e "$root/etc/passwd" ] || printf '%s\n' 'root:x:0:0:root:/root:/bin/bash' \
		'bind:x:105:105::/var/cache/bind:/usr/sbin/nologin' >"$root/etc/passwd"
	[ -e "$root/etc/group" ] || printf '%s\n' 'root:x:0:' 'bind:x:105:' 'staff:x:50:root' >"$root/etc/group"
	[ -e "$root/etc/hosts" ] || echo '127.0.0.1 localhost' >"$root/etc/hosts"
}

# inside LOADER SCRIPT: SCRIPT with an environment of its own, in $root; on this machine if $root is empty
inside() {
	${root:+chroot "$root"} /usr/bin/env -i PATH=/usr/bin:/usr/sbin LC_ALL=C.UTF-8 HOME="$scratch" \
		XIPLD_STORE="$scratch/store" XIPLD_PUBLISH=now L="$1" /bin/bash -c "$2"
}
export -f inside

# same NAME SCRIPT [PROGRAM]: SCRIPT prints the same and ends the same stock, with --private, as a first launch (which
# publishes) and as a second. The loader is spliced in wherever SCRIPT says $L. The second launch of PROGRAM, if
# given, must be from the plan.
same() {
	local name=${prefix:-}$1 script=$2 program=${3:-} way loader reason
	wanted "$name" || return 0
	if reason=$(exception "$suite" "$name"); then skip "$name" "$reason"; return; fi
	for way in stock private first second; do
		case $way in
		stock) loader= ;;
		private) loader="$opt --private" ;;
		*) loader=$opt ;;
		esac
		rm -rf "$root${scratch:?}/run"
		mkdir -p "$root$scratch/run"
		env root="$root" scratch="$scratch" timeout 120 \
			bash -c 'inside "$1" "$2"' - "$loader" "cd $scratch/run; $script" \
			>"$work/$way.out" 2>&1 </dev/null
		echo "status $?" >>"$work/$way.out"
		if ! cmp -s "$work/stock.out" "$work/$way.out"; then
			fail "$name" "$way"
			diff "$work/stock.out" "$work/$way.out" | head -5
			return
		fi
	done
	if grep -qE '^status (12[4-7]|1[3-9].)$' "$work/stock.out"; then
		fail "$name" "the case itself is broken: $(tail -2 "$work/stock.out")"
		return
	fi
	if [ -n "$program" ] && ! hit "$program"; then
		fail "$name" "no plan was used"
		return
	fi
	ok "$name"
}

# hit PROGRAM: a launch of it is from a plan
hit() { inside "$opt --stats" "\$L $1 --version 2>&1 >/dev/null" 2>/dev/null | grep -qx 'plan: hit'; }

# What every Debian has: a shell, small tools, three large programs
same_bash() {
	same bash '$L /bin/bash -c "for i in 1 2 3; do echo \$i | tr 1-3 a-c; done; trap \"echo bye\" EXIT
sleep 0.01 & wait \$!
echo \$? \${BASH_VERSION}; x=(1 2 3); echo \${x[@]:1}; exit 7"' /bin/bash
}
same_coreutils() {
	same coreutils \
		'for i in 3 1 2; do echo $i; done >f; $L /usr/bin/sort f; $L /usr/bin/ls /usr/bin | $L /usr/bin/wc -l
$L /usr/bin/sha256sum f; $L /usr/bin/cp f g; $L /usr/bin/uname -m' /usr/bin/sort
}
same_python3() {
	same python3 '$L /usr/bin/python3 -c "
import ctypes, ssl, sqlite3, _decimal, threading, subprocess, json, hashlib, sys, os
print(ctypes.CDLL(None).abs(-4), ssl.OPENSSL_VERSION_INFO[0])
print(sqlite3.connect(\":memory:\").execute(\"select 6*7\").fetchone())
r = []
t = [threading.Thread(target=lambda n=n: r.append(n)) for n in range(8)]
[x.start() for x in t]; [x.join() for x in t]; print(sorted(r), os.uname().machine)
print(subprocess.check_output([\"echo\", \"child\"]), hashlib.sha256(b\"x\").hexdigest()[:8])
"' /usr/bin/python3
}
same_perl() {
	same perl '$L /usr/bin/perl -MPOSIX -MList::Util=sum -MStorable=dclone -MEncode -MData::Dumper -MSocket -e "
print floor(2.7), sum(1..10), Dumper(dclone([1,{a=>2}])), length(encode(q(UTF-8), chr(233))), qq(\n);
print join(q(,), sort keys %{{map {\$_=>1} qw(b a)}}), qq(\n); exit 3"' /usr/bin/perl
}
same_git() {
	same git '
export GIT_AUTHOR_DATE=2020-01-01T00:00:00Z GIT_COMMITTER_DATE=2020-01-01T00:00:00Z GIT_CONFIG_NOSYSTEM=1
g() { $L /usr/bin/git -c user.name=n -c user.email=e@x -c init.defaultBranch=m "$@"; }
g init -q; echo hello >f; g add f; g commit -qm first; echo more >>f; g diff --stat; g commit -qam second
g log --format="%h %s"; g fsck --no-progress; g grep hello; g rev-list --all --count' /usr/bin/git
}
# a compiler that is one large C++ library, and what its own linker makes of a program, with what only newer ones know
same_clang() {
	same clang 'cat >p.c <<"C"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
static int numbers[] = {3, 1, 2}, *const table[] = {numbers + 2, numbers, numbers + 1};
static __thread int mine = 4;
static int compare(const void *a, const void *b) { return **(int *const *)a - **(int *const *)b; }
static void *thread(void *arg) { return (void *)(long)(mine++ + *(int *)arg); }
int main(void)
{
	pthread_t t;
	void *result;
	int *sorted[] = {table[0], table[1], table[2]};

	qsort(sorted, 3, sizeof(*sorted), compare);
	pthread_create(&t, NULL, thread, sorted[2]);
	pthread_join(t, &result);
	printf("%d %d %d, %ld %d\n", *sorted[0], *sorted[1], *sorted[2], (long)result, mine);
	return 5;
}
C
clang() { $L /usr/bin/clang "$@"; }
clang --version | head -1
clang -O2 -S -o - p.c | sha256sum; clang -O1 -g -fPIC -emit-llvm -c -o - p.c | sha256sum
echo "int main(void) { return x; }" | clang -xc -fsyntax-only - 2>&1; echo $?
clang -O1 -o plain p.c && $L ./plain; echo $?
clang -O1 -o new p.c -Wl,-z,mark-plt,-z,pack-relative-relocs -mtls-dialect=gnu2 && $L ./new; echo $?' /usr/bin/clang
}
