/*
 * A mutator for files that are tables of words: it changes numbers rather than bytes, as most of
 * such a file is padding and most of its faults are one number that lies.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);

static uint64_t
next(uint64_t *state)
{
	*state = *state * 6364136223846793005U + 1442695040888963407U;
	return *state >> 33;
}

/* A word that is not zero, `width` bytes wide; 0, the first, if there is none nearby. */
static size_t
choose(const uint8_t *data, size_t size, size_t width, uint64_t *random)
{
	size_t words = size / width, at = next(random) % words;

	for (size_t i = 0; i < 512; i++, at = (at + 1) % words)
		for (size_t k = 0; k < width; k++)
			if (data[at * width + k])
				return at * width;
	return 0;
}

static uint64_t
changed(uint64_t value, uint64_t other, uint64_t *random)
{
	static const int64_t edges[] = {0,	   1,	      -1,	7,	  8,
					0xfff,	   0x1000,    0x7fff,	0xffff,	  0x7fffffff,
					INT64_MAX, INT64_MIN, 1L << 47, 1L << 52, UINT32_MAX};
	uint64_t n = next(random);

	switch (next(random) % 6) {
	case 0:
		return (uint64_t)edges[n % (sizeof(edges) / sizeof(edges[0]))];
	case 1:
		return value + n % 33 - 16;
	case 2:
		return value ^ 1ULL << n % 64;
	case 3:
		return value + ((n & 1) ? 0x1000 : -0x1000U);
	case 4:
		return -value;
	default:
		return other;
	}
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
	static const size_t widths[] = {8, 8, 4, 2};
	uint64_t random = seed, value = 0, other = 0;
	size_t width = widths[next(&random) % 4];

	if (size < 64 || next(&random) % 3 == 0)
		return LLVMFuzzerMutate(data, size, most);
	for (uint64_t n = 1 + next(&random) % 3; n; n--) {
		size_t at = choose(data, size, width, &random);

		memcpy(&value, data + at, width);
		memcpy(&other, data + choose(data, size, width, &random), width);
		value = changed(value, other, &random);
		memcpy(data + at, &value, width);
	}
	return size;
}
