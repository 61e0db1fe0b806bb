#include "core/quant/quantizer.h"

#include <fmt/format.h>

#include <array>
#include <new>

#include "core/base/error.h"
#include "core/base/parallel_chunks.h"
#include "core/io/text_checks.h"
#include "core/quant/affine.h"
#include "core/quant/block_codec.h"
#include "core/quant/codebook.h"
#include "core/quant/registry.h"
#include "core/quant/scheme_table.h"
#include "core/quant/stored_size.h"

namespace core::quant {

namespace {

constexpr std::size_t kLargestBlockValues = 256;

const BlockCodec& codecFor(tensor::DType dtype, const std::string& name) {
  const BlockCodec* codec = blockCodec(dtype);
  if (codec == nullptr)
    throw Error(ErrorCode::Unsupported, fmt::format("Tensors of type {} cannot be decoded.", tensor::name(dtype)),
                name);
  return *codec;
}

/// Decodes a range of a flat run of blocks; the ends may lie inside blocks.
void decodeBlocks(const BlockCodec& codec, const std::uint8_t* bytes, std::uint64_t first, std::uint64_t count,
                  float* out) {
  const tensor::DTypeInfo& layout = tensor::info(codec.dtype);
  std::array<float, kLargestBlockValues> whole;
  while (count != 0) {
    const std::uint64_t inside = first % layout.blockValues;
    const std::uint8_t* block = bytes + first / layout.blockValues * layout.blockBytes;
    std::uint64_t done = 0;
    if (inside == 0 && count >= layout.blockValues) {
      const std::uint64_t blocks = count / layout.blockValues;
      codec.decode(block, blocks, out);
      done = blocks * layout.blockValues;
    } else {
      codec.decode(block, 1, whole.data());
      done = std::min<std::uint64_t>(count, layout.blockValues - inside);
      std::copy_n(whole.data() + inside, done, out);
    }
    first += done;
    count -= done;
    out += done;
  }
}

/// Casts and GGUF blocks: decode to float32, encode, block by block.
void quantizeBlocks(const tensor::TensorView& source, const Scheme& scheme, const JobContext& job, QuantizedTensor& out,
                    std::uint8_t* payload) {
  out.dtype = *info(scheme.name).dtype;
  out.layout = info(scheme.name).family == Family::Cast ? Layout::Plain : Layout::Block;
  const BlockCodec& codec = codecFor(out.dtype, source.name);
  const tensor::DTypeInfo& layout = tensor::info(out.dtype);
  const std::uint64_t blocks = out.shape.count() / layout.blockValues;
  forEachChunk(blocks, itemsPerChunk(layout.blockValues), job, "Quantizing",
               [&](std::uint64_t first, std::uint64_t count) {
                 std::vector<float> values(count * layout.blockValues);
                 decode(source, first * layout.blockValues, values.size(), values.data());
                 codec.encode(values.data(), count, payload + first * layout.blockBytes);
               });
}

/// Plain elements or blocks over the view's own bytes.
QuantizedTensor stored(const tensor::TensorView& tensor, std::optional<Scheme> scheme) {
  QuantizedTensor result;
  result.name = tensor.name;
  result.scheme = std::move(scheme);
  result.shape = tensor.shape;
  result.layout = tensor::info(tensor.dtype).blockValues == 1 ? Layout::Plain : Layout::Block;
  result.dtype = tensor.dtype;
  result.payload = tensor.bytes;
  result.owner = tensor.owner;
  return result;
}

std::shared_ptr<std::byte[]> allocatePayload(std::uint64_t bytes, const std::string& name) {
  try {
    return std::make_shared_for_overwrite<std::byte[]>(bytes);
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::OutOfMemory,
                fmt::format("The quantized tensor needs {} bytes of memory, which are not free.", bytes), name);
  }
}

}  // namespace

bool isDecodable(tensor::DType dtype) { return blockCodec(dtype) != nullptr; }

void checkReadable(const tensor::TensorView& tensor) {
  if (!tensor.unreadable.empty()) {
    throw Error(
        ErrorCode::Unsupported,
        fmt::format("The tensor {} cannot be read as weights: {}.", io::inQuotes(tensor.name), tensor.unreadable),
        tensor.name);
  }
  codecFor(tensor.dtype, tensor.name);
  const auto expected = tensor::storageBytes(tensor.dtype, tensor.shape);
  if (!expected || *expected != tensor.bytes.size())
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("A tensor of type {} and shape {} does not fit its {} bytes.", tensor::name(tensor.dtype),
                            tensor.shape.toString(), tensor.bytes.size()),
                tensor.name);
}

void decode(const tensor::TensorView& tensor, std::uint64_t first, std::uint64_t count, float* out) {
  checkReadable(tensor);
  const BlockCodec& codec = codecFor(tensor.dtype, tensor.name);
  const std::uint64_t total = tensor.shape.count();  // fits: the bytes do
  if (first > total || count > total - first)
    throw Error(
        ErrorCode::InvalidArgument,
        fmt::format("Values {} to {} lie outside a tensor of shape {}.", first, first + count, tensor.shape.toString()),
        tensor.name);
  decodeBlocks(codec, reinterpret_cast<const std::uint8_t*>(tensor.bytes.data()), first, count, out);
}

QuantizedTensorPtr quantize(const Scheme& scheme, const tensor::TensorView& tensor, const JobContext& job) {
  checkReadable(tensor);
  job.throwIfCancelled();
  // What is already stored this way stays as it is: encoding it again could only lose.
  if (info(scheme.name).dtype == tensor.dtype) return std::make_shared<const QuantizedTensor>(stored(tensor, scheme));
  if (std::string why; !accepts(scheme, tensor.shape, &why))
    throw Error(isEncodable(scheme.name) ? ErrorCode::InvalidArgument : ErrorCode::Unsupported, why, tensor.name);

  auto result = std::make_shared<QuantizedTensor>();
  result->name = tensor.name;
  result->scheme = scheme;
  result->shape = tensor.shape;
  const StoredSize size = storedSize(scheme, tensor.shape);
  const std::shared_ptr<std::byte[]> buffer = allocatePayload(size.payloadBytes, tensor.name);
  auto* payload = reinterpret_cast<std::uint8_t*>(buffer.get());
  switch (family(scheme.name)) {
    case Family::Integer:
      quantizeInteger(tensor, scheme, job, *result, payload);
      break;
    case Family::CodeBook:
      quantizeCodeBook(tensor, scheme, job, *result, payload);
      break;
    case Family::Cast:
    case Family::GgufBlock:
      quantizeBlocks(tensor, scheme, job, *result, payload);
      break;
  }
  result->payload = {buffer.get(), size.payloadBytes};
  result->owner = buffer;
  return result;
}

QuantizedTensorPtr wrapStored(const tensor::TensorView& tensor) {
  checkReadable(tensor);
  return std::make_shared<const QuantizedTensor>(stored(tensor, std::nullopt));
}

void dequantizeRows(const QuantizedTensor& tensor, std::uint64_t firstRow, std::uint64_t rowCount, float* out) {
  const std::uint64_t rowValues = tensor.rowValues();
  if (firstRow > tensor.rows() || rowCount > tensor.rows() - firstRow)
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("Rows {} to {} lie outside a tensor of shape {}.", firstRow, firstRow + rowCount,
                            tensor.shape.toString()),
                tensor.name);
  if (rowValues == 0 || rowCount == 0) return;
  switch (tensor.layout) {
    case Layout::Plain:
    case Layout::Block:
      decodeBlocks(codecFor(tensor.dtype, tensor.name), reinterpret_cast<const std::uint8_t*>(tensor.payload.data()),
                   firstRow * rowValues, rowCount * rowValues, out);
      break;
    case Layout::Integer:
      dequantizeInteger(tensor, firstRow, rowCount, out);
      break;
    case Layout::CodeBook:
      dequantizeCodeBook(tensor, firstRow * rowValues, rowCount * rowValues, out);
      break;
  }
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
