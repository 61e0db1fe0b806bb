#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "core/text/jinja/filters.h"
#include "core/text/jinja/globals.h"
#include "core/text/jinja/text_functions.h"
#include "core/text/jinja/value_text.h"
#include "core/text/unicode.h"

namespace core::text::jinja {

namespace {

std::string asText(const Value& input, Interpreter& interpreter) { return toText(input, interpreter.budget()); }

template <Letters letters>
Value withCase(const Value& input, const Arguments&, Interpreter& i) {
  return newText(changeCase(asText(input, i), letters, i.budget()), i.budget());
}
Value string(const Value& input, const Arguments&, Interpreter& i) {
  if (input.isText()) return input;
  Text out(i.budget());
  appendText(out, input);
  return std::move(out).value();
}

Value trim(const Value& input, const Arguments& arguments, Interpreter& i) {
  const Value* given = arguments.find(0, "chars");
  const bool all = given == nullptr || given->isNone();
  const CharacterSet characters(all ? nullptr : &textArgument(*given, "trim", i.budget()), i.budget());
  const Value trimmed = newText(stripText(asText(input, i), Ends::Both, characters), i.budget());
  return input.isMarkup() ? trimmed.asMarkup() : trimmed;
}

Value replace(const Value& input, const Arguments& arguments, Interpreter& i) {
  const Value* count = arguments.find(2, "count");
  const bool all = count == nullptr || count->isNone();
  return replaceText(asText(input, i), asText(required(arguments, 0, "old", "replace"), i),
                     asText(required(arguments, 1, "new", "replace"), i), all ? -1 : integerArgument(*count, "replace"),
                     i.budget());
}

Value defaultFilter(const Value& input, const Arguments& arguments, Interpreter&) {
  const Value* otherwise = arguments.find(0, "default_value");
  const Value* boolean = arguments.find(1, "boolean");
  const bool missing = input.isUndefined() || (boolean != nullptr && boolean->truthy() && !input.truthy());
  if (!missing) return input;
  return otherwise == nullptr ? Value::literal({}) : *otherwise;
}

Value tojson(const Value& input, const Arguments& arguments, Interpreter& i) {
  JsonLayout layout;
  // Hugging Face's order of arguments: ensure_ascii, indent, separators, sort_keys.
  layout.ensureAscii = flag(arguments, 0, "ensure_ascii");
  const Value* width = arguments.find(1, "indent");
  if (width != nullptr && !width->isNone()) {
    if (width->isText()) {
      layout.indent = asText(*width, i);
    } else {
      const std::int64_t count = integerArgument(*width, "tojson");
      if (count > 100) fail("tojson indents by at most 100 blanks.");
      layout.indent = std::string(static_cast<std::size_t>(std::max<std::int64_t>(0, count)), ' ');
    }
    layout.itemSeparator = ",";
  }
  const Value* separators = arguments.find(2, "separators");
  if (separators != nullptr && separators->isList() && separators->list(i.budget()).size() == 2) {
    layout.itemSeparator = textArgument(separators->list(i.budget())[0], "tojson", i.budget());
    layout.keySeparator = textArgument(separators->list(i.budget())[1], "tojson", i.budget());
  }
  layout.sortKeys = flag(arguments, 3, "sort_keys");
  return toJson(input, layout, i.budget());
}

/// The number a text holds as Python's int() and float() read it: white space around it and single underscores between
/// digits aside.
template <typename Number, typename... Base>
std::optional<Number> parseNumber(const std::string& text, Budget& budget, Base... base) {
  std::string digits(stripText(text, Ends::Both, CharacterSet(nullptr, budget)));
  if (digits.find("__") != std::string::npos || digits.starts_with('_') || digits.ends_with('_')) return std::nullopt;
  std::erase(digits, '_');
  std::string_view rest = digits;
  if (rest.starts_with("+-") || rest.starts_with("++")) return std::nullopt;
  if (rest.starts_with('+')) rest.remove_prefix(1);
  Number value = 0;
  const auto parsed = std::from_chars(rest.data(), rest.data() + rest.size(), value, base...);
  if (parsed.ptr != rest.data() + rest.size()) return std::nullopt;
  if constexpr (std::is_floating_point_v<Number>) {
    if (parsed.ec == std::errc::result_out_of_range) return std::strtod(std::string(rest).c_str(), nullptr);
  }
  return parsed.ec == std::errc() ? std::optional(value) : std::nullopt;
}

/// int(text, base): 0x, 0o and 0b may stand before the digits of their base.
std::optional<std::int64_t> parseInteger(std::string text, std::int64_t base, Budget& budget) {
  text = stripText(text, Ends::Both, CharacterSet(nullptr, budget));
  const std::size_t sign = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
  const char kind = text.size() > sign + 2 && text[sign] == '0' ? static_cast<char>(text[sign + 1] | 0x20) : '\0';
  const std::int64_t named = kind == 'x' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 0;
  if (named != 0 && (base == named || base == 0)) {
    text.erase(sign, 2);
    base = named;
  }
  if (base == 0) base = 10;
  if (base < 2 || base > 36) return std::nullopt;
  return parseNumber<std::int64_t>(text, budget, static_cast<int>(base));
}

void refuseUndefined(const Value& input, std::string_view filter) {
  if (input.isUndefined()) fail(std::string(filter) + " cannot be applied to " + input.description() + ".");
}

Value toInteger(const Value& input, const Arguments& arguments, Interpreter& i) {
  refuseUndefined(input, "int");
  const Value* otherwise = arguments.find(0, "default");
  const Value* baseArgument = arguments.find(1, "base");
  const Value fallback = otherwise == nullptr ? Value(std::int64_t{0}) : *otherwise;
  if (input.integer()) return Value(*input.integer());
  const std::int64_t base = baseArgument == nullptr ? 10 : integerArgument(*baseArgument, "int");
  std::optional<double> number = input.number();
  if (const std::string* text = input.text(i.budget())) {
    const auto whole = parseInteger(*text, base, i.budget());
    if (whole) return Value(*whole);
    number = parseNumber<double>(*text, i.budget());
  }
  if (!number || !(std::fabs(*number) < 9.2e18)) return fallback;
  return Value(static_cast<std::int64_t>(*number));
}

Value toFloat(const Value& input, const Arguments& arguments, Interpreter& i) {
  refuseUndefined(input, "float");
  if (input.number()) return Value(*input.number());
  const std::string* text = input.text(i.budget());
  const auto parsed = text != nullptr ? parseNumber<double>(*text, i.budget()) : std::nullopt;
  if (parsed) return Value(*parsed);
  const Value* otherwise = arguments.find(0, "default");
  return otherwise == nullptr ? Value(0.0) : *otherwise;
}

Value absolute(const Value& input, const Arguments&, Interpreter& i) {
  if (input.isFloat()) return Value(std::fabs(*input.number()));
  const std::int64_t value = integerArgument(input, "abs");
  return value < 0 ? arithmetic("-", Value(std::int64_t{0}), input, i.budget()) : Value(value);
}

/// An integer to a power of ten, halves to the even neighbour.
std::int64_t roundedInteger(std::int64_t value, std::int64_t zeros) {
  if (zeros > 18) return 0;
  std::int64_t unit = 1;
  for (std::int64_t k = 0; k < zeros; ++k) unit *= 10;
  const std::int64_t rest = value % unit;
  const std::int64_t down = value - rest;
  const std::uint64_t twice = 2 * static_cast<std::uint64_t>(rest < 0 ? -rest : rest);
  const bool away =
      twice > static_cast<std::uint64_t>(unit) || (twice == static_cast<std::uint64_t>(unit) && down / unit % 2 != 0);
  std::int64_t rounded = down;
  if (away && __builtin_add_overflow(down, rest < 0 ? -unit : unit, &rounded)) {
    throw Failure{ErrorCode::Unsupported, "It computes an integer beyond 64 bits."};
  }
  return rounded;
}

/// Python's round(): of the number as it is stored, to the nearest text of so many decimals.
Value rounded(const Value& input, std::int64_t digits) {
  if (input.integer()) return Value(digits < 0 ? roundedInteger(*input.integer(), -digits) : *input.integer());
  if (digits < 0) {
    const double unit = std::pow(10.0, static_cast<double>(-digits));
    return Value(std::nearbyint(*input.number() / unit) * unit);
  }
  if (!std::isfinite(*input.number())) return input;
  std::array<char, 400> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.*f", static_cast<int>(digits), *input.number());
  return Value(std::strtod(buffer.data(), nullptr));
}

Value roundFilter(const Value& input, const Arguments& arguments, Interpreter& i) {
  const Value* precision = arguments.find(0, "precision");
  const Value* method = arguments.find(1, "method");
  if (!input.number()) fail("round needs a number, found a value of type " + std::string(input.typeName()) + ".");
  const std::int64_t digits = precision == nullptr ? 0 : integerArgument(*precision, "round");
  if (digits < -15 || digits > 15) fail("round takes -15 to 15 decimals.");
  const std::string how = method == nullptr ? "common" : textArgument(*method, "round", i.budget());
  if (how == "common") return rounded(input, digits);
  const double scale = std::pow(10.0, static_cast<double>(digits));
  const double scaled = *input.number() * scale;
  if (how == "ceil") return Value(std::ceil(scaled) / scale);
  if (how == "floor") return Value(std::floor(scaled) / scale);
  fail("round knows the methods common, ceil and floor, not " + inQuotes(how) + ".");
}

Value wordCount(const Value& input, const Arguments&, Interpreter& i) {
  const std::string text = asText(input, i);
  i.budget().step(text.size() / 8);  // what every character is takes longer than looking at it
  std::int64_t words = 0;
  bool inWord = false;
  for (std::string_view rest = text; !rest.empty();) {
    const Utf8Step step = firstCharacter(rest);
    const bool letter = isLetter(step.codePoint) || isDigit(step.codePoint) || rest[0] == '_';
    words += letter && !inWord ? 1 : 0;
    inWord = letter;
    rest.remove_prefix(step.length);
  }
  return Value(words);
}

}  // namespace

const FilterTable& scalarFilters() {
  static const FilterTable table = {
      {"upper", withCase<Letters::Upper>},
      {"lower", withCase<Letters::Lower>},
      {"capitalize", withCase<Letters::Capitalized>},
      {"title", withCase<Letters::TitleOfFilter>},
      {"trim", trim},
      {"replace", replace},
      {"string", string},
      {"default", defaultFilter},
      {"d", defaultFilter},
      {"tojson", tojson},
      {"int", toInteger},
      {"float", toFloat},
      {"abs", absolute},
      {"round", roundFilter},
      {"wordcount", wordCount},
  };
  return table;
}

}  // namespace core::text::jinja
