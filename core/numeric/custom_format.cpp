#include "core/numeric/custom_format.h"

#include <array>
#include <charconv>
#include <optional>

#include "core/base/error.h"
#include "core/numeric/typed_text.h"

namespace core::numeric {

namespace {

constexpr std::uint32_t kMaxExponentBits = 11, kMaxMantissaBits = 52;
constexpr int kMinDoubleExponent = -1074, kMaxDoubleExponent = 1023;

struct SpecialsName {
  Specials specials;
  const char* name;
};
constexpr std::array kSpecials = {SpecialsName{Specials::Ieee, "ieee"}, SpecialsName{Specials::NanAllOnes, "fn"},
                                  SpecialsName{Specials::NanIsNegativeZero, "fnuz"},
                                  SpecialsName{Specials::None, "none"}};

[[noreturn]] void refuse(const std::string& sentence) { throw Error(ErrorCode::InvalidArgument, sentence); }

std::string canonicalName(const CustomFloat& parts) {
  std::string name = "e" + std::to_string(parts.exponentBits) + "m" + std::to_string(parts.mantissaBits);
  char separator = ':';
  const auto add = [&](const std::string& option) {
    name += separator + option;
    separator = ',';
  };
  if (parts.bias != usualBias(parts.exponentBits, parts.specials)) add("bias=" + std::to_string(parts.bias));
  if (parts.specials != Specials::Ieee) add(std::string("specials=") + toString(parts.specials));
  if (!parts.hasSubnormals) add("subnormals=off");
  return name;
}

std::string titleOf(const CustomFloat& parts, const std::string& name) {
  const std::size_t colon = name.find(':');
  std::string title = "E" + std::to_string(parts.exponentBits) + "M" + std::to_string(parts.mantissaBits);
  if (colon == std::string::npos) return title;
  title += " (";
  for (const char c : name.substr(colon + 1))
    title += c == ',' ? std::string(", ") : std::string(1, c == '=' ? ' ' : c);
  return title + ")";
}

void checkSizes(const CustomFloat& parts) {
  if (parts.exponentBits >= 1 && parts.exponentBits <= kMaxExponentBits && parts.mantissaBits <= kMaxMantissaBits)
    return;
  refuse("A custom format has 1 to 11 exponent bits and 0 to 52 mantissa bits, but found " +
         std::to_string(parts.exponentBits) + " and " + std::to_string(parts.mantissaBits) + ".");
}

/// So that decode() is exact.
void checkValues(const NumberFormat& format) {
  const std::uint64_t largest = format.maxFiniteCode();
  if (largest < format.minPositiveCode())
    refuse("The format " + format.name + " has no number but zero: its other codes are taken by Inf and NaN.");
  const int lastBit = 1 - format.bias - static_cast<int>(format.mantissaBits);  // with subnormals or without
  const int field = static_cast<int>(largest >> format.mantissaBits);
  const int largestExponent = (field == 0 ? 1 : field) - format.bias;
  if (lastBit >= kMinDoubleExponent && largestExponent <= kMaxDoubleExponent) return;
  refuse("The bits of " + format.name + " reach from 2^" + std::to_string(lastBit) + " to 2^" +
         std::to_string(largestExponent) +
         ", but every value must be a double (2^-1074 to 2^1023); choose another bias.");
}

/// All of the text as an integer.
std::optional<int> integerOf(std::string_view text) {
  int value = 0;
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

[[noreturn]] void refuseText(std::string_view text) {
  std::string known;
  for (const NumberFormat& format : numberFormats()) known += format.name + ", ";
  refuse("The format must be one of " + known + "or eXmY with options, such as e5m10:bias=15,specials=none; found " +
         shortQuote(text) + ".");
}

void applyOption(std::string_view option, std::string_view text, CustomFloat& parts, std::optional<int>& bias) {
  const std::size_t equals = option.find('=');
  const std::string_view key = option.substr(0, equals);
  const std::string_view value = equals == std::string_view::npos ? std::string_view() : option.substr(equals + 1);
  if (key == "bias") {
    bias = integerOf(value);
    if (!bias) refuse("The bias of a format is a whole number, but found " + shortQuote(value) + ".");
  } else if (key == "specials") {
    for (const SpecialsName& one : kSpecials)
      if (value == one.name) return void(parts.specials = one.specials);
    refuse("The specials of a format are ieee, fn, fnuz or none, but found " + shortQuote(value) + ".");
  } else if (key == "subnormals") {
    if (value != "on" && value != "off")
      refuse("The subnormals of a format are on or off, but found " + shortQuote(value) + ".");
    parts.hasSubnormals = value == "on";
  } else {
    refuse("The options of a format are bias, specials and subnormals, but found " + shortQuote(option) + " in " +
           shortQuote(text) + ".");
  }
}

}  // namespace

const char* toString(Specials specials) { return kSpecials[static_cast<std::size_t>(specials)].name; }

std::int32_t usualBias(std::uint32_t exponentBits, Specials specials) {
  const std::int32_t half = std::int32_t{1} << (exponentBits - 1);
  return specials == Specials::NanIsNegativeZero ? half : half - 1;
}

NumberFormat customFormat(const CustomFloat& parts) {
  checkSizes(parts);
  NumberFormat format;
  format.bits = 1 + parts.exponentBits + parts.mantissaBits;
  format.exponentBits = parts.exponentBits;
  format.mantissaBits = parts.mantissaBits;
  format.bias = parts.bias;
  format.specials = parts.specials;
  format.hasSubnormals = parts.hasSubnormals;
  format.name = canonicalName(parts);
  format.title = titleOf(parts, format.name);
  constexpr std::int32_t kAnyDouble = 4096;  // beyond it only the sums below would overflow
  if (parts.bias < -kAnyDouble || parts.bias > kAnyDouble)
    refuse("The bias of a format whose values are doubles lies within ±4096, but found " + std::to_string(parts.bias) +
           ".");
  checkValues(format);
  return format;
}

NumberFormat parseNumberFormat(std::string_view text) {
  constexpr std::size_t kLongest = 80;
  const std::string plain = text.size() <= kLongest ? lowerTrimmed(text) : std::string();
  if (const NumberFormat* known = findNumberFormat(plain)) return *known;
  const std::size_t colon = plain.find(':');
  const std::string_view sizes = std::string_view(plain).substr(0, colon);
  const std::size_t m = sizes.find('m');
  if (!sizes.starts_with('e') || m == std::string_view::npos) refuseText(text);
  const auto exponentBits = integerOf(sizes.substr(1, m - 1));
  const auto mantissaBits = integerOf(sizes.substr(m + 1));
  if (!exponentBits || !mantissaBits || *exponentBits < 0 || *mantissaBits < 0) refuseText(text);
  CustomFloat parts;
  parts.exponentBits = static_cast<std::uint32_t>(*exponentBits);
  parts.mantissaBits = static_cast<std::uint32_t>(*mantissaBits);
  checkSizes(parts);
  std::optional<int> bias;
  std::string_view rest = colon == std::string::npos ? std::string_view() : std::string_view(plain).substr(colon + 1);
  if (colon != std::string::npos && rest.empty()) refuseText(text);
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    applyOption(rest.substr(0, comma), text, parts, bias);
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  }
  parts.bias = bias ? *bias : usualBias(parts.exponentBits, parts.specials);
  return customFormat(parts);
}

}  // namespace core::numeric
