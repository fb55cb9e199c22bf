// Correlations of any window: dilated, in groups, and turned round. Slower than conv2d.h, and for all.
//
// Windows slide over a `large` image, one for each position of a `small` one. Conv2D reads the large and
// writes the small (`correlate`); its gradient goes the other way (`spread`). Conv2DTranspose spreads
// forward and correlates backward. The kernel is [ky][kx][large channel of the group][small channel] for
// both. Taps outside the image are left out, so no border of zeros is needed.
#pragma once

#include "activation.h"

namespace sn {

struct Correlation {
  Shape large, small;
  Window window;
  int groups;
  const float* kernel;

  int depth() const { return large.channels / groups; }  // large channels that a small one reads
  int width() const { return small.channels / groups; }  // small channels of a group
  const float* tap(int ky, int kx) const {
    return kernel + (int64_t{ky} * window.width + kx) * depth() * small.channels;
  }
};

namespace correlation {

// One row of the small image, and one of the large; T is Lanes or float.
template <class T>
void correlate(const Correlation& task, const Rows<T>& large, int row, const float* bias, T* to);
template <class T>
void spread(const Correlation& task, const Rows<T>& small, int row, const float* bias, T* to);

// All weights' gradients.
void kernel_gradient(const Correlation& task, const Rows<Lanes>& large, const Rows<Lanes>& small,
                     float* gradient);

}  // namespace correlation

}  // namespace sn
