#pragma once
#include <string>
#include <vector>

#include "app/session/open_model.h"
#include "app/session/scheme_error.h"
#include "app/session/scheme_size.h"

namespace app {

/// What one scheme or recipe does to a model.
struct ModelErrors {
  std::vector<SchemeError> matrices;  ///< empty figures where a matrix is kept
  std::vector<std::string> kept;      ///< one a matrix: empty, or why it stays as stored
  std::size_t keptTensors = 0;        ///< of the whole model, norms and biases included
  std::string note;                   ///< empty, or what else differs under another model
  SchemeSize size;                    ///< of the whole model, as the schemes panel says it
  bool usesCalibration = false;
};

/// Measures what the model's error store does not know, and lets it know. For a job.
/// @param tensors indices in the checkpoint: the rows of the result  @param what Outputs: also what the layers' outputs
/// are off, on the text that the model's calibration reads, in one pass of the model over it
/// @throws core::Error (InvalidArgument) for outputs without such a text; core::Cancelled
ModelErrors measureErrors(const OpenModel& model, const std::vector<std::size_t>& tensors,
                          const core::model::Recipe& recipe, Measure what, const core::JobContext& job);

}  // namespace app
