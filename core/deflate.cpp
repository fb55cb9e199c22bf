// Where a deflate stream's last block is (RFC 1951), so that the stream can be made to go on after it.
//
// A compressor that only makes whole streams marks its last block as the last. With that block's place
// known, the host clears the mark and appends an empty block, which is what a full flush does.
// Symbols are read and counted; nothing is inflated.
#include "deflate_format.h"
#include "spritenet.h"
#include "text.h"

namespace {

using namespace sn::deflate;

constexpr int kFast = 10;  // bits looked up at once; longer codes are rare and searched
// The next 57 or more bits are held; behind the end there are zeros, and `over` says so.
struct Bits {
  const uint8_t* data;
  int64_t size;
  int64_t next = 0;
  uint64_t held = 0;
  int count = 0;

  void fill() {
    while (count <= 56) {
      held |= static_cast<uint64_t>(next < size ? data[next] : 0) << count;
      ++next;
      count += 8;
    }
  }
  int take(int wanted) {
    const int value = static_cast<int>(held & ((uint64_t{1} << wanted) - 1));
    skip(wanted);
    return value;
  }
  void skip(int wanted) {
    held >>= wanted;
    count -= wanted;
  }
  int64_t place() const { return next * 8 - count; }
  bool over() const { return place() > size * 8; }
};

// A canonical code: how many symbols have each length, and the symbols in the order of their codes.
struct Code {
  uint16_t fast[1 << kFast];  // symbol << 4 | length, or 0
  uint16_t counts[kLongest + 1];
  uint16_t symbols[kLiterals];

  bool make(const uint8_t* lengths, int symbol_count) {
    for (uint16_t& entry : fast) entry = 0;
    for (uint16_t& entry : counts) entry = 0;
    for (int s = 0; s < symbol_count; ++s) ++counts[lengths[s]];
    counts[0] = 0;
    int starts[kLongest + 2] = {}, codes[kLongest + 2] = {}, left = 1;
    for (int length = 1; length <= kLongest; ++length) {
      left = 2 * left - counts[length];
      if (left < 0) return false;
      starts[length + 1] = starts[length] + counts[length];
      codes[length + 1] = 2 * (codes[length] + counts[length]);
    }
    for (int s = 0; s < symbol_count; ++s) {
      const int length = lengths[s];
      if (!length) continue;
      symbols[starts[length]++] = static_cast<uint16_t>(s);
      const int code = codes[length]++;
      if (length > kFast) continue;
      int turned = 0;  // codes come highest bit first
      for (int bit = 0; bit < length; ++bit) turned |= (code >> bit & 1) << (length - 1 - bit);
      for (int place = turned; place < 1 << kFast; place += 1 << length) {
        fast[place] = static_cast<uint16_t>(s << 4 | length);
      }
    }
    return true;
  }

  // The next symbol, or -1. Needs 15 bits held.
  int read(Bits& bits) const {
    const int entry = fast[bits.held & ((1 << kFast) - 1)];
    if (entry) {
      bits.skip(entry & 15);
      return entry >> 4;
    }
    int code = 0, first = 0, index = 0;
    for (int length = 1; length <= kLongest; ++length) {
      code |= static_cast<int>(bits.held >> (length - 1) & 1);
      const int count = counts[length];
      if (code - count < first) {
        bits.skip(length);
        return symbols[index + code - first];
      }
      index += count;
      first = 2 * (first + count);
      code <<= 1;
    }
    return -1;
  }
};

struct Codes {
  Code literals, distances;

  bool fixed() {
    uint8_t lengths[kLiterals], fives[kDistances];
    fixed_lengths(lengths, fives);
    return literals.make(lengths, kLiterals) && distances.make(fives, kDistances);
  }

  bool dynamic(Bits& bits) {
    bits.fill();
    const int literal_count = 257 + bits.take(5), distance_count = 1 + bits.take(5);
    const int order_count = 4 + bits.take(4);
    if (literal_count > 286 || distance_count > 30) return false;
    uint8_t lengths[kLiterals + kDistances] = {};
    for (int i = 0; i < order_count; ++i) {
      bits.fill();
      lengths[kOrder[i]] = static_cast<uint8_t>(bits.take(3));
    }
    if (!literals.make(lengths, 19)) return false;
    uint8_t made[kLiterals + kDistances];
    int count = 0;
    while (count < literal_count + distance_count) {
      bits.fill();
      const int symbol = literals.read(bits);
      if (symbol < 0 || bits.over()) return false;
      if (symbol < 16) {
        made[count++] = static_cast<uint8_t>(symbol);
        continue;
      }
      if (symbol == 16 && count == 0) return false;
      const uint8_t again = symbol == 16 ? made[count - 1] : uint8_t{0};
      int times = symbol == 16   ? 3 + bits.take(2)
                  : symbol == 17 ? 3 + bits.take(3)
                                 : 11 + bits.take(7);
      if (count + times > literal_count + distance_count) return false;
      while (times--) made[count++] = again;
    }
    return literals.make(made, literal_count) &&
           distances.make(made + literal_count, distance_count);
  }
};

// Reads to the end of the block; the bytes it stands for, or -1.
int64_t symbols(Bits& bits, const Codes& codes) {
  int64_t bytes = 0;
  for (;;) {
    bits.fill();  // 15 + 5 + 15 + 13 bits at most before the next
    const int symbol = codes.literals.read(bits);
    if (symbol < 0 || symbol > 285 || bits.over()) return -1;
    if (symbol == 256) return bytes;
    if (symbol < 256) {
      ++bytes;
      continue;
    }
    bytes += kLengths[symbol - 257] + bits.take(kLengthBits[symbol - 257]);
    const int distance = codes.distances.read(bits);
    if (distance < 0 || distance > 29) return -1;
    bits.skip(kDistanceBits[distance]);
  }
}

// A block of bytes as they are.
int64_t stored(Bits& bits) {
  const int64_t at = (bits.place() + 7) / 8;
  if (at + 4 > bits.size) return -1;
  const int64_t length = bits.data[at] | bits.data[at + 1] << 8;
  if ((length ^ (bits.data[at + 2] | bits.data[at + 3] << 8)) != 0xFFFF) return -1;
  if (at + 4 + length > bits.size) return -1;
  bits = Bits{bits.data, bits.size, at + 4 + length};
  return length;
}

}  // namespace

sn_status sn_deflate_end(const uint8_t* stream, int64_t size, sn_deflate_stream* found,
                         char error[SN_ERROR_BYTES]) {
  sn::Line line(error);
  if (!stream || !found || size < 1 || size > INT64_MAX / 16) {
    line << "a deflate stream must have at least one byte";
    return SN_INVALID;
  }
  Bits bits{stream, size};
  Codes codes;
  *found = {};
  for (bool last = false; !last;) {
    bits.fill();
    found->last_block = bits.place();
    last = bits.take(1);
    const int kind = bits.take(2);
    int64_t bytes = -1;
    if (kind == 0) bytes = stored(bits);
    if (kind == 1 && codes.fixed()) bytes = symbols(bits, codes);
    if (kind == 2 && codes.dynamic(bits)) bytes = symbols(bits, codes);
    if (bytes < 0 || bits.over()) {
      line << "the deflate stream is damaged before bit " << bits.place();
      return SN_INVALID;
    }
    found->bytes += bytes;
  }
  found->end = bits.place();
  return SN_OK;
}
