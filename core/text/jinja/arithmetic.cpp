#include <cmath>

#include "core/text/jinja/globals.h"
#include "core/text/jinja/text_format.h"
#include "core/text/jinja/text_functions.h"

namespace core::text::jinja {

namespace {

[[noreturn]] void failTypes(std::string_view op, const Value& a, const Value& b) {
  fail("'" + std::string(op) + "' cannot be applied to " + a.description() + " and " + b.description() + ".");
}

[[noreturn]] void failOverflow() { throw Failure{ErrorCode::Unsupported, "It computes an integer beyond 64 bits."}; }

std::int64_t floorDivide(std::int64_t a, std::int64_t b) {
  if (b == -1) {
    std::int64_t negated = 0;
    if (__builtin_sub_overflow(std::int64_t{0}, a, &negated)) failOverflow();
    return negated;
  }
  const std::int64_t quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

std::int64_t integerPower(std::int64_t base, std::int64_t exponent) {
  std::int64_t result = 1;
  while (exponent > 0) {
    if ((exponent & 1) != 0 && __builtin_mul_overflow(result, base, &result)) failOverflow();
    exponent >>= 1;
    if (exponent > 0 && __builtin_mul_overflow(base, base, &base)) failOverflow();
  }
  return result;
}

Value integerArithmetic(std::string_view op, std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  if (op == "+" && __builtin_add_overflow(a, b, &result)) failOverflow();
  if (op == "-" && __builtin_sub_overflow(a, b, &result)) failOverflow();
  if (op == "*" && __builtin_mul_overflow(a, b, &result)) failOverflow();
  if (op == "//") result = floorDivide(a, b);
  if (op == "%") result = b == -1 ? 0 : a - floorDivide(a, b) * b;
  if (op == "**") {
    if (b < 0) return Value(std::pow(static_cast<double>(a), static_cast<double>(b)));
    result = integerPower(a, b);
  }
  return Value(result);
}

Value floatArithmetic(std::string_view op, double a, double b) {
  if (op == "+") return Value(a + b);
  if (op == "-") return Value(a - b);
  if (op == "*") return Value(a * b);
  if (op == "/") return Value(a / b);
  if (op == "//") return Value(std::floor(a / b));
  if (op == "%") {
    const double rest = std::fmod(a, b);
    return Value(rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest);
  }
  return Value(std::pow(a, b));
}

Value repeat(const Value& sequence, std::int64_t count, Budget& budget) {
  if (const std::string* text = sequence.text(budget)) {
    Text out(budget);
    for (std::int64_t i = 0; i < count && !text->empty(); ++i) out += *text;
    const Value repeated = std::move(out).value();
    return sequence.isMarkup() ? repeated.asMarkup() : repeated;
  }
  const List list = sequence.list(budget);
  ListBuilder out(budget);
  for (std::int64_t i = 0; i < count && !list.empty(); ++i) {
    for (const Value& item : list) out.push(item);
  }
  return std::move(out).value(list.kind() == Sequence::List ? Sequence::List : Sequence::Tuple);
}

bool canRepeat(const Value& value) { return value.isText() || value.isList(); }

/// a + b of two texts, lists or tuples.
Value joinBoth(const Value& a, const Value& b, Budget& budget) {
  if (a.isText()) {
    const bool isMarkup = a.isMarkup() || b.isMarkup();
    Text out(budget);
    for (const Value* part : {&a, &b}) {
      if (isMarkup && !part->isMarkup()) {
        appendMarkup(out, *part->text(budget));
      } else {
        out += *part->text(budget);
      }
    }
    const Value joined = std::move(out).value();
    return isMarkup ? joined.asMarkup() : joined;
  }
  ListBuilder out(budget);
  for (const Value& item : a.list(budget)) out.push(item);
  for (const Value& item : b.list(budget)) out.push(item);
  return std::move(out).value(a.sequenceKind() == Sequence::List ? Sequence::List : Sequence::Tuple);
}

}  // namespace

Value arithmetic(std::string_view op, const Value& a, const Value& b, Budget& budget) {
  if (a.isNumber() && b.isNumber()) {
    if ((op == "/" || op == "//" || op == "%") && *b.number() == 0) fail("A number is divided by zero.");
    if (op == "**" && *a.number() == 0 && *b.number() < 0) fail("A number is divided by zero.");
    if (a.integer() && b.integer() && op != "/") return integerArithmetic(op, *a.integer(), *b.integer());
    return floatArithmetic(op, *a.number(), *b.number());
  }
  if (op == "%" && a.isText()) return formatPercent(*a.text(budget), b, budget);
  if (op == "+" && a.isText() && b.isText()) return joinBoth(a, b, budget);
  if (op == "+" && a.isList() && b.isList() &&
      (a.sequenceKind() == Sequence::List) == (b.sequenceKind() == Sequence::List)) {
    return joinBoth(a, b, budget);
  }
  if (op == "*" && canRepeat(a) && b.integer()) return repeat(a, *b.integer(), budget);
  if (op == "*" && canRepeat(b) && a.integer()) return repeat(b, *a.integer(), budget);
  failTypes(op, a, b);
}

}  // namespace core::text::jinja
