#include "core/quant/hollow_tensors.h"

#include <cmath>
#include <functional>
#include <numeric>
#include <vector>

#include "core/quant/block_integers.h"
#include "core/quant/quantizer.h"
#include "core/quant/stored_size.h"

namespace core::quant {

namespace {

/// Rows whose scales are nothing special: no powers of two, no halves. Two, so that tables of rows are more than one.
QuantizedTensor madeUpRows(std::uint64_t values) {
  constexpr std::uint64_t kRows = 2;
  auto bytes = std::make_shared<std::vector<float>>(kRows * values);
  for (std::uint64_t i = 0; i < kRows * values; ++i)
    (*bytes)[i] = 0.0173F * std::sin(1.7F * static_cast<float>(i % 4093) + 0.3F);
  QuantizedTensor row;
  row.shape = tensor::Shape{kRows, values};
  row.layout = Elements{tensor::DType::F32};
  row.payload = std::as_bytes(std::span(*bytes));
  row.owner = bytes;
  return row;
}

/// The scheme without what needs a text: how codes are chosen says nothing about where they lie.
Scheme withoutText(Scheme scheme) {
  const MethodName name = scheme.method.name;
  const bool looksAtData = name == MethodName::ImportanceMatrix || name == MethodName::Gptq ||
                           name == MethodName::Awq || name == MethodName::SmoothQuant;
  if (looksAtData) scheme.method = Method();
  if (scheme.activations.isStatic()) scheme.activations = Activations();
  return scheme;
}

std::shared_ptr<const ColumnChanges> changesOf(const Scheme& scheme, std::uint64_t rowValues) {
  auto changes = std::make_shared<ColumnChanges>();
  if (isStoredInActOrder(scheme)) {
    changes->order.resize(rowValues);
    std::iota(changes->order.rbegin(), changes->order.rend(), 0U);
  }
  if (scheme.method.name == MethodName::Awq || scheme.method.name == MethodName::SmoothQuant)
    changes->inputScales.assign(rowValues, 1.5F);
  if (changes->bytes() == 0) return nullptr;
  return changes;
}

std::optional<InputQuantizer> inputOf(const Activations& activations) {
  if (activations.name == ActivationName::None) return std::nullopt;
  InputQuantizer input;
  input.name = activations.name;
  if (activations.isStatic()) input.scale = 0.01F;
  if (activations.name == ActivationName::LlmInt8) input.threshold = activations.threshold;
  return input;
}

}  // namespace

const QuantizedTensor& HollowTensors::rows(const Scheme& scheme, std::uint64_t rowValues) {
  const Scheme plain = withoutText(scheme);
  QuantizedTensorPtr& known = m_rows[{plain.toString(), rowValues}];
  if (!known) known = asIntegers(quantize(plain, madeUpRows(rowValues)));
  return *known;
}

QuantizedTensorPtr HollowTensors::quantized(const std::string& name, const Scheme& scheme, const tensor::Shape& shape) {
  auto result = std::make_shared<QuantizedTensor>();
  const auto dtype = storedDType(scheme.format);
  const auto input = inputOf(scheme.activations);
  const bool becomesIntegers = dtype && areIntegerBlocks(*dtype) && input && input->makesCodes();
  if (dtype && !becomesIntegers) {
    result->layout = Elements{*dtype};
  } else {
    result->layout = rows(scheme, shape.rowValues()).layout;
    // Double quantization keeps its second level beside the model's constants: as long as it is, and of this tensor.
    if (auto* book = std::get_if<CodeBook>(&result->layout); book != nullptr && book->nested) {
      const std::uint64_t scales = groupCount(scheme.format.grouping, shape);
      const auto own = static_cast<float>(std::hash<std::string>()(name) % 65521) * 1e-6F + 0.01F;
      book->nested->absmax.assign((scales + kNestedBlock - 1) / kNestedBlock, own);
    }
  }
  result->name = name;
  result->scheme = scheme;
  result->shape = shape;
  result->changes = changesOf(scheme, shape.rowValues());
  result->input = input;
  return result;
}

QuantizedTensorPtr HollowTensors::stored(const std::string& name, tensor::DType dtype, const tensor::Shape& shape) {
  auto result = std::make_shared<QuantizedTensor>();
  result->name = name;
  result->shape = shape;
  result->layout = Elements{dtype};
  return result;
}

bool isHollow(const QuantizedTensor& tensor) { return tensor.payload.empty() && !tensor.shape.isEmpty(); }

std::uint64_t plannedBytes(const QuantizedTensor& tensor) {
  if (!isHollow(tensor)) return tensor.bytes();
  if (tensor.scheme) return storedSize(*tensor.scheme, tensor.shape).bytes();
  return tensor.dtype() ? tensor::storageBytes(*tensor.dtype(), tensor.shape).value_or(0) : 0;
}

}  // namespace core::quant
