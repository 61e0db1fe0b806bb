#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace core::text {

/// How a template writes what a model thinks before it answers.
struct ReasoningMarks {
  std::string begin;  ///< "<think>", "<|channel|>analysis<|message|>": comes first, in the prompt or the answer
  std::string end;    ///< "</think>": the answer follows it

  /// Whether a text ends inside of a block: a prompt that begins one already, or an answer cut off.
  bool isOpenIn(std::string_view text) const;
};

/// The marks that a template's source looks for in an answer, to drop its thoughts.
std::optional<ReasoningMarks> marksNamedIn(std::string_view source);
/// The marks around a thought that a template wrote before an answer.
/// @param text with the thought and, after it, the answer; other texts have no marks
/// @param prompt what the same template writes to ask for that answer
std::optional<ReasoningMarks> marksAround(std::string_view text, std::string_view thought, std::string_view answer,
                                          std::string_view prompt);

}  // namespace core::text
