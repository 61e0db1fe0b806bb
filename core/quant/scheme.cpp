#include "core/quant/scheme.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <optional>
#include <vector>

#include "core/base/error.h"
#include "core/quant/scheme_table.h"

namespace core::quant {

namespace {

constexpr std::uint32_t kDefaultGroup = 32;
constexpr std::uint32_t kDefaultBlock = 64;
constexpr std::uint32_t kSmallestBlock = 16;
constexpr std::uint32_t kLargestBlock = 4096;  // as in bitsandbytes

[[noreturn]] void refuse(std::string_view text, const std::string& sentence) {
  throw Error(ErrorCode::InvalidArgument, sentence, std::string(text));
}

std::optional<std::uint32_t> wholeNumber(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

SchemeName parseName(std::string_view word, std::string_view text) {
  std::string lower(word);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  std::string names;
  for (const SchemeNameInfo& entry : allSchemeNames()) {
    if (entry.text == word) return entry.name;
    if (entry.text == lower)
      refuse(text, fmt::format("Scheme names are lower case: expected '{}', found '{}'.", entry.text, word));
    names += names.empty() ? "" : ", ";
    names += entry.text;
  }
  refuse(text, fmt::format("A scheme begins with one of {}; found '{}'.", names, word));
}

void applyGroup(Scheme& scheme, std::string_view value, std::string_view text) {
  scheme.groupSize = 0;
  if (value == "row") {
    scheme.granularity = Granularity::Row;
  } else if (value == "tensor") {
    scheme.granularity = Granularity::Tensor;
  } else {
    const auto size = wholeNumber(value);
    if (!size || *size == 0)
      refuse(text, fmt::format("'group' must be a whole number of at least 1, 'row' or 'tensor'; found '{}'.", value));
    scheme.granularity = Granularity::Group;
    scheme.groupSize = *size;
  }
}

void applyRange(Scheme& scheme, std::string_view value, std::string_view text) {
  if (value != "absmax" && value != "minmax")
    refuse(text, fmt::format("'range' must be 'absmax' or 'minmax'; found '{}'.", value));
  scheme.range = value == "minmax" ? RangeMethod::MinMax : RangeMethod::Absmax;
}

bool isBlockSize(std::uint32_t size) {
  return std::has_single_bit(size) && size >= kSmallestBlock && size <= kLargestBlock;
}

void applyBlock(Scheme& scheme, std::string_view value, std::string_view text) {
  const auto size = wholeNumber(value);
  if (!size || !isBlockSize(*size))
    refuse(text, fmt::format("'block' must be a power of two from {} to {}; found '{}'.", kSmallestBlock, kLargestBlock,
                             value));
  scheme.blockSize = *size;
}

void applyDouble(Scheme& scheme, std::string_view value, std::string_view text) {
  if (value != "on" && value != "off") refuse(text, fmt::format("'double' must be 'on' or 'off'; found '{}'.", value));
  scheme.doubleQuantization = value == "on" ? DoubleQuantization::On : DoubleQuantization::Off;
}

void applyOption(Scheme& scheme, std::string_view key, std::string_view value, std::string_view text) {
  const SchemeNameInfo& name = info(scheme.name);
  if (name.family == Family::Integer) {
    if (key == "group") return applyGroup(scheme, value, text);
    if (key == "range") return applyRange(scheme, value, text);
    refuse(text, fmt::format("'{}' takes the options 'group' and 'range'; found '{}'.", name.text, key));
  }
  if (name.family == Family::CodeBook) {
    if (key == "block") return applyBlock(scheme, value, text);
    if (key == "double") return applyDouble(scheme, value, text);
    refuse(text, fmt::format("'{}' takes the options 'block' and 'double'; found '{}'.", name.text, key));
  }
  refuse(text, fmt::format("'{}' takes no options; found '{}'.", name.text, key));
}

std::string groupText(const Scheme& scheme) {
  if (scheme.granularity == Granularity::Row) return "row";
  if (scheme.granularity == Granularity::Tensor) return "tensor";
  return std::to_string(scheme.groupSize);
}

}  // namespace

Scheme Scheme::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  Scheme scheme = defaults(parseName(text.substr(0, colon), text));
  if (colon == std::string_view::npos) return scheme;
  std::vector<std::string_view> seen;
  std::string_view rest = text.substr(colon + 1);
  for (bool more = true; more;) {
    const std::size_t comma = rest.find(',');
    const std::string_view option = rest.substr(0, comma);
    more = comma != std::string_view::npos;
    if (more) rest.remove_prefix(comma + 1);
    const std::size_t equals = option.find('=');
    if (equals == std::string_view::npos)
      refuse(text, fmt::format("Options of a scheme are written key=value, separated by commas; found '{}'.", option));
    const std::string_view key = option.substr(0, equals);
    if (std::find(seen.begin(), seen.end(), key) != seen.end())
      refuse(text, fmt::format("The option '{}' is given twice in '{}'.", key, text));
    seen.push_back(key);
    applyOption(scheme, key, option.substr(equals + 1), text);
  }
  return scheme;
}

Scheme Scheme::defaults(SchemeName name) {
  Scheme scheme;
  scheme.name = name;
  if (quant::family(name) == Family::Integer && name != SchemeName::Int8) {
    scheme.granularity = Granularity::Group;
    scheme.groupSize = kDefaultGroup;
  }
  if (quant::family(name) == Family::CodeBook) scheme.blockSize = kDefaultBlock;
  return scheme;
}

std::string Scheme::toString() const {
  const Scheme standard = defaults(name);
  std::string options;
  const auto add = [&options](std::string_view key, std::string_view value) {
    options += fmt::format("{}{}={}", options.empty() ? ":" : ",", key, value);
  };
  if (granularity != standard.granularity || groupSize != standard.groupSize) add("group", groupText(*this));
  if (range != standard.range) add("range", "minmax");
  if (blockSize != standard.blockSize) add("block", std::to_string(blockSize));
  if (doubleQuantization != standard.doubleQuantization) add("double", "on");
  return std::string(info(name).text) + options;
}

std::string Scheme::problem() const {
  const Scheme standard = defaults(name);
  const Family own = quant::family(name);
  const bool integerOptions =
      granularity != standard.granularity || groupSize != standard.groupSize || range != standard.range;
  const bool codeBookOptions = blockSize != standard.blockSize || doubleQuantization != standard.doubleQuantization;
  if ((own != Family::Integer && integerOptions) || (own != Family::CodeBook && codeBookOptions))
    return fmt::format("The options of '{}' do not belong to it.", toString());
  if (own == Family::Integer && (granularity == Granularity::Group) != (groupSize != 0))
    return fmt::format("A scheme with groups needs their size, and one without has none; found '{}' with {}.",
                       toString(), groupSize);
  if (own == Family::CodeBook && !isBlockSize(blockSize))
    return fmt::format("'block' must be a power of two from {} to {}; found '{}'.", kSmallestBlock, kLargestBlock,
                       blockSize);
  return {};
}

std::string Scheme::displayName() const {
  const SchemeNameInfo& entry = info(name);
  std::string result(entry.display);
  if (entry.family == Family::Integer) {
    result += " · " + groupText(*this);
    if (range == RangeMethod::MinMax) result += " · min–max";
  }
  if (entry.family == Family::CodeBook) {
    result += " · " + std::to_string(blockSize);
    if (doubleQuantization == DoubleQuantization::On) result += " · dq";
  }
  return result;
}

}  // namespace core::quant
