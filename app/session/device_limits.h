#pragma once
#include <functional>
#include <optional>

#include "core/model/executor.h"

namespace app {

/// What a model cannot be faster than on a device. 0: not known.
struct DeviceLimits {
  double bytesPerSecond = 0;       ///< that it reads from its memory
  double operationsPerSecond = 0;  ///< on float32 numbers, a multiply-add being two
  bool hasMatrixUnits = false;     ///< products of many tokens have units of their own, whose rate is not known
};

/// Of the device that an executor runs on, measured now; takes up to a second.
/// @throws core::Error (Device, DeviceLost)
DeviceLimits measureLimits(core::model::Executor& executor);

/// Joules since the last call; nothing once they cannot be read.
using JoulesMeter = std::function<std::optional<double>()>;
/// Of the card that an executor runs on, by NVML; empty where it is none or does not tell.
JoulesMeter openCardMeter(const core::model::Executor& executor);

}  // namespace app
