#pragma once
#include <QFrame>

class QLabel;
class QVBoxLayout;
class QHBoxLayout;

namespace app {

/// A quiet surface with rounded corners that groups things; instead of group boxes. Title and hint are optional.
class Card : public QFrame {
  Q_OBJECT
 public:
  explicit Card(const QString& title = {}, QWidget* parent = nullptr);

  void setTitle(const QString& title);
  /// Muted text after the title: what one sees or can do.
  void setHint(const QString& hint);
  /// Where the content goes.
  QVBoxLayout* body() const { return m_body; }
  /// Right end of the title line, for small controls.
  QHBoxLayout* header() const { return m_header; }
  /// Content up to the card's edge (tables, charts) instead of inset.
  void setFlush(bool flush);

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QVBoxLayout* m_body;
  QHBoxLayout* m_header;
  QLabel* m_title;
  QLabel* m_hint;
};

}  // namespace app
