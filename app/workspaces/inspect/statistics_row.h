#pragma once
#include <QWidget>
#include <optional>
#include <vector>

#include "core/metrics/error_stats.h"
#include "core/metrics/tensor_stats.h"

class QGridLayout;

namespace app {

class Label;
class Swatch;

/// The statistics of a tensor as a small table: a line of the stored weights and, below it, one of what is laid over.
/// Its swatches are the legend of the histogram.
class StatisticsRow : public QWidget {
  Q_OBJECT
 public:
  /// The second line.
  struct Compared {
    QString title;
    QColor color;
    Qt::PenStyle line = Qt::SolidLine;
    const core::metrics::TensorStats* stats = nullptr;  ///< null: the note stands in its place
    const core::metrics::ErrorStats* error = nullptr;   ///< against the stored weights, with the stats
    QString note;
  };

  explicit StatisticsRow(QWidget* parent = nullptr);
  /// @param stats null while they are being computed, or when `problem` says why there are none
  void setStatistics(const core::metrics::TensorStats* stats, const QString& problem = {});
  /// Nothing: one line only.
  void setCompared(const std::optional<Compared>& compared);
  QSize minimumSizeHint() const override;

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  using Values = std::vector<Label*>;
  Values addLine(int row, Swatch* swatch, Label* title, const QString& accessibleName);
  void arrange();

  QGridLayout* m_grid;
  Values m_captions, m_values, m_compared;  ///< by column
  Swatch *m_storedSwatch, *m_comparedSwatch;
  Label *m_storedTitle, *m_comparedTitle, *m_note;
  bool m_hasCompared = false, m_hasNote = false;
};

}  // namespace app
