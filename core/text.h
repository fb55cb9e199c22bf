// A line of text put together without a C library.
#pragma once

#include "spritenet.h"

namespace sn {

// Words are called, not inlined, as nearly all are those of errors.
struct Line {
  char* out;
  int length = 0;

  explicit Line(char* buffer) : out(buffer) {
    if (out) out[0] = 0;
  }
  [[gnu::cold, gnu::noinline]] Line& operator<<(const char* words) {
    while (out && *words && length < SN_ERROR_BYTES - 1) out[length++] = *words++;
    if (out) out[length] = 0;
    return *this;
  }
  [[gnu::cold, gnu::noinline]] Line& operator<<(int64_t number) {
    char digits[24];
    int count = 0;
    uint64_t rest = number < 0 ? 0 - static_cast<uint64_t>(number) : static_cast<uint64_t>(number);
    do {
      digits[count++] = static_cast<char>('0' + rest % 10);
      rest /= 10;
    } while (rest);
    if (number < 0) digits[count++] = '-';
    char forward[25];
    for (int i = 0; i < count; ++i) forward[i] = digits[count - 1 - i];
    forward[count] = 0;
    return *this << forward;
  }
};

}  // namespace sn
