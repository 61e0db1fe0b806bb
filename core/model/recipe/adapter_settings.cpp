#include "core/model/recipe/adapter_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/base/error.h"
#include "core/io/text_checks.h"

namespace core::model {

namespace {

using io::inQuotes;

/// Settings of PEFT under which an adapter is more, or something else, than factors that are added.
struct Refused {
  std::string_view key, why;
};
constexpr std::array kRefused = {
    Refused{"adapter.use_dora", "it is DoRA, which also changes the lengths of columns"},
    Refused{"adapter.lora_bias", "it has biases beside its factors (lora_bias)"},
    Refused{"adapter.modules_to_save", "it brings whole matrices of its own (modules_to_save)"},
    Refused{"adapter.layer_replication", "it repeats layers (layer_replication)"},
    Refused{"adapter.trainable_token_indices", "it changes the embeddings of single tokens (trainable_token_indices)"},
    Refused{"adapter.target_parameters", "it adapts parameters that are no layers (target_parameters)"},
    Refused{"adapter.alora_invocation_tokens", "it works from certain tokens on only (aLoRA)"},
    Refused{"adapter.use_qalora", "it is QA-LoRA, whose first factor reads means of groups"},
};

/// Starts that leave the base model as it is; others (PiSSA, OLoRA, LoftQ, CorDA) take their factors out of it.
constexpr std::array<std::string_view, 3> kPlainStarts = {"gaussian", "eva", "orthogonal"};

/// Whether the settings say anything but no, nothing or an empty list.
bool isSet(const io::Metadata& metadata, std::string_view key) {
  if (const io::MetadataValue* const value = metadata.find(key)) {
    if (const auto* flag = std::get_if<bool>(value)) return *flag;
    if (const auto* text = std::get_if<std::string>(value)) return !text->empty();
    if (const auto* list = std::get_if<io::MetadataArray>(value)) return list->size() > 0;
    return true;
  }
  const std::string parts = std::string(key) + '.';
  return std::ranges::any_of(metadata.entries(), [&](const auto& entry) { return entry.key.starts_with(parts); });
}

double finiteNumber(const io::Checkpoint& checkpoint, std::string_view key, double value) {
  if (std::isfinite(value)) return value;
  refuseAdapter(checkpoint, fmt::format("{} is no finite number", key));
}

void refuseOtherStarts(const io::Checkpoint& checkpoint) {
  const io::MetadataValue* const start = checkpoint.metadata().find("adapter.init_lora_weights");
  const auto* const text = start == nullptr ? nullptr : std::get_if<std::string>(start);
  if (text == nullptr || std::ranges::find(kPlainStarts, *text) != kPlainStarts.end()) return;
  refuseAdapter(checkpoint, fmt::format("its training began by changing the model (init_lora_weights: {}), which is "
                                        "not followed here",
                                        inQuotes(*text)));
}

}  // namespace

void refuseAdapter(const io::Checkpoint& checkpoint, const std::string& clause) {
  throw Error(ErrorCode::Unsupported,
              fmt::format("{} cannot be used as an adapter: {}.", inQuotes(checkpoint.name()), clause),
              checkpoint.name());
}

AdapterSettings AdapterSettings::read(const io::Checkpoint& checkpoint) {
  if (checkpoint.kind() != io::ModelKind::Adapter)
    refuseAdapter(checkpoint, fmt::format("it is {}", io::describe(checkpoint.kind())));
  return checkpoint.format() == io::FileFormat::Gguf ? readGguf(checkpoint) : readPeft(checkpoint);
}

AdapterSettings AdapterSettings::readGguf(const io::Checkpoint& checkpoint) {
  const io::Metadata& metadata = checkpoint.metadata();
  const std::string type = metadata.string("adapter.type").value_or("");
  if (type != "lora") refuseAdapter(checkpoint, fmt::format("its adapter.type is {}, not \"lora\"", inQuotes(type)));
  if (isSet(metadata, "adapter.alora.invocation_tokens"))
    refuseAdapter(checkpoint, "it works from certain tokens on only (aLoRA)");
  AdapterSettings settings;
  settings.m_alpha =
      finiteNumber(checkpoint, "adapter.lora.alpha", metadata.number("adapter.lora.alpha").value_or(0.0));
  settings.m_zeroMeansOne = true;
  return settings;
}

AdapterSettings AdapterSettings::readPeft(const io::Checkpoint& checkpoint) {
  const io::Metadata& metadata = checkpoint.metadata();
  const auto isSetting = [](const io::MetadataEntry& entry) { return entry.key.starts_with("adapter."); };
  if (std::ranges::none_of(metadata.entries(), isSetting))
    refuseAdapter(checkpoint,
                  "adapter_config.json, which says by how much its factors count, is missing or cannot be read");
  const std::string type = metadata.string("adapter.peft_type").value_or("");
  if (type != "LORA") refuseAdapter(checkpoint, fmt::format("its peft_type is {}, not \"LORA\"", inQuotes(type)));
  for (const Refused& refused : kRefused)
    if (isSet(metadata, refused.key)) refuseAdapter(checkpoint, std::string(refused.why));
  if (const auto bias = metadata.string("adapter.bias"); bias && *bias != "none")
    refuseAdapter(checkpoint, fmt::format("it changes biases, too (bias: {})", inQuotes(*bias)));
  refuseOtherStarts(checkpoint);
  const auto alpha = metadata.number("adapter.lora_alpha");
  if (!alpha) refuseAdapter(checkpoint, "its settings say no lora_alpha");
  AdapterSettings settings;
  settings.m_alpha = finiteNumber(checkpoint, "lora_alpha", *alpha);
  settings.m_rank = metadata.unsignedInteger("adapter.r");
  settings.m_byRoot = metadata.boolean("adapter.use_rslora").value_or(false);
  settings.m_ranks = patternsUnder(checkpoint, "adapter.rank_pattern.");
  settings.m_alphas = patternsUnder(checkpoint, "adapter.alpha_pattern.");
  return settings;
}

std::vector<AdapterSettings::PatternValue> AdapterSettings::patternsUnder(const io::Checkpoint& checkpoint,
                                                                          std::string_view prefix) {
  std::vector<PatternValue> patterns;
  for (const io::MetadataEntry& entry : checkpoint.metadata().entries()) {
    if (!entry.key.starts_with(prefix)) continue;
    const double value = finiteNumber(checkpoint, entry.key, *checkpoint.metadata().number(entry.key));
    // As PEFT does (get_pattern_key): the end of a module's name, from a dot on.
    patterns.push_back(
        {TensorPattern(fmt::format(R"(^(?:.*\.)?(?:{})\.weight$)", entry.key.substr(prefix.size()))), value});
  }
  return patterns;
}

const double* AdapterSettings::find(const std::vector<PatternValue>& patterns, std::string_view target) {
  const auto found = std::ranges::find_if(patterns, [&](const PatternValue& p) { return p.pattern.matches(target); });
  return found == patterns.end() ? nullptr : &found->value;
}

std::optional<std::uint64_t> AdapterSettings::rankOf(std::string_view target) const {
  const double* const own = find(m_ranks, target);
  if (own == nullptr) return m_rank;
  constexpr double kMostRanks = 1U << 30U;  // beyond any; and the conversion is defined
  return *own > 0 && *own < kMostRanks ? static_cast<std::uint64_t>(*own) : 0;
}

double AdapterSettings::scaleOf(std::string_view target, std::uint64_t rank) const {
  const double* const own = find(m_alphas, target);
  const double alpha = own == nullptr ? m_alpha : *own, ranks = static_cast<double>(rank);
  if (alpha == 0 && m_zeroMeansOne) return 1;
  return alpha / (m_byRoot ? std::sqrt(ranks) : ranks);
}

}  // namespace core::model
