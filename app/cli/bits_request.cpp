#include "app/cli/bits_request.h"

#include <cmath>
#include <random>
#include <sstream>

#include "app/cli/bits_link.h"
#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/numeric/custom_format.h"
#include "core/numeric/typed_scale.h"

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

/// What the options say of all integers must be possible in each that was asked for; in the widest, where none was.
CodeScale integerScale(const BitsOptions& options, const std::vector<NumberFormat>& formats) {
  const std::string& scale = options.scale.empty() ? "1" : options.scale;
  CodeScale result;
  bool any = false;
  for (const NumberFormat& format : formats)
    if (format.isInteger()) result = parseScale(format, scale, options.zeroPoint), any = true;
  if (any) return result;
  const bool negative = options.zeroPoint.find_first_of("-−") != std::string::npos;
  return parseScale(numberFormat(negative ? FormatId::Int8 : FormatId::UInt8), scale, options.zeroPoint);
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
  if (const std::size_t dot = key.find('.'); dot != std::string::npos) {
    if (key.substr(dot) == ".scale") return void(options.scales[key.substr(0, dot)].scale = value);
    if (key.substr(dot) == ".zero_point") return void(options.scales[key.substr(0, dot)].zeroPoint = value);
  }
  if (key == "draw") {
    if (!options.draw && !options.seed) options.draw = numberOf(key, value);
  } else if (key == "scale") {
    setText(options.scale);
  } else if (key == "zero_point") {
    setText(options.zeroPoint);
  } else if (key != "text" && key != "view" && key != "spacing") {  // a view is the window's
    refuse(
        "A link to a number has the keys text, rounding, draw, chain, absmax, low, high, zero_point, scale, "
        "int8.scale, "
        "int8.zero_point (of any such format) and view, "
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
  options.codeOfLink = text == link.query.end();
  options.value = options.codeOfLink ? link.path[1] : text->second;
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
  if (const auto own = scales.find(format.name); own != scales.end()) return own->second;
  if (range && format.isScaled()) return scaleOfRange(format, *range);
  if (format.isInteger()) return integerScale;
  return format.kind == FormatKind::CodeBook ? absmax : CodeScale{};
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
  for (const std::string& name : options.formats) request.formats.push_back(parseNumberFormat(name));
  request.integerScale = integerScale(options, request.formats);
  request.absmax = parseScale(numberFormat(FormatId::Nf4), options.absmax.empty() ? "1" : options.absmax);
  if (options.scale.empty() && options.zeroPoint.empty() && options.absmax.empty()) {
    request.range = options.range;
    for (const auto& [name, one] : options.scales) {
      const NumberFormat format = parseNumberFormat(name);
      request.scales[format.name] = parseScale(format, one.scale, one.zeroPoint);
    }
  }
  const RoundingRule chainRule(options.chainOfLink ? Rounding::NearestEven : request.rule.mode, request.rule.draw);
  request.chain = parseChain(options.chain, chainRule);
  request.formatsChosen = !request.formats.empty();
  const NumberFormat pattern = patternName             ? parseNumberFormat(*patternName)
                               : request.formatsChosen ? request.formats.front()
                                                       : numberFormat(FormatId::Fp32);
  request.number = parseTypedNumber(options.value, pattern, request.scaleOf(pattern));
  if (options.codeOfLink && !request.number.patternFormat)
    refuse("Bits in a link are written 0x… or 0b…, but found " + core::io::inQuotes(options.value) +
           "; a number is quantscope://bits/FORMAT?text=NUMBER.");
  if (!request.formatsChosen) request.formats.assign(numberFormats().begin(), numberFormats().end());
  return request;
}

}  // namespace app::cli
