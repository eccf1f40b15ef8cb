// One of each thing that makes a page private, for shmstat advise to find: the marks at the ends of lines are looked up
// by the test.
extern "C" {
extern int elsewhere; // GOT
extern const char *const table[8]; // DECLARED
extern int written;
extern int *moving;
int bump(void);
}

namespace ns
{
struct Shape { // CLASS
	virtual int area() const;
	virtual ~Shape();
	int side = 3;
};

int
Shape::area() const
{
	return side * elsewhere;
}

Shape::~Shape()
{
}
} // namespace ns

const char *const table[8] = {"a", "b", "c", "d", "e", "f", "g", "h"}; // TABLE
int written = 7; // WRITTEN
int *moving = &written; // POINTER

static int started;

__attribute__((constructor)) static void
start(void) // CONSTRUCTOR
{
	started = elsewhere + 1;
}

int
bump(void)
{
	return written++ + *moving + table[written & 7][0] + started;
}
