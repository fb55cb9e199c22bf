// exp, log, tanh and erf on T (a vector of lanes or one float), without a math library.
//
// Each is accurate to a few units in the last place over the range used here; tests compare them
// with float64. Arguments that are not numbers stay so.
#pragma once

#include "lanes.h"

namespace sn {

template <class T>
inline Integer<T> bits_of(T value) {
  return __builtin_bit_cast(Integer<T>, value);
}
template <class T>
inline T from_bits(Integer<T> bits) {
  return __builtin_bit_cast(T, bits);
}
template <class T>
inline T to_float(Integer<T> value) {
  if constexpr (kImages<T> == 1) {
    return static_cast<float>(value);
  } else {
    return __builtin_convertvector(value, T);
  }
}

template <class T>
inline T clamp(T x, float low, float high) {
  // Written so that NaN passes through both comparisons.
  x = x < broadcast<T>(low) ? broadcast<T>(low) : x;
  return x > broadcast<T>(high) ? broadcast<T>(high) : x;
}

// x = n ln 2 + r with |r| <= ln 2 / 2; the polynomial is Cephes' expf (S. L. Moshier).
template <class T>
inline T exp(T x) {
  const T bounded = clamp(x, -87.33654f, 88.72283f);
  const float round = 12582912.0f;  // 1.5 * 2^23: adding it leaves an integer in the low bits
  const T shifted = bounded * 1.44269504f + round;
  const T n = shifted - round;
  T r = bounded - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  T p = broadcast<T>(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  // 2^n in two halves, so that n = 128 and n = -127 do not leave the exponent's range.
  const Integer<T> whole = bits_of(shifted) - 0x4B400000;
  const Integer<T> half = whole >> 1;
  const T first = from_bits<T>((half + 127) << 23);
  const T second = from_bits<T>((whole - half + 127) << 23);
  return p * first * second;
}

// log of a positive normal number; the polynomial is Cephes' logf.
template <class T>
inline T log(T x) {
  const Integer<T> bits = bits_of(x);
  Integer<T> exponent = (bits >> 23) - 126;
  T m = from_bits<T>((bits & 0x007FFFFF) | 0x3F000000);  // in [0.5, 1)
  const Integer<T> small = m < broadcast<T>(0.707106781f);
  // A comparison is -1 or 0 on vectors, 1 or 0 on one float.
  const Integer<T> one = small & 1;
  exponent = exponent - one;
  m = (m < broadcast<T>(0.707106781f) ? m + m : m) - 1.0f;
  const T e = to_float<T>(exponent);
  const T z = m * m;
  T p = broadcast<T>(7.0376836292e-2f);
  p = p * m - 1.1514610310e-1f;
  p = p * m + 1.1676998740e-1f;
  p = p * m - 1.2420140846e-1f;
  p = p * m + 1.4249322787e-1f;
  p = p * m - 1.6668057665e-1f;
  p = p * m + 2.0000714765e-1f;
  p = p * m - 2.4999993993e-1f;
  p = p * m + 3.3333331174e-1f;
  T result = p * m * z;
  result = result + e * -2.12194440e-4f;
  result = result - z * 0.5f;
  result = result + m;
  return result + e * 0.693359375f;
}

// The rational approximation Eigen uses, degree 13 over 6, on |x| < 7.9.
template <class T>
inline T tanh(T x) {
  const T c = clamp(x, -7.90531110763549805f, 7.90531110763549805f);
  const T z = c * c;
  T p = broadcast<T>(-2.76076847742355e-16f);
  p = p * z + 2.00018790482477e-13f;
  p = p * z + -8.60467152213735e-11f;
  p = p * z + 5.12229709037114e-08f;
  p = p * z + 1.48572235717979e-05f;
  p = p * z + 6.37261928875436e-04f;
  p = p * z + 4.89352455891786e-03f;
  T q = broadcast<T>(1.19825839466702e-06f);
  q = q * z + 1.18534705686654e-04f;
  q = q * z + 2.26843463243900e-03f;
  q = q * z + 4.89352518554385e-03f;
  return c * p / q;
}

template <class T>
inline T sqrt(T x) {
  if constexpr (kImages<T> == 1) {
    return __builtin_sqrtf(x);
  } else {
    for (int i = 0; i < kLanes; ++i) x[i] = __builtin_sqrtf(x[i]);
    return x;
  }
}

template <class T>
inline T sigmoid(T x) {
  return 1.0f / (exp(-x) + 1.0f);
}

// The rational approximation Eigen uses, degree 13 over 8, on |x| < 4.
template <class T>
inline T erf(T x) {
  const T c = clamp(x, -4.0f, 4.0f);
  const T z = c * c;
  T p = broadcast<T>(-2.72614225801306e-10f);
  p = p * z + 2.77068142495902e-08f;
  p = p * z + -2.10102402082508e-06f;
  p = p * z + -5.69250639462346e-05f;
  p = p * z + -7.34990630326855e-04f;
  p = p * z + -2.95459980854025e-03f;
  p = p * z + -1.60960333262415e-02f;
  T q = broadcast<T>(-1.45660718464996e-05f);
  q = q * z + -2.13374055278905e-04f;
  q = q * z + -1.68282697438203e-03f;
  q = q * z + -7.37332916720468e-03f;
  q = q * z + -1.42647390514189e-02f;
  return c * p / q;
}

}  // namespace sn
