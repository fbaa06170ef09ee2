// Every kernel that is compiled, under the name by which programs ask for it.
#pragma once

#include "kernels/floats.hpp"
#include "kernels/model.hpp"
#include "kernels/quantize.hpp"
#include "kernels/ternary.hpp"
#include "kernels/ternary_mma.hpp"

/// ENTRY(name, function) for each.
#define BG_CUDA_KERNELS(ENTRY)                                                     \
  ENTRY("ternary_gemv", (&bg_cuda::ternary_matmul<bg_cuda::Plain, 1>))             \
  ENTRY("ternary_gemm", (&bg_cuda::ternary_matmul<bg_cuda::Plain, 4>))             \
  ENTRY("ternary_scaled_gemv", (&bg_cuda::ternary_matmul<bg_cuda::Scaled, 1>))     \
  ENTRY("ternary_scaled_gemm", (&bg_cuda::ternary_matmul<bg_cuda::Scaled, 4>))     \
  ENTRY("ternary_block_gemv", (&bg_cuda::ternary_matmul<bg_cuda::BlockScaled, 1>)) \
  ENTRY("ternary_block_gemm", (&bg_cuda::ternary_matmul<bg_cuda::BlockScaled, 4>)) \
  ENTRY("ternary_mma", (&bg_cuda::ternary_mma<bg_cuda::Plain>))                    \
  ENTRY("ternary_scaled_mma", (&bg_cuda::ternary_mma<bg_cuda::Scaled>))            \
  ENTRY("ternary_block_mma", (&bg_cuda::ternary_mma<bg_cuda::BlockScaled>))        \
  ENTRY("dequantize_ternary", (&bg_cuda::dequantize_ternary))                      \
  ENTRY("quantize_i8", (&bg_cuda::quantize_i8))                                    \
  ENTRY("dequantize_i8", (&bg_cuda::dequantize_i8))                                \
  ENTRY("quantize_f16", (&bg_cuda::to_half<bg_cuda::F16>))                         \
  ENTRY("quantize_bf16", (&bg_cuda::to_half<bg_cuda::BF16>))                       \
  ENTRY("dequantize_f16", (&bg_cuda::from_half<bg_cuda::F16>))                     \
  ENTRY("dequantize_bf16", (&bg_cuda::from_half<bg_cuda::BF16>))                   \
  ENTRY("largest_part", (&bg_cuda::largest_part))                                  \
  ENTRY("largest_scale", (&bg_cuda::largest_scale))                                \
  ENTRY("magnitude_part", (&bg_cuda::magnitude_part))                              \
  ENTRY("mean_scale", (&bg_cuda::mean_scale))                                      \
  ENTRY("quantize_ternary", (&bg_cuda::quantize_ternary))                          \
  ENTRY("fill_block_scales", (&bg_cuda::fill_block_scales))                        \
  ENTRY("matmul_f32", (&bg_cuda::float_matmul<bg_cuda::F32, bg_cuda::F32>))        \
  ENTRY("matmul_f16", (&bg_cuda::float_matmul<bg_cuda::F16, bg_cuda::F16>))        \
  ENTRY("matmul_bf16", (&bg_cuda::float_matmul<bg_cuda::BF16, bg_cuda::BF16>))     \
  ENTRY("matmul_f16_f32", (&bg_cuda::float_matmul<bg_cuda::F16, bg_cuda::F32>))    \
  ENTRY("matmul_bf16_f32", (&bg_cuda::float_matmul<bg_cuda::BF16, bg_cuda::F32>))  \
  ENTRY("embed_f32", (&bg_cuda::embed<bg_cuda::F32>))                              \
  ENTRY("embed_f16", (&bg_cuda::embed<bg_cuda::F16>))                              \
  ENTRY("embed_bf16", (&bg_cuda::embed<bg_cuda::BF16>))                            \
  ENTRY("rms_norm", (&bg_cuda::rms_norm))                                          \
  ENTRY("rope", (&bg_cuda::rope))                                                  \
  ENTRY("store_rows_f32", (&bg_cuda::store_rows<bg_cuda::F32>))                    \
  ENTRY("store_rows_f16", (&bg_cuda::store_rows<bg_cuda::F16>))                    \
  ENTRY("attention_f32", (&bg_cuda::attention<bg_cuda::F32>))                      \
  ENTRY("attention_f16", (&bg_cuda::attention<bg_cuda::F16>))                      \
  ENTRY("relu2_gate", (&bg_cuda::relu2_gate))                                      \
  ENTRY("add", (&bg_cuda::add))                                                    \
  ENTRY("argmax", (&bg_cuda::argmax))
