#include "shmstat/out/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

void
outfile_abandon(struct outfile *o)
{
	if (o->file && o->file != stdout)
		fclose(o->file);
	replace_abandon(&o->replacement);
	memset(o, 0, sizeof(*o));
}

bool
outfile_open(struct outfile *o, const char *path, struct fault *fault)
{
	int error, fd;

	memset(o, 0, sizeof(*o));
	if (strcmp(path, "-") == 0) {
		o->file = stdout;
		return true;
	}
	error = replace_begin(&o->replacement, path, ".XXXXXX", 0666);
	if (!error) {
		fd = fcntl(o->replacement.fd, F_DUPFD_CLOEXEC, 0);
		o->file = fd >= 0 ? fdopen(fd, "w") : NULL;
		if (o->file)
			return true;
		error = errno;
		if (fd >= 0)
			close(fd);
	}
	outfile_abandon(o);
	return fault_set(fault, path, error, "%s", "");
}

bool
outfile_close(struct outfile *o, int error, struct fault *fault)
{
	bool named = o->file != stdout;

	if (!error && (fflush(o->file) != 0 || ferror(o->file)))
		error = errno ? errno : EIO;
	if (named && fclose(o->file) != 0 && !error)
		error = errno;
	o->file = NULL;
	if (!error && named)
		error = replace_commit(&o->replacement);
	if (error)
		fault_set(fault, named ? o->replacement.path : "standard output", error, "%s", "");
	outfile_abandon(o);
	return error == 0;
}
