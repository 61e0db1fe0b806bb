#include "app/session/shared_factors.h"

#include <algorithm>
#include <array>

#include "core/model/architectures/tensor_names.h"
#include "core/model/config.h"
#include "core/quant/load_tensor.h"
#include "core/quant/methods/folded_columns.h"

namespace app {

namespace {

struct Fold {
  std::string_view divided;                 ///< whose rows, or values, are divided
  std::array<std::string_view, 3> readers;  ///< whose columns are multiplied
};
constexpr std::array kFolds = {Fold{"attn_norm.weight", {"attn_q.weight", "attn_k.weight", "attn_v.weight"}},
                               Fold{"attn_v.weight", {"attn_output.weight", "", ""}},
                               Fold{"attn_v.bias", {"attn_output.weight", "", ""}},
                               Fold{"ffn_norm.weight", {"ffn_gate.weight", "ffn_up.weight", ""}},
                               Fold{"ffn_up.weight", {"ffn_down.weight", "", ""}}};

/// "blk.3." and "attn_q.weight".
std::pair<std::string, std::string_view> splitName(std::string_view name) {
  if (!name.starts_with("blk.")) return {};
  const std::size_t dot = name.find('.', 4);
  return {std::string(name.substr(0, dot + 1)), name.substr(dot + 1)};
}

}  // namespace

SharedFactors::SharedFactors(const core::io::Checkpoint& source, const std::vector<QuantizedFileRow>& rows,
                             core::quant::Calibration* calibration)
    : m_source(source), m_rows(rows), m_calibration(calibration) {
  const auto config = core::model::ModelConfig::fromCheckpoint(source);
  // Behind a norm a factor of values is gone.
  m_sharesHeads = config.heads != config.kvHeads || config.architecture->normsValues;
  // A norm that is stored as a difference from 1 cannot be divided as it is.
  const bool isFolder = source.format() != core::io::FileFormat::Gguf;
  if (isFolder &&
      std::ranges::any_of(config.architecture->weights, [](const auto& row) { return row.folderOffset != 0.0F; })) {
    m_names.assign(rows.size(), "");
    return;
  }
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const std::string& name = source.tensors()[row].name;
    const bool isGguf = source.format() == core::io::FileFormat::Gguf;
    m_names.push_back(isGguf ? name : core::model::TensorNames(source).gguf(name).value_or(""));
    if (!m_names.back().empty()) m_index.emplace(m_names.back(), row);
  }
}

std::vector<std::size_t> SharedFactors::readersOf(std::string_view divided, const Block& block) const {
  const auto fold = std::ranges::find(kFolds, divided, &Fold::divided);
  if (fold == kFolds.end() || (m_sharesHeads && fold->readers[0] == "attn_output.weight")) return {};
  std::vector<std::size_t> readers;
  for (const std::string_view reader : fold->readers) {
    if (reader.empty()) continue;
    const auto found = m_index.find(block + std::string(reader));
    const auto* const scheme = found != m_index.end() && m_rows[found->second].decision.scheme
                                   ? &*m_rows[found->second].decision.scheme
                                   : nullptr;
    if (scheme == nullptr || !core::quant::multipliesColumns(*scheme)) return {};
    readers.push_back(found->second);
  }
  return readers;
}

const std::vector<float>& SharedFactors::factorsOf(const std::vector<std::size_t>& readers,
                                                   const core::JobContext& job) {
  auto& factors = m_factors[readers.front()];
  if (!factors.empty()) return factors;
  std::vector<core::quant::QuantizedTensorPtr> weights;
  std::vector<const core::quant::QuantizedTensor*> pointers;
  for (const std::size_t reader : readers) {
    weights.push_back(core::quant::loadTensor(m_source, reader));
    pointers.push_back(weights.back().get());
  }
  const auto& scheme = *m_rows[readers.front()].decision.scheme;
  const auto known =
      m_calibration == nullptr
          ? nullptr
          : m_calibration->of(weights.front()->name, core::quant::calibrationNeed(scheme), job.part(0.0, 0.2));
  return factors = core::quant::sharedFactors(scheme, pointers, known.get(), job.part(0.2, 1.0));
}

const std::vector<float>& SharedFactors::ofColumns(std::size_t row, const core::JobContext& job) {
  const auto [block, name] = splitName(m_names[row]);
  for (const Fold& fold : kFolds) {
    if (std::ranges::find(fold.readers, name) == fold.readers.end()) continue;
    const auto readers = readersOf(fold.divided, block);
    if (!readers.empty()) return factorsOf(readers, job);
  }
  auto& ones = m_factors[row];
  if (ones.empty()) ones.assign(m_source.tensors()[row].shape.rowValues(), 1.0F);
  return ones;
}

bool SharedFactors::dividesRows(std::size_t row) const {
  const auto [block, name] = splitName(m_names[row]);
  return !readersOf(name, block).empty();
}

const std::vector<float>* SharedFactors::ofRows(std::size_t row, const core::JobContext& job) {
  const auto [block, name] = splitName(m_names[row]);
  const auto readers = readersOf(name, block);
  return readers.empty() ? nullptr : &factorsOf(readers, job);
}

std::string SharedFactors::describe() const {
  return std::string(
             "The factors of columns are one for all matrices that share an input, divided out of the norm (or "
             "the rows) before: query, key and value; ") +
         (m_sharesHeads ? "gate and up; down (the attention's output has none, since heads share their values)"
                        : "the attention's output; gate and up; down") +
         ". Panes have a factor for each matrix.";
}

}  // namespace app
