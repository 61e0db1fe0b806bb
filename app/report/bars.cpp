#include "app/report/bars.h"

#include <algorithm>
#include <cmath>

#include "app/report/html.h"

namespace app::report {

namespace {

constexpr double kWidth = 1080, kNames = 300, kFigures = 190, kRow = 20;

QString line(double x1, double y1, double x2, double y2) {
  return QStringLiteral("<line x1=\"%1\" y1=\"%2\" x2=\"%3\" y2=\"%4\" class=\"axis\"/>")
      .arg(QString::number(x1, 'f', 1), QString::number(y1, 'f', 1), QString::number(x2, 'f', 1),
           QString::number(y2, 'f', 1));
}

QString words(double x, double y, const QString& text, const char* anchor) {
  return QStringLiteral("<text x=\"%1\" y=\"%2\" text-anchor=\"%3\">%4</text>")
      .arg(QString::number(x, 'f', 1), QString::number(y, 'f', 1), QLatin1String(anchor), html::escaped(text));
}

}  // namespace

QString barsSvg(const std::vector<Bar>& bars, const QString& label) {
  const auto spread = [](const Bar& bar) { return std::isfinite(bar.error) ? bar.error : 0.0; };
  double largest = 0;
  for (const Bar& bar : bars)
    if (std::isfinite(bar.value)) largest = std::max(largest, bar.value + spread(bar));
  const double scale = largest > 0 ? (kWidth - kNames - kFigures) / largest : 0;
  QString content;
  double y = 0;
  for (const Bar& bar : bars) {
    content += words(kNames - 10, y + 14, bar.name, "end");
    if (std::isfinite(bar.value)) {
      const double width = scale * std::max(bar.value, 0.0), middle = y + kRow / 2;
      content +=
          QStringLiteral("<rect x=\"%1\" y=\"%2\" width=\"%3\" height=\"%4\" class=\"mark\"><title>%5</title></rect>")
              .arg(QString::number(kNames, 'f', 1), QString::number(y + 4, 'f', 1),
                   QString::number(std::max(width, 1.0), 'f', 1), QString::number(kRow - 8, 'f', 1),
                   html::escaped(bar.name + QStringLiteral(": ") + bar.text));
      const double reach = scale * spread(bar), left = kNames + std::max(width - reach, 0.0),
                   right = kNames + width + reach;
      if (reach > 0)
        content += line(left, middle, right, middle) + line(left, middle - 3, left, middle + 3) +
                   line(right, middle - 3, right, middle + 3);
      content += words(std::max(right, kNames + width) + 10, y + 14, bar.text, "start");
    } else {
      content += words(kNames, y + 14, bar.text, "start");
    }
    y += kRow;
  }
  return QStringLiteral("<svg viewBox=\"0 0 %1 %2\" role=\"img\" aria-label=\"%3\">%4</svg>\n")
      .arg(QString::number(kWidth, 'f', 0), QString::number(y, 'f', 0), html::escaped(label), content);
}

}  // namespace app::report
