#ifndef CDIVSUFSORT_SHIM_H
#define CDIVSUFSORT_SHIM_H

// libdivsufsort: suffix arrays, for the delta encoder.
#include <divsufsort.h>

#endif
