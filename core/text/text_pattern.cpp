#include "core/text/text_pattern.h"

#include <algorithm>
#include <string>

#include "core/base/error.h"

namespace core::text {

namespace {

constexpr std::uint32_t kMatchLimit = 50'000'000;
constexpr std::uint32_t kHeapLimitKib = 256 * 1024;
constexpr std::size_t kJitStackBytes = 1 << 20;
constexpr std::size_t kLongestExpression = std::size_t{64} << 10;
constexpr std::chrono::seconds kLongestSearch{60};
constexpr unsigned kMatchesPerLook = 32;

}  // namespace

TextPattern::TextPattern(std::string_view expression) {
  if (expression.size() > kLongestExpression)
    throw Error(ErrorCode::Unsupported, "A tokenizer's expression has more than 65536 bytes.");
  int error = 0;
  PCRE2_SIZE offset = 0;
  constexpr std::uint32_t kOptions = PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C;
  m_code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(expression.data()), expression.size(), kOptions, &error,
                             &offset, nullptr));
  if (!m_code) {
    throw Error(ErrorCode::Unsupported, "PCRE2 does not accept a tokenizer's expression at offset " +
                                            std::to_string(offset) + ": " + pcre2::describe(error) + ".");
  }
  m_hasJit = pcre2_jit_compile(m_code.get(), PCRE2_JIT_COMPLETE) == 0;  // without JIT it is slower, nothing else
}

TextPattern::Matcher::Matcher(const TextPattern& pattern)
    : m_data(pcre2_match_data_create_from_pattern(pattern.m_code.get(), nullptr)),
      m_context(pcre2_match_context_create(nullptr)),
      m_stack(pcre2_jit_stack_create(32 * 1024, kJitStackBytes, nullptr)) {
  if (!m_data || !m_context) throw Error(ErrorCode::OutOfMemory, "There is no memory left to split a text into words.");
  pcre2_set_match_limit(m_context.get(), kMatchLimit);
  pcre2_set_heap_limit(m_context.get(), kHeapLimitKib);
  if (m_stack) pcre2_jit_stack_assign(m_context.get(), nullptr, m_stack.get());
  restart();
}

void TextPattern::Matcher::restart() {
  m_deadline = std::chrono::steady_clock::now() + kLongestSearch;
  m_untilLook = kMatchesPerLook;
}

void TextPattern::Matcher::checkTime() {
  if (--m_untilLook != 0) return;
  m_untilLook = kMatchesPerLook;
  if (std::chrono::steady_clock::now() > m_deadline)
    throw Error(ErrorCode::Unsupported, "The text cannot be split into words: the expression takes too long.");
}

std::optional<TextPattern::Range> TextPattern::find(std::string_view text, std::size_t from, Matcher& matcher) const {
  const auto subject = reinterpret_cast<PCRE2_SPTR>(text.data());
  // The interpreter works on the heap, where a text needs more than the stack of JIT.
  const auto interpret = [&] {
    return pcre2_match(m_code.get(), subject, text.size(), from, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT,
                       matcher.m_data.get(), matcher.m_context.get());
  };
  int result = PCRE2_ERROR_JIT_STACKLIMIT;
  if (m_hasJit)
    result =
        pcre2_jit_match(m_code.get(), subject, text.size(), from, 0, matcher.m_data.get(), matcher.m_context.get());
  if (result == PCRE2_ERROR_JIT_STACKLIMIT) result = interpret();
  if (result == PCRE2_ERROR_NOMATCH) return std::nullopt;
  if (result < 0)
    throw Error(ErrorCode::Unsupported, "The text cannot be split into words: " + pcre2::describe(result) + ".");
  matcher.checkTime();
  const PCRE2_SIZE* const range = pcre2_get_ovector_pointer(matcher.m_data.get());
  return Range{range[0], range[1]};
}

}  // namespace core::text
