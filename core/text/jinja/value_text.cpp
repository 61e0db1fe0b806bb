// How values are written: Python's str() and repr(), and JSON.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "core/text/jinja/value_text.h"

#include "core/text/jinja/ast.h"
#include "core/text/unicode.h"

namespace core::text::jinja {

namespace {

/// Appends a text, some bytes of it written another way. @param escape gives that way, or an empty text for the byte
template <typename Escape>
void appendEscaped(Text& out, std::string_view text, const Escape& escape) {
  std::size_t from = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::string_view written = escape(text[at]);
    if (written.empty()) continue;
    out += text.substr(from, at - from);
    out += written;
    from = at + 1;
  }
  out += text.substr(from);
}

/// "\x1b", "\u001b": written into a buffer that lives as long as this object.
class HexEscape {
 public:
  std::string_view write(const char* format, char c) {
    const int length = std::snprintf(m_buffer.data(), m_buffer.size(), format, static_cast<unsigned char>(c));
    return {m_buffer.data(), static_cast<std::size_t>(length)};
  }

 private:
  std::array<char, 16> m_buffer{};
};

bool isControl(char c) { return static_cast<unsigned char>(c) < 0x20; }

/// What Python's repr() escapes beyond ASCII: "\xa0", "\u200b".
void appendUnprintable(Text& out, std::uint32_t code) {
  std::array<char, 16> buffer{};
  const char* format = code < 0x100 ? "\\x%02x" : code < 0x10000 ? "\\u%04x" : "\\U%08x";
  const int length = std::snprintf(buffer.data(), buffer.size(), format, static_cast<unsigned>(code));
  out += std::string_view(buffer.data(), static_cast<std::size_t>(length));
}

void appendQuotedRepr(Text& out, std::string_view text) {
  const bool hasSingle = text.find('\'') != std::string_view::npos;
  const bool hasDouble = text.find('"') != std::string_view::npos;
  const std::string_view quote = hasSingle && !hasDouble ? "\"" : "'";
  HexEscape hex;
  out += quote;
  const auto escape = [&](char c) -> std::string_view {
    if (c == quote[0]) return c == '"' ? "\\\"" : "\\'";
    if (c == '\\') return "\\\\";
    if (c == '\n') return "\\n";
    if (c == '\r') return "\\r";
    if (c == '\t') return "\\t";
    return isControl(c) || c == 0x7F ? hex.write("\\x%02x", c) : std::string_view();
  };
  std::size_t from = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Step step = firstCharacter(text.substr(at));
    if (step.codePoint >= 0x80 && step.kind == Utf8Kind::Complete && !isPrintable(step.codePoint)) {
      appendEscaped(out, text.substr(from, at - from), escape);
      appendUnprintable(out, step.codePoint);
      from = at + step.length;
    }
    at += step.length;
  }
  appendEscaped(out, text.substr(from), escape);
  out += quote;
}

/// A text with its characters beyond ASCII as \uXXXX, in pairs of surrogates beyond 16 bits.
std::string withoutOthers(std::string_view text) {
  std::string out;
  std::array<char, 16> buffer{};
  const auto unit = [&](std::uint32_t code) {
    const int length = std::snprintf(buffer.data(), buffer.size(), "\\u%04x", static_cast<unsigned>(code));
    out.append(buffer.data(), static_cast<std::size_t>(length));
  };
  for (; !text.empty();) {
    const Utf8Step step = firstCharacter(text);
    if (step.codePoint < 0x80) {
      out += text[0];
    } else if (step.codePoint < 0x10000) {
      unit(step.codePoint);
    } else {
      unit(0xD800 + ((step.codePoint - 0x10000) >> 10U));
      unit(0xDC00 + ((step.codePoint - 0x10000) & 0x3FFU));
    }
    text.remove_prefix(step.length);
  }
  return out;
}

void appendEscapedJson(Text& out, std::string_view text) {
  HexEscape hex;
  appendEscaped(out, text, [&](char c) -> std::string_view {
    static constexpr std::string_view kPlain = "\"\\\n\r\t\b\f";
    static constexpr std::array<std::string_view, 7> kWritten = {"\\\"", "\\\\", "\\n", "\\r", "\\t", "\\b", "\\f"};
    const std::size_t known = kPlain.find(c);
    if (known != std::string_view::npos) return kWritten[known];
    return isControl(c) ? hex.write("\\u%04x", c) : std::string_view();
  });
}

void appendJsonString(Text& out, std::string_view text, bool ensureAscii) {
  out += "\"";
  if (ensureAscii) {
    Text escaped(out.budget());
    appendEscapedJson(escaped, text);
    out += withoutOthers(escaped.view());
  } else {
    appendEscapedJson(out, text);
  }
  out += "\"";
}

/// Writes JSON of any value; one object per call of `tojson`.
class JsonWriter {
 public:
  JsonWriter(const JsonLayout& layout, Text& out) : m_layout(layout), m_out(out) {}

  void write(const Value& value, int level) {
    Budget& budget = m_out.budget();
    budget.step();
    if (const std::string* text = value.text(budget)) {
      appendJsonString(m_out, *text, m_layout.ensureAscii);
    } else if (value.isList()) {
      writeList(value.list(budget), level);
    } else if (value.isDict()) {
      writeDict(value.dict(budget), level);
    } else if (value.isNone()) {
      m_out += "null";
    } else if (value.isBoolean()) {
      m_out += value.truthy() ? "true" : "false";
    } else if (value.isFloat()) {
      m_out += jsonNumber(*value.number());
    } else if (value.isInteger()) {
      m_out += std::to_string(*value.integer());
    } else {
      fail("A value of type " + std::string(value.typeName()) + " cannot be written as JSON.");
    }
  }

 private:
  static std::string jsonNumber(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
    return floatToText(value);
  }

  void newLine(int level) {
    if (!m_layout.indent) return;
    m_out += "\n";
    for (int i = 0; i < level; ++i) m_out += *m_layout.indent;
  }

  void writeList(const List& list, int level) {
    if (list.empty()) {
      m_out += "[]";
      return;
    }
    std::string_view before = "[";
    for (const Value& item : list) {
      m_out += before;
      newLine(level + 1);
      write(item, level + 1);
      before = m_layout.itemSeparator;
    }
    newLine(level);
    m_out += "]";
  }

  std::string keyText(const Value& key) {
    if (key.isNone()) return "null";
    if (key.isBoolean()) return key.truthy() ? "true" : "false";
    if (!key.isText() && !key.isNumber()) {
      fail("A JSON object needs string keys, not one of type " + std::string(key.typeName()) + ".");
    }
    return toText(key, m_out.budget());
  }

  void writeDict(const Dict& dict, int level) {
    if (dict.empty()) {
      m_out += "{}";
      return;
    }
    std::vector<std::pair<std::string, const Value*>> entries;
    for (const auto& [key, value] : dict) entries.emplace_back(keyText(key), &value);
    if (m_layout.sortKeys) {
      std::stable_sort(entries.begin(), entries.end(), [this](const auto& a, const auto& b) {
        m_out.budget().read(std::min(a.first.size(), b.first.size()));
        return a.first < b.first;
      });
    }
    std::string_view before = "{";
    for (const auto& [key, value] : entries) {
      m_out += before;
      newLine(level + 1);
      appendJsonString(m_out, key, m_layout.ensureAscii);
      m_out += m_layout.keySeparator;
      write(*value, level + 1);
      before = m_layout.itemSeparator;
    }
    newLine(level);
    m_out += "}";
  }

  const JsonLayout& m_layout;
  Text& m_out;
};

}  // namespace

std::string floatToText(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  std::array<char, 64> buffer{};
  // Python switches to an exponent below 1e-4 and from 1e16 on.
  const double magnitude = std::fabs(value);
  const bool plain = magnitude == 0.0 || (magnitude >= 1e-4 && magnitude < 1e16);
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 plain ? std::chars_format::fixed : std::chars_format::scientific);
  std::string out(buffer.data(), end.ptr);
  if (plain && out.find('.') == std::string::npos) out += ".0";
  return out;
}

void appendText(Text& out, const Value& value) {
  if (const std::string* text = value.text(out.budget())) {
    out += *text;
  } else if (!value.isUndefined()) {
    appendRepr(out, value);
  }
}

namespace {

/// "range(0, 3)", from the items of one.
void appendRangeRepr(Text& out, const List& items) {
  const auto at = [&](std::size_t i) { return *items[i].integer(); };
  const std::int64_t step = items.size() > 1 ? at(1) - at(0) : 1;
  const std::int64_t start = items.empty() ? 0 : at(0);
  out += "range(" + std::to_string(start) + ", " +
         std::to_string(items.empty() ? 0 : at(items.size() - 1) + (step > 0 ? 1 : -1));
  if (step != 1) out += ", " + std::to_string(step);
  out += ")";
}

void appendNamespaceRepr(Text& out, const NamespaceData& space) {
  const Budget::Level level(out.budget());  // one may hold itself
  std::string_view before = "<Namespace {";
  for (const auto& [name, value] : space.attributes) {
    out += before;
    appendQuotedRepr(out, name);
    out += ": ";
    appendRepr(out, value);
    before = ", ";
  }
  out += space.attributes.empty() ? "<Namespace {}>" : "}>";
}

void appendSequenceRepr(Text& out, const Value& value) {
  const List list = value.list(out.budget());
  if (value.isIterator()) {
    out += "<generator object>";
    return;
  }
  if (list.kind() == Sequence::Range) return appendRangeRepr(out, list);
  const bool isTuple = list.kind() == Sequence::Tuple || list.kind() == Sequence::Group;
  const bool isView = !isTuple && list.kind() != Sequence::List;
  if (isView) {
    out += value.typeName();
    out += "(";
  }
  out += isTuple ? "(" : "[";
  std::string_view before;
  for (const Value& item : list) {
    out += before;
    appendRepr(out, item);
    before = ", ";
  }
  if (isTuple && list.size() == 1) out += ",";
  out += isTuple ? ")" : "]";
  if (isView) out += ")";
}

}  // namespace

void appendRepr(Text& out, const Value& value) {
  Budget& budget = out.budget();
  budget.step();
  if (const std::string* text = value.text(budget)) {
    appendQuotedRepr(out, *text);
  } else if (value.isSequence()) {
    appendSequenceRepr(out, value);
  } else if (value.isDict()) {
    std::string_view before = "{";
    for (const auto& [key, item] : value.dict(budget)) {
      out += before;
      appendRepr(out, key);
      out += ": ";
      appendRepr(out, item);
      before = ", ";
    }
    out += value.dict(budget).empty() ? "{}" : "}";
  } else if (value.isUndefined()) {
    out += "Undefined";
  } else if (value.isNone()) {
    out += "None";
  } else if (value.isBoolean()) {
    out += value.truthy() ? "True" : "False";
  } else if (value.isFloat()) {
    out += floatToText(*value.number());
  } else if (value.isInteger()) {
    out += std::to_string(*value.integer());
  } else if (const auto space = value.space()) {
    appendNamespaceRepr(out, *space);
  } else if (const auto macro = value.callable(); macro && macro->macro != nullptr) {
    out += macro->macro->kind == StmtKind::Call ? "<Macro anonymous>" : "<Macro '" + macro->macro->name + "'>";
  } else if (const auto loop = value.loop()) {
    out += "<LoopContext " + std::to_string(loop->index0 + 1) + "/" + std::to_string(loop->items.size()) + ">";
  } else {
    out += "<";
    out += value.typeName();
    out += ">";
  }
}

std::string toText(const Value& value, Budget& budget) {
  Text out(budget);
  appendText(out, value);
  return std::move(out).take();
}

Value toJson(const Value& value, const JsonLayout& layout, Budget& budget) {
  Text out(budget);
  JsonWriter(layout, out).write(value, 0);
  return std::move(out).value();
}

}  // namespace core::text::jinja
