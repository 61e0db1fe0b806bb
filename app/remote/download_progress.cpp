#include "app/remote/download_progress.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/session/device_list.h"

namespace app::remote {

double DownloadProgress::fraction() const {
  return m_total == 0 ? 1 : std::min(1.0, static_cast<double>(m_present + m_arrived) / static_cast<double>(m_total));
}

void DownloadProgress::arrived(std::uint64_t bytes) {
  m_arrived += bytes;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - m_begin).count();
  std::string phrase = fmt::format("{} of {}", bytesText(static_cast<double>(m_present + m_arrived)),
                                   bytesText(static_cast<double>(m_total)));
  if (seconds > 1) phrase += fmt::format(", {}/s", bytesText(static_cast<double>(m_arrived) / seconds));
  m_job.progress(fraction(), phrase);
}

void DownloadProgress::checking(const std::string& file) const { m_job.progress(fraction(), "checking " + file); }

}  // namespace app::remote
