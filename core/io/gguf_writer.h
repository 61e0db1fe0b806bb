#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/io/metadata.h"
#include "core/io/model_writer.h"

namespace core::io {

/// Writes GGUF version 3 (layout: gguf.h). Metadata may be added until the first data is appended.
/// All add functions throw Error (InvalidArgument) for a key that is empty, not UTF-8 or already there.
class GgufWriter final : public ModelWriter {
 public:
  static constexpr std::uint32_t kDefaultAlignment = 32;

  /// @param alignment a power of two; written as general.alignment when it is not the default
  explicit GgufWriter(OutputFile file, std::uint32_t alignment = kDefaultAlignment);

  void addU16(std::string_view key, std::uint16_t value);
  void addU32(std::string_view key, std::uint32_t value);
  void addI32(std::string_view key, std::int32_t value);
  void addU64(std::string_view key, std::uint64_t value);
  void addF32(std::string_view key, float value);
  void addBool(std::string_view key, bool value);
  void addString(std::string_view key, std::string_view value);
  void addStrings(std::string_view key, std::span<const std::string> values);
  void addF32s(std::string_view key, std::span<const float> values);
  void addI32s(std::string_view key, std::span<const std::int32_t> values);
  /// An entry of an opened model with the type it was stored in, byte for byte even where it is not UTF-8.
  /// general.alignment is the writer's own and is left out.
  void addEntry(const MetadataEntry& entry);

 protected:
  void checkTensor(const std::string& name, tensor::DType dtype, const tensor::Shape& shape) const override;
  std::vector<std::byte> header() const override;

 private:
  void addKey(std::string_view key, MetadataType type);
  void startEntry(std::string_view key, MetadataType type);
  void addArrayHead(std::string_view key, MetadataType elementType, std::uint64_t count);

  std::vector<std::byte> m_metadata;  ///< encoded
  std::uint64_t m_metadataCount = 0;
  std::unordered_set<std::string> m_keys;
};

}  // namespace core::io
