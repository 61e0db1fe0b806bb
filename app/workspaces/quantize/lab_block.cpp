#include "app/workspaces/quantize/lab_block.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "app/workspaces/quantize/block_number.h"
#include "core/metrics/clip_groups.h"
#include "core/model/recipe/row_order.h"
#include "core/quant/explain/block_place.h"
#include "core/quant/explain/method_explanation.h"
#include "core/quant/explain/stored_block.h"
#include "core/quant/matrix_name.h"
#include "core/quant/methods/scaled_columns.h"
#include "core/quant/quantizer.h"
#include "core/quant/registry.h"

namespace app {

namespace {

using core::quant::FlatRange;
using core::quant::QuantizedTensor;
using core::quant::QuantizedTensorPtr;

/// Weights of a cast stand alone; they are shown in rows of this many.
constexpr std::uint64_t kAlone = 32;

QuantizedTensorPtr floats(const QuantizedTensor& like, std::vector<float> numbers, core::tensor::Shape shape) {
  auto values = std::make_shared<std::vector<float>>(std::move(numbers));
  return std::make_shared<QuantizedTensor>(core::tensor::TensorView{
      like.name, core::tensor::DType::F32, std::move(shape), std::as_bytes(std::span<const float>(*values)), values});
}

/// The part of `whole`, in pieces of `size` from its beginning, that holds a weight.
FlatRange pieceOf(const FlatRange& whole, std::uint64_t size, std::uint64_t weight) {
  const std::uint64_t first = whole.first + (weight - whole.first) / size * size;
  return {first, std::min(size, whole.first + whole.count - first)};
}

FlatRange rowOf(const core::tensor::Shape& shape, std::uint64_t weight) {
  return {weight / shape.rowValues() * shape.rowValues(), shape.rowValues()};
}

std::vector<float> part(const QuantizedTensor& tensor, std::uint64_t first, std::uint64_t count) {
  std::vector<float> values(count);
  core::quant::decode(tensor, first, count, values.data());
  return values;
}

/// The source with the groups of a range clipped. @param range of places, with columns in this order
QuantizedTensorPtr clipped(const QuantizedTensor& source, const FlatRange& range, std::span<const std::uint32_t> order,
                           const LabRequest& request) {
  std::vector<float> values = part(source, 0, source.shape.count());
  const auto weightAt = [&](std::uint64_t place) { return weightAtPlace(order, source.rowValues(), place); };
  std::vector<float> stored(values.size());
  for (std::uint64_t place = 0; place < stored.size(); ++place) stored[place] = values[weightAt(place)];
  const std::vector<float> original = stored;
  core::metrics::ClipGroups(request.scheme, source.shape, original, range).clip(request.clip, original, stored);
  for (std::uint64_t place = 0; place < stored.size(); ++place) values[weightAt(place)] = stored[place];
  return floats(source, std::move(values), source.shape);
}

/// The weights that share a scale with one; where columns were moved or multiplied, those of its block as it is stored.
FlatRange sharingAround(const LabBlock& block, std::uint64_t weight) {
  if (block.quantized->changes == nullptr) {
    const core::quant::Grid grid = core::quant::gridAround(*block.quantized, weight);
    return {grid.first, grid.count};
  }
  const std::uint64_t stored = placeOfWeight(block.order(), block.source->rowValues(), weight);
  const BlockNumber number = blockNumber(block.scheme.format, block.source->shape, stored);
  const auto place = core::quant::placeOf(core::quant::blockGrouping(block.scheme.format), block.source->shape,
                                          number.row, number.block, block.source->name);
  return {place.first, place.count};
}

/// What is said of one tensor said of one that it lies in. @param by flat index there of its first weight
LabBlock movedBy(LabBlock block, std::uint64_t by) {
  block.sharing.first += by;
  block.shown.first += by;
  block.sourceFirst += by;
  return block;
}

/// The steps of the block around the request's weight, and the part of them that is shown.
void explain(LabBlock& block, const LabRequest& request, const core::quant::TensorCalibration* known,
             const core::JobContext& job) {
  const std::uint64_t weight =
      placeOfWeight(block.order(), block.source->rowValues(), request.weight - block.sourceFirst);
  const BlockNumber number = blockNumber(request.scheme.format, block.source->shape, weight);
  block.explanation = core::quant::explainBlock(request.scheme, *block.source, number.row, number.block, job, known);
  const FlatRange explained{block.explanation.firstValue, block.explanation.values.size()};
  const FlatRange shown =
      explained.count > LabBlock::kMostShown ? pieceOf(explained, LabBlock::kMostShown, weight) : explained;
  block.offset = shown.first - explained.first;
  block.shown = {shown.first + block.sourceFirst, shown.count};
  const auto& changes = block.quantized->changes;
  const auto shownOf = [&](const QuantizedTensor& tensor) {
    return core::quant::weightsAt(tensor, {shown.first, shown.count}, changes.get());
  };
  block.values = shownOf(*block.unclipped);
  block.clipped = shownOf(*block.source);
  block.decoded = shownOf(*block.quantized);
  block.error.add(block.values.data(), block.decoded.data(), block.values.size());
}

}  // namespace

core::quant::Scheme roundedAlone(const core::quant::Scheme& scheme) {
  core::quant::Scheme alone = core::quant::roundingOnly(scheme);
  if (alone.format.zeroPoint == core::quant::ZeroPoint::Float) alone.format.zeroPoint = core::quant::ZeroPoint::On;
  return alone;
}

std::optional<std::uint64_t> LabRequest::matrixFirst() const {
  const core::tensor::Shape& shape = tensor->shape;
  const bool isByMatrix = core::quant::calibrationNeed(scheme) == core::quant::CalibrationNeed::Hessian;
  if (shape.rank() != 3 || shape.isEmpty() || !isByMatrix) return std::nullopt;
  const std::uint64_t size = shape[1] * shape[2];
  return weight / size * size;
}

LabRequest LabRequest::ofMatrix() const {
  const std::uint64_t first = *matrixFirst(), size = tensor->shape[1] * tensor->shape[2];
  LabRequest one = *this;
  one.tensor =
      core::model::matrixOf(tensor, first / size, core::quant::MatrixName{tensor->name, first / size}.toString());
  one.weight = weight - first;
  one.edits.clear();
  for (auto edit = edits.lower_bound(first); edit != edits.end() && edit->first < first + size; ++edit)
    one.edits.emplace(edit->first - first, edit->second);
  return one;
}

FlatRange LabRequest::context() const {
  if (const auto first = matrixFirst()) return {*first, tensor->shape[1] * tensor->shape[2]};
  const FlatRange range = core::quant::rangeToQuantize(scheme, tensor->shape, weight);
  return range.count == 1 ? pieceOf(rowOf(tensor->shape, weight), kAlone, weight) : range;
}

core::quant::TensorCalibrationPtr LabRequest::known(const core::JobContext& job) const {
  const auto need = core::quant::calibrationNeed(scheme);
  if (!calibration || need == core::quant::CalibrationNeed::None) return nullptr;
  return calibration->of(tensor->name, need, job);
}

bool LabRequest::asksText() const {
  return calibration && core::quant::calibrationNeed(scheme) != core::quant::CalibrationNeed::None;
}

LabRequest forWhatIsKnown(LabRequest request, const core::JobContext& job) {
  if (!request.calibration || core::quant::calibrationNeed(request.scheme) != core::quant::CalibrationNeed::Hessian)
    return request;
  const auto known = request.known(job);
  const bool isOfStack = core::quant::MatrixName::parse(request.tensor->name).has_value();
  const bool isUnseen = known ? known->samples == 0 && known->hessian.empty() : isOfStack;
  if (isUnseen) request.scheme = core::quant::roundingOnly(request.scheme);
  return request;
}

std::span<const double> LabBlock::levelsAt(std::size_t shownIndex) const {
  const std::size_t index = offset + shownIndex;
  for (const core::quant::ExplanationLevels& group : explanation.levels)
    if (index >= group.firstValue && index < std::size_t{group.firstValue} + group.valueCount) return group.levels;
  return levels;
}

std::uint64_t LabBlock::flatIndex(std::size_t shownIndex) const {
  if (explanation.columns.empty()) return shown.first + shownIndex;
  const std::uint64_t columns = source->rowValues();
  return shown.first / columns * columns + explanation.columns[offset + shownIndex];
}

int LabBlock::shownIndex(std::uint64_t flat) const {
  if (isEmpty()) return -1;
  if (explanation.columns.empty())
    return flat >= shown.first && flat - shown.first < shown.count ? static_cast<int>(flat - shown.first) : -1;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (flatIndex(i) == flat) return static_cast<int>(i);
  return -1;
}

std::span<const std::uint32_t> LabBlock::order() const {
  if (!quantized || !quantized->changes) return {};
  return quantized->changes->order;
}

bool LabBlock::isAnyCut() const {
  for (std::size_t i = 0; i < values.size(); ++i)
    if (isCut(i)) return true;
  return false;
}

std::size_t LabBlock::becameZero() const {
  std::size_t count = 0;
  for (std::size_t i = 0; i < values.size(); ++i) count += values[i] != 0 && decoded[i] == 0 ? 1 : 0;
  return count;
}

std::size_t LabBlock::beyondLevels() const {
  std::size_t count = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto span = levelsAt(i);
    const double value = static_cast<double>(values[i]);
    count += !span.empty() && (value < span.front() || value > span.back()) ? 1 : 0;
  }
  return count;
}

FlatRange rowAround(const core::tensor::Shape& shape, std::uint64_t flatIndex) {
  return pieceOf(rowOf(shape, flatIndex), LabBlock::kMostRow, flatIndex);
}

core::metrics::StepErrors rowStepErrors(const LabRequest& request, const LabBlock& block) {
  if (const auto first = request.matrixFirst())
    return rowStepErrors(forWhatIsKnown(request.ofMatrix()), movedBy(block, std::uint64_t{0} - *first));
  const FlatRange row = rowAround(request.tensor->shape, request.weight);
  QuantizedTensorPtr original = block.unclipped, quantized = block.quantized;
  FlatRange within{row.first - block.sourceFirst, row.count};
  const bool isInside =
      row.first >= block.sourceFirst && row.first + row.count <= block.sourceFirst + block.unclipped->shape.count();
  if (isInside && core::quant::explainsColumns(request.scheme)) original = block.source;  // with what was clipped
  if (!isInside || (request.clip < 1 && original != block.source)) {
    original = isInside ? block.unclipped : editedPart(*request.tensor, row, request.edits);
    if (!isInside) within.first = 0;
    core::quant::Scheme scheme = request.scheme;
    if (scheme.activations.isStatic()) scheme.activations = {};  // they change no weight
    quantized = core::quant::quantize(scheme, *original, core::JobContext(), request.known(core::JobContext()).get());
  }
  core::metrics::StepErrors errors = core::metrics::stepErrors(*original, *quantized, within);
  if (!errors.inSteps.empty()) return errors;
  // Types without a flat grid: the groups of the block that have one of their own.
  for (std::size_t i = 0; i < block.values.size(); ++i) {
    const auto one = core::metrics::stepErrors(std::span(block.values).subspan(i, 1),
                                               std::span(block.decoded).subspan(i, 1), block.levelsAt(i));
    errors.inSteps.insert(errors.inSteps.end(), one.inSteps.begin(), one.inSteps.end());
  }
  return errors;
}

QuantizedTensorPtr editedPart(const QuantizedTensor& tensor, const FlatRange& range, const WeightEdits& edits) {
  std::vector<float> values = part(tensor, range.first, range.count);
  for (auto edit = edits.lower_bound(range.first); edit != edits.end() && edit->first < range.first + range.count;
       ++edit)
    values[edit->first - range.first] = edit->second;
  const bool isAll = range.count == tensor.shape.count();
  return floats(tensor, std::move(values), isAll ? tensor.shape : core::tensor::Shape{1, range.count});
}

LabBlock computeBlock(const LabRequest& asked, const core::JobContext& job) {
  if (const auto first = asked.matrixFirst()) return movedBy(computeBlock(asked.ofMatrix(), job), *first);
  const LabRequest request = forWhatIsKnown(asked, job.part(0, 0.5));
  LabBlock block;
  block.scheme = request.scheme;
  const core::tensor::Shape& shape = request.tensor->shape;
  if (!core::quant::accepts(request.scheme, shape, &block.refused) || shape.count() == 0) return block;
  const FlatRange context = request.context();
  block.sourceFirst = context.first;
  block.source = block.unclipped = editedPart(*request.tensor, context, request.edits);
  const auto known = request.known(job.part(0, 0.5));
  const core::JobContext making = job.part(0.5, 1);
  block.quantized = core::quant::quantize(request.scheme, *block.source, making, known.get());
  FlatRange sharing = sharingAround(block, request.weight - context.first);
  if (request.clip < 1) {
    block.source = clipped(*block.unclipped, sharing, block.order(), request);
    block.quantized = core::quant::quantize(request.scheme, *block.source, making, known.get());
    sharing = sharingAround(block, request.weight - context.first);
  }
  block.levels = core::quant::gridAround(*block.quantized, request.weight - context.first).levels;
  block.sharing = {sharing.first + context.first, sharing.count};
  explain(block, request, known.get(), making);
  return block;
}

}  // namespace app
