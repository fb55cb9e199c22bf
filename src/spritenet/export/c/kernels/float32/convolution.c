/* A convolution. Where it ends in max pooling, pool_height × pool_width windows give one output. */
struct convolution {
  uint16_t height, width, channels;
  uint16_t out_height, out_width, filters;
  uint16_t kernel_height, kernel_width, stride_height, stride_width;
  uint16_t pad_top, pad_left, dilation_height, dilation_width;
  uint16_t groups, pool_height, pool_width;
  const float* kernel;
  const float* bias;
};
