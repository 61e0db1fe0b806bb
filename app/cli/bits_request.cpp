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

/// A key of a link that has the meaning of an option; nothing where the option was given.
void applyKey(const std::string& key, const std::string& value, BitsOptions& options) {
  const auto setText = [&](std::string& target) {
    if (target.empty()) target = value;
  };
  const auto setNumber = [&](std::optional<double>& target) {
    if (!target) target = numberOf(key, value);
  };
  if (key == "rounding") return setText(options.rounding);
  if (key == "chain") return setText(options.chain);
  if (key == "draw") return setNumber(options.draw);
  if (key == "scale") return setNumber(options.scale);
  if (key == "absmax") return setNumber(options.absmax);
  if (key == "zero_point" || key == "zero-point") {
    const double zeroPoint = numberOf(key, value);
    if (!(std::abs(zeroPoint) <= 0x1p52) || zeroPoint != std::floor(zeroPoint))
      refuse("A zero-point is a whole number, but found " + core::io::inQuotes(value) + ".");
    if (!options.zeroPoint) options.zeroPoint = static_cast<std::int64_t>(zeroPoint);
    return;
  }
  if (key != "text")
    refuse("A link to a number has the keys text, rounding, draw, chain, scale, zero_point and absmax, but found " +
           core::io::inQuotes(key) + ".");
}

void openLink(BitsOptions& options) {
  const BitsLink link = parseBitsLink(options.value);
  const auto text = link.query.find("text");
  if (link.path.size() > 2 || (link.path.size() == 2) == (text != link.query.end()))
    refuse("A link to a number is quantscope://bits/FORMAT/CODE or quantscope://bits/FORMAT?text=NUMBER.");
  if (!link.path.empty() && options.formats.empty()) options.formats.push_back(link.path[0]);
  // A code belongs to the link's own format, whichever is asked for.
  options.value = text != link.query.end() ? text->second : link.path[1];
  for (const auto& [key, value] : link.query) applyKey(key, value, options);
}

RoundingRule ruleOf(const BitsOptions& options) {
  RoundingRule rule;
  if (!options.rounding.empty()) {
    const auto mode = findRounding(options.rounding);
    if (!mode)
      refuse("The rounding must be one of nearest_even, nearest_away, toward_zero, up, down, stochastic; found " +
             core::io::inQuotes(options.rounding) + ".");
    rule.mode = *mode;
  }
  if ((options.draw || options.seed) && rule.mode != Rounding::Stochastic)
    refuse("A draw or a seed belongs to stochastic rounding.");
  if (options.draw && options.seed) refuse("Give either a draw or a seed.");
  if (options.draw) rule.draw = *options.draw;
  if (options.seed) rule.draw = std::ldexp(static_cast<double>(std::mt19937_64(*options.seed)() >> 11), -53);
  if (!(rule.draw >= 0 && rule.draw < 1)) refuse("A draw lies from 0 to just below 1.");
  return rule;
}

}  // namespace

CodeScale BitsRequest::scaleOf(const NumberFormat& format) const {
  if (format.isInteger()) return integerScale;
  return format.kind == FormatKind::CodeBook ? CodeScale{absmax, 0} : CodeScale{};
}

std::vector<NumberFormat> parseFormatList(const std::string& text) {
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
  std::vector<NumberFormat> formats;
  for (const std::string& name : names) formats.push_back(parseNumberFormat(name));
  return formats;
}

BitsRequest bitsRequest(BitsOptions options) {
  std::optional<std::string> patternName;
  if (isLink(options.value)) {
    const BitsLink link = parseBitsLink(options.value);
    if (!link.path.empty()) patternName = link.path[0];
    openLink(options);
  }
  BitsRequest request;
  request.rule = ruleOf(options);
  request.overflow = options.saturate ? Overflow::Saturate : Overflow::AsFormat;
  request.integerScale = {options.scale.value_or(1.0), options.zeroPoint.value_or(0)};
  request.absmax = options.absmax.value_or(1.0);
  if (!(std::isfinite(request.integerScale.scale) && request.integerScale.scale > 0))
    refuse("The scale must be a positive number.");
  if (!(std::isfinite(request.absmax) && request.absmax > 0)) refuse("The absmax must be a positive number.");
  requireUsable(request.integerScale);
  for (const std::string& name : options.formats) request.formats.push_back(parseNumberFormat(name));
  request.chain = parseFormatList(options.chain);
  request.formatsChosen = !request.formats.empty();
  const NumberFormat pattern = patternName             ? parseNumberFormat(*patternName)
                               : request.formatsChosen ? request.formats.front()
                                                       : numberFormat(FormatId::Fp32);
  request.number = parseTypedNumber(options.value, pattern, request.scaleOf(pattern));
  if (!request.formatsChosen) request.formats.assign(numberFormats().begin(), numberFormats().end());
  return request;
}

}  // namespace app::cli
