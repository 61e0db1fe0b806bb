#include "core/quant/pack/bitsandbytes_pieces.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "core/numeric/code_books.h"
#include "core/quant/bitsandbytes.h"
#include "core/quant/llm_int8_row.h"

namespace core::quant {

namespace {

using tensor::DType;

/// A float's text in JSON is no longer.
constexpr std::size_t kLongestNumber = 24;

bool isDouble(const Scheme& scheme) { return scheme.format.doubleQuantization == DoubleQuantization::On; }

std::string stateText(const Scheme& scheme, const tensor::Shape& shape, const PackSettings& settings, double offset) {
  nlohmann::ordered_json state = {{"quant_type", std::string(toString(scheme.format.name))},
                                  {"blocksize", scheme.format.grouping.size},
                                  {"dtype", settings.dtype},
                                  {"shape", shape.extents()}};
  if (isDouble(scheme)) {
    state["nested_blocksize"] = kNestedBlock;
    state["nested_dtype"] = "float32";
    state["nested_offset"] = offset;
  }
  return state.dump();
}

std::size_t stateBytes(const Scheme& scheme, const tensor::Shape& shape, const PackSettings& settings) {
  constexpr std::size_t kAlignment = 8;
  const std::size_t longest = stateText(scheme, shape, settings, 0.0).size() + (isDouble(scheme) ? kLongestNumber : 0);
  return (longest + kAlignment - 1) / kAlignment * kAlignment;
}

template <class Value>
std::vector<std::byte> bytesOf(std::span<const Value> values) {
  const auto bytes = std::as_bytes(values);
  return {bytes.begin(), bytes.end()};
}

PieceBytes fourBitPieces(const QuantizedTensor& tensor, const PackSettings& settings) {
  const auto& codes = *tensor.as<CodeBook>();
  PieceBytes pieces = {{tensor.payload.begin(), tensor.payload.end()}};
  if (codes.nested) {
    pieces.push_back(bytesOf(std::span<const std::uint8_t>(codes.nested->codes)));
    pieces.push_back(bytesOf(std::span<const float>(codes.nested->absmax)));
    pieces.push_back(bytesOf(numeric::dynamicMapSigned()));
  } else {
    pieces.push_back(bytesOf(std::span<const float>(codes.scales)));
  }
  pieces.push_back(bytesOf(std::span<const float>(codes.levels)));
  const double offset = codes.nested ? static_cast<double>(codes.nested->offset) : 0.0;
  std::string state = stateText(*tensor.scheme, tensor.shape, settings, offset);
  state.resize(stateBytes(*tensor.scheme, tensor.shape, settings), ' ');
  pieces.push_back(bytesOf(std::span<const char>(state)));
  return pieces;
}

PieceBytes eightBitPieces(const QuantizedTensor& tensor) {
  const auto& codes = *tensor.as<Uniform>();
  std::vector<std::byte> weight(tensor.payload.size());
  for (std::size_t i = 0; i < weight.size(); ++i)
    weight[i] = static_cast<std::byte>(std::to_integer<int>(tensor.payload[i]) + codes.qmin);
  std::vector<float> absmax;
  for (const float scale : codes.scales) absmax.push_back(llmInt8Absmax(scale));
  return {std::move(weight), bytesOf(std::span<const float>(absmax)), {std::byte{0}}};
}

}  // namespace

float llmInt8Absmax(float scale) {
  const float near = scale / kLlmInt8OneOver127;
  if (!(near > 0.0F) || !std::isfinite(near)) return near;
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(near);
  constexpr std::uint32_t kNeighbours = 3;
  float best = near;
  int zeros = -1;
  for (std::uint32_t candidate = bits - kNeighbours; candidate <= bits + kNeighbours; ++candidate) {
    const float value = std::bit_cast<float>(candidate);
    if (value * kLlmInt8OneOver127 != scale || std::countr_zero(candidate) <= zeros) continue;
    best = value;
    zeros = std::countr_zero(candidate);
  }
  return best;
}

std::vector<PieceSpec> bitsandbytesSpecs(const Scheme& scheme, const tensor::Shape& shape,
                                         const PackSettings& settings) {
  if (scheme.format.name == FormatName::LlmInt8)
    return {{".weight", DType::I8, shape}, {".SCB", DType::F32, {shape[0]}}, {".weight_format", DType::U8, {}}};
  const std::uint64_t values = shape.count(), block = scheme.format.grouping.size;
  const std::uint64_t blocks = (values + block - 1) / block;
  const std::string weight = ".weight";
  std::vector<PieceSpec> specs = {{weight, DType::U8, {(values + 1) / 2, 1}},
                                  {weight + ".absmax", isDouble(scheme) ? DType::U8 : DType::F32, {blocks}}};
  if (isDouble(scheme)) {
    specs.push_back({weight + ".nested_absmax", DType::F32, {(blocks + kNestedBlock - 1) / kNestedBlock}});
    specs.push_back({weight + ".nested_quant_map", DType::F32, {numeric::dynamicMapSigned().size()}});
  }
  specs.push_back({weight + ".quant_map", DType::F32, {bitsandbytesLevels(scheme.format.name).size()}});
  specs.push_back({weight + ".quant_state.bitsandbytes__" + std::string(toString(scheme.format.name)),
                   DType::U8,
                   {stateBytes(scheme, shape, settings)}});
  return specs;
}

PieceBytes bitsandbytesPieces(const QuantizedTensor& tensor, const PackSettings& settings) {
  return tensor.as<CodeBook>() != nullptr ? fourBitPieces(tensor, settings) : eightBitPieces(tensor);
}

}  // namespace core::quant
