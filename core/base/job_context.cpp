#include "core/base/job_context.h"

#include <utility>

#include "core/base/error.h"

namespace core {

namespace {
constexpr auto kReportInterval = std::chrono::milliseconds(33);
}

JobContext::JobContext(std::stop_token stop, ProgressSink sink) : m_stop(std::move(stop)), m_sink(std::move(sink)) {}

JobContext::JobContext(const JobContext& whole, double from, double to)
    : m_stop(whole.m_stop), m_whole(&whole), m_from(from), m_to(to) {}

JobContext JobContext::part(double from, double to) const { return JobContext(*this, from, to); }

void JobContext::throwIfCancelled() const {
  if (cancelled()) throw Cancelled();
}

void JobContext::progress(double fraction, std::string_view phrase) const {
  throwIfCancelled();
  if (m_whole != nullptr) return m_whole->progress(m_from + (m_to - m_from) * fraction, phrase);
  if (!m_sink) return;
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  auto last = m_lastReport.load(std::memory_order_relaxed);
  const bool due = fraction >= 1.0 || last == 0 || now - std::chrono::steady_clock::duration(last) >= kReportInterval;
  if (due && m_lastReport.compare_exchange_strong(last, now.count())) m_sink(fraction, phrase);
}

}  // namespace core
