#include "app/workspaces/chat/forced_token.h"

namespace app {

ForcedToken forcedToken(std::span<const float> reference, std::span<const float> compared, core::text::TokenId token) {
  constexpr std::size_t kTopTokens = 5;
  const double surprise =
      core::model::logSumExp(compared) - static_cast<double>(compared[static_cast<std::size_t>(token)]);
  return {core::model::klDivergence(reference, compared), surprise, core::model::entropy(compared),
          core::model::topProbabilities(compared, kTopTokens)};
}

}  // namespace app
