#include "shmstat/out/outfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void
outfile_abandon(struct outfile *o)
{
	if (o->file && o->temporary) {
		fclose(o->file);
		unlink(o->temporary);
	}
	free(o->path);
	free(o->temporary);
	memset(o, 0, sizeof(*o));
}

/* A file beside the one to be. */
static bool
open_temporary(struct outfile *o, const char *path)
{
	mode_t mask = umask(0);
	int fd;

	umask(mask);
	o->path = strdup(path);
	o->temporary = malloc(strlen(path) + 8);
	if (!o->path || !o->temporary)
		return false;
	sprintf(o->temporary, "%s.XXXXXX", path);
	fd = mkstemp(o->temporary);
	if (fd < 0) {
		free(o->temporary);
		o->temporary = NULL;
		return false;
	}
	fchmod(fd, 0666 & ~mask);
	o->file = fdopen(fd, "w");
	if (!o->file) {
		close(fd);
		unlink(o->temporary);
	}
	return o->file != NULL;
}

bool
outfile_open(struct outfile *o, const char *path, struct fault *fault)
{
	memset(o, 0, sizeof(*o));
	if (strcmp(path, "-") == 0) {
		o->file = stdout;
	} else if (!open_temporary(o, path)) {
		fault_set(fault, path, errno ? errno : ENOMEM, "%s", "");
		outfile_abandon(o);
		return false;
	}
	return true;
}

bool
outfile_close(struct outfile *o, int error, struct fault *fault)
{
	const char *path = o->path ? o->path : "standard output";

	if (!error && (fflush(o->file) != 0 || ferror(o->file)))
		error = errno ? errno : EIO;
	if (!error && o->temporary && fsync(fileno(o->file)) != 0 && errno != EINVAL)
		error = errno;
	if (!error && o->temporary && rename(o->temporary, o->path) != 0)
		error = errno;
	if (error) {
		fault_set(fault, path, error, "%s", "");
		outfile_abandon(o);
		return false;
	}
	if (o->temporary)
		fclose(o->file);
	free(o->path);
	free(o->temporary);
	memset(o, 0, sizeof(*o));
	return true;
}
