#include "app/workspaces/chat/token_feed.h"

#include <utility>

namespace app {

void TokenFeed::push(StreamedToken token) {
  const std::lock_guard lock(m_mutex);
  m_tokens.push_back(std::move(token));
}

std::vector<StreamedToken> TokenFeed::take() {
  const std::lock_guard lock(m_mutex);
  return std::exchange(m_tokens, {});
}

void TokenFeed::end(std::vector<PaneAnswer> answers) {
  const std::lock_guard lock(m_mutex);
  m_end = std::move(answers);
}

std::optional<std::vector<PaneAnswer>> TokenFeed::takeEnd() {
  const std::lock_guard lock(m_mutex);
  return std::exchange(m_end, std::nullopt);
}

}  // namespace app
