#pragma once
#include <span>
#include <vector>

#include "core/base/job_context.h"
#include "core/calibrate/sections.h"
#include "core/calibrate/token_windows.h"
#include "core/model/observers.h"

namespace core::calibrate {

/// Runs a model over a text section by section: all windows through the first section, then all through the next. Only
/// the residuals that enter the current section and those that leave it are kept, rows × width float32 each, and every
/// weight is read once for the whole text. On the CPU, with keys and values in FP32.
class SectionStream {
 public:
  /// Both have to outlive it.
  SectionStream(const std::vector<Section>& sections, const TokenWindows& windows)
      : m_sections(sections), m_windows(windows) {}

  /// The section whose entering residuals are there.
  std::size_t at() const { return m_at; }
  /// Runs the current section and shows the hook these values of its graph. May be repeated, also after an exception.
  /// @throws Error (OutOfMemory, NotFinite), Cancelled
  void run(std::vector<model::ValueId> values, const model::Hook& hook, const JobContext& job);
  /// Goes on to the next section, having run the current one if that has not happened. @pre there is a next one
  void advance(const JobContext& job);
  /// Back to the first section.
  void restart();

  /// To save and restore a place: what enters the current section, empty for the first.
  std::span<const float> entering() const { return m_entering; }
  /// @pre section > 0 and as many values as entering() had there
  void resumeAt(std::size_t section, std::vector<float> entering);

 private:
  const std::vector<Section>& m_sections;
  const TokenWindows& m_windows;
  std::size_t m_at = 0;
  std::vector<float> m_entering, m_leaving;  ///< [all rows, width]; the latter empty until run
};

}  // namespace core::calibrate
