/* What core-png.wasm does besides undoing filters: inflating, and the checksums of PNG and zlib. Python
 * inflates with libdeflate, so native libraries have none of it: SN_INFLATE is defined for that module and
 * for tests. One call at a time. */
#ifndef SPRITENET_INFLATE_H
#define SPRITENET_INFLATE_H

#include "spritenet.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Inflates raw deflate data (RFC 1951), at most `bytes` bytes. Returns to how many it inflates, `bytes` + 1
 * for any more, or -1 if the data are damaged: what zlib refuses, or data behind the last block. */
SN_API int64_t sn_inflate(const uint8_t* packed, int64_t size, uint8_t* out, int64_t bytes);

/* The checksum with more bytes behind those it is of; of none it is 1. */
SN_API uint32_t sn_adler32(uint32_t adler, const uint8_t* bytes, int64_t size);

/* The same; of none it is 0. */
SN_API uint32_t sn_crc32(uint32_t crc, const uint8_t* bytes, int64_t size);

#ifdef __cplusplus
}
#endif
#endif
