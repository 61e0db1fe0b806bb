#include "core/text/jinja/text_format.h"

#include <cmath>

#include "core/text/jinja/format_spec.h"
#include "core/text/jinja/globals.h"
#include "core/text/jinja/value_text.h"
#include "core/text/unicode.h"

namespace core::text::jinja {

namespace {

/// One `format % value` at work.
class PercentFormat {
 public:
  PercentFormat(std::string_view format, const Value& value, Budget& budget)
      : m_rest(format), m_value(value), m_budget(budget), m_out(budget) {
    budget.read(format.size());
  }

  Value run() {
    while (!m_rest.empty()) {
      const std::size_t at = std::min(m_rest.find('%'), m_rest.size());
      m_out += m_rest.substr(0, at);
      m_rest.remove_prefix(at);
      if (!m_rest.empty()) convert();
    }
    const bool holdsNamed =
        m_value.isDict() || m_value.isUndefined() || (m_value.isSequence() && m_value.sequenceKind() == Sequence::List);
    const std::size_t count = isTuple() ? m_value.list(m_budget).size() : holdsNamed ? m_next : 1;
    if (m_next < count && !m_usedNames) fail("A format is given more values than it has places for.");
    return std::move(m_out).value();
  }

 private:
  bool isTuple() const { return m_value.isList() && m_value.sequenceKind() != Sequence::List; }

  Value next() {
    const bool enough = isTuple() ? m_next < m_value.list(m_budget).size() : m_next == 0;
    if (!enough) fail("A format is given fewer values than it has places for.");
    ++m_next;
    return isTuple() ? m_value.list(m_budget)[m_next - 1] : m_value;
  }

  char take() {
    if (m_rest.empty()) fail("A format ends within a conversion.");
    const char c = m_rest[0];
    m_rest.remove_prefix(1);
    return c;
  }

  Value named() {
    const std::size_t end = m_rest.find(')');
    if (end == std::string_view::npos) fail("A format ends within a name.");
    const std::string_view name = m_rest.substr(0, end);
    m_rest.remove_prefix(end + 1);
    if (!m_value.isDict()) fail("A format with names needs a dictionary, not " + m_value.description() + ".");
    m_usedNames = true;
    const Value* found = m_value.dict(m_budget).find(name);
    if (found == nullptr) fail("A format asks for " + inQuotes(name) + ", which the dictionary has not.");
    return *found;
  }

  std::optional<std::int64_t> count(std::int64_t most) {
    if (!m_rest.starts_with('*')) return takeCount(m_rest, most);
    take();
    const std::int64_t value = integerArgument(next(), "A format");
    if (value < -most || value > most) failWidth(most);
    return value;
  }

  void flags(FormatSpec& spec) {
    for (; !m_rest.empty(); take()) {
      switch (m_rest[0]) {
        case '-':
          spec.align = '<';
          break;
        case '+':
          spec.sign = '+';
          break;
        case ' ':
          if (spec.sign != '+') spec.sign = ' ';
          break;
        case '#':
          spec.alternate = true;
          break;
        case '0':
          spec.fill = "0";
          break;
        default:
          return;
      }
    }
  }

  void convert() {
    take();
    if (m_rest.starts_with('%')) {
      take();
      m_out += "%";
      return;
    }
    std::optional<Value> value;
    if (m_rest.starts_with('(')) {
      take();
      value = named();
    }
    FormatSpec spec;
    flags(spec);
    spec.width = count(FormatSpec::kWidest).value_or(0);
    if (spec.width < 0) spec.align = '<';
    spec.width = std::abs(spec.width);
    if (m_rest.starts_with('.')) {
      take();
      spec.precision = std::max<std::int64_t>(0, count(FormatSpec::kMostDigits).value_or(0));
    }
    while (m_rest.starts_with('l') || m_rest.starts_with('h') || m_rest.starts_with('L')) take();
    spec.type = take();
    write(spec, value ? *value : next());
  }

  void write(FormatSpec& spec, const Value& value) {
    const bool isNumber = std::string_view("diuoxXeEfFgG").find(spec.type) != std::string_view::npos;
    if (spec.align == '<') spec.fill = " ";
    if (!isNumber) spec.fill = " ";
    if (spec.fill == "0") spec.align = '=';
    if (isNumber) return writeNumber(spec, value);
    if (spec.align == '\0') spec.align = '>';
    Text text(m_budget);
    if (spec.type == 's') {
      appendText(text, value);
    } else if (spec.type == 'r' || spec.type == 'a') {
      appendRepr(text, value);
    } else if (spec.type == 'c' && value.integer()) {
      return appendInteger(m_out, *value.integer(), spec);
    } else if (spec.type == 'c' && value.isText() && lengthOf(value, m_budget) == 1) {
      appendText(text, value);
    } else {
      fail("A format has an unknown conversion " + inQuotes(std::string_view(&spec.type, 1)) + " or a wrong value.");
    }
    appendPadded(m_out, text.view(), spec);
  }

  void writeNumber(FormatSpec& spec, const Value& value) {
    if (!value.number()) failFormat(spec.type, "a number, not " + value.description());
    if (std::string_view("eEfFgG").find(spec.type) != std::string_view::npos) {
      return appendFloat(m_out, *value.number(), spec);
    }
    if (spec.type == 'i' || spec.type == 'u') spec.type = 'd';
    if (spec.type != 'd' && value.isFloat()) failFormat(spec.type, "an integer");
    const double whole = std::trunc(*value.number());
    if (value.isFloat() && !(std::fabs(whole) < 9.2e18)) failFormat(spec.type, "a number that fits 64 bits");
    appendInteger(m_out, value.integer() ? *value.integer() : static_cast<std::int64_t>(whole), spec);
  }

  std::string_view m_rest;
  const Value& m_value;
  Budget& m_budget;
  Text m_out;
  std::size_t m_next = 0;
  bool m_usedNames = false;
};

/// One str.format() at work.
class BraceFormat {
 public:
  BraceFormat(const Arguments& arguments, Interpreter& interpreter)
      : m_arguments(arguments), m_interpreter(interpreter), m_budget(interpreter.budget()), m_out(m_budget) {}

  Value run(std::string_view format) {
    m_budget.read(format.size());
    while (!format.empty()) {
      const std::size_t at = std::min(format.find_first_of("{}"), format.size());
      m_out += format.substr(0, at);
      format.remove_prefix(at);
      if (format.empty()) break;
      if (format.size() > 1 && format[1] == format[0]) {
        m_out += format.substr(0, 1);
        format.remove_prefix(2);
        continue;
      }
      const std::size_t end = format.find('}');
      if (format[0] == '}' || end == std::string_view::npos) fail("A format has a brace without its partner.");
      field(format.substr(1, end - 1));
      format.remove_prefix(end + 1);
    }
    return std::move(m_out).value();
  }

 private:
  /// name, !conversion and :spec.
  void field(std::string_view text) {
    if (text.find('{') != std::string_view::npos) fail("A format within a format is not supported.");
    const std::size_t colon = std::min(text.find(':'), text.size());
    std::string_view name = text.substr(0, colon);
    const std::string_view spec = text.substr(std::min(colon + 1, text.size()));
    const std::size_t mark = name.find('!');
    const std::string_view conversion = mark == std::string_view::npos ? "" : name.substr(mark + 1);
    Value value = find(name.substr(0, mark));
    if (conversion == "r" || conversion == "a") {
      Text repr(m_budget);
      appendRepr(repr, value);
      value = std::move(repr).value();
    } else if (conversion == "s") {
      value = newText(toText(value, m_budget), m_budget);
    } else if (mark != std::string_view::npos) {
      fail("A format has an unknown conversion " + inQuotes(conversion) + ".");
    }
    write(value, spec);
  }

  /// 0.name[key]: where a field's value is.
  Value find(std::string_view path) {
    const std::size_t end = std::min(path.find_first_of(".["), path.size());
    std::string_view first = path.substr(0, end);
    const auto position = first.empty() ? std::optional<std::int64_t>(m_next++) : takeCount(first, 1'000'000);
    const Value* found = position && first.empty()
                             ? m_arguments.find(static_cast<std::size_t>(*position), "")
                             : m_arguments.find(m_arguments.positional.size(), path.substr(0, end));
    if (found == nullptr) fail("A format asks for the value " + inQuotes(path) + ", which it is not given.");
    Value value = *found;
    path.remove_prefix(end);
    while (!path.empty()) {
      const bool isKey = path[0] == '[';
      const std::size_t close = isKey ? path.find(']') : std::min(path.find_first_of(".[", 1), path.size());
      if (close == std::string_view::npos) fail("A format has a bracket without its partner.");
      std::string_view name = path.substr(1, close - 1);
      const Value key = newText(name, m_budget);
      const auto index = isKey ? takeCount(name, 1'000'000'000) : std::nullopt;
      value = !isKey                  ? m_interpreter.attribute(value, path.substr(1, close - 1))
              : index && name.empty() ? m_interpreter.subscript(value, Value(*index))
                                      : m_interpreter.subscript(value, key);
      if (value.isUndefined()) fail("A format asks for " + value.undefinedName() + ", which is not there.");
      path.remove_prefix(isKey ? close + 1 : close);
    }
    return value;
  }

  static FormatSpec parse(std::string_view text) {
    static constexpr std::string_view kAligns = "<>=^";
    FormatSpec spec;
    const auto isAlign = [&](std::size_t at) {
      return at < text.size() && kAligns.find(text[at]) != std::string_view::npos;
    };
    const auto accept = [&](std::string_view any) {
      if (text.empty() || any.find(text[0]) == std::string_view::npos) return '\0';
      const char c = text[0];
      text.remove_prefix(1);
      return c;
    };
    const std::size_t fill = text.empty() ? 0 : firstCharacter(text).length;
    if (fill != 0 && isAlign(fill)) {
      spec.fill = text.substr(0, fill);
      text.remove_prefix(fill);
    }
    spec.align = accept(kAligns);
    if (const char sign = accept("+- ")) spec.sign = sign;
    spec.alternate = accept("#") != '\0';
    if (accept("0") != '\0' && spec.align == '\0') {
      spec.fill = "0";
      spec.align = '=';
    }
    spec.width = takeCount(text, FormatSpec::kWidest).value_or(0);
    spec.grouping = accept(",_");
    if (accept(".") != '\0') {
      spec.precision = takeCount(text, FormatSpec::kMostDigits);
      if (!spec.precision) fail("A format has a point without a precision.");
    }
    spec.type = text.empty() ? '\0' : text[0];
    if (text.size() > 1) fail("A format ends in " + inQuotes(text) + ", which has no meaning.");
    return spec;
  }

  void write(const Value& value, std::string_view text) {
    if (text.empty()) return appendText(m_out, value);
    FormatSpec spec = parse(text);
    if (const std::string* own = value.text(m_budget)) {
      if ((spec.type != '\0' && spec.type != 's') || spec.align == '=') failFormat(spec.type, "a number, not a string");
      return appendPadded(m_out, *own, spec);
    }
    if (value.isFloat()) return appendFloat(m_out, *value.number(), spec);
    if (!value.integer()) fail("A value of type " + std::string(value.typeName()) + " takes no format.");
    if (spec.precision && std::string_view("eEfFgG%").find(spec.type) == std::string_view::npos) {
      failFormat(spec.type, "no precision for an integer");
    }
    appendInteger(m_out, *value.integer(), spec);
  }

  const Arguments& m_arguments;
  Interpreter& m_interpreter;
  Budget& m_budget;
  Text m_out;
  std::int64_t m_next = 0;
};

}  // namespace

Value formatPercent(std::string_view format, const Value& value, Budget& budget) {
  return PercentFormat(format, value, budget).run();
}

Value formatBraces(std::string_view format, const Arguments& arguments, Interpreter& interpreter) {
  return BraceFormat(arguments, interpreter).run(format);
}

}  // namespace core::text::jinja
