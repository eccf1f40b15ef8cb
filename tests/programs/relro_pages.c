/* How many pages that are read-only after relocation are our own, of some or of none. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <unistd.h>
static int
look(struct dl_phdr_info *info, size_t size, void *found)
{
	int pagemap = open("/proc/self/pagemap", O_RDONLY), *counts = found;
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), word;
	for (int i = 0; i < info->dlpi_phnum && info->dlpi_addr != getauxval(AT_BASE); i++) {
		uint64_t at = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr,
			 end = (at + info->dlpi_phdr[i].p_memsz) / page;
		if (info->dlpi_phdr[i].p_type != PT_GNU_RELRO)
			continue;
		for (at /= page; at < end; at++) {
			if (pread(pagemap, &word, 8, (off_t)at * 8) != 8)
				return 1;
			counts[0]++;
			counts[1] += word >> 63 && !(word >> 61 & 1);
		}
	}
	return (void)size, close(pagemap);
}
int
main(void)
{
	int counts[2] = {0};

	if (dl_iterate_phdr(look, counts))
		return 1;
	printf("%d of %s\n", counts[1], counts[0] > 3 ? "some" : "none");
	return 0;
}
