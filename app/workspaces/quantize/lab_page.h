#pragma once
#include <QWidget>
#include <memory>

#include "core/quant/calibration.h"

class QStackedLayout;

namespace app {

class Chart;
class LabState;

/// One tab of the lab: shows the state's block in its own way, and only while it is in front.
class LabPage : public QWidget {
  Q_OBJECT
 public:
  explicit LabPage(LabState& state, QWidget* parent = nullptr) : QWidget(parent), m_state(state) {}

  /// Comes to the front or leaves it.
  void setShown(bool shown);

 protected:
  /// Draws the present block. Called while in front only.
  virtual void refresh() = 0;
  LabState& state() const { return m_state; }
  bool isShown() const { return m_shown; }
  /// A chart under its name, with its menu in sight.
  QWidget* framed(Chart* chart, const QString& title) const;
  /// Whether that is the calibration that was used. (Its address may be another one's by now.)
  static bool isSame(const std::weak_ptr<core::quant::Calibration>& used, const core::quant::CalibrationPtr& now) {
    return !used.owner_before(now) && !now.owner_before(used);
  }
  /// Those behind ask for no room.
  static void bringForward(QStackedLayout& stack, QWidget* page);

 private:
  LabState& m_state;
  bool m_shown = false;
};

}  // namespace app
