#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/io/metadata.h"

namespace core::io {

/// What a model's config says about how it was quantized: "quantization_config" of config.json, or what older programs
/// called it. Keys are those inside that section: "bits", "config_groups.group_0.weights.num_bits". For one thread.
class QuantizationConfig {
 public:
  /// @pre the metadata outlive it
  explicit QuantizationConfig(const Metadata& metadata);

  /// A value where the config has one of the right kind.
  std::optional<std::uint64_t> number(std::string_view key) const;
  std::optional<std::int64_t> integer(std::string_view key) const;
  std::optional<double> real(std::string_view key) const;
  std::optional<bool> flag(std::string_view key) const;
  std::string text(std::string_view key) const;
  std::vector<std::int64_t> integers(std::string_view key) const;
  /// A whole number of the config itself ("num_attention_heads").
  std::optional<std::uint64_t> modelNumber(std::string_view key) const;

  /// The prefix of the group of compressed-tensors that a module belongs to ("config_groups.group_0."), empty when
  /// there is none: the first whose targets name it, else the first that targets a class of layers ("Linear").
  /// @param module "model.layers.0.self_attn.q_proj"
  std::string groupOf(std::string_view module) const;

 private:
  /// A few seconds; the patterns of real models take some hundred for a module.
  static constexpr std::uint64_t kMostSteps = 50'000'000;
  struct Group {
    std::string prefix;
    std::vector<std::string> targets;
  };
  const MetadataValue* find(std::string_view key) const;
  std::string findGroup(std::string_view module) const;

  const Metadata* m_metadata;
  std::vector<Group> m_groups;
  mutable std::uint64_t m_steps = kMostSteps;     ///< left for all patterns together
  mutable std::string m_lastModule, m_lastGroup;  ///< a module is asked about several times in a row
};

}  // namespace core::io
