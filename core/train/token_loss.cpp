#include "core/train/token_loss.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/base/parallel.h"

namespace core::train {

namespace {

/// p = softmax(z), in place of `out`. @return ln Σ e^z
double softmax(std::span<const float> z, float* out) {
  const float largest = *std::ranges::max_element(z);
  double sum = 0.0;
  for (std::size_t i = 0; i < z.size(); ++i) {
    out[i] = std::exp(z[i] - largest);
    sum += static_cast<double>(out[i]);
  }
  const auto inverse = static_cast<float>(1.0 / sum);
  for (std::size_t i = 0; i < z.size(); ++i) out[i] *= inverse;
  return static_cast<double>(largest) + std::log(sum);
}

}  // namespace

TokenLoss tokenLoss(std::span<const float> logits, const Minibatch& batch, double factor,
                    std::span<const float> teacher, double share, std::span<float> gradient) {
  const std::size_t rows = batch.tokens.size(), vocabulary = rows == 0 ? 0 : logits.size() / rows;
  TokenLoss result;
  for (const std::uint8_t counted : batch.isCounted) result.counted += counted;
  std::ranges::fill(gradient, 0.0F);
  if (result.counted == 0) return result;
  const auto scale = static_cast<float>(factor / static_cast<double>(result.counted));
  std::vector<double> losses(rows, 0.0);  // of every row, so that the order of the sum is always the same
  parallelFor(rows, 16, [&](std::size_t first, std::size_t last) {
    std::vector<float> taught(teacher.empty() ? 0 : vocabulary);
    for (std::size_t row = first; row < last; ++row) {
      if (batch.isCounted[row] == 0) continue;
      const std::span<const float> z = logits.subspan(row * vocabulary, vocabulary);
      float* const p = gradient.data() + row * vocabulary;
      const auto target = static_cast<std::size_t>(batch.targets[row]);
      const double logSum = softmax(z, p);
      losses[row] = (1.0 - share) * (logSum - static_cast<double>(z[target]));
      p[target] -= static_cast<float>(1.0 - share);
      if (!taught.empty()) {
        const std::span<const float> t = teacher.subspan(row * vocabulary, vocabulary);
        const double taughtLogSum = softmax(t, taught.data());
        double divergence = logSum - taughtLogSum;  // Σ q (ln q − ln p)
        for (std::size_t i = 0; i < vocabulary; ++i) {
          divergence += static_cast<double>(taught[i]) * static_cast<double>(t[i] - z[i]);
          p[i] -= static_cast<float>(share) * taught[i];
        }
        losses[row] += share * divergence;
      }
      for (std::size_t i = 0; i < vocabulary; ++i) p[i] *= scale;
    }
  });
  for (const double loss : losses) result.mean += loss;
  result.mean /= static_cast<double>(result.counted);
  return result;
}

}  // namespace core::train
