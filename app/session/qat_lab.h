#pragma once
#include <map>
#include <string>

#include "app/session/open_model.h"
#include "app/session/train_settings.h"
#include "core/model/graph.h"
#include "core/train/qat/qat_model.h"

namespace app {

/// An open model made ready for quantization-aware training.
class QatLab {
 public:
  /// @param model outlives this @throws core::Error as openRecipe, planRecipe, core::train::QatModel; (Unsupported) for
  ///        a recipe of another model's weights or one that quantizes nothing; core::Cancelled
  QatLab(OpenModel& model, const QatLabSettings& settings, const core::JobContext& job);

  core::train::QatModel& model() { return *m_qat; }
  const core::model::Recipe& untrained() const { return m_untrained; }  ///< quantized after training
  /// What is computed with now. @pre prepared
  core::model::Recipe now() const;
  core::model::Graph graphOf(const core::model::Recipe& recipe, const core::JobContext& job) const;
  /// Of the tensor that the settings name, or the first matrix. @pre prepared @throws core::Error (NotFound)
  const std::string& watched() const { return m_watched; }
  double bitsPerWeight() const;  ///< of the quantized matrices @pre prepared

 private:
  OpenModel& m_model;
  core::model::Recipe m_untrained;
  std::map<std::string, core::quant::Scheme> m_schemes;
  std::string m_watched;
  std::unique_ptr<core::train::QatModel> m_qat;
};

}  // namespace app
