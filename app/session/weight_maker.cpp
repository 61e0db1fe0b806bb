#include "app/session/weight_maker.h"

#include <memory>

#include "core/model/recipe/other_model.h"
#include "core/model/recipe/reordered_inputs.h"
#include "core/quant/calibrated_quantizer.h"
#include "core/quant/format.h"
#include "core/quant/load_tensor.h"
#include "core/quant/methods/folded_columns.h"
#include "core/quant/pack/gptq_pieces.h"
#include "core/quant/quantizer.h"
#include "core/quant/stacked_tensors.h"

namespace app {

using core::quant::FolderLayout;
using core::quant::QuantizedTensorPtr;

namespace {

/// The pieces of a layout; of a single file, those of bitsandbytes.
core::quant::PieceBytes piecesOf(const WritingPlan& plan, const core::quant::QuantizedTensor& tensor) {
  return packPieces(plan.kind.layout.value_or(FolderLayout::Bitsandbytes), tensor, plan.settings);
}

QuantizedTensorPtr cast(const QuantizedTensorPtr& tensor, core::tensor::DType dtype, const core::JobContext& job) {
  const auto name = core::quant::formatOf(dtype);
  return tensor->dtype() == dtype ? tensor : core::quant::quantize(core::quant::Scheme::defaults(*name), *tensor, job);
}

/// In FP32, after a change of its values.
template <class Change>
QuantizedTensorPtr changed(const core::quant::QuantizedTensor& tensor, Change change) {
  auto values = std::make_shared<std::vector<float>>(core::quant::dequantize(tensor));
  change(*values);
  auto result = std::make_shared<core::quant::QuantizedTensor>();
  result->name = tensor.name;
  result->shape = tensor.shape;
  result->layout = core::quant::Elements{core::tensor::DType::F32};
  result->payload = std::as_bytes(std::span(*values));
  result->owner = std::move(values);
  return result;
}

/// Row r divided by divisors[r], or of a norm or bias value r.
QuantizedTensorPtr divided(const core::quant::QuantizedTensor& tensor, const std::vector<float>& divisors) {
  return changed(tensor, [&](std::vector<float>& values) {
    const std::size_t perRow = values.size() / divisors.size();
    for (std::size_t i = 0; i < values.size(); ++i) values[i] /= divisors[i / perRow];
  });
}

/// Of the file whose norms it has.
core::io::FileFormat formatOf(const core::model::OtherTensor& other, core::io::FileFormat open) {
  return other.adapted ? open : other.model->checkpoint()->format();
}

/// Two that make other values of a tensor have others.
std::string identityOf(const core::model::TensorDecision& decision) {
  std::string identity = decision.scheme ? decision.scheme->toString() : std::string();
  if (decision.other) identity += decision.other->identity();
  return identity;
}

}  // namespace

WeightMaker::WeightMaker(const core::io::Checkpoint& source, const WritingPlan& plan,
                         std::vector<QuantizedFileRow>& rows, const TensorMaking& making)
    : m_source(source), m_plan(plan), m_rows(rows), m_tensors(making), m_calibration(making.calibration) {
  if (plan.foldsColumns) m_factors.emplace(source, rows, making.calibration);
}

QuantizedTensorPtr WeightMaker::quantized(const NewWeight& weight, std::size_t index, const QuantizedTensorPtr& stored,
                                          const core::JobContext& job) {
  const auto& decision = m_rows[index].decision;
  core::quant::Calibration* calibration = m_calibration;
  std::optional<core::model::ReorderedInputs> reordered;
  if (weight.converted && weight.converted->columnThere && calibration != nullptr)
    calibration = &reordered.emplace(*calibration, weight.converted->columnThere);
  if (!m_factors || !decision.scheme || !core::quant::multipliesColumns(*decision.scheme)) {
    std::string of = weight.converted && weight.converted->rowThere ? "as " + weight.tensors.front().name : "";
    if (const auto& before = m_rows[index].before) of += "\nof " + identityOf(*before);
    return m_tensors.make(decision, stored, job, of, calibration);
  }
  const auto& factors = m_factors->ofColumns(index, job.part(0.0, 0.6));
  const auto need = core::quant::calibrationNeed(*decision.scheme);
  const auto known = calibration == nullptr ? nullptr : calibration->of(stored->name, need, job.part(0.6, 0.6));
  return core::quant::quantizeFolded(*decision.scheme, *stored, known.get(), factors, job.part(0.6, 1.0));
}

QuantizedTensorPtr WeightMaker::storedOf(std::size_t index, const core::JobContext& job) {
  auto stored = core::quant::loadTensor(m_source, index);
  const auto& before = m_rows[index].before;
  if (before) stored = core::model::makeTensor(*before, stored, job.part(0.0, 0.0), m_calibration);
  const auto* const divisors = m_factors ? m_factors->ofRows(index, job.part(0.0, 0.3)) : nullptr;
  return divisors == nullptr ? stored : divided(*stored, *divisors);
}

QuantizedTensorPtr WeightMaker::arranged(const NewWeight& weight, std::span<const QuantizedTensorPtr> sources) const {
  return weight.converted ? core::model::arrange(*weight.converted, sources) : sources.front();
}

QuantizedTensorPtr WeightMaker::inNewFormat(const NewWeight& weight, core::io::FileFormat from,
                                            const QuantizedTensorPtr& tensor) const {
  if (!weight.converted) return tensor;
  return core::model::withValuesOf(*weight.converted->folderRow, from, m_plan.kind.format, tensor);
}

void WeightMaker::make(const NewWeight& weight, std::span<const std::size_t> sources, const Append& append,
                       const core::JobContext& job, const core::JobContext& done) {
  std::vector<QuantizedTensorPtr> stored, taken;
  bool isTaken = false;
  for (const std::size_t index : sources) {
    const auto& decision = m_rows[index].decision;
    stored.push_back(inNewFormat(weight, m_source.format(), storedOf(index, job)));
    isTaken = isTaken || decision.other || decision.replacement;
    if (decision.other)
      taken.push_back(
          inNewFormat(weight, formatOf(*decision.other, m_source.format()), core::model::loadOther(*decision.other)));
    else
      taken.push_back(decision.replacement ? decision.replacement : stored.back());
  }
  const std::size_t index = sources.front();
  QuantizedFileRow& row = m_rows[index];
  const QuantizedTensorPtr before = arranged(weight, stored);
  QuantizedTensorPtr made = isTaken ? arranged(weight, taken) : before;
  if (weight.cast)
    made = cast(made, *weight.cast, job);
  else if (!isTaken && !row.isCopied && !row.isKept())
    made = quantized(weight, index, before, job);
  if (made != before && row.decision.scheme && row.decision.place.experts != core::model::Experts::None &&
      m_calibration != nullptr)
    m_unseenExperts +=
        core::quant::countUnseen(*row.decision.scheme, before->name, before->shape, *m_calibration, job.part(1.0, 1.0));
  if (before->input && (made == before || !made->input)) ++m_inputsLeft;
  note(weight, row, *before, made == before ? nullptr : made.get(), done);
  if (!weight.isPacked) return append((weight.isTurned ? core::quant::turned(*made) : made)->payload);
  if (m_plan.kind.layout == FolderLayout::Gptq) m_wrappedZeros += core::quant::zerosAtTheEnd(*made);
  for (const auto& piece : piecesOf(m_plan, *made)) append(piece);
}

void WeightMaker::note(const NewWeight& weight, QuantizedFileRow& row, const core::quant::QuantizedTensor& before,
                       const core::quant::QuantizedTensor* made, const core::JobContext& job) {
  QuantizedFileRow found = row;
  noteNonFinite(found, before, made, job);
  const bool isPart = weight.converted && weight.converted->rowThere;
  const auto add = [&](core::metrics::NonFinite& all, const core::metrics::NonFinite& more) {
    if (!isPart || all.count() == 0) all.first = more.first;
    if (isPart && all.count() == 0 && all.first) all.first->row = weight.converted->rowThere(all.first->row);
    all.nan = more.nan + (isPart ? all.nan : 0);
    all.inf = more.inf + (isPart ? all.inf : 0);
  };
  add(row.nonFinite, found.nonFinite);
  add(row.overflowed, found.overflowed);
}

void WeightMaker::make(const NewWeight& weight, const Append& append, const core::JobContext& job,
                       const core::JobContext& done) {
  if (weight.added) return append(*weight.added);
  const std::size_t index = *weight.row;
  QuantizedFileRow& row = m_rows[index];
  if (!weight.converted && row.isCopied) {
    const auto view = m_source.view(index);
    const bool isLoadable = core::quant::isLoadable(m_source.tensors()[index]);
    if (isLoadable) noteNonFinite(row, *core::quant::loadTensor(m_source, index), nullptr, done);
    return append(view.bytes);
  }
  if (!weight.converted) return make(weight, std::span(&index, 1), append, job, done);
  const auto& sources = weight.converted->sources;
  if (!weight.converted->isStack) return make(weight, sources, append, job, done);
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const auto count = static_cast<double>(sources.size()), at = static_cast<double>(i);
    make(weight, std::span(sources).subspan(i, 1), append, job.part(at / count, (at + 1) / count), done);
  }
}

void WeightMaker::makeAll(const Append& append, const core::JobContext& job) {
  const auto count = static_cast<double>(m_plan.weights.size());
  for (std::size_t i = 0; i < m_plan.weights.size(); ++i) {
    const NewWeight& weight = m_plan.weights[i];
    const auto index = static_cast<double>(i);
    const core::JobContext part = job.part(index / count, (index + 1) / count);
    const core::JobContext done = job.part((index + 1) / count, (index + 1) / count);
    part.progress(0.0, weight.row ? m_rows[*weight.row].tensor : weight.tensors.front().name);
    make(weight, append, part, done);
  }
}

}  // namespace app
