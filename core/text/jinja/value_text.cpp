// How values are written: Python's str() and repr(), and JSON.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "core/text/jinja/value.h"
#include "core/text/unicode.h"

namespace core::text::jinja {

namespace {

void appendHex(std::string& out, const char* prefix, std::uint32_t value, int digits) {
  std::array<char, 16> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%s%0*x", prefix, digits, value);
  out += buffer.data();
}

std::string quotedRepr(std::string_view text) {
  const bool hasSingle = text.find('\'') != std::string_view::npos;
  const bool hasDouble = text.find('"') != std::string_view::npos;
  const char quote = hasSingle && !hasDouble ? '"' : '\'';
  std::string out(1, quote);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == quote || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7F) {
      appendHex(out, "\\x", byte, 2);
    } else {
      out += c;
    }
  }
  return out + quote;
}

std::string jsonString(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      default:
        if (byte < 0x20) {
          appendHex(out, "\\u", byte, 4);
        } else {
          out += c;
        }
    }
  }
  return out + '"';
}

std::string reprList(const ListData& list, Budget& budget) {
  std::string out = list.kind == Sequence::List ? "[" : "(";
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    if (i != 0) out += ", ";
    out += toRepr(list.items[i], budget);
    budget.chargeText(out.size() / std::max<std::size_t>(1, list.items.size()));
  }
  if (list.kind == Sequence::Tuple && list.items.size() == 1) out += ",";
  return out + (list.kind == Sequence::List ? "]" : ")");
}

std::string reprDict(const DictData& dict, Budget& budget) {
  std::string out = "{";
  for (const auto& [key, value] : dict.entries) {
    if (out.size() > 1) out += ", ";
    out += toRepr(key, budget) + ": " + toRepr(value, budget);
  }
  return out + "}";
}

/// Writes JSON of any value; one object per call of `tojson`.
class JsonWriter {
 public:
  JsonWriter(const JsonLayout& layout, Budget& budget) : m_layout(layout), m_budget(budget) {}

  void write(const Value& value, int level) {
    m_budget.charge();
    if (const std::string* text = value.text()) {
      m_out += jsonString(*text);
    } else if (value.list() != nullptr) {
      writeList(*value.list(), level);
    } else if (value.dict() != nullptr) {
      writeDict(*value.dict(), level);
    } else if (value.isNone()) {
      m_out += "null";
    } else if (const bool* flag = value.as<bool>()) {
      m_out += *flag ? "true" : "false";
    } else if (const double* number = value.as<double>()) {
      m_out += jsonNumber(*number);
    } else if (value.integer()) {
      m_out += std::to_string(*value.integer());
    } else {
      fail("A value of type " + std::string(value.typeName()) + " cannot be written as JSON.");
    }
    m_budget.chargeText(m_out.size() - m_charged);
    m_charged = m_out.size();
    if (m_out.size() > Budget::kTextBytes) m_budget.chargeText(m_out.size());
  }
  std::string take() { return std::move(m_out); }

 private:
  static std::string jsonNumber(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
    return floatToText(value);
  }

  void newLine(int level) {
    if (!m_layout.indent) return;
    m_out += '\n';
    for (int i = 0; i < level; ++i) m_out += *m_layout.indent;
  }

  void writeList(const ListData& list, int level) {
    if (list.items.empty()) {
      m_out += "[]";
      return;
    }
    m_out += '[';
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      if (i != 0) m_out += m_layout.itemSeparator;
      newLine(level + 1);
      write(list.items[i], level + 1);
    }
    newLine(level);
    m_out += ']';
  }

  std::string keyText(const Value& key) {
    if (key.text() != nullptr) return *key.text();
    if (key.isNone()) return "null";
    if (const bool* flag = key.as<bool>()) return *flag ? "true" : "false";
    if (key.isNumber()) return toText(key, m_budget);
    fail("A JSON object needs string keys, not one of type " + std::string(key.typeName()) + ".");
  }

  void writeDict(const DictData& dict, int level) {
    if (dict.entries.empty()) {
      m_out += "{}";
      return;
    }
    std::vector<std::pair<std::string, const Value*>> entries;
    for (const auto& [key, value] : dict.entries) entries.emplace_back(keyText(key), &value);
    if (m_layout.sortKeys) {
      std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    }
    m_out += '{';
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (i != 0) m_out += m_layout.itemSeparator;
      newLine(level + 1);
      m_out += jsonString(entries[i].first) + m_layout.keySeparator;
      write(*entries[i].second, level + 1);
    }
    newLine(level);
    m_out += '}';
  }

  const JsonLayout& m_layout;
  Budget& m_budget;
  std::string m_out;
  std::size_t m_charged = 0;
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

std::string toText(const Value& value, Budget& budget) {
  if (const std::string* text = value.text()) {
    budget.chargeText(text->size());
    return *text;
  }
  return value.isUndefined() ? std::string() : toRepr(value, budget);
}

std::string toRepr(const Value& value, Budget& budget) {
  budget.charge();
  if (const std::string* text = value.text()) {
    budget.chargeText(text->size());
    return quotedRepr(*text);
  }
  if (value.list() != nullptr || value.dict() != nullptr) {
    std::string out = value.list() != nullptr ? reprList(*value.list(), budget) : reprDict(*value.dict(), budget);
    budget.chargeText(out.size());
    return out;
  }
  if (value.isUndefined()) return "Undefined";
  if (value.isNone()) return "None";
  if (const bool* flag = value.as<bool>()) return *flag ? "True" : "False";
  if (const double* number = value.as<double>()) return floatToText(*number);
  if (value.integer()) return std::to_string(*value.integer());
  return "<" + std::string(value.typeName()) + ">";
}

std::string toJson(const Value& value, const JsonLayout& layout, Budget& budget) {
  JsonWriter writer(layout, budget);
  writer.write(value, 0);
  return writer.take();
}

}  // namespace core::text::jinja
