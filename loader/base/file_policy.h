/* What is different for the files of an image (file_policy.def), once a launch has entered one:
 * filled by image/. */
#ifndef XIPLD_FILE_POLICY_H
#define XIPLD_FILE_POLICY_H

#include "base/plug.h"
#include "lib/prelink.h"
#include "lib/sys.h"
#include "lib/xip_extents.h"

/* Names in the tree's root, all below one directory. */
#define IMAGE_FILE "/" IMAGE_OWN_DIR "/image" /* the image itself */
#define IMAGE_TABLE "/" IMAGE_OWN_DIR "/table" /* pages in place */
#define IMAGE_STORE "/" IMAGE_OWN_DIR "/store" /* the store of its programs */

/* True once this process is inside an image. */
extern bool file_policy_in_image;

PLUG_TABLE(file_policy);

enum file_policy_number {
#define POLICY(name, type, without, parameters, arguments) FILE_POLICY_##name,
#include "base/file_policy.def"
#undef POLICY
};

#define POLICY(name, type, without, parameters, arguments)                               \
	static inline type file_##name parameters                                        \
	{                                                                                \
		if (!file_policy_in_image)                                               \
			return without;                                                  \
		return ((type(*) parameters)plug_function(__start_file_policy,           \
							  FILE_POLICY_##name))arguments; \
	}
#include "base/file_policy.def"
#undef POLICY

#endif
