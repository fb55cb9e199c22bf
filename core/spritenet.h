/* The one door into the core: the same C interface for ctypes and for WebAssembly.
 *
 * Conventions
 *   - Sizes come from a host that has checked them; the core checks them again and answers with a
 *     status and a line of text. It never allocates, never prints, never touches a file.
 *   - Images are uint8, n h w c. Labels are int32 class indices. Parameters are ONE float32 array:
 *     layer after layer, kernel before bias, each in Keras's layout
 *     (Conv2D: kernel_height, kernel_width, in, filters; Dense: in, units).
 *   - Optimizer slots are arrays of the same length as the parameters, in the same order.
 *   - A result depends on data, seed, parameters and instruction set, never on the number of threads.
 *   - A network's memory may be used by one call at a time.
 */
#ifndef SPRITENET_H
#define SPRITENET_H

#include <stdint.h>

#if defined(_WIN32)
#define SN_API __declspec(dllexport)
#else
#define SN_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

enum { SN_INTERFACE_VERSION = 1, SN_ERROR_BYTES = 256 };

typedef enum sn_status {
  SN_OK = 0,
  SN_INVALID = 1,  /* an argument is refused; the error text says which */
  SN_DIVERGED = 2, /* a loss was not finite; parameters are those before that step */
  SN_STOPPED = 3   /* the host's stop flag was raised; only whole steps were done */
} sn_status;

typedef enum sn_layer_kind {
  SN_RESCALING = 1,
  SN_CONV2D = 2,
  SN_MAX_POOLING_2D = 3,
  SN_AVERAGE_POOLING_2D = 4,
  SN_GLOBAL_AVERAGE_POOLING_2D = 5,
  SN_FLATTEN = 6,
  SN_DENSE = 7,
  SN_DROPOUT = 8,
  SN_ACTIVATION = 9
} sn_layer_kind;

typedef enum sn_activation {
  SN_LINEAR = 0,
  SN_RELU = 1,
  SN_RELU6 = 2,
  SN_LEAKY_RELU = 3, /* x < 0 ? alpha x : x */
  SN_ELU = 4,        /* x < 0 ? alpha (exp(x) - 1) : x */
  SN_GELU = 5,       /* exact: x/2 (1 + erf(x/sqrt 2)) */
  SN_SIGMOID = 6,
  SN_TANH = 7,
  SN_SOFTMAX = 8 /* over the last axis */
} sn_activation;

typedef enum sn_padding { SN_VALID = 0, SN_SAME = 1 } sn_padding;

typedef enum sn_loss {
  SN_CATEGORICAL_CROSSENTROPY = 0, /* labels or target rows; fused with a final softmax */
  SN_MEAN_SQUARED_ERROR = 1
} sn_loss;

typedef enum sn_optimizer_kind {
  SN_SGD = 0,     /* slots: momentum, if momentum > 0 */
  SN_RMSPROP = 1, /* slots: mean square; momentum, if momentum > 0 */
  SN_ADAM = 2     /* slots: first moment, second moment; AdamW with weight_decay > 0 */
} sn_optimizer_kind;

/* One layer. Fields a kind doesn't name are ignored. */
typedef struct sn_layer {
  int32_t kind;
  int32_t activation;    /* Conv2D, Dense, Activation: sn_activation */
  int32_t units;         /* Conv2D: filters; Dense: units */
  int32_t kernel_height; /* Conv2D: kernel; pooling: window */
  int32_t kernel_width;
  int32_t stride_height;
  int32_t stride_width;
  int32_t padding;   /* Conv2D, pooling: sn_padding */
  int32_t use_bias;  /* Conv2D, Dense */
  float alpha;       /* leaky_relu, elu */
  float scale;       /* Rescaling: x scale + offset */
  float offset;
  float rate;        /* Dropout: the share dropped */
  float kernel_l2;   /* Conv2D, Dense: adds l2 * sum(w^2) to the loss */
  float bias_l2;
} sn_layer;

typedef struct sn_network_spec {
  const sn_layer* layers;
  int32_t layer_count;
  int32_t height, width, channels; /* of the uint8 input */
  int32_t threads;                 /* the most that will work at a time */
  int32_t batch_size;              /* the largest training batch; 0: never trains */
} sn_network_spec;

typedef struct sn_network sn_network;
typedef struct sn_pool sn_pool;

/* Examples in the host's memory. `labels` or `targets` may be null where nothing is learnt. */
typedef struct sn_examples {
  const uint8_t* images;  /* count h w c */
  const int32_t* labels;  /* count, or null */
  const float* targets;   /* count outputs, or null: used instead of labels */
  const float* weights;   /* count, or null: 1 for each */
  int64_t count;
} sn_examples;

typedef struct sn_optimizer {
  int32_t kind;
  int32_t nesterov;
  float momentum;     /* SGD, RMSprop */
  float rho;          /* RMSprop */
  float beta_1, beta_2; /* Adam */
  float epsilon;
  float weight_decay; /* decoupled: w -= rate * weight_decay * w */
  float clip_norm;    /* of the whole gradient; 0: off */
} sn_optimizer;

typedef struct sn_training {
  sn_examples examples;
  sn_optimizer optimizer;
  float* parameters;
  float* slots;          /* slot after slot, each as long as the parameters; null if none */
  const float* learning_rates; /* steps */
  /* Which images: indices != null gives them, batch after batch (steps * batch_size of them);
   * else step s takes part s mod ceil(count/batch_size) of epoch s / ceil(count/batch_size) in the
   * order of (seed, epoch), whose last part may be smaller. */
  const int64_t* indices;
  uint64_t seed;         /* order and dropout */
  int64_t first_step;    /* counted from 0 since training began */
  int32_t steps;
  int32_t batch_size;
  int32_t loss;          /* sn_loss */
  float label_smoothing; /* with labels: 1 - s on the class, s / outputs on every class */
  int32_t no_dropout;    /* 1: dropout keeps everything */
  /* Null, or a flag that another thread may raise: read atomically before each slab. A step cut short
   * never was. */
  const int32_t* stop;
  /* Results */
  float* losses;         /* steps: mean over the batch of weight * loss, plus L2 */
  int32_t* correct;      /* steps: images whose largest output is their label */
  int32_t steps_done;
} sn_training;

typedef struct sn_evaluation {
  sn_examples examples;
  const float* parameters;
  const int64_t* indices; /* count of them, or null: the examples first .. first + count */
  int64_t first, count;
  int32_t loss;
  float label_smoothing;
  const int32_t* stop; /* as above; looked at every few thousand images */
  /* Results */
  double loss_sum;       /* of weight * loss over the images; no L2 */
  double l2;             /* the L2 penalty of the parameters */
  int64_t correct;
} sn_evaluation;

SN_API int32_t sn_interface_version(void);
SN_API const char* sn_instruction_set(void); /* "x86-64-v4", "aarch64", "wasm", … */
SN_API const char* sn_processor_level(void); /* the best that this processor can run */
SN_API int32_t sn_lanes(void);               /* images in a slab */

/* Threads of the core's own. `sn_pool_create(1)` starts none. Null: could not be made. */
SN_API sn_pool* sn_pool_create(int32_t threads);
SN_API void sn_pool_destroy(sn_pool* pool);
SN_API int32_t sn_pool_threads(const sn_pool* pool);

/* The bytes a network needs (64-byte aligned memory from the host), or -1 with `error`. */
SN_API int64_t sn_network_bytes(const sn_network_spec* spec, char error[SN_ERROR_BYTES]);
SN_API sn_network* sn_network_init(void* memory, int64_t bytes, const sn_network_spec* spec,
                                   char error[SN_ERROR_BYTES]);
SN_API int64_t sn_parameter_count(const sn_network* network);
SN_API void sn_output_shape(const sn_network* network, int32_t layer, int32_t shape[3]);
SN_API int32_t sn_slot_count(const sn_optimizer* optimizer);

SN_API sn_status sn_train(sn_network* network, sn_pool* pool, sn_training* training,
                          char error[SN_ERROR_BYTES]);
SN_API sn_status sn_evaluate(sn_network* network, sn_pool* pool, sn_evaluation* evaluation,
                             char error[SN_ERROR_BYTES]);
/* The gradient of one batch's loss (`indices`, batch_size of them), without an update. */
SN_API sn_status sn_gradient(sn_network* network, sn_pool* pool, const sn_training* training,
                             float* gradient, char error[SN_ERROR_BYTES]);
/* `outputs`: count rows of the last layer's outputs. */
SN_API sn_status sn_predict(sn_network* network, sn_pool* pool, const float* parameters,
                            const uint8_t* images, int64_t count, float* outputs,
                            char error[SN_ERROR_BYTES]);
/* Every layer's output for one image, one after the other, each h w c. */
SN_API sn_status sn_activations(sn_network* network, const float* parameters, const uint8_t* image,
                                float* outputs, char error[SN_ERROR_BYTES]);

/* out[k] = the image at place first + k of this epoch's order, k < count. */
SN_API sn_status sn_order(uint64_t seed, uint64_t epoch, int64_t size, int64_t first, int64_t count,
                          int64_t* out, char error[SN_ERROR_BYTES]);

/* Pen lines to small grey pictures (strokes.cpp): the same pixels on every machine.
 * Lengths are in 1/256 pixel, y downwards. All pictures lift the pen before the same points. */
typedef struct sn_lines {
  const int16_t* places; /* count points 3: x, y, radius of the pen; within 0 .. 256 box */
  const uint8_t* lifts;  /* points: not 0 where the pen is lifted before that point */
  const int32_t* gains;  /* count: 256 for an edge of one pixel from white to black; 16 to 4096 */
  int64_t count;
  int32_t points;
  int32_t box;  /* side of the square that holds all points, 1 to 64 */
  int32_t size; /* side of a picture; the ink's centre of mass is put in its middle */
} sn_lines;

/* `pictures`: count size size, ink is 255. */
SN_API sn_status sn_draw_lines(const sn_lines* lines, uint8_t* pictures,
                               char error[SN_ERROR_BYTES]);

/* Pictures in PNG files (png.cpp, deflate.cpp). */

/* Undoes the filters of `rows` rows of 1 + row_bytes bytes each, the filter first. `out`: rows
 * row_bytes; it may be where `filtered` is. Returns `rows`, or the first row whose filter is higher
 * than `highest_filter` (0 None, 1 Sub, 2 Up, 3 Average, 4 Paeth), or -1 for an impossible size. */
SN_API int64_t sn_png_rows(const uint8_t* filtered, int64_t rows, int64_t row_bytes,
                           int32_t pixel_bytes, int32_t highest_filter, uint8_t* out);

typedef struct sn_deflate_stream {
  int64_t last_block; /* bit at which the last block begins, with the mark that it is the last */
  int64_t end;        /* bit behind it */
  int64_t bytes;      /* to which the whole stream inflates */
} sn_deflate_stream;

/* Where a raw deflate stream ends. Bits are counted from the lowest of the first byte. */
SN_API sn_status sn_deflate_end(const uint8_t* stream, int64_t size, sn_deflate_stream* found,
                                char error[SN_ERROR_BYTES]);

#ifdef __cplusplus
}
#endif
#endif
