#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/quant/scheme.h"
#include "core/tensor/dtype.h"

namespace core::quant {

/// Facts about a scheme name.
struct SchemeNameInfo {
  SchemeName name;
  std::string_view text;     ///< as in the text form
  std::string_view display;  ///< for people
  Family family;
  std::uint32_t codeBits;              ///< bits of one element's code
  std::optional<tensor::DType> dtype;  ///< Cast and GgufBlock: how it is stored
};

/// Every scheme name, in the order of the enumeration, then the block types in the order of blockCodecs().
std::span<const SchemeNameInfo> allSchemeNames();
const SchemeNameInfo& info(SchemeName name);
/// The scheme that stores this dtype; nothing for integers, FP64 and activation formats.
std::optional<SchemeName> schemeNameOf(tensor::DType dtype);
/// False for types that can only be read from files (yet).
bool isEncodable(SchemeName name);

}  // namespace core::quant
