#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/io/checkpoint.h"
#include "core/model/metadata_limits.h"

namespace core::model {

/// Objects of rotary embedding for kinds of layers, since transformers 5.
inline constexpr std::string_view kWholeLayersRope = "rope_parameters.full_attention",
                                  kWindowedLayersRope = "rope_parameters.sliding_attention";

/// The keys of one checkpoint's metadata by the names that follow its prefix: "llama." of a GGUF file of that
/// architecture, "config." of a folder, or "config.text_config." for what the language model among several has there.
class ConfigKeys {
 public:
  explicit ConfigKeys(const io::Checkpoint& checkpoint);

  std::string operator()(std::string_view name) const;
  bool has(std::string_view name) const;
  /// @throws Error (InvalidFile) naming key, value and range, as MetadataLimits
  std::uint32_t integer(std::string_view name, std::optional<std::uint32_t> fallback, std::uint32_t min,
                        std::uint32_t max) const;
  float real(std::string_view name, float fallback, float min, float max) const;
  bool flag(std::string_view name, bool fallback) const;
  /// A list of numbers or flags, one per layer; empty where there is none. @throws Error (InvalidFile) for another
  /// length, or elements that are none
  std::vector<std::uint32_t> perLayer(std::string_view name, std::uint32_t layers) const;
  /// A list of words, likewise.
  std::vector<std::string> wordsPerLayer(std::string_view name, std::uint32_t layers) const;
  const MetadataLimits& limits() const { return m_limits; }
  const io::Metadata& metadata() const { return m_metadata; }

 private:
  const io::Metadata& m_metadata;
  MetadataLimits m_limits;
  std::string m_prefix, m_inside;
};

}  // namespace core::model
