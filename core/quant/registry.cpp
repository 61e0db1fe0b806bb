#include "core/quant/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "core/quant/block_codec.h"
#include "core/quant/calibration.h"
#include "core/quant/stored_size.h"

namespace core::quant {

namespace {

struct Entry {
  std::string_view text;
  std::string_view description;
};

/// The block types of GGUF follow from their codecs.
constexpr Entry kEntries[] = {
    {"fp32", "32-bit floats, the reference that everything else is compared with."},
    {"bf16", "The upper half of a 32-bit float: its range, 8 bits of precision."},
    {"fp16", "16-bit floats: 11 bits of precision, values up to 65504."},
    {"fp8_e4m3", "8-bit floats with 4 bits of precision, values up to 448, no scale."},
    {"fp8_e4m3:scale=tensor", "The same with one FP32 scale that brings the largest weight of the tensor to 448."},
    {"fp8_e4m3:scale=row", "The same with one FP32 scale per output row."},
    {"fp8_e4m3:scale=block128", "The same with one FP32 scale per 128 × 128 weights, as large FP8 checkpoints have."},
    {"fp8_e5m2", "8-bit floats with 3 bits of precision, values up to 57344, no scale."},
    {"fp8_e5m2:scale=row", "The same with one FP32 scale per output row."},
    {"int8", "255 even levels with one scale per output row, symmetric around 0."},
    {"int8:group=tensor",
     "255 even levels with one scale for the whole tensor: a single outlier coarsens every weight."},
    {"int8:range=minmax", "256 even levels that span each row and 0, with a zero-point."},
    {"int7", "127 even levels with one FP16 scale per 32 weights."},
    {"int6", "63 even levels with one FP16 scale per 32 weights."},
    {"int5", "31 even levels with one FP16 scale per 32 weights."},
    {"int4", "15 even levels with one FP16 scale per 32 weights."},
    {"int4:group=64", "15 even levels with one FP16 scale per 64 weights."},
    {"int4:group=row", "15 even levels with one scale per output row."},
    {"int4:group=64,scales=uint8", "15 even levels per 64 weights whose scales are themselves quantized to 8 bits."},
    {"int4:range=minmax", "16 even levels that span each 32 weights and 0, with a zero-point."},
    {"int4:group=row,range=percentile", "15 even levels over the 99.9th percentile of each row: outliers are clipped."},
    {"int4:range=mse", "15 even levels over the range of least squared error of each 32 weights."},
    {"int4:range=mse,zero=on", "16 even levels with a zero-point over the range of least squared error."},
    {"int3", "7 even levels with one FP16 scale per 32 weights."},
    {"int3:range=mse", "7 even levels over the range of least squared error of each 32 weights."},
    {"int2", "3 even levels with one FP16 scale per 32 weights: −1, 0 or 1 times the largest."},
    {"int2:range=minmax", "4 even levels that span each 32 weights and 0, with a zero-point."},
    {"int2:range=mse,zero=on", "4 even levels with a zero-point over the range of least squared error."},
    {"int4:group=128,range=minmax,method=gptq",
     "16 even levels per 128 weights by GPTQ: what a weight loses, later ones of its row make up for."},
    {"int4:group=128,range=minmax,method=gptq,act_order=on",
     "16 even levels per 128 weights by GPTQ, the columns with the largest inputs first."},
    {"int3:group=128,range=minmax,method=gptq", "8 even levels per 128 weights by GPTQ."},
    {"int4:group=128,range=minmax,method=awq",
     "16 even levels per 128 weights by AWQ: columns with large inputs are multiplied before, so that they lose less."},
    {"int3:group=128,range=minmax,method=awq", "8 even levels per 128 weights by AWQ."},
    {"int4:group=64,range=minmax,method=hqq",
     "16 even levels per 64 weights by HQQ: zero-points between the levels, chosen without any text."},
    {"int3:group=64,range=minmax,method=hqq", "8 even levels per 64 weights by HQQ."},
    {"int2:group=64,range=minmax,method=hqq", "4 even levels per 64 weights by HQQ."},
    {"int8:method=smooth,activations=int8_dynamic",
     "255 even levels by SmoothQuant, and so for the inputs, whose outliers are handed over to the weights."},
    {"log8:base=1.1", "Zero and 127 powers of 1.1 on each side of it: equal relative steps."},
    {"log6:base=1.25", "Zero and 31 powers of 1.25 on each side of it."},
    {"log4", "Zero and 7 powers of two on each side of it, one FP16 scale per 32 weights."},
    {"log4:base=1.5", "Zero and 7 powers of 1.5 on each side of it: finer, over a smaller range."},
    {"log3", "Zero and 3 powers of two on each side of it."},
    {"kmeans4", "16 levels per output row, placed where they make the squared error least."},
    {"kmeans3", "8 levels per output row, placed where they make the squared error least."},
    {"kmeans2", "4 levels per output row, placed where they make the squared error least."},
    {"nf4", "16 levels placed where Gaussian weights are dense, one absmax per 64 weights (bitsandbytes, QLoRA)."},
    {"nf4:method=gptq", "NF4 whose codes GPTQ chose."},
    {"nf4:double=on", "NF4 whose absmax values are themselves quantized to 8 bits."},
    {"fp4", "16 levels of a 4-bit float, one absmax per 64 weights (bitsandbytes)."},
    {"fp4:double=on", "FP4 whose absmax values are themselves quantized to 8 bits."},
    {"dynamic8", "256 levels, denser toward 0 in powers of ten, one absmax per 4096 weights (bitsandbytes)."},
    {"mx_e4m3", "OCP MXFP8: FP8 E4M3 under a power-of-two scale per 32 weights."},
    {"mx_e5m2", "OCP MXFP8: FP8 E5M2 under a power-of-two scale per 32 weights."},
    {"mx_e3m2", "OCP MXFP6: 3 exponent bits under a power-of-two scale per 32 weights."},
    {"mx_e2m3", "OCP MXFP6: 3 mantissa bits under a power-of-two scale per 32 weights."},
    {"mx_e2m1", "OCP MXFP4: 4-bit floats under a power-of-two scale per 32 weights, ties to even."},
    {"mx_int8", "OCP MXINT8: 8-bit integers under a power-of-two scale per 32 weights."},
    {"nv_e2m1", "NVFP4: 4-bit floats, an FP8 scale per 16 weights and an FP32 scale of the tensor."},
    {"int8:activations=int8_dynamic",
     "255 even levels times INT8 inputs, which get a scale per token: products of integers."},
    {"int8:activations=int8_static",
     "255 even levels times INT8 inputs under one range per layer, from the least to the largest of a text."},
    {"int8:activations=int8_static,input_range=percentile",
     "255 even levels times INT8 inputs under one range per layer, which clips the largest of a text."},
    {"int8:activations=int8_static,input_range=entropy",
     "255 even levels times INT8 inputs under the range per layer whose codes are spread most like a text's inputs "
     "(KL)."},
    {"int4:range=minmax,activations=int8_dynamic", "16 even levels times INT8 inputs, which get a scale per token."},
    {"q8_0:activations=int8_dynamic",
     "GGUF's Q8_0 times INT8 inputs, which get a scale per token: weights stored so keep their codes and scales."},
    {"q4_0:activations=int8_dynamic",
     "GGUF's Q4_0 times INT8 inputs, which get a scale per token: weights stored so keep their codes and scales."},
    {"fp8_e4m3:scale=row,activations=fp8_dynamic",
     "FP8 weights times FP8 inputs, which get a scale per token, as FP8 checkpoints are run."},
    {"fp8_e4m3:scale=tensor,activations=fp8_static",
     "FP8 weights times FP8 inputs under one scale per layer, from the largest of a text."},
    {"llm_int8", "INT8 weights and inputs, row by row; inputs with outliers in FP16 (bitsandbytes)."},
};

std::vector<Preset> makePresets() {
  std::vector<Preset> result;
  const auto add = [&result](std::string_view text, std::string_view description) {
    const Scheme scheme = Scheme::parse(text);
    result.push_back(
        {scheme, scheme.displayName(), std::string(description), calibrationNeed(scheme) != CalibrationNeed::None});
  };
  for (const Entry& entry : kEntries) add(entry.text, entry.description);
  for (const BlockCodec& codec : blockCodecs())
    if (codec.codeBits != 0) add(tensor::name(codec.dtype), codec.description);
  return result;
}

}  // namespace

std::span<const Preset> presets() {
  static const std::vector<Preset> list = makePresets();
  return list;
}

const Preset* findPreset(const Scheme& scheme) {
  const auto list = presets();
  const auto found = std::find_if(list.begin(), list.end(), [&](const Preset& p) { return p.scheme == scheme; });
  return found == list.end() ? nullptr : &*found;
}

double bitsPerWeight(const Scheme& scheme, const tensor::Shape& shape) {
  if (!scheme.problem().empty() || !shapeProblem(scheme.format, shape).empty() || shape.count() == 0) return 0.0;
  return 8.0 * static_cast<double>(storedSize(scheme, shape).bytes()) / static_cast<double>(shape.count());
}

bool accepts(const Scheme& scheme, const tensor::Shape& shape, std::string* why) {
  std::string problem = scheme.problem();
  if (problem.empty()) problem = shapeProblem(scheme.format, shape);
  if (why != nullptr) *why = problem;
  return problem.empty();
}

}  // namespace core::quant
