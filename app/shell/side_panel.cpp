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

/// Below this height the panel says only what is needed, so that the list of schemes keeps its rows.
constexpr Length kRoomyHeight{660};

Label* hintLabel(const QString& text) {
  auto* line = new Label(Label::Style::Hint, text);
  line->setWrapping();
  return line;
}

/// Heading of a section with a hint below it.
QWidget* heading(const QString& title, Label* hint) {
  auto* box = new QWidget;
  auto* layout = new QVBoxLayout(box);
  layout->setContentsMargins(space::kTwo, space::kOneHalf, space::kTwo, space::kHalf);
  layout->setSpacing(2);
  layout->addWidget(new Label(Label::Style::Heading, title));
  if (hint != nullptr) {
    box->setToolTip(hint->text());
    layout->addWidget(hint);
  }
  return box;
}

}  // namespace

SidePanel::SidePanel(Selection& selection, JobRunner& jobs, Calibrator& calibrator, QWidget* parent)
    : QWidget(parent),
      m_hint(hintLabel(tr("Ticked ones are compared everywhere. Right: bits per weight and size of the whole model."))),
      m_schemes(new SchemePanel(selection, jobs, calibrator)),
      m_selected(new SelectionCard(selection)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(1, 0, 0, 0);
  layout->setSpacing(0);
  layout->addWidget(heading(tr("Schemes"), m_hint));
  layout->addWidget(m_schemes, 1);
  auto* line = new QFrame;
  line->setFrameShape(QFrame::NoFrame);
  line->setFixedHeight(1);
  line->setAutoFillBackground(true);
  line->setBackgroundRole(QPalette::Mid);
  layout->addWidget(line);
  layout->addWidget(heading(tr("Selected"), nullptr));
  layout->addWidget(m_selected);
  keepWidth(*this, kWidth);
  connect(&Theme::instance(), &Theme::changed, this, [this] { update(); });
}

void SidePanel::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  const bool isRoomy = height() >= kRoomyHeight;
  m_hint->setVisible(isRoomy);
  m_selected->setBrief(!isRoomy);
}

void SidePanel::paintEvent(QPaintEvent*) {
  const ThemeColors& c = Theme::instance().colors();
  QPainter painter(this);
  painter.fillRect(rect(), c.surface);
  painter.setPen(c.border);
  painter.drawLine(0, 0, 0, height());
}

}  // namespace app
