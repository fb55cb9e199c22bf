/* Starts a Cortex-M in an emulator, and reads and writes files through it (semihosting).

   Runs the network on each image of images.bin, and writes the outputs to outputs.bin, in the end the
   number of images, the ticks of SysTick in all calls, and the bytes of stack of one to report.bin. */
#include <stdint.h>
#include <stddef.h>

#include "model.h"

enum { kOpen = 1, kWrite = 5, kRead = 6, kExit = 0x18 };
enum { kReadBinary = 1, kWriteBinary = 5 };

extern uint32_t ram_end[], data_start[], data_end[], data_source[], bss_start[], bss_end[];

static int32_t host(int32_t operation, const void* arguments) {
  register int32_t r0 __asm__("r0") = operation;
  register const void* r1 __asm__("r1") = arguments;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

static int32_t open_file(const char* name, int32_t size, int32_t mode) {
  const uint32_t arguments[3] = {(uint32_t)(uintptr_t)name, (uint32_t)mode, (uint32_t)size};
  return host(kOpen, arguments);
}

/* Returns the number of bytes that are missing. */
static int32_t transfer(int32_t operation, int32_t file, void* bytes, int32_t size) {
  const uint32_t arguments[3] = {(uint32_t)file, (uint32_t)(uintptr_t)bytes, (uint32_t)size};
  return host(operation, arguments);
}

#define SYSTICK ((volatile uint32_t*)0xE000E010)
#define MOST_TICKS 0xFFFFFFu
#define PAINT 0xA5A5A5A5u

static uint8_t image[MODEL_HEIGHT * MODEL_WIDTH * MODEL_CHANNELS];
static model_output outputs[MODEL_OUTPUTS];
static model_arena arena;

static uint32_t timed_call(void) {
  SYSTICK[1] = MOST_TICKS;
  SYSTICK[2] = 0;
  SYSTICK[0] = 5; /* on, at the processor's clock */
  model_predict(image, outputs, &arena);
  return MOST_TICKS - SYSTICK[2];
}

static uint32_t stack_of_a_call(void) {
  uint32_t* top;
  __asm__ volatile("mov %0, sp" : "=r"(top));
  for (volatile uint32_t* at = bss_end; at < top; ++at) *at = PAINT;
  model_predict(image, outputs, &arena);
  const volatile uint32_t* lowest = bss_end;
  while (*lowest == PAINT) ++lowest;
  return (uint32_t)((uintptr_t)top - (uintptr_t)lowest);
}

void* memcpy(void* to, const void* from, size_t count) {
  for (size_t i = 0; i < count; ++i) ((volatile uint8_t*)to)[i] = ((const uint8_t*)from)[i];
  return to;
}

void* memset(void* to, int value, size_t count) {
  for (size_t i = 0; i < count; ++i) ((volatile uint8_t*)to)[i] = (uint8_t)value;
  return to;
}

static void run(void) {
  const int32_t in = open_file("images.bin", 10, kReadBinary);
  const int32_t out = open_file("outputs.bin", 11, kWriteBinary);
  uint64_t ticks = 0;
  uint32_t report[4] = {0};
  report[3] = stack_of_a_call();
  while (transfer(kRead, in, image, sizeof image) == 0) {
    ticks += timed_call();
    transfer(kWrite, out, outputs, sizeof outputs);
    ++report[0];
  }
  report[1] = (uint32_t)ticks;
  report[2] = (uint32_t)(ticks >> 32);
  transfer(kWrite, open_file("report.bin", 10, kWriteBinary), report, sizeof report);
}

void reset(void);
void reset(void) {
  const uint32_t* from = data_source;
  for (uint32_t* to = data_start; to < data_end;) *to++ = *from++;
  for (uint32_t* to = bss_start; to < bss_end;) *to++ = 0;
#if defined(__ARM_FP)
  *(volatile uint32_t*)0xE000ED88 |= 0xFu << 20; /* the floating-point unit is on */
  __asm__ volatile("dsb\n isb");
#endif
  run();
  host(kExit, (const void*)0x20026);
  for (;;) {
  }
}

static void fail(void) {
  host(kExit, (const void*)0x20024);
  for (;;) {
  }
}

__attribute__((section(".vectors"), used)) static const void* const vectors[16] = {
    ram_end,           (const void*)reset, (const void*)fail, (const void*)fail,
    (const void*)fail, (const void*)fail,  (const void*)fail,
};
