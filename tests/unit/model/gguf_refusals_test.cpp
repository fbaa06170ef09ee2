// Files that are wrong in one place each, built byte by byte: the error names the place.
#include <cstring>

#include "model/gguf.hpp"
#include "support/catch.hpp"

using namespace bitgate::model;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

/// A file as raw as can be.
struct Raw {
  std::string bytes;

  template <typename T>
  Raw& put(T value) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
    return *this;
  }
  Raw& text(std::string_view value) {
    put(std::uint64_t{value.size()});
    bytes += value;
    return *this;
  }
  Raw& key(std::string_view name, std::uint32_t type) { return text(name).put(type); }
  Raw& tensor(std::string_view name, const std::vector<std::uint64_t>& dims, std::uint32_t type,
              std::uint64_t offset) {
    text(name).put(static_cast<std::uint32_t>(dims.size()));
    for (const std::uint64_t dim : dims) put(dim);
    return put(type).put(offset);
  }
  Raw& data(std::size_t size) {
    bytes.resize((bytes.size() + 31) / 32 * 32 + size);
    return *this;
  }
};

Raw header(std::uint64_t tensors, std::uint64_t values, std::uint32_t version = 3) {
  Raw raw;
  raw.bytes = "GGUF";
  raw.put(version).put(tensors).put(values);
  return raw;
}

void refused(const Raw& raw, std::uint64_t offset, const std::string& words) {
  INFO(words);
  try {
    static_cast<void>(Gguf::parse(raw.bytes, "f.gguf"));
    FAIL("it was read");
  } catch (const GgufError& error) {
    CHECK(error.offset() == offset);
    CHECK_THAT(error.what(), StartsWith("f.gguf: byte " + std::to_string(offset) + ": ") &&
                                 Contains(words) && Contains("; "));
  }
}

Raw one_value(std::string_view key, std::uint32_t type) { return header(0, 1).key(key, type); }

constexpr std::uint64_t kHeader = 24;
constexpr std::uint32_t kBool = 7;
constexpr std::uint32_t kString = 8;
constexpr std::uint32_t kArray = 9;
constexpr std::uint32_t kU32 = 4;

}  // namespace

TEST_CASE("headers that are not GGUF version 3") {
  refused({}, 0, "the magic 'GGUF' takes 4 bytes and 0 are left");
  refused({"GGML....................."}, 0, "does not begin with 'GGUF'");
  for (const std::uint32_t version : {0U, 1U, 2U, 4U}) {
    refused(header(0, 0, version), 4, "has GGUF version " + std::to_string(version));
  }
  refused(header(0, 0, 0x03000000), 4, "big-endian");
  CHECK(Gguf::parse(header(0, 0).bytes, "f.gguf").values().empty());
}

TEST_CASE("counts and lengths beyond the file") {
  refused(header(1ULL << 62, 0), 8, "4611686018427387904 tensors can't be described");
  refused(header(0, ~0ULL), 16, "18446744073709551615 metadata values");
  Raw raw = header(0, 1).put(~0ULL);
  raw.bytes.resize(100);
  refused(raw, kHeader, "the key of metadata value 0 is 18446744073709551615 bytes long");
  refused(one_value("k", kString).put(1ULL << 20), kHeader + 9 + 4 + 8, "takes 1048576 bytes");
  refused(one_value("k", kString).put(~0ULL), kHeader + 9 + 4, "at most 1073741824");
  refused(one_value("k", kArray).put(kU32).put(1ULL << 62), kHeader + 9 + 8, "has 46116860184");
  refused(one_value("k", kArray).put(kString).put(2ULL).put(0ULL), kHeader + 9 + 8, "has 2 items");
  Raw tensor = header(1, 0).put(65ULL);
  tensor.bytes.resize(200);
  refused(tensor, kHeader, "the name of tensor 0 is 65 bytes long");
}

TEST_CASE("metadata that can't be") {
  refused(one_value("k", 13).put(0U), kHeader + 9, "has the type 13; there are 0 to 12");
  refused(one_value("k", kBool).put(std::uint8_t{2}), kHeader + 9 + 4, "a bool with the byte 2");
  refused(one_value("k", kArray).put(kBool).put(3ULL).put(std::uint16_t{1}).put(std::uint8_t{9}),
          kHeader + 9 + 16 + 2, "a bool with the byte 9");
  refused(one_value("k", kArray).put(kArray).put(0ULL), kHeader + 9 + 4, "array of arrays");
  refused(header(0, 2).key("k", kU32).put(1U).key("k", kU32).put(1U), kHeader + 17,
          "two metadata values of the key 'k'");
  refused(one_value("", kU32).put(1ULL), kHeader, "key of metadata value 0 is empty");
  refused(one_value("\x01\xFF", kBool).put(std::uint8_t{2}), kHeader + 14, "'?\xEF\xBF\xBD'");
}

TEST_CASE("alignments") {
  const auto aligned = [](std::uint32_t alignment) {
    return one_value("general.alignment", kU32).put(alignment);
  };
  constexpr std::uint64_t kValue = kHeader + 8 + 17 + 4;
  for (const std::uint32_t alignment : {0U, 1U, 4U, 7U, 24U, 4294967295U}) {
    refused(aligned(alignment), kValue,
            "general.alignment is " + std::to_string(alignment) + ", not a power of two from 8 on");
  }
  for (const std::uint32_t alignment : {8U, 64U, 2147483648U}) {
    CHECK(Gguf::parse(aligned(alignment).bytes, "f.gguf").alignment() == alignment);
  }
  refused(one_value("general.alignment", 5).put(32), kValue, "is a i32, not a u32");
}

TEST_CASE("tensors that can't be") {
  const std::uint64_t dims = kHeader + 9;  // after the name 't'
  refused(header(1, 0).tensor("t", {}, 0, 0).data(64), dims, "has 0 dimensions");
  refused(header(1, 0).tensor("t", {1, 1, 1, 1, 1}, 0, 0).data(64), dims, "has 5 dimensions");
  refused(header(1, 0).tensor("t", {0}, 0, 0).data(64), dims + 4, "the shape 0");
  refused(header(1, 0).tensor("t", {4, 0}, 0, 0).data(64), dims + 4, "the shape 4x0");
  refused(header(1, 0).tensor("t", {1ULL << 32, 1ULL << 32}, 0, 0).data(64), dims + 4, "over 2^48");
  refused(header(1, 0).tensor("t", {~0ULL, ~0ULL, ~0ULL}, 0, 0).data(64), dims + 4, "over 2^48");
  refused(header(1, 0).tensor("", {4}, 0, 0).data(64), kHeader, "name of tensor 0 is empty");
  refused(header(2, 0).tensor("t", {4}, 0, 0).tensor("t", {4}, 0, 32).data(64), kHeader + 33,
          "there are two of tensor 't'");
  const std::uint64_t type = dims + 4 + 8;
  refused(header(1, 0).tensor("t", {256}, 12, 0).data(256), type, "has the type 12 (Q4_K)");
  refused(header(1, 0).tensor("t", {256}, 38, 0).data(256), type, "has the type 38 (TL1)");
  refused(header(1, 0).tensor("t", {256}, 4096, 0).data(256), type, "has the type 4096, which");
  refused(header(1, 0).tensor("t", {100}, 34, 0).data(256), kHeader,
          "the shape 100, and TQ1_0 holds rows of a multiple of 256 elements");
  refused(header(1, 0).tensor("t", {6}, 36, 0).data(256), kHeader, "tensors of a multiple of 4");
}

TEST_CASE("offsets that are not where the tensor before ends") {
  const auto two = [](std::uint64_t first, std::uint64_t second) {
    return header(2, 0).tensor("a", {16}, 0, first).tensor("b", {16}, 0, second).data(192);
  };
  const std::uint64_t a = kHeader + 9 + 4 + 8 + 4;
  const std::uint64_t b = a + 8 + 9 + 4 + 8 + 4;
  CHECK(Gguf::parse(two(0, 64).bytes, "f.gguf").tensors().size() == 2);
  refused(two(0, 0), b, "the offset 0, and 'a' before it ends at 64: they overlap");
  refused(two(0, 32), b, "they overlap");
  refused(two(0, 96), b, "they leave a gap");
  refused(two(64, 0), a, "the offset 64, the first tensor begins at 0");
  refused(two(0, 65), b, "the offset 65, not a multiple of the alignment 32");
  refused(two(0, ~0ULL - 31), b, "they leave a gap");
  refused(header(1, 0).tensor("a", {16}, 0, 0).data(63), a,
          "lies at bytes 64 to 128, and the file has 127");
  refused(header(1, 0).tensor("a", {1ULL << 48}, 0, 0).data(64), a, "and the file has 128");
}

TEST_CASE("paths that are not files are errors of the system") {
  CHECK_THROWS_AS(Gguf::open("/nowhere/model.gguf"), std::system_error);
  CHECK_THROWS_AS(Gguf::open("/tmp"), std::system_error);
  CHECK_THROWS_AS(Gguf::open("/dev/null"), std::system_error);
}
