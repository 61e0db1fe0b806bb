#include "core/text/jinja/lexer.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/text/unicode.h"

namespace core::text::jinja {

namespace {

bool isAsciiSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool isNameStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0; }
bool isDigitChar(char c) { return c >= '0' && c <= '9'; }
bool isNameChar(char c) { return isNameStart(c) || isDigitChar(c); }

/// Line ends as "\n", and the one at the very end dropped, as Jinja does before anything else.
std::string normalizeNewlines(std::string_view source) {
  std::string out;
  out.reserve(source.size());
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\r') {
      out += '\n';
      if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
    } else {
      out += source[i];
    }
  }
  if (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

class Lexer {
 public:
  Lexer(std::string source, int& line, Budget& budget) : m_source(std::move(source)), m_line(line), m_budget(budget) {}

  std::vector<Token> run() {
    m_line = 1;
    while (m_position < m_source.size()) {
      const std::size_t open = findTag();
      pushData(open);
      if (open == std::string::npos) break;
      lexTag();
    }
    push(TokenKind::End, "");
    return std::move(m_tokens);
  }

 private:
  std::string_view rest() const { return std::string_view(m_source).substr(m_position); }
  bool at(std::string_view text) const { return rest().starts_with(text); }
  void push(TokenKind kind, std::string text) {
    m_budget.make(sizeof(Token) + text.size());
    m_tokens.push_back({kind, std::move(text), m_line});
  }

  void advance(std::size_t count) {
    const std::string_view passed = rest().substr(0, count);
    m_line += static_cast<int>(std::count(passed.begin(), passed.end(), '\n'));
    m_position += passed.size();
    if (!passed.empty()) m_lineStarting = passed.back() == '\n';
  }

  void skipSpace() {
    while (m_position < m_source.size() && isAsciiSpace(m_source[m_position])) advance(1);
  }

  std::size_t findTag() const {
    for (std::size_t i = m_source.find('{', m_position); i != std::string::npos; i = m_source.find('{', i + 1)) {
      const char next = i + 1 < m_source.size() ? m_source[i + 1] : '\0';
      if (next == '{' || next == '%' || next == '#') return i;
    }
    return std::string::npos;
  }

  /// The text up to `open`, cut as the opening tag there asks: "-" strips all white space before it; without a sign,
  /// {% and {# strip the blanks between the start of their line and them (lstrip_blocks).
  void pushData(std::size_t open) {
    const std::string_view all = rest().substr(0, open == std::string::npos ? open : open - m_position);
    std::string_view kept = all;
    if (open != std::string::npos) {
      const char kind = m_source[open + 1];
      const char sign = open + 2 < m_source.size() ? m_source[open + 2] : '\0';
      if (sign == '-') {
        while (!kept.empty() && isAsciiSpace(kept.back())) kept.remove_suffix(1);
      } else if (kind != '{' && sign != '+') {
        const std::size_t newline = kept.rfind('\n');
        const std::size_t start = newline == std::string_view::npos ? 0 : newline + 1;
        if ((newline != std::string_view::npos || m_lineStarting) &&
            std::all_of(kept.begin() + static_cast<std::ptrdiff_t>(start), kept.end(), isAsciiSpace)) {
          kept = kept.substr(0, start);
        }
      }
    }
    if (!kept.empty()) push(TokenKind::Data, std::string(kept));
    advance(all.size());
  }

  void lexTag() {
    const char kind = m_source[m_position + 1];
    if (kind == '#') {
      const std::size_t close = m_source.find("#}", m_position + 2);
      if (close == std::string::npos) fail("A comment is opened with {# but never closed with #}.");
      // In "{#-#}" the sign belongs to the opening.
      const char sign = close > m_position + 3 ? m_source[close - 1] : '\0';
      advance(close + 2 - m_position);
      afterClose(sign);
      return;
    }
    advance(2);
    if (at("-") || at("+")) advance(1);
    if (kind == '%' && lexRaw()) return;
    push(kind == '{' ? TokenKind::VariableBegin : TokenKind::BlockBegin, "");
    lexInside(kind == '{' ? "}}" : "%}", kind == '{');
  }

  /// After "-%}" all white space goes; after a plain "%}" or "#}" one line end goes (trim_blocks).
  void afterClose(char sign) {
    if (sign == '-') {
      skipSpace();
    } else if (sign != '+' && at("\n")) {
      advance(1);
    }
  }

  /// {% raw %} … {% endraw %}: the body is text. Returns false, having consumed nothing, for any other block.
  bool lexRaw() {
    std::size_t i = m_position;
    const auto skip = [&] {
      while (i < m_source.size() && isAsciiSpace(m_source[i])) ++i;
    };
    skip();
    if (m_source.compare(i, 3, "raw") != 0) return false;
    i += 3;
    skip();
    const char sign = i < m_source.size() ? m_source[i] : '\0';
    if (sign == '-' || sign == '+') ++i;
    if (m_source.compare(i, 2, "%}") != 0) return false;
    advance(i + 2 - m_position);
    if (sign == '-') skipSpace();  // Jinja's trim_blocks spares the line end after {% raw %}
    for (std::size_t open = m_source.find("{%", m_position); open != std::string::npos;
         open = m_source.find("{%", open + 2)) {
      std::size_t j = open + 2;
      if (j < m_source.size() && (m_source[j] == '-' || m_source[j] == '+')) ++j;
      while (j < m_source.size() && isAsciiSpace(m_source[j])) ++j;
      if (m_source.compare(j, 6, "endraw") != 0) continue;
      for (j += 6; j < m_source.size() && isAsciiSpace(m_source[j]);) ++j;
      const char closeSign = j < m_source.size() ? m_source[j] : '\0';
      if (closeSign == '-' || closeSign == '+') ++j;
      if (m_source.compare(j, 2, "%}") != 0) continue;
      pushData(open);
      advance(j + 2 - m_position);
      afterClose(closeSign);
      return true;
    }
    fail("A raw block is opened with {% raw %} but never closed with {% endraw %}.");
  }

  void lexInside(std::string_view close, bool variable) {
    const int opened = m_line;
    std::vector<char> brackets;
    while (true) {
      skipSpace();
      if (m_position >= m_source.size()) {
        m_line = opened;
        fail(variable ? "An expression is opened with {{ but never closed with }}."
                      : "A block is opened with {% but never closed with %}.");
      }
      const char c = m_source[m_position];
      const bool signedClose = (c == '-' || (c == '+' && !variable)) && rest().substr(1).starts_with(close);
      if (brackets.empty() && (signedClose || at(close))) {
        push(variable ? TokenKind::VariableEnd : TokenKind::BlockEnd, "");
        advance(signedClose ? 3 : 2);
        if (!variable || signedClose) afterClose(signedClose ? c : '\0');
        return;
      }
      lexToken(c, brackets);
    }
  }

  void lexToken(char c, std::vector<char>& brackets) {
    if (isNameStart(c)) {
      std::size_t length = 1;
      while (length < rest().size() && isNameChar(rest()[length])) ++length;
      push(TokenKind::Name, std::string(rest().substr(0, length)));
      advance(length);
    } else if (isDigitChar(c)) {
      lexNumber();
    } else if (c == '\'' || c == '"') {
      lexString(c);
    } else {
      lexOperator(brackets);
    }
  }

  /// 0x1F, 0o17, 0b11: the digits after the prefix, which must be there.
  bool lexPrefixedInteger() {
    const std::string_view text = rest();
    const char kind = text.size() > 2 && text[0] == '0' ? static_cast<char>(text[1] | 0x20) : '\0';
    const int base = kind == 'x' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 0;
    if (base == 0) return false;
    std::size_t end = 2;
    while (end < text.size() && (text[end] == '_' || (digitOf(text[end]) >= 0 && digitOf(text[end]) < base))) ++end;
    std::string digits(text.substr(2, end - 2));
    std::erase(digits, '_');
    std::uint64_t value = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (parsed.ec != std::errc()) fail("The integer " + inQuotes(text.substr(0, end)) + " does not fit 64 bits.");
    push(TokenKind::Integer, std::to_string(value));
    advance(end);
    return true;
  }

  /// The value of a hexadecimal digit; −1 for other characters.
  static int digitOf(char c) {
    return isDigitChar(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  }

  void lexNumber() {
    if (lexPrefixedInteger()) return;
    const std::string_view text = rest();
    const auto digits = [&](std::size_t from) {
      while (from < text.size() && (isDigitChar(text[from]) || text[from] == '_')) ++from;
      return from;
    };
    std::size_t end = digits(0);
    bool isFloat = false;
    if (end + 1 < text.size() && text[end] == '.' && isDigitChar(text[end + 1])) {
      isFloat = true;
      end = digits(end + 1);
    }
    if (end < text.size() && (text[end] == 'e' || text[end] == 'E')) {
      std::size_t exponent = end + 1;
      if (exponent < text.size() && (text[exponent] == '+' || text[exponent] == '-')) ++exponent;
      if (exponent < text.size() && isDigitChar(text[exponent])) {
        isFloat = true;
        end = digits(exponent);
      }
    }
    std::string number(text.substr(0, end));
    std::erase(number, '_');
    push(isFloat ? TokenKind::Float : TokenKind::Integer, std::move(number));
    advance(end);
  }

  void lexString(char quote) {
    std::string text;
    std::size_t i = m_position + 1;
    while (i < m_source.size() && m_source[i] != quote) {
      if (m_source[i] == '\\' && i + 1 < m_source.size()) {
        i = unescape(i + 1, text);
      } else {
        text += m_source[i++];
      }
    }
    if (i >= m_source.size()) fail("A string is opened but never closed.");
    push(TokenKind::String, std::move(text));
    advance(i + 1 - m_position);
  }

  /// Resolves the escape whose letter is at `i`; returns where the text goes on.
  std::size_t unescape(std::size_t i, std::string& out) {
    static constexpr std::string_view kLetters = "nrtabfv\\'\"";
    static constexpr std::string_view kMeanings = "\n\r\t\a\b\f\v\\'\"";
    const char c = m_source[i];
    const std::size_t length = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    if (length != 0) {
      std::uint32_t code = 0;
      for (std::size_t k = 1; k <= length; ++k) {
        const char h = i + k < m_source.size() ? m_source[i + k] : '\0';
        const int digit = digitOf(h);
        if (digit < 0) fail("A string has an escape \\" + std::string(1, c) + " without enough hexadecimal digits.");
        code = code << 4U | static_cast<std::uint32_t>(digit);
      }
      appendUtf8(out, code);
      return i + 1 + length;
    }
    if (c == '\n') return i + 1;
    if (c >= '0' && c <= '7') {  // octal: up to three digits
      std::uint32_t code = 0;
      std::size_t end = i;
      while (end < m_source.size() && end < i + 3 && m_source[end] >= '0' && m_source[end] <= '7') {
        code = code * 8 + static_cast<std::uint32_t>(m_source[end++] - '0');
      }
      appendUtf8(out, code);
      return end;
    }
    const std::size_t known = kLetters.find(c);
    if (known == std::string_view::npos) out += '\\';
    out += known == std::string_view::npos ? c : kMeanings[known];
    return i + 1;
  }

  void lexOperator(std::vector<char>& brackets) {
    static constexpr std::array<std::string_view, 24> kOperators = {"//", "**", "==", "!=", "<=", ">=", "+", "-",
                                                                    "*",  "/",  "%",  "~",  "<",  ">",  "=", ".",
                                                                    ",",  ":",  "|",  "(",  ")",  "[",  "]", "{"};
    const std::string_view text = rest();
    std::string_view found = text.starts_with('}') ? "}" : "";
    for (const std::string_view candidate : kOperators) {
      if (found.empty() && text.starts_with(candidate)) found = candidate;
    }
    if (found.empty()) fail("The character " + inQuotes(text.substr(0, 1)) + " has no meaning inside a tag.");
    trackBrackets(found[0], brackets);
    push(TokenKind::Operator, std::string(found));
    advance(found.size());
  }

  static void trackBrackets(char c, std::vector<char>& brackets) {
    if (c == '(') brackets.push_back(')');
    if (c == '[') brackets.push_back(']');
    if (c == '{') brackets.push_back('}');
    if (c == ')' || c == ']' || c == '}') {
      if (brackets.empty() || brackets.back() != c) fail("A '" + std::string(1, c) + "' closes nothing.");
      brackets.pop_back();
    }
  }

  std::string m_source;
  int& m_line;
  Budget& m_budget;
  std::size_t m_position = 0;
  bool m_lineStarting = true;
  std::vector<Token> m_tokens;
};

}  // namespace

std::vector<Token> tokenize(std::string_view source, int& line, Budget& budget) {
  budget.make(source.size());
  return Lexer(normalizeNewlines(source), line, budget).run();
}

}  // namespace core::text::jinja
