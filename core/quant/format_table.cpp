#include <array>
#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "core/quant/block_codec.h"
#include "core/quant/format.h"

namespace core::quant {

namespace {

using tensor::DType;

constexpr FormatInfo cast(FormatName name, std::string_view text, std::string_view display, std::uint32_t bits,
                          DType dtype) {
  return {name, text, display, bits == 8 ? Family::ScaledFloat : Family::Cast, bits, dtype};
}
constexpr FormatInfo codes(FormatName name, std::string_view text, std::string_view display, Family family,
                           std::uint32_t bits) {
  return {name, text, display, family, bits, std::nullopt};
}
constexpr std::array kNamed = {
    cast(FormatName::Fp32, "fp32", "FP32", 32, DType::F32),
    cast(FormatName::Fp16, "fp16", "FP16", 16, DType::F16),
    cast(FormatName::Bf16, "bf16", "BF16", 16, DType::BF16),
    cast(FormatName::Fp8E4M3, "fp8_e4m3", "FP8 E4M3", 8, DType::F8E4M3),
    cast(FormatName::Fp8E5M2, "fp8_e5m2", "FP8 E5M2", 8, DType::F8E5M2),
    codes(FormatName::Int8, "int8", "INT8", Family::Integer, 8),
    codes(FormatName::Int7, "int7", "INT7", Family::Integer, 7),
    codes(FormatName::Int6, "int6", "INT6", Family::Integer, 6),
    codes(FormatName::Int5, "int5", "INT5", Family::Integer, 5),
    codes(FormatName::Int4, "int4", "INT4", Family::Integer, 4),
    codes(FormatName::Int3, "int3", "INT3", Family::Integer, 3),
    codes(FormatName::Int2, "int2", "INT2", Family::Integer, 2),
    codes(FormatName::Log8, "log8", "LOG8", Family::Logarithmic, 8),
    codes(FormatName::Log7, "log7", "LOG7", Family::Logarithmic, 7),
    codes(FormatName::Log6, "log6", "LOG6", Family::Logarithmic, 6),
    codes(FormatName::Log5, "log5", "LOG5", Family::Logarithmic, 5),
    codes(FormatName::Log4, "log4", "LOG4", Family::Logarithmic, 4),
    codes(FormatName::Log3, "log3", "LOG3", Family::Logarithmic, 3),
    codes(FormatName::KMeans4, "kmeans4", "K-means 4", Family::KMeans, 4),
    codes(FormatName::KMeans3, "kmeans3", "K-means 3", Family::KMeans, 3),
    codes(FormatName::KMeans2, "kmeans2", "K-means 2", Family::KMeans, 2),
    codes(FormatName::Nf4, "nf4", "NF4", Family::CodeBook, 4),
    codes(FormatName::Fp4, "fp4", "FP4", Family::CodeBook, 4),
    codes(FormatName::Dynamic8, "dynamic8", "Dynamic 8", Family::CodeBook, 8),
    codes(FormatName::MxE4M3, "mx_e4m3", "MXFP8 E4M3", Family::Microscaling, 8),
    codes(FormatName::MxE5M2, "mx_e5m2", "MXFP8 E5M2", Family::Microscaling, 8),
    codes(FormatName::MxE3M2, "mx_e3m2", "MXFP6 E3M2", Family::Microscaling, 6),
    codes(FormatName::MxE2M3, "mx_e2m3", "MXFP6 E2M3", Family::Microscaling, 6),
    codes(FormatName::MxE2M1, "mx_e2m1", "MXFP4 E2M1", Family::Microscaling, 4),
    codes(FormatName::MxInt8, "mx_int8", "MXINT8", Family::Microscaling, 8),
    codes(FormatName::NvE2M1, "nv_e2m1", "NVFP4 E2M1", Family::Microscaling, 4),
    codes(FormatName::LlmInt8, "llm_int8", "LLM.int8()", Family::LlmInt8, 8),
};

constexpr bool inEnumerationOrder() {
  for (std::size_t i = 0; i < kNamed.size(); ++i)
    if (static_cast<std::size_t>(kNamed[i].name) != i) return false;
  return true;
}
static_assert(inEnumerationOrder(), "info() indexes the table by the enumeration.");

/// The named formats, then every block type that is one, named as its dtype.
class Table {
 public:
  Table() : m_rows(kNamed.begin(), kNamed.end()) {
    for (const BlockCodec& codec : blockCodecs()) {
      if (codec.codeBits == 0) continue;
      std::string& display = m_displays.emplace_back(tensor::name(codec.dtype));
      for (char& c : display) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
      m_rows.push_back({static_cast<FormatName>(m_rows.size()), tensor::name(codec.dtype), display, Family::GgufBlock,
                        codec.codeBits, codec.dtype});
    }
  }
  std::span<const FormatInfo> rows() const { return m_rows; }

 private:
  std::deque<std::string> m_displays;  ///< where the rows' views point: a deque never moves them
  std::vector<FormatInfo> m_rows;
};

Grouping defaultGrouping(FormatName name) {
  switch (family(name)) {
    case Family::Integer:
      if (name == FormatName::Int8) return {Granularity::Row, 0};
      return {Granularity::Group, 32};
    case Family::Logarithmic:
      return {Granularity::Group, 32};
    case Family::KMeans:
    case Family::LlmInt8:
      return {Granularity::Row, 0};
    case Family::CodeBook:
      return {Granularity::Block, name == FormatName::Dynamic8 ? 4096U : 64U};
    case Family::Microscaling:
      return {Granularity::Group, name == FormatName::NvE2M1 ? 16U : 32U};
    case Family::Cast:
    case Family::ScaledFloat:
    case Family::GgufBlock:
      break;
  }
  return {};
}

}  // namespace

std::span<const FormatInfo> allFormats() {
  static const Table table;
  return table.rows();
}

const FormatInfo& info(FormatName name) { return allFormats()[static_cast<std::size_t>(name)]; }
Family family(FormatName name) { return info(name).family; }
std::string_view toString(FormatName name) { return info(name).text; }
std::uint32_t codeBits(FormatName name) { return info(name).codeBits; }

Format defaultFormat(FormatName name) {
  Format format;
  format.name = name;
  format.grouping = defaultGrouping(name);
  format.scaleType = defaultScaleType(name, format.grouping);
  return format;
}

ScaleType defaultScaleType(FormatName name, const Grouping& grouping) {
  switch (family(name)) {
    case Family::KMeans:
      return ScaleType::Fp16;
    case Family::Integer:
    case Family::Logarithmic:
      return grouping.granularity == Granularity::Group ? ScaleType::Fp16 : ScaleType::Fp32;
    case Family::Microscaling:
      return name == FormatName::NvE2M1 ? ScaleType::E4M3 : ScaleType::E8M0;
    default:
      return ScaleType::Fp32;
  }
}

std::optional<DType> storedDType(const Format& format) {
  return format.grouping.granularity == Granularity::None ? info(format.name).dtype : std::nullopt;
}

std::optional<FormatName> formatOf(DType dtype) {
  for (const FormatInfo& entry : allFormats())
    if (entry.dtype == dtype) return entry.name;
  return std::nullopt;
}

}  // namespace core::quant
