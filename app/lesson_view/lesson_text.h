#pragma once
#include <QTextDocument>
#include <QWidget>

namespace app {

/// Running text of a lesson: wraps, takes the height it needs, marks the first use of every term of the glossary with a
/// dotted line and explains it under the pointer. `**bold**` and `` `code` `` are all its markup.
class LessonText : public QWidget {
  Q_OBJECT
 public:
  enum class Weight { Body, Strong, Quiet };
  explicit LessonText(Weight weight = Weight::Body, QWidget* parent = nullptr);

  void setText(const QString& text);
  QString text() const { return m_plain; }  ///< without markup
  /// For the back of a classroom: points more than the interface's own size.
  void setPointDelta(double points);

  bool hasHeightForWidth() const override { return true; }
  int heightForWidth(int width) const override;
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 protected:
  bool event(QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void paintEvent(QPaintEvent* event) override;

 private:
  void rebuild();

  Weight m_weight;
  QString m_marked, m_plain;
  double m_delta = 0;
  mutable QTextDocument m_document;
};

}  // namespace app
