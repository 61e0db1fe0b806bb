#pragma once
#include <QWidget>

class QToolButton;

namespace app {

class Label;

/// The selected weight, a line each: its place, value and bits; what the current scheme makes of it and how far off
/// that is; the same of the compared model. And the way to Bits.
class WeightCard : public QWidget {
  Q_OBJECT
 public:
  explicit WeightCard(QWidget* parent = nullptr);

  /// Nothing is selected: says how to.
  void showNothing();
  /// @param hex the stored pattern; empty for block types
  void showWeight(const QString& place, float value, const QString& hex);
  /// Of the weight shown last.
  void showQuantized(const QString& scheme, float original, float quantized);
  /// Instead of it: "computing…", why the scheme does not apply.
  void showNote(const QString& scheme, const QString& note);
  void showCompared(const QString& model, float original, float compared);
  QString text() const;

 Q_SIGNALS:
  void openInBits();

 private:
  Label *m_stored, *m_quantized, *m_compared;
  QToolButton* m_open;
};

}  // namespace app
