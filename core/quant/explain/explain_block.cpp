#include <algorithm>
#include <cmath>
#include <optional>

#include "core/base/error.h"
#include "core/quant/explain/explain_families.h"
#include "core/quant/explain/limit_notes.h"
#include "core/quant/grid.h"
#include "core/quant/quantizer.h"
#include "core/quant/registry.h"
#include "core/quant/stored_size.h"

namespace core::quant {

namespace {

constexpr const char* kNothingChosen = "The tensor is stored in this format already: its bytes stay as they are.";

/// What quantize() leaves as it is.
bool isStoredAs(const Scheme& scheme, const QuantizedTensor& source) {
  const auto dtype = storedDType(scheme.format);
  return dtype && dtype == source.dtype() && source.changes == nullptr;
}

/// What a calibration says of one row of a stack whose matrices have their own importance; nothing of any other.
std::optional<TensorCalibration> ofItsMatrix(const TensorCalibration* calibration, const RowImportance& importance,
                                             std::uint64_t row) {
  if (!importance.isOfMatrices()) return std::nullopt;
  TensorCalibration result = *calibration;
  result.importance.assign(importance.of(row).begin(), importance.of(row).end());
  return result;
}

/// The part of a tensor that one block depends on, under the scheme.
struct EncodedPart {
  QuantizedTensorPtr encoded;
  BlockPlace place;  ///< of the block inside it
};

/// @param ofRow what the calibration says of the block's row
EncodedPart encodePart(const Scheme& scheme, const QuantizedTensor& source, const BlockPlace& place,
                       const JobContext& job, const TensorCalibration* calibration, const TensorCalibration* ofRow) {
  const std::uint64_t rowValues = source.rowValues();
  FlatRange range = rangeToQuantize(scheme, source.shape, place.first);
  if (storedDType(scheme.format) && range.count != source.shape.count())
    range = {place.first / rowValues * rowValues, rowValues};
  if (range.count == source.shape.count() || isStoredAs(scheme, source))
    return {quantize(scheme, source, job, calibration), place};
  const auto values = std::make_shared<std::vector<float>>(range.count);
  decode(source, range.first, range.count, values->data());
  const tensor::TensorView part{
      source.name, tensor::DType::F32, {1, range.count}, std::as_bytes(std::span(*values)), values};
  return {quantize(scheme, part, job, ofRow), {place.first - range.first, place.count}};
}

void describeValues(const QuantizedTensor& source, const BlockPlace& place, const ColumnChanges* changes,
                    BlockExplanation& out) {
  out.tensor = source.name;
  out.firstValue = place.first;
  out.values = weightsAt(source, place, changes);
  ExplanationRange& range = out.range;
  bool isFirst = true;
  for (const float value : out.values) {
    if (!std::isfinite(value)) {
      ++range.nonFinite;
      continue;
    }
    const double x = static_cast<double>(value);
    range.min = isFirst ? x : std::min(range.min, x);
    range.max = isFirst ? x : std::max(range.max, x);
    isFirst = false;
  }
}

/// What becomes of values that are no numbers.
std::string nonFiniteNote(const Format& format) {
  if (storedDType(format) && family(format.name) != Family::GgufBlock)
    return "Values that are not finite stay what they are where the format has them, else they become NaN.";
  const bool isLimited = family(format.name) == Family::GgufBlock || family(format.name) == Family::CodeBook;
  return std::string("Values that are not finite take no part in the range: NaN becomes 0, an infinity ") +
         (isLimited ? "the largest finite magnitude there is." : "the outermost level.");
}

void addValueAndError(BlockExplanation& out) {
  out.steps.insert(out.steps.begin(), {StepId::Value, "x", "the weight", "", toDoubles(out.values)});
  std::vector<double> errors = out.step(StepId::Decoded)->values;
  for (std::size_t i = 0; i < errors.size(); ++i) errors[i] -= static_cast<double>(out.values[i]);
  addStep(out, StepId::Error, "e", "what it costs", "{x̂} − {x}", std::move(errors));
}

void explainFamily(const ExplainInput& input, BlockExplanation& out) {
  const Family formatFamily = family(input.scheme.format.name);
  const MethodName method = input.scheme.method.name;
  if (method != MethodName::RoundToNearest && method != MethodName::ImportanceMatrix)
    return explainMethod(input.scheme, out);
  if (formatFamily == Family::GgufBlock) return explainGguf(input, out);
  if (storedDType(input.scheme.format)) return explainCast(input, out);
  switch (formatFamily) {
    case Family::Integer:
      return explainUniform(input, out);
    case Family::LlmInt8:
      return explainLlmInt8(input, out);
    case Family::KMeans:
      return explainKMeans(input, out);
    case Family::CodeBook:
      return explainBitsandbytes(input, out);
    default:
      return explainScaledLevels(input, out);
  }
}

void describeSize(const Scheme& scheme, const QuantizedTensor& source, BlockExplanation& out) {
  out.size = sizeParts(scheme, source.shape);
  out.bitsPerWeight =
      8.0 * static_cast<double>(storedSize(scheme, source.shape).bytes()) / static_cast<double>(source.shape.count());
}

}  // namespace

BlockExplanation explainStored(const QuantizedTensor& tensor, std::uint64_t row, std::uint64_t block) {
  BlockExplanation out;
  const BlockPlace place = placeOf(blockGrouping(tensor), tensor.shape, row, block, tensor.name);
  out.scheme = tensor.scheme;
  out.row = row, out.block = block;
  out.isStored = true;
  describeValues(tensor, place, tensor.changes.get(), out);
  describeStored(tensor, place, out);
  out.range.low = out.range.min, out.range.high = out.range.max;
  out.range.meaning = kNothingChosen;
  addValueAndError(out);
  out.bitsPerWeight = tensor.bitsPerWeight();
  out.size = sizeParts(tensor);
  return out;
}

BlockExplanation explainBlock(const Scheme& scheme, const QuantizedTensor& source, std::uint64_t row,
                              std::uint64_t block, const JobContext& job, const TensorCalibration* calibration) {
  if (std::string why; !accepts(scheme, source.shape, &why)) throw Error(ErrorCode::InvalidArgument, why, source.name);
  const BlockPlace place = placeOf(blockGrouping(scheme.format), source.shape, row, block, source.name);
  const bool wantsImportance = scheme.method.name == MethodName::ImportanceMatrix;
  const RowImportance importance(wantsImportance ? calibration : nullptr, source.shape);
  const auto ofMatrix = ofItsMatrix(calibration, importance, row);
  const TensorCalibration* const ofRow = ofMatrix ? &*ofMatrix : calibration;
  const EncodedPart part = encodePart(scheme, source, place, job, calibration, ofRow);
  BlockExplanation out;
  out.scheme = scheme;
  out.row = row, out.block = block;
  describeValues(source, place, part.encoded->changes.get(), out);
  describeStored(*part.encoded, part.place, out);
  out.range.low = out.range.min, out.range.high = out.range.max;

  const std::uint64_t rowValues = source.rowValues();
  const bool spansRows = place.first / rowValues != (place.first + place.count - 1) / rowValues;
  std::vector<float> rowOfBlock = out.values;
  if (!spansRows) {
    rowOfBlock.resize(rowValues);
    decode(source, place.first / rowValues * rowValues, rowValues, rowOfBlock.data());
  }
  const ExplainInput input{scheme,
                           source,
                           *part.encoded,
                           part.place,
                           rowOfBlock,
                           spansRows ? 0 : place.first % rowValues,
                           importance.of(row),
                           importance,
                           job};
  out.isStored = isStoredAs(scheme, source);
  if (out.range.nonFinite != 0 && !out.isStored) out.notes.push_back(nonFiniteNote(scheme.format));
  if (out.isStored)
    out.range.meaning = kNothingChosen;
  else
    explainFamily(input, out);
  out.range.low += 0.0, out.range.high += 0.0;  // no −0
  addValueAndError(out);
  noteLimits(out);
  describeSize(scheme, source, out);
  return out;
}

}  // namespace core::quant
