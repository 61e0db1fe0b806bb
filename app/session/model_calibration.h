#pragma once
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "core/quant/calibration.h"

namespace app {

/// What is to be said about a calibration.
struct CalibrationState {
  std::string text;                                           ///< "demo text", "imatrix.gguf"
  std::size_t tokens = 0;                                     ///< read; 0: not known
  std::optional<std::chrono::system_clock::time_point> made;  ///< when the text was read; nothing: not yet
  /// The most it can answer: an importance matrix knows nothing else.
  core::quant::CalibrationNeed most = core::quant::CalibrationNeed::Hessian;
};

/// The calibration that an open model's schemes are made with: one at a time, exchanged whole. Thread-safe.
class ModelCalibration {
 public:
  using Make = std::function<core::quant::CalibrationPtr()>;

  /// What is used until something is set; made when somebody first asks it something.
  void setDefault(CalibrationState state, Make make);
  void set(CalibrationState state, core::quant::CalibrationPtr calibration);

  /// May be null. Whoever uses it holds it.
  core::quant::CalibrationPtr current() const;
  /// Nothing where current() is null.
  std::optional<CalibrationState> state() const;

 private:
  mutable std::mutex m_mutex;
  core::quant::CalibrationPtr m_current;
  CalibrationState m_state;
};

}  // namespace app
