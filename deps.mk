# Debian packages: `make deps` installs what is missing when root, else prints the one command that does.
DEPS := gcc g++ clang lld mold patchelf make binutils libc6-dev linux-libc-dev libjansson-dev libelf-dev libdw-dev \
	liblzma-dev libbz2-dev libdwarf-dev libiberty-dev libxxhash-dev zlib1g-dev libcmocka-dev libncurses-dev \
	musl-tools gdb strace procps psmisc util-linux libcap2-bin attr \
	python3 python3-numpy perl git cmake curl openssl sqlite3 redis-server redis-tools ffmpeg busybox \
	squashfs-tools erofs-utils cramfsswap cppcheck shellcheck clang-format clang-tidy man-db smem \
	libclang-rt-14-dev \
	chromium chromium-driver gcc-aarch64-linux-gnu g++-aarch64-linux-gnu gcc-riscv64-linux-gnu \
	g++-riscv64-linux-gnu qemu-user-static
DEPS_MORE := gimp inkscape libreoffice-core libreoffice-writer rustc nodejs default-jre-headless postgresql mpv \
	sbcl luajit ruby php-cli nginx-light \
	qemu-system-x86 qemu-system-arm linux-source-6.1 flex bison bc cpio

.PHONY: deps deps-more
deps:
	@tests/lib/install-packages $(DEPS)

deps-more:
	@tests/lib/install-packages $(DEPS_MORE)
