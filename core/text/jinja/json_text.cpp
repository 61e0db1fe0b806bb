// Values as JSON.
#include <algorithm>
#include <cmath>

#include "core/text/jinja/escape_bytes.h"
#include "core/text/jinja/value_text.h"
#include "core/text/unicode.h"

namespace core::text::jinja {

namespace {

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

Value toJson(const Value& value, const JsonLayout& layout, Budget& budget) {
  Text out(budget);
  JsonWriter(layout, out).write(value, 0);
  return std::move(out).value();
}

}  // namespace core::text::jinja
