#include "app/session/quantize_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/model/recipe/adapted_matrix.h"
#include "core/quant/format.h"
#include "core/quant/load_tensor.h"
#include "core/quant/quantizer.h"
#include "core/quant/stored_size.h"

namespace app {

using core::model::Fate;
using core::tensor::DType;

namespace {

[[noreturn]] void throwNothingToDo(const core::io::Checkpoint& source, const std::vector<QuantizedFileRow>& rows,
                                   std::size_t matrices) {
  const std::string name = core::io::inQuotes(source.name());
  if (matrices == 0) {
    throw core::Error(core::ErrorCode::Unsupported,
                      fmt::format("{} holds nothing to quantize: none of its {} tensors is a matrix of a block ({}).",
                                  name, rows.size(), describeKept(source, keptTensors(source, rows))));
  }
  const auto refused =
      std::find_if(rows.begin(), rows.end(), [](const auto& row) { return row.decision.kept.ends_with('.'); });
  if (refused == rows.end()) {
    throw core::Error(core::ErrorCode::Unsupported,
                      fmt::format("The recipe leaves all {} tensors of {} as they are stored ({}).", rows.size(), name,
                                  describeKept(source, keptTensors(source, rows))));
  }
  throw core::Error(core::ErrorCode::Unsupported,
                    fmt::format("None of the {} matrices of {} could be quantized; {}: {}", matrices, name,
                                core::io::inQuotes(refused->tensor), refused->decision.kept),
                    refused->tensor);
}

/// Every byte of the source is quantized or copied: a type that no file can be given is the end of it.
void refuseWhatCannotBeCopied(const core::io::TensorInfo& tensor) {
  if (tensor.dtype != core::tensor::DType::Unknown) return;
  throw core::Error(core::ErrorCode::Unsupported,
                    fmt::format("The tensor {} cannot be copied into a new file: its type {} is not one that can be "
                                "written.",
                                core::io::inQuotes(tensor.name), core::io::inQuotes(tensor.typeName)),
                    tensor.name);
}

/// A file says of all its packed weights how they are packed: one of them cannot become plain numbers.
void refuseOverPacked(const core::io::TensorInfo& tensor) {
  if (core::quant::elementType(tensor)) return;
  throw core::Error(core::ErrorCode::Unsupported,
                    fmt::format("An adapter is written into plain weights and GGUF's types, and {} is packed: {}.",
                                core::io::inQuotes(tensor.name), tensor.typeName),
                    tensor.name);
}

/// A file holds no factors beside a matrix.
void mergeAdapter(QuantizedFileRow& row) {
  const core::model::TensorDecision base = row.decision.running();
  if (base.scheme) {
    row.before = std::make_shared<const core::model::TensorDecision>(std::exchange(row.decision, base));
  } else if (!base.other) {
    auto matrix = std::make_shared<core::model::AdaptedMatrix>(*row.decision.other->adapted);
    matrix->beside = nullptr;
    auto merged = std::make_shared<core::model::OtherTensor>(*row.decision.other);
    merged->adapted = std::move(matrix);
    row.decision.other = std::move(merged);
  }
}

/// Codes that take a tensor's place (trained ones) are packed by the scheme that they are of, as if it had made them.
void takeSchemeOfCodes(core::model::TensorDecision& decision) {
  const auto& tensor = decision.replacement;
  if (tensor && !tensor->dtype() && tensor->scheme && tensor->changes == nullptr) decision.scheme = tensor->scheme;
}

/// How the new file stores what the decision makes of the tensor.
void describeResult(QuantizedFileRow& row, const core::io::TensorInfo& tensor) {
  const core::model::TensorDecision& decision = row.decision;
  row.from = row.to = tensor.typeName;
  row.type = tensor.dtype;
  row.bytes = tensor.bytes;
  row.isCopied = row.isKept();
  if (decision.replacement) {
    row.type = decision.replacement->dtype().value_or(core::tensor::DType::U8);
    row.bytes = decision.replacement->bytes();
    row.to = decision.replacement->scheme ? decision.replacement->scheme->toString()
                                          : std::string(core::tensor::name(row.type));
  } else if (decision.other) {
    row.type = decision.other->adapted->type();
    row.bytes = decision.other->adapted->bytes();
    row.to = core::tensor::name(row.type);
  } else if (decision.scheme) {
    const auto dtype = core::quant::storedDType(decision.scheme->format);
    row.type = dtype.value_or(core::tensor::DType::U8);
    row.bytes = core::quant::storedSize(*decision.scheme, tensor.shape).bytes();
    row.isCopied = !row.before && dtype && dtype == core::quant::elementType(tensor);
    row.to = dtype ? std::string(core::tensor::name(*dtype)) : decision.scheme->toString();
  }
}

/// Whether both make the same of a tensor, so that nothing is quantized twice.
bool isSame(const core::model::TensorDecision& runs, const core::model::TensorDecision& stored) {
  return !runs.other && !runs.replacement && runs.scheme == stored.scheme;
}

/// Plain elements for what is not quantized again.
core::quant::Scheme plainScheme(const core::io::TensorInfo& tensor) {
  const auto stored = core::quant::elementType(tensor);
  const bool isPlain = stored == DType::F32 || stored == DType::BF16 || stored == DType::F16;
  return core::quant::Scheme::defaults(*core::quant::formatOf(isPlain ? *stored : DType::F16));
}

QuantizedFileRow mergedRow(const core::io::TensorInfo& tensor, core::model::TensorDecision runs,
                           core::model::TensorDecision stored) {
  QuantizedFileRow row{tensor.name, {}, {}, tensor.dtype, 0, std::move(stored), {}, false, {}, {}};
  if (runs.fate() == Fate::Keep || isSame(runs, row.decision)) return row;
  if (row.isKept()) {
    row.decision.scheme = plainScheme(tensor);
    row.decision.rule = "what runs, not quantized again";
    row.decision.kept.clear();
  }
  row.before = std::make_shared<const core::model::TensorDecision>(std::move(runs));
  return row;
}

}  // namespace

QuantizationPlan planMerging(const core::io::Checkpoint& source, const core::model::Recipe& runs,
                             const core::model::Recipe& stored) {
  if (stored.namesFiles() || !stored.replacements.empty())
    throw core::Error(core::ErrorCode::InvalidArgument,
                      fmt::format("What was merged is stored by a scheme or a recipe of schemes, and {} takes the "
                                  "weights of another file.",
                                  core::io::inQuotes(stored.toString())));
  auto running = core::model::planRecipe(runs, source);
  auto storing = core::model::planRecipe(stored, source);
  QuantizationPlan result;
  result.unused = std::move(storing.unused);
  result.unused.insert(result.unused.begin(), running.unused.begin(), running.unused.end());
  for (std::size_t i = 0; i < running.tensors.size(); ++i) {
    const auto& tensor = source.tensors()[i];
    refuseWhatCannotBeCopied(tensor);
    if (running.tensors[i].fate() != Fate::Keep) refuseOverPacked(tensor);
    result.rows.push_back(mergedRow(tensor, std::move(running.tensors[i]), std::move(storing.tensors[i])));
    describeResult(result.rows.back(), tensor);
  }
  return result;
}

QuantizationPlan planQuantization(const core::io::Checkpoint& source, const core::model::Recipe& recipe) {
  if (const auto* const other = recipe.otherModel(); other != nullptr && other->adapter() == nullptr) {
    throw core::Error(core::ErrorCode::Unsupported,
                      fmt::format("{} is a file already, which can be copied: only what this program quantizes is "
                                  "written.",
                                  core::io::inQuotes(other->title())),
                      other->source());
  }
  auto plan = core::model::planRecipe(recipe, source);
  QuantizationPlan result;
  result.unused = std::move(plan.unused);
  std::size_t matrices = 0, quantized = 0;
  for (std::size_t i = 0; i < plan.tensors.size(); ++i) {
    const auto& tensor = source.tensors()[i];
    refuseWhatCannotBeCopied(tensor);
    if (plan.tensors[i].other) refuseOverPacked(tensor);
    QuantizedFileRow row{tensor.name, {}, {}, tensor.dtype, 0, std::move(plan.tensors[i]), {}, false, {}, {}};
    if (&row.decision.running() != &row.decision) mergeAdapter(row);
    takeSchemeOfCodes(row.decision);
    describeResult(row, tensor);
    if (row.decision.place.fate == Fate::Quantize) ++matrices;
    if (!row.isKept()) ++quantized;
    result.rows.push_back(std::move(row));
  }
  if (quantized == 0) throwNothingToDo(source, result.rows, matrices);
  return result;
}

void noteNonFinite(QuantizedFileRow& row, const core::quant::QuantizedTensor& source,
                   const core::quant::QuantizedTensor* quantized, const core::JobContext& job) {
  row.nonFinite = core::metrics::nonFiniteValues(source, job);
  if (quantized == nullptr) return;
  const auto after = core::metrics::nonFiniteValues(*quantized, job);
  if (after.count() > row.nonFinite.count()) row.overflowed = after;
}

std::vector<KeptTensor> keptTensors(const core::io::Checkpoint& source, const std::vector<QuantizedFileRow>& rows) {
  std::vector<KeptTensor> kept;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].isKept() && !rows[i].isLeftOut)
      kept.push_back({rows[i].tensor, rows[i].decision.kept, source.tensors()[i].bytes});
  }
  return kept;
}

double shareOfBytes(const core::io::Checkpoint& source, std::uint64_t bytes) {
  double all = 0;
  for (const auto& tensor : source.tensors()) all += static_cast<double>(tensor.bytes);
  return all > 0 ? static_cast<double>(bytes) / all : 0;
}

std::string describeKept(const core::io::Checkpoint& source, const std::vector<KeptTensor>& kept) {
  struct Group {
    std::string_view reason;
    std::size_t count = 0;
    std::uint64_t bytes = 0;
  };
  std::vector<Group> groups;
  for (const KeptTensor& tensor : kept) {
    auto group = std::find_if(groups.begin(), groups.end(), [&](const auto& g) { return g.reason == tensor.reason; });
    if (group == groups.end()) group = groups.insert(groups.end(), {tensor.reason});
    ++group->count;
    group->bytes += tensor.bytes;
  }
  std::stable_sort(groups.begin(), groups.end(), [](const Group& a, const Group& b) { return a.bytes > b.bytes; });
  std::string text;
  for (const Group& group : groups) {
    if (!text.empty()) text += ", ";
    if (group.count > 1) text += fmt::format("{} × ", group.count);
    // A refused matrix gives a whole sentence as its reason.
    const std::string_view reason =
        group.reason.ends_with('.') ? group.reason.substr(0, group.reason.size() - 1) : group.reason;
    text += fmt::format("{} ({:.1f} % of the bytes)", reason, 100 * shareOfBytes(source, group.bytes));
  }
  return text;
}

}  // namespace app
