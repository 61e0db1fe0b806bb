#include "core/metrics/value_reader.h"

#include <fmt/format.h>

#include <array>
#include <cstring>

#include "core/base/error.h"
#include "core/base/multiversion.h"
#include "core/quant/quantizer.h"

namespace core::metrics {

namespace {

template <typename T>
QS_FORCE_INLINE void widen(const std::byte* bytes, std::size_t count, double* out) {
  for (std::size_t i = 0; i < count; ++i) {
    T value{};
    std::memcpy(&value, bytes + i * sizeof(T), sizeof(T));
    out[i] = static_cast<double>(value);
  }
}

QS_MULTIVERSION void widenFloats(const std::byte* bytes, std::size_t count, double* out) {
  widen<float>(bytes, count, out);
}

}  // namespace

void checkReadable(const tensor::TensorView& tensor) {
  quant::checkDecodable(tensor);
  const auto expected = tensor::storageBytes(tensor.dtype, tensor.shape);
  if (!expected || *expected != tensor.bytes.size())
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("A tensor of type {} and shape {} does not fit its {} bytes.", tensor::name(tensor.dtype),
                            tensor.shape.toString(), tensor.bytes.size()),
                tensor.name);
}

void readValues(const tensor::TensorView& tensor, std::uint64_t first, std::size_t count, double* out) {
  using tensor::DType;
  const std::byte* bytes = tensor.bytes.data();
  switch (tensor.dtype) {
    case DType::F64:
      return widen<double>(bytes + 8 * first, count, out);
    case DType::I64:
      return widen<std::int64_t>(bytes + 8 * first, count, out);
    case DType::U64:
      return widen<std::uint64_t>(bytes + 8 * first, count, out);
    case DType::I32:
      return widen<std::int32_t>(bytes + 4 * first, count, out);
    case DType::U32:
      return widen<std::uint32_t>(bytes + 4 * first, count, out);
    case DType::F32:
      return widenFloats(bytes + 4 * first, count, out);
    default:
      break;
  }
  std::array<float, kReadValues> values;
  quant::decode(tensor, first, count, values.data());
  widenFloats(reinterpret_cast<const std::byte*>(values.data()), count, out);
}

}  // namespace core::metrics
