#include "app/cli/bits_request.h"

#include <cmath>
#include <random>
#include <sstream>

#include "app/cli/bits_link.h"
#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/numeric/custom_format.h"

namespace app::cli {

namespace {

using namespace core::numeric;

[[noreturn]] void refuse(const std::string& sentence) { throw core::Error(core::ErrorCode::InvalidArgument, sentence); }

double numberOf(const std::string& key, const std::string& text) {
  try {
    return parseTypedNumber(text, numberFormat(FormatId::Fp64)).nearest;
  } catch (const core::Error& error) {
    refuse("The link's " + key + " is no number. " + error.what());
  }
}

std::int64_t zeroPointOf(const std::string& text) {
  const double zeroPoint = numberOf("zero_point", text);
  if (!(std::abs(zeroPoint) <= 0x1p52) || zeroPoint != std::floor(zeroPoint))
    refuse("A zero-point is a whole number, but found " + core::io::inQuotes(text) + ".");
  return static_cast<std::int64_t>(zeroPoint);
}

/// The range of a link: "absmax", or "low" and "high", with "zero_point" on or off.
void applyRange(const std::string& key, const std::string& value, BitsOptions& options) {
  if (!options.range) options.range.emplace();
  if (key == "zero_point") {
    options.range->zeroPoint = value == "on";
    return;
  }
  const double number = numberOf(key, value);
  if (key != "high") options.range->low = key == "absmax" ? -number : number;
  if (key != "low") options.range->high = number;
}

/// A key of a link; nothing where an option says the same.
void applyKey(const std::string& key, const std::string& value, BitsOptions& options) {
  const auto setText = [&](std::string& target) {
    if (target.empty()) target = value;
  };
  if (key == "rounding") return setText(options.rounding);
  if (key == "chain") {
    options.chainOfLink = options.chain.empty();
    return setText(options.chain);
  }
  const bool isSwitch = key == "zero_point" && (value == "on" || value == "off");
  if (key == "absmax" || key == "low" || key == "high" || isSwitch) return applyRange(key, value, options);
  if (key == "draw") {
    if (!options.draw && !options.seed) options.draw = numberOf(key, value);
  } else if (key == "scale") {
    if (!options.scale) options.scale = numberOf(key, value);
  } else if (key == "zero_point") {
    if (!options.zeroPoint) options.zeroPoint = zeroPointOf(value);
  } else if (key != "text" && key != "view") {  // a view is the window's
    refuse(
        "A link to a number has the keys text, rounding, draw, chain, absmax, low, high, zero_point, scale and view, "
        "but found " +
        core::io::inQuotes(key) + ".");
  }
}

/// Takes a link apart. @return the format it names
std::optional<std::string> openLink(BitsOptions& options) {
  const BitsLink link = parseBitsLink(options.value);
  const auto text = link.query.find("text");
  if (link.path.size() > 2 || (link.path.size() == 2) == (text != link.query.end()))
    refuse("A link to a number is quantscope://bits/FORMAT/CODE or quantscope://bits/FORMAT?text=NUMBER.");
  if (!link.path.empty() && options.formats.empty()) options.formats.push_back(link.path[0]);
  options.value = text != link.query.end() ? text->second : link.path[1];
  for (const auto& [key, value] : link.query) applyKey(key, value, options);
  return link.path.empty() ? std::nullopt : std::optional(link.path[0]);
}

Rounding roundingNamed(const std::string& name) {
  if (const auto mode = findRounding(name)) return *mode;
  refuse("The rounding must be one of nearest_even, nearest_away, toward_zero, up, down, stochastic; found " +
         core::io::inQuotes(name) + ".");
}

/// The window keeps a draw beside every rounding, and its links say it.
RoundingRule ruleOf(const BitsOptions& options, bool fromLink) {
  RoundingRule rule;
  if (!options.rounding.empty()) rule.mode = roundingNamed(options.rounding);
  if ((options.draw || options.seed) && rule.mode != Rounding::Stochastic && !fromLink)
    refuse("A draw or a seed belongs to stochastic rounding.");
  if (options.draw && options.seed) refuse("Give either a draw or a seed.");
  if (options.draw) rule.draw = *options.draw;
  if (options.seed) rule.draw = std::ldexp(static_cast<double>(std::mt19937_64(*options.seed)() >> 11), -53);
  if (!(rule.draw >= 0 && rule.draw < 1)) refuse("A draw lies from 0 to just below 1.");
  return rule;
}

}  // namespace

CodeScale BitsRequest::scaleOf(const NumberFormat& format) const {
  if (range && format.isScaled()) return scaleOfRange(format, *range);
  if (format.isInteger()) return integerScale;
  return format.kind == FormatKind::CodeBook ? CodeScale{absmax, 0} : CodeScale{};
}

std::vector<ChainStop> parseChain(const std::string& text, RoundingRule rule) {
  std::vector<std::string> names;
  std::istringstream stream(text);
  for (std::string piece; std::getline(stream, piece, ',');) {
    const bool isOption = piece.find('=') != std::string::npos && piece.find(':') == std::string::npos;
    if (isOption && !names.empty())
      names.back() += "," + piece;
    else
      names.push_back(piece);
  }
  constexpr std::size_t kLongest = 64;
  if (names.size() > kLongest) refuse("A chain has up to 64 formats.");
  std::vector<ChainStop> stops;
  for (const std::string& name : names) {
    const std::size_t slash = name.find('/');
    RoundingRule own = rule;
    if (slash != std::string::npos) own.mode = roundingNamed(name.substr(slash + 1));
    stops.push_back({parseNumberFormat(name.substr(0, slash)), own});
  }
  return stops;
}

BitsRequest bitsRequest(BitsOptions options) {
  std::optional<std::string> patternName;  // a code belongs to the link's own format, whichever is asked for
  const bool fromLink = isLink(options.value);
  if (fromLink) patternName = openLink(options);
  BitsRequest request;
  request.rule = ruleOf(options, fromLink);
  request.overflow = options.saturate ? Overflow::Saturate : Overflow::AsFormat;
  request.integerScale = {options.scale.value_or(1.0), options.zeroPoint.value_or(0)};
  request.absmax = options.absmax.value_or(1.0);
  if (!options.scale && !options.zeroPoint && !options.absmax) request.range = options.range;
  if (!(std::isfinite(request.integerScale.scale) && request.integerScale.scale > 0))
    refuse("The scale must be a positive number.");
  if (!(std::isfinite(request.absmax) && request.absmax > 0)) refuse("The absmax must be a positive number.");
  requireUsable(request.integerScale);
  for (const std::string& name : options.formats) request.formats.push_back(parseNumberFormat(name));
  const RoundingRule chainRule(options.chainOfLink ? Rounding::NearestEven : request.rule.mode, request.rule.draw);
  request.chain = parseChain(options.chain, chainRule);
  request.formatsChosen = !request.formats.empty();
  const NumberFormat pattern = patternName             ? parseNumberFormat(*patternName)
                               : request.formatsChosen ? request.formats.front()
                                                       : numberFormat(FormatId::Fp32);
  request.number = parseTypedNumber(options.value, pattern, request.scaleOf(pattern));
  if (!request.formatsChosen) request.formats.assign(numberFormats().begin(), numberFormats().end());
  return request;
}

}  // namespace app::cli
