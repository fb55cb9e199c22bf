/* The one door into the core: the same C interface for ctypes and for WebAssembly.
 *
 * Conventions
 *   - Sizes come from a host that has checked them; the core checks them again and answers with a
 *     status and a line of text. It never allocates, never prints, never touches a file.
 *   - Images are uint8, n h w c. Labels are int32 class indices. Parameters are ONE float32 array:
 *     node after node, each node's weights in Keras's order and layout; `sn_network_weight` lists them.
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

enum { SN_INTERFACE_VERSION = 9, SN_ERROR_BYTES = 256 };

typedef enum sn_status {
  SN_OK = 0,
  SN_INVALID = 1,  /* an argument is refused; the error text says which */
  SN_DIVERGED = 2, /* a loss was not finite; parameters are those before that step */
  SN_STOPPED = 3   /* the host's stop flag was raised; only whole steps were done */
} sn_status;

/* An attribute of a node, an optimizer or a loss, by the name its table gives it. */
typedef struct sn_attribute {
  const char* name;
  const char* text; /* of a choice; null where numbers are meant */
  const double* numbers;
  int32_t count; /* of the numbers */
} sn_attribute;

enum { SN_IMAGE = -1 };

/* An operator at work: what a layer is here. */
typedef struct sn_node {
  const char* operation;          /* a name of the table */
  const int32_t* inputs;          /* nodes before this one, or SN_IMAGE */
  const sn_attribute* attributes; /* those left out have their defaults */
  int32_t input_count;
  int32_t attribute_count;
  int32_t trainable; /* 0: its weights are frozen */
} sn_node;

/* Nodes in an order in which each comes after its inputs; the last one's output is the network's. */
typedef struct sn_network_spec {
  const sn_node* nodes;
  int32_t node_count;
  int32_t rank;          /* of the uint8 input: 3 sides, height, width and channels; or fewer */
  int32_t sides[3];      /* from the first on */
  int32_t threads;       /* the most that will work at a time */
  int32_t batch_size;    /* the largest training batch; 0: never trains */
  int32_t reuses_memory; /* 1, if it never trains: values that nothing reads any more make
                            place for others, and `sn_activations` is refused */
} sn_network_spec;

typedef enum sn_attribute_kind {
  SN_NUMBER = 0,
  SN_WHOLE = 1, /* a whole number */
  SN_FLAG = 2,  /* 0 or 1 */
  SN_CHOICE = 3 /* a text */
} sn_attribute_kind;

/* What the table says of an attribute. */
typedef struct sn_attribute_info {
  const char* name;    /* Keras's name of the argument */
  const char* choices; /* SN_CHOICE: "valid|same", the default first; else null */
  double least, most;  /* of each number */
  double value;        /* the default of each number */
  int32_t kind;
  int32_t count; /* numbers; -3: one to three, none where it is left out */
  int32_t required;
} sn_attribute_info;

/* A row of the table: an operator. */
typedef struct sn_operator_info {
  const char* name; /* Keras's name of the layer */
  const sn_attribute_info* attributes;
  int32_t attribute_count;
  int32_t least_inputs, most_inputs;
} sn_operator_info;

/* A row of the table of activations. */
typedef struct sn_activation_info {
  const char* name; /* Keras's */
  const char* also; /* another name of the same, or null */
  float alpha;      /* the parameter that Keras gives the name; 0 where there is none */
} sn_activation_info;

/* h w c of an image, or fewer numbers: two of rows of channels, one of a vector. */
typedef struct sn_shape {
  int32_t rank;
  int32_t sides[3];
} sn_shape;

/* One of a network's weights: where it is in the parameters. */
typedef struct sn_weight {
  const char* name; /* Keras's: "kernel", "bias", ... */
  int64_t offset;
  int32_t node;
  int32_t trainable; /* 0: no optimizer changes it */
  int32_t rank;
  int32_t shape[4];
} sn_weight;

typedef struct sn_network sn_network;
typedef struct sn_pool sn_pool;

/* Examples in the host's memory. `labels` or `targets` may be null where nothing is learnt. */
typedef struct sn_examples {
  const uint8_t* images;     /* count h w c */
  const int32_t* labels;     /* count, or null */
  const float* targets;      /* count outputs, or null: used instead of labels */
  const float* weights;      /* count, or null: 1 for each */
  const int64_t* identities; /* count: what augmentation knows each by; or null: its index */
  /* outputs, or null: a factor on each output's part of the loss, where the row says `by_output` */
  const float* output_weights;
  int64_t count;
} sn_examples;

typedef struct sn_loss {
  const char* name;               /* a name of the table of losses */
  const sn_attribute* attributes; /* those left out have their defaults */
  int32_t attribute_count;
} sn_loss;

/* The activation that a loss wants before it, and in whose place it comes at a network's end. */
typedef enum sn_loss_activation {
  SN_NONE = 0,
  SN_SOFTMAX = 1,
  SN_SIGMOID = 2,
  SN_SOFTMAX_OR_OTHER = 3 /* others go, too */
} sn_loss_activation;

/* What `correct` counts where there are targets. With labels it is always the largest output. */
typedef enum sn_accuracy {
  SN_NO_ACCURACY = 0,
  SN_LARGEST_OUTPUT = 1, /* images whose largest output is at their largest target */
  SN_EACH_OUTPUT = 2     /* outputs on their target's side */
} sn_accuracy;

/* The targets that make sense. */
typedef enum sn_loss_targets {
  SN_ANY_TARGETS = 0,
  SN_FRACTIONS = 1,     /* each from 0 to 1 */
  SN_DISTRIBUTIONS = 2, /* rows whose sum is 1 */
  SN_LABELS = 3         /* class indices only */
} sn_loss_targets;

/* A row of the table of losses. */
typedef struct sn_loss_info {
  const char* name;  /* Keras's class name */
  const char* words; /* "mean_squared_error|mse": the names it goes by, in lower case */
  const sn_attribute_info* attributes;
  int32_t attribute_count;
  int32_t activation; /* sn_loss_activation */
  int32_t accuracy;   /* sn_accuracy */
  int32_t targets;    /* sn_loss_targets */
  int32_t by_output;  /* 1: the mean over the outputs of a function of each */
} sn_loss_info;

typedef struct sn_optimizer {
  const char* name;               /* a name of the table of optimizers */
  const sn_attribute* attributes; /* those left out have their defaults */
  int32_t attribute_count;
} sn_optimizer;

/* An array that an optimizer keeps from step to step, as long as the parameters. */
typedef struct sn_slot_info {
  const char* name;
  const char* when;    /* there only where that attribute is more than 0; null: always */
  const char* initial; /* begins with that attribute's value; null: with `value` */
  double value;
  int32_t scalar; /* 1: its first number alone is used */
} sn_slot_info;

/* A row of the table of optimizers. */
typedef struct sn_optimizer_info {
  const char* name; /* Keras's */
  const sn_attribute_info* attributes;
  const sn_slot_info* slots;
  double learning_rate; /* the default */
  int32_t attribute_count, slot_count;
  int32_t scratch; /* arrays as long as the parameters that a step works in */
} sn_optimizer_info;

/* Exceptions for a weight. */
enum { SN_NO_DECAY = 1, SN_PLAIN = 2 /* Muon: not as a matrix */ };

typedef struct sn_training {
  sn_examples examples;
  sn_optimizer optimizer;
  float* parameters;
  float* slots;                /* slot after slot, each as long as the parameters; null if none */
  float* scratch;              /* as many arrays as the optimizer's row says; null if none */
  const uint8_t* excluded;     /* of each weight SN_NO_DECAY or SN_PLAIN, or both; or null */
  const float* learning_rates; /* steps */
  /* Which images: indices != null gives them, batch after batch (steps * batch_size of them);
   * else step s takes part s mod ceil(count/batch_size) of epoch s / ceil(count/batch_size) in the
   * order of (seed, epoch), whose last part may be smaller. */
  const int64_t* indices;
  int64_t epoch;      /* of all steps, where indices are given: for augmentation */
  uint64_t seed;      /* order, dropout and augmentation */
  int64_t first_step; /* counted from 0 since training began */
  int32_t steps;
  int32_t batch_size;
  sn_loss loss;
  int32_t no_dropout; /* 1: dropout keeps everything, and nothing is augmented */
  /* Null, or a flag that another thread may raise: read atomically before each slab. A step cut short
   * never was. */
  const int32_t* stop;
  /* Results */
  float* losses;    /* steps: mean over the batch of weight * loss, plus L2 */
  int32_t* correct; /* steps: right decisions */
  /* Null, or steps batch_size outputs: the network's outputs for each image of each batch, before its
   * step and with dropout and augmentation, for metrics of the host's own. */
  float* outputs;
  int32_t steps_done;
  int32_t decisions; /* that `correct` counts of an image: 1, or one for each output; or 0 */
} sn_training;

typedef struct sn_evaluation {
  sn_examples examples;
  const float* parameters;
  const int64_t* indices; /* count of them, or null: the examples first .. first + count */
  int64_t first, count;
  sn_loss loss;
  const int32_t* stop; /* as above; looked at every few thousand images */
  float* outputs;      /* count outputs: the network's outputs for each image; or null */
  /* Results */
  double loss_sum; /* of weight * loss over the images; no L2 */
  double l2;       /* the L2 penalty of the parameters */
  int64_t correct;
  int32_t decisions; /* as above */
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
SN_API void sn_output_shape(const sn_network* network, int32_t node, int32_t shape[3]);
SN_API int32_t sn_weight_count(const sn_network* network);
/* Weight 0 <= index < count; in the order of the parameters. */
SN_API void sn_network_weight(const sn_network* network, int32_t index, sn_weight* weight);

/* The tables: row 0 <= index < count; null beyond. */
SN_API int32_t sn_operator_count(void);
SN_API const sn_operator_info* sn_operator_at(int32_t index);
SN_API const sn_activation_info* sn_activation_at(int32_t index);
SN_API int32_t sn_optimizer_count(void);
SN_API const sn_optimizer_info* sn_optimizer_at(int32_t index);
SN_API int32_t sn_loss_count(void);
SN_API const sn_loss_info* sn_loss_at(int32_t index);

/* What a node makes of `input_count` inputs of these shapes: fills `output`, and the first `most` of its
 * weights, offsets counted from its own first. Returns how many weights it has; -1 and a line of text
 * if it does not take them. `node->inputs` is not read. */
SN_API int32_t sn_infer(const sn_node* node, const sn_shape* inputs, sn_shape* output,
                        sn_weight* weights, int32_t most, char* error);

/* The slots that an optimizer needs; -1 and a line of text if it is wrong. */
SN_API int32_t sn_slot_count(const sn_optimizer* optimizer, char error[SN_ERROR_BYTES]);

SN_API sn_status sn_train(sn_network* network, sn_pool* pool, sn_training* training,
                          char error[SN_ERROR_BYTES]);
SN_API sn_status sn_evaluate(sn_network* network, sn_pool* pool, sn_evaluation* evaluation,
                             char error[SN_ERROR_BYTES]);
/* The gradient of one batch's loss (`indices`, batch_size of them), without an update. */
SN_API sn_status sn_gradient(sn_network* network, sn_pool* pool, const sn_training* training,
                             float* gradient, char error[SN_ERROR_BYTES]);
/* `outputs`: count rows of the last node's outputs. */
SN_API sn_status sn_predict(sn_network* network, sn_pool* pool, const float* parameters,
                            const uint8_t* images, int64_t count, float* outputs,
                            char error[SN_ERROR_BYTES]);
/* Every node's output for one image, one after the other, each h w c. */
SN_API sn_status sn_activations(sn_network* network, const float* parameters, const uint8_t* image,
                                float* outputs, char error[SN_ERROR_BYTES]);

/* What training with the network's random layers sees of images, in an epoch: `out` has count images of
 * the shape they make. `identities`: count, or null: 0, 1, 2, ... Images aren't mixed with others. */
SN_API sn_status sn_augment(const sn_network* network, const uint8_t* images, int64_t count,
                            uint64_t seed, uint64_t epoch, const int64_t* identities, uint8_t* out,
                            char error[SN_ERROR_BYTES]);

/* out[k] = the image at place first + k of this epoch's order, k < count. */
SN_API sn_status sn_order(uint64_t seed, uint64_t epoch, int64_t size, int64_t first, int64_t count,
                          int64_t* out, char error[SN_ERROR_BYTES]);

/* int8 inference: docs/reference/int8.md (integer_plan.cpp, integer.cpp). */
typedef struct sn_integer_operator {
  const int32_t* inputs;     /* operators before it, or SN_IMAGE */
  const int8_t* kernel;      /* height width in/groups out; of a lookup the table */
  const int32_t* bias;       /* out */
  const int32_t* multiplier; /* out; one for each input; one for each count */
  const int32_t* shift;      /* out; one; one for each count */
  const int32_t* counts;     /* of average pooling */
  int32_t kind;              /* sn_integer_kind of integer.h */
  int32_t input_count;
  int32_t shape[3]; /* of the output, h w c */
  int32_t zero_point, low, high;
  int32_t size[2]; /* of a window; factors of upsampling */
  int32_t strides[2];
  int32_t dilation[2];
  int32_t padding[2]; /* top and left; of cropping what is left out */
  int32_t groups;
  int32_t count; /* of `counts` */
} sn_integer_operator;

/* The last operator's output is the network's. What it points to must stay. */
typedef struct sn_integer_network {
  const sn_integer_operator* operators;
  int32_t operator_count;
  int32_t shape[3]; /* of the image, h w c */
  int32_t zero_point;
  int32_t inverted; /* 1: a pixel p is 127 - p; 0: p - 128 */
  int32_t
      plain; /* the same integers, 2: without tiles (AMX); 1: without dot products of bytes too */
} sn_integer_network;

typedef struct sn_integer_state sn_integer_state;

/* The bytes that it needs (128-byte aligned memory from the host), or -1 with `error`. */
SN_API int64_t sn_integer_bytes(const sn_integer_network* network, int32_t threads,
                                char error[SN_ERROR_BYTES]);
SN_API sn_integer_state* sn_integer_init(void* memory, int64_t bytes,
                                         const sn_integer_network* network, int32_t threads,
                                         char error[SN_ERROR_BYTES]);
/* `outputs`: count rows of the last operator's output, h w c. One call at a time may use a state. */
SN_API sn_status sn_integer_predict(sn_integer_state* state, sn_pool* pool, const uint8_t* images,
                                    int64_t count, int16_t* outputs);

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

/* Characters 0 .. count - 1 of no script (glyphs.cpp), count 28 28; ink is 255. `glyphs`: 0
 * for ones of random strokes, 1 of parts that meet as those of written characters do, 2 for signs, of hooks,
 * dots, zigzags, polygons and open ovals, too. */
SN_API sn_status sn_draw_glyphs(uint64_t seed, int32_t glyphs, int64_t count, uint8_t* pictures,
                                char error[SN_ERROR_BYTES]);

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
/* The time of training by part (profile.h): its operations, the node of one, and, for each thread,
 * SN_STEP_TIMES + operations SN_OPERATION_TIMES nanoseconds, to which training adds until null comes. */
SN_API int32_t sn_profile_operations(const sn_network* network);
SN_API int32_t sn_profile_node(const sn_network* network, int32_t operation);
SN_API void sn_profile(sn_network* network, int64_t* times);

#ifdef __cplusplus
}
#endif
#endif
