#include <charconv>
#include <cmath>

#include "core/text/jinja/filters.h"
#include "core/text/jinja/globals.h"
#include "core/text/unicode.h"

namespace core::text::jinja {

namespace {

std::string asText(const Value& input, Interpreter& interpreter) { return toText(input, interpreter.budget()); }

Value upper(const Value& input, const Arguments&, Interpreter& i) { return Value(toUpper(asText(input, i))); }
Value lower(const Value& input, const Arguments&, Interpreter& i) { return Value(toLower(asText(input, i))); }
Value capitalizeFilter(const Value& input, const Arguments&, Interpreter& i) {
  return Value(capitalize(asText(input, i)));
}
Value string(const Value& input, const Arguments&, Interpreter& i) { return Value(asText(input, i)); }

/// Jinja's own title: words begin after white space and opening brackets or hyphens.
Value title(const Value& input, const Arguments&, Interpreter& i) {
  const std::string text = asText(input, i);
  std::string out;
  bool starts = true;
  for (std::string_view rest = text; !rest.empty();) {
    const Utf8Step step = firstCharacter(rest);
    const std::string_view character = rest.substr(0, step.length);
    out += starts ? toUpper(character) : toLower(character);
    starts = isSpace(step.codePoint) || std::string_view("-({[<").find(character) != std::string_view::npos;
    rest.remove_prefix(step.length);
  }
  return Value(std::move(out));
}

Value trim(const Value& input, const Arguments& arguments, Interpreter& i) {
  const Value* characters = arguments.find(0, "chars");
  const bool all = characters == nullptr || characters->isNone();
  return Value(stripText(asText(input, i), Ends::Both, all ? nullptr : &textArgument(*characters, "trim")));
}

Value replace(const Value& input, const Arguments& arguments, Interpreter& i) {
  const Value* count = arguments.find(2, "count");
  const bool all = count == nullptr || count->isNone();
  return Value(replaceText(asText(input, i), asText(required(arguments, 0, "old", "replace"), i),
                           asText(required(arguments, 1, "new", "replace"), i),
                           all ? -1 : integerArgument(*count, "replace"), i.budget()));
}

Value defaultFilter(const Value& input, const Arguments& arguments, Interpreter&) {
  const Value* otherwise = arguments.find(0, "default_value");
  const Value* boolean = arguments.find(1, "boolean");
  const bool missing = input.isUndefined() || (boolean != nullptr && boolean->truthy() && !input.truthy());
  if (!missing) return input;
  return otherwise == nullptr ? Value(std::string()) : *otherwise;
}

Value escape(const Value& input, const Arguments&, Interpreter& i) {
  std::string out;
  for (const char c : asText(input, i)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&#34;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return Value(std::move(out));
}

/// Indents every line but the first, empty lines only when asked.
Value indent(const Value& input, const Arguments& arguments, Interpreter& i) {
  const Value* width = arguments.find(0, "width");
  const Value* first = arguments.find(1, "first");
  const Value* blank = arguments.find(2, "blank");
  std::string indention(4, ' ');
  if (width != nullptr && width->text() != nullptr) {
    indention = *width->text();
  } else if (width != nullptr) {
    const std::int64_t count = integerArgument(*width, "indent");
    if (count > 1000) fail("indent takes at most 1000 blanks.");
    indention.assign(static_cast<std::size_t>(std::max<std::int64_t>(0, count)), ' ');
  }
  const std::string text = asText(input, i);
  std::string out;
  for (std::size_t from = 0, line = 0; from <= text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    const std::string_view content = std::string_view(text).substr(from, end - from);
    const bool wanted =
        line == 0 ? first != nullptr && first->truthy() : !content.empty() || (blank != nullptr && blank->truthy());
    if (line != 0) out += '\n';
    if (wanted) out += indention;
    out += content;
    i.budget().charge(1 + (content.size() + indention.size()) / 16);
    if (out.size() > Budget::kTextBytes) i.budget().chargeText(out.size());
    from = end + 1;
  }
  return Value(std::move(out));
}

Value tojson(const Value& input, const Arguments& arguments, Interpreter& i) {
  JsonLayout layout;
  // Hugging Face's order of arguments: ensure_ascii, indent, separators, sort_keys; people name them or pass indent.
  const Value* width = arguments.find(1, "indent");
  if (width != nullptr && !width->isNone()) {
    if (width->text() != nullptr) {
      layout.indent = *width->text();
    } else {
      const std::int64_t count = integerArgument(*width, "tojson");
      if (count > 100) fail("tojson indents by at most 100 blanks.");
      layout.indent = std::string(static_cast<std::size_t>(std::max<std::int64_t>(0, count)), ' ');
    }
    layout.itemSeparator = ",";
  }
  const Value* separators = arguments.find(2, "separators");
  if (separators != nullptr && separators->list() != nullptr && separators->list()->items.size() == 2) {
    layout.itemSeparator = textArgument(separators->list()->items[0], "tojson");
    layout.keySeparator = textArgument(separators->list()->items[1], "tojson");
  }
  const Value* sortKeys = arguments.find(3, "sort_keys");
  layout.sortKeys = sortKeys != nullptr && sortKeys->truthy();
  return Value(toJson(input, layout, i.budget()));
}

std::optional<double> parseNumber(const std::string& text) {
  const std::string trimmed = stripText(text, Ends::Both, nullptr);
  const char* begin = trimmed.data() + (trimmed.starts_with('+') ? 1 : 0);
  double value = 0;
  const auto parsed = std::from_chars(begin, trimmed.data() + trimmed.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != trimmed.data() + trimmed.size()) return std::nullopt;
  return value;
}

Value toInteger(const Value& input, const Arguments& arguments, Interpreter&) {
  const Value* otherwise = arguments.find(0, "default");
  const Value* baseArgument = arguments.find(1, "base");
  const Value fallback = otherwise == nullptr ? Value(std::int64_t{0}) : *otherwise;
  if (input.integer()) return Value(*input.integer());
  const std::int64_t base = baseArgument == nullptr ? 10 : integerArgument(*baseArgument, "int");
  std::optional<double> number = input.number();
  if (const std::string* text = input.text()) {
    if (base < 2 || base > 36) return fallback;
    const std::string trimmed = stripText(*text, Ends::Both, nullptr);
    const char* begin = trimmed.data() + (trimmed.starts_with('+') ? 1 : 0);
    std::int64_t value = 0;
    const auto parsed = std::from_chars(begin, trimmed.data() + trimmed.size(), value, static_cast<int>(base));
    if (parsed.ec == std::errc() && parsed.ptr == trimmed.data() + trimmed.size()) return Value(value);
    number = parseNumber(*text);
  }
  if (!number || !(std::fabs(*number) < 9.2e18)) return fallback;
  return Value(static_cast<std::int64_t>(*number));
}

Value toFloat(const Value& input, const Arguments& arguments, Interpreter&) {
  if (input.number()) return Value(*input.number());
  const auto parsed = input.text() != nullptr ? parseNumber(*input.text()) : std::nullopt;
  if (parsed) return Value(*parsed);
  const Value* otherwise = arguments.find(0, "default");
  return otherwise == nullptr ? Value(0.0) : *otherwise;
}

Value absolute(const Value& input, const Arguments&, Interpreter& i) {
  if (input.is<double>()) return Value(std::fabs(*input.number()));
  const std::int64_t value = integerArgument(input, "abs");
  return value < 0 ? arithmetic("-", Value(std::int64_t{0}), input, i.budget()) : Value(value);
}

/// Rounds to a number of decimals, halves to the even neighbour as Python does; the result is a float.
Value roundFilter(const Value& input, const Arguments& arguments, Interpreter&) {
  const Value* precision = arguments.find(0, "precision");
  const Value* method = arguments.find(1, "method");
  if (!input.number()) fail("round needs a number, found a value of type " + std::string(input.typeName()) + ".");
  const std::int64_t digits = precision == nullptr ? 0 : integerArgument(*precision, "round");
  if (digits < 0 || digits > 15) fail("round takes 0 to 15 decimals.");
  const std::string how = method == nullptr ? "common" : textArgument(*method, "round");
  const double scale = std::pow(10.0, static_cast<double>(digits));
  const double scaled = *input.number() * scale;
  if (how == "ceil") return Value(std::ceil(scaled) / scale);
  if (how == "floor") return Value(std::floor(scaled) / scale);
  if (how != "common") fail("round knows the methods common, ceil and floor, not '" + how + "'.");
  return Value(std::nearbyint(scaled) / scale);
}

Value same(const Value& input, const Arguments&, Interpreter&) { return input; }

Value wordCount(const Value& input, const Arguments&, Interpreter& i) {
  const std::string text = asText(input, i);
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
      {"upper", upper},
      {"lower", lower},
      {"capitalize", capitalizeFilter},
      {"title", title},
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
