#include "core/quant/scheme_table.h"

#include <array>
#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "core/quant/block_codec.h"

namespace core::quant {

namespace {

using tensor::DType;

constexpr SchemeNameInfo cast(SchemeName name, std::string_view text, std::string_view display, std::uint32_t bits,
                              DType dtype) {
  return {name, text, display, Family::Cast, bits, dtype};
}
constexpr SchemeNameInfo integer(SchemeName name, std::string_view text, std::string_view display, std::uint32_t bits) {
  return {name, text, display, Family::Integer, bits, std::nullopt};
}
constexpr SchemeNameInfo codeBook(SchemeName name, std::string_view text, std::string_view display) {
  return {name, text, display, Family::CodeBook, 4, std::nullopt};
}
constexpr std::array kNamed = {
    cast(SchemeName::Fp32, "fp32", "FP32", 32, DType::F32),
    cast(SchemeName::Fp16, "fp16", "FP16", 16, DType::F16),
    cast(SchemeName::Bf16, "bf16", "BF16", 16, DType::BF16),
    cast(SchemeName::Fp8E4M3, "fp8_e4m3", "FP8 E4M3", 8, DType::F8E4M3),
    cast(SchemeName::Fp8E5M2, "fp8_e5m2", "FP8 E5M2", 8, DType::F8E5M2),
    integer(SchemeName::Int8, "int8", "INT8", 8),
    integer(SchemeName::Int6, "int6", "INT6", 6),
    integer(SchemeName::Int5, "int5", "INT5", 5),
    integer(SchemeName::Int4, "int4", "INT4", 4),
    integer(SchemeName::Int3, "int3", "INT3", 3),
    integer(SchemeName::Int2, "int2", "INT2", 2),
    codeBook(SchemeName::Nf4, "nf4", "NF4"),
    codeBook(SchemeName::Fp4, "fp4", "FP4"),
};

constexpr bool inEnumerationOrder() {
  for (std::size_t i = 0; i < kNamed.size(); ++i)
    if (static_cast<std::size_t>(kNamed[i].name) != i) return false;
  return true;
}
static_assert(inEnumerationOrder(), "info() indexes the table by the enumeration.");

/// The named schemes, then every block type that is one, named as its dtype.
class Table {
 public:
  Table() : m_rows(kNamed.begin(), kNamed.end()) {
    for (const BlockCodec& codec : blockCodecs()) {
      if (codec.codeBits == 0) continue;
      std::string& display = m_displays.emplace_back(tensor::name(codec.dtype));
      for (char& c : display) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
      m_rows.push_back({static_cast<SchemeName>(m_rows.size()), tensor::name(codec.dtype), display, Family::GgufBlock,
                        codec.codeBits, codec.dtype});
    }
  }
  std::span<const SchemeNameInfo> rows() const { return m_rows; }

 private:
  std::deque<std::string> m_displays;  ///< where the rows' views point: a deque never moves them
  std::vector<SchemeNameInfo> m_rows;
};

}  // namespace

std::span<const SchemeNameInfo> allSchemeNames() {
  static const Table table;
  return table.rows();
}

const SchemeNameInfo& info(SchemeName name) { return allSchemeNames()[static_cast<std::size_t>(name)]; }

std::optional<SchemeName> schemeNameOf(DType dtype) {
  for (const SchemeNameInfo& entry : allSchemeNames())
    if (entry.dtype == dtype) return entry.name;
  return std::nullopt;
}

bool isEncodable(SchemeName name) {
  const auto dtype = info(name).dtype;
  return !dtype || blockCodec(*dtype)->encode != nullptr;
}

Family family(SchemeName name) { return info(name).family; }
std::string_view toString(SchemeName name) { return info(name).text; }
std::uint32_t codeBits(SchemeName name) { return info(name).codeBits; }

}  // namespace core::quant
