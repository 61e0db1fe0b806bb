#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "app/session/divergence_file.h"
#include "app/session/engine.h"
#include "app/session/open_model.h"
#include "core/calibrate/calibration_text.h"
#include "core/evaluate/exchange.h"
#include "core/evaluate/reading.h"
#include "core/evaluate/sensitivity.h"

namespace app {

/// Which predictions of conversations count: the answers', or every one. A few words decide the former; over all
/// positions the same difference is seen with a smaller error.
enum class StudyPositions : std::uint8_t { Answers, All };

/// On what a model's tensors are measured.
struct StudyRequest {
  core::calibrate::CalibrationText text;
  core::evaluate::ReadingSettings reading;
  DeviceChoice device;
  core::model::KvType kv = core::model::KvType::F16;
  StudyPositions positions = StudyPositions::Answers;
  std::filesystem::path cacheFolder;  ///< where measurements are kept; empty: nowhere
};

/// The text as the study would read it, without computing anything: what can be said of it before long work.
/// @throws core::Error (Unsupported) why the model cannot read a text, (InvalidArgument) as readText; core::Cancelled
core::evaluate::Reading readingOf(const OpenModel& model, const StudyRequest& request, const core::JobContext& job);

/// A model as it is stored and a text: measures what exchanging its tensors does to its predictions.
class DivergenceStudy {
 public:
  /// Reads the text with the model. For the inference thread; model and engine outlive this.
  /// @throws core::Error as readingOf, as Engine::createExecutor, (NotFinite) where the model itself computes no
  ///         numbers; core::Cancelled
  DivergenceStudy(OpenModel& model, Engine& engine, StudyRequest request, const core::JobContext& job);

  core::evaluate::ExchangeMeter& meter() { return *m_exchange; }
  const core::evaluate::Reading& reading() const { return m_reading; }
  const StudyRequest& request() const { return m_request; }
  OpenModel& model() const { return m_model; }
  const core::model::Graph& reference() const { return m_meter->reference(); }
  const std::string& deviceName() const { return m_deviceName; }

  /// The tensors that a recipe makes otherwise than they are stored. @throws core::Error, core::Cancelled
  core::evaluate::Exchanged tensorsOf(const core::model::Recipe& recipe, const core::JobContext& job) const;
  /// KL of a recipe as a whole, by block.
  core::evaluate::BlockRatio measure(const core::model::Recipe& recipe, const core::JobContext& job);
  /// The model with these tensors in place of its own.
  core::model::Graph graphOf(const core::evaluate::Exchanged& tensors) const;
  /// Where these tensors stand, in the order of their first use.
  std::vector<core::evaluate::PlacedTensor> placesOf(const core::evaluate::Exchanged& tensors) const;

 private:
  core::model::Graph graphOf(const core::model::Recipe& recipe, const core::JobContext& job) const;

  OpenModel& m_model;
  StudyRequest m_request;
  core::evaluate::Reading m_reading;
  std::string m_deviceName;
  std::unique_ptr<core::evaluate::DivergenceMeter> m_meter;  ///< holds the stored tensors, so that graphs share them
  std::unique_ptr<DivergenceFile> m_file;
  std::unique_ptr<core::evaluate::ExchangeMeter> m_exchange;
};

/// A rule for the tensor of this name and no other.
core::model::RecipeRule ruleFor(const std::string& tensor, const std::optional<core::quant::Scheme>& scheme);

}  // namespace app
