#pragma once
#include <vector>

#include "app/plots/chart.h"
#include "core/trace/depth.h"

namespace app {

class RotatedWords;

/// Relative error of the residual stream behind every half of a layer, with what either model would say there by its
/// own final norm and output matrix (logit lens). Where those differ, the column is drawn in another colour and
/// hatched. A click or the arrow keys choose a depth, Enter or a double click goes on there.
class DepthChart : public Chart {
  Q_OBJECT
 public:
  /// A place in depth as it is drawn.
  struct Step {
    QString name, shortName;  ///< "layer 3, attention", "3a"
    double error = 0.0, cosine = 1.0;
    QString referenceWord, comparedWord;
    QString opinions;  ///< both models' top five
    bool differs() const { return referenceWord != comparedWord; }
  };

  explicit DepthChart(QWidget* parent = nullptr);

  void setSteps(std::vector<Step> steps, const QColor& compared);
  const std::vector<Step>& steps() const { return m_steps; }
  void setSelected(int step);
  int selected() const { return m_selected; }
  /// The first depth from which on the words stay apart; −1 where they do not.
  int parting() const;
  /// All that is known of one place.
  QString describe(int step) const;
  ChartTable table() const override;
  std::vector<ChartLegendEntry> legend() const override;
  /// Middle of a column in widget coordinates, for tests.
  QPoint centerOf(int step) const;
  QSize sizeHint() const override { return {360, 220}; }

 Q_SIGNALS:
  void stepClicked(int step);
  void stepActivated(int step);

 protected:
  std::optional<QString> readout(QPointF coordinates) const override;
  void applyColors() override;
  void clickedAt(QPointF coordinates) override;
  bool activatedAt(QPointF coordinates) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  int stepAt(QPointF coordinates) const;
  void draw();

  std::vector<Step> m_steps;
  QColor m_compared;
  int m_selected = -1;
  QCPBars *m_same, *m_other;
  QCPItemRect* m_band;
  RotatedWords* m_words;
};

}  // namespace app
