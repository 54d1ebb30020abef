#ifndef CLZMA_SHIM_H
#define CLZMA_SHIM_H

// liblzma: makes .lzma streams, and decodes them for comparison.
#include <lzma.h>

// A macro that Swift does not see.
static const uint32_t CLZMA_PRESET_BEST = 9 | LZMA_PRESET_EXTREME;

#endif
