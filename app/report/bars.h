#pragma once
#include <QString>
#include <vector>

namespace app::report {

/// A line of a bar chart.
struct Bar {
  QString name;
  double value = 0;
  double error = 0;  ///< standard; NaN: not known
  QString text;      ///< the value for people, beside the bar
};

/// Horizontal bars from zero with their errors as inline SVG, one colour; what is not finite has none.
QString barsSvg(const std::vector<Bar>& bars, const QString& label);

}  // namespace app::report
