#pragma once
#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Computes the formulas that explanations print, with the numbers in them: what a reader with a calculator would do.
namespace formula {

/// A number and how far off it can be: printed numbers have seven digits.
struct Number {
  double value = 0.0, error = 0.0;
};

/// sum = product {(+|−) product}, product = power {(·|/) power}, power = atom [^ atom]; an atom is a number, −atom,
/// (sum), |sum|, ⌊sum⌋, ⌈sum⌉, round(sum), FP8(sum), min(sum, sum), clamp(sum, sum, sum) or log₂ atom.
class Evaluator {
 public:
  explicit Evaluator(std::string_view text) : m_text(text) {}
  /// Nothing where the text says something in words.
  std::optional<Number> evaluate() {
    const Number result = sum();
    skipBlanks();
    if (m_failed || !m_text.empty()) return std::nullopt;
    return result;
  }

 private:
  void skipBlanks() {
    while (m_text.starts_with(' ')) m_text.remove_prefix(1);
  }
  bool take(std::string_view token) {
    skipBlanks();
    if (!m_text.starts_with(token)) return false;
    m_text.remove_prefix(token.size());
    return true;
  }
  void expect(std::string_view token) { m_failed = !take(token) || m_failed; }

  Number sum() {
    Number left = product();
    while (!m_failed) {
      const bool plus = take("+");
      if (!plus && !take("−")) break;
      const Number right = product();
      left = {plus ? left.value + right.value : left.value - right.value, left.error + right.error};
    }
    return left;
  }
  Number product() {
    Number left = power();
    while (!m_failed) {
      const bool times = take("·");
      if (!times && !take("/")) break;
      const Number right = power();
      const double value = times ? left.value * right.value : left.value / right.value;
      const double relative = std::abs(left.error / left.value) + std::abs(right.error / right.value);
      left = {value, left.value == 0.0 ? std::abs(right.value) * left.error : std::abs(value) * relative};
      if (times && right.value == 0.0) left.error = 0.0;
    }
    return left;
  }
  Number power() {
    const Number base = atom();
    return take("^") ? Number{std::pow(base.value, atom().value), 0.0} : base;
  }
  /// A whole number: one off where the text's digits do not decide it.
  static Number whole(double rounded, const Number& of, double distanceToTie) {
    return {rounded, distanceToTie <= of.error + 1e-12 ? 1.0 : 0.0};
  }
  static Number round(const Number& x) {
    return whole(std::nearbyint(x.value), x, std::abs(std::abs(x.value - std::trunc(x.value)) - 0.5));
  }
  static Number floor(const Number& x) {
    return whole(std::floor(x.value), x, std::abs(x.value - std::nearbyint(x.value)));
  }
  static Number ceil(const Number& x) {
    return whole(std::ceil(x.value), x, std::abs(x.value - std::nearbyint(x.value)));
  }

  Number inside(std::string_view close) {
    const Number result = sum();
    expect(close);
    return result;
  }
  Number clamp(const Number& x, const Number& low, const Number& high) {
    return {std::clamp(x.value, low.value, high.value), x.error};
  }
  Number atom() {
    if (take("(")) return inside(")");
    if (take("⌊")) return floor(inside("⌋"));
    if (take("⌈")) return ceil(inside("⌉"));
    if (take("round(")) return round(inside(")"));
    if (take("FP8(")) {
      const Number x = inside(")");
      return {x.value, x.error + std::max(std::abs(x.value) / 16, 0x1p-10)};
    }
    if (take("log₂")) {
      const Number x = atom();
      return {std::log2(x.value), 1e-6};
    }
    if (take("min(")) {
      const Number x = sum();
      expect(",");
      const Number y = inside(")");
      return {std::min(x.value, y.value), x.error};
    }
    if (take("clamp(")) {
      const Number x = sum();
      expect(",");
      const Number low = sum();
      expect(",");
      return clamp(x, low, inside(")"));
    }
    if (take("−")) {
      const Number x = atom();
      return {-x.value, x.error};
    }
    return number();
  }
  Number number() {
    skipBlanks();
    std::string digits;  // the sign of an exponent is printed as people write it
    while (!m_text.empty()) {
      if (m_text.starts_with("−") && digits.ends_with('e')) {
        digits += '-';
        m_text.remove_prefix(std::string_view("−").size());
        continue;
      }
      if (std::string_view("0123456789.e+").find(m_text.front()) == std::string_view::npos) break;
      if (m_text.front() == '+' && !digits.ends_with('e')) break;
      digits += m_text.front();
      m_text.remove_prefix(1);
    }
    double value = 0.0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    m_failed = m_failed || digits.empty() || error != std::errc() || end != digits.data() + digits.size();
    return {value, std::abs(value) * 1e-6};
  }

  std::string_view m_text;
  bool m_failed = false;
};

/// Whether the parts of "name = a = b" between equality signs agree; nothing where fewer than two of them can be
/// computed.
inline std::optional<bool> agrees(std::string_view text) {
  std::vector<Number> parts;
  for (std::size_t at = text.find(" = "); at != std::string_view::npos;) {
    const std::size_t next = text.find(" = ", at + 3);
    if (const auto number =
            Evaluator(text.substr(at + 3, next == std::string_view::npos ? next : next - at - 3)).evaluate())
      parts.push_back(*number);
    at = next;
  }
  if (parts.size() < 2) return std::nullopt;
  for (const Number& part : parts)
    if (!std::isfinite(part.value) || !std::isfinite(part.error)) return false;
  for (std::size_t i = 1; i < parts.size(); ++i)
    if (std::abs(parts[i].value - parts[i - 1].value) > parts[i].error + parts[i - 1].error + 1e-44) return false;
  return true;
}

}  // namespace formula
