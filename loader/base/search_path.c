#include "base/search_path.h"
#include "lib/message.h"
#include "lib/sys.h"

SYS_HOT int
search_path(const char *name, const char *path_list, char *path, size_t size)
{
	int err = ENOENT;

	if (!*name)
		return ENOENT;
	if (strchr(name, '/')) {
		message_format(path, size, "%s", name);
		return 0;
	}
	if (!path_list)
		path_list = "/bin:/usr/bin"; /* as execvp does */
	for (;;) {
		const char *end = strchr(path_list, ':');
		size_t len = end ? (size_t)(end - path_list) : strlen(path_list);
		struct file_id id;

		if (len + strlen(name) + 3 < size) {
			memcpy(path, path_list, len);
			message_format(path + len, size - len, len ? "/%s" : "%s", name);
			if (sys_stat(path, &id) == 0 && mode_is_file(id.mode)) {
				/* F_OK was seen; X_OK is what makes it a program */
				if (sys_may_execute(path))
					return 0;
				err = EACCES;
			}
		}
		if (!end)
			return err;
		path_list = end + 1;
	}
}
