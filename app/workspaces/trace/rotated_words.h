#pragma once
#include <qcustomplot.h>

#include <QString>
#include <vector>

namespace app {

/// Words over the columns of a chart, written upwards; where columns are too narrow for all, those that say something
/// new come first.
class RotatedWords : public QCPAbstractItem {
  Q_OBJECT
 public:
  struct Word {
    double x = 0.0, above = 0.0;  ///< axis coordinates; of the top of the column
    QString text;
    QColor color;
    bool isNews = false;  ///< another one than before it
  };

  explicit RotatedWords(QCustomPlot* plot);
  void setWords(std::vector<Word> words) { m_words = std::move(words); }
  static QFont font();
  double selectTest(const QPointF&, bool, QVariant*) const override { return -1; }

 protected:
  void draw(QCPPainter* painter) override;

 private:
  std::vector<Word> m_words;
};

}  // namespace app
