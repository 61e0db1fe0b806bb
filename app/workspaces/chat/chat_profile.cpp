// What a decoded token takes in the panes: the part of ChatEngine that measures.
#include <algorithm>

#include "app/workspaces/chat/chat_engine.h"
#include "core/base/error.h"

namespace app {

std::vector<PaneProfile> ChatEngine::profile(const ChatSetup& setup, std::uint32_t positions,
                                             const core::JobContext& job) {
  std::vector<PaneProfile> profiles;
  for (std::size_t i = 0; i < setup.panes.size(); ++i)
    if (!setup.servers[i]) profiles.push_back({.pane = i, .profile = {}, .failure = {}});
  const auto count = static_cast<double>(profiles.size());
  std::map<std::string, DeviceLimits> limits;
  try {
    prepare(setup, job.part(0.0, 0.1));
  } catch (const core::Cancelled&) {
    throw;
  } catch (const std::exception&) {
    for (PaneProfile& profile : profiles) profile.failure = currentFailure();
    forgetLost(*profiles.front().failure);
    return profiles;
  }
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    PaneProfile& profile = profiles[i];
    const auto part =
        job.part(0.1 + 0.9 * static_cast<double>(i) / count, 0.1 + 0.9 * static_cast<double>(i + 1) / count);
    try {
      // A device that was lost in the pane before has taken the others along.
      if (profile.pane >= m_panes.size()) throw core::Error(core::ErrorCode::DeviceLost, "The device was lost.");
      profile.profile = profileOf(m_panes[profile.pane], positions, limits, part);
    } catch (const core::Cancelled&) {
      throw;
    } catch (const std::exception&) {
      profile.failure = currentFailure();
      forgetLost(*profile.failure);
    }
  }
  return profiles;
}

// What a device gives is measured once for all panes on it.
TokenProfile ChatEngine::profileOf(Pane& pane, std::uint32_t positions, std::map<std::string, DeviceLimits>& limits,
                                   const core::JobContext& job) {
  core::model::Executor& executor = pane.session->executor();
  const auto known = limits.find(executor.deviceName());
  ProfileSettings settings{.positions = positions, .kv = pane.variant.kv};
  settings.limits = known != limits.end() ? known->second : measureLimits(executor);
  limits[executor.deviceName()] = settings.limits;
  settings.positions = 0;
  const std::uint32_t beside = contextOf(settings);
  const std::uint32_t room = pane.facts.contextLength > beside ? pane.facts.contextLength - beside : 0;
  settings.positions = std::clamp(positions, 1U, std::max(1U, room));
  return profileToken(executor, settings, job);
}

}  // namespace app
