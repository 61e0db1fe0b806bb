#include <array>
#include <charconv>
#include <cmath>

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
  return newText(stripText(asText(input, i), Ends::Both, characters), i.budget());
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

Value escape(const Value& input, const Arguments&, Interpreter& i) {
  static constexpr std::string_view kPlain = "&<>\"'";
  static constexpr std::array<std::string_view, 5> kWritten = {"&amp;", "&lt;", "&gt;", "&#34;", "&#39;"};
  const std::string text = asText(input, i);
  Text out(i.budget());
  std::size_t from = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::size_t known = kPlain.find(text[at]);
    if (known == std::string_view::npos) continue;
    out += std::string_view(text).substr(from, at - from);
    out += kWritten[known];
    from = at + 1;
  }
  out += std::string_view(text).substr(from);
  return std::move(out).value();
}

/// Indents every line but the first, empty lines only when asked.
Value indent(const Value& input, const Arguments& arguments, Interpreter& i) {
  const Value* width = arguments.find(0, "width");
  const Value* first = arguments.find(1, "first");
  const Value* blank = arguments.find(2, "blank");
  std::string indention(4, ' ');
  if (width != nullptr && width->isText()) {
    indention = asText(*width, i);
  } else if (width != nullptr) {
    const std::int64_t count = integerArgument(*width, "indent");
    if (count > 1000) fail("indent takes at most 1000 blanks.");
    indention.assign(static_cast<std::size_t>(std::max<std::int64_t>(0, count)), ' ');
  }
  const std::string text = asText(input, i);
  Text out(i.budget());
  for (std::size_t from = 0, line = 0; from <= text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    const std::string_view content = std::string_view(text).substr(from, end - from);
    const bool wanted =
        line == 0 ? first != nullptr && first->truthy() : !content.empty() || (blank != nullptr && blank->truthy());
    if (line != 0) out += "\n";
    if (wanted) out += indention;
    out += content;
    from = end + 1;
  }
  return std::move(out).value();
}

Value tojson(const Value& input, const Arguments& arguments, Interpreter& i) {
  JsonLayout layout;
  // Hugging Face's order of arguments: ensure_ascii, indent, separators, sort_keys; people name them or pass indent.
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
  const Value* sortKeys = arguments.find(3, "sort_keys");
  layout.sortKeys = sortKeys != nullptr && sortKeys->truthy();
  return toJson(input, layout, i.budget());
}

/// The number a text holds, white space around it aside.
template <typename Number, typename... Base>
std::optional<Number> parseNumber(const std::string& text, Budget& budget, Base... base) {
  std::string_view trimmed = stripText(text, Ends::Both, CharacterSet(nullptr, budget));
  if (trimmed.starts_with('+')) trimmed.remove_prefix(1);
  const char* end = trimmed.data() + trimmed.size();
  Number value = 0;
  const auto parsed = std::from_chars(trimmed.data(), end, value, base...);
  return parsed.ec == std::errc() && parsed.ptr == end ? std::optional(value) : std::nullopt;
}

Value toInteger(const Value& input, const Arguments& arguments, Interpreter& i) {
  const Value* otherwise = arguments.find(0, "default");
  const Value* baseArgument = arguments.find(1, "base");
  const Value fallback = otherwise == nullptr ? Value(std::int64_t{0}) : *otherwise;
  if (input.integer()) return Value(*input.integer());
  const std::int64_t base = baseArgument == nullptr ? 10 : integerArgument(*baseArgument, "int");
  std::optional<double> number = input.number();
  if (const std::string* text = input.text(i.budget())) {
    if (base < 2 || base > 36) return fallback;
    const auto whole = parseNumber<std::int64_t>(*text, i.budget(), static_cast<int>(base));
    if (whole) return Value(*whole);
    number = parseNumber<double>(*text, i.budget());
  }
  if (!number || !(std::fabs(*number) < 9.2e18)) return fallback;
  return Value(static_cast<std::int64_t>(*number));
}

Value toFloat(const Value& input, const Arguments& arguments, Interpreter& i) {
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

/// Rounds to a number of decimals, halves to the even neighbour as Python does; the result is a float.
Value roundFilter(const Value& input, const Arguments& arguments, Interpreter& i) {
  const Value* precision = arguments.find(0, "precision");
  const Value* method = arguments.find(1, "method");
  if (!input.number()) fail("round needs a number, found a value of type " + std::string(input.typeName()) + ".");
  const std::int64_t digits = precision == nullptr ? 0 : integerArgument(*precision, "round");
  if (digits < 0 || digits > 15) fail("round takes 0 to 15 decimals.");
  const std::string how = method == nullptr ? "common" : textArgument(*method, "round", i.budget());
  const double scale = std::pow(10.0, static_cast<double>(digits));
  const double scaled = *input.number() * scale;
  if (how == "ceil") return Value(std::ceil(scaled) / scale);
  if (how == "floor") return Value(std::floor(scaled) / scale);
  if (how != "common") fail("round knows the methods common, ceil and floor, not " + inQuotes(how) + ".");
  return Value(std::nearbyint(scaled) / scale);
}

Value same(const Value& input, const Arguments&, Interpreter&) { return input; }

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
      {"escape", escape},
      {"e", escape},
      {"indent", indent},
      {"tojson", tojson},
      {"int", toInteger},
      {"float", toFloat},
      {"abs", absolute},
      {"round", roundFilter},
      {"safe", same},
      {"wordcount", wordCount},
  };
  return table;
}

}  // namespace core::text::jinja
