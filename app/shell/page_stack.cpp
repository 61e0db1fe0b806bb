#include "app/shell/page_stack.h"

namespace app {

PageStack::PageStack(QWidget* parent) : QStackedWidget(parent) {
  connect(this, &QStackedWidget::currentChanged, this, [this] { updateGeometry(); });
}

QSize PageStack::sizeHint() const { return currentWidget() ? currentWidget()->sizeHint() : QStackedWidget::sizeHint(); }

QSize PageStack::minimumSizeHint() const {
  const QWidget* page = currentWidget();
  return page ? page->minimumSizeHint().expandedTo(page->minimumSize()) : QStackedWidget::minimumSizeHint();
}

}  // namespace app
