// The judge's own matrix products: the scalar reference that every backend's output is held
// against.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace bitgate::oracle {

/// y[b][m] = sum over k of w[m][k] * x[b][k], exact in int32. Shapes: w [rows, cols] codes,
/// x [batch, cols], y [batch, rows]. Exact for ternary w while cols * 128 < 2^31. Throws
/// std::invalid_argument if w or x has another size.
std::vector<std::int32_t> matmul_i8(std::span<const std::int8_t> w, std::span<const std::int8_t> x,
                                    std::uint64_t rows, std::uint64_t cols, std::uint64_t batch);

/// f32 product in double, with the bound that any correctly written f32 kernel keeps:
/// |y - value| <= gamma_K * sum |w x|, gamma_K = K u / (1 - K u), u = 2^-24
/// (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., eq. 3.5). Shapes and errors
/// are those of matmul_i8.
struct Bounded {
  std::vector<double> value;
  std::vector<double> bound;
};
/// The same for factors that were rounded to 16 bits before: their products are exact in f32 or
/// nearly so, and sums of random signs grow like sqrt(K): |y - value| <= min(K, 8 sqrt(K)) u' *
/// sum |w x| with u' = 2 u, for two roundings a step. A correct kernel breaks the second part with
/// probability under 2 K exp(-32) (Higham and Mary, SIAM J. Sci. Comput. 41, 2019, thm. 2.4).
Bounded matmul_half(std::span<const float> w, std::span<const float> x, std::uint64_t rows,
                    std::uint64_t cols, std::uint64_t batch);
Bounded matmul_f32(std::span<const float> w, std::span<const float> x, std::uint64_t rows,
                   std::uint64_t cols, std::uint64_t batch);

}  // namespace bitgate::oracle
