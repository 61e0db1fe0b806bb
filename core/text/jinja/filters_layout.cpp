#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "core/text/jinja/filters.h"
#include "core/text/jinja/format_spec.h"
#include "core/text/jinja/globals.h"
#include "core/text/jinja/text_format.h"
#include "core/text/jinja/text_functions.h"
#include "core/text/jinja/value_text.h"
#include "core/text/jinja/word_wrap.h"
#include "core/text/unicode.h"

namespace core::text::jinja {

namespace {

std::string writtenOut(const Value& input, Interpreter& i) { return toText(input, i.budget()); }

Value escapeAlways(const Value& input, const Arguments&, Interpreter& i) {
  Text out(i.budget());
  appendMarkup(out, writtenOut(input, i));
  return std::move(out).value().asMarkup();
}

Value escape(const Value& input, const Arguments& arguments, Interpreter& i) {
  return input.isMarkup() ? input : escapeAlways(input, arguments, i);
}

Value safe(const Value& input, const Arguments&, Interpreter& i) {
  return (input.isText() ? input : newText(writtenOut(input, i), i.budget())).asMarkup();
}

/// Indents every line but the first, empty lines only when asked.
Value indent(const Value& input, const Arguments& arguments, Interpreter& i) {
  const Value* width = arguments.find(0, "width");
  const bool first = flag(arguments, 1, "first");
  const bool blank = flag(arguments, 2, "blank");
  const std::string& text = textArgument(input, "indent", i.budget());
  std::string indention(4, ' ');
  if (width != nullptr && width->isText()) {
    indention = writtenOut(*width, i);
  } else if (width != nullptr) {
    const std::int64_t count = integerArgument(*width, "indent");
    if (count > 1000) fail("indent takes at most 1000 blanks.");
    indention.assign(static_cast<std::size_t>(std::max<std::int64_t>(0, count)), ' ');
  }
  const std::string ended = text + "\n";
  Text out(i.budget());
  std::string_view rest = ended;
  for (bool isFirst = true; !rest.empty(); isFirst = false) {
    const std::string_view line = takeLine(rest, false);
    if (!isFirst) out += "\n";
    if (isFirst ? first : !line.empty() || blank) out += indention;
    out += line;
  }
  return std::move(out).value();
}

Value center(const Value& input, const Arguments& arguments, Interpreter& i) {
  const Value* width = arguments.find(0, "width");
  return padText(writtenOut(input, i), width == nullptr ? 80 : integerArgument(*width, "center"), " ", Ends::Both,
                 i.budget());
}

/// A text cut to a length, the last word left out, with an end that says so.
Value truncate(const Value& input, const Arguments& arguments, Interpreter& i) {
  const auto number = [&](std::size_t at, std::string_view name, std::int64_t usual) {
    const Value* given = arguments.find(at, name);
    return given == nullptr || given->isNone() ? usual : integerArgument(*given, "truncate");
  };
  const std::int64_t length = number(0, "length", 255);
  const bool killWords = flag(arguments, 1, "killwords");
  const Value* endArgument = arguments.find(2, "end");
  const std::string end = endArgument == nullptr ? "..." : textArgument(*endArgument, "truncate", i.budget());
  const std::int64_t leeway = number(3, "leeway", 5);
  const std::int64_t kept = length - static_cast<std::int64_t>(countCharacters(end));
  if (kept < 0 || leeway < 0) fail("truncate needs a length that holds its end, and no negative leeway.");
  if (lengthOf(input, i.budget()) <= length + leeway) return input;
  std::string_view text = textArgument(input, "truncate", i.budget());
  std::size_t bytes = 0;
  for (std::int64_t k = 0; k < kept; ++k) bytes += firstCharacter(text.substr(bytes)).length;
  text = text.substr(0, bytes);
  if (!killWords) text = text.substr(0, text.rfind(' '));
  Text out(text, i.budget());
  out += end;
  return std::move(out).value();
}

Value format(const Value& input, const Arguments& arguments, Interpreter& i) {
  if (!arguments.positional.empty() && !arguments.named.empty()) {
    fail("format takes values by position or by name, not both.");
  }
  const std::string text = writtenOut(input, i);
  if (arguments.named.empty()) {
    ListBuilder values(i.budget());
    for (const Value& value : arguments.positional) values.push(value);
    return formatPercent(text, std::move(values).value(Sequence::Tuple), i.budget());
  }
  DictBuilder values(i.budget());
  for (const auto& [name, value] : arguments.named) values.set(newText(name, i.budget()), value);
  return formatPercent(text, std::move(values).value(), i.budget());
}

Value fileSize(const Value& input, const Arguments& arguments, Interpreter& i) {
  const std::optional<double> bytes = i.applyFilter("float", input, {{Value::none()}, {}}).number();
  if (!bytes) fail("filesizeformat needs a number.");
  const bool binary = flag(arguments, 0, "binary");
  const double base = binary ? 1024 : 1000;
  if (*bytes == 1) return newText("1 Byte", i.budget());
  std::array<char, 400> buffer{};
  if (*bytes < base) {
    std::snprintf(buffer.data(), buffer.size(), "%.0f Bytes", std::trunc(*bytes));
    return newText(buffer.data(), i.budget());
  }
  double unit = base;
  static constexpr std::string_view kPrefixes = "kMGTPEZY";
  std::size_t at = 0;
  for (; at + 1 < kPrefixes.size() && *bytes >= unit * base; ++at) unit *= base;
  std::snprintf(buffer.data(), buffer.size(), "%.1f ", *bytes / unit);
  Text out(buffer.data(), i.budget());
  out += binary && at == 0 ? "K" : kPrefixes.substr(at, 1);
  out += binary ? "iB" : "B";
  return std::move(out).value();
}

void appendQuoted(Text& out, std::string_view text, bool forQuery) {
  static constexpr std::string_view kSafe = "_.-~";
  std::array<char, 4> buffer{};
  for (const char c : text) {
    const bool isLetterOrDigit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (isLetterOrDigit || kSafe.find(c) != std::string_view::npos || (c == '/' && !forQuery)) {
      out += std::string_view(&c, 1);
    } else if (c == ' ' && forQuery) {
      out += "+";
    } else {
      std::snprintf(buffer.data(), buffer.size(), "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += std::string_view(buffer.data(), 3);
    }
  }
}

/// A text as a part of an address; a dictionary or list of pairs as a query.
Value urlEncode(const Value& input, const Arguments&, Interpreter& i) {
  Text out(i.budget());
  if (!input.isDict() && !input.isSequence()) {
    appendQuoted(out, writtenOut(input, i), false);
    return std::move(out).value();
  }
  const Value pairs = input.isDict() ? i.applyFilter("items", input, {}) : input;
  for (const Value& pair : iterate(pairs, i.budget())) {
    const List parts = iterate(pair, i.budget());
    if (parts.size() != 2) fail("urlencode needs pairs of a name and a value.");
    if (out.size() != 0) out += "&";
    appendQuoted(out, writtenOut(parts[0], i), true);
    out += "=";
    appendQuoted(out, writtenOut(parts[1], i), true);
  }
  return std::move(out).value();
}

/// A dictionary as the attributes of a tag, those without a value left out.
Value xmlAttributes(const Value& input, const Arguments& arguments, Interpreter& i) {
  const Value* space = arguments.find(0, "autospace");
  Text out(i.budget());
  for (const auto& [key, value] : dictArgument(input, "xmlattr").dict(i.budget())) {
    if (value.isNone() || value.isUndefined()) continue;
    const std::string name = writtenOut(key, i);
    if (name.find_first_of(" \t\n\r\f\v/>=") != std::string::npos) {
      fail("xmlattr cannot name an attribute " + inQuotes(name) + ".");
    }
    if (out.size() != 0 || space == nullptr || space->truthy()) out += " ";
    appendMarkup(out, name);
    out += "=\"";
    appendMarkup(out, writtenOut(value, i));
    out += "\"";
  }
  return std::move(out).value();
}

Value wordWrap(const Value& input, const Arguments& arguments, Interpreter& i) {
  const Value* width = arguments.find(0, "width");
  const Value* breakLong = arguments.find(1, "break_long_words");
  const Value* between = arguments.find(2, "wrapstring");
  const Value* breakHyphens = arguments.find(3, "break_on_hyphens");
  const std::int64_t columns = width == nullptr ? 79 : integerArgument(*width, "wordwrap");
  if (columns <= 0) fail("wordwrap needs a width above 0.");
  const std::string join =
      between == nullptr || between->isNone() ? "\n" : textArgument(*between, "wordwrap", i.budget());
  Text out(i.budget());
  WordWrap wrap(columns, breakLong == nullptr || breakLong->truthy(), breakHyphens == nullptr || breakHyphens->truthy(),
                join, out);
  std::string_view rest = textArgument(input, "wordwrap", i.budget());
  while (!rest.empty()) {
    wrap.wrap(takeLine(rest, false));
  }
  return std::move(out).value();
}

}  // namespace

const FilterTable& layoutFilters() {
  static const FilterTable table = {
      {"escape", escape},
      {"e", escape},
      {"forceescape", escapeAlways},
      {"safe", safe},
      {"indent", indent},
      {"center", center},
      {"truncate", truncate},
      {"format", format},
      {"filesizeformat", fileSize},
      {"urlencode", urlEncode},
      {"xmlattr", xmlAttributes},
      {"wordwrap", wordWrap},
  };
  return table;
}

}  // namespace core::text::jinja
