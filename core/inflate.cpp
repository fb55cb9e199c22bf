// Inflates deflate data (RFC 1951) into a place whose size is known.
//
// Far from both ends, symbols are read without a check; near them, one by one (`careful`).
#include "inflate.h"

#ifdef SN_INFLATE

#include "inflate_table.h"

namespace {

using namespace sn::deflate;

// Bytes that a turn without checks reads at most, and writes: four times two literals, the longest match,
// and what vectors write behind it.
constexpr int kFastIn = 16, kFastOut = 288;

typedef uint8_t Bytes __attribute__((vector_size(16)));
typedef uint8_t LooseBytes __attribute__((vector_size(16), aligned(1), may_alias));

// The next bits. `count` may have rubbish above its lowest 6 bits: they alone are meant.
struct Bits {
  const uint8_t *next, *end;
  uint64_t held = 0;
  uint32_t count = 0;
  int missing = 0;  // bytes of zeros behind the end

  // Holds 56 bits or more. Bits above `count` are right, too: they are or'ed again next time.
  void fill() {
    uint64_t word;
    __builtin_memcpy(&word, next, 8);
    held |= word << (count & 63);
    next += 7 - (count >> 3 & 7);
    count |= 56;
  }
  void fill_carefully() {
    count &= 63;
#pragma clang loop unroll(disable)
    while (count < 56) {
      if (next < end) {
        held |= static_cast<uint64_t>(*next++) << count;
      } else {
        ++missing;
      }
      count += 8;
    }
  }
  void skip(Entry entry) {
    held >>= entry & 63;
    count -= entry;
  }
  uint32_t take(int wanted) {
    const uint32_t value = static_cast<uint32_t>(held) & ((1u << wanted) - 1);
    held >>= wanted;
    count -= static_cast<uint32_t>(wanted);
    return value;
  }
  int unread() const { return static_cast<int>(count & 63) / 8; }  // whole bytes
  bool over() const { return missing > unread(); }
};

// The base and the extra bits behind the code.
uint32_t value_of(Entry entry, uint64_t held) {
  const uint64_t taken = held & ((uint64_t{1} << (entry & 63)) - 1);
  return (entry >> 16) + static_cast<uint32_t>(taken >> (entry >> 8 & 15));
}

enum Outcome { kDone, kNear, kDamaged, kTooLong };

struct Inflation {
  Bits bits;
  uint8_t *out, *begin, *end;
  Entry literals[kLiteralEntries], distances[kDistanceEntries];

  // Copies what was written before; vectors may write behind it.
  static void repeat(uint8_t* to, uint8_t* stop, uint32_t distance) {
    const uint8_t* from = to - distance;
    Bytes some = *reinterpret_cast<const LooseBytes*>(from);
    if (distance == 1) {
      const uint8_t byte = *from;
      some = Bytes{} + byte;
      do {
        *reinterpret_cast<LooseBytes*>(to) = some;
        to += 16;
      } while (to < stop);
      return;
    }
    const uint32_t step = distance < 16 ? distance : 16;  // as many as are right
    for (;;) {
      *reinterpret_cast<LooseBytes*>(to) = some;
      to += step;
      if (to >= stop) return;
      from += step;
      some = *reinterpret_cast<const LooseBytes*>(from);
    }
  }

  // Reads symbols to the end of the block, or until an end is near.
  template <bool careful>
  Outcome symbols() {
    Bits now = bits;
    uint8_t* to = out;
    Outcome outcome = kNear;
    const auto look = [&](const Entry* table, int index) {
      return table[now.held & ((1u << index) - 1)];
    };
    const auto look_on = [&](const Entry* table, Entry entry) {
      now.skip(entry);
      return table[(entry >> 16) + (now.held & ((1u << (entry >> 8 & 7)) - 1))];
    };
    const auto put = [&](Entry entry) {
      const uint16_t both = static_cast<uint16_t>(entry >> 16);
      __builtin_memcpy(to, &both, 2);  // of a single one, the second is overwritten
      to += 1 + (entry >> 14 & 1);
      now.skip(entry);
    };
    for (;;) {
      if constexpr (careful) {
        now.fill_carefully();
      } else {
        if (now.end - now.next < kFastIn || end - to < kFastOut) break;
        now.fill();
      }
      Entry entry = look(literals, kLiteralIndex);
      if constexpr (!careful) {
        if (entry & kLiteral) {  // three leave 23 bits: a length takes 20
          put(entry);
          entry = look(literals, kLiteralIndex);
          if (entry & kLiteral) {
            put(entry);
            entry = look(literals, kLiteralIndex);
            if (entry & kLiteral) {
              put(entry);
              entry = look(literals, kLiteralIndex);
              if (entry & kLiteral) {
                put(entry);
                continue;
              }
            }
          }
        }
      }
      if (entry & kSecond) entry = look_on(literals, entry);
      if (entry & kLiteral) {
        if constexpr (careful) {
          if (now.over()) return kDamaged;
          if (end - to < 2) {
            if (to == end || entry & kPair) return kTooLong;
            *to++ = static_cast<uint8_t>(entry >> 16);
            now.skip(entry);
            continue;
          }
        }
        put(entry);
        continue;
      }
      if (entry & kSpecial) {
        now.skip(entry);
        outcome = (entry & kEndOfBlock) == kEndOfBlock ? kDone : kDamaged;
        break;
      }
      const uint32_t length = value_of(entry, now.held);
      now.skip(entry);
      if constexpr (!careful) now.fill();
      if constexpr (careful) now.fill_carefully();
      entry = look(distances, kDistanceIndex);
      if (entry & kSecond) entry = look_on(distances, entry);
      const uint32_t distance = value_of(entry, now.held);
      now.skip(entry);
      if (entry & kSpecial || distance > static_cast<uint64_t>(to - begin)) return kDamaged;
      if constexpr (careful) {
        if (now.over()) return kDamaged;
        if (length > end - to) return kTooLong;
        for (uint32_t k = 0; k < length; ++k) to[k] = to[k - static_cast<int64_t>(distance)];
      } else {
        repeat(to, to + length, distance);
      }
      to += length;
    }
    bits = now;
    out = to;
    return bits.over() ? kDamaged : outcome;
  }

  Outcome codes(bool dynamic) {
    uint8_t lengths[kLiterals + kDistances];
    int literal_count = kLiterals, distance_count = kDistances;
    if (!dynamic) {
      fixed_lengths(lengths, lengths + kLiterals);
    } else {
      literal_count = 257 + static_cast<int>(bits.take(5));
      distance_count = 1 + static_cast<int>(bits.take(5));
      const int order_count = 4 + static_cast<int>(bits.take(4));
      if (literal_count > kMostLiterals || distance_count > kMostDistances) return kDamaged;
      uint8_t orders[19] = {};
      for (int i = 0; i < order_count; ++i) {
        bits.fill_carefully();
        orders[kOrder[i]] = static_cast<uint8_t>(bits.take(3));
      }
      if (!make(kOfOrder, orders, 19, literals)) return kDamaged;
      const int count = literal_count + distance_count;
      for (int i = 0; i < count;) {
        bits.fill_carefully();
        const Entry entry = literals[bits.held & ((1 << kOrderIndex) - 1)];
        bits.skip(entry);
        const int symbol = static_cast<int>(entry >> 16);
        if (symbol < 16) {
          lengths[i++] = static_cast<uint8_t>(symbol);
          continue;
        }
        if (symbol == 16 && !i) return kDamaged;
        const uint8_t again = symbol == 16 ? lengths[i - 1] : uint8_t{0};
        int times = 3 + static_cast<int>(bits.take(symbol == 16 ? 2 : symbol == 17 ? 3 : 7));
        if (symbol == 18) times += 8;
        if (i + times > count) return kDamaged;
        while (times--) lengths[i++] = again;
      }
      if (bits.over() || !lengths[kEnd]) return kDamaged;
    }
    const uint8_t* of_distances = lengths + literal_count;
    if (!make(kOfLiterals, lengths, literal_count, literals)) return kDamaged;
    if (!make(kOfDistances, of_distances, distance_count, distances)) return kDamaged;
    pair(lengths, literals);
    return kDone;
  }

  // To the next whole byte.
  bool align() {
    if (bits.over()) return false;
    bits.next -= bits.unread() - bits.missing;
    bits = {bits.next, bits.end};
    return true;
  }

  Outcome stored() {
    if (!align() || bits.end - bits.next < 4) return kDamaged;
    const uint8_t* head = bits.next;
    const int64_t length = head[0] | head[1] << 8;
    bits.next += 4;
    if ((length ^ (head[2] | head[3] << 8)) != 0xFFFF || length > bits.end - bits.next) {
      return kDamaged;
    }
    if (length > end - out) return kTooLong;
    __builtin_memcpy(out, bits.next, static_cast<__SIZE_TYPE__>(length));
    bits.next += length;
    out += length;
    return kDone;
  }

  Outcome run() {
    for (bool last = false; !last;) {
      bits.fill_carefully();
      last = bits.take(1);
      const uint32_t kind = bits.take(2);
      Outcome outcome = kDamaged;
      if (kind == 0) outcome = stored();
      if (kind == 1 || kind == 2) {
        outcome = codes(kind == 2);
        if (outcome == kDone) outcome = symbols<false>();
        if (outcome == kNear) outcome = symbols<true>();
      }
      if (outcome != kDone) return outcome;
    }
    return align() && bits.next == bits.end ? kDone : kDamaged;
  }
};

Inflation inflation;

}  // namespace

int64_t sn_inflate(const uint8_t* packed, int64_t size, uint8_t* out, int64_t bytes) {
  if (!packed || !out || size < 0 || bytes < 0) return -1;
  inflation.bits = {packed, packed + size};
  inflation.out = inflation.begin = out;
  inflation.end = out + bytes;
  const Outcome outcome = inflation.run();
  if (outcome == kTooLong) return bytes + 1;
  return outcome == kDone ? inflation.out - out : -1;
}

#endif
