// Little-endian bytes: the one encoding of snapshots, log records and stored tables.
#ifndef DESCENT_CORE_BASE_BYTES_H_
#define DESCENT_CORE_BASE_BYTES_H_

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace descent::core {

static_assert(std::endian::native == std::endian::little, "stored formats are little-endian and are written as memory");

// Appends values to a string. Strings and arrays are preceded by their length as 8 bytes.
class ByteWriter {
 public:
  void PutU8(uint8_t value) { Put(&value, sizeof value); }
  void PutU32(uint32_t value) { Put(&value, sizeof value); }
  void PutU64(uint64_t value) { Put(&value, sizeof value); }
  void PutI64(int64_t value) { Put(&value, sizeof value); }
  void PutDouble(double value) { Put(&value, sizeof value); }
  void PutBool(bool value) { PutU8(value ? 1 : 0); }
  void PutOptionalDouble(std::optional<double> value) {
    PutBool(value.has_value());
    PutDouble(value.value_or(0));
  }
  void PutString(absl::string_view value) {
    PutU64(value.size());
    Put(value.data(), value.size());
  }
  void PutStrings(absl::Span<const std::string> values) {
    PutU64(values.size());
    for (const std::string& value : values) PutString(value);
  }
  // T is a number type.
  template <typename T>
  void PutArray(absl::Span<const T> values) {
    PutU64(values.size());
    Put(values.data(), values.size() * sizeof(T));
  }

  // Spans or vectors of T.
  template <typename T, typename Arrays>
  void PutArrays(const Arrays& arrays) {
    PutU64(arrays.size());
    for (const auto& array : arrays) PutArray(absl::Span<const T>(array.data(), array.size()));
  }

  absl::string_view bytes() const { return bytes_; }
  std::string TakeBytes() { return std::move(bytes_); }

 private:
  void Put(const void* data, size_t size) {
    if (size != 0) bytes_.append(static_cast<const char*>(data), size);
  }

  std::string bytes_;
};

// Reads what ByteWriter wrote. A read past the end, or a length larger than what remains, sets failed() and gives zeros
// and empty values from then on; nothing is ever read outside the bytes, so damaged input is safe. Check failed() once
// at the end. The bytes must outlive the reader.
class ByteReader {
 public:
  explicit ByteReader(absl::string_view bytes) : bytes_(bytes) {}

  uint8_t GetU8() { return Get<uint8_t>(); }
  uint32_t GetU32() { return Get<uint32_t>(); }
  uint64_t GetU64() { return Get<uint64_t>(); }
  int64_t GetI64() { return Get<int64_t>(); }
  double GetDouble() { return Get<double>(); }
  bool GetBool() { return GetU8() != 0; }
  std::optional<double> GetOptionalDouble() {
    const bool has_value = GetBool();
    const double value = GetDouble();
    return has_value ? std::optional<double>(value) : std::nullopt;
  }
  std::string GetString() { return std::string(GetView()); }
  std::vector<std::string> GetStrings() {
    std::vector<std::string> values;
    for (uint64_t count = GetU64(); count > 0 && !failed_; --count) values.push_back(GetString());
    return values;
  }
  // A string without a copy.
  absl::string_view GetView() { return Take(GetU64(), 1); }
  template <typename T>
  std::vector<T> GetArray() {
    const uint64_t count = GetU64();
    const absl::string_view raw = Take(count, sizeof(T));
    std::vector<T> values(raw.size() / sizeof(T));
    if (!raw.empty()) std::memcpy(values.data(), raw.data(), raw.size());
    return values;
  }
  template <typename T>
  std::vector<std::vector<T>> GetArrays() {
    std::vector<std::vector<T>> arrays;
    for (uint64_t count = GetU64(); count > 0 && !failed_; --count) arrays.push_back(GetArray<T>());
    return arrays;
  }
  // Reads an array into `values`; fails unless it has exactly that length.
  template <typename T>
  void GetArrayInto(absl::Span<T> values) {
    const uint64_t count = GetU64();
    const absl::string_view raw = Take(count, sizeof(T));
    if (raw.size() != values.size() * sizeof(T)) {
      failed_ = true;
    } else if (!raw.empty()) {
      std::memcpy(values.data(), raw.data(), raw.size());
    }
  }

  size_t remaining() const { return failed_ ? 0 : bytes_.size(); }
  bool failed() const { return failed_; }

 private:
  absl::string_view Take(uint64_t count, size_t element_size) {
    if (failed_ || count > bytes_.size() / element_size) {
      failed_ = true;
      return {};
    }
    const absl::string_view taken = bytes_.substr(0, count * element_size);
    bytes_.remove_prefix(taken.size());
    return taken;
  }
  template <typename T>
  T Get() {
    const absl::string_view raw = Take(1, sizeof(T));
    T value{};
    if (!raw.empty()) std::memcpy(&value, raw.data(), sizeof value);
    return value;
  }

  absl::string_view bytes_;
  bool failed_ = false;
};

}  // namespace descent::core

#endif  // DESCENT_CORE_BASE_BYTES_H_
