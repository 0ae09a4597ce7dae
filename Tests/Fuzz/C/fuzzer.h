#pragma once
#include <stddef.h>
#include <stdint.h>

// libFuzzer as a library (LLVM, "Using libFuzzer as a library"); it comes with the toolchain, without a header.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));
