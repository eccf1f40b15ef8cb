/* --html, --svg: the view that people look at, as a file. */
#include <errno.h>
#include <string.h>

#include "shmstat/out/outfile.h"
#include "shmstat/read/list.h"
#include "shmstat/view/picture.h"
#include "shmstat/view/picture_json.h"
#include "shmstat/view/picture_svg.h"
#include "shmstat/view/view.h"

/* A page or a picture under way. */
struct painting {
	json_t *processes; /* --html */
	FILE *svg; /* --svg */
	bool with_maps;
	size_t done;
	int err;
};

static bool
paint(struct process *p, void *arg)
{
	struct painting *a = arg;
	struct picture pic;
	json_t *json = NULL;

	if (!a->with_maps) {
		json = process_json(p);
	} else {
		a->err = picture_make(&pic, p);
		if (!a->err && a->svg)
			picture_svg(&pic, a->svg);
		else if (!a->err)
			json = picture_json(&pic);
		picture_free(&pic);
	}
	a->done++;
	if (a->err || a->svg)
		return false; /* an SVG document has one process */
	a->err = json_array_append_new(a->processes, json) == 0 ? 0 : ENOMEM;
	return a->err == 0;
}

static bool
write_page(struct painting *a, FILE *to)
{
	json_t *data = json_pack("{ss sO}", "title", "shmstat: where memory is shared", "processes",
				 a->processes);
	bool ok = page_write(data, to);

	json_decref(data);
	return ok;
}

int
view_picture(struct reader *r, const struct view_options *o, struct error *error)
{
	struct painting a = {.with_maps = o->pid_count > 0, .processes = json_array()};
	struct skipped skipped;
	struct outfile out;
	int status;

	if (!outfile_open(&out, o->picture, error)) {
		json_decref(a.processes);
		return 1;
	}
	if (o->svg)
		a.svg = out.file;
	status = view_each(r, o, a.with_maps ? DEPTH_PAGES : DEPTH_SUM, paint, &a, &skipped, error);
	if (!a.err && !a.svg && a.done && !write_page(&a, out.file))
		a.err = ENOMEM;
	json_decref(a.processes);
	if (a.done == 0) {
		outfile_abandon(&out);
		if (status == 0)
			error_format(error, o->picture, 0, "not written: there is no such process");
		return 1;
	}
	return outfile_close(&out, a.err, error) ? status : 1;
}
