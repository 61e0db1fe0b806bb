#pragma once
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "app/session/made_tensors.h"
#include "app/session/shared_factors.h"
#include "app/session/writing_plan.h"

namespace app {

/// Makes the weights of a new model, one at a time, in the order of the plan.
class WeightMaker {
 public:
  using Append = std::function<void(std::span<const std::byte>)>;

  /// @param rows what is found about values that are no numbers is noted there
  WeightMaker(const core::io::Checkpoint& source, const WritingPlan& plan, std::vector<QuantizedFileRow>& rows,
              const TensorMaking& making);

  /// Makes every weight and hands out all bytes of each of its tensors.
  void makeAll(const Append& append, const core::JobContext& job);
  /// The model is complete: what was kept for another try goes.
  void forget() noexcept { m_tensors.forget(); }
  /// Groups whose zero-point is 0 under GPTQ's first version (gptqPieces).
  std::uint64_t wrappedZeros() const { return m_wrappedZeros; }
  /// Matrices whose inputs the source quantizes and the new model does not.
  std::uint64_t inputsLeftAsTheyAre() const { return m_inputsLeft; }
  /// Matrices of experts that the calibration text sent no token through (core/quant/calibrated_quantizer.h).
  std::uint64_t unseenExperts() const { return m_unseenExperts; }

 private:
  void make(const NewWeight& weight, const Append& append, const core::JobContext& job, const core::JobContext& done);
  /// @param sources that it is made of, or of a stack one of them
  void make(const NewWeight& weight, std::span<const std::size_t> sources, const Append& append,
            const core::JobContext& job, const core::JobContext& done);
  core::quant::QuantizedTensorPtr quantized(const NewWeight& weight, std::size_t index,
                                            const core::quant::QuantizedTensorPtr& stored, const core::JobContext& job);
  core::quant::QuantizedTensorPtr storedOf(std::size_t index, const core::JobContext& job);
  core::quant::QuantizedTensorPtr arranged(const NewWeight& weight,
                                           std::span<const core::quant::QuantizedTensorPtr> sources) const;
  core::quant::QuantizedTensorPtr inNewFormat(const NewWeight& weight, core::io::FileFormat from,
                                              const core::quant::QuantizedTensorPtr& tensor) const;
  void note(const NewWeight& weight, QuantizedFileRow& row, const core::quant::QuantizedTensor& before,
            const core::quant::QuantizedTensor* made, const core::JobContext& job);

  const core::io::Checkpoint& m_source;
  const WritingPlan& m_plan;
  std::vector<QuantizedFileRow>& m_rows;
  MadeTensors m_tensors;
  core::quant::Calibration* m_calibration;
  std::optional<SharedFactors> m_factors;  ///< where columns' factors are folded
  std::uint64_t m_wrappedZeros = 0, m_inputsLeft = 0, m_unseenExperts = 0;
};

}  // namespace app
