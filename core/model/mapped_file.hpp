// A whole file in memory, read-only and without a copy.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>

namespace bitgate::model {

/// Views of the bytes are valid while the object (or what it was moved to) lives. The file must not
/// be shortened meanwhile: the system ends a process that reads what is gone.
class MappedFile {
 public:
  MappedFile() = default;
  /// Throws std::system_error if the file can't be read, with ENOTSUP for pipes, devices and the
  /// like.
  explicit MappedFile(const std::filesystem::path& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;  // owns the mapping
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  [[nodiscard]] std::string_view bytes() const { return {static_cast<const char*>(data_), size_}; }

 private:
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace bitgate::model
