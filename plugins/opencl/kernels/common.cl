// What all kernels share. They are one program, built with these definitions:
//
//   WIDE    1: a work item is a processor core's thread and computes 16 rows in vectors
//           0: a work item computes one row, a group of 64 x SLICES items shares 64 rows
//   GROUP   items of a group that reduces something
//   FP64    1: the device has double
//
// Every kernel's first argument counts what it works on. With 0 it does nothing, which is how a kernel is
// compiled before it is timed.
#pragma OPENCL FP_CONTRACT OFF
#if FP64
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
#endif

#define CHUNK 128u        // columns; int16 sums of a chunk can't overflow: 64 products up to 256
#define CHUNK_WORDS 8u    // of 16 two-bit codes
#define CHUNK_PAIRS 64u   // of two int8 activations, widened to int16
#define SCALE_BLOCK 256u  // columns with a scale of their own, where there are block scales
#if WIDE
#define BLOCK_ROWS 16u
#define SLICES 1u
#else
#define BLOCK_ROWS 64u
#define SLICES 4u
#endif

// IEEE division, which OpenCL's own need not be. Rounding twice is harmless: double has more than twice the
// bits.
#if FP64
#define DIVIDE(a, b) ((float)((double)(a) / (double)(b)))
#else
#define DIVIDE(a, b) ((a) / (b))
#endif

// Word `word` of row `row` in a ternary tensor of `words` words a row: blocks of BLOCK_ROWS rows lie one after
// the other, each column of words together.
size_t word_index(uint row, uint word, uint words) {
  return ((size_t)(row / BLOCK_ROWS) * words + word) * BLOCK_ROWS + row % BLOCK_ROWS;
}

// A group's items each bring a value; all get the result. `scratch` has GROUP elements.
#define DEFINE_REDUCE(name, type, join)                                \
  type name(type value, local type* scratch) {                         \
    const uint item = get_local_id(0);                                 \
    scratch[item] = value;                                             \
    barrier(CLK_LOCAL_MEM_FENCE);                                      \
    for (uint step = GROUP / 2; step > 0; step /= 2) {                 \
      if (item < step) scratch[item] = join(scratch[item], scratch[item + step]); \
      barrier(CLK_LOCAL_MEM_FENCE);                                    \
    }                                                                  \
    const type result = scratch[0];                                    \
    barrier(CLK_LOCAL_MEM_FENCE);                                      \
    return result;                                                     \
  }
#define PLUS(a, b) ((a) + (b))
DEFINE_REDUCE(reduce_max, float, fmax)
DEFINE_REDUCE(reduce_sum, float, PLUS)
#if FP64
DEFINE_REDUCE(reduce_sum_double, double, PLUS)
#endif
