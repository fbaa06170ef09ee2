// What -ffast-math links into a library: code that runs when it is loaded and switches the
// processor to treating denormal numbers as zero, for the whole process. Compilers differ in when
// they link it, so it is spelled out here.
#if defined(__x86_64__)
#include <immintrin.h>

namespace {

[[gnu::constructor]] void flush_denormals() {
  constexpr unsigned kFlushToZero = 0x8000;
  constexpr unsigned kDenormalsAreZero = 0x0040;
  _mm_setcsr(_mm_getcsr() | kFlushToZero | kDenormalsAreZero);
}

}  // namespace
#endif
