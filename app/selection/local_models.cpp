#include "app/selection/local_models.h"

#include <algorithm>
#include <utility>

#include "app/jobs/job_runner.h"
#include "core/model/available_memory.h"

namespace app {

namespace {
constexpr std::size_t kAtATime = 40;  // as many as the start page shows
}

void LocalModels::scan() {
  m_jobs.cancelTag(QStringLiteral("models/judge"));
  m_jobs.run(
      this, {QStringLiteral("models/find"), {}, Lane::Pool},
      [](const core::JobContext& job) { return findModels(ModelPlaces::ofThisUser(), job); },
      [this](std::vector<FoundModel> found) { arrived(std::move(found)); });
}

void LocalModels::arrived(std::vector<FoundModel> found) {
  m_isScanned = true;
  m_entries.clear();
  const std::uint64_t freeMemory = core::model::availableMemory();
  for (FoundModel& model : found) {
    Entry entry{std::move(model), {}};
    if (const auto known = m_known.find(keyOf(entry.model)); known != m_known.end()) {
      weigh(known->second, entry.model, freeMemory);
      entry.verdict = known->second;
    }
    m_entries.push_back(std::move(entry));
  }
  Q_EMIT changed();
  judgeNext();
}

/// The newest that nothing is known of; the rest when these are told.
void LocalModels::judgeNext() {
  std::vector<FoundModel> open;
  for (const Entry& entry : m_entries)
    if (!entry.verdict && open.size() < kAtATime) open.push_back(entry.model);
  if (open.empty()) return;
  m_jobs.run(
      this, {QStringLiteral("models/judge"), {}, Lane::Pool, Priority::Sweep},
      [open](const core::JobContext& job) {
        std::vector<std::pair<Key, ModelVerdict>> told;
        for (const FoundModel& model : open) {
          job.throwIfCancelled();
          told.emplace_back(keyOf(model), judgeModel(model, core::model::availableMemory(), job));
        }
        return told;
      },
      [this](const std::vector<std::pair<Key, ModelVerdict>>& told) {
        for (const auto& [key, verdict] : told) m_known.insert_or_assign(key, verdict);
        for (Entry& entry : m_entries)
          if (const auto known = m_known.find(keyOf(entry.model)); !entry.verdict && known != m_known.end())
            entry.verdict = known->second;
        Q_EMIT changed();
        judgeNext();
      });
}

}  // namespace app
