#pragma once
#include <QByteArray>
#include <QSize>
#include <QString>
#include <optional>
#include <vector>

#include "app/report/report_data.h"

namespace app::report {

/// A chart as two PNG files, one a theme, at twice their size on the page.
struct Picture {
  QString title;
  QSize size;  ///< on the page, in CSS pixels
  QByteArray light, dark;
  QByteArray csv;  ///< its numbers
};

struct Pictures {
  std::vector<Picture> histograms;  ///< one per ReportData::histograms
  std::optional<Picture> heatMap, worstLayers;
  QStringList heatMapStops;  ///< colours of the heat map's scale from the smallest error to the largest
};

/// Which scheme the bars of the worst layers show: the one of lowest mean SQNR.
std::optional<std::size_t> worstScheme(const ReportData& data);

/// Draws the app's own charts in both themes. Changes the theme while it works. GUI thread only.
Pictures drawPictures(const ReportData& data);

}  // namespace app::report
