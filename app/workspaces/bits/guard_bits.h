#pragma once
#include <QWidget>

#include "core/numeric/rounding.h"

namespace app {

/// The three bits that decide a rounding — guard, round, sticky — with the last bit kept before them.
class GuardBits : public QWidget {
  Q_OBJECT
 public:
  explicit GuardBits(QWidget* parent = nullptr);
  void setDecision(const core::numeric::RoundingDecision& decision);
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return sizeHint(); }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  static QStringList names();
  static double cellWidth();  ///< as wide as the longest name, in the font of the theme

  core::numeric::RoundingDecision m_decision;
};

}  // namespace app
