#include "app/workspaces/inspect/inspect_workspace.h"

#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QSettings>
#include <QSplitter>
#include <QTabWidget>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <limits>

#include "app/pictures/matrix_view.h"
#include "app/pictures/weight_histogram.h"
#include "app/session/demo_model.h"
#include "app/text/numbers.h"
#include "app/widgets/card.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/inspect/channel_chart.h"
#include "app/workspaces/inspect/model_card.h"
#include "app/workspaces/inspect/statistics_row.h"
#include "app/workspaces/inspect/tensor_browser.h"
#include "app/workspaces/inspect/tensor_facts.h"
#include "app/workspaces/inspect/tensor_table_model.h"
#include "app/workspaces/inspect/value_table_model.h"
#include "core/quant/quantizer.h"

namespace app {

namespace {

const QString kSchemesTag = QStringLiteral("inspect.schemes");
const QString kMatrixTag = QStringLiteral("inspect.matrix");
const QString kBinTag = QStringLiteral("inspect.bin");
constexpr std::size_t kMapCells = 512;
/// Larger tensors show levels and overlay only on demand of the current scheme: quantizing them takes seconds.
constexpr std::uint64_t kChunk = std::uint64_t{1} << 20;

struct MatrixFacts {
  core::metrics::MatrixMap map;
  core::metrics::ChannelRanges ranges;
};

}  // namespace

InspectWorkspace::InspectWorkspace(const WorkspaceContext& context, QWidget* parent)
    : Workspace(context, parent),
      m_facts(new TensorFacts(selection(), jobs(), this)),
      m_browser(new TensorBrowser(selection(), *m_facts)),
      m_values(new ValueTableModel(this)) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(space::kTwo, space::kTwo, space::kTwo, space::kTwo);
  auto* splitter = new QSplitter;
  splitter->setHandleWidth(space::kOneHalf);
  splitter->setChildrenCollapsible(false);
  auto* browserCard = new Card;
  browserCard->body()->addWidget(m_browser);
  splitter->addWidget(browserCard);
  splitter->addWidget(buildTensorPage());
  splitter->setStretchFactor(0, 2);
  splitter->setStretchFactor(1, 5);
  splitter->setSizes({330, 700});
  browserCard->setMinimumWidth(280);
  row->addWidget(splitter);
  connectSelection();
}

QWidget* InspectWorkspace::buildTensorPage() {
  auto* splitter = new QSplitter(Qt::Vertical);
  splitter->setHandleWidth(space::kOneHalf);
  splitter->setChildrenCollapsible(false);
  splitter->addWidget(buildHistogramCard());
  splitter->addWidget(buildTabs());
  splitter->setStretchFactor(0, 1);
  splitter->setStretchFactor(1, 1);
  splitter->setSizes({430, 320});
  return splitter;
}

QWidget* InspectWorkspace::buildHistogramCard() {
  auto* card = new Card;
  auto* head = new QHBoxLayout;
  head->setSpacing(space::kOne);
  m_title = new Label(Label::Style::Title);
  m_title->setElide(Qt::ElideMiddle);
  m_subtitle = new Label(Label::Style::Hint);
  m_logarithmic = new QCheckBox(tr("log counts"));
  m_logarithmic->setObjectName(QStringLiteral("log-counts"));
  m_overlay = new QComboBox;
  m_overlay->setAccessibleName(tr("Dequantized histogram laid over"));
  m_overlay->setToolTip(tr("Lay the histogram of the dequantized weights over"));
  head->addWidget(m_title, 1);
  head->addWidget(m_overlay);
  head->addWidget(m_logarithmic);
  card->body()->addLayout(head);
  m_subtitle->setElide(Qt::ElideRight);
  card->body()->addWidget(m_subtitle);
  m_statistics = new StatisticsRow;
  card->body()->addWidget(m_statistics);
  m_histogram = new WeightHistogram;
  card->body()->addWidget(m_histogram, 1);
  connect(m_logarithmic, &QCheckBox::toggled, m_histogram, &WeightHistogram::setLogarithmic);
  connect(m_overlay, &QComboBox::activated, this, [this](int item) {
    const QString text = m_overlay->itemData(item).toString();
    selection().setCurrentScheme(text.isEmpty() ? std::nullopt
                                                : std::optional(core::quant::Scheme::parse(text.toStdString())));
  });
  connect(m_histogram, &WeightHistogram::binClicked, this, &InspectWorkspace::selectWeightInBin);
  return card;
}

QWidget* InspectWorkspace::buildTabs() {
  auto* card = new Card;
  m_tabs = new QTabWidget;
  m_tabs->setDocumentMode(true);
  m_matrix = new MatrixView;
  m_tabs->addTab(m_matrix, tr("Matrix map"));
  auto* channels = new QSplitter;
  m_rows = new ChannelChart;
  m_columns = new ChannelChart;
  channels->addWidget(m_columns);
  channels->addWidget(m_rows);
  m_tabs->addTab(channels, tr("Channel ranges"));
  m_valueTable = new QTableView;
  m_valueTable->setModel(m_values);
  m_valueTable->setFont(Theme::instance().monoFont(-1));
  m_valueTable->horizontalHeader()->setDefaultSectionSize(92);
  m_valueTable->verticalHeader()->setDefaultSectionSize(24);
  m_valueTable->setShowGrid(false);
  m_valueTable->setAccessibleName(tr("Values"));
  m_tabs->addTab(m_valueTable, tr("Values"));
  m_tabs->addTab(new ModelCard(selection()), tr("Model card"));
  card->body()->addWidget(m_tabs);

  connect(m_matrix, &MatrixView::weightClicked, this,
          [this](quint64 row, quint64 column) { selectWeight(row * view().shape.rowValues() + column); });
  connect(m_rows, &ChannelChart::channelClicked, this,
          [this](quint64 row) { selectWeight(row * view().shape.rowValues()); });
  connect(m_columns, &ChannelChart::channelClicked, this, [this](quint64 column) { selectWeight(column); });
  connect(m_valueTable->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex& index) {
    if (index.isValid())
      selectWeight(static_cast<std::uint64_t>(index.row()) * view().shape.rowValues() +
                   static_cast<std::uint64_t>(index.column()));
  });
  return card;
}

void InspectWorkspace::connectSelection() {
  connect(&selection(), &Selection::tensorChanged, this, &InspectWorkspace::showTensor);
  connect(&selection(), &Selection::modelChanged, this, &InspectWorkspace::showTensor);
  connect(&selection(), &Selection::weightChanged, this, &InspectWorkspace::showWeight);
  connect(&selection(), &Selection::schemesChanged, this, &InspectWorkspace::requestSchemes);
  connect(&selection(), &Selection::currentSchemeChanged, this, &InspectWorkspace::requestSchemes);
  connect(&Theme::instance(), &Theme::changed, this, &InspectWorkspace::requestSchemes);
  connect(m_facts, &TensorFacts::computed, this, [this](std::size_t tensor) {
    if (selection().tensor() == tensor) showFacts();
  });
}

void InspectWorkspace::setActive(bool active) {
  m_active = active;
  m_facts->setActive(active);
  if (active) showTensor();
}

bool InspectWorkspace::isDecodable() const {
  const auto* tensor = selection().tensorInfo();
  return tensor != nullptr && core::quant::isDecodable(tensor->dtype);
}

core::tensor::TensorView InspectWorkspace::view() const {
  return selection().model()->checkpoint().view(*selection().tensor());
}

void InspectWorkspace::showTensor() {
  if (!m_active) {
    m_values->clear();  // its view would keep the file of a closed model mapped
    return;
  }
  const auto* tensor = selection().tensorInfo();
  m_histogram->clearData();
  if (tensor == nullptr) {
    m_title->setText(tr("No tensor"));
    m_subtitle->clear();
    m_statistics->setStatistics(nullptr);
    m_histogram->setMessage(tr("Choose a tensor on the left."));
    m_matrix->setMessage({});
    m_values->clear();
    return;
  }
  m_title->setText(QString::fromStdString(tensor->name));
  m_subtitle->setText(tr("%1 · %2 · %3 weights · %4")
                          .arg(shapeText(tensor->shape),
                               QString::fromUtf8(core::tensor::name(tensor->dtype).data()).toUpper(),
                               text::count(tensor->shape.count()), text::bytes(tensor->bytes)));
  if (selection().model()->source() == kDemoName) {
    m_subtitle->setText(m_subtitle->text() + tr(" · outlier channels were injected: see the model card"));
  }
  m_values->setTensor(view(), isDecodable());
  showFacts();
  requestMatrix();
}

void InspectWorkspace::showFacts() {
  const auto* facts = m_facts->find(*selection().tensor());
  m_statistics->setStatistics(facts != nullptr ? &facts->stats : nullptr);
  if (facts == nullptr) {
    const QString problem = m_facts->problem(*selection().tensor());
    m_histogram->setMessage(problem.isEmpty() ? tr("Computing…") : problem);
    return;
  }
  m_histogram->setSummary(*facts, QString::fromStdString(selection().tensorInfo()->name));
  showWeight();
  requestSchemes();
}

void InspectWorkspace::requestSchemes() {
  if (!m_active || !isDecodable()) return;
  const auto& current = selection().currentScheme();
  const auto schemes = selection().checkedSchemes();
  m_overlay->clear();
  m_overlay->addItem(tr("Nothing laid over"), QString());
  for (const auto& scheme : schemes)
    m_overlay->addItem(QString::fromStdString(scheme.displayName()), QString::fromStdString(scheme.toString()));
  m_overlay->setCurrentIndex(current ? std::max(0, m_overlay->findData(QString::fromStdString(current->toString())))
                                     : 0);
  const auto* facts = m_facts->find(*selection().tensor());
  if (facts == nullptr) return;
  jobs().run(
      this, {kSchemesTag, tr("Levels of the checked schemes")},
      [tensor = view(), schemes, current, around = selection().weight().value_or(0),
       bins = facts->histogram](const core::JobContext& job) {
        std::vector<SchemeView> views;
        const auto count = static_cast<double>(schemes.size());
        for (std::size_t i = 0; i < schemes.size(); ++i) {
          const core::JobContext part = job.part(static_cast<double>(i) / count, static_cast<double>(i + 1) / count);
          views.push_back(viewScheme(tensor, schemes[i], around, current == schemes[i] ? &bins : nullptr, part));
        }
        return views;
      },
      [this](const std::vector<SchemeView>& views) { showSchemes(views); });
}

void InspectWorkspace::showSchemes(const std::vector<SchemeView>& views) {
  std::vector<WeightHistogram::Levels> levels;
  std::optional<WeightHistogram::Overlay> overlay;
  for (const SchemeView& seen : views) {
    const QString name = QString::fromStdString(seen.scheme.displayName());
    const QColor color = selection().color(seen.scheme);
    if (!seen.levels.empty()) levels.push_back({name, color, seen.levels});
    if (seen.histogram) overlay = WeightHistogram::Overlay{name, color, *seen.histogram};
  }
  m_histogram->setLevels(std::move(levels));
  m_histogram->setOverlay(std::move(overlay));
}

void InspectWorkspace::requestMatrix() {
  if (!isDecodable()) {
    m_matrix->setMessage(tr("This program cannot decode the tensor's type yet."));
    return;
  }
  m_matrix->setMessage(tr("Computing…"));
  jobs().run(
      this, {kMatrixTag, tr("Matrix map")},
      [tensor = view()](const core::JobContext& job) {
        return MatrixFacts{core::metrics::matrixMap(tensor, kMapCells, kMapCells, job.part(0.0, 0.5)),
                           core::metrics::channelRanges(tensor, job.part(0.5, 1.0))};
      },
      [this](MatrixFacts facts) {
        m_matrix->setMap(std::move(facts.map));
        m_rows->setRanges(std::move(facts.ranges.rows), tr("row"));
        m_columns->setRanges(std::move(facts.ranges.columns), tr("column"));
        showWeight();
      },
      [this](const QString& sentence) { m_matrix->setMessage(sentence); });
}

void InspectWorkspace::showWeight() {
  if (!m_active || !selection().weight() || !isDecodable()) {
    m_matrix->setMarked(std::nullopt);
    m_histogram->setMarkedValue(std::numeric_limits<double>::quiet_NaN());
    return;
  }
  const std::uint64_t flat = *selection().weight(), columns = std::max<std::uint64_t>(view().shape.rowValues(), 1);
  m_matrix->setMarked(std::pair(flat / columns, flat % columns));
  float value = 0;
  core::quant::decode(view(), flat, 1, &value);
  m_histogram->setMarkedValue(static_cast<double>(value));
  const QModelIndex cell =
      m_values->index(static_cast<int>(std::min<std::uint64_t>(flat / columns, ValueTableModel::kMostRows)),
                      static_cast<int>(std::min<std::uint64_t>(flat % columns, ValueTableModel::kMostColumns)));
  const QSignalBlocker blocker(m_valueTable->selectionModel());
  m_valueTable->setCurrentIndex(cell);
  m_valueTable->scrollTo(cell);
  requestSchemes();
}

void InspectWorkspace::selectWeight(std::uint64_t flatIndex) {
  if (selection().tensorInfo() != nullptr && flatIndex < selection().tensorInfo()->shape.count())
    selection().setWeight(flatIndex);
}

void InspectWorkspace::selectWeightInBin(double low, double high) {
  if (!isDecodable()) return;
  jobs().run(
      this, {kBinTag, {}},
      [tensor = view(), low, high](const core::JobContext& job) -> std::optional<std::uint64_t> {
        std::vector<float> values;
        const std::uint64_t count = tensor.shape.count();
        for (std::uint64_t first = 0; first < count; first += kChunk) {
          job.throwIfCancelled();
          values.resize(static_cast<std::size_t>(std::min(kChunk, count - first)));
          core::quant::decode(tensor, first, values.size(), values.data());
          const auto found = std::find_if(values.begin(), values.end(), [&](float value) {
            return static_cast<double>(value) >= low && static_cast<double>(value) <= high;
          });
          if (found != values.end()) return first + static_cast<std::uint64_t>(found - values.begin());
        }
        return std::nullopt;
      },
      [this](std::optional<std::uint64_t> weight) {
        if (weight) selectWeight(*weight);
      });
}

QString InspectWorkspace::helpText() const {
  return tr(
      "Left: every tensor, as a tree and as a table that sorts and filters. Right: the weights of the selected tensor. "
      "Dashed lines stand at "
      "six standard deviations, crosses mark bins of outliers beyond them. The rows below the axis are the levels each "
      "checked scheme has for "
      "the block of the selected weight; the dequantized weights can be laid over. Click a bar, a pixel of the map or "
      "a value to select a "
      "weight; the Bits workspace shows it bit by bit.");
}

void InspectWorkspace::saveState(QSettings& settings) const {
  settings.setValue(QStringLiteral("logCounts"), m_logarithmic->isChecked());
  settings.setValue(QStringLiteral("tab"), m_tabs->currentIndex());
}

void InspectWorkspace::restoreState(QSettings& settings) {
  m_logarithmic->setChecked(settings.value(QStringLiteral("logCounts"), false).toBool());
  m_tabs->setCurrentIndex(settings.value(QStringLiteral("tab"), 0).toInt());
}

}  // namespace app
