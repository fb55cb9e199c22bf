// Loads a library of the core by its path, as ctypes does, and the functions that native programs call.
#ifndef SPRITENET_NATIVE_LIBRARY_H
#define SPRITENET_NATIVE_LIBRARY_H

#include <stdio.h>
#include <stdlib.h>

#include "profile.h"
#include "spritenet.h"

#if defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#else
#include <dlfcn.h>
#endif

#define FUNCTIONS(row)                                                                         \
  row(interface_version) row(instruction_set) row(processor_level) row(lanes) row(pool_create) \
      row(pool_destroy) row(network_bytes) row(network_init) row(parameter_count)              \
          row(output_shape) row(weight_count) row(network_weight) row(operator_count)          \
              row(operator_at) row(optimizer_count) row(loss_count) row(train) row(evaluate)   \
                  row(gradient) row(predict) row(order) row(png_rows) row(deflate_end)         \
                      row(profile) row(profile_operations) row(profile_node)

struct Core {
#define MEMBER(name) decltype(&sn_##name) name;
  FUNCTIONS(MEMBER)
#undef MEMBER
};

inline void* function_of(void* library, const char* name) {
#if defined(_WIN32)
  return (void*)GetProcAddress((HMODULE)library, name);
#else
  return dlsym(library, name);
#endif
}

// Ends the program if the library can't be loaded or lacks a function.
inline Core load_core(const char* path) {
#if defined(_WIN32)
  void* library = (void*)LoadLibraryA(path);
  const char* reason = "LoadLibrary failed";
#else
  void* library = dlopen(path, RTLD_NOW);
  const char* reason = library ? "" : dlerror();
#endif
  if (!library) {
    fprintf(stderr, "%s: %s\n", path, reason);
    exit(2);
  }
  Core core;
#define LOAD(name)                                                    \
  core.name = (decltype(core.name))function_of(library, "sn_" #name); \
  if (!core.name) {                                                   \
    fprintf(stderr, "%s: sn_" #name " is missing\n", path);           \
    exit(2);                                                          \
  }
  FUNCTIONS(LOAD)
#undef LOAD
  return core;
}

// Numbers from 0 up to 1, the same on every machine (xorshift64*).
struct Random {
  uint64_t state = 88172645463325252u;
  double next() {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (double)((state * 2685821657736338717u) >> 11) / 9007199254740992.0;
  }
};

// An attribute that is a number, or two.
struct Numbers {
  double values[2];
};

// A chain of nodes: each reads the one before it, the first the image.
struct Chain {
  static constexpr int kMost = 16;
  sn_node nodes[kMost] = {};
  int32_t inputs[kMost] = {};
  sn_attribute attributes[4 * kMost] = {};
  Numbers numbers[4 * kMost] = {};
  int nodes_used = 0, attributes_used = 0;

  void add(const char* operation) {
    inputs[nodes_used] = nodes_used - 1;
    sn_node& node = nodes[nodes_used];
    node = {operation, &inputs[nodes_used], attributes + attributes_used, 1, 0, 1};
    nodes_used++;
  }
  void number(const char* name, double value, int count = 1) {
    numbers[attributes_used] = {{value, value}};
    attributes[attributes_used] = {name, nullptr, numbers[attributes_used].values, count};
    attributes_used++;
    nodes[nodes_used - 1].attribute_count++;
  }
  void choice(const char* name, const char* value) {
    attributes[attributes_used++] = {name, value, nullptr, 0};
    nodes[nodes_used - 1].attribute_count++;
  }
};

// Convolution, pooling, and so on, as in the network `tutorial`.
inline void add_convolution(Chain& chain, int filters, int size) {
  chain.add("Conv2D");
  chain.number("filters", filters);
  chain.number("kernel_size", size, 2);
  chain.choice("activation", "relu");
  chain.add("MaxPooling2D");
}

inline void add_output(Chain& chain, int classes) {
  chain.add("Flatten");
  chain.add("Dense");
  chain.number("units", classes);
  chain.choice("activation", "softmax");
}

struct Memory {
  void* allocated;
  void* aligned;
  explicit Memory(int64_t bytes) : allocated(malloc((size_t)bytes + 128)) {
    aligned = (void*)(((uintptr_t)allocated + 127) & ~(uintptr_t)127);
  }
  ~Memory() { free(allocated); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
};

// Initial weights: small random kernels, biases of 0.
inline void initialize(const Core& core, const sn_network* network, float* parameters) {
  Random random;
  for (int32_t index = 0; index < core.weight_count(network); index++) {
    sn_weight weight;
    core.network_weight(network, index, &weight);
    int64_t size = 1;
    for (int32_t axis = 0; axis < weight.rank; axis++) size *= weight.shape[axis];
    int64_t inputs = size / weight.shape[weight.rank - 1];
    double scale = weight.rank < 2 ? 0 : 2.0 / (double)(inputs < 4 ? 2 : inputs / 2);
    for (int64_t place = 0; place < size; place++)
      parameters[weight.offset + place] = (float)((random.next() - 0.5) * scale);
  }
}

// Bars: in class k, a bright row or column at a place that the class gives, in noise.
inline void draw_bars(uint8_t* images, int32_t* labels, int count, int side, int classes) {
  Random random;
  for (int image = 0; image < count; image++) {
    uint8_t* pixels = images + (int64_t)image * side * side;
    labels[image] = image % classes;
    for (int place = 0; place < side * side; place++) pixels[place] = (uint8_t)(random.next() * 64);
    int at = 1 + labels[image] / 2 * (side - 2) / ((classes + 1) / 2);
    for (int along = 0; along < side; along++)
      pixels[labels[image] % 2 ? along * side + at : at * side + along] = 255;
  }
}

#endif
