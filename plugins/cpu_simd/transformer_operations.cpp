// What a transformer takes besides products: one token a row, so rows go to threads.
#include <algorithm>
#include <cstring>

#include "common/rope_table.hpp"
#include "operations.hpp"

namespace cpu_simd {
namespace {

namespace formats = bitgate::formats;
using bitgate::Op;
using rope_tables::rope_table;
using rope_tables::RopeTable;

constexpr std::size_t kRowBytes = std::size_t{32} << 10;  // that a thread takes at a time

std::size_t rows_together(std::size_t cols) {
  return std::max<std::size_t>(kRowBytes / (cols * sizeof(float)), 1);
}

/// Ids or positions, all of which must be in 0 … limit - 1.
void require_below(const CpuTensor& tensor, std::size_t limit, const char* what) {
  for (std::size_t i = 0; i < tensor.rows(); ++i) {
    const std::int32_t value = tensor.data<std::int32_t>()[i];
    if (value >= 0 && static_cast<std::size_t>(value) < limit) continue;
    throw bitgate::Error(BG_INVALID_ARGUMENT, std::string(what) + " " + std::to_string(value) +
                                                  " in row " + std::to_string(i) +
                                                  " is not in 0 ... " + std::to_string(limit - 1));
  }
}

class Embed : public Operation {
 public:
  Embed(const Op& op, const KernelTable& kernels)
      : kernels_(kernels),
        table_(tensor_of(op.inputs[0])),
        ids_(tensor_of(op.inputs[1])),
        y_(tensor_of(op.outputs[0])) {}

  void run(ThreadTeam& team) override {
    require_below(ids_, table_.rows(), "embed: id");
    const std::size_t cols = table_.cols();
    team.for_ranges(ids_.rows(), rows_together(cols),
                    [&](std::size_t begin, std::size_t end, std::size_t) {
                      for (std::size_t row = begin; row < end; ++row) {
                        copy(static_cast<std::size_t>(ids_.data<std::int32_t>()[row]) * cols,
                             y_.data<float>() + row * cols);
                      }
                    });
  }

  std::vector<std::string> kernels() const override {
    const bool half = table_.format() != formats::kF32;
    return {
        kernel_name(half ? dequantize().isa : kernels_.floats->isa, table_.format() + "_embed")};
  }

 private:
  [[nodiscard]] Kernel<DequantizeHalf> dequantize() const {
    return table_.format() == formats::kF16 ? kernels_.dequantize_f16 : kernels_.dequantize_bf16;
  }

  void copy(std::size_t from, float* to) const {
    if (table_.format() == formats::kF32) {
      std::memcpy(to, table_.data<float>() + from, table_.cols() * sizeof(float));
    } else {
      dequantize().run(table_.data<std::uint16_t>() + from, table_.cols(), to);
    }
  }

  const KernelTable& kernels_;
  CpuTensor& table_;
  CpuTensor& ids_;
  CpuTensor& y_;
};

class RmsNormRows : public RowOperation {
 public:
  RmsNormRows(const Op& op, const KernelTable& kernels)
      : RowOperation(tensor_of(op.inputs[0])),
        kernels_(*kernels.floats),
        x_(tensor_of(op.inputs[0])),
        weight_(tensor_of(op.inputs[1])),
        y_(tensor_of(op.outputs[0])),
        epsilon_(static_cast<float>(op.real("epsilon"))) {}

  void run_rows(std::size_t begin, std::size_t end) const override {
    const std::size_t cols = x_.cols();
    for (std::size_t at = begin * cols; at < end * cols; at += cols) {
      kernels_.rms_norm(x_.data<float>() + at, weight_.data<float>(), cols, epsilon_,
                        y_.data<float>() + at);
    }
  }

  std::vector<std::string> kernels() const override {
    return {kernel_name(kernels_.isa, "rms_norm")};
  }

 private:
  const FloatKernels& kernels_;
  CpuTensor& x_;
  CpuTensor& weight_;
  CpuTensor& y_;
  float epsilon_;
};

class RopeRows : public RowOperation {
 public:
  RopeRows(const Op& op, const KernelTable& kernels)
      : RowOperation(tensor_of(op.inputs[0])),
        kernels_(*kernels.floats),
        x_(tensor_of(op.inputs[0])),
        positions_(tensor_of(op.inputs[1])),
        y_(tensor_of(op.outputs[0])),
        heads_(static_cast<std::size_t>(op.integer("heads"))),
        half_(x_.cols() / heads_ / 2),
        context_(static_cast<std::size_t>(op.integer("context"))),
        table_(rope_table(op.real("base"), half_, context_)) {}

  void check() const override { require_below(positions_, context_, "rope: position"); }

  void run_rows(std::size_t begin, std::size_t end) const override {
    const std::size_t cols = x_.cols();
    for (std::size_t row = begin; row < end; ++row) {
      const auto position = static_cast<std::size_t>(positions_.data<std::int32_t>()[row]);
      kernels_.rope(x_.data<float>() + row * cols, heads_, half_, table_->cosines(position),
                    table_->sines(position), y_.data<float>() + row * cols);
    }
  }

  std::vector<std::string> kernels() const override { return {kernel_name(kernels_.isa, "rope")}; }

 private:
  const FloatKernels& kernels_;
  CpuTensor& x_;
  CpuTensor& positions_;
  CpuTensor& y_;
  std::size_t heads_;
  std::size_t half_;
  std::size_t context_;
  std::shared_ptr<const RopeTable> table_;
};

/// Element by element.
class BinaryRows : public RowOperation {
 public:
  BinaryRows(const Op& op, const char* isa, Binary* kernel)
      : RowOperation(tensor_of(op.inputs[0])),
        isa_(isa),
        what_(op.kind),
        kernel_(kernel),
        a_(tensor_of(op.inputs[0])),
        b_(tensor_of(op.inputs[1])),
        y_(tensor_of(op.outputs[0])) {}

  void run_rows(std::size_t begin, std::size_t end) const override {
    const std::size_t at = begin * a_.cols();
    kernel_(a_.data<float>() + at, b_.data<float>() + at, (end - begin) * a_.cols(),
            y_.data<float>() + at);
  }

  std::vector<std::string> kernels() const override { return {kernel_name(isa_, what_)}; }

 private:
  const char* isa_;
  std::string what_;
  Binary* kernel_;
  CpuTensor& a_;
  CpuTensor& b_;
  CpuTensor& y_;
};

/// A row may be a whole vocabulary, so rows are cut, too.
class ArgMaxRows : public Operation {
 public:
  ArgMaxRows(const Op& op, const KernelTable& kernels)
      : kernels_(*kernels.floats),
        x_(tensor_of(op.inputs[0])),
        ids_(tensor_of(op.outputs[0])),
        pieces_((x_.cols() + kPiece - 1) / kPiece),
        found_(x_.rows() * pieces_) {}

  void run(ThreadTeam& team) override {
    const std::size_t cols = x_.cols();
    team.for_ranges(found_.size(), 1, [&](std::size_t index, std::size_t, std::size_t) {
      const std::size_t first = index % pieces_ * kPiece;
      found_[index] =
          first + kernels_.argmax(row(index / pieces_) + first, std::min(kPiece, cols - first));
    });
    for (std::size_t r = 0; r < x_.rows(); ++r) {
      std::size_t best = found_[r * pieces_];
      for (std::size_t piece = 1; piece < pieces_; ++piece) {
        const std::size_t other = found_[r * pieces_ + piece];
        if (row(r)[other] > row(r)[best]) best = other;
      }
      ids_.data<std::int32_t>()[r] = static_cast<std::int32_t>(best);
    }
  }

  std::vector<std::string> kernels() const override {
    return {kernel_name(kernels_.isa, "argmax")};
  }

 private:
  static constexpr std::size_t kPiece = std::size_t{16} << 10;

  [[nodiscard]] const float* row(std::size_t index) const {
    return x_.data<float>() + index * x_.cols();
  }

  const FloatKernels& kernels_;
  CpuTensor& x_;
  CpuTensor& ids_;
  std::size_t pieces_;  // of a row
  std::vector<std::size_t> found_;
};

/// The keys and values of the tokens go into the cache; then each head of keys and values, with the
/// heads that look at it and some of the tokens, is one piece of work. Those of one token are too
/// few to keep all threads busy to the end, so its rows of the cache are cut, too: always in the
/// same places, so that the result does not depend on the threads.
class AttentionRows : public Operation {
 public:
  AttentionRows(const Op& op, const KernelTable& kernels)
      : kernels_(kernels),
        q_(tensor_of(op.inputs[0])),
        k_(tensor_of(op.inputs[1])),
        v_(tensor_of(op.inputs[2])),
        positions_(tensor_of(op.inputs[3])),
        y_(tensor_of(op.outputs[0])),
        keys_(tensor_of(op.outputs[1])),
        values_(tensor_of(op.outputs[2])),
        half_(keys_.format() == formats::kF16),
        kv_heads_(static_cast<std::size_t>(op.integer("kv_heads"))),
        shared_(static_cast<std::size_t>(op.integer("heads")) / kv_heads_),
        head_size_(k_.cols() / kv_heads_),
        queries_(std::max<std::size_t>(kAttentionRows / shared_, 1)) {}

  std::size_t scratch() const override {
    return attention_scratch(std::min(queries_, q_.rows()) * shared_, head_size_) * sizeof(float);
  }

  /// Parts of one token's rows.
  std::size_t shared() const override {
    if (q_.rows() > 1) return 0;
    return parts_of(keys_.rows()) * kv_heads_ * part_floats() * sizeof(float);
  }

  void run(ThreadTeam& team) override {
    require_below(positions_, keys_.rows(), "attention: position");
    team.for_ranges(k_.rows(), rows_together(k_.cols()),
                    [&](std::size_t begin, std::size_t end, std::size_t) {
                      for (std::size_t row = begin; row < end; ++row) {
                        store(k_, row, keys_);
                        store(v_, row, values_);
                      }
                    });
    const auto seen = static_cast<std::size_t>(*positions_.data<std::int32_t>()) + 1;
    if (q_.rows() == 1 && parts_of(seen) > 1) return attend_in_parts(seen, team);
    const std::size_t blocks = (q_.rows() + queries_ - 1) / queries_;
    // The last tokens see most, so they come first.
    team.for_ranges(blocks * kv_heads_, 1, [&](std::size_t index, std::size_t, std::size_t worker) {
      const std::size_t first = (blocks - 1 - index / kv_heads_) * queries_;
      attend(task(first, index % kv_heads_, reinterpret_cast<float*>(team.scratch(worker))));
    });
  }

  std::vector<std::string> kernels() const override {
    std::vector<std::string> names = {
        kernel_name(kernels_.floats->isa, keys_.format() + "_attention")};
    if (half_) names.push_back(kernel_name(kernels_.quantize_f16.isa, "f16_quantize"));
    return names;
  }

 private:
  static constexpr std::size_t kPart = 4 * kAttentionKeys;  // rows of the cache

  static std::size_t parts_of(std::size_t rows) { return (rows + kPart - 1) / kPart; }
  [[nodiscard]] std::size_t part_floats() const { return attention_part(shared_, head_size_); }

  void attend_in_parts(std::size_t seen, ThreadTeam& team) const {
    const std::size_t parts = parts_of(seen);
    auto* const results = reinterpret_cast<float*>(team.shared());
    team.for_ranges(parts * kv_heads_, 1, [&](std::size_t index, std::size_t, std::size_t worker) {
      const std::size_t part = index / kv_heads_;
      const std::size_t kv_head = index % kv_heads_;
      AttentionTask one = task(0, kv_head, reinterpret_cast<float*>(team.scratch(worker)));
      one.part = results + (kv_head * parts + part) * part_floats();
      one.first = part * kPart;
      one.end = std::min(one.first + kPart, seen);
      attend(one);
    });
    for (std::size_t kv_head = 0; kv_head < kv_heads_; ++kv_head) {
      kernels_.floats->merge_attention(results + kv_head * parts * part_floats(), parts, shared_,
                                       head_size_,
                                       y_.data<float>() + kv_head * shared_ * head_size_);
    }
  }

  void store(const CpuTensor& from, std::size_t row, const CpuTensor& cache) const {
    const std::size_t cols = from.cols();
    const std::size_t to = static_cast<std::size_t>(positions_.data<std::int32_t>()[row]) * cols;
    const float* values = from.data<float>() + row * cols;
    if (half_) {
      kernels_.quantize_f16.run(values, cols, cache.data<std::uint16_t>() + to);
    } else {
      std::memcpy(cache.data<float>() + to, values, cols * sizeof(float));
    }
  }

  [[nodiscard]] AttentionTask task(std::size_t first, std::size_t kv_head, float* scratch) const {
    const std::size_t at = first * q_.cols() + kv_head * shared_ * head_size_;
    const std::size_t element = half_ ? sizeof(std::uint16_t) : sizeof(float);
    const std::size_t head = kv_head * head_size_ * element;
    return {
        .q = q_.data<float>() + at,
        .y = y_.data<float>() + at,
        .row_stride = q_.cols(),
        .positions = positions_.data<std::int32_t>() + first,
        .queries = std::min(queries_, q_.rows() - first),
        .heads = shared_,
        .head_size = head_size_,
        .keys = keys_.data<std::uint8_t>() + head,
        .values = values_.data<std::uint8_t>() + head,
        .cache_stride = keys_.cols(),
        .scratch = scratch,
    };
  }

  void attend(const AttentionTask& task) const {
    (half_ ? kernels_.floats->attention_f16 : kernels_.floats->attention_f32)(task);
  }

  const KernelTable& kernels_;
  CpuTensor& q_;
  CpuTensor& k_;
  CpuTensor& v_;
  CpuTensor& positions_;
  CpuTensor& y_;
  CpuTensor& keys_;
  CpuTensor& values_;
  bool half_;
  std::size_t kv_heads_;
  std::size_t shared_;  // heads that look at one of keys and values
  std::size_t head_size_;
  std::size_t queries_;  // of a piece of work
};

}  // namespace

std::unique_ptr<Operation> make_transformer_operation(const Op& op, const KernelTable& kernels) {
  const FloatKernels& floats = *kernels.floats;
  if (op.kind == "embed") return std::make_unique<Embed>(op, kernels);
  if (op.kind == "rms_norm") return std::make_unique<RmsNormRows>(op, kernels);
  if (op.kind == "rope") return std::make_unique<RopeRows>(op, kernels);
  if (op.kind == "attention") return std::make_unique<AttentionRows>(op, kernels);
  if (op.kind == "argmax") return std::make_unique<ArgMaxRows>(op, kernels);
  Binary* const kernel = op.kind == "add"         ? floats.add
                         : op.kind == "silu_gate" ? floats.silu_gate
                                                  : floats.relu2_gate;
  return std::make_unique<BinaryRows>(op, floats.isa, kernel);
}

}  // namespace cpu_simd
