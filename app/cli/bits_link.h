#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace app::cli {

/// "quantscope://bits/fp32/0x3eeaf790" or "quantscope://bits/fp32?text=0.1&rounding=up": what the window's links say,
/// read without Qt. Path and values are decoded (%XX); "+" is a plus sign.
struct BitsLink {
  std::vector<std::string> path;             ///< behind "bits": {"fp32", "0x3eeaf790"}
  std::map<std::string, std::string> query;  ///< {"text": "0.1"}
};

bool isLink(std::string_view text);

/// @throws core::Error (InvalidArgument) with a sentence: another workspace, a broken escape, a key twice, too long
BitsLink parseBitsLink(std::string_view text);

}  // namespace app::cli
