#include "core/io/name_pattern.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <functional>

namespace core::io {

namespace {

constexpr std::size_t kLongest = 512;
constexpr std::uint64_t kMostSteps = 20000;
constexpr int kDeepest = 400;

/// A backtracking matcher: every part is given what is to match behind it.
class Matcher {
 public:
  using Then = std::function<bool(std::size_t)>;

  Matcher(std::string_view pattern, std::string_view name, std::uint64_t mostSteps)
      : m_pattern(pattern), m_name(name), m_mostSteps(mostSteps) {}

  bool run() {
    return alternatives(0, m_pattern.size(), 0, [](std::size_t) { return true; });
  }
  std::uint64_t steps() const { return m_steps; }

 private:
  /// Pattern [first, last), from `at` in the name.
  bool alternatives(std::size_t first, std::size_t last, std::size_t at, const Then& then) {
    std::size_t begin = first;
    for (std::size_t i = first; i <= last; ++i) {
      if (i == last || m_pattern[i] == '|') {
        if (sequence(begin, i, at, then)) return true;
        begin = i + 1;
      } else {
        i = endOfAtom(i, last) - 1;
      }
    }
    return false;
  }

  bool sequence(std::size_t first, std::size_t last, std::size_t at, const Then& then) {
    if (++m_steps > m_mostSteps || m_depth > kDeepest) return false;
    const Depth depth(m_depth);
    if (first >= last) return then(at);
    if (m_pattern[first] == '^') return at == 0 && sequence(first + 1, last, at, then);
    if (m_pattern[first] == '$') return at == m_name.size() && sequence(first + 1, last, at, then);
    const std::size_t end = endOfAtom(first, last);
    const char repeat = end < last ? m_pattern[end] : '\0';
    const bool isRepeated = repeat == '*' || repeat == '+' || repeat == '?';
    std::size_t next = end + (isRepeated ? 1 : 0);
    if (isRepeated && next < last && m_pattern[next] == '?') ++next;  // the shortest one: the same names match
    const Then rest = [&](std::size_t from) { return sequence(next, last, from, then); };
    if (!isRepeated) return atom(first, end, at, rest);
    if (repeat == '?') return atom(first, end, at, rest) || rest(at);
    return (repeat == '*' && rest(at)) || repeated(first, end, at, rest);
  }

  /// Once or more.
  bool repeated(std::size_t first, std::size_t end, std::size_t at, const Then& rest) {
    return atom(first, end, at,
                [&](std::size_t from) { return rest(from) || (from > at && repeated(first, end, from, rest)); });
  }

  bool atom(std::size_t first, std::size_t end, std::size_t at, const Then& then) {
    if (++m_steps > m_mostSteps || m_depth > kDeepest) return false;
    const Depth depth(m_depth);
    if (m_pattern[first] == '(') {
      std::size_t begin = first + 1;
      if (m_pattern.substr(begin, 2) == "?:") begin += 2;
      return end > begin && alternatives(begin, end - 1, at, then);
    }
    return at < m_name.size() && holds(first, end, m_name[at]) && then(at + 1);
  }

  bool holds(std::size_t first, std::size_t end, char c) const {
    const char kind = m_pattern[first];
    if (kind == '.') return true;
    if (kind == '\\') return end - first == 2 && isEscaped(m_pattern[first + 1], c);
    if (kind != '[') return kind == c;
    std::size_t i = first + 1;
    const bool isNegated = i < end && m_pattern[i] == '^';
    bool isIn = false;
    for (i += isNegated ? 1 : 0; i + 1 < end; ++i) {
      if (m_pattern[i] == '\\' && i + 2 < end) {
        isIn = isIn || isEscaped(m_pattern[++i], c);
      } else if (i + 3 < end && m_pattern[i + 1] == '-') {
        isIn = isIn || (m_pattern[i] <= c && c <= m_pattern[i + 2]);
        i += 2;
      } else {
        isIn = isIn || m_pattern[i] == c;
      }
    }
    return isIn != isNegated;
  }

  static bool isEscaped(char kind, char c) {
    const auto byte = static_cast<unsigned char>(c);
    if (kind == 'd') return std::isdigit(byte) != 0;
    if (kind == 'w') return std::isalnum(byte) != 0 || c == '_';
    if (kind == 's') return std::isspace(byte) != 0;
    return kind == c;
  }

  /// Behind the atom that begins at i: a character, an escape, a class or a group.
  std::size_t endOfAtom(std::size_t i, std::size_t last) const {
    if (m_pattern[i] == '\\') return i + 2 <= last ? i + 2 : last;
    const char open = m_pattern[i];
    if (open != '(' && open != '[') return i + 1;
    std::size_t depth = 0;
    for (std::size_t k = i; k < last; ++k) {
      if (m_pattern[k] == '\\') {
        ++k;
      } else if (open == '[') {
        if (m_pattern[k] == ']' && k > i + 1) return k + 1;
      } else if (m_pattern[k] == '(') {
        ++depth;
      } else if (m_pattern[k] == ')' && --depth == 0) {
        return k + 1;
      }
    }
    return last;
  }

  struct Depth {
    explicit Depth(int& depth) : m_depth(++depth) {}
    ~Depth() { --m_depth; }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;
    int& m_depth;
  };

  std::string_view m_pattern, m_name;
  std::uint64_t m_steps = 0, m_mostSteps;
  int m_depth = 0;
};

}  // namespace

bool matchesPattern(std::string_view pattern, std::string_view name, std::uint64_t& steps) {
  if (pattern.size() > kLongest || name.size() > kLongest || steps == 0) return false;
  Matcher matcher(pattern, name, std::min(kMostSteps, steps));
  const bool matches = matcher.run();
  steps -= std::min(steps, matcher.steps());
  return matches;
}

}  // namespace core::io
