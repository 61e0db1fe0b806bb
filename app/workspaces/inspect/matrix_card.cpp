#include "app/workspaces/inspect/matrix_card.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QMenu>
#include <QShortcut>
#include <QSplitter>
#include <QTabWidget>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "app/pictures/matrix_view.h"
#include "app/selection/tensor_text.h"
#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/inspect/channel_chart.h"
#include "app/workspaces/inspect/model_card.h"
#include "app/workspaces/inspect/outlier_columns.h"
#include "app/workspaces/inspect/tensor_facts.h"
#include "app/workspaces/inspect/value_table_model.h"
#include "core/metrics/channel_ranges.h"
#include "core/metrics/matrix_map.h"
#include "core/quant/load_tensor.h"
#include "core/quant/quantizer.h"

namespace app {

namespace {

const QString kMatrixTag = QStringLiteral("inspect.matrix");
constexpr std::size_t kMapCells = 512;

struct MatrixFacts {
  core::metrics::MatrixMap map;
  core::metrics::ChannelRanges ranges;
  core::quant::QuantizedTensorPtr tensor;
};

bool isReadable(const core::io::TensorInfo& tensor) { return core::quant::isLoadable(tensor); }

/// Paints no base under its tabs: that of a corner's button is a stray line over it.
class PlainTabs final : public QTabWidget {
 protected:
  void paintEvent(QPaintEvent*) override {}
};

}  // namespace

MatrixCard::MatrixCard(Selection& selection, JobRunner& jobs, TensorFacts& facts, QWidget* parent)
    : Card({}, parent),
      m_selection(selection),
      m_jobs(jobs),
      m_facts(facts),
      m_tabs(new PlainTabs),
      m_outlierText(new Label(Label::Style::Hint)),
      m_outliers(new OutlierColumns(selection, jobs, this)),
      m_matrix(new MatrixView),
      m_rows(new ChannelChart),
      m_columns(new ChannelChart),
      m_values(new ValueTableModel(this)),
      m_valueTable(new QTableView) {
  m_tabs->setDocumentMode(true);
  m_tabs->addTab(m_matrix, tr("Matrix map"));
  m_tabs->addTab(buildChannels(), tr("Channel ranges"));
  m_tabs->addTab(buildValues(), tr("Values"));
  m_tabs->addTab(new ModelCard(selection), tr("Model card"));
  m_tabs->setObjectName(QStringLiteral("inspect-tabs"));
  auto* button = new QToolButton;
  button->setIcon(icon(QStringLiteral("export")));
  keepIconSize(*button, 18);
  button->setToolTip(tr("Export or copy what this tab shows"));
  button->setAccessibleName(tr("Export or copy"));
  button->setPopupMode(QToolButton::InstantPopup);
  auto* menu = new QMenu(button);
  connect(menu, &QMenu::aboutToShow, this, [this, menu] { fillMenu(menu); });
  button->setMenu(menu);
  m_tabs->setCornerWidget(button);
  body()->addWidget(m_tabs, 1);
  m_outlierText->setElide(Qt::ElideRight);
  m_outlierText->setObjectName(QStringLiteral("outlier-columns"));
  m_outlierText->hide();
  body()->addWidget(m_outlierText);
  body()->setContentsMargins(space::kTwo, space::kHalf, space::kTwo, space::kOne);
  connectPictures();
  connect(&m_jobs, &JobRunner::changed, this, [this] {
    if (!m_computing || m_jobs.isActive(kMatrixTag)) return;
    m_computing = m_filled = false;  // somebody stopped it
    showMessage(tr("Stopped. It goes on when Inspect is shown again."));
  });
  connect(&m_selection, &Selection::tensorChanged, this, &MatrixCard::showTensor);
  connect(&m_selection, &Selection::modelChanged, this, &MatrixCard::showTensor);
  connect(&m_selection, &Selection::weightChanged, this, &MatrixCard::showWeight);
  connect(&m_selection, &Selection::schemesChanged, this, &MatrixCard::followOutliers);
  connect(&m_selection, &Selection::currentSchemeChanged, this, &MatrixCard::followOutliers);
  connect(&m_selection, &Selection::calibrationChanged, this, &MatrixCard::followOutliers);
  connect(m_outliers, &OutlierColumns::changed, this, &MatrixCard::showOutliers);
  connect(&m_facts, &TensorFacts::computed, this, [this](std::size_t tensor) {
    if (m_active && m_selection.tensor() == tensor) showNonFinite();
  });
}

QWidget* MatrixCard::buildChannels() {
  auto* channels = new QSplitter;
  channels->setHandleWidth(space::kOneHalf);
  channels->setObjectName(QStringLiteral("channels"));
  channels->addWidget(m_columns);
  channels->addWidget(m_rows);
  return channels;
}

QWidget* MatrixCard::buildValues() {
  m_valueTable->setModel(m_values);
  m_valueTable->setFont(Theme::instance().monoFont(-1));
  connect(&Theme::instance(), &Theme::changed, m_valueTable,
          [table = m_valueTable] { table->setFont(Theme::instance().monoFont(-1)); });
  m_valueTable->horizontalHeader()->setDefaultSectionSize(96);
  m_valueTable->verticalHeader()->setDefaultSectionSize(24);
  m_valueTable->setShowGrid(false);
  m_valueTable->setAccessibleName(tr("Values"));
  m_valueTable->setAccessibleDescription(tr("Enter shows a value bit by bit, Ctrl+C copies the selected ones."));
  m_valueTable->setObjectName(QStringLiteral("values"));
  auto* copy = new QShortcut(QKeySequence::Copy, m_valueTable, nullptr, nullptr, Qt::WidgetShortcut);
  connect(copy, &QShortcut::activated, this, &MatrixCard::copyValues);
  return m_valueTable;
}

void MatrixCard::connectPictures() {
  const auto select = [this](quint64 row, quint64 column) {
    if (const auto weight = weightAt(row, column)) m_selection.setWeight(*weight);
  };
  const auto activate = [this](quint64 row, quint64 column) {
    if (const auto weight = weightAt(row, column)) Q_EMIT weightActivated(*weight);
  };
  connect(m_matrix, &MatrixView::weightClicked, this, select);
  connect(m_matrix, &MatrixView::weightActivated, this, activate);
  connect(m_rows, &ChannelChart::channelClicked, this, [select](quint64 row) { select(row, 0); });
  connect(m_columns, &ChannelChart::channelClicked, this, [select](quint64 column) { select(0, column); });
  const auto at = [](const QModelIndex& index) {
    return std::pair(static_cast<quint64>(index.row()), static_cast<quint64>(index.column()));
  };
  connect(m_valueTable->selectionModel(), &QItemSelectionModel::currentChanged, this,
          [select, at](const QModelIndex& index) {
            if (index.isValid()) select(at(index).first, at(index).second);
          });
  connect(m_valueTable, &QTableView::activated, this,
          [activate, at](const QModelIndex& index) { activate(at(index).first, at(index).second); });
}

void MatrixCard::fillMenu(QMenu* menu) {
  menu->clear();
  const QWidget* shown = m_tabs->currentWidget();
  if (shown == m_matrix) {
    m_matrix->fillMenu(menu);
  } else if (shown == m_valueTable) {
    menu->addAction(icon(QStringLiteral("copy")), tr("Copy selected values"), this, &MatrixCard::copyValues);
  } else if (shown == m_columns->parentWidget()) {
    m_columns->fillMenu(menu->addMenu(m_columns->title().isEmpty() ? tr("Columns") : m_columns->title()));
    m_rows->fillMenu(menu->addMenu(m_rows->title().isEmpty() ? tr("Rows") : m_rows->title()));
  } else if (const auto* card = qobject_cast<const ModelCard*>(shown)) {
    menu->addAction(icon(QStringLiteral("copy")), tr("Copy model card"), this,
                    [card] { QGuiApplication::clipboard()->setText(card->toPlainText()); });
  }
}

int MatrixCard::tab() const { return m_tabs->currentIndex(); }
void MatrixCard::setTab(int index) { m_tabs->setCurrentIndex(index); }

void MatrixCard::setActive(bool active) {
  m_active = active;
  showTensor();
}

std::optional<quint64> MatrixCard::weightAt(quint64 row, quint64 column) const {
  const auto* tensor = m_selection.tensorInfo();
  if (tensor == nullptr || !m_active) return std::nullopt;
  const quint64 flat = row * tensor->shape.rowValues() + column;
  return flat < tensor->shape.count() ? std::optional(flat) : std::nullopt;
}

void MatrixCard::showMessage(const QString& message) {
  m_matrix->setMessage(message);
  m_rows->setMessage(message);
  m_columns->setMessage(message);
}

void MatrixCard::showTensor() {
  if (const Subject subject = Subject::of(m_selection); !(subject == m_subject)) {
    m_jobs.cancelTag(kMatrixTag);
    m_subject = subject;
    m_filled = m_computing = false;
    m_matrix->clearData();
    m_rows->clearData();
    m_columns->clearData();
    m_values->clear();  // also lets go of the file of a closed model
  }
  followOutliers();
  if (!m_active) return;
  if (!std::exchange(m_filled, true)) fill();
  showWeight();
}

void MatrixCard::fill() {
  const auto* tensor = m_selection.tensorInfo();
  if (tensor == nullptr) return showMessage({});
  if (!tensor->isReadable()) return showMessage(unreadableText(*tensor));
  if (!isReadable(*tensor)) return showMessage(tr("Weights of type %1 cannot be decoded yet.").arg(typeText(*tensor)));
  const QString provenance =
      QStringLiteral("%1 · %2 · %3 · %4")
          .arg(QString::fromStdString(m_selection.model()->checkpoint().name()), QString::fromStdString(tensor->name),
               shapeText(tensor->shape), typeText(*tensor));
  m_matrix->setTitle(tr("Matrix map of %1").arg(QString::fromStdString(tensor->name)));
  m_matrix->setProvenance(provenance);
  m_rows->setProvenance(provenance);
  m_columns->setProvenance(provenance);
  requestMatrix();
  showNonFinite();
}

void MatrixCard::showNonFinite() {
  const auto* facts = m_selection.tensor() ? m_facts.find(*m_selection.tensor()) : nullptr;
  if (facts == nullptr || !facts->stats.nonFinite.first) return m_matrix->setNonFinite(std::nullopt);
  m_matrix->setNonFinite(MatrixView::Place(facts->stats.nonFinite.first->row, facts->stats.nonFinite.first->column));
}

void MatrixCard::followOutliers() {
  m_outliers->follow(m_active);
  Q_EMIT calibrationNeeded(m_outliers->need());
  showOutliers();
}

void MatrixCard::showOutliers() {
  m_matrix->setMarkedColumns(m_outliers->columns());
  m_columns->setMarked(m_outliers->columns());
  m_outlierText->setText(m_outliers->text());
  m_outlierText->setVisible(!m_outlierText->text().isEmpty());
}

void MatrixCard::requestMatrix() {
  showMessage(tr("Computing…"));
  m_computing = true;
  m_jobs.run(
      this, {kMatrixTag, tr("Matrix map")},
      [model = m_selection.model(), index = *m_selection.tensor()](const core::JobContext& job) {
        const auto tensor = model->tensor(index);  // a packed one is assembled
        return MatrixFacts{core::metrics::matrixMap(*tensor, kMapCells, kMapCells, job),
                           core::metrics::channelRanges(*tensor, job), tensor};
      },
      [this, subject = m_subject](MatrixFacts facts) {
        if (!(subject == m_subject)) return;
        m_computing = false;
        m_values->setTensor(std::move(facts.tensor));
        m_matrix->setMap(std::move(facts.map));
        m_rows->setRanges(std::move(facts.ranges.rows), tr("row"));
        m_columns->setRanges(std::move(facts.ranges.columns), tr("column"));
        showWeight();
      },
      [this, subject = m_subject](const QString& sentence) {
        m_computing = false;
        if (subject == m_subject) showMessage(sentence);
      });
}

void MatrixCard::showWeight() {
  const auto* tensor = m_active ? m_selection.tensorInfo() : nullptr;
  if (tensor == nullptr || !m_selection.weight() || !isReadable(*tensor)) {
    m_matrix->setMarked(std::nullopt);
    return;
  }
  const std::uint64_t flat = *m_selection.weight(), columns = std::max<std::uint64_t>(tensor->shape.rowValues(), 1);
  m_matrix->setMarked(MatrixView::Place(flat / columns, flat % columns));
  if (flat / columns >= static_cast<std::uint64_t>(m_values->rowCount()) ||
      flat % columns >= static_cast<std::uint64_t>(m_values->columnCount()))
    return;
  const QModelIndex cell = m_values->index(static_cast<int>(flat / columns), static_cast<int>(flat % columns));
  if (m_valueTable->currentIndex() == cell) return;
  const QSignalBlocker blocker(m_valueTable->selectionModel());
  m_valueTable->setCurrentIndex(cell);
  m_valueTable->scrollTo(cell);
  m_valueTable->viewport()->update();
}

// Numbers as programs write them, with all their digits: what was copied can be typed into Bits.
void MatrixCard::copyValues() const {
  QModelIndexList cells = m_valueTable->selectionModel()->selectedIndexes();
  if (cells.isEmpty() && m_valueTable->currentIndex().isValid()) cells.append(m_valueTable->currentIndex());
  std::sort(cells.begin(), cells.end());
  QString text;
  for (qsizetype i = 0; i < cells.size(); ++i) {
    if (i > 0) text += cells[i].row() == cells[i - 1].row() ? u'\t' : u'\n';
    text += cells[i].data(ValueTableModel::kPlainRole).toString();
  }
  QGuiApplication::clipboard()->setText(text);
}

}  // namespace app
