#include "core/evaluate/answer_pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/format.h>
#include <pcre2.h>

#include <array>
#include <cstdint>

#include "core/base/error.h"
#include "core/io/text_checks.h"

namespace core::evaluate {

namespace {

// An answer is a few thousand bytes long at most: what needs more than this is a trap, not a test.
constexpr std::uint32_t kMatchLimit = 1'000'000;
constexpr std::uint32_t kHeapLimitKib = 8 * 1024;
constexpr std::uint32_t kDeepestNesting = 32;

template <auto free>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    free(object);
  }
};
using CompileContext = std::unique_ptr<pcre2_compile_context, Freer<pcre2_compile_context_free>>;
using MatchContext = std::unique_ptr<pcre2_match_context, Freer<pcre2_match_context_free>>;
using MatchData = std::unique_ptr<pcre2_match_data, Freer<pcre2_match_data_free>>;

std::string describe(int code) {
  std::array<PCRE2_UCHAR, 256> buffer{};
  pcre2_get_error_message(code, buffer.data(), buffer.size());
  return reinterpret_cast<const char*>(buffer.data());
}

[[noreturn]] void throwNoMemory() {
  throw Error(ErrorCode::OutOfMemory, "There is no memory left for a regular expression.");
}

}  // namespace

AnswerPattern::AnswerPattern(std::string_view text) : m_text(text) {
  if (text.empty() || text.size() > kLongest)
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("A regular expression for answers has 1 to {} bytes; found {}.", kLongest, text.size()));
  const CompileContext context(pcre2_compile_context_create(nullptr));
  if (!context) throwNoMemory();
  pcre2_set_parens_nest_limit(context.get(), kDeepestNesting);
  int error = 0;
  PCRE2_SIZE offset = 0;
  pcre2_code* const code =
      pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                    PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C, &error, &offset, context.get());
  if (code == nullptr)
    throw Error(ErrorCode::InvalidArgument, fmt::format("{} is no regular expression: {} at byte {}.",
                                                        io::inQuotes(text), describe(error), offset));
  m_code = std::shared_ptr<const void>(code, [code](const void*) { pcre2_code_free(code); });
}

bool AnswerPattern::matches(std::string_view answer) const {
  const auto* const code = static_cast<const pcre2_code*>(m_code.get());
  const MatchData data(pcre2_match_data_create(1, nullptr));
  const MatchContext context(pcre2_match_context_create(nullptr));
  if (!data || !context) throwNoMemory();
  pcre2_set_match_limit(context.get(), kMatchLimit);
  pcre2_set_heap_limit(context.get(), kHeapLimitKib);
  const int result =
      pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(answer.data()), answer.size(), 0, 0, data.get(), context.get());
  if (result == PCRE2_ERROR_NOMATCH) return false;
  if (result >= 0) return true;
  throw Error(ErrorCode::InvalidArgument, fmt::format("The regular expression {} takes too long on the answer {}: {}.",
                                                      io::inQuotes(m_text), io::inQuotes(answer), describe(result)));
}

}  // namespace core::evaluate
