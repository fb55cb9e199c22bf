/* A convolution or dense layer. Where it ends in max pooling, pool_height × pool_width windows give
   one output. The bias holds what the input's zero point adds to every sum. */
struct convolution {
  uint16_t height, width, channels;
  uint16_t out_height, out_width, filters;
  uint16_t kernel_height, kernel_width, stride_height, stride_width;
  uint16_t pad_top, pad_left, dilation_height, dilation_width;
  uint16_t depth, group_filters; /* channels that a filter reads, and filters that read them */
  uint16_t pool_height, pool_width;
  int16_t zero, low, high; /* the zero point and the bounds of the output */
  int8_t input_zero, flip; /* an input x stands for x ^ flip: pixels are uint8 */
  uint8_t block, is_wide;  /* filters whose weights lie side by side; outputs are int16 */
  const int8_t* kernel;
  const int32_t* bias;
  const int32_t* multiplier;
  const uint8_t* shift;
};
