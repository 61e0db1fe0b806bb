#include "core/numeric/expression_parser.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/numeric/number_token.h"
#include "core/numeric/typed_text.h"

namespace core::numeric {

namespace {

[[noreturn]] void refuseExpression(const std::string& sentence) { throw Error(ErrorCode::InvalidArgument, sentence); }

/// Recursive descent; every function gives the index of the term it made.
class Parser {
 public:
  Parser(std::string_view text, const NumberFormat& format, const CodeScale& scale)
      : m_text(text), m_format(format), m_scale(scale) {}

  Expression parse() {
    sum();
    if (!rest().empty()) refuseExpression(expected("an operator or the end"));
    return std::move(m_expression);
  }

 private:
  std::size_t sum() {
    const std::size_t start = skipSpace();
    std::size_t left = product();
    for (char c = peek(); c == '+' || c == '-'; c = peek()) {
      ++m_at;
      const std::size_t right = product();
      left = add(c == '+' ? Operation::Add : Operation::Subtract, left, right, start);
    }
    return left;
  }

  std::size_t product() {
    const std::size_t start = skipSpace();
    std::size_t left = factor();
    for (char c = peek(); c == '*' || c == '/'; c = peek()) {
      ++m_at;
      const std::size_t right = factor();
      left = add(c == '*' ? Operation::Multiply : Operation::Divide, left, right, start);
    }
    return left;
  }

  std::size_t factor() {
    const std::size_t start = skipSpace();
    bool hasSign = false, negative = false;
    for (char c = peek(); c == '+' || c == '-'; c = peek()) {  // a loop: a thousand signs are no thousand calls
      hasSign = true;
      negative = negative != (c == '-');
      ++m_at;
    }
    if (peek() != '(') return number(start, hasSign, negative);
    if (++m_depth > kMaxDepth)
      refuseExpression("Parentheses may stand up to " + std::to_string(kMaxDepth) + " deep within each other.");
    ++m_at;
    const std::size_t inner = sum();
    if (peek() != ')') refuseExpression(expected("a closing parenthesis"));
    ++m_at;
    --m_depth;
    return negative ? add(Operation::Negate, inner, 0, start) : inner;
  }

  std::size_t number(std::size_t start, bool hasSign, bool negative) {
    const std::string_view token = takeNumberToken(rest());
    if (token.empty()) refuseExpression(expected("a number"));
    if (++m_numbers > kMaxNumbers)
      refuseExpression("An expression may have up to " + std::to_string(kMaxNumbers) + " numbers.");
    m_at += token.size();
    Expression::Term term;
    if (peek() == '^') {
      ++m_at;
      const ExactNumber power = readPower(token, exponentToken());
      term.exact = negative ? power.negated() : power;
    } else {
      term = readNumber(token, hasSign, negative, m_format, m_scale);
    }
    term.text = textFrom(start);
    m_expression.terms.push_back(std::move(term));
    return m_expression.terms.size() - 1;
  }

  std::string_view exponentToken() {
    skipSpace();
    const std::string_view from = rest();
    const std::size_t sign = !from.empty() && (from.front() == '-' || from.front() == '+') ? 1 : 0;
    const std::string_view token = from.substr(0, sign + takeNumberToken(from.substr(sign)).size());
    m_at += token.size();
    return token;
  }

  std::size_t add(Operation operation, std::size_t left, std::size_t right, std::size_t start) {
    Expression::Term term;
    term.operation = operation;
    term.left = left;
    term.right = right;
    term.text = textFrom(start);
    const ExactNumber& a = m_expression.terms[left].exact;
    const ExactNumber& b = m_expression.terms[right].exact;
    term.exact = operation == Operation::Add        ? a + b
                 : operation == Operation::Subtract ? a - b
                 : operation == Operation::Multiply ? a * b
                 : operation == Operation::Divide   ? a / b
                                                    : a.negated();
    term.exception = exceptionOf(operation, a, b, term.exact);
    m_expression.terms.push_back(std::move(term));
    return m_expression.terms.size() - 1;
  }

  std::size_t skipSpace() {
    m_at = std::min(m_text.find_first_not_of(" \t\r\n", m_at), m_text.size());
    return m_at;
  }
  std::string_view rest() const { return m_text.substr(m_at); }
  char peek() {
    skipSpace();
    return m_at < m_text.size() ? m_text[m_at] : '\0';
  }
  std::string textFrom(std::size_t start) const {
    const std::string_view text = m_text.substr(start, m_at - start);
    return std::string(text.substr(0, text.find_last_not_of(" \t\r\n") + 1));
  }
  std::string expected(const std::string& what) {
    const std::string found = rest().empty() ? std::string("the end") : shortQuote(rest());
    return "In " + shortQuote(m_text) + " " + what + " was expected, but found " + found + ".";
  }

  std::string_view m_text;
  const NumberFormat& m_format;
  const CodeScale& m_scale;
  Expression m_expression;
  std::size_t m_at = 0, m_depth = 0, m_numbers = 0;
};

}  // namespace

Expression parseExpression(std::string_view plain, const NumberFormat& patternFormat, const CodeScale& scale) {
  return Parser(plain, patternFormat, scale).parse();
}

}  // namespace core::numeric
