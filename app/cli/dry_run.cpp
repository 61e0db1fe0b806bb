#include "app/cli/dry_run.h"

#include <fmt/core.h>

#include "core/io/text_checks.h"

namespace app::cli {

namespace {

using core::io::printable;

/// Everything in the plan that is counted.
struct Totals {
  std::uint64_t bytes = 0, sourceBytes = 0;
  std::size_t quantized = 0, fallbacks = 0;
};

Totals totalsOf(const core::io::Checkpoint& source, const std::vector<QuantizedFileRow>& rows) {
  Totals totals;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    totals.bytes += rows[i].bytes;
    totals.sourceBytes += source.tensors()[i].bytes;
    if (!rows[i].isKept()) ++totals.quantized;
    if (!rows[i].decision.fallback.empty()) ++totals.fallbacks;
  }
  return totals;
}

double bitsPerWeight(std::uint64_t bytes, std::uint64_t weights) {
  return weights == 0 ? 0 : 8 * static_cast<double>(bytes) / static_cast<double>(weights);
}

Json toJson(const QuantizedFileRow& row, const core::io::TensorInfo& tensor) {
  Json json = {{"tensor", row.tensor},
               {"shape", tensor.shape.extents()},
               {"from", row.from},
               {"to", row.to},
               {"source_bytes", tensor.bytes},
               {"bytes", row.bytes},
               {"bits_per_weight", bitsPerWeight(row.bytes, tensor.parameters)}};
  json.update(reasonJson(row));
  addAxes(json, row.decision.place.axes);
  json["can_be_made"] = true;  // of versions that could not make every type
  return json;
}

void printJson(const core::io::Checkpoint& source, const core::model::Recipe& recipe, const QuantizationPlan& plan,
               const Totals& totals) {
  Json tensors = Json::array();
  for (std::size_t i = 0; i < plan.rows.size(); ++i) tensors.push_back(toJson(plan.rows[i], source.tensors()[i]));
  print({{"recipe", recipe.toString()},
         {"source_bytes", totals.sourceBytes},
         {"bytes", totals.bytes},
         {"bits_per_weight", bitsPerWeight(totals.bytes, source.parameters())},
         {"quantized", totals.quantized},
         {"fallbacks", totals.fallbacks},
         {"cannot_be_made", Json::array()},
         {"unused_rules", plan.unused},
         {"kept", keptJson(keptTensors(source, plan.rows))},
         {"tensors", std::move(tensors)}});
}

std::string reasonText(const QuantizedFileRow& row) {
  if (row.isKept()) return "kept: " + row.decision.kept;
  std::string text = row.decision.rule;
  if (!row.decision.fallback.empty()) text += "; " + row.decision.fallback;
  if (row.isCopied) text += "; stored so already";
  return text;
}

void printText(const core::io::Checkpoint& source, const core::model::Recipe& recipe, const QuantizationPlan& plan,
               const Totals& totals) {
  for (std::size_t i = 0; i < plan.rows.size(); ++i) {
    const auto& row = plan.rows[i];
    fmt::print("{:<32} {:>8} → {:<8} {:>6.2f} bits per weight {:>13} bytes  {}\n", printable(row.tensor),
               printable(row.from), printable(row.to), bitsPerWeight(row.bytes, source.tensors()[i].parameters),
               row.bytes, printable(reasonText(row)));
  }
  fmt::print("{}: {} of {} tensors change, {} with a fallback; {} → {} bytes of weights, {:.2f} bits per weight\n",
             printable(recipe.toString()), totals.quantized, plan.rows.size(), totals.fallbacks, totals.sourceBytes,
             totals.bytes, bitsPerWeight(totals.bytes, source.parameters()));
  for (const std::string& rule : plan.unused) fmt::print("no tensor was decided by {}\n", printable(rule));
}

}  // namespace

void printDryRun(const core::io::Checkpoint& source, const core::model::Recipe& recipe, const QuantizationPlan& plan,
                 Output output) {
  const Totals totals = totalsOf(source, plan.rows);
  if (output == Output::ForPrograms)
    printJson(source, recipe, plan, totals);
  else
    printText(source, recipe, plan, totals);
}

}  // namespace app::cli
