#pragma once
#include <span>
#include <vector>

#include "app/report/report_data.h"

namespace app::report {

/// Mean KL per token of the reference's answer, both models reading the same context.
class ForcedComparison {
 public:
  /// @throws core::Error, as Session::score
  ForcedComparison(const OpenModel& model, core::model::Session& reference, const QString& prompt,
                   const Answer& answer);
  /// KL(reference ‖ other) in nats per token. @throws core::Error, as Session::score
  double meanKl(core::model::Session& other) const;

 private:
  std::span<const float> row(const std::vector<float>& logits, std::size_t index) const;

  std::size_t m_vocabulary, m_first = 0;
  std::vector<core::text::TokenId> m_tokens;
  std::vector<float> m_reference;
};

}  // namespace app::report
