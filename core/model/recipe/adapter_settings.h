#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/io/checkpoint.h"
#include "core/model/recipe/tensor_pattern.h"

namespace core::model {

/// What an adapter's metadata say of its factors: adapter_config.json of PEFT, keys "adapter.…" of GGUF.
class AdapterSettings {
 public:
  /// @throws Error (Unsupported, InvalidFile) for settings that change a model otherwise than by factors, and for none
  static AdapterSettings read(const io::Checkpoint& checkpoint);

  /// What is said of the rank of the factors for a matrix; nothing where the factors alone say it.
  std::optional<std::uint64_t> rankOf(std::string_view target) const;
  /// What their product is multiplied by: alpha / rank, alpha / √rank under use_rslora. In GGUF an alpha of 0 stands
  /// for none: 1. Source: LoraLayer.update_layer of PEFT; llama_adapter_lora_weight::get_scale of llama.cpp.
  double scaleOf(std::string_view target, std::uint64_t rank) const;

 private:
  struct PatternValue {
    TensorPattern pattern;  ///< of modules: "…q_proj"
    double value;
  };
  static AdapterSettings readPeft(const io::Checkpoint& checkpoint);
  static AdapterSettings readGguf(const io::Checkpoint& checkpoint);
  static std::vector<PatternValue> patternsUnder(const io::Checkpoint& checkpoint, std::string_view prefix);
  static const double* find(const std::vector<PatternValue>& patterns, std::string_view target);

  std::optional<std::uint64_t> m_rank;
  double m_alpha = 0;
  bool m_byRoot = false;        ///< alpha / √rank
  bool m_zeroMeansOne = false;  ///< an alpha of 0 is none
  std::vector<PatternValue> m_ranks, m_alphas;
};

/// "X cannot be used as an adapter: CLAUSE."
[[noreturn]] void refuseAdapter(const io::Checkpoint& checkpoint, const std::string& clause);

}  // namespace core::model
