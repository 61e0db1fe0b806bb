#include "app/workspaces/chat/server_distance.h"

#include <algorithm>
#include <vector>

#include "app/workspaces/chat/token_names.h"

namespace app {

namespace {
constexpr std::size_t kScoredTokens = 64;  ///< at a time: bounds the memory of their logits
}  // namespace

std::optional<ServerComparison> compareWithServer(core::model::Session& reference,
                                                  std::span<const core::text::TokenId> prompt,
                                                  std::span<const core::text::TokenId> answer,
                                                  std::span<const ServerWriter::Known> known,
                                                  const core::JobContext& job) {
  std::size_t count = 0;  // that can be compared
  while (count < std::min(answer.size(), known.size()) && known[count].ranked > 0 &&
         (count == 0 || answer[count - 1] != TokenNames::kNone))
    ++count;
  if (count == 0 || prompt.empty()) return std::nullopt;
  std::vector<core::text::TokenId> text(prompt.begin(), prompt.end());
  text.insert(text.end(), answer.begin(), answer.begin() + static_cast<std::ptrdiff_t>(count - 1));
  const std::size_t vocabulary = reference.executor().graph().vocabulary();
  ServerComparison comparison;
  comparison.known = known[0].ranked;
  for (std::size_t first = 0; first < count; first += kScoredTokens) {
    const std::size_t end = std::min(first + kScoredTokens, count);
    // The row behind the prompt's last token is what the model expects of the answer's first.
    const auto logits = reference.score(std::span(text).first(prompt.size() - 1 + end), prompt.size() - 1 + first, job);
    for (std::size_t i = first; i < end; ++i) {
      const auto row = std::span(logits).subspan((i - first) * vocabulary, vocabulary);
      const core::model::KlBounds bounds = core::model::klBounds(known[i].tokens, known[i].ranked, row);
      comparison.low += bounds.low;
      comparison.high += bounds.high;
      comparison.missing += bounds.missing;
      comparison.known = std::min(comparison.known, known[i].ranked);
    }
  }
  comparison.tokens = count;
  for (double* sum : {&comparison.low, &comparison.high, &comparison.missing}) *sum /= static_cast<double>(count);
  return comparison;
}

}  // namespace app
