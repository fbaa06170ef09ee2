#include "model/gguf_writer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include <fmt/format.h>

#include "base/file.hpp"

namespace bitgate::model {
namespace {

template <typename T>
void append(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

void append_text(std::string& out, std::string_view text) {
  append(out, std::uint64_t{text.size()});
  out.append(text);
}

[[noreturn]] void refuse(const std::string& why) { throw std::invalid_argument(why); }

}  // namespace

GgufWriter::GgufWriter(std::uint32_t alignment) : alignment_(alignment) {
  if (alignment < 8 || !std::has_single_bit(alignment)) {
    refuse(fmt::format("alignment {}: it is a power of two from 8 on", alignment));
  }
  if (alignment != 32) u32("general.alignment", alignment);
}

void GgufWriter::begin(std::string_view key, ValueType type) {
  if (key.empty() || key.size() > 65535) refuse("a key is 1 to 65535 bytes long");
  if (!keys_.emplace(key).second) refuse(fmt::format("the key '{}' twice", key));
  append_text(values_, key);
  append(values_, static_cast<std::uint32_t>(type));
}

void GgufWriter::begin_array(std::string_view key, ValueType item, std::uint64_t count) {
  begin(key, ValueType::kArray);
  append(values_, static_cast<std::uint32_t>(item));
  append(values_, count);
}

void GgufWriter::string(std::string_view key, std::string_view value) {
  begin(key, ValueType::kString);
  append_text(values_, value);
}

void GgufWriter::boolean(std::string_view key, bool value) {
  begin(key, ValueType::kBool);
  append(values_, static_cast<std::uint8_t>(value ? 1 : 0));
}

void GgufWriter::u32(std::string_view key, std::uint32_t value) {
  begin(key, ValueType::kU32);
  append(values_, value);
}

void GgufWriter::f32(std::string_view key, float value) {
  begin(key, ValueType::kF32);
  append(values_, value);
}

void GgufWriter::strings(std::string_view key, std::span<const std::string> values) {
  begin_array(key, ValueType::kString, values.size());
  for (const std::string& value : values) append_text(values_, value);
}

void GgufWriter::i32s(std::string_view key, std::span<const std::int32_t> values) {
  begin_array(key, ValueType::kI32, values.size());
  for (const std::int32_t value : values) append(values_, value);
}

void GgufWriter::f32s(std::string_view key, std::span<const float> values) {
  begin_array(key, ValueType::kF32, values.size());
  for (const float value : values) append(values_, value);
}

std::uint64_t GgufWriter::padding(std::uint64_t size) const {
  return (alignment_ - size % alignment_) % alignment_;
}

void GgufWriter::tensor(std::string_view name, std::span<const std::uint64_t> dims, TensorType type,
                        std::span<const std::byte> bytes) {
  if (name.empty() || name.size() > 64) refuse("a tensor's name is 1 to 64 bytes long");
  if (dims.empty() || dims.size() > 4) refuse(fmt::format("{}: 1 to 4 dimensions", name));
  const auto size = tensor_bytes(type, dims);
  if (!size || *size != bytes.size()) {
    refuse(fmt::format("{}: {} bytes for {} of {}, which holds {}", name, bytes.size(),
                       model::name(type), fmt::join(dims, "x"), shape_rule(type)));
  }
  if (!names_.emplace(name).second) refuse(fmt::format("the tensor '{}' twice", name));
  append_text(infos_, name);
  append(infos_, static_cast<std::uint32_t>(dims.size()));
  for (const std::uint64_t dim : dims) append(infos_, dim);
  append(infos_, tensor_type_id(type));
  append(infos_, data_bytes_);
  data_.push_back({{reinterpret_cast<const char*>(bytes.data()), bytes.size()}, padding(*size)});
  data_bytes_ += *size + padding(*size);
}

std::string GgufWriter::head() const {
  std::string out = "GGUF";
  append(out, std::uint32_t{3});
  append(out, std::uint64_t{names_.size()});
  append(out, std::uint64_t{keys_.size()});
  out += values_;
  out += infos_;
  out.append(padding(out.size()), '\0');
  return out;
}

std::string GgufWriter::bytes() const {
  std::string out = head();
  for (const Data& data : data_) out.append(data.bytes).append(data.padding, '\0');
  return out;
}

void GgufWriter::write(const std::filesystem::path& path) const {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), path.string());
  try {
    write_all(fd, head());
    for (const Data& data : data_) {
      write_all(fd, data.bytes);
      write_all(fd, std::string(data.padding, '\0'));
    }
  } catch (...) {
    ::close(fd);
    throw;
  }
  if (::close(fd) != 0) throw std::system_error(errno, std::generic_category(), path.string());
}

}  // namespace bitgate::model
