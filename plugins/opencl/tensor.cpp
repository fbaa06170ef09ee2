#include "tensor.hpp"

#include <algorithm>
#include <cstring>

#include "common/row_codecs.hpp"

namespace opencl {

namespace formats = bitgate::formats;

ClTensor::ClTensor(const bitgate::TensorDesc& desc, const Engine& engine, cl_command_queue queue)
    : format_(desc.format),
      shape_{desc.rows(), desc.cols(), engine.cut().block_rows()},
      queue_(queue),
      ternary_(formats::is_ternary(format_)),
      block_scales_(format_ == formats::kTq1 || format_ == formats::kTq2) {
  const auto canonical = formats::byte_size(format_, rows(), cols());
  if (desc.rank > 2 || !canonical) {
    throw bitgate::Error(BG_UNSUPPORTED, desc.rank > 2 ? "tensors of more than two dimensions"
                                                       : formats::why_not(format_, rows(), cols()));
  }
  if (ternary_) {
    data_ = make(engine, shape_.padded_rows() * shape_.words() * sizeof(std::uint32_t));
    scale_count_ = row_codecs::scale_places(format_, {rows(), cols()}).count;
    // Kernels also read the scales of rows that only fill a block.
    const std::size_t padded = scale_count_ / rows() * shape_.padded_rows();
    scales_ = make(engine, block_scales_ ? padded * sizeof(cl_half) : sizeof(float));
  } else if (format_ == formats::kI8) {
    data_ =
        make(engine, shape_.tiled_rows() * shape_.chunks() * kChunk / 2 * sizeof(std::uint32_t));
    sums_ = make(engine, shape_.tiled_rows() * shape_.chunks() * sizeof(std::int32_t));
    scale_count_ = rows();
    scales_ = make(engine, rows() * sizeof(float));
  } else {
    data_ = make(engine, *canonical);
  }
}

Buffer ClTensor::make(const Engine& engine, std::size_t size) const {
  const auto most = device_info<cl_ulong>(engine.device(), CL_DEVICE_MAX_MEM_ALLOC_SIZE);
  if (size > most) {
    throw bitgate::Error(BG_OUT_OF_MEMORY, "a buffer of " + std::to_string(size) +
                                               " bytes on a device that allocates at most " +
                                               std::to_string(most));
  }
  cl_int status = CL_SUCCESS;
  Buffer made(clCreateBuffer(engine.context(), CL_MEM_READ_WRITE, size, nullptr, &status));
  check(status, "clCreateBuffer");
  // What fills rows up to whole blocks or tiles is read and must be no NaN.
  const cl_uchar zero = 0;
  check(clEnqueueFillBuffer(queue_, made.get(), &zero, sizeof(zero), 0, size, 0, nullptr, nullptr),
        "clEnqueueFillBuffer");
  return made;
}

void ClTensor::put(cl_mem to, const void* from, std::size_t size) const {
  check(clEnqueueWriteBuffer(queue_, to, CL_TRUE, 0, size, from, 0, nullptr, nullptr),
        "clEnqueueWriteBuffer");
}

void ClTensor::get(cl_mem from, void* to, std::size_t size) const {
  check(clEnqueueReadBuffer(queue_, from, CL_TRUE, 0, size, to, 0, nullptr, nullptr),
        "clEnqueueReadBuffer");
}

void ClTensor::write(bitgate::ConstBytes bytes) {
  const auto* from = reinterpret_cast<const std::uint8_t*>(bytes.data());
  if (ternary_) {
    write_ternary(from);
  } else if (format_ == formats::kI8) {
    write_int8(from);
  } else {
    put(data_.get(), from, bytes.size());
  }
}

void ClTensor::read(bitgate::Bytes bytes) const {
  auto* to = reinterpret_cast<std::uint8_t*>(bytes.data());
  if (ternary_) {
    read_ternary(to);
  } else if (format_ == formats::kI8) {
    read_int8(to);
  } else {
    get(data_.get(), to, bytes.size());
  }
}

void ClTensor::write_ternary(const std::uint8_t* from) {
  const std::vector<std::uint32_t> words = pack_ternary(format_, shape_, from);
  put(data_.get(), words.data(), words.size() * sizeof(std::uint32_t));
  const row_codecs::ScalePlaces places = row_codecs::scale_places(format_, {rows(), cols()});
  std::vector<std::uint8_t> scales(places.count * places.size);
  for (std::size_t i = 0; i < places.count; ++i) {
    std::memcpy(&scales[i * places.size], from + places.first + i * places.stride, places.size);
  }
  put(scales_.get(), scales.data(), scales.size());
}

void ClTensor::read_ternary(std::uint8_t* to) const {
  std::vector<std::uint32_t> words(shape_.padded_rows() * shape_.words());
  get(data_.get(), words.data(), words.size() * sizeof(std::uint32_t));
  const std::size_t size = *formats::byte_size(format_, rows(), cols());
  std::fill_n(to, size, std::uint8_t{0});
  unpack_ternary(format_, shape_, words.data(), to);
  const row_codecs::ScalePlaces places = row_codecs::scale_places(format_, {rows(), cols()});
  std::vector<std::uint8_t> scales(places.count * places.size);
  get(scales_.get(), scales.data(), scales.size());
  for (std::size_t i = 0; i < places.count; ++i) {
    std::memcpy(to + places.first + i * places.stride, &scales[i * places.size], places.size);
  }
}

void ClTensor::write_int8(const std::uint8_t* from) {
  const Activations packed = pack_int8(shape_, reinterpret_cast<const std::int8_t*>(from));
  put(data_.get(), packed.pairs.data(), packed.pairs.size() * sizeof(std::uint32_t));
  put(sums_.get(), packed.sums.data(), packed.sums.size() * sizeof(std::int32_t));
  put(scales_.get(), from + count(), rows() * sizeof(float));
}

void ClTensor::read_int8(std::uint8_t* to) const {
  std::vector<std::uint32_t> pairs(rows() * shape_.chunks() * kChunk / 2);
  get(data_.get(), pairs.data(), pairs.size() * sizeof(std::uint32_t));
  unpack_int8(shape_, pairs.data(), reinterpret_cast<std::int8_t*>(to));
  get(scales_.get(), to + count(), rows() * sizeof(float));
}

}  // namespace opencl
