#include "app/session/quantize_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/quant/quantizer.h"
#include "core/quant/registry.h"

namespace app {

using core::model::Fate;

namespace {

[[noreturn]] void throwNothingToDo(const core::io::Checkpoint& source, const std::vector<QuantizedFileRow>& rows,
                                   std::size_t matrices) {
  const std::string name = core::io::inQuotes(source.name());
  if (matrices == 0) {
    throw core::Error(core::ErrorCode::Unsupported,
                      fmt::format("{} holds nothing to quantize: none of its {} tensors is a matrix of a block ({}).",
                                  name, rows.size(), describeKept(source, keptTensors(source, rows))));
  }
  const auto refused = std::find_if(rows.begin(), rows.end(), [](const auto& row) { return row.kept.ends_with('.'); });
  throw core::Error(core::ErrorCode::Unsupported,
                    fmt::format("None of the {} matrices of {} could be quantized; {}: {}", matrices, name,
                                core::io::inQuotes(refused->tensor), refused->kept),
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

}  // namespace

std::vector<QuantizedFileRow> planQuantization(const core::io::Checkpoint& source, const core::quant::Scheme& scheme,
                                               core::tensor::DType stored) {
  const auto choices = core::model::chooseTensors(source);
  std::vector<QuantizedFileRow> rows;
  std::size_t matrices = 0, quantized = 0;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    const auto& tensor = source.tensors()[i];
    refuseWhatCannotBeCopied(tensor);
    QuantizedFileRow row{tensor.name,  tensor.typeName, tensor.typeName,   tensor.dtype,
                         tensor.bytes, choices[i].fate, choices[i].reason, {},
                         {},           choices[i].axes};
    if (row.fate == Fate::Quantize) {
      ++matrices;
      if (core::quant::accepts(scheme, tensor.shape, &row.kept)) {
        ++quantized;
        row.type = stored;
        row.to = core::tensor::name(stored);
      } else {
        row.fate = Fate::Keep;
      }
    }
    rows.push_back(std::move(row));
  }
  if (quantized == 0) throwNothingToDo(source, rows, matrices);
  return rows;
}

void noteNonFinite(QuantizedFileRow& row, const core::tensor::TensorView& source,
                   const core::quant::QuantizedTensor* quantized, const core::JobContext& job) {
  if (!source.unreadable.empty() || !core::quant::isDecodable(source.dtype)) return;
  row.nonFinite = core::metrics::nonFiniteValues(source, job);
  if (quantized == nullptr) return;
  const auto after = core::metrics::nonFiniteValues(*quantized, job);
  if (after.count() > row.nonFinite.count()) row.overflowed = after;
}

std::vector<KeptTensor> keptTensors(const core::io::Checkpoint& source) {
  const auto choices = core::model::chooseTensors(source);
  std::vector<KeptTensor> kept;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    const auto& tensor = source.tensors()[i];
    if (choices[i].fate == Fate::Keep) kept.push_back({tensor.name, choices[i].reason, tensor.bytes});
  }
  return kept;
}

std::vector<KeptTensor> keptTensors(const core::io::Checkpoint& source, const std::vector<QuantizedFileRow>& rows) {
  std::vector<KeptTensor> kept;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].fate == Fate::Keep) kept.push_back({rows[i].tensor, rows[i].kept, source.tensors()[i].bytes});
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
