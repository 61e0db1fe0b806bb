#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "app/session/device_limits.h"
#include "core/model/step_work.h"

namespace app {

/// A step of a decoded token, of all layers together.
struct ProfiledStep {
  core::model::StepTime time = {};
  core::model::ModelPart part = core::model::ModelPart::Other;  ///< that it belongs to
  core::model::Work work = {};
};

/// What decoding one token takes, and what of a device it uses.
struct TokenProfile {
  std::string device;
  std::uint32_t positions = 0;      ///< that stand before the token
  double seconds = 0;               ///< of the whole token, as it is decoded when nobody looks at its steps
  std::vector<ProfiledStep> steps;  ///< in the order in which each first runs; none where the device has no clock
  core::model::Work work;           ///< of the whole token
  DeviceLimits limits;

  /// Seconds of all steps, timed one by one; 0 where there are none.
  double stepSeconds() const;
  double tokensPerSecond() const { return 1 / seconds; }
  /// Of what the device's memory gives, its arithmetic gives; 0 where that is not known.
  double bandwidthShare() const;
  double arithmeticShare() const;
};

struct ProfileSettings {
  std::uint32_t positions = 128;  ///< to read before, at least 1
  core::model::KvType kv = core::model::KvType::F16;
  DeviceLimits limits = {};       ///< as measureLimits() found them
  std::uint32_t repetitions = 7;  ///< medians of them
};
/// Tokens that a context has to hold for this.
std::uint32_t contextOf(const ProfileSettings& settings);

/// Reads arbitrary but valid tokens and decodes some, with keys and values of its own: no conversation knows of it.
/// @throws core::Error as Executor::forward and Executor::createKvCache, core::Cancelled
TokenProfile profileToken(core::model::Executor& executor, const ProfileSettings& settings,
                          const core::JobContext& job = core::JobContext());

}  // namespace app
