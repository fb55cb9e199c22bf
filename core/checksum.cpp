// The checksums of PNG and zlib: CRC-32 (ISO/IEC 15948, annex D) and Adler-32 (RFC 1950).
#include "inflate.h"

#ifdef SN_INFLATE

namespace {

constexpr int kWords = 4;  // that are taken side by side, so that none waits for the one before it
constexpr uint32_t kPolynomial = 0xedb88320;

// Row k: the CRC of a byte with k zero bytes behind it, as far as words of 8 bytes need them: one alone,
// and one with kWords - 1 others behind it. After "slicing by 8" (Kounavis and Berry 2005).
struct Tables {
  uint32_t alone[8][256], beside[8][256];
  bool made;

  void make() {
    uint32_t row[256];
    for (uint32_t byte = 0; byte < 256; ++byte) {
      row[byte] = byte;
      for (int bit = 0; bit < 8; ++bit) row[byte] = row[byte] >> 1 ^ (row[byte] & 1) * kPolynomial;
      alone[0][byte] = row[byte];
    }
    for (int k = 0; k < 8 * kWords; ++k) {
      for (int byte = 0; byte < 256; ++byte) {
        if (k) row[byte] = row[byte] >> 8 ^ alone[0][row[byte] & 255];
        if (k < 8) alone[k][byte] = row[byte];
        if (k >= 8 * (kWords - 1)) beside[k - 8 * (kWords - 1)][byte] = row[byte];
      }
    }
    made = true;
  }
};

Tables tables;

uint64_t word_at(const uint8_t* bytes) {
  uint64_t word;
  __builtin_memcpy(&word, bytes, 8);
  return word;
}

uint64_t of_word(const uint32_t (&rows)[8][256], uint64_t word) {
  uint32_t crc = 0;
#pragma clang loop unroll(full)
  for (int k = 0; k < 8; ++k) crc ^= rows[7 - k][word >> 8 * k & 255];
  return crc;
}

typedef uint8_t Bytes __attribute__((vector_size(16)));
typedef uint8_t LooseBytes __attribute__((vector_size(16), aligned(1), may_alias));
typedef uint16_t Halves __attribute__((vector_size(32)));

constexpr uint32_t kPrime = 65521;
constexpr int kVectors = 22;   // of a block: sums of sums of so many bytes stay below 2^16
constexpr int kBlocks = 4096;  // between two divisions: so many keep the sums below 2^64

}  // namespace

uint32_t sn_crc32(uint32_t crc, const uint8_t* bytes, int64_t size) {
  if (!tables.made) tables.make();
  uint64_t now = ~crc;
  int64_t i = 0;
  if (size >= 16 * kWords) {
    uint64_t sums[kWords] = {now};
    for (; i + 16 * kWords <= size; i += 8 * kWords) {
#pragma clang loop unroll(full)
      for (int k = 0; k < kWords; ++k) {
        sums[k] = of_word(tables.beside, sums[k] ^ word_at(bytes + i + 8 * k));
      }
    }
    now = 0;
    for (uint64_t sum : sums) {
      now = of_word(tables.alone, now ^ sum ^ word_at(bytes + i));
      i += 8;
    }
  }
  uint32_t rest = static_cast<uint32_t>(now);
  for (; i < size; ++i) rest = rest >> 8 ^ tables.alone[0][(rest ^ bytes[i]) & 255];
  return ~rest;
}

// Sixteen bytes at a time. A byte counts once for each byte from it to the end: 16 times for each vector
// behind its own, and by its place in its own.
uint32_t sn_adler32(uint32_t adler, const uint8_t* bytes, int64_t size) {
  uint64_t a = adler & 0xFFFF, b = adler >> 16;
  int64_t i = 0;
  for (int block = 1; i + 16 * kVectors <= size; ++block) {
    Halves sums = {}, before = {};
    for (const int64_t end = i + 16 * kVectors; i < end; i += 16) {
      before += sums;
      sums += __builtin_convertvector(
          static_cast<Bytes>(*reinterpret_cast<const LooseBytes*>(bytes + i)), Halves);
    }
    b += 16 * kVectors * a;
    for (int k = 0; k < 16; ++k) {
      a += sums[k];
      b += 16u * before[k] + static_cast<uint32_t>(16 - k) * sums[k];
    }
    if (block % kBlocks == 0) a %= kPrime, b %= kPrime;
  }
  for (; i < size; ++i) b += a += bytes[i];
  return static_cast<uint32_t>(b % kPrime << 16 | a % kPrime);
}

#endif
