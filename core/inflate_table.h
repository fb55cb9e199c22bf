// A code of deflate as a table that the next bits are looked up in.
//
// An entry says how many bits its symbol takes, extra bits included, and what it stands for. Codes longer
// than the index go on in a second table behind the first. After libdeflate (Biggers), whose entries hold
// the extra bits, and ISA-L, whose hold two literals.
#pragma once

#include "deflate_format.h"

namespace sn::deflate {

// An entry: bits 0 to 5 are the bits to take; 8 to 11 those of them that are the code, or the index bits
// of a second table; 12 to 15 its kind; 16 to 31 a literal or two, the least length or distance, or the
// place of a second table.
typedef uint32_t Entry;
constexpr Entry kLiteral = 1 << 15, kPair = 1 << 14, kSpecial = 1 << 13, kSecond = 1 << 12;
constexpr Entry kInvalid = kSpecial, kEndOfBlock = kSpecial | 1 << 11;

constexpr int kLiteralIndex = 12, kDistanceIndex = 8, kOrderIndex = 7;

// Most entries, second tables included: one of 2^k entries has k + 1 symbols or more.
constexpr int entries_of(int index, int symbols) {
  return (1 << index) + symbols * (1 << (kLongest - index)) / (kLongest - index + 1);
}
constexpr int kLiteralEntries = entries_of(kLiteralIndex, kLiterals);
constexpr int kDistanceEntries = entries_of(kDistanceIndex, kDistances);

struct Kind {
  int index, entries;
  Entry (*entry)(int symbol);
};

inline Entry of_literal(int symbol) {
  if (symbol < kEnd) return kLiteral | static_cast<Entry>(symbol) << 16;
  if (symbol == kEnd) return kEndOfBlock;
  if (symbol >= kMostLiterals) return kInvalid;
  return static_cast<Entry>(kLengths[symbol - 257]) << 16 | kLengthBits[symbol - 257];
}

inline Entry of_distance(int symbol) {
  if (symbol >= kMostDistances) return kInvalid;
  const int bits = kDistanceBits[symbol];
  const Entry base = symbol < 4 ? static_cast<Entry>(symbol + 1)
                                : 1 + (static_cast<Entry>(2 + (symbol & 1)) << bits);
  return base << 16 | static_cast<Entry>(bits);
}

inline Entry of_order(int symbol) { return static_cast<Entry>(symbol) << 16; }

constexpr Kind kOfLiterals = {kLiteralIndex, kLiteralEntries, of_literal};
constexpr Kind kOfDistances = {kDistanceIndex, kDistanceEntries, of_distance};
constexpr Kind kOfOrder = {kOrderIndex, 1 << kOrderIndex, of_order};

// Makes the table of a canonical code. False for lengths that are none: too many codes, or too few unless
// there is at most one, of one bit, as zlib has it.
inline bool make(const Kind& kind, const uint8_t* lengths, int symbols, Entry* table) {
  int counts[kLongest + 2] = {}, starts[kLongest + 2] = {}, left = 1, most = 0;
  for (int s = 0; s < symbols; ++s) ++counts[lengths[s]];
  counts[0] = 0;
  for (int length = 1; length <= kLongest; ++length) {
    left = 2 * left - counts[length];
    if (left < 0) return false;
    starts[length + 1] = starts[length] + counts[length];
    if (counts[length]) most = length;
  }
  if (left > 0 && (most > 1 || kind.entry == of_order)) return false;
  uint16_t sorted[kLiterals];
  for (int s = 0; s < symbols; ++s) {
    if (lengths[s]) sorted[starts[lengths[s]]++] = static_cast<uint16_t>(s);
  }
  if (left > 0) {
    for (int place = 0; place < 1 << kind.index; ++place) table[place] = kInvalid;
  }

  int end = 1 << kind.index, prefix = -1, second = 0, second_bits = 0;
  uint32_t code = 0;  // its bits turned round: the first is the lowest
  for (int k = 0, length = 1; k < starts[kLongest]; ++k) {
    while (!counts[length]) ++length;
    int bits = length, room = 1 << kind.index;
    Entry* part = table;
    uint32_t place = code;
    if (length > kind.index) {
      bits -= kind.index;
      place >>= kind.index;
      const int first = static_cast<int>(code) & ((1 << kind.index) - 1);
      if (first != prefix) {  // its table is as large as the longest code that begins so
        prefix = first;
        second = end;
        second_bits = bits;
        for (int more = (1 << bits) - counts[length];
             more > 0 && second_bits + kind.index < most;) {
          ++second_bits;
          more = 2 * more - counts[second_bits + kind.index];
        }
        end += 1 << second_bits;
        if (end > kind.entries) return false;
        table[first] = kSpecial | kSecond | static_cast<Entry>(second) << 16 |
                       static_cast<Entry>(second_bits << 8 | kind.index);
      }
      part += second;
      room = 1 << second_bits;
    }
    Entry entry = kind.entry(sorted[k]) + static_cast<Entry>(bits);
    if (!(entry & kSpecial)) entry += static_cast<Entry>(bits) << 8;
    for (int at = static_cast<int>(place); at < room; at += 1 << bits) part[at] = entry;
    --counts[length];
    // One more, of turned bits.
    uint32_t bit = 1u << (length - 1);
    while (code & bit) bit >>= 1;
    code = (code & (bit - 1)) | bit;
  }
  return true;
}

// Two literals whose codes fit into the index become one entry. That takes as long as it gains where few
// are so short: a quarter of what comes is taken to be worth it.
inline void pair(const uint8_t* lengths, Entry* table) {
  int weight = 0;
  for (int s = 0; s < kEnd; ++s) {
    if (lengths[s] && lengths[s] <= kLiteralIndex / 2) weight += 1 << (kLiteralIndex - lengths[s]);
  }
  if (weight < 1 << (kLiteralIndex - 2)) return;
  for (int place = (1 << kLiteralIndex) - 1; place >= 0; --place) {  // singles are below
    const Entry first = table[place], second = table[place >> (first & 63)];
    const Entry bits = (first & 63) + (second & 63);
    if (first & second & kLiteral && bits <= kLiteralIndex) {
      table[place] = kLiteral | kPair | (second & 0xFF0000) << 8 | (first & 0xFF0000) | bits;
    }
  }
}

}  // namespace sn::deflate
