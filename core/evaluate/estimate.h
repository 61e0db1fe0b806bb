#pragma once
#include <cstddef>
#include <limits>
#include <vector>

namespace core::evaluate {

/// A measured figure and its standard error; both NaN where there was nothing to measure, the error NaN where a single
/// block of text says nothing about another one.
struct Estimate {
  double value = std::numeric_limits<double>::quiet_NaN();
  double error = std::numeric_limits<double>::quiet_NaN();
};

/// The half width of a 95 % confidence interval in standard errors, of the normal distribution.
inline constexpr double kConfidence95 = 1.959963984540054;

/// Σ a / Σ b over a text in blocks. Blocks are the samples: tokens of one text depend on each other. The standard error
/// is that of a ratio estimator (Cochran, Sampling Techniques, 1977, 6.4): with r = Σ a / Σ b over n blocks,
/// n / (n − 1) · Σ (a − r b)² / (Σ b)² is its variance.
class BlockRatio {
 public:
  /// Another block. @param b > 0
  void add(double a, double b) { m_a.push_back(a), m_b.push_back(b); }
  std::size_t blocks() const { return m_a.size(); }
  const std::vector<double>& numerators() const { return m_a; }
  const std::vector<double>& denominators() const { return m_b; }

  Estimate ratio() const;
  /// √(Σ a / Σ b), with the error of first order.
  Estimate root() const;

 private:
  std::vector<double> m_a, m_b;
};

/// a's ratio less b's, over the same blocks: what the blocks have in common cancels. @pre the same denominators
Estimate pairedDifference(const BlockRatio& a, const BlockRatio& b);

}  // namespace core::evaluate
