#include <cmath>

#include "core/text/jinja/globals.h"

namespace core::text::jinja {

namespace {

[[noreturn]] void failTypes(std::string_view op, const Value& a, const Value& b) {
  const auto describe = [](const Value& v) {
    const auto* undefined = v.as<Undefined>();
    if (undefined != nullptr && undefined->name) return "'" + *undefined->name + "', which is undefined";
    return "a value of type " + std::string(v.typeName());
  };
  fail("'" + std::string(op) + "' cannot be applied to " + describe(a) + " and " + describe(b) + ".");
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
  const auto times = static_cast<std::size_t>(count < 0 ? 0 : count);
  const std::size_t size = sequence.text() != nullptr ? sequence.text()->size() : sequence.list()->items.size();
  if (size != 0 && times > Budget::kTextBytes / size) budget.chargeText(Budget::kTextBytes + 1);
  budget.chargeText(times * size);
  if (const std::string* text = sequence.text()) {
    std::string out;
    for (std::size_t i = 0; i < times && size != 0; ++i) out += *text;
    return Value(std::move(out));
  }
  budget.charge(times * size);
  std::vector<Value> items;
  for (std::size_t i = 0; i < times && size != 0; ++i) {
    items.insert(items.end(), sequence.list()->items.begin(), sequence.list()->items.end());
  }
  return Value::list(std::move(items), sequence.list()->kind);
}

}  // namespace

Value arithmetic(std::string_view op, const Value& a, const Value& b, Budget& budget) {
  if (a.isNumber() && b.isNumber()) {
    if ((op == "/" || op == "//" || op == "%") && *b.number() == 0) fail("A number is divided by zero.");
    if (op == "**" && *a.number() == 0 && *b.number() < 0) fail("A number is divided by zero.");
    if (a.integer() && b.integer() && op != "/") return integerArithmetic(op, *a.integer(), *b.integer());
    return floatArithmetic(op, *a.number(), *b.number());
  }
  if (op == "+" && a.text() != nullptr && b.text() != nullptr) {
    budget.chargeText(a.text()->size() + b.text()->size());
    return Value(*a.text() + *b.text());
  }
  if (op == "+" && a.list() != nullptr && b.list() != nullptr && a.list()->kind == b.list()->kind) {
    std::vector<Value> items = a.list()->items;
    items.insert(items.end(), b.list()->items.begin(), b.list()->items.end());
    budget.charge(items.size());
    return Value::list(std::move(items), a.list()->kind);
  }
  if (op == "*") {
    if ((a.text() != nullptr || a.list() != nullptr) && b.integer()) return repeat(a, *b.integer(), budget);
    if ((b.text() != nullptr || b.list() != nullptr) && a.integer()) return repeat(b, *a.integer(), budget);
  }
  failTypes(op, a, b);
}

}  // namespace core::text::jinja
