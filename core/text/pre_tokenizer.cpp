#include "core/text/pre_tokenizer.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "core/base/error.h"
#include "core/text/pcre2_objects.h"
#include "core/text/unicode.h"

namespace core::text {

namespace {

constexpr std::uint32_t kMatchLimit = 50'000'000;
constexpr std::uint32_t kHeapLimitKib = 256 * 1024;
constexpr std::size_t kJitStackBytes = 1 << 20;
// Expressions come from files: their length and the time of one split are bounded, too.
constexpr std::size_t kLongestExpression = std::size_t{64} << 10;
constexpr std::chrono::seconds kLongestSplit{60};

using pcre2::Code;
using pcre2::describe;
using pcre2::JitStack;
using pcre2::MatchContext;
using pcre2::MatchData;

}  // namespace

/// What one run of an expression over the parts of a text needs; made per call, so that tokenizers can be shared
/// between threads, and once for all parts: its stack is memory of its own.
struct PreTokenizer::Matcher {
  explicit Matcher(const pcre2_code* code)
      : data(pcre2_match_data_create_from_pattern(code, nullptr)),
        context(pcre2_match_context_create(nullptr)),
        stack(pcre2_jit_stack_create(32 * 1024, kJitStackBytes, nullptr)) {
    if (!data || !context) throw Error(ErrorCode::OutOfMemory, "There is no memory left to split a text into words.");
    pcre2_set_match_limit(context.get(), kMatchLimit);
    pcre2_set_heap_limit(context.get(), kHeapLimitKib);
    if (stack) pcre2_jit_stack_assign(context.get(), nullptr, stack.get());
  }
  MatchData data;
  MatchContext context;
  JitStack stack;
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::now() + kLongestSplit;
};

/// One compiled expression.
class PreTokenizer::Pattern {
 public:
  explicit Pattern(std::string_view text) {
    if (text.size() > kLongestExpression)
      throw Error(ErrorCode::Unsupported, "A pre-tokenizer's expression has more than 65536 bytes.");
    int error = 0;
    PCRE2_SIZE offset = 0;
    constexpr std::uint32_t kOptions = PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C;
    m_code.reset(
        pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), kOptions, &error, &offset, nullptr));
    if (!m_code) {
      throw Error(ErrorCode::Unsupported, "PCRE2 does not accept a pre-tokenizer's expression at offset " +
                                              std::to_string(offset) + ": " + describe(error) + ".");
    }
    pcre2_jit_compile(m_code.get(), PCRE2_JIT_COMPLETE);  // without JIT it is slower, nothing else
  }

  /// Calls add(begin, end, isMatch) for the parts of a text: matches and what lies between them.
  /// @param text valid UTF-8
  template <typename Add>
  void split(std::string_view text, Matcher& matcher, const Add& add) const {
    std::size_t position = 0;
    std::size_t from = 0;
    while (from < text.size() && match(text, from, matcher)) {
      const PCRE2_SIZE* range = pcre2_get_ovector_pointer(matcher.data.get());
      if (std::chrono::steady_clock::now() > matcher.deadline)
        throw Error(ErrorCode::Unsupported, "The text cannot be split into words: the expression takes too long.");
      if (range[1] <= range[0]) {  // a match of nothing cuts nothing
        if (range[0] >= text.size()) break;
        from = range[0] + firstCharacter(text.substr(range[0])).length;
        continue;
      }
      if (range[0] > position) add(position, range[0], false);
      add(range[0], range[1], true);
      position = from = range[1];
    }
    if (position < text.size()) add(position, text.size(), false);
  }

  const pcre2_code* code() const { return m_code.get(); }

 private:
  bool match(std::string_view text, std::size_t from, Matcher& matcher) const {
    const auto run = [&](std::uint32_t options) {
      return pcre2_match(m_code.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), from,
                         options | PCRE2_NO_UTF_CHECK, matcher.data.get(), matcher.context.get());
    };
    int result = run(0);
    if (result == PCRE2_ERROR_JIT_STACKLIMIT) result = run(PCRE2_NO_JIT);  // the interpreter works on the heap
    if (result == PCRE2_ERROR_NOMATCH) return false;
    if (result < 0) {
      throw Error(ErrorCode::Unsupported, "The text cannot be split into words: " + describe(result) + ".");
    }
    return true;
  }

  Code m_code;
};

PreTokenizer::PreTokenizer(std::span<const SplitStep> steps) {
  for (const SplitStep& step : steps) {
    const bool cuts = step.kind == SplitStep::Kind::Isolated || step.kind == SplitStep::Kind::Matches;
    m_steps.push_back({step, cuts ? std::make_unique<Pattern>(step.expression) : nullptr});
  }
}

PreTokenizer::~PreTokenizer() = default;

namespace {

/// The text with U+FFFD for ill-formed bytes, and where each of its bytes comes from.
struct ShownText {
  std::string text;
  std::vector<std::size_t> origin;  ///< one more than bytes: the last is the end
};

ShownText shownText(std::string_view text) {
  ShownText shown;
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Step step = firstCharacter(text.substr(at));
    appendUtf8(shown.text, step.codePoint);
    shown.origin.resize(shown.text.size(), at);
    at += step.length;
  }
  shown.origin.push_back(text.size());
  return shown;
}

/// The text with U+2581 for blanks, and one in front where it is asked for and not there.
std::string withBlankMarks(std::string_view text, bool isPrefixed) {
  std::string out;
  if (isPrefixed && !text.starts_with(' ') && !text.starts_with(kBlankMark)) out += kBlankMark;
  for (const char c : text) {
    if (c == ' ') {
      out += kBlankMark;
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

void PreTokenizer::apply(const Step& step, const Part& part, Matcher* matcher, Words& words, std::vector<Part>& out) {
  const SplitStep& settings = step.settings;
  const auto keep = [&](std::string_view text, std::size_t begin, std::size_t end, bool isMatch) {
    if (isMatch || settings.kind == SplitStep::Kind::Isolated)
      out.push_back({text.substr(begin, end - begin), part.isFirst && begin == 0});
  };
  if (step.pattern && isValidUtf8(part.text)) {
    step.pattern->split(part.text, *matcher, [&](std::size_t begin, std::size_t end, bool isMatch) {
      keep(part.text, begin, end, isMatch);
    });
    return;
  }
  if (step.pattern) {
    const ShownText shown = shownText(part.text);
    step.pattern->split(shown.text, *matcher, [&](std::size_t begin, std::size_t end, bool isMatch) {
      keep(part.text, shown.origin[begin], shown.origin[end], isMatch);
    });
    return;
  }
  if (settings.kind == SplitStep::Kind::Blank) {
    if (part.text.starts_with(' ')) return out.push_back(part);
    out.push_back({words.storage.emplace_back(" ").append(part.text), part.isFirst});
    return;
  }
  const bool isPrefixed =
      settings.prefix == SplitStep::Prefix::Always || (settings.prefix == SplitStep::Prefix::First && part.isFirst);
  const std::string_view marked = words.storage.emplace_back(withBlankMarks(part.text, isPrefixed));
  for (std::size_t begin = 0; begin < marked.size();) {
    const std::size_t end = settings.cuts ? std::min(marked.find(kBlankMark, begin + 1), marked.size()) : marked.size();
    out.push_back({marked.substr(begin, end - begin), part.isFirst && begin == 0});
    begin = end;
  }
}

PreTokenizer::Words PreTokenizer::split(std::string_view text, bool isFirst) const {
  Words words;
  std::vector<Part> parts{{text, isFirst}};
  for (const Step& step : m_steps) {
    std::vector<Part> finer;
    finer.reserve(parts.size());
    const auto matcher = step.pattern ? std::make_unique<Matcher>(step.pattern->code()) : nullptr;
    for (const Part& part : parts) apply(step, part, matcher.get(), words, finer);
    parts = std::move(finer);
  }
  words.parts.reserve(parts.size());
  for (const Part& part : parts) words.parts.push_back(part.text);
  return words;
}

}  // namespace core::text
