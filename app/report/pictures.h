#pragma once
#include <QByteArray>
#include <QSize>
#include <QString>
#include <optional>
#include <utility>
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
  std::optional<Picture> maps;
  std::vector<std::pair<std::size_t, Picture>>
      dots;  ///< scheme (index into ReportData::schemes) and its matrices by error
};

/// The schemes whose matrices are shown sorted: the one of lowest mean SQNR, and the one whose layers differ most.
std::vector<std::size_t> dotSchemes(const ReportData& data);

/// Draws the app's own charts in both themes. Changes the theme while it works. GUI thread only.
Pictures drawPictures(const ReportData& data);

}  // namespace app::report
