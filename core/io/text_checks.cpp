#include "core/io/text_checks.h"

#include <fmt/format.h>

#include "core/base/utf8.h"

namespace core::io {

namespace {

constexpr std::size_t kLongestQuote = 100;

void appendEscaped(std::string& out, std::string_view bytes, std::string_view mark = "\\x") {
  for (const char byte : bytes) out += fmt::format("{}{:02X}", mark, static_cast<unsigned char>(byte));
}

}  // namespace

bool isControl(char32_t c) {
  if (c < 0x20 || (c >= 0x7F && c < 0xA0)) return true;
  // Line and paragraph separator; embeddings, overrides and isolates of the bidirectional algorithm. Its marks, which
  // texts written from right to left need, move nothing but their neighbours.
  return (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

std::string inQuotes(std::string_view text) {
  std::string result = "\"";
  while (!text.empty()) {
    if (result.size() > kLongestQuote) {
      result += "…";
      break;
    }
    const Utf8Step step = firstCharacter(text);
    if (step.kind != Utf8Kind::Complete || isControl(step.codePoint)) {
      appendEscaped(result, text.substr(0, step.length));
    } else {
      result += text.substr(0, step.length);
    }
    text.remove_prefix(step.length);
  }
  return result + '"';
}

std::string escapeInvalidUtf8(std::string_view text, std::string_view mark) {
  if (isValidUtf8(text)) return std::string(text);
  std::string result;
  for (; !text.empty();) {
    const Utf8Step step = firstCharacter(text);
    if (step.kind == Utf8Kind::Complete) {
      result += text.substr(0, step.length);
    } else {
      appendEscaped(result, text.substr(0, step.length), mark);
    }
    text.remove_prefix(step.length);
  }
  return result;
}

std::string printable(std::string_view text, LineBreaks lineBreaks) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const Utf8Step step = firstCharacter(text);
    const bool isBreak = step.codePoint == '\n' || step.codePoint == '\t';
    if (isBreak && lineBreaks == LineBreaks::Escape) {
      result += step.codePoint == '\n' ? "\\n" : "\\t";
    } else if (step.kind != Utf8Kind::Complete || (isControl(step.codePoint) && !isBreak)) {
      appendEscaped(result, text.substr(0, step.length));
    } else {
      result += text.substr(0, step.length);
    }
    text.remove_prefix(step.length);
  }
  return result;
}

}  // namespace core::io
