/* Pages of .data, each an array: 0 to 11 every process writes alike; the others have something the
 * matter with them (of the last the part behind the file's end is cleared). */
enum { ALIKE = 12, RANDOM = ALIKE, CHANGED, CLOSED, READ_ONLY, REPLACED, UNTOUCHED, LAST, PAGES };
struct page {
	long first, number, *self;
	long rest[509];
} __attribute__((aligned(4096)));
extern struct page pages[PAGES];
extern volatile int ticking;
