#include "core/quant/quantizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <vector>

#include "core/base/error.h"
#include "core/base/parallel_chunks.h"
#include "core/io/text_checks.h"
#include "core/quant/bitsandbytes.h"
#include "core/quant/block_codec.h"
#include "core/quant/k_means.h"
#include "core/quant/llm_int8.h"
#include "core/quant/methods/awq.h"
#include "core/quant/methods/code_grids.h"
#include "core/quant/methods/finite_weights.h"
#include "core/quant/methods/gptq.h"
#include "core/quant/methods/hqq.h"
#include "core/quant/methods/scaled_columns.h"
#include "core/quant/methods/smooth_quant.h"
#include "core/quant/registry.h"
#include "core/quant/required_calibration.h"
#include "core/quant/row_importance.h"
#include "core/quant/scaled_levels.h"
#include "core/quant/stored_size.h"
#include "core/quant/uniform_encode.h"

namespace core::quant {

namespace {

const BlockCodec& codecFor(tensor::DType dtype, const std::string& name) {
  const BlockCodec* codec = blockCodec(dtype);
  if (codec == nullptr)
    throw Error(ErrorCode::Unsupported, fmt::format("Tensors of type {} cannot be decoded.", tensor::name(dtype)),
                name);
  return *codec;
}

/// Casts and GGUF blocks: decode to float32, encode, block by block; with an importance row by row.
void quantizeElements(const QuantizedTensor& source, tensor::DType dtype, const RowImportance& importance,
                      const JobContext& job, std::uint8_t* payload) {
  const BlockCodec& codec = codecFor(dtype, source.name);
  const tensor::DTypeInfo& layout = tensor::info(dtype);
  const std::uint64_t blocks = source.shape.count() / layout.blockValues;
  const std::uint64_t rowBlocks = source.shape.rowValues() / layout.blockValues;
  const bool isWeighted = !importance.isEmpty() && codec.encodeByImportance != nullptr;
  const std::uint64_t itemBlocks = isWeighted ? rowBlocks : 1;
  forEachChunk(blocks / itemBlocks, itemsPerChunk(itemBlocks * layout.blockValues), job, "Quantizing",
               [&](std::uint64_t firstItem, std::uint64_t items) {
                 const std::uint64_t first = firstItem * itemBlocks, count = items * itemBlocks;
                 std::vector<float> values(count * layout.blockValues);
                 decode(source, first * layout.blockValues, values.size(), values.data());
                 std::uint8_t* out = payload + first * layout.blockBytes;
                 if (!isWeighted) return codec.encode(values.data(), count, out);
                 for (std::uint64_t row = 0; row < items; ++row)
                   codec.encodeByImportance(values.data() + row * source.rowValues(), rowBlocks,
                                            importance.at(firstItem + row, 0),
                                            out + row * rowBlocks * layout.blockBytes);
               });
}

std::shared_ptr<std::byte[]> allocatePayload(std::uint64_t bytes, const std::string& name) {
  try {
    return std::make_shared_for_overwrite<std::byte[]>(bytes);
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::OutOfMemory,
                fmt::format("The quantized tensor needs {} bytes of memory, which are not free.", bytes), name);
  }
}

/// Chooses codes and scales one value or group at a time. @return the layout; the codes go to `payload`
Layout encode(const Scheme& scheme, const QuantizedTensor& tensor, const TensorCalibration* calibration,
              const JobContext& job, std::uint8_t* payload) {
  if (const auto dtype = storedDType(scheme.format)) {
    const bool wantsImportance = scheme.method.name == MethodName::ImportanceMatrix;
    quantizeElements(tensor, *dtype, RowImportance(wantsImportance ? calibration : nullptr, tensor.shape), job,
                     payload);
    return Elements{*dtype};
  }
  switch (family(scheme.format.name)) {
    case Family::Integer: {
      Uniform codes;
      quantizeUniform(tensor, scheme, calibration, job, codes, payload);
      return codes;
    }
    case Family::LlmInt8: {
      Uniform codes;
      quantizeLlmInt8(tensor, job, codes, payload);
      return codes;
    }
    case Family::KMeans: {
      LearnedCodeBooks codes;
      quantizeKMeans(tensor, scheme, calibration, job, codes, payload);
      return codes;
    }
    case Family::CodeBook: {
      CodeBook codes;
      quantizeBitsandbytes(tensor, scheme, job, codes, payload);
      return codes;
    }
    default: {
      CodeBook codes;
      quantizeToLevels(tensor, scheme, job, codes, payload);
      return codes;
    }
  }
}

/// What a method made of a tensor.
struct Encoded {
  Layout layout;
  std::shared_ptr<const ColumnChanges> changes;
};

Encoded encodeGptq(const Scheme& scheme, const QuantizedTensor& tensor, const TensorCalibration& calibration,
                   const JobContext& job, std::uint8_t* payload) {
  const auto grids = makeCodeGrids(scheme, tensor.shape);
  GptqCodes chosen = gptq(tensor, calibration.hessian, scheme.method, *grids, job);
  Encoded result;
  if (!chosen.order.empty()) {
    ColumnChanges changes;
    changes.order = std::move(chosen.order);
    result.changes = std::make_shared<const ColumnChanges>(std::move(changes));
  }
  result.layout = grids->store(chosen.codes, payload);
  return result;
}

/// Columns that were multiplied, rounded.
Encoded encodeScaled(const Scheme& scheme, const std::vector<float>& weights, std::vector<float> inputScales,
                     const tensor::Shape& shape, const JobContext& job, std::uint8_t* payload) {
  ColumnChanges changes;
  changes.inputScales = std::move(inputScales);
  return {encode(roundingOnly(scheme), tensorOf(weights, shape), nullptr, job, payload),
          std::make_shared<const ColumnChanges>(std::move(changes))};
}

/// Chooses codes and scales by the scheme's method. @return the layout; the codes go to `payload`
Encoded encodeByMethod(const Scheme& scheme, const QuantizedTensor& tensor, const TensorCalibration* calibration,
                       const JobContext& job, std::uint8_t* payload) {
  if (tensor.shape.isEmpty()) return {encode(roundingOnly(scheme), tensor, nullptr, job, payload), nullptr};
  switch (scheme.method.name) {
    case MethodName::RoundToNearest:
    case MethodName::ImportanceMatrix:
      break;
    case MethodName::Gptq:
      return encodeGptq(scheme, tensor, *calibration, job, payload);
    case MethodName::Awq: {
      AwqResult found = awq(tensor, scheme, *calibration, job.part(0.0, 0.95));
      return encodeScaled(scheme, found.weights, std::move(found.inputScales), tensor.shape, job.part(0.95, 1.0),
                          payload);
    }
    case MethodName::Hqq: {
      Uniform codes;
      quantizeHqq(tensor, scheme, job, codes, payload);
      return {std::move(codes), nullptr};
    }
    case MethodName::SmoothQuant: {
      std::vector<float> scales = smoothingScales(tensor, *calibration, scheme.method.smoothing, job.part(0.0, 0.3));
      const std::vector<float> weights = multiplied(finiteWeights(tensor, job.part(0.3, 0.5)), scales);
      return encodeScaled(scheme, weights, std::move(scales), tensor.shape, job.part(0.5, 1.0), payload);
    }
  }
  return {encode(scheme, tensor, calibration, job, payload), nullptr};
}

}  // namespace

bool isDecodable(tensor::DType dtype) { return blockCodec(dtype) != nullptr; }

QuantizedTensor::QuantizedTensor(const tensor::TensorView& stored)
    : name(stored.name),
      shape(stored.shape),
      layout(Elements{stored.dtype}),
      payload(stored.bytes),
      owner(stored.owner) {
  if (!stored.unreadable.empty())
    throw Error(ErrorCode::Unsupported,
                fmt::format("The tensor {} cannot be read as weights: {}.", io::inQuotes(name), stored.unreadable),
                name);
  codecFor(stored.dtype, name);
  const auto expected = tensor::storageBytes(stored.dtype, shape);
  if (!expected || *expected != payload.size())
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("A tensor of type {} and shape {} does not fit its {} bytes.", tensor::name(stored.dtype),
                            shape.toString(), payload.size()),
                name);
}

void decode(const QuantizedTensor& tensor, std::uint64_t first, std::uint64_t count, float* out) {
  const std::uint64_t total = tensor.shape.count();
  if (first > total || count > total - first)
    throw Error(
        ErrorCode::InvalidArgument,
        fmt::format("Values {} to {} lie outside a tensor of shape {}.", first, first + count, tensor.shape.toString()),
        tensor.name);
  const auto dtype = tensor.dtype();
  if (dtype && tensor.changes == nullptr && tensor.factor == 1.0F)
    return decodeElements(*dtype, tensor.payload.data(), first, count, out);
  const std::uint64_t rowValues = tensor.rowValues();
  std::vector<float> whole;
  while (count != 0) {
    const std::uint64_t row = first / rowValues, inside = first % rowValues;
    std::uint64_t done = 0;
    if (inside == 0 && count >= rowValues) {
      done = count / rowValues * rowValues;
      dequantizeRows(tensor, row, done / rowValues, out);
    } else {
      whole.resize(rowValues);
      dequantizeRows(tensor, row, 1, whole.data());
      done = std::min(count, rowValues - inside);
      std::copy_n(whole.data() + inside, done, out);
    }
    first += done;
    count -= done;
    out += done;
  }
}

QuantizedTensorPtr quantize(const Scheme& scheme, const QuantizedTensor& tensor, const JobContext& job,
                            const TensorCalibration* calibration) {
  job.throwIfCancelled();
  // What is already stored this way stays as it is: encoding it again could only lose.
  if (const auto dtype = storedDType(scheme.format); dtype && dtype == tensor.dtype() && tensor.changes == nullptr) {
    auto same = std::make_shared<QuantizedTensor>(tensor);
    same->scheme = scheme;
    same->input = inputQuantizer(scheme.activations, calibration, tensor.changes.get(), tensor.name);
    return same;
  }
  if (std::string why; !accepts(scheme, tensor.shape, &why)) throw Error(ErrorCode::InvalidArgument, why, tensor.name);
  requireCalibration(scheme, calibration, tensor.name);

  auto result = std::make_shared<QuantizedTensor>();
  result->name = tensor.name;
  result->scheme = scheme;
  result->shape = tensor.shape;
  const StoredSize size = storedSize(scheme.format, tensor.shape);
  const std::shared_ptr<std::byte[]> buffer = allocatePayload(size.payloadBytes, tensor.name);
  Encoded encoded = encodeByMethod(scheme, tensor, calibration, job, reinterpret_cast<std::uint8_t*>(buffer.get()));
  result->layout = std::move(encoded.layout);
  result->changes = std::move(encoded.changes);
  result->payload = {buffer.get(), size.payloadBytes};
  result->owner = buffer;
  result->input = inputQuantizer(scheme.activations, calibration, result->changes.get(), tensor.name);
  return result;
}

QuantizedTensorPtr wrapStored(const tensor::TensorView& tensor) {
  return std::make_shared<const QuantizedTensor>(tensor);
}

void dequantizeRows(const QuantizedTensor& tensor, std::uint64_t firstRow, std::uint64_t rowCount, float* out,
                    Columns columns) {
  const std::uint64_t rowValues = tensor.rowValues();
  if (firstRow > tensor.rows() || rowCount > tensor.rows() - firstRow)
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("Rows {} to {} lie outside a tensor of shape {}.", firstRow, firstRow + rowCount,
                            tensor.shape.toString()),
                tensor.name);
  if (rowValues == 0 || rowCount == 0) return;
  std::visit([&](const auto& codes) { decodeRows(codes, tensor.payload, tensor.shape, firstRow, rowCount, out); },
             tensor.layout);
  if (tensor.changes != nullptr && columns == Columns::OfTheWeight)
    undoColumnChanges(*tensor.changes, firstRow, rowValues, {out, rowCount * rowValues});
  if (tensor.factor == 1.0F) return;
  for (std::uint64_t i = 0; i < rowCount * rowValues; ++i) out[i] *= tensor.factor;
}

std::vector<float> dequantize(const QuantizedTensor& tensor, const JobContext& job) {
  std::vector<float> values(tensor.shape.count());
  if (values.empty()) return values;
  const std::uint64_t rowValues = tensor.rowValues();
  forEachChunk(tensor.rows(), itemsPerChunk(rowValues), job, "Decoding", [&](std::uint64_t first, std::uint64_t count) {
    dequantizeRows(tensor, first, count, values.data() + first * rowValues);
  });
  return values;
}

}  // namespace core::quant
