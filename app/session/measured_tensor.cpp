#include "app/session/measured_tensor.h"

#include <string>

#include "core/quant/registry.h"

namespace app {

MeasuredTensors measureOutputs(const OpenModel& model, const std::vector<Treatment>& treatments,
                               const std::vector<std::size_t>& tensors, const core::calibrate::TokenWindows& windows,
                               const core::JobContext& job) {
  const auto& checkpoint = model.checkpoint();
  const auto calibration = model.calibration().current();
  const core::model::Graph graph =
      core::model::buildGraph(model.config(), model.weights().load(model.config(), {}, job.part(0.0, 0.05)));
  std::vector<std::string> names;
  for (const std::size_t tensor : tensors) names.push_back(checkpoint.tensors()[tensor].name);

  MeasuredTensors measured;
  std::size_t current = 0;
  core::evaluate::measureOutputErrors(
      graph, windows, names,
      [&](const std::string& name) {
        current = *checkpoint.find(name);
        const auto original = core::quant::loadTensor(checkpoint, current);
        std::vector<core::quant::QuantizedTensorPtr> made;
        for (std::size_t i = 0; i < treatments.size(); ++i) {
          const auto decision = treatments[i].decisionOf(current);
          const bool isPossible =
              decision && (decision->other || core::quant::accepts(*decision->scheme, original->shape, nullptr));
          made.push_back(isPossible
                             ? core::model::makeTensor(*decision, original, job.part(0.0, 0.0), calibration.get())
                             : nullptr);
          if (made.back())
            measured[{current, i}] = compareMade(current, *decision, *original, *made.back(), job.part(0.0, 0.0));
        }
        return made;
      },
      [&](const std::string&, std::size_t treatment, const core::evaluate::OutputError& error) {
        measured.at({current, treatment}).output = error;
      },
      job.part(0.05, 1.0));
  return measured;
}

}  // namespace app
