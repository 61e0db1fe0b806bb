#include "app/cli/dry_run.h"

#include <fmt/core.h>

#include <algorithm>

#include "app/session/quantize_model.h"
#include "app/session/writing_plan.h"
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
  if (!row.target.empty()) json["target"] = row.target;
  json.update(reasonJson(row));
  addAxes(json, row.decision.place.axes);
  json["can_be_made"] = true;  // of versions that could not make every type
  return json;
}

/// The parts, where the model is to be split; with their names where a file was named.
struct Parts {
  std::vector<core::io::SplitPart> parts;
  std::vector<std::filesystem::path> files;
};

/// Under a named target the rows say what it stores; without one, what the recipe does.
Parts partsOf(DryRun& what) {
  const bool isNamed = what.target.has_value() || what.layout.has_value();
  if (!isNamed) return what.split.isSplit() ? Parts{planParts(what.plan.rows, what.split), {}} : Parts{};
  const QuantizeTarget target(what.target.value_or("folder"), what.split, what.layout);
  const TargetKind kind = targetKind(target, what.source);  // says what cannot be split
  const WritingPlan plan = planWriting(what.source, what.recipe, what.plan.rows, kind);
  if (!what.split.isSplit()) return {};
  Parts result{planWeightParts(plan, what.split), {}};
  if (what.target) result.files = targetFiles(target, result.parts);
  result.parts = inTensors(plan, std::move(result.parts));
  return result;
}

Json toJson(const Parts& parts) {
  Json list = Json::array();
  for (std::size_t i = 0; i < parts.parts.size(); ++i) {
    Json row = {{"tensors", parts.parts[i].count}, {"bytes", parts.parts[i].bytes}};
    if (!parts.files.empty()) row["file"] = parts.files[i].string();
    list.push_back(std::move(row));
  }
  return list;
}

void printJson(const DryRun& what, const Totals& totals, const Parts& parts) {
  const auto& source = what.source;
  const auto& plan = what.plan;
  Json tensors = Json::array();
  for (std::size_t i = 0; i < plan.rows.size(); ++i) tensors.push_back(toJson(plan.rows[i], source.tensors()[i]));
  Json answer = {{"recipe", what.recipe.toString()},
                 {"source_bytes", totals.sourceBytes},
                 {"bytes", totals.bytes},
                 {"bits_per_weight", bitsPerWeight(totals.bytes, source.parameters())},
                 {"quantized", totals.quantized},
                 {"fallbacks", totals.fallbacks},
                 {"cannot_be_made", Json::array()},
                 {"unused_rules", plan.unused},
                 {"not_written", whatIsNotWritten(plan.rows, {core::io::FileFormat::Gguf, what.layout})},
                 {"kept", keptJson(keptTensors(source, plan.rows))},
                 {"tensors", std::move(tensors)}};
  if (!parts.parts.empty()) answer["parts"] = toJson(parts);
  print(answer);
}

std::string reasonText(const QuantizedFileRow& row) {
  if (row.isLeftOut) return "has no place in the new model";
  if (row.isKept()) return "kept: " + row.decision.kept;
  std::string text = row.decision.rule;
  if (!row.decision.fallback.empty()) text += "; " + row.decision.fallback;
  if (row.isCopied) text += "; stored so already";
  return text;
}

void printText(const DryRun& what, const Totals& totals, const Parts& parts) {
  const auto& tensors = what.source.tensors();
  for (std::size_t i = 0; i < what.plan.rows.size(); ++i) {
    const auto& row = what.plan.rows[i];
    const bool isRenamed = !row.target.empty() && row.target != row.tensor;
    fmt::print("{:<32} {:>8} → {:<8} {:>6.2f} bits per weight {:>13} bytes  {}{}\n", printable(row.tensor),
               printable(row.from), printable(row.to), bitsPerWeight(row.bytes, tensors[i].parameters), row.bytes,
               isRenamed ? "as " + printable(row.target) + "; " : std::string(), printable(reasonText(row)));
  }
  fmt::print("{}: {} of {} tensors change, {} with a fallback; {} → {} bytes of weights, {:.2f} bits per weight\n",
             printable(what.recipe.toString()), totals.quantized, tensors.size(), totals.fallbacks, totals.sourceBytes,
             totals.bytes, bitsPerWeight(totals.bytes, what.source.parameters()));
  if (!parts.parts.empty()) {
    const auto largest = std::max_element(parts.parts.begin(), parts.parts.end(),
                                          [](const auto& a, const auto& b) { return a.bytes < b.bytes; });
    fmt::print("in {} {}, the largest with {} bytes of {} tensors\n", parts.parts.size(),
               parts.parts.size() == 1 ? "part" : "parts", largest->bytes, largest->count);
  }
  for (const std::string& rule : what.plan.unused) fmt::print("no tensor was decided by {}\n", printable(rule));
  if (const std::string note = whatIsNotWritten(what.plan.rows, {core::io::FileFormat::Gguf, what.layout});
      !note.empty())
    fmt::print("{}\n", note);
}

}  // namespace

void printDryRun(DryRun what, Output output) {
  const Parts parts = partsOf(what);
  const Totals totals = totalsOf(what.source, what.plan.rows);
  if (output == Output::ForPrograms)
    printJson(what, totals, parts);
  else
    printText(what, totals, parts);
}

}  // namespace app::cli
