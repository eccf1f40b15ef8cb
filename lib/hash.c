#include "lib/hash.h"
#include "lib/sys.h"

#define GOLDEN 0x9e3779b97f4a7c15 /* 2^64 by the golden ratio, odd */

static const uint64_t iv[8] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
			       0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
			       0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};

/* RFC 7693, section 2.7; rounds 10 and 11 use rows 0 and 1 again. */
static const uint8_t sigma[10][16] = {
	{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
	{14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
	{11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
	{7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
	{9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
	{2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
	{12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
	{13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
	{6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
	{10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

static inline uint64_t
rotate(uint64_t x, int n)
{
	return x >> n | x << (64 - n);
}

static inline void
mix(uint64_t *v, int a, int b, int c, int d, uint64_t x, uint64_t y)
{
	v[a] += v[b] + x;
	v[d] = rotate(v[d] ^ v[a], 32);
	v[c] += v[d];
	v[b] = rotate(v[b] ^ v[c], 24);
	v[a] += v[b] + y;
	v[d] = rotate(v[d] ^ v[a], 16);
	v[c] += v[d];
	v[b] = rotate(v[b] ^ v[c], 63);
}

static void
compress(uint64_t h[8], const uint8_t block[128], uint64_t total, bool last)
{
	uint64_t v[16], m[16];

	memcpy(m, block, sizeof(m));
	memcpy(v, h, 64);
	memcpy(v + 8, iv, 64);
	v[12] ^= total;
	if (last)
		v[14] = ~v[14];
	for (int i = 0; i < 12; i++) {
		const uint8_t *s = sigma[i % 10];

		mix(v, 0, 4, 8, 12, m[s[0]], m[s[1]]);
		mix(v, 1, 5, 9, 13, m[s[2]], m[s[3]]);
		mix(v, 2, 6, 10, 14, m[s[4]], m[s[5]]);
		mix(v, 3, 7, 11, 15, m[s[6]], m[s[7]]);
		mix(v, 0, 5, 10, 15, m[s[8]], m[s[9]]);
		mix(v, 1, 6, 11, 12, m[s[10]], m[s[11]]);
		mix(v, 2, 7, 8, 13, m[s[12]], m[s[13]]);
		mix(v, 3, 4, 9, 14, m[s[14]], m[s[15]]);
	}
	for (int i = 0; i < 8; i++)
		h[i] ^= v[i] ^ v[i + 8];
}

void
hash_content(const void *data, size_t size, uint8_t out[HASH_SIZE])
{
	const uint8_t *p = data;
	uint64_t h[8], total = 0;
	uint8_t block[128] = {0};

	memcpy(h, iv, sizeof(h));
	h[0] ^= 0x01010000 ^ HASH_SIZE;
	for (; size > 128; size -= 128, p += 128) {
		total += 128;
		compress(h, p, total, false);
	}
	memcpy(block, p, size);
	compress(h, block, total + size, true);
	memcpy(out, h, HASH_SIZE);
}

static inline uint64_t
stir(uint64_t lane, const uint8_t *p)
{
	uint64_t word;

	__builtin_memcpy(&word, p, 8); /* a load, not a call */
	return rotate(lane ^ word, 29) * GOLDEN;
}

/* Four lanes, so that the multiplications overlap; each by name, so that it stays in a register. */
uint64_t
hash_checksum(const void *data, size_t size, uint64_t seed)
{
	const uint8_t *p = data;
	uint64_t a = seed, b = seed ^ GOLDEN, c = ~seed, d = seed + GOLDEN, sum;

	for (; size >= 32; size -= 32, p += 32) {
		a = stir(a, p);
		b = stir(b, p + 8);
		c = stir(c, p + 16);
		d = stir(d, p + 24);
	}
	sum = a ^ rotate(b, 13) ^ rotate(c, 29) ^ rotate(d, 47);
	for (; size; size--, p++)
		sum = rotate(sum ^ *p, 29) * GOLDEN;
	sum ^= sum >> 32;
	return sum * GOLDEN;
}

void
hash_text(const uint8_t hash[HASH_SIZE], char out[2 * HASH_SIZE + 1])
{
	for (int i = 0; i < HASH_SIZE; i++) {
		out[2 * i] = "0123456789abcdef"[hash[i] >> 4];
		out[2 * i + 1] = "0123456789abcdef"[hash[i] & 15];
	}
	out[2 * HASH_SIZE] = 0;
}
