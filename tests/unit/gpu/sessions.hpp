// Sessions of the GPU backends, and operations run on them.
#pragma once

#include <bitgate/backend.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

using Bytes = std::vector<std::byte>;

/// A backend's session under a name.
struct Stand {
  std::string name;
  bitgate::SessionPtr session;
};

/// cuda on the simulator with its threads in two orders; opencl, cut for cores and for lanes, if it
/// was built and there is a driver.
std::vector<Stand>& stands();

/// A tensor with its bytes before the operation, and after it if it is an output.
struct Given {
  std::string format;
  std::uint64_t rows;
  std::uint64_t cols;
  Bytes bytes;
};

/// The bytes of the outputs; `in_place`: the first output is the first input. Throws
/// std::logic_error with the reason if the operation is not supported.
std::vector<Bytes> run(bitgate::Session& session, std::string_view kind,
                       const std::vector<Given>& inputs, const std::vector<Given>& outputs,
                       const std::vector<bg_attribute>& attributes = {}, bool in_place = false);

bg_attribute integer(std::string_view name, std::int64_t value);
bg_attribute real(std::string_view name, double value);

template <class T>
Bytes bytes_of(const std::vector<T>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  return {bytes.begin(), bytes.end()};
}

template <class T>
std::vector<T> values_of(const Bytes& bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  std::copy(bytes.begin(), bytes.end(), std::as_writable_bytes(std::span(values)).begin());
  return values;
}
