#include "core/model/recipe/adapter.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/model/recipe/adapter_settings.h"
#include "core/quant/load_tensor.h"
#include "core/quant/quantizer.h"

namespace core::model {

namespace {

using io::inQuotes;

constexpr std::string_view kModule = "base_model.model.";  ///< what PEFT wraps a model in

struct Suffixes {
  std::string_view a, b;
};

Suffixes suffixesOf(io::FileFormat format) {
  return format == io::FileFormat::Gguf ? Suffixes{".lora_a", ".lora_b"} : Suffixes{".lora_A.weight", ".lora_B.weight"};
}

/// Why a tensor that is no factor cannot be left out: a clause.
std::string whyOther(const std::string& name) {
  const auto has = [&](std::string_view part) { return name.find(part) != std::string::npos; };
  if (has("lora_magnitude_vector")) return fmt::format("{} is of DoRA, which is not followed here", inQuotes(name));
  if (has("lora_embedding_")) return fmt::format("{} changes an embedding, which is not followed here", inQuotes(name));
  if (has("lora_B.bias")) return fmt::format("{} is a bias, which is not followed here", inQuotes(name));
  return fmt::format("{} is no factor of LoRA", inQuotes(name));
}

/// "base_model.model.model.layers.0.self_attn.q_proj" → "model.layers.0.self_attn.q_proj.weight"
std::string targetOf(io::FileFormat format, std::string_view stem) {
  if (format == io::FileFormat::Gguf) return std::string(stem);
  if (stem.starts_with(kModule)) stem.remove_prefix(kModule.size());
  return std::string(stem) + ".weight";
}

struct Found {
  std::optional<std::size_t> a, b;
};

std::map<std::string, Found> factorsIn(const io::Checkpoint& checkpoint) {
  const Suffixes suffixes = suffixesOf(checkpoint.format());
  std::map<std::string, Found> factors;
  for (std::size_t i = 0; i < checkpoint.tensors().size(); ++i) {
    const std::string_view name = checkpoint.tensors()[i].name;
    const bool isA = name.ends_with(suffixes.a), isB = name.ends_with(suffixes.b);
    if (!isA && !isB) refuseAdapter(checkpoint, whyOther(std::string(name)));
    const std::string_view stem = name.substr(0, name.size() - (isA ? suffixes.a : suffixes.b).size());
    Found& found = factors[targetOf(checkpoint.format(), stem)];
    (isA ? found.a : found.b) = i;
  }
  if (factors.empty()) refuseAdapter(checkpoint, "it has no factors");
  return factors;
}

void requireMatrix(const io::Checkpoint& checkpoint, const io::TensorInfo& factor) {
  if (!quant::isLoadable(factor))
    refuseAdapter(checkpoint, fmt::format("{} is no weights, but {}", inQuotes(factor.name),
                                          factor.isReadable() ? factor.typeName : factor.unreadable));
  if (factor.shape.rank() != 2 || factor.shape.count() == 0)
    refuseAdapter(checkpoint, fmt::format("{} has the shape {}, where a factor is a matrix", inQuotes(factor.name),
                                          factor.shape.toString()));
}

AdapterPair pairOf(const io::Checkpoint& checkpoint, const AdapterSettings& settings, const std::string& target,
                   const Found& found) {
  // Whose factors lie the other way, and which may be the output matrix, too.
  if (target == "token_embd.weight")
    refuseAdapter(checkpoint, fmt::format("{} is an embedding, which is not followed here", inQuotes(target)));
  if (!found.a || !found.b)
    refuseAdapter(checkpoint, fmt::format("of the two factors for {} one is missing", inQuotes(target)));
  const io::TensorInfo &a = checkpoint.tensors()[*found.a], &b = checkpoint.tensors()[*found.b];
  requireMatrix(checkpoint, a);
  requireMatrix(checkpoint, b);
  AdapterPair pair{target, *found.a, *found.b, a.shape.rows(), 1};
  if (b.shape.rowValues() != pair.rank)
    refuseAdapter(checkpoint, fmt::format("the factors for {} have the ranks {} and {}", inQuotes(target), pair.rank,
                                          b.shape.rowValues()));
  if (const auto said = settings.rankOf(target); said && *said != pair.rank)
    refuseAdapter(checkpoint, fmt::format("the factors for {} have the rank {}, where its settings say {}",
                                          inQuotes(target), pair.rank, *said));
  pair.scale = settings.scaleOf(target, pair.rank);
  return pair;
}

}  // namespace

std::shared_ptr<const Adapter> Adapter::read(std::shared_ptr<const io::Checkpoint> checkpoint, double percent) {
  const AdapterSettings settings = AdapterSettings::read(*checkpoint);
  auto adapter = std::make_shared<Adapter>();
  for (const auto& [target, found] : factorsIn(*checkpoint)) {
    adapter->m_pairs.push_back(pairOf(*checkpoint, settings, target, found));
    const double scale = adapter->m_pairs.back().scale * percent / 100;
    if (std::abs(scale) > static_cast<double>(std::numeric_limits<float>::max()))
      refuseAdapter(*checkpoint, fmt::format("the change of {} is multiplied by {}", inQuotes(target), scale));
  }
  adapter->m_checkpoint = std::move(checkpoint);
  adapter->m_percent = percent;
  return adapter;
}

void requireFinite(const Adapter& adapter, const JobContext& job) {
  const io::Checkpoint& checkpoint = adapter.checkpoint();
  for (const AdapterPair& pair : adapter.pairs())
    for (const std::size_t factor : {pair.a, pair.b}) {
      job.throwIfCancelled();
      const std::vector<float> values = quant::dequantize(*quant::loadTensor(checkpoint, factor));
      if (std::ranges::all_of(values, [](float value) { return std::isfinite(value); })) continue;
      throw Error(ErrorCode::InvalidFile,
                  fmt::format("{}: {} has values that are no finite numbers.", inQuotes(checkpoint.name()),
                              inQuotes(checkpoint.tensors()[factor].name)),
                  checkpoint.tensors()[factor].name);
    }
}

AdapterText AdapterText::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || !text.ends_with('%')) return {std::string(text)};
  const std::string_view number = text.substr(colon + 1, text.size() - colon - 2);
  double percent = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), percent);
  const bool isNumber = error == std::errc() && end == number.data() + number.size() && std::isfinite(percent);
  return isNumber ? AdapterText{std::string(text.substr(0, colon)), percent} : AdapterText{std::string(text)};
}

std::string AdapterText::toString() const { return percent == 100 ? source : fmt::format("{}:{}%", source, percent); }

}  // namespace core::model
