/* What the code may need of math.h, for a compiler without a C library. */
float expf(float x);
float logf(float x);
float tanhf(float x);
float sqrtf(float x);
float erff(float x);
float fabsf(float x);
