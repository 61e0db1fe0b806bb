#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/numeric/conversion_chain.h"
#include "core/numeric/typed_number.h"

namespace app::cli {

/// The options of `bits` as typed.
struct BitsOptions {
  std::string value;
  std::vector<std::string> formats;
  std::string rounding, chain;
  std::optional<double> draw;
  std::optional<std::uint64_t> seed;
  std::optional<double> scale, absmax;
  std::optional<std::int64_t> zeroPoint;
  bool saturate = false;
};

/// What `bits` was asked for.
struct BitsRequest {
  core::numeric::TypedNumber number;
  std::vector<core::numeric::NumberFormat> formats;  ///< to show
  bool formatsChosen = false;                        ///< otherwise all of the table
  std::vector<core::numeric::NumberFormat> chain;
  core::numeric::RoundingRule rule;
  core::numeric::Overflow overflow = core::numeric::Overflow::AsFormat;
  core::numeric::CodeScale integerScale;  ///< of integer formats
  double absmax = 1;                      ///< of code books

  core::numeric::CodeScale scaleOf(const core::numeric::NumberFormat& format) const;
};

/// The value may be a link; what the options say goes before what it says.
/// @throws core::Error (InvalidArgument) with a sentence
BitsRequest bitsRequest(BitsOptions options);

/// "fp32,e5m10:bias=16,specials=none,bf16": formats apart by commas, of which those before a key belong to its format.
std::vector<core::numeric::NumberFormat> parseFormatList(const std::string& text);

}  // namespace app::cli
