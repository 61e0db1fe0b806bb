#pragma once
#include <QByteArray>
#include <QImage>
#include <QSize>
#include <QString>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "app/report/report_data.h"

namespace app::report {

/// A chart in both themes, at twice its size on the page.
struct Picture {
  QString title;
  QSize size;  ///< on the page, in CSS pixels
  QImage light, dark;
  QByteArray csv;  ///< its numbers
};

struct Pictures {
  std::vector<Picture> histograms;  ///< one per ReportData::histograms
  std::optional<Picture> maps;
  std::optional<Picture> tradeoff;                    ///< of the evaluation
  std::vector<std::pair<std::size_t, Picture>> dots;  ///< index into ReportData::treatments and its matrices by error
};

/// The schemes whose matrices are shown sorted: the one of lowest mean SQNR, and the one whose layers differ most.
std::vector<std::size_t> dotSchemes(const ReportData& data);

/// Draws the app's own charts in both themes, one chart a step, so that a window stays usable between them. GUI thread
/// only.
class PictureDrawer {
 public:
  /// @param data outlives the drawer
  explicit PictureDrawer(const ReportData& data);
  bool isDone() const { return m_next == m_steps.size(); }
  double fraction() const;
  /// @pre !isDone()
  void drawNext();
  /// @pre isDone()
  const Pictures& pictures() const { return m_pictures; }

 private:
  Pictures m_pictures;
  std::vector<std::function<void()>> m_steps;
  std::size_t m_next = 0;
};

/// All of them at once.
Pictures drawPictures(const ReportData& data);

}  // namespace app::report
