#pragma once
#include <atomic>
#include <chrono>
#include <functional>
#include <stop_token>
#include <string_view>

namespace core {

/// What a long computation needs of the world that started it: a way to be stopped, and a way to say how far it is.
/// Default-constructed it never stops and reports nowhere. Safe to use from several threads of one job.
class JobContext {
 public:
  /// @param sink called with a fraction 0…1 and a short phrase, at most about 30 times a second; from any thread
  using ProgressSink = std::function<void(double fraction, std::string_view phrase)>;

  JobContext() = default;
  explicit JobContext(std::stop_token stop, ProgressSink sink = {});
  JobContext(const JobContext&) = delete;
  JobContext& operator=(const JobContext&) = delete;

  /// The same job for one part of its work: what the part reports as 0…1 is from…to of the whole, and it is stopped
  /// with the whole, which must outlive it.
  JobContext part(double from, double to) const;

  bool cancelled() const noexcept { return m_stop.stop_requested(); }
  /// @throws Cancelled when the job was asked to stop. Call it between blocks of work.
  void throwIfCancelled() const;
  /// Reports progress (throttled) and throws Cancelled as throwIfCancelled does.
  void progress(double fraction, std::string_view phrase) const;

 private:
  JobContext(const JobContext& whole, double from, double to);

  std::stop_token m_stop;
  ProgressSink m_sink;
  const JobContext* m_whole = nullptr;  ///< of a part: who reports
  double m_from = 0.0, m_to = 1.0;      ///< of the whole's progress
  mutable std::atomic<std::chrono::steady_clock::rep> m_lastReport{0};
};

}  // namespace core
