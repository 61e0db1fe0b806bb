#include "gpu/recordings.h"

#include <algorithm>
#include <atomic>

namespace gpu {

namespace {

constexpr std::ptrdiff_t kMostOfPrompts = 12, kMostOfTokens = 48;

std::atomic<std::uint64_t> lastNumber = 0;

}  // namespace

Recorded::Recorded() : m_number(++lastNumber) {}

Recorded::~Recorded() {
  settle();
  for (const auto& weak : m_recordings)
    if (const auto recording = weak.lock()) recording->pieces.clear();
}

void Recorded::isNamedBy(const std::shared_ptr<Recording>& recording) {
  std::erase_if(m_recordings, [](const auto& weak) { return weak.expired(); });
  m_recordings.push_back(recording);
}

void Recorded::settle() const noexcept {
  for (const auto& weak : m_recordings)
    if (const auto recording = weak.lock()) recording->settle();
}

std::shared_ptr<Recording> Recordings::find(const Key& key) const {
  const auto found = m_kept.find(key);
  return found == m_kept.end() || found->second.recording->isDropped() ? nullptr : found->second.recording;
}

std::shared_ptr<Recording> Recordings::keep(const Key& key, Recording recording, bool isOfTokens,
                                            const std::vector<Recorded*>& named) {
  makeRoom(isOfTokens);
  ++m_made;
  auto kept = std::make_shared<Recording>(std::move(recording));
  for (Recorded* const one : named) one->isNamedBy(kept);
  m_kept[key] = {kept, isOfTokens};
  return kept;
}

std::size_t Recordings::kept() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(m_kept, [](const auto& entry) { return !entry.second.recording->isDropped(); }));
}

void Recordings::makeRoom(bool isOfTokens) {
  std::erase_if(m_kept, [](const auto& entry) { return entry.second.recording->isDropped(); });
  const auto isAlike = [&](const auto& entry) { return entry.second.isOfTokens == isOfTokens; };
  if (std::ranges::count_if(m_kept, isAlike) >= (isOfTokens ? kMostOfTokens : kMostOfPrompts))
    std::erase_if(m_kept, isAlike);
}

}  // namespace gpu
