#include "app/shell/scheme_list.h"

#include <QAction>
#include <QClipboard>
#include <QFileDialog>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QMenu>
#include <QScrollBar>
#include <QToolButton>
#include <QVBoxLayout>

#include "app/widgets/copy_as_menu.h"
#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/save_file.h"
#include "app/widgets/theme.h"
#include "core/model/recipe/recipe_text.h"

namespace app {

SchemeList::SchemeList(Selection& selection, JobRunner& jobs, SchemeRow::Boxes boxes, QWidget* parent)
    : QWidget(parent),
      m_selection(selection),
      m_boxes(boxes),
      m_model(new SchemeListModel(selection, jobs, this)),
      m_rows(new SchemeRow(boxes, this)),
      m_filter(new QLineEdit),
      m_sort(new QToolButton),
      m_view(new QListView),
      m_nothing(new Label(Label::Style::Hint)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  m_filter->setPlaceholderText(tr("Find a scheme or recipe"));
  m_filter->setAccessibleName(tr("Find a scheme or recipe"));
  m_filter->setToolTip(tr("Words of its name, its text form or what it does: “4 bits outliers”, “k-means”, “q4”."));
  m_filter->setObjectName(QStringLiteral("scheme-filter"));
  m_filter->setClearButtonEnabled(true);
  m_filter->addAction(icon(QStringLiteral("search")), QLineEdit::LeadingPosition);
  m_filter->installEventFilter(this);
  m_sort->setIcon(icon(QStringLiteral("sort")));
  m_sort->setCheckable(true);
  m_sort->setToolTip(tr("Sort by size instead of by group"));
  m_sort->setAccessibleName(tr("Sort by size"));
  m_sort->setObjectName(QStringLiteral("scheme-sort"));
  auto* head = new QHBoxLayout;
  head->setContentsMargins(space::kOneHalf, space::kHalf, space::kOne, space::kHalf);
  head->setSpacing(space::kHalf);
  head->addWidget(m_filter, 1);
  head->addWidget(m_sort);
  m_nothing->setWrapping();
  m_nothing->setContentsMargins(space::kTwo, space::kOne, space::kTwo, space::kOne);
  m_nothing->hide();
  m_view->setModel(m_model);
  m_view->setItemDelegate(m_rows);
  m_view->setMouseTracking(true);
  m_view->setUniformItemSizes(true);
  m_view->setFrameShape(QFrame::NoFrame);
  m_view->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  m_view->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  m_view->setEditTriggers(QAbstractItemView::NoEditTriggers);
  m_view->setContextMenuPolicy(Qt::CustomContextMenu);
  m_view->setAccessibleName(tr("Schemes and recipes"));
  m_view->setAccessibleDescription(
      boxes == SchemeRow::Boxes::Shown
          ? tr("Space checks one for comparison, Enter makes it the current one. Left and Right fold a group.")
          : tr("Enter chooses one. Left and Right fold a group."));
  m_view->setObjectName(QStringLiteral("scheme-list"));
  m_view->installEventFilter(this);
  layout->addLayout(head);
  layout->addWidget(m_nothing);
  layout->addWidget(m_view, 1);

  connect(m_filter, &QLineEdit::textChanged, this, [this](const QString& words) {
    m_model->setFilter(words);
    m_nothing->setText(tr("Nothing is called that, or does that. A scheme of your own can be typed below the list."));
    if (m_boxes == SchemeRow::Boxes::Hidden) m_nothing->setText(tr("Nothing is called that, or does that."));
    m_nothing->setVisible(m_model->rowCount() == 0);
    m_view->scrollToTop();
  });
  connect(m_sort, &QToolButton::toggled, this, [this](bool bySize) {
    m_model->setOrder(bySize ? SchemeOrder::BySize : SchemeOrder::ByGroup);
    m_view->scrollToTop();
  });
  connect(m_view, &QListView::clicked, this, [this](const QModelIndex& index) {
    if (!m_rows->boxClicked()) choose(index);
  });
  connect(m_view, &QListView::customContextMenuRequested, this, &SchemeList::openMenu);
  connect(m_model, &QAbstractItemModel::rowsAboutToBeInserted, this, &SchemeList::noteAnchor);
  connect(m_model, &QAbstractItemModel::rowsAboutToBeRemoved, this, &SchemeList::noteAnchor);
  connect(m_model, &QAbstractItemModel::rowsInserted, this, &SchemeList::followAnchor, Qt::QueuedConnection);
  connect(m_model, &QAbstractItemModel::rowsRemoved, this, &SchemeList::followAnchor, Qt::QueuedConnection);
}

// A click on a heading folds its group.
void SchemeList::choose(const QModelIndex& index) {
  if (const auto* recipe = m_model->recipe(index.row()))
    Q_EMIT chosen(core::model::Recipe(*recipe));
  else if (index.data(SchemeListModel::CalibrationRole).toBool())
    Q_EMIT calibrationWanted();
  else
    m_model->toggleHeading(index.row());
}

void SchemeList::toggle(const QModelIndex& index) {
  if (m_model->recipe(index.row()) == nullptr) return choose(index);
  if (m_boxes == SchemeRow::Boxes::Hidden) return choose(index);
  const bool checked = index.data(Qt::CheckStateRole).toInt() == Qt::Checked;
  m_model->setData(index, checked ? Qt::Unchecked : Qt::Checked, Qt::CheckStateRole);
}

void SchemeList::noteAnchor() {
  if (m_anchor.isValid()) return;  // of the same change
  const QPoint hand = m_view->viewport()->mapFromGlobal(QCursor::pos());
  m_anchor = m_view->viewport()->underMouse() ? m_view->indexAt(hand) : m_view->currentIndex();
  if (m_anchor.isValid()) m_anchorTop = m_view->visualRect(m_anchor).top();
}

void SchemeList::followAnchor() {
  if (!m_anchor.isValid()) return;
  QScrollBar* bar = m_view->verticalScrollBar();
  const bool wasSeen = m_anchorTop >= 0 && m_anchorTop < m_view->viewport()->height();
  const int now = m_view->visualRect(m_anchor).top();
  m_anchor = QModelIndex();
  if (wasSeen) bar->setValue(bar->value() + now - m_anchorTop);
}

void SchemeList::reveal(const core::model::Recipe& recipe) {
  m_filter->clear();
  m_model->reveal(recipe);
  const int row = m_model->rowOf(recipe);
  if (row < 0) return;
  m_view->setCurrentIndex(m_model->index(row));
  m_view->scrollTo(m_model->index(row));
}

void SchemeList::focusFilter() {
  m_filter->setFocus(Qt::ShortcutFocusReason);
  m_filter->selectAll();
}

void SchemeList::focusList() {
  m_view->setFocus(Qt::ShortcutFocusReason);
  if (!m_view->currentIndex().isValid()) m_view->setCurrentIndex(m_model->index(0));
}

void SchemeList::setOrder(SchemeOrder order) { m_sort->setChecked(order == SchemeOrder::BySize); }

void SchemeList::openMenu(const QPoint& place) {
  const QModelIndex index = m_view->indexAt(place);
  const auto* found = m_model->recipe(index.row());
  if (!index.isValid() || found == nullptr) return;
  const core::model::Recipe recipe = *found;
  auto* menu = new QMenu(this);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  menu->setObjectName(QStringLiteral("scheme-menu"));
  menu->addAction(tr("Copy its text form"), this,
                  [recipe] { QGuiApplication::clipboard()->setText(QString::fromStdString(recipe.toString())); });
  menu->addMenu(createCopyAsMenu(recipe, menu));
  if (recipe.asScheme() == nullptr && recipe.otherModel() == nullptr)
    menu->addAction(tr("Save as a recipe file…"), this, [this, recipe] { saveRecipe(recipe); });
  if (m_boxes == SchemeRow::Boxes::Shown && index.data(SchemeListModel::OwnRole).toBool()) {
    menu->addSeparator();
    menu->addAction(tr("Rename…"), QKeySequence(Qt::Key_F2), this,
                    [this, index = QPersistentModelIndex(index)] { m_view->edit(index); });
    menu->addAction(tr("Remove"), QKeySequence(Qt::Key_Delete), this,
                    [this, recipe] { m_selection.removeOwn(recipe); });
  }
  menu->popup(m_view->viewport()->mapToGlobal(place));
}

void SchemeList::saveRecipe(const core::model::Recipe& recipe) {
  QString name = m_selection.title(recipe);
  name.replace(u'/', u'_');
  auto* dialog = new QFileDialog(this, tr("Save the recipe"), name + QStringLiteral(".txt"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setAcceptMode(QFileDialog::AcceptSave);
  dialog->setDefaultSuffix(QStringLiteral("txt"));
  connect(dialog, &QFileDialog::fileSelected, this, [this, recipe](const QString& file) {
    const QString problem = saveFile(file, QByteArray::fromStdString(core::model::formatRecipe(recipe)));
    if (!problem.isEmpty()) Q_EMIT failed(problem);
  });
  dialog->open();
}

bool SchemeList::filterKey(const QKeyEvent& event) {
  switch (event.key()) {
    case Qt::Key_Down:
      focusList();
      return true;
    case Qt::Key_Escape:
      if (m_filter->text().isEmpty()) return false;
      m_filter->clear();
      return true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
      for (int row = 0; row < m_model->rowCount() && !m_filter->text().isEmpty(); ++row) {
        if (m_model->recipe(row) == nullptr) continue;
        toggle(m_model->index(row));
        break;
      }
      return true;
    default:
      return false;
  }
}

bool SchemeList::listKey(QKeyEvent& event) {
  const QModelIndex index = m_view->currentIndex();
  const bool heading = index.data(SchemeListModel::HeadingRole).toBool();
  const bool own = index.data(SchemeListModel::OwnRole).toBool() && m_boxes == SchemeRow::Boxes::Shown;
  switch (event.key()) {
    case Qt::Key_Space:
      if (index.isValid()) toggle(index);
      return true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
      if (index.isValid()) choose(index);
      return true;
    case Qt::Key_Left:
    case Qt::Key_Right:
      if (heading && index.data(SchemeListModel::UnfoldedRole).toBool() == (event.key() == Qt::Key_Left))
        m_model->toggleHeading(index.row());
      return true;
    case Qt::Key_Up:
      if (index.row() > 0) return false;
      focusFilter();
      return true;
    case Qt::Key_F2:
      if (own) m_view->edit(index);
      return own;
    case Qt::Key_Delete:
      if (own) m_selection.removeOwn(core::model::Recipe(*m_model->recipe(index.row())));
      return own;
    default:
      break;
  }
  const bool isLetter = !event.text().isEmpty() && event.text().front().isLetterOrNumber() &&
                        !(event.modifiers() & (Qt::ControlModifier | Qt::AltModifier | Qt::MetaModifier));
  if (!isLetter) return false;
  m_filter->setFocus(Qt::OtherFocusReason);
  m_filter->insert(event.text());
  return true;
}

bool SchemeList::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::KeyPress) {
    auto& key = *static_cast<QKeyEvent*>(event);
    if (watched == m_filter && filterKey(key)) return true;
    const bool isRenaming = m_view->isPersistentEditorOpen(m_view->currentIndex());
    if (watched == m_view && !isRenaming && listKey(key)) return true;
  }
  return QWidget::eventFilter(watched, event);
}

}  // namespace app
