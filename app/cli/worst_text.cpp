#include "app/cli/worst_text.h"

#include <fmt/core.h>

#include <algorithm>

#include "app/session/worst_words.h"
#include "core/base/utf8.h"
#include "core/io/text_checks.h"

namespace app::cli {

namespace {

constexpr std::size_t kMostCharacters = 84;  // of a context, so that its line fits 100 columns

/// The end of a text on one line.
std::string endOf(const WorstWord& word) {
  const std::string text = core::io::printable(word.before);
  std::size_t characters = 0;
  for (std::string_view rest = text; !rest.empty(); ++characters) rest.remove_prefix(core::firstCharacter(rest).length);
  std::string_view end = text;
  for (std::size_t gone = kMostCharacters; gone < characters; ++gone)
    end.remove_prefix(core::firstCharacter(end).length);
  return (word.isCut || end.size() < text.size() ? "…" : "") + std::string(end);
}

void printPosition(const EvaluationRow& row, const Evaluation& evaluation, const core::evaluate::WorstPosition& at,
                   const core::text::Tokenizer& tokenizer) {
  const WorstWord word = worstWord(evaluation, at, tokenizer);
  const char* const turned = at.turnsWrong() ? ", turned wrong" : at.turnsRight() ? ", turned right" : "";
  fmt::print("  KL {:<8.3g} {}\n", at.kl, endOf(word));
  fmt::print("      \"{}\": {} \"{}\" {:.1f} %, {} \"{}\" {:.1f} %{}\n", word.token,
             core::io::printable(evaluation.referenceName), word.reference, 100 * at.referenceTop.inReference,
             core::io::printable(row.name), word.compared, 100 * at.comparedTop.inCompared, turned);
}

}  // namespace

void printWorst(const Evaluation& evaluation, const core::text::Tokenizer& tokenizer, std::size_t most) {
  for (const EvaluationRow& row : evaluation.rows) {
    if (row.worst.empty()) continue;
    fmt::print("\nWhere {} is furthest from {} (the text's word, what either would say):\n",
               core::io::printable(row.name), core::io::printable(evaluation.referenceName));
    for (std::size_t i = 0; i < std::min(most, row.worst.size()); ++i)
      printPosition(row, evaluation, row.worst[i], tokenizer);
  }
}

}  // namespace app::cli
