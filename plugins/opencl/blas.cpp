#include "blas.hpp"

#include <clblast.h>

namespace opencl {
namespace {

void check_blas(clblast::StatusCode status, const char* call) {
  if (status == clblast::StatusCode::kSuccess) return;
  throw bitgate::Error(BG_INTERNAL, std::string(call) + ": CLBlast status " +
                                        std::to_string(static_cast<int>(status)));
}

/// A call of CLBlast's on this queue, which makes one event of however many commands it starts.
using Call = std::function<void(cl_command_queue*, cl_event*)>;

Call gemv(const ClTensor& w, const ClTensor& x, const ClTensor& y) {
  return [w = w.data(), x = x.data(), y = y.data(), rows = w.rows(), cols = w.cols()](
             cl_command_queue* on, cl_event* event) {
    check_blas(clblast::Gemv<float>(clblast::Layout::kRowMajor, clblast::Transpose::kNo, rows, cols,
                                    1, w, 0, cols, x, 0, 1, 0, y, 0, 1, on, event),
               "sgemv");
  };
}

Call gemm(const ClTensor& w, const ClTensor& x, const ClTensor& y, ClProgram& program) {
  const std::size_t batch = x.rows();
  const std::size_t rows = w.rows();
  const std::size_t cols = w.cols();
  cl_command_queue queue = program.queue();
  std::size_t size = 0;
  check_blas(clblast::GemmTempBufferSize<float>(clblast::Layout::kRowMajor, clblast::Transpose::kNo,
                                                clblast::Transpose::kYes, batch, rows, cols, 0,
                                                cols, 0, cols, 0, rows, &queue, size),
             "GemmTempBufferSize");
  const cl_mem scratch = size > 0 ? program.scratch(size) : nullptr;
  return [w = w.data(), x = x.data(), y = y.data(), batch, rows, cols, scratch](
             cl_command_queue* on, cl_event* event) {
    check_blas(clblast::Gemm<float>(clblast::Layout::kRowMajor, clblast::Transpose::kNo,
                                    clblast::Transpose::kYes, batch, rows, cols, 1, x, 0, cols, w,
                                    0, cols, 0, y, 0, rows, on, event, scratch),
               "sgemm");
  };
}

}  // namespace

void add_blas_matmul(const ClTensor& w, const ClTensor& x, const ClTensor& y, ClProgram& program) {
  const bool one = x.rows() == 1;
  const Call call = one ? gemv(w, x, y) : gemm(w, x, y, program);
  // Which of its kernels CLBlast takes depends on the shape.
  const std::string shape =
      std::to_string(x.rows()) + "x" + std::to_string(w.rows()) + "x" + std::to_string(w.cols());
  if (program.engine().first_use("clblast " + shape)) {
    cl_command_queue queue = program.queue();
    call(&queue, nullptr);
    check(clFinish(queue), "clFinish");
  }
  program.add_step(one ? "clblast_sgemv" : "clblast_sgemm",
                   [call, queue = program.queue(), &clock = program.clock()]() mutable {
                     clock.mark_begin(queue);
                     call(&queue, clock.next());
                   });
}

}  // namespace opencl
