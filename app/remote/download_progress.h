#pragma once
#include <chrono>
#include <cstdint>
#include <string>

#include "core/base/job_context.h"

namespace app::remote {

/// Says how far a download of several files is: bytes that arrived, of how many, how fast.
class DownloadProgress {
 public:
  /// @param present bytes that were here already
  DownloadProgress(std::uint64_t total, std::uint64_t present, const core::JobContext& job)
      : m_job(job), m_total(total), m_present(present) {}

  /// @throws core::Cancelled
  void arrived(std::uint64_t bytes);
  void checking(const std::string& file) const;
  std::uint64_t arrivedBytes() const { return m_arrived; }

 private:
  double fraction() const;

  const core::JobContext& m_job;
  std::uint64_t m_total, m_present, m_arrived = 0;
  std::chrono::steady_clock::time_point m_begin = std::chrono::steady_clock::now();
};

}  // namespace app::remote
