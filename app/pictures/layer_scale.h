#pragma once
#include <QColor>
#include <QString>
#include <vector>

#include "core/metrics/error_stats.h"

namespace app {

/// What the colours of the layer maps mean.
enum class LayerShading : std::uint8_t {
  PerScheme,   ///< from the scheme's smallest error to its largest: which layers it is hard on
  FromMedian,  ///< how far from the scheme's median, one scale for all: by how much
  Shared       ///< one scale for all schemes: which scheme is better
};

/// Errors as places on a colour scale. All metrics are seen as logarithms of an error, so that twice the error is the
/// same step everywhere.
class LayerScale {
 public:
  LayerScale() = default;
  /// @param values finite ones of one scheme each
  LayerScale(core::metrics::Metric metric, LayerShading shading, const std::vector<std::vector<double>>& values);

  /// Colour of a value under a scheme.
  QColor color(std::size_t scheme, double value) const;
  /// What is written in its cell: the value, or its distance from the median.
  QString figure(std::size_t scheme, double value) const;
  /// Texts at equal distances along the scale, from small to large error.
  QStringList labels() const;
  /// The colours of the scale, for its legend. @param place 0…1
  QColor colorAt(double place) const;
  /// Of a value below zero: what makes up for errors of others. In no other place of any scale.
  static QColor belowZero();
  /// Larger for a larger error; −∞ for none.
  static double badness(core::metrics::Metric metric, double value);

 private:
  struct Range {
    double low = 0, high = 0, median = 0;
  };
  double placeOf(std::size_t scheme, double value) const;

  core::metrics::Metric m_metric = core::metrics::Metric::SqnrDb;
  LayerShading m_shading = LayerShading::PerScheme;
  std::vector<Range> m_ranges;
  Range m_all;
  double m_spread = 0;  ///< largest distance from a median
};

}  // namespace app
