#include "core/text/guarded_pattern.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/text/pcre2_objects.h"

namespace core::text {

namespace {

constexpr std::uint32_t kDeepestNesting = 32;

[[noreturn]] void throwNoMemory(const PatternUse& use) {
  throw Error(ErrorCode::OutOfMemory, fmt::format("There is no memory left for the {}.", use.kind));
}

std::uint32_t optionsFor(const PatternUse& use) {
  const bool isUnicode = use.characters == PatternUse::Characters::Unicode;
  return PCRE2_NEVER_BACKSLASH_C | (isUnicode ? PCRE2_UTF | PCRE2_UCP : PCRE2_NEVER_UTF | PCRE2_NEVER_UCP);
}

}  // namespace

GuardedPattern::GuardedPattern(std::string_view text, const PatternUse& use) : m_text(text), m_use(use) {
  if (text.empty()) throw Error(ErrorCode::InvalidArgument, fmt::format("The {} must not be empty.", use.kind));
  if (text.size() > use.longest)
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("The {} has at most {} bytes; found {}.", use.kind, use.longest, text.size()));
  const pcre2::CompileContext context(pcre2_compile_context_create(nullptr));
  if (!context) throwNoMemory(use);
  pcre2_set_parens_nest_limit(context.get(), kDeepestNesting);
  int error = 0;
  PCRE2_SIZE offset = 0;
  pcre2_code* const code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), optionsFor(use),
                                         &error, &offset, context.get());
  if (code == nullptr)
    throw Error(ErrorCode::InvalidArgument, fmt::format("The {} {} is no regular expression: {} at byte {}.", use.kind,
                                                        io::inQuotes(text), pcre2::describe(error), offset));
  m_code = std::shared_ptr<const void>(code, [code](const void*) { pcre2_code_free(code); });
}

bool GuardedPattern::matches(std::string_view subject) const {
  const auto* const code = static_cast<const pcre2_code*>(m_code.get());
  const pcre2::MatchData data(pcre2_match_data_create(1, nullptr));
  const pcre2::MatchContext context(pcre2_match_context_create(nullptr));
  if (!data || !context) throwNoMemory(m_use);
  pcre2_set_match_limit(context.get(), m_use.matchLimit);
  pcre2_set_heap_limit(context.get(), m_use.heapLimitKib);
  const int result =
      pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(subject.data()), subject.size(), 0, 0, data.get(), context.get());
  if (result == PCRE2_ERROR_NOMATCH) return false;
  if (result >= 0) return true;
  throw Error(ErrorCode::InvalidArgument,
              fmt::format("The {} {} takes too long on the {} {}: {}.", m_use.kind, io::inQuotes(m_text), m_use.subject,
                          io::inQuotes(subject), pcre2::describe(result)));
}

}  // namespace core::text
