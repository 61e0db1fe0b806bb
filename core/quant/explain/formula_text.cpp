#include "core/quant/explain/formula_text.h"

#include <fmt/format.h>

#include <cmath>

namespace core::quant {

namespace {

constexpr std::string_view kMinus = "−";

/// Calls text(piece) and name(piece) for the parts of a pattern, in order.
template <class Text, class Name>
void forEachPart(std::string_view pattern, const Text& text, const Name& name) {
  while (!pattern.empty()) {
    const std::size_t open = pattern.find('{');
    text(pattern.substr(0, open));
    if (open == std::string_view::npos) return;
    const std::size_t close = pattern.find('}', open);
    name(pattern.substr(open + 1, close - open - 1));
    pattern.remove_prefix(close + 1);
  }
}

/// A minus sign here would be read as an operator or follow one.
bool followsOperator(std::string_view text) {
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (text.empty()) return false;
  for (const std::string_view opening : {"=", "(", ",", "⌈", "⌊", "|", "≈"})
    if (text.ends_with(opening)) return false;
  return true;
}

}  // namespace

std::string numberText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "−∞" : "∞";
  std::string text = fmt::format("{:.7g}", value);
  for (std::size_t at = text.find('-'); at != std::string::npos; at = text.find('-', at + kMinus.size()))
    text.replace(at, 1, kMinus);
  return text;
}

std::string symbolText(std::string_view pattern) {
  std::string result;
  const auto append = [&](std::string_view part) { result += part; };
  forEachPart(pattern, append, append);
  return result;
}

std::string filledText(std::string_view pattern, const std::function<double(std::string_view)>& valueOf) {
  std::string result;
  forEachPart(
      pattern, [&](std::string_view part) { result += part; },
      [&](std::string_view name) {
        const std::string number = numberText(valueOf(name));
        const bool wrap = number.starts_with(kMinus) && followsOperator(result);
        result += wrap ? "(" + number + ")" : number;
      });
  return result;
}

}  // namespace core::quant
