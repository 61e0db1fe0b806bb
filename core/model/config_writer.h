#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/io/metadata.h"

namespace core::model {

/// A float as people write it: the shortest decimal that is this float.
double asDecimal(float value);

/// Puts hyper-parameters into words: the counterpart of ConfigKeys. Keys of objects have dots ("rope_scaling.factor").
/// What is said again replaces what was said before.
class ConfigWriter {
 public:
  /// @param prefix of every key: "llama.", "config."
  explicit ConfigWriter(std::string prefix) : m_prefix(std::move(prefix)) {}

  void integer(std::string_view name, std::uint32_t value);
  void real(std::string_view name, double value);
  void text(std::string_view name, std::string_view value);
  void flag(std::string_view name, bool value);
  /// @pre not empty
  void integers(std::string_view name, std::span<const std::uint32_t> values);
  void flags(std::string_view name, std::span<const std::uint32_t> values);
  void texts(std::string_view name, std::span<const std::string_view> values);
  void reals(std::string_view name, std::span<const float> values);
  /// Of a key without the prefix: what is said among the tokenizer's.
  void integerBeside(std::string_view key, std::uint32_t value);
  /// That there is none, where a silent folder's class would have one: null. GGUF files leave it out.
  void none(std::string_view name) { m_nulls.push_back(m_prefix + std::string(name)); }

  /// What was written, in its order, with the types that GGUF has for it. Lives as long as this.
  const io::Metadata& metadata() const { return m_metadata; }
  const std::vector<std::string>& nulls() const { return m_nulls; }  ///< keys
  const std::string& prefix() const { return m_prefix; }

 private:
  void add(std::string_view name, io::MetadataValue value, io::MetadataType type);
  void put(std::string key, io::MetadataValue value, io::MetadataType type);
  void array(std::string_view name, io::MetadataType type, std::size_t count, std::vector<std::byte> encoded);

  std::string m_prefix;
  io::Metadata m_metadata;
  std::vector<std::string> m_nulls;
  std::deque<std::vector<std::byte>> m_arrays;  ///< of which the metadata has views
};

}  // namespace core::model
