#include "app/workspaces/quantize/sentence.h"

#include <QResizeEvent>
#include <algorithm>

#include "app/widgets/theme.h"

namespace app {
namespace {
constexpr Length kSentenceWidth{220};
}

Sentence::Sentence(Style style, QWidget* parent) : Label(style, {}, parent) {
  setWordWrap(true);
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
}

QSize Sentence::minimumSizeHint() const {
  return {kSentenceWidth, heightForWidth(std::max<int>(width(), kSentenceWidth))};
}

void Sentence::resizeEvent(QResizeEvent* event) {
  Label::resizeEvent(event);
  if (event->size().width() != event->oldSize().width()) updateGeometry();
}

}  // namespace app
