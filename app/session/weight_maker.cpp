#include "app/session/weight_maker.h"

#include <memory>

#include "core/model/recipe/other_model.h"
#include "core/model/recipe/row_order.h"
#include "core/quant/calibrated_quantizer.h"
#include "core/quant/format.h"
#include "core/quant/load_tensor.h"
#include "core/quant/methods/folded_columns.h"
#include "core/quant/pack/gptq_pieces.h"
#include "core/quant/quantizer.h"
#include "core/quant/stacked_tensors.h"

namespace app {

using core::model::RowOrder;
using core::quant::FolderLayout;
using core::quant::QuantizedTensorPtr;

namespace {

/// The pieces of a layout; of a single file, those of bitsandbytes.
core::quant::PieceBytes piecesOf(const WritingPlan& plan, const core::quant::QuantizedTensor& tensor) {
  return packPieces(plan.kind.layout.value_or(FolderLayout::Bitsandbytes), tensor, plan.settings);
}

QuantizedTensorPtr withShape(const core::quant::QuantizedTensor& tensor, core::tensor::Shape shape) {
  auto changed = std::make_shared<core::quant::QuantizedTensor>(tensor);
  changed->shape = std::move(shape);
  return changed;
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

/// Something added to every value.
QuantizedTensorPtr raised(const QuantizedTensorPtr& tensor, float offset) {
  if (offset == 0.0F) return tensor;
  return changed(*tensor, [&](std::vector<float>& values) {
    for (float& value : values) value += offset;
  });
}

/// What norms of a file of one format are raised by in a file of the other.
float offsetBetween(core::io::FileFormat from, core::io::FileFormat to, float folderOffset) {
  if (from == to) return 0.0F;
  return to == core::io::FileFormat::Gguf ? folderOffset : -folderOffset;
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

QuantizedTensorPtr WeightMaker::quantized(const NewWeight& weight, const QuantizedTensorPtr& stored,
                                          const core::JobContext& job) {
  const auto& decision = m_rows[*weight.row].decision;
  if (!m_factors || !decision.scheme || !core::quant::multipliesColumns(*decision.scheme)) {
    std::string of = weight.order == RowOrder::Same ? "" : "rows in another order";
    if (const auto& before = m_rows[*weight.row].before) of += "\nof " + identityOf(*before);
    return m_tensors.make(decision, stored, job, of);
  }
  const auto& factors = m_factors->ofColumns(*weight.row, job.part(0.0, 0.6));
  const auto need = core::quant::calibrationNeed(*decision.scheme);
  const auto known = m_calibration == nullptr ? nullptr : m_calibration->of(stored->name, need, job.part(0.6, 0.6));
  return core::quant::quantizeFolded(*decision.scheme, *stored, known.get(), factors, job.part(0.6, 1.0));
}

QuantizedTensorPtr WeightMaker::inNewOrder(QuantizedTensorPtr tensor, const NewWeight& weight) const {
  if (weight.order == RowOrder::Same) return tensor;
  const bool toGguf = m_plan.kind.format == core::io::FileFormat::Gguf;
  const auto from = [&](std::uint64_t row) {
    return toGguf ? core::model::huggingFaceRow(row, weight.headRows) : core::model::ggufRow(row, weight.headRows);
  };
  if (tensor->shape.rank() != 1) return core::model::reorderRows(tensor, from);
  const core::tensor::Shape shape = tensor->shape;  // a bias: one value a row
  return withShape(*core::model::reorderRows(withShape(*tensor, {shape[0], 1}), from), shape);
}

void WeightMaker::make(const NewWeight& weight, const Append& append, const core::JobContext& job,
                       const core::JobContext& done) {
  if (weight.added) return append(*weight.added);
  const std::size_t index = *weight.row;
  QuantizedFileRow& row = m_rows[index];
  const auto& tensor = m_source.tensors()[index];
  const auto words = m_plan.wordsOf(m_source);
  const float offset = offsetBetween(m_source.format(), words, weight.folderOffset);
  if (row.isCopied && weight.order == RowOrder::Same && offset == 0.0F) {
    const auto view = m_source.view(index);
    if (core::quant::isLoadable(tensor)) noteNonFinite(row, *core::quant::loadTensor(m_source, index), nullptr, done);
    return append(view.bytes);
  }
  auto stored = core::quant::loadTensor(m_source, index);
  if (row.before) stored = core::model::makeTensor(*row.before, stored, job.part(0.0, 0.0), m_calibration);
  stored = inNewOrder(std::move(stored), weight);
  const auto* const divisors = m_factors ? m_factors->ofRows(index, job.part(0.0, 0.3)) : nullptr;
  if (divisors != nullptr) stored = divided(*stored, *divisors);
  stored = raised(stored, offset);
  QuantizedTensorPtr made = stored;
  if (weight.cast)
    made = cast(stored, *weight.cast, job);
  else if (row.decision.other)
    made = raised(inNewOrder(core::model::loadOther(*row.decision.other), weight),
                  offsetBetween(formatOf(*row.decision.other, m_source.format()), words, weight.folderOffset));
  else if (row.decision.replacement)
    made = inNewOrder(row.decision.replacement, weight);
  else if (!row.isCopied)
    made = quantized(weight, stored, job);
  if (made != stored && row.decision.scheme && row.decision.place.experts != core::model::Experts::None &&
      m_calibration != nullptr)
    m_unseenExperts +=
        core::quant::countUnseen(*row.decision.scheme, stored->name, stored->shape, *m_calibration, job.part(1.0, 1.0));
  if (stored->input && (made == stored || !made->input)) ++m_inputsLeft;
  noteNonFinite(row, *stored, made == stored ? nullptr : made.get(), done);
  if (!weight.isPacked) return append((weight.isTurned ? core::quant::turned(*made) : made)->payload);
  if (m_plan.kind.layout == FolderLayout::Gptq) m_wrappedZeros += core::quant::zerosAtTheEnd(*made);
  for (const auto& piece : piecesOf(m_plan, *made)) append(piece);
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
