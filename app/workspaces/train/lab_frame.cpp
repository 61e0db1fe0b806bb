#include "app/workspaces/train/lab_frame.h"

#include <QHBoxLayout>
#include <QScrollArea>
#include <QScrollBar>
#include <QSplitter>
#include <QToolButton>
#include <QVBoxLayout>

#include "app/plots/chart.h"
#include "app/widgets/card.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"

namespace app {

namespace {

constexpr int kColumn = 264, kLeastChart = 130, kLeastTable = 96, kStackParts = 1000;

}  // namespace

void layOutLab(QWidget* page, const std::vector<QWidget*>& asked, QWidget* buttons, QWidget* pictures) {
  auto* content = new QWidget;
  auto* fields = new QVBoxLayout(content);
  fields->setContentsMargins(0, 0, space::kOne, 0);
  fields->setSpacing(space::kOneHalf);
  for (QWidget* widget : asked) fields->addWidget(widget);
  fields->addWidget(buttons);
  fields->addStretch(1);
  auto* scroll = new QScrollArea;
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setWidget(content);
  scroll->viewport()->setAutoFillBackground(false);
  content->setAutoFillBackground(false);
  keepWidth(*scroll, kColumn);
  auto* row = new QHBoxLayout(page);
  row->setContentsMargins(0, space::kOneHalf, 0, 0);
  row->setSpacing(space::kOneHalf);
  row->addWidget(scroll);
  row->addWidget(pictures, 1);
}

QWidget* stackLab(const QString& objectName, QWidget* result, QWidget* pictures, QWidget* table, double share) {
  auto* splitter = new QSplitter(Qt::Vertical);
  splitter->setObjectName(objectName);
  splitter->setHandleWidth(space::kOne);
  splitter->setChildrenCollapsible(false);
  splitter->addWidget(pictures);
  splitter->addWidget(table);
  const int upper = static_cast<int>(kStackParts * share);
  splitter->setStretchFactor(0, upper);
  splitter->setStretchFactor(1, kStackParts - upper);
  splitter->setSizes({upper, kStackParts - upper});
  auto* stack = new QWidget;
  auto* column = new QVBoxLayout(stack);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(space::kOne);
  column->addWidget(result);
  column->addWidget(splitter, 1);
  return stack;
}

QWidget* chartCard(Label* title, Chart* chart) {
  auto* card = new Card;
  card->setFlush(true);
  card->header()->setContentsMargins(space::kTwo, space::kOne, space::kOne, 0);
  title->setElide(Qt::ElideRight);
  card->header()->addWidget(title, 1);
  card->header()->addWidget(chart->createMenuButton());
  chart->setMinimumHeight(Theme::instance().px(kLeastChart));
  card->body()->addWidget(chart, 1);
  return card;
}

QWidget* tableCard(QWidget* table, QWidget* above) {
  auto* card = new Card;
  card->setFlush(true);
  if (above != nullptr) card->body()->addWidget(above);
  table->setMinimumHeight(Theme::instance().px(kLeastTable));
  card->body()->addWidget(table, 1);
  return card;
}

}  // namespace app
