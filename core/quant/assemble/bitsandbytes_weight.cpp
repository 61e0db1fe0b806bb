#include <algorithm>

#include "core/io/packed_bitsandbytes.h"
#include "core/numeric/code_books.h"
#include "core/quant/assemble/assemble.h"
#include "core/quant/assemble/pieces.h"
#include "core/quant/assemble/repack.h"
#include "core/quant/assemble/stored_scheme.h"
#include "core/quant/llm_int8_row.h"

namespace core::quant {

namespace {

bool isSame(const std::vector<float>& values, std::span<const float> standard) {
  return std::ranges::equal(values, standard);
}

/// absmax[k] = map[codes[k]] · nestedAbsmax[k / size] + offset
std::vector<float> decodeNested(const NestedScales& nested, const std::vector<float>& map, std::uint64_t size) {
  std::vector<float> scales(nested.codes.size());
  for (std::size_t k = 0; k < scales.size(); ++k)
    scales[k] = map[nested.codes[k]] * nested.absmax[k / size] + nested.offset;
  return scales;
}

}  // namespace

void assembleBitsandbytes4(const io::PackedTensor& stored, QuantizedTensor& out) {
  const io::Bitsandbytes4Weight weight = io::bitsandbytes4Weight(stored);
  CodeBook codes;
  codes.packing = Packing::NibblesHighFirst;
  codes.grouping = {Granularity::Block, static_cast<std::uint32_t>(weight.state.blockSize)};
  codes.levels = floatsOf(stored, *weight.map);
  bool isExpressed = isSame(codes.levels, weight.isNf4 ? numeric::nf4CodeBook() : numeric::fp4CodeBook());
  if (weight.state.nestedBlockSize) {
    NestedScales nested{bytesOf(stored, *weight.absmax), floatsOf(stored, *weight.nestedAbsmax),
                        static_cast<float>(weight.state.nestedOffset)};
    const std::vector<float> map = floatsOf(stored, *weight.nestedMap);
    const bool isStandard = isSame(map, numeric::dynamicMapSigned()) && *weight.state.nestedBlockSize == kNestedBlock;
    if (isStandard)
      codes.nested = std::move(nested);
    else
      codes.scales = decodeNested(nested, map, *weight.state.nestedBlockSize);
    isExpressed = isExpressed && isStandard;
  } else {
    codes.scales = floatsOf(stored, *weight.absmax);
  }
  Scheme scheme = schemeOf(weight.isNf4 ? FormatName::Nf4 : FormatName::Fp4, codes.grouping, ScaleType::Fp32);
  if (codes.nested) scheme.format.doubleQuantization = DoubleQuantization::On;
  if (isExpressed) setScheme(out, scheme);
  out.layout = std::move(codes);
}

void assembleBitsandbytes8(const io::PackedTensor& stored, QuantizedTensor& out) {
  const io::Bitsandbytes8Weight weight = io::bitsandbytes8Weight(stored);
  Uniform codes;
  codes.bits = 8;
  codes.qmin = -128;
  codes.grouping = {Granularity::Row, 0};
  codes.scales = floatsOf(stored, *weight.absmax);
  for (float& scale : codes.scales) scale *= kLlmInt8OneOver127;
  fromSignedBytes(out.payload, out.rows(), out.rowValues()).moveInto(out);
  out.layout = std::move(codes);
  setScheme(out, Scheme::defaults(FormatName::LlmInt8));
  setInputs(stored, out);
}

}  // namespace core::quant
