#include "core/io/packed_fp4.h"
#include "core/quant/assemble/assemble.h"
#include "core/quant/assemble/pieces.h"
#include "core/quant/assemble/stored_scheme.h"
#include "core/quant/scaled_levels.h"

namespace core::quant {

namespace {

/// Codes are read where they lie: two to a byte, the first one in the low half, is a bit stream.
void assemble(const io::PackedTensor& stored, const io::Fp4Weight& weight, QuantizedTensor& out) {
  const Scheme scheme = Scheme::defaults(weight.isNv ? FormatName::NvE2M1 : FormatName::MxE2M1);
  CodeBook codes;
  codes.bits = 4;
  codes.grouping = scheme.format.grouping;
  codes.levels = levelsOf(scheme.format);
  codes.scaleType = scheme.format.scaleType;
  codes.scales = floatsOf(stored, *weight.scales);
  if (weight.global != nullptr) {
    const std::vector<float> global = floatsOf(stored, *weight.global);
    const std::size_t perGlobal = codes.scales.size() / global.size();
    for (std::size_t i = 0; i < codes.scales.size(); ++i) {
      const float factor = global[i / perGlobal];
      codes.scales[i] = weight.dividesByGlobal ? codes.scales[i] / factor : codes.scales[i] * factor;
    }
    codes.tensorFactor = weight.dividesByGlobal ? global.front() : 1.0F / global.front();
  }
  out.layout = std::move(codes);
  setScheme(out, scheme);
}

}  // namespace

void assemblePackedFp4(const io::PackedTensor& stored, QuantizedTensor& out) {
  assemble(stored, io::fp4Weight(stored), out);
  setInputs(stored, out);
}

void assembleMxfp4Blocks(const io::PackedTensor& stored, QuantizedTensor& out) {
  assemble(stored, io::mxfp4BlocksWeight(stored), out);
}

}  // namespace core::quant
