#include "app/shell/command_palette.h"

#include <QApplication>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListView>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include "app/selection/link.h"
#include "app/shell/palette_model.h"
#include "app/widgets/icon.h"
#include "app/widgets/raised.h"
#include "app/widgets/theme.h"

namespace app {
namespace {

class PaletteDelegate final : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const override {
    return {200, option.fontMetrics.height() + 16};
  }
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    const Theme& theme = Theme::instance();
    const ThemeColors& c = theme.colors();
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    const bool selected = option.state & QStyle::State_Selected;
    if (selected) {
      painter->setPen(Qt::NoPen);
      painter->setBrush(c.selection);
      painter->drawRoundedRect(QRectF(option.rect).adjusted(6, 1, -6, -1), space::kRadiusSmall, space::kRadiusSmall);
    }
    const QRect r = option.rect;
    paintIcon(*painter, index.data(PaletteModel::IconRole).toString(),
              QRectF(r.left() + 16, r.center().y() - 8, 18, 18), selected ? c.accent : c.textFaint);
    const QString detail = index.data(PaletteModel::DetailRole).toString();
    painter->setFont(theme.textFont(-1));
    painter->setPen(c.textFaint);
    painter->drawText(r.adjusted(0, 0, -18, 0), Qt::AlignRight | Qt::AlignVCenter, detail);
    const int used = painter->fontMetrics().horizontalAdvance(detail);
    painter->setFont(theme.textFont());
    painter->setPen(c.text);
    const QRect name = r.adjusted(46, 0, -used - 30, 0);
    painter->drawText(name, Qt::AlignVCenter,
                      painter->fontMetrics().elidedText(index.data().toString(), Qt::ElideMiddle, name.width()));
    painter->restore();
  }
};

}  // namespace

CommandPalette::CommandPalette(QWidget* window)
    : QFrame(window), m_model(new PaletteModel(this)), m_field(new QLineEdit), m_list(new QListView) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(10, 10, 10, 10);
  m_field->setObjectName(QStringLiteral("palette-field"));
  m_field->setPlaceholderText(tr("Find a tensor, workspace, scheme or command, or paste a link…"));
  m_field->setAccessibleName(tr("Find anything"));
  m_field->setClearButtonEnabled(true);
  m_list->setModel(m_model);
  m_list->setItemDelegate(new PaletteDelegate(m_list));
  m_list->setUniformItemSizes(true);
  m_list->setFocusPolicy(Qt::NoFocus);
  m_list->setFrameShape(QFrame::NoFrame);
  m_list->setStyleSheet(QStringLiteral("QListView { background: transparent; }"));
  m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  m_list->setAccessibleName(tr("What was found"));
  layout->addWidget(m_field);
  layout->addWidget(m_list, 1);
  connect(m_field, &QLineEdit::textChanged, this, [this](const QString& letters) {
    m_model->setFilter(letters.trimmed());
    m_list->setCurrentIndex(m_model->index(0));
  });
  connect(m_list, &QListView::clicked, this, &CommandPalette::runCurrent);
  m_field->installEventFilter(this);
  window->installEventFilter(this);
  setObjectName(QStringLiteral("command-palette"));
  hide();
}

void CommandPalette::open(std::vector<PaletteItem> items) {
  m_model->setItems(std::move(items));
  m_field->clear();
  m_list->setCurrentIndex(m_model->index(0));
  place();
  show();
  raise();
  m_field->setFocus(Qt::ShortcutFocusReason);
}

void CommandPalette::dismiss() {
  hide();
  parentWidget()->setFocus(Qt::OtherFocusReason);
}

void CommandPalette::place() {
  const QSize window = parentWidget()->size();
  const int width = std::min(640, window.width() - 64), height = std::min(460, window.height() - 120);
  setGeometry((window.width() - width) / 2, 44, width, height);
}

void CommandPalette::runCurrent() {
  const QString typed = m_field->text().trimmed();
  if (Link::isLink(typed)) {
    dismiss();
    Q_EMIT linkFollowed(typed);
    return;
  }
  const QModelIndex index = m_list->currentIndex();
  if (!index.isValid()) return;
  const std::function<void()> run = m_model->item(index.row()).run;
  dismiss();
  run();
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
  if (watched == parentWidget() && event->type() == QEvent::Resize && isVisible()) place();
  if (watched != m_field) return false;
  if (event->type() == QEvent::FocusOut && static_cast<QFocusEvent*>(event)->reason() == Qt::MouseFocusReason) hide();
  // Before shortcuts: Esc must close the palette, not cancel a job.
  if (event->type() != QEvent::KeyPress && event->type() != QEvent::ShortcutOverride) return false;
  const int key = static_cast<QKeyEvent*>(event)->key();
  const bool ours = key == Qt::Key_Escape || key == Qt::Key_Return || key == Qt::Key_Enter || key == Qt::Key_Down ||
                    key == Qt::Key_Up || key == Qt::Key_PageDown || key == Qt::Key_PageUp;
  if (!ours) return false;
  event->accept();
  if (event->type() == QEvent::ShortcutOverride) return true;
  if (key == Qt::Key_Escape)
    dismiss();
  else if (key == Qt::Key_Return || key == Qt::Key_Enter)
    runCurrent();
  else
    QApplication::sendEvent(m_list, event);
  return true;
}

void CommandPalette::paintEvent(QPaintEvent*) { paintRaised(*this, space::kRadius); }

}  // namespace app
