/*
 * Asks the C library what its modules answer. With -DOWN_MALLOC the program brings a malloc of its
 * own, which refuses memory that is not its own; with -DMODULE it is a module whose answers own
 * memory that libc then takes over.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <netdb.h>
#include <nss.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef MODULE
/* asked of the program or a preload, if one has it */
const char *nss_user_hook(void) __attribute__((weak));

enum nss_status
_nss_xtest_getpwnam_r(const char *name, struct passwd *p, char *buf, size_t len, int *err)
{
	char *copy = strdup(name);
	enum nss_status status =
		strncmp(copy, "xtest", 5) == 0 ? NSS_STATUS_SUCCESS : NSS_STATUS_NOTFOUND;

	(void)err;
	free(copy);
	snprintf(buf, len, "%s", nss_user_hook ? nss_user_hook() : "no hook");
	p->pw_name = (char *)name;
	p->pw_gecos = buf;
	p->pw_dir = p->pw_shell = p->pw_passwd = "";
	p->pw_uid = p->pw_gid = 4711;
	return status;
}

enum nss_status
_nss_xtest_initgroups_dyn(const char *name, gid_t skip, long *start, long *size, gid_t **groups,
			  long limit, int *err)
{
	/* the array is libc's: it grows here, and is freed there */
	gid_t *more = realloc(*groups, (*size + 64) * sizeof(gid_t));

	(void)name, (void)skip, (void)limit, (void)err;
	if (more == NULL)
		return NSS_STATUS_TRYAGAIN;
	*groups = more;
	*size += 64;
	for (int i = 0; i < 40; i++)
		more[(*start)++] = 5000 + i;
	return NSS_STATUS_SUCCESS;
}
#elif defined(HOOK)
const char *
nss_user_hook(void)
{
	return "the hook of a preload";
}
#else
#ifdef OWN_MALLOC
struct block {
	size_t size, magic;
};
static char arena[64 << 20] __attribute__((aligned(4096)));
static size_t used;
static int lock, calls;
#define MAGIC 0x1234567887654321

static void
refuse(void)
{
	static const char text[] = "memory of another malloc\n";

	(void)!write(2, text, sizeof(text) - 1);
	abort();
}

void *
memalign(size_t align, size_t size)
{
	size_t at;
	struct block *b;

	while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE))
		;
	at = (used + sizeof(*b) + align - 1) / align * align;
	used = at + (size + 15) / 16 * 16;
	calls++;
	__atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
	if (used > sizeof(arena))
		refuse();
	b = (struct block *)(arena + at) - 1;
	b->size = size;
	b->magic = MAGIC;
	return b + 1;
}
void
free(void *p)
{
	if (p == NULL)
		return;
	if ((char *)p < arena || (char *)p >= arena + sizeof(arena) ||
	    ((struct block *)p - 1)->magic != MAGIC)
		refuse();
	((struct block *)p - 1)->magic = 0;
}
void *
malloc(size_t size)
{
	return memalign(16, size);
}
void *
aligned_alloc(size_t align, size_t size)
{
	return memalign(align, size);
}
int
posix_memalign(void **to, size_t align, size_t size)
{
	*to = memalign(align, size);
	return 0;
}
void *
calloc(size_t n, size_t size)
{
	return memset(malloc(n * size), 0, n * size);
}
void *
realloc(void *p, size_t size)
{
	void *to = malloc(size);

	if (p == NULL)
		return to;
	if ((char *)p < arena || (char *)p >= arena + sizeof(arena))
		refuse();
	memcpy(to, p, ((struct block *)p - 1)->size < size ? ((struct block *)p - 1)->size : size);
	free(p);
	return to;
}
size_t
malloc_usable_size(void *p)
{
	return p == NULL ? 0 : ((struct block *)p - 1)->size;
}
#endif

static void
person(const char *name)
{
	struct passwd *p = getpwnam(name);

	printf("%s: %d, %s\n", name, p != NULL ? (int)p->pw_uid : -1,
	       p != NULL ? p->pw_gecos : "nobody of this name");
}

static void
host(const char *name)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found, *each;
	int status = getaddrinfo(name, "80", &hints, &found), count = 0;

	for (each = status == 0 ? found : NULL; each != NULL; each = each->ai_next)
		count++;
	if (status == 0)
		freeaddrinfo(found);
	printf("a host: %d, %s addresses\n", status, count != 0 ? "with" : "without");
}

int
main(void)
{
	char name[256];
	gid_t groups[256];
	int count = 256, status;
	struct group *g;

	person("root");
	person("xtest1");
	person("xtest2");
	person("nobody");
	person("no-such-user");
	g = getgrnam("root");
	printf("group %s\n", g != NULL ? g->gr_name : "?");
	status = getgrouplist("root", 0, groups, &count);
	printf("list %d: %d\n", status, count);
	if (getuid() == 0) {
		status = initgroups("root", 0);
		printf("initgroups %d, %d groups\n", status, getgroups(256, groups));
	}
	host("localhost");
	host("no-such-host.invalid");
	gethostname(name, sizeof(name));
	host(name);
	host("127.0.0.2");
#ifdef OWN_MALLOC
	printf("the program's malloc was %s\n", calls > 10 ? "used" : "forgotten");
#endif
	return 5;
}
#endif
