#pragma once
#include "app/report/report_data.h"
#include "core/evaluate/passage.h"

namespace app::report {

/// Mean KL per token of the reference's answer, both models reading the same context.
class ForcedComparison {
 public:
  /// @param model, reference outlive this  @throws core::Error as rendering
  ForcedComparison(const OpenModel& model, core::model::Session& reference, const QString& prompt,
                   const Answer& answer);
  /// KL(reference ‖ other) in nats per token, the one that ends the answer included.
  /// @throws core::Error, as core::evaluate::StepScorer
  double meanKl(core::model::Session& other) const;

 private:
  const OpenModel& m_model;
  core::model::Session& m_reference;
  core::evaluate::Passage m_passage;
};

}  // namespace app::report
