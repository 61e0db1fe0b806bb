#pragma once
#include <QWidget>
#include <optional>

#include "app/lesson_view/digit_strip.h"
#include "app/widgets/picture_menu.h"

namespace app {

class LessonPlayer;

/// The bars of a step, large enough for a classroom: names at once, lengths once the answer is out. Lines across say
/// what something holds. The context menu copies and exports.
class LessonBoard : public QWidget {
  Q_OBJECT
 public:
  explicit LessonBoard(LessonPlayer& player, QWidget* parent = nullptr);
  QSize minimumSizeHint() const override;

 Q_SIGNALS:
  void exportFailed(const QString& sentence);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void contextMenuEvent(QContextMenuEvent* event) override;

 private:
  bool hasBoard() const;
  std::optional<DigitStrip> strip() const;
  double titleHeight(double wide) const;
  double stripHeight(double wide) const;
  double longest() const;
  QString sizeText(std::size_t bar) const;
  void paint(QPainter& painter) const;
  void paintBar(QPainter& painter, std::size_t index, const QRectF& row, double left, double scale) const;
  void paintMarks(QPainter& painter, const QRectF& area, double left, double scale) const;
  void describe();

  LessonPlayer& m_player;
};

}  // namespace app
