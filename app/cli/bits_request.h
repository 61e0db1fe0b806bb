#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/numeric/conversion_chain.h"
#include "core/numeric/scale_of_range.h"
#include "core/numeric/typed_number.h"

namespace app::cli {

/// The options of `bits` as typed.
struct BitsOptions {
  std::string value;
  std::vector<std::string> formats;
  std::string rounding, chain;
  std::optional<double> draw;
  std::optional<std::uint64_t> seed;
  std::string scale, absmax, zeroPoint;  ///< read exactly
  bool saturate = false;
  /// Of a link: what the scaled formats cover, as the window has it; steps of its chain are rounded to nearest even
  /// unless they say otherwise.
  std::optional<core::numeric::ValueRange> range;
  /// Likewise: scales of single formats, "int8" → {"1/127", "3"}.
  struct OneScale {
    std::string scale, zeroPoint;
  };
  std::map<std::string, OneScale> scales;
  bool chainOfLink = false;
  bool codeOfLink = false;  ///< the value is the code that a link's path names
};

/// One format of a chain and how numbers are rounded into it.
struct ChainStop {
  core::numeric::NumberFormat format;
  core::numeric::RoundingRule rule;
};

/// What `bits` was asked for.
struct BitsRequest {
  core::numeric::TypedNumber number;
  std::vector<core::numeric::NumberFormat> formats;  ///< to show
  bool formatsChosen = false;                        ///< otherwise all of the table
  std::vector<ChainStop> chain;
  core::numeric::RoundingRule rule;
  core::numeric::Overflow overflow = core::numeric::Overflow::AsFormat;
  core::numeric::CodeScale integerScale;                   ///< of integer formats, where there is nothing else
  core::numeric::CodeScale absmax;                         ///< of code books, likewise
  std::map<std::string, core::numeric::CodeScale> scales;  ///< of single formats, by name
  std::optional<core::numeric::ValueRange> range;

  core::numeric::CodeScale scaleOf(const core::numeric::NumberFormat& format) const;
};

/// The value may be a link; what the options say goes before what it says.
/// @throws core::Error (InvalidArgument) with a sentence
BitsRequest bitsRequest(BitsOptions options);

/// "fp32,e5m10:bias=16,specials=none,bf16/toward_zero": formats apart by commas, of which those before a key belong to
/// its format; behind a slash a rounding of its own.
std::vector<ChainStop> parseChain(const std::string& text, core::numeric::RoundingRule rule);

}  // namespace app::cli
