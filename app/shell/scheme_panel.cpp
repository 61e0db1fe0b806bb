#include "app/shell/scheme_panel.h"

#include <QLineEdit>
#include <QListView>
#include <QMouseEvent>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include "app/selection/selection.h"
#include "app/shell/reference_row.h"
#include "app/shell/scheme_list_model.h"
#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "core/base/error.h"

namespace app {
namespace {

constexpr int kBitsWidth = 42, kSizeWidth = 66, kRightMargin = 12;

/// A row: swatch that is a check box, name, and what the whole model would weigh: bits per weight and size.
class SchemeDelegate final : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;

  static QRectF boxRect(const QRect& row) { return {row.left() + 12.0, row.center().y() - 7.5, 16, 16}; }

  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const override {
    return {160, std::max(30, option.fontMetrics.height() + 12)};
  }

  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    const Theme& theme = Theme::instance();
    const ThemeColors& c = theme.colors();
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    const bool current = index.data(SchemeListModel::CurrentRole).toBool();
    const QRectF row = QRectF(option.rect).adjusted(4, 1, -4, -1);
    painter->setPen(Qt::NoPen);
    if (current || (option.state & QStyle::State_MouseOver)) {
      painter->setBrush(current ? c.selection : c.hover);
      painter->drawRoundedRect(row, space::kRadiusSmall, space::kRadiusSmall);
    }
    if (option.state & QStyle::State_HasFocus) {
      painter->setPen(QPen(c.accent, 1.5));
      painter->setBrush(Qt::NoBrush);
      painter->drawRoundedRect(row, space::kRadiusSmall, space::kRadiusSmall);
    }
    paintBox(*painter, boxRect(option.rect), index);
    painter->setFont(theme.textFont(-1.5));
    painter->setPen(c.textMuted);
    const int right = option.rect.right() - kRightMargin;
    const auto column = [&](int edge, int wide) {
      return QRect(edge - wide, option.rect.top(), wide, option.rect.height());
    };
    painter->drawText(column(right, kSizeWidth), Qt::AlignRight | Qt::AlignVCenter,
                      index.data(SchemeListModel::SizeRole).toString());
    painter->drawText(column(right - kSizeWidth, kBitsWidth), Qt::AlignRight | Qt::AlignVCenter,
                      index.data(SchemeListModel::BitsRole).toString());
    painter->setFont(theme.textFont(0, current ? QFont::DemiBold : QFont::Normal));
    painter->setPen(c.text);
    const bool sized = !index.data(SchemeListModel::SizeRole).toString().isEmpty();
    const QRect name = option.rect.adjusted(38, 0, -kRightMargin - (sized ? kSizeWidth + kBitsWidth : 0), 0);
    painter->drawText(name, Qt::AlignVCenter | Qt::AlignLeft,
                      painter->fontMetrics().elidedText(index.data().toString(), Qt::ElideRight, name.width()));
    painter->restore();
  }

  bool editorEvent(QEvent* event, QAbstractItemModel* model, const QStyleOptionViewItem& option,
                   const QModelIndex& index) override {
    const auto toggle = [&] {
      const bool checked = index.data(Qt::CheckStateRole).toInt() == Qt::Checked;
      return model->setData(index, checked ? Qt::Unchecked : Qt::Checked, Qt::CheckStateRole);
    };
    if (event->type() == QEvent::MouseButtonRelease) {
      const auto* mouse = static_cast<QMouseEvent*>(event);
      m_boxClicked = boxRect(option.rect).adjusted(-10, -8, 6, 8).contains(mouse->position());
      if (m_boxClicked) return toggle();
    }
    if (event->type() == QEvent::KeyPress && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Space) return toggle();
    return false;
  }

  /// Whether the last click was on the box (which compares) rather than on the name (which chooses).
  bool boxClicked() const { return m_boxClicked; }

 private:
  bool m_boxClicked = false;

  static void paintBox(QPainter& painter, const QRectF& box, const QModelIndex& index) {
    const ThemeColors& c = Theme::instance().colors();
    const bool checked = index.data(Qt::CheckStateRole).toInt() == Qt::Checked;
    const auto color = index.data(SchemeListModel::ColorRole).value<QColor>();
    painter.setPen(QPen(checked ? color : c.borderStrong, 1.4));
    painter.setBrush(c.surface);
    painter.drawRoundedRect(box, 4, 4);
    // The scheme's mark is the tick.
    const auto mark = static_cast<SeriesMark>(index.data(SchemeListModel::MarkRole).toInt());
    if (checked) paintMark(painter, mark, box.adjusted(3, 3, -3, -3), color);
  }
};

}  // namespace

SchemePanel::SchemePanel(Selection& selection, JobRunner& jobs, QWidget* parent)
    : QWidget(parent),
      m_selection(selection),
      m_model(new SchemeListModel(selection, jobs, this)),
      m_list(new QListView),
      m_own(new QLineEdit),
      m_problem(new Label(Label::Style::Error)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  m_list->setModel(m_model);
  auto* delegate = new SchemeDelegate(m_list);
  m_list->setItemDelegate(delegate);
  m_list->setMouseTracking(true);
  m_list->setUniformItemSizes(true);
  m_list->setFrameShape(QFrame::NoFrame);
  m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  m_list->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  m_list->setAccessibleName(tr("Schemes"));
  m_list->setAccessibleDescription(tr("Space checks a scheme for comparison, Enter makes it the current one."));
  m_list->setObjectName(QStringLiteral("scheme-list"));
  const auto choose = [this](const QModelIndex& index) { m_selection.setCurrentScheme(m_model->scheme(index.row())); };
  connect(m_list, &QListView::clicked, this, [choose, delegate](const QModelIndex& index) {
    if (!delegate->boxClicked()) choose(index);
  });
  connect(m_list, &QListView::activated, this, choose);

  m_own->setPlaceholderText(tr("Add your own: int4:group=64"));
  m_own->setAccessibleName(tr("Add a scheme in text form"));
  m_own->setToolTip(
      tr("A scheme in text form, for example int4:group=64,range=minmax or nf4:block=128,double=on. Enter adds it."));
  connect(m_own, &QLineEdit::returnPressed, this, &SchemePanel::addOwn);
  connect(m_own, &QLineEdit::textEdited, this, [this] {
    m_own->setProperty("invalid", false);
    m_own->style()->polish(m_own);
    m_problem->hide();
  });
  auto* own = new QVBoxLayout;
  own->setContentsMargins(space::kOneHalf, space::kOne, space::kOneHalf, space::kOneHalf);
  own->setSpacing(space::kHalf);
  own->addWidget(m_own);
  own->addWidget(m_problem);
  m_problem->setWrapping();
  m_problem->hide();
  layout->addWidget(new ReferenceRow(m_selection));
  layout->addWidget(m_list, 1);
  layout->addLayout(own);
}

void SchemePanel::focusList() {
  m_list->setFocus(Qt::ShortcutFocusReason);
  if (!m_list->currentIndex().isValid()) m_list->setCurrentIndex(m_model->index(0));
}

void SchemePanel::addOwn() {
  const QString text = m_own->text().trimmed();
  if (text.isEmpty()) return;
  try {
    const auto scheme = core::quant::Scheme::parse(text.toStdString());
    m_selection.addScheme(scheme);
    m_selection.setCurrentScheme(scheme);
    m_own->clear();
    const QModelIndex added = m_model->index(m_model->rowOf(scheme));
    m_list->setCurrentIndex(added);
    m_list->scrollTo(added);
  } catch (const core::Error& error) {
    m_own->setProperty("invalid", true);
    m_own->style()->polish(m_own);
    const QString sentence = QString::fromUtf8(error.what());
    m_own->setAccessibleDescription(sentence);
    m_problem->setText(sentence);
    m_problem->show();
  }
}

}  // namespace app
