#include "app/shell/side_panel.h"

#include <QPainter>
#include <QVBoxLayout>

#include "app/shell/scheme_panel.h"
#include "app/shell/selection_card.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"

namespace app {
namespace {

constexpr int kWidth = 292;

/// Heading of a section with a hint below it.
QWidget* heading(const QString& title, const QString& hint) {
  auto* box = new QWidget;
  auto* layout = new QVBoxLayout(box);
  layout->setContentsMargins(space::kTwo, space::kTwo, space::kTwo, space::kHalf);
  layout->setSpacing(2);
  layout->addWidget(new Label(Label::Style::Heading, title));
  if (!hint.isEmpty()) {
    auto* line = new Label(Label::Style::Hint, hint);
    line->setWrapping();
    layout->addWidget(line);
  }
  return box;
}

}  // namespace

SidePanel::SidePanel(Selection& selection, JobRunner& jobs, QWidget* parent)
    : QWidget(parent), m_schemes(new SchemePanel(selection, jobs)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(1, 0, 0, 0);
  layout->setSpacing(0);
  layout->addWidget(heading(
      tr("Schemes"), tr("Ticked ones are compared everywhere. Right: bits per weight and size of the whole model.")));
  layout->addWidget(m_schemes, 1);
  auto* line = new QFrame;
  line->setFrameShape(QFrame::NoFrame);
  line->setFixedHeight(1);
  line->setAutoFillBackground(true);
  line->setBackgroundRole(QPalette::Mid);
  layout->addWidget(line);
  layout->addWidget(heading(tr("Selected"), {}));
  layout->addWidget(new SelectionCard(selection));
  setFixedWidth(kWidth);
  connect(&Theme::instance(), &Theme::changed, this, [this] { update(); });
}

void SidePanel::paintEvent(QPaintEvent*) {
  const ThemeColors& c = Theme::instance().colors();
  QPainter painter(this);
  painter.fillRect(rect(), c.surface);
  painter.setPen(c.border);
  painter.drawLine(0, 0, 0, height());
}

}  // namespace app
