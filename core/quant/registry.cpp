#include "core/quant/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "core/base/error.h"
#include "core/quant/scheme_table.h"
#include "core/quant/stored_size.h"

namespace core::quant {

namespace {

struct Entry {
  std::string_view text;
  std::string_view description;
};

constexpr Entry kEntries[] = {
    {"fp32", "32-bit floats, the reference that everything else is compared with."},
    {"bf16", "The upper half of a 32-bit float: its range, 8 bits of precision."},
    {"fp16", "16-bit floats: 11 bits of precision, values up to 65504."},
    {"fp8_e4m3", "8-bit floats with 4 bits of precision, values up to 448, no scale."},
    {"fp8_e5m2", "8-bit floats with 3 bits of precision, values up to 57344, no scale."},
    {"int8", "256 even steps with one scale per output row, symmetric around 0."},
    {"int8:group=tensor",
     "256 even steps with one scale for the whole tensor: a single outlier coarsens every weight."},
    {"int8:range=minmax", "256 even steps from the smallest to the largest weight of each row, with a zero-point."},
    {"int6", "63 even steps with one FP16 scale per 32 weights."},
    {"int5", "31 even steps with one FP16 scale per 32 weights."},
    {"int4", "15 even steps with one FP16 scale per 32 weights."},
    {"int4:group=64", "15 even steps with one FP16 scale per 64 weights."},
    {"int4:group=row", "15 even steps with one scale per output row."},
    {"int4:range=minmax", "16 even steps from minimum to maximum of each 32 weights, with a zero-point."},
    {"int3", "7 even steps with one FP16 scale per 32 weights."},
    {"int2", "3 even steps with one FP16 scale per 32 weights: −1, 0 or 1 times the largest."},
    {"int2:range=minmax", "4 even steps from minimum to maximum of each 32 weights, with a zero-point."},
    {"nf4", "16 levels placed where Gaussian weights are dense, one absmax per 64 weights (bitsandbytes, QLoRA)."},
    {"nf4:double=on", "NF4 whose absmax values are themselves quantized to 8 bits."},
    {"fp4", "16 levels of a 4-bit float, one absmax per 64 weights (bitsandbytes)."},
    {"fp4:double=on", "FP4 whose absmax values are themselves quantized to 8 bits."},
    {"q8_0", "GGUF: 8-bit steps, one FP16 scale per 32 weights."},
    {"q5_1", "GGUF: 5-bit steps with FP16 scale and minimum per 32 weights."},
    {"q5_0", "GGUF: 5-bit steps, one FP16 scale per 32 weights."},
    {"q4_1", "GGUF: 4-bit steps with FP16 scale and minimum per 32 weights."},
    {"q4_0", "GGUF: 4-bit steps, one FP16 scale per 32 weights."},
    {"q6_k", "GGUF: 6-bit steps in super-blocks of 256 with 8-bit scales per 16 weights."},
    {"q5_k", "GGUF: 5-bit steps in super-blocks of 256 with 6-bit scales and minima per 32 weights."},
    {"q4_k", "GGUF: 4-bit steps in super-blocks of 256 with 6-bit scales and minima per 32 weights."},
    {"q3_k", "GGUF: 3-bit steps in super-blocks of 256 with 6-bit scales per 16 weights."},
    {"q2_k", "GGUF: 2-bit steps in super-blocks of 256 with 4-bit scales and minima per 16 weights."},
    {"iq4_nl", "GGUF: 16 uneven levels, one FP16 scale per 32 weights."},
    {"iq4_xs", "GGUF: the uneven levels of IQ4_NL in super-blocks of 256 with 6-bit scales per 32 weights."},
    {"iq3_s", "GGUF: four magnitudes at a time from a lattice of 512 points, signs apart."},
    {"iq3_xxs", "GGUF: four magnitudes at a time from a lattice of 256 points, signs apart."},
    {"iq2_s", "GGUF: eight magnitudes at a time from a lattice of 1024 points, signs apart."},
    {"iq2_xs", "GGUF: eight magnitudes at a time from a lattice of 512 points, signs apart."},
    {"iq2_xxs", "GGUF: eight magnitudes at a time from a lattice of 256 points, signs apart."},
    {"iq1_m", "GGUF: eight ternary values at a time from a lattice of 2048 points, scales per 16 weights."},
    {"iq1_s", "GGUF: eight ternary values at a time from a lattice of 2048 points, scales per 32 weights."},
    {"mxfp4", "OCP microscaling: 4-bit floats with a power-of-two scale per 32 weights."},
    {"nvfp4", "4-bit floats with an 8-bit float scale per 16 weights."},
    {"tq2_0", "Ternary weights, 2 bits each, one FP16 scale per 256."},
    {"tq1_0", "Ternary weights, five to a byte, one FP16 scale per 256."},
    {"q2_0", "GGUF: 2-bit codes, one FP16 scale per 64 weights."},
    {"q1_0", "GGUF: signs alone, one FP16 scale per 128 weights."},
};

std::vector<Preset> makePresets() {
  std::vector<Preset> result;
  for (const Entry& entry : kEntries) {
    const Scheme scheme = Scheme::parse(entry.text);
    result.push_back({scheme, scheme.displayName(), std::string(entry.description), isEncodable(scheme.name), false});
  }
  return result;
}

/// The sentence why the scheme is not one that its own text form could express; empty when it is.
std::string schemeProblem(const Scheme& scheme) {
  try {
    const Scheme parsed = Scheme::parse(scheme.toString());
    return parsed == scheme ? "" : fmt::format("The options of '{}' do not belong to it.", scheme.toString());
  } catch (const Error& error) {
    return error.what();
  }
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
  if (!schemeProblem(scheme).empty() || !shapeProblem(scheme, shape).empty() || shape.count() == 0) return 0.0;
  return 8.0 * static_cast<double>(storedSize(scheme, shape).bytes()) / static_cast<double>(shape.count());
}

bool accepts(const Scheme& scheme, const tensor::Shape& shape, std::string* why) {
  std::string problem = schemeProblem(scheme);
  if (problem.empty() && !isEncodable(scheme.name))
    problem = fmt::format("{} can be read from files but not yet made.", info(scheme.name).display);
  if (problem.empty()) problem = shapeProblem(scheme, shape);
  if (why != nullptr) *why = problem;
  return problem.empty();
}

}  // namespace core::quant
