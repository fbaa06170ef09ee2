// What both kinds of fuzzing do with the bytes of a model file.
#pragma once

#include <stdexcept>
#include <string_view>

#include "model/gguf.hpp"
#include "model/gguf_layout.hpp"
#include "model/tokenizer.hpp"

namespace bitgate::test {

/// Calls the accessor, for which a key of another type is an error and no more.
template <typename Accessor>
void try_access(const Accessor& accessor) {
  try {
    static_cast<void>(accessor());
  } catch (const model::GgufError&) {
    return;
  }
}

/// Makes the file's tokenizer, if it has one, and sees a text come back from it, if it can encode
/// it.
inline void try_tokenizer(const model::Gguf& gguf) {
  constexpr std::string_view kText = "<s>It's 127+345=472,\r\n  \u00e4\u2581\U0001F600\xFF</s> x";
  try {
    const auto tokenizer = model::Tokenizer::from(gguf);
    if (tokenizer.decode(tokenizer.encode(kText)) != kText) {
      throw std::logic_error("a text does not come back");
    }
  } catch (const model::GgufError&) {
    return;
  } catch (const std::invalid_argument&) {  // lacks a byte
    return;
  }
}

/// Reads the bytes as a GGUF file and all that is in it. True if it is one, false if it was refused
/// with a GgufError; anything else that is thrown goes on, and is a bug.
inline bool read_gguf(std::string_view bytes) {
  try {
    const model::Gguf gguf = model::Gguf::parse(bytes, "fuzz.gguf");
    for (const model::GgufValue& value : gguf.values()) {
      try_access([&] { return gguf.string(value.key); });
      try_access([&] { return gguf.boolean(value.key); });
      try_access([&] { return gguf.integer(value.key); });
      try_access([&] { return gguf.count(value.key); });
      try_access([&] { return gguf.real(value.key); });
      try_access([&] { return gguf.strings(value.key); });
      try_access([&] { return gguf.integers(value.key); });
      try_access([&] { return gguf.reals(value.key); });
    }
    unsigned sum = 0;
    for (const model::GgufTensor& tensor : gguf.tensors()) {
      for (const char byte : tensor.bytes) sum += static_cast<unsigned char>(byte);
    }
    try_access([&] { return model::i2_s_layout(gguf); });
    try_tokenizer(gguf);
    return sum != 1;  // so that the sum is not optimised away
  } catch (const model::GgufError&) {
    return false;
  }
}

}  // namespace bitgate::test
