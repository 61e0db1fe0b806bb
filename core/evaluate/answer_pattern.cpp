#include "core/evaluate/answer_pattern.h"

namespace core::evaluate {

// An answer is a few thousand bytes long at most: what needs more than this is a trap, not a test.
AnswerPattern::AnswerPattern(std::string_view text)
    : m_pattern(text, {.kind = "answer pattern",
                       .subject = "answer",
                       .characters = text::PatternUse::Characters::Unicode,
                       .longest = kLongest,
                       .matchLimit = 1'000'000,
                       .heapLimitKib = 8 * 1024}) {}

}  // namespace core::evaluate
