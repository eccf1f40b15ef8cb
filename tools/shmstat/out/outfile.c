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
outfile_open(struct outfile *o, const char *path, struct error *error)
{
	int err, fd;

	memset(o, 0, sizeof(*o));
	if (strcmp(path, "-") == 0) {
		o->file = stdout;
		return true;
	}
	err = replace_begin(&o->replacement, path, ".XXXXXX", 0666);
	if (!err) {
		fd = fcntl(o->replacement.fd, F_DUPFD_CLOEXEC, 0);
		o->file = fd >= 0 ? fdopen(fd, "w") : NULL;
		if (o->file)
			return true;
		err = errno;
		if (fd >= 0)
			close(fd);
	}
	outfile_abandon(o);
	return error_format(error, path, err, "%s", "");
}

bool
outfile_close(struct outfile *o, int err, struct error *error)
{
	bool named = o->file != stdout;

	if (!err && (fflush(o->file) != 0 || ferror(o->file)))
		err = errno ? errno : EIO;
	if (named && fclose(o->file) != 0 && !err)
		err = errno;
	o->file = NULL;
	if (!err && named)
		err = replace_commit(&o->replacement);
	if (err)
		error_format(error, named ? o->replacement.path : "standard output", err, "%s", "");
	outfile_abandon(o);
	return err == 0;
}
