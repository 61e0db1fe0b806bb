#pragma once
#include <QWidget>

namespace app {

class BitsState;

/// All formats over their range, by significant bits or by values per power of two.
class RangePanel : public QWidget {
  Q_OBJECT
 public:
  explicit RangePanel(BitsState& state, QWidget* parent = nullptr);
};

}  // namespace app
