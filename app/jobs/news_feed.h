#pragma once
#include <mutex>
#include <optional>
#include <utility>

namespace app {

/// Carries what is known so far from the inference thread to the window: the newest, once. Thread-safe.
template <class News>
class NewsFeed {
 public:
  void put(const News& news) {
    const std::lock_guard lock(m_mutex);
    m_news = news;
  }
  std::optional<News> take() {
    const std::lock_guard lock(m_mutex);
    return std::exchange(m_news, std::nullopt);
  }

 private:
  std::mutex m_mutex;
  std::optional<News> m_news;
};

}  // namespace app
