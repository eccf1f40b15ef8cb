#include "xipstore/loader.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/must.h"
#include "lib/hash.h"
#include "xipstore/files.h"

static bool
is_runnable(const char *path)
{
	struct file_look look;
	char real[PATH_MAX];

	return realpath(path, real) && file_look(real, &look) == 0 && look.regular &&
	       access(path, X_OK) == 0;
}

char *
find_program(const char *name)
{
	const char *dir = getenv("PATH");

	if (!*name)
		return NULL;
	if (strchr(name, '/'))
		return is_runnable(name) ? must_strdup(name) : NULL;
	for (dir = dir ? dir : "/bin:/usr/bin"; *dir; dir += *dir == ':') {
		size_t len = strcspn(dir, ":");
		char *path = must_format("%.*s/%s", len ? (int)len : 1, len ? dir : ".", name);

		if (is_runnable(path))
			return path;
		free(path);
		dir += len;
	}
	return NULL;
}

const char *
loader_path(void)
{
	static char path[PATH_MAX + 8];
	char *slash, *found;
	ssize_t len;

	if (path[0])
		return path;
	len = readlink("/proc/self/exe", path, PATH_MAX - 1);
	path[len > 0 ? len : 0] = 0;
	slash = strrchr(path, '/');
	if (slash && (size_t)(slash - path) < PATH_MAX) {
		memcpy(slash + 1, "xipld", sizeof("xipld"));
		if (is_runnable(path))
			return path;
	}
	path[0] = 0;
	found = find_program("xipld");
	if (found)
		snprintf(path, sizeof(path), "%s", found);
	free(found);
	return path[0] ? path : NULL;
}

/* The build-id of an ELF file's notes, as the loader finds its own. */
static bool
read_build_id(Elf *elf, uint8_t id[HASH_SIZE])
{
	size_t count = 0;
	GElf_Phdr phdr;

	if (elf_getphdrnum(elf, &count) != 0)
		return false;
	for (size_t i = 0; i < count; i++) {
		size_t at = 0, name, desc;
		Elf_Data *data;
		GElf_Nhdr note;

		if (!gelf_getphdr(elf, (int)i, &phdr) || phdr.p_type != PT_NOTE)
			continue;
		data = elf_getdata_rawchunk(elf, (int64_t)phdr.p_offset, phdr.p_filesz, ELF_T_NHDR);
		while (data && (at = gelf_getnote(data, at, &note, &name, &desc)) > 0) {
			if (note.n_type != NT_GNU_BUILD_ID || note.n_descsz > HASH_SIZE)
				continue;
			memcpy(id, (const char *)data->d_buf + desc, note.n_descsz);
			return true;
		}
	}
	return false;
}

const char *
loader_build_id(void)
{
	static char digits[2 * HASH_SIZE + 1];
	static struct stat known; /* the file that was read */
	uint8_t id[HASH_SIZE] = {0};
	const char *path = loader_path();
	struct stat now;
	Elf *elf;
	int fd;

	if (!path || stat(path, &now) < 0)
		return NULL;
	if (now.st_ino == known.st_ino && now.st_dev == known.st_dev &&
	    now.st_ctim.tv_sec == known.st_ctim.tv_sec &&
	    now.st_ctim.tv_nsec == known.st_ctim.tv_nsec)
		return digits[0] ? digits : NULL;
	known = now;
	digits[0] = 0;
	elf_version(EV_CURRENT);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	elf = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ, NULL);
	if (elf && read_build_id(elf, id))
		hash_text(id, digits);
	elf_end(elf);
	if (fd >= 0)
		close(fd);
	return digits[0] ? digits : NULL;
}

static char *
read_back(int fd)
{
	char *s = NULL;
	size_t got = 0, capacity = 0;

	lseek(fd, 0, SEEK_SET);
	for (;;) {
		ssize_t n;

		must_reserve(&s, &capacity, got + 4096, 1);
		n = read(fd, s + got, capacity - got - 1);
		if (n <= 0)
			break;
		got += (size_t)n;
	}
	s[got] = 0;
	return s;
}

static _Noreturn void
become_loader(const char *path, const char *const *options, const char *store, const char *program,
	      int out, int err)
{
	const char *argv[16];
	size_t n = 0;
	int nothing = open("/dev/null", O_RDONLY);

	argv[n++] = "xipld";
	while (*options && n < 10)
		argv[n++] = *options++;
	if (store) {
		argv[n++] = "--store";
		argv[n++] = store;
	}
	argv[n++] = "--";
	argv[n++] = program;
	argv[n] = NULL;
	dup2(nothing, 0);
	dup2(out, 1);
	dup2(err, 2);
	execv(path, (char *const *)argv);
	_exit(127);
}

bool
loader_ask(const char *const *options, const char *store, const char *program,
	   struct answer *answer, struct error *error)
{
	const char *path = loader_path();
	int out, err, status;
	pid_t child;

	if (!path)
		return error_set(error, "xipld", 0,
				 "not found, neither beside xipstore nor in PATH");
	out = memfd_create("out", MFD_CLOEXEC);
	err = memfd_create("err", MFD_CLOEXEC);
	child = out < 0 || err < 0 ? -1 : fork();
	if (child < 0)
		return error_set(error, path, errno, "cannot be run");
	if (child == 0)
		become_loader(path, options, store, program, out, err);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	answer->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	answer->out = read_back(out);
	answer->err = read_back(err);
	close(out);
	close(err);
	return true;
}

void
answer_free(struct answer *answer)
{
	free(answer->out);
	free(answer->err);
	*answer = (struct answer){0};
}

/* Behind "PROGRAM: ", under the name given or under its path; the line itself if it does not begin
 * so.
 */
static const char *
behind_name(const char *line, const char *program)
{
	const char *colon = strstr(line, ": ");
	size_t len = strlen(program);

	if (!colon || (size_t)(colon - line) < len || memcmp(colon - len, program, len) != 0 ||
	    (colon - len != line && colon[-(long)len - 1] != '/'))
		return line;
	return colon + 2;
}

char *
answer_why(const struct answer *answer, const char *program)
{
	static const char intro[] = "xipld: ", nothing[] = "nothing published: ";
	const char *line = answer->err;

	/* the last line of its own */
	for (const char *s = answer->err; s && *s; s = strchr(s, '\n'), s = s ? s + 1 : NULL)
		if (strncmp(s, intro, sizeof(intro) - 1) == 0)
			line = behind_name(s + sizeof(intro) - 1, program);
	if (strncmp(line, nothing, sizeof(nothing) - 1) == 0)
		line += sizeof(nothing) - 1;
	if (!*line || *line == '\n')
		return must_format("xipld ended with status %d", answer->status);
	return must_format("%.*s", (int)strcspn(line, "\n"), line);
}
