// How values are written: Python's str() and repr().
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "core/text/jinja/value_text.h"

#include "core/text/jinja/ast.h"
#include "core/text/jinja/escape_bytes.h"
#include "core/text/unicode.h"

namespace core::text::jinja {

namespace {

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

}  // namespace core::text::jinja
