#include "core/quant/decoded_copy.h"

#include <cassert>
#include <vector>

#include "core/base/parallel.h"
#include "core/quant/quantizer.h"

namespace core::quant {

std::shared_ptr<QuantizedTensor> decodedCopy(const QuantizedTensor& tensor, Columns columns) {
  auto values = std::make_shared<std::vector<float>>(tensor.shape.count());
  const std::size_t width = tensor.rowValues();
  constexpr std::size_t kRows = 16;
  parallelFor(tensor.rows(), kRows, [&](std::size_t first, std::size_t last) {
    dequantizeRows(tensor, first, last - first, values->data() + first * width, columns);
  });
  auto copy = std::make_shared<QuantizedTensor>();
  copy->name = tensor.name;
  copy->shape = tensor.shape;
  copy->layout = Elements{tensor::DType::F32};
  copy->payload = std::as_bytes(std::span(*values));
  copy->owner = std::move(values);
  if (tensor.input && !tensor.input->makesCodes()) copy->input = tensor.input;
  if (tensor.compute() != ComputeType::Fp32) {
    copy->scheme = Scheme::parse("fp32");
    copy->scheme->compute = tensor.compute();
  }
  return copy;
}

std::span<float> valuesOf(QuantizedTensor& copy) {
  assert(copy.dtype() == tensor::DType::F32);
  // Its payload is memory of its own that decodedCopy() made.
  return {const_cast<float*>(reinterpret_cast<const float*>(copy.payload.data())), copy.payload.size() / sizeof(float)};
}

}  // namespace core::quant
