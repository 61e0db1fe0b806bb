#pragma once
#include <QStackedWidget>

namespace app {

/// The pages of the window. As large as the page in front needs it, not as the largest of all.
class PageStack : public QStackedWidget {
  Q_OBJECT
 public:
  explicit PageStack(QWidget* parent = nullptr);
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;
};

}  // namespace app
