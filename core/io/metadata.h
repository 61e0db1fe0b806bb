#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

namespace core::io {

/// In the order of GGUF's value type numbers.
enum class MetadataType : std::uint8_t { U8, I8, U16, I16, U32, I32, F32, Bool, String, Array, U64, I64, F64 };

/// An array in a model file's metadata. Its elements stay in the mapped file (a vocabulary has 10^5 strings):
/// the parser has checked every length, the accessors materialise on demand.
class MetadataArray {
 public:
  MetadataArray(MetadataType elementType, std::uint64_t count, std::span<const std::byte> encoded)
      : m_elementType(elementType), m_count(count), m_encoded(encoded) {}
  MetadataType elementType() const { return m_elementType; }
  std::uint64_t size() const { return m_count; }
  /// The elements as the file holds them (GGUF's encoding, little-endian): what a writer copies.
  std::span<const std::byte> encoded() const { return m_encoded; }
  /// Strings are given byte for byte: a vocabulary may hold pieces that are not UTF-8.
  /// @throws Error (InvalidFile) when the elements are not of a kind that converts without loss.
  std::vector<std::string> strings() const;
  std::vector<double> numbers() const;
  std::vector<std::int64_t> integers() const;
  /// Up to `limit` elements as text, for people: "[1, 2, 3, … 32000 values]".
  std::string preview(std::size_t limit) const;

 private:
  MetadataType m_elementType;
  std::uint64_t m_count;
  std::span<const std::byte> m_encoded;
};

using MetadataValue = std::variant<std::uint64_t, std::int64_t, double, bool, std::string, MetadataArray>;

struct MetadataEntry {
  std::string key;
  MetadataValue value;
  MetadataType type;  ///< as stored: the value keeps U8…U32 as uint64_t, a writer must give the same type back
  /// The bytes of a key and of a text that are no UTF-8, for writers: key and value show them as \xNN.
  std::optional<std::string> storedKey = {}, storedText = {};
};

/// Key → value in file order, keys unique. Typed getters return nothing when the key is absent.
/// @throws Error (InvalidFile, naming key, expected and found type) when the value is of another kind.
class Metadata {
 public:
  /// Adds an entry whose stored type is the widest of its kind (U64, I64, F64).
  void add(std::string key, MetadataValue value);
  void add(std::string key, MetadataValue value, MetadataType type);
  void add(MetadataEntry entry);
  std::span<const MetadataEntry> entries() const { return m_entries; }
  const MetadataValue* find(std::string_view key) const;
  std::optional<std::uint64_t> unsignedInteger(std::string_view key) const;
  std::optional<double> number(std::string_view key) const;
  std::optional<bool> boolean(std::string_view key) const;
  std::optional<std::string> string(std::string_view key) const;
  const MetadataArray* array(std::string_view key) const;

 private:
  std::vector<MetadataEntry> m_entries;
  /// Hash of the key → index; keys stay in the entries, which copies and moves keep valid.
  std::unordered_multimap<std::size_t, std::size_t> m_index;
};

/// "u32", "string", "array", …
std::string_view name(MetadataType type);
/// Bytes of one value of a fixed-size type, 0 for strings and arrays.
std::uint32_t fixedSize(MetadataType type);

/// One line for people: strings as they are, arrays as preview.
std::string toDisplayText(const MetadataValue& value);

}  // namespace core::io
