#include "core/quant/pack/compressed_tensors.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>

#include "core/quant/casts.h"
#include "core/quant/pack/integer_codes.h"

namespace core::quant {

namespace {

using tensor::DType;
using tensor::Shape;

bool isInteger(const Scheme& scheme) { return family(scheme.format.name) == Family::Integer; }

bool isInt8Input(ActivationName name) {
  return name == ActivationName::Int8Dynamic || name == ActivationName::Int8Static;
}
bool isFp8Input(ActivationName name) { return name == ActivationName::Fp8Dynamic || name == ActivationName::Fp8Static; }

std::string whyNotIntegers(const Scheme& scheme) {
  const Format& format = scheme.format;
  const std::uint32_t bits = codeBits(format.name);
  if (format.zeroPoint == ZeroPoint::Float)
    return fmt::format("compressed-tensors stores whole zero-points, and those of {} are not.", scheme.toString());
  if (scheme.activations.name == ActivationName::None) {
    if (bits != 4 && bits != 8)
      return fmt::format("compressed-tensors packs integers of 4 or 8 bits here, not of {}.", bits);
    if (format.grouping.granularity == Granularity::Tensor)
      return "compressed-tensors packs integers with a scale per row or group, not one for all of a tensor; choose "
             "group=128.";
    if (format.scaleType != ScaleType::Fp16 && format.scaleType != ScaleType::Bf16)
      return fmt::format(
          "compressed-tensors packs integers with 16-bit scales, and those of {} are not; choose "
          "scales=fp16 or scales=bf16.",
          scheme.toString());
    return {};
  }
  if (!isInt8Input(scheme.activations.name) || bits != 8)
    return fmt::format("compressed-tensors multiplies INT8 inputs with INT8 weights alone, not as {}.",
                       scheme.toString());
  if (format.zeroPoint != ZeroPoint::Off)
    return fmt::format("compressed-tensors multiplies INT8 inputs with symmetric weights, and those of {} are not.",
                       scheme.toString());
  if (format.grouping.granularity == Granularity::Group)
    return "compressed-tensors multiplies INT8 inputs with weights that have a scale per row or tensor; choose "
           "group=row.";
  return {};
}

std::string whyNotFloats(const Scheme& scheme) {
  if (scheme.format.name != FormatName::Fp8E4M3)
    return fmt::format("compressed-tensors has FP8 weights as E4M3 alone, not {}.", scheme.toString());
  if (scheme.format.grouping.granularity == Granularity::None)
    return "compressed-tensors stores FP8 weights under a scale; choose scale=row, scale=tensor or scale=block128.";
  const ActivationName inputs = scheme.activations.name;
  if (inputs != ActivationName::None && !isFp8Input(inputs))
    return fmt::format("compressed-tensors multiplies FP8 weights with FP8 inputs or inputs as they are, not as {}.",
                       scheme.toString());
  return {};
}

/// [out, groups] of a row's scales, [1] of a tensor's, tiles both ways.
Shape scaleShape(const Scheme& scheme, const Shape& shape) {
  const Grouping& grouping = scheme.format.grouping;
  if (grouping.granularity == Granularity::Tensor) return {1};
  if (grouping.granularity == Granularity::Tile)
    return {(shape[0] + grouping.size - 1) / grouping.size, (shape[1] + grouping.size - 1) / grouping.size};
  return {shape[0], groupsPerRow(grouping, shape[1])};
}

void addInputSpecs(const Scheme& scheme, std::vector<PieceSpec>& specs) {
  if (!scheme.activations.isStatic()) return;
  specs.push_back({".input_scale", DType::F32, {1}});
  if (scheme.activations.name == ActivationName::Int8Static) specs.push_back({".input_zero_point", DType::I8, {1}});
}

template <class Value>
std::vector<std::byte> bytesOf(const std::vector<Value>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  return {bytes.begin(), bytes.end()};
}

void addInputPieces(const QuantizedTensor& tensor, PieceBytes& pieces) {
  if (!tensor.scheme->activations.isStatic()) return;
  pieces.push_back(bytesOf(std::vector<float>{tensor.input->scale}));
  if (tensor.scheme->activations.name == ActivationName::Int8Static)
    pieces.push_back({static_cast<std::byte>(tensor.input->zeroPoint)});
}

PieceBytes packedIntegers(const QuantizedTensor& tensor) {
  const IntegerCodes codes(tensor);
  const ScaleType scaleType = tensor.as<Uniform>()->scaleType;
  const std::uint64_t rows = codes.rows(), groups = codes.groups();
  const std::uint64_t rowBytes = 4 * wordsOf(codes.columns(), codes.bits());
  std::vector<std::byte> packed(rows * rowBytes), scales(rows * groups * 2);
  for (std::uint64_t r = 0; r < rows; ++r) {
    packWords({codes.row(r), codes.columns()}, codes.bits(), packed.data() + r * rowBytes);
    for (std::uint64_t g = 0; g < groups; ++g)
      storeScale(scaleType, codes.scale(r, g), scales.data() + (r * groups + g) * 2);
  }
  PieceBytes pieces = {std::move(packed), std::move(scales)};
  pieces.push_back(bytesOf(std::vector<std::uint64_t>{rows, codes.columns()}));
  if (!codes.isSymmetric()) {
    const std::uint64_t zeroWords = wordsOf(rows, codes.bits());
    std::vector<std::byte> zeros(zeroWords * groups * 4), column(zeroWords * 4);
    std::vector<std::uint8_t> ofGroup(rows);
    for (std::uint64_t g = 0; g < groups; ++g) {
      for (std::uint64_t r = 0; r < rows; ++r) ofGroup[r] = codes.zero(r, g);
      packWords(ofGroup, codes.bits(), column.data());
      for (std::uint64_t word = 0; word < zeroWords; ++word)
        std::memcpy(zeros.data() + (word * groups + g) * 4, column.data() + word * 4, 4);
    }
    pieces.push_back(std::move(zeros));
  }
  if (isReordered(*tensor.scheme)) pieces.push_back(bytesOf(codes.groupOfColumn()));
  return pieces;
}

PieceBytes integers(const QuantizedTensor& tensor) {
  const auto& codes = *tensor.as<Uniform>();
  std::vector<std::byte> weight(tensor.payload.size());
  for (std::size_t i = 0; i < weight.size(); ++i)
    weight[i] = static_cast<std::byte>(std::to_integer<int>(tensor.payload[i]) + codes.qmin);
  return {std::move(weight), bytesOf(codes.scales)};
}

/// The codes of FP8 and of pairs of FP4 lie in the payload as they are stored.
PieceBytes floats(const QuantizedTensor& tensor) {
  const auto& codes = *tensor.as<CodeBook>();
  PieceBytes pieces = {{tensor.payload.begin(), tensor.payload.end()}};
  if (codes.scaleType == ScaleType::Fp32) {
    pieces.push_back(bytesOf(codes.scales));
    return pieces;
  }
  std::vector<std::byte> scales(codes.scales.size());
  for (std::size_t i = 0; i < scales.size(); ++i) {
    if (codes.scaleType == ScaleType::E8M0) {
      scales[i] = static_cast<std::byte>(std::ilogb(codes.scales[i]) + 127);
    } else {
      const float stored = codes.scales[i] * codes.tensorFactor;  // an E4M3 number again, but for its last bits
      encodeFp8E4M3(&stored, 1, reinterpret_cast<std::uint8_t*>(&scales[i]));
    }
  }
  pieces.push_back(std::move(scales));
  if (codes.scaleType == ScaleType::E4M3) pieces.push_back(bytesOf(std::vector<float>{codes.tensorFactor}));
  return pieces;
}

std::vector<PieceSpec> weightSpecs(const Scheme& scheme, const Shape& shape) {
  const std::uint32_t bits = codeBits(scheme.format.name);
  switch (compressedFormat(scheme)) {
    case CompressedFormat::PackQuantized: {
      std::vector<PieceSpec> specs = {{".weight_packed", DType::I32, {shape[0], wordsOf(shape[1], bits)}},
                                      {".weight_scale", scaleDType(scheme.format.scaleType), scaleShape(scheme, shape)},
                                      {".weight_shape", DType::I64, {2}}};
      if (scheme.format.zeroPoint == ZeroPoint::On)
        specs.push_back({".weight_zero_point",
                         DType::I32,
                         {wordsOf(shape[0], bits), groupsPerRow(scheme.format.grouping, shape[1])}});
      if (isReordered(scheme)) specs.push_back({".weight_g_idx", DType::I32, {shape[1]}});
      return specs;
    }
    case CompressedFormat::IntQuantized:
      return {{".weight", DType::I8, shape}, {".weight_scale", DType::F32, scaleShape(scheme, shape)}};
    case CompressedFormat::FloatQuantized:
      return {{".weight", DType::F8E4M3, shape}, {".weight_scale", DType::F32, scaleShape(scheme, shape)}};
    case CompressedFormat::NvFp4PackQuantized:
      return {{".weight_packed", DType::U8, {shape[0], shape[1] / 2}},
              {".weight_scale", DType::F8E4M3, scaleShape(scheme, shape)},
              {".weight_global_scale", DType::F32, {1}}};
    case CompressedFormat::MxFp4PackQuantized:
      return {{".weight_packed", DType::U8, {shape[0], shape[1] / 2}},
              {".weight_scale", DType::U8, scaleShape(scheme, shape)}};
  }
  return {};
}

}  // namespace

std::string_view toString(CompressedFormat format) {
  switch (format) {
    case CompressedFormat::PackQuantized:
      return "pack-quantized";
    case CompressedFormat::IntQuantized:
      return "int-quantized";
    case CompressedFormat::FloatQuantized:
      return "float-quantized";
    case CompressedFormat::NvFp4PackQuantized:
      return "nvfp4-pack-quantized";
    case CompressedFormat::MxFp4PackQuantized:
      return "mxfp4-pack-quantized";
  }
  return {};
}

CompressedFormat compressedFormat(const Scheme& scheme) {
  if (scheme.format.name == FormatName::NvE2M1) return CompressedFormat::NvFp4PackQuantized;
  if (scheme.format.name == FormatName::MxE2M1) return CompressedFormat::MxFp4PackQuantized;
  if (!isInteger(scheme)) return CompressedFormat::FloatQuantized;
  return scheme.activations.name == ActivationName::None ? CompressedFormat::PackQuantized
                                                         : CompressedFormat::IntQuantized;
}

std::string whyNotCompressedTensors(const Scheme& scheme) {
  if (isInteger(scheme)) return whyNotIntegers(scheme);
  if (family(scheme.format.name) == Family::ScaledFloat) return whyNotFloats(scheme);
  if (scheme.format.name != FormatName::NvE2M1 && scheme.format.name != FormatName::MxE2M1)
    return fmt::format("compressed-tensors stores int4, int8, fp8_e4m3 under a scale, nv_e2m1 and mx_e2m1, not {}.",
                       scheme.toString());
  if (scheme.activations.name != ActivationName::None)
    return fmt::format("compressed-tensors multiplies 4-bit floats with inputs as they are here, not as {}.",
                       scheme.toString());
  return {};
}

std::vector<PieceSpec> compressedSpecs(const Scheme& scheme, const Shape& shape) {
  auto specs = weightSpecs(scheme, shape);
  addInputSpecs(scheme, specs);
  return specs;
}

PieceBytes compressedPieces(const QuantizedTensor& tensor) {
  PieceBytes pieces;
  switch (compressedFormat(*tensor.scheme)) {
    case CompressedFormat::PackQuantized:
      pieces = packedIntegers(tensor);
      break;
    case CompressedFormat::IntQuantized:
      pieces = integers(tensor);
      break;
    default:
      pieces = floats(tensor);
  }
  addInputPieces(tensor, pieces);
  return pieces;
}

}  // namespace core::quant
