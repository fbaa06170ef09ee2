// From bytes to a Gguf. Every count, length and offset is checked against what is left of the file
// before anything is read or allocated for it: an entry takes no more memory than a small multiple
// of its bytes.
#include <bit>
#include <cstring>

#include <fmt/format.h>

#include "base/text.hpp"
#include "model/gguf.hpp"

namespace bitgate::model {
namespace {

static_assert(std::endian::native == std::endian::little,
              "values are read as they lie in the file");

constexpr std::uint64_t kMostName = 64;
constexpr std::uint64_t kMostKey = 65535;
constexpr std::uint64_t kMostItems = std::uint64_t{1} << 30;  // ggml's limit, for strings as well
constexpr std::uint32_t kMostDims = 4;
// The least that an entry takes: length, type and one byte; length, n_dims, a dimension, type,
// offset.
constexpr std::uint64_t kLeastValue = 8 + 4 + 1;
constexpr std::uint64_t kLeastTensor = 8 + 4 + 8 + 4 + 8;

constexpr const char* kTruncated = "the file is truncated or damaged: get it again";
constexpr const char* kDamaged =
    "the file is damaged or badly written: get it again or convert again";

/// A name of the file's, fit for a message.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : to_utf8(utf8_prefix(text, 80))) {
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
  }
  return out + "'";
}

}  // namespace

class GgufReader {
 public:
  GgufReader(std::string_view bytes, std::string file) {
    gguf_.file_ = std::move(file);
    gguf_.bytes_ = bytes;
  }

  Gguf read() {
    read_header();
    for (std::uint64_t i = 0; i < values_; ++i) read_value(i);
    read_alignment();
    for (std::uint64_t i = 0; i < tensors_; ++i) read_tensor(i);
    gguf_.dialect_ = dialect();
    place_tensors();
    return std::move(gguf_);
  }

 private:
  /// What a tensor's entry says before the types can be told apart.
  struct Entry {
    std::uint32_t type;
    std::uint64_t type_at;
    std::uint64_t offset;
    std::uint64_t offset_at;
  };

  [[nodiscard]] std::uint64_t left() const { return gguf_.bytes_.size() - at_; }

  [[noreturn]] void fail(std::uint64_t at, const std::string& what, const std::string& fix) const {
    throw gguf_.error(at, what, fix);
  }

  std::string_view take(std::uint64_t size, const std::string& what) {
    if (size > left()) {
      fail(at_, fmt::format("{} takes {} bytes and {} are left", what, size, left()), kTruncated);
    }
    const std::string_view bytes = gguf_.bytes_.substr(at_, size);
    at_ += size;
    return bytes;
  }

  template <typename T>
  T number(const std::string& what) {
    T value{};
    std::memcpy(&value, take(sizeof(T), what).data(), sizeof(T));
    return value;
  }

  std::string_view text(const std::string& what, std::uint64_t most) {
    const std::uint64_t at = at_;
    const auto length = number<std::uint64_t>("the length of " + what);
    if (length > most) {
      fail(at, fmt::format("{} is {} bytes long, at most {} are allowed", what, length, most),
           kDamaged);
    }
    return take(length, what);
  }

  void read_header() {
    if (take(4, "the magic 'GGUF'") != "GGUF") {
      fail(0, "the file does not begin with 'GGUF'", "give the path of a GGUF file");
    }
    const auto version = number<std::uint32_t>("the version");
    if (version != 0 && (version & 0xFFFFU) == 0) {
      fail(4, "the file is big-endian", "convert the model again for a little-endian machine");
    }
    if (version != 3) {
      fail(4, fmt::format("the file has GGUF version {}, this reads version 3", version),
           "convert the model again with a current converter");
    }
    tensors_ = number<std::uint64_t>("the number of tensors");
    values_ = number<std::uint64_t>("the number of metadata values");
    fits(8, tensors_, kLeastTensor, "tensors");
    fits(16, values_, kLeastValue, "metadata values");
  }

  void fits(std::uint64_t at, std::uint64_t count, std::uint64_t least, std::string_view what) {
    if (count > left() / least) {
      fail(at,
           fmt::format("{} {} can't be described in the {} bytes that are left", count, what,
                       left()),
           kTruncated);
    }
  }

  ValueType value_type(const std::string& what) {
    const std::uint64_t at = at_;
    const auto id = number<std::uint32_t>("the type of " + what);
    if (id >= kValueTypes) {
      fail(at, fmt::format("{} has the type {}; there are 0 to {}", what, id, kValueTypes - 1),
           kDamaged);
    }
    return static_cast<ValueType>(id);
  }

  void read_value(std::uint64_t index) {
    const std::uint64_t at = at_;
    const std::string_view key = text(fmt::format("the key of metadata value {}", index), kMostKey);
    if (key.empty())
      fail(at, fmt::format("the key of metadata value {} is empty", index), kDamaged);
    if (!gguf_.value_of_.emplace(key, index).second) {
      fail(at, fmt::format("there are two metadata values of the key {}", quoted(key)), kDamaged);
    }
    const std::string what = "the value of " + quoted(key);
    GgufValue value{key, value_type(what), {}, 1, {}, at_};
    value.item = value.type;
    if (value.type == ValueType::kArray) {
      read_array(what, value);
    } else if (value.type == ValueType::kString) {
      value.bytes = text(what, kMostItems);
      value.offset = at_ - value.bytes.size();
    } else {
      value.bytes = take(value_bytes(value.type), what);
    }
    check_booleans(what, value);
    gguf_.values_.push_back(value);
  }

  void read_array(const std::string& what, GgufValue& value) {
    const std::uint64_t type_at = at_;
    value.item = value_type("an item of " + what);
    if (value.item == ValueType::kArray) {
      fail(type_at, what + " is an array of arrays, which no model needs",
           "convert the model again without this key");
    }
    const std::uint64_t count_at = at_;
    value.count = number<std::uint64_t>("the number of items of " + what);
    // A string is at least its length.
    const std::uint64_t least = value.item == ValueType::kString ? 8 : value_bytes(value.item);
    if (value.count > kMostItems || value.count > left() / least) {
      fail(count_at,
           fmt::format("{} has {} items, for which {} bytes are left", what, value.count, left()),
           kTruncated);
    }
    value.offset = at_;
    if (value.item != ValueType::kString) {
      value.bytes = take(value.count * least, what);
      return;
    }
    for (std::uint64_t i = 0; i < value.count; ++i) {
      static_cast<void>(text(fmt::format("item {} of {}", i, what), kMostItems));
    }
    value.bytes = gguf_.bytes_.substr(value.offset, at_ - value.offset);
  }

  void check_booleans(const std::string& what, const GgufValue& value) const {
    if (value.item != ValueType::kBool) return;
    for (std::size_t i = 0; i < value.bytes.size(); ++i) {
      const auto byte = static_cast<unsigned char>(value.bytes[i]);
      if (byte <= 1) continue;
      fail(value.offset + i, fmt::format("{} is a bool with the byte {}, not 0 or 1", what, byte),
           kDamaged);
    }
  }

  void read_alignment() {
    const GgufValue* value = gguf_.find("general.alignment");
    if (value == nullptr) return;
    if (value->type != ValueType::kU32) {
      fail(value->offset, fmt::format("general.alignment is a {}, not a u32", name(value->type)),
           kDamaged);
    }
    std::uint32_t alignment = 0;
    std::memcpy(&alignment, value->bytes.data(), sizeof(alignment));
    if (alignment < 8 || !std::has_single_bit(alignment)) {
      fail(value->offset,
           fmt::format("general.alignment is {}, not a power of two from 8 on", alignment),
           "convert the model again with the usual 32");
    }
    gguf_.alignment_ = alignment;
  }

  void read_tensor(std::uint64_t index) {
    GgufTensor tensor;
    tensor.entry = at_;
    tensor.name = text(fmt::format("the name of tensor {}", index), kMostName);
    if (tensor.name.empty()) {
      fail(tensor.entry, fmt::format("the name of tensor {} is empty", index), kDamaged);
    }
    const std::string what = "tensor " + quoted(tensor.name);
    if (!gguf_.tensor_of_.emplace(tensor.name, index).second) {
      fail(tensor.entry, "there are two of " + what, kDamaged);
    }
    const std::uint64_t dims_at = at_;
    const auto dims = number<std::uint32_t>("the number of dimensions of " + what);
    if (dims == 0 || dims > kMostDims) {
      fail(dims_at, fmt::format("{} has {} dimensions; there are 1 to {}", what, dims, kMostDims),
           kDamaged);
    }
    for (std::uint32_t i = 0; i < dims; ++i) {
      tensor.dims.push_back(number<std::uint64_t>("a dimension of " + what));
    }
    if (!element_count(tensor.dims)) {
      fail(dims_at + 4,
           fmt::format("{} has the shape {}: a dimension of 0, or over 2^48 elements", what,
                       fmt::join(tensor.dims, "x")),
           kDamaged);
    }
    Entry entry{};
    entry.type_at = at_;
    entry.type = number<std::uint32_t>("the type of " + what);
    entry.offset_at = at_;
    entry.offset = number<std::uint64_t>("the offset of " + what);
    entries_.push_back(entry);
    gguf_.tensors_.push_back(std::move(tensor));
  }

  /// Numbers that only bitnet.cpp writes, or an architecture that only it quantizes to TL2.
  [[nodiscard]] Dialect dialect() const {
    for (const Entry& entry : entries_) {
      if (entry.type >= 36 && entry.type <= 38) return Dialect::kBitnetCpp;
    }
    const GgufValue* value = gguf_.find("general.architecture");
    const bool bitnet = value != nullptr && value->type == ValueType::kString &&
                        (value->bytes == "bitnet" || value->bytes == "bitnet-b1.58");
    return bitnet ? Dialect::kBitnetCpp : Dialect::kGgml;
  }

  [[nodiscard]] std::uint64_t padded(std::uint64_t size) const {
    return (size + gguf_.alignment_ - 1) / gguf_.alignment_ * gguf_.alignment_;
  }

  /// As in ggml, each tensor begins where the one before it ends, padded. So a size that a wrong
  /// idea of the type gives is found.
  void place_tensors() {
    const std::uint64_t start = padded(at_);
    std::uint64_t next = 0;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      GgufTensor& tensor = gguf_.tensors_[i];
      const Entry& entry = entries_[i];
      const std::string what = "tensor " + quoted(tensor.name);
      check_offset(what, i, entry, next);
      tensor.type = type_of(what, entry);
      const std::optional<std::uint64_t> size = tensor_bytes(tensor.type, tensor.dims);
      if (!size) {
        fail(tensor.entry,
             fmt::format("{} has the shape {}, and {} holds {}", what, fmt::join(tensor.dims, "x"),
                         name(tensor.type), shape_rule(tensor.type)),
             "convert the model again with a type that fits");
      }
      tensor.offset = start + next;
      if (tensor.offset > gguf_.bytes_.size() || *size > gguf_.bytes_.size() - tensor.offset) {
        fail(entry.offset_at,
             fmt::format("{} lies at bytes {} to {}{}, and the file has {}", what, tensor.offset,
                         tensor.offset + *size, read_as(tensor.type), gguf_.bytes_.size()),
             fix_for(tensor.type, kTruncated));
      }
      tensor.bytes = gguf_.bytes_.substr(tensor.offset, *size);
      next += padded(*size);
    }
  }

  void check_offset(const std::string& what, std::size_t index, const Entry& entry,
                    std::uint64_t next) const {
    if (entry.offset == next) return;
    if (entry.offset % gguf_.alignment_ != 0) {
      fail(entry.offset_at,
           fmt::format("{} has the offset {}, not a multiple of the alignment {}", what,
                       entry.offset, gguf_.alignment_),
           kDamaged);
    }
    if (index == 0)
      fail(entry.offset_at,
           fmt::format("{} has the offset {}, the first tensor begins at 0", what, entry.offset),
           kDamaged);
    const GgufTensor& before = gguf_.tensors_[index - 1];
    fail(entry.offset_at,
         fmt::format("{} has the offset {}, and {} before it ends at {}{}: they {}", what,
                     entry.offset, quoted(before.name), next, read_as(before.type),
                     entry.offset < next ? "overlap" : "leave a gap"),
         fix_for(before.type, kDamaged));
  }

  /// A number with two meanings: what was read may be of the other.
  static bool is_ambiguous(TensorType type) { return tensor_type_id(type) == 39; }
  static std::string read_as(TensorType type) {
    return is_ambiguous(type) ? fmt::format(" as {}, which its type 39 is here", name(type)) : "";
  }
  static std::string fix_for(TensorType type, const char* otherwise) {
    return is_ambiguous(type)
               ? "type 39 is TL2 for bitnet.cpp and MXFP4 for ggml: general.architecture must be "
                 "bitnet or bitnet-b1.58 for the first, another for the second"
               : otherwise;
  }

  [[nodiscard]] TensorType type_of(const std::string& what, const Entry& entry) const {
    const std::optional<TensorType> type = tensor_type(entry.type, gguf_.dialect_);
    if (type) return *type;
    const std::string_view known = tensor_type_name(entry.type);
    fail(entry.type_at,
         fmt::format("{} has the type {}{}, which bitgate does not read", what, entry.type,
                     known.empty() ? "" : fmt::format(" ({})", known)),
         "convert the model to one of " + known_tensor_types());
  }

  Gguf gguf_;
  std::uint64_t at_ = 0;
  std::uint64_t tensors_ = 0;
  std::uint64_t values_ = 0;
  std::vector<Entry> entries_;
};

Gguf Gguf::parse(std::string_view bytes, std::string file) {
  return GgufReader(bytes, std::move(file)).read();
}

Gguf Gguf::open(const std::filesystem::path& path) {
  MappedFile map(path);
  Gguf gguf = parse(map.bytes(), path.string());
  gguf.map_ = std::move(map);
  return gguf;
}

}  // namespace bitgate::model
