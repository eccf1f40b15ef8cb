/* /etc/ld.so.cache: which file a name stands for. No system calls. */
#ifndef XIPLD_LD_CACHE_H
#define XIPLD_LD_CACHE_H

#include <stddef.h>
#include <stdint.h>

#define LD_CACHE_FILE "/etc/ld.so.cache"

/*
 * Look a name up in an ld.so.cache (new format, glibc's sysdeps/generic/dl-cache.h). hwcaps: names
 * the CPU can use, best first. Returns the path (inside the cache) or NULL; never reads outside
 * [cache, cache+size).
 */
const char *ld_cache_lookup(const char *cache, size_t size, const char *name,
			    const char *const *hwcaps, uint32_t nhwcaps);

#endif
