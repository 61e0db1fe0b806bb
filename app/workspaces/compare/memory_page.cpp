#include "app/workspaces/compare/memory_page.h"

#include <QHeaderView>
#include <QPushButton>
#include <QScrollArea>
#include <QSettings>
#include <QSplitter>
#include <QTabWidget>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "app/session/size_claims.h"
#include "app/text/numbers.h"
#include "app/widgets/card.h"
#include "app/widgets/icon.h"
#include "app/widgets/kv_type_field.h"
#include "app/widgets/label.h"
#include "app/widgets/text_table.h"
#include "app/widgets/theme.h"
#include "app/workspaces/compare/compare_fields.h"
#include "app/workspaces/compare/compare_measurement.h"
#include "app/workspaces/compare/device_table_model.h"
#include "app/workspaces/compare/memory_bar.h"
#include "app/workspaces/compare/memory_bars.h"
#include "core/base/error.h"

namespace app {

namespace {

const QString kMemoryTag = QStringLiteral("compare.memory"), kClaimTag = QStringLiteral("compare.claims");

QString signedPercent(double share) {
  return (share < 0 ? QStringLiteral("−") : QStringLiteral("+")) + text::percent(std::abs(share), 2);
}

}  // namespace

MemoryPage::MemoryPage(CompareState& state, QWidget* parent)
    : QWidget(parent),
      m_state(state),
      m_plans(new SourcePlans(state, this)),
      m_bar(new MemoryBar(*m_plans, state)),
      m_devices(new DeviceTableModel(this)),
      m_bars(new MemoryBars),
      m_scroll(new QScrollArea),
      m_deviceTable(new QTableView),
      m_tabs(new QTabWidget),
      m_measured(new TextTable({tr("scheme"), tr("device"), tr("predicted"), tr("measured"), tr("error")},
                               tr("Predicted against measured"), 2)),
      m_claims(new TextTable({tr("claim"), tr("computed"), tr("difference"), tr("verdict"), tr("why")},
                             tr("Claims about sizes"), 99)),
      m_summary(new Label(Label::Style::Muted)),
      m_measuredNote(new Label(Label::Style::Hint)),
      m_measure(new QPushButton(tr("Measure here"))) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, space::kOne, 0, 0);
  column->setSpacing(space::kOne);
  column->addWidget(m_bar);
  m_summary->setObjectName(QStringLiteral("memory-summary"));
  m_summary->setElide(Qt::ElideRight);
  column->addWidget(m_summary);
  m_splitter = new QSplitter(Qt::Vertical);
  m_splitter->setHandleWidth(space::kOneHalf);
  m_splitter->setChildrenCollapsible(false);
  m_splitter->addWidget(buildPicture());
  auto* lists = new Card;
  lists->setFlush(true);
  m_tabs->setDocumentMode(true);
  m_tabs->setObjectName(QStringLiteral("memory-tabs"));
  m_tabs->setUsesScrollButtons(false);
  m_tabs->addTab(buildDevices(), tr("Devices"));
  m_tabs->addTab(buildMeasured(), tr("Predicted and measured"));
  m_tabs->addTab(buildClaims(), tr("Claims"));
  lists->body()->addWidget(m_tabs, 1);
  m_splitter->addWidget(lists);
  m_splitter->setStretchFactor(0, 3);
  m_splitter->setStretchFactor(1, 2);
  column->addWidget(m_splitter, 1);
  connect(m_plans, &SourcePlans::changed, this, &MemoryPage::refresh);
  connect(m_bar, &MemoryBar::questionChanged, this, &MemoryPage::refreshBars);
  connect(m_devices, &DeviceTableModel::devicesChanged, this, &MemoryPage::refreshBars);
  connect(m_devices, &DeviceTableModel::refused, this, &MemoryPage::problemFound);
  connect(&m_state.selection(), &Selection::schemesChanged, this, &MemoryPage::refresh);
  connect(&m_state.selection(), &Selection::currentSchemeChanged, this, &MemoryPage::refreshBars);
  connect(&m_state.selection(), &Selection::modelChanged, this, [this] {
    m_state.jobs().cancelTag(kMemoryTag);
    m_isMeasuring = false;
    m_whyNotMeasured.clear();
    showMeasured({}, {});
  });
  connect(&m_state.jobs(), &JobRunner::changed, this, &MemoryPage::noticeStopped);
  connect(&Theme::instance(), &Theme::changed, this, &MemoryPage::refresh);
  connect(m_tabs, &QTabWidget::currentChanged, this, &MemoryPage::refreshClaims);
  showMeasured({}, {});
}

QWidget* MemoryPage::buildPicture() {
  auto* card =
      flushCard(new Label(Label::Style::Hint,
                          tr("Each bar: driver and system, weights, keys and values, compute. Hatched: too much.")),
                {m_bars->createMenuButton()});
  m_scroll->setWidgetResizable(true);
  m_scroll->setFrameShape(QFrame::NoFrame);
  m_scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  m_scroll->setWidget(m_bars);
  m_scroll->setMinimumHeight(Theme::instance().px(160));
  card->body()->addWidget(m_scroll, 1);
  connect(m_bars, &MemoryBars::schemeClicked, this, [this](int scheme) {
    const auto& recipe = m_shown[static_cast<std::size_t>(scheme)];
    if (m_state.selection().entry(recipe) != nullptr) m_state.selection().setCurrentRecipe(recipe);
  });
  return card;
}

QWidget* MemoryPage::buildDevices() {
  auto* page = new QWidget;
  auto* column = new QVBoxLayout(page);
  column->setContentsMargins(0, 0, 0, 0);
  m_deviceTable->setModel(m_devices);
  setUpTable(*m_deviceTable, QStringLiteral("memory-devices"), tr("Devices"));
  m_deviceTable->horizontalHeader()->setSectionResizeMode(DeviceTableModel::Name, QHeaderView::Stretch);
  column->addWidget(m_deviceTable, 1);
  auto* buttons = new QHBoxLayout;
  buttons->setContentsMargins(space::kOne, space::kHalf, space::kOne, space::kOne);
  const auto button = [&](const QString& text, const char* name, auto pressed) {
    auto* result = new QPushButton(text);
    result->setObjectName(QLatin1String(name));
    connect(result, &QPushButton::clicked, this, pressed);
    buttons->addWidget(result);
    return result;
  };
  button(tr("Add a device"), "memory-add", [this] {
    const QModelIndex added = m_devices->index(m_devices->addDevice(), DeviceTableModel::Name);
    m_deviceTable->setCurrentIndex(added);
    m_deviceTable->edit(added);
  });
  auto* remove =
      button(tr("Remove"), "memory-remove", [this] { m_devices->removeDevice(m_deviceTable->currentIndex().row()); });
  button(tr("The usual ones"), "memory-reset", [this] { m_devices->reset(); });
  buttons->addStretch(1);
  remove->setEnabled(false);
  connect(m_deviceTable->selectionModel(), &QItemSelectionModel::currentRowChanged, remove,
          [this, remove](const QModelIndex& index) {
            remove->setEnabled(index.isValid() && !m_devices->isHere(index.row()));
          });
  column->addLayout(buttons);
  return page;
}

QWidget* MemoryPage::buildMeasured() {
  auto* page = new QWidget;
  auto* column = new QVBoxLayout(page);
  column->setContentsMargins(space::kOne, space::kOne, space::kOne, 0);
  auto* head = new QHBoxLayout;
  m_measure->setObjectName(QStringLiteral("memory-measure"));
  m_measure->setToolTip(tr("Loads every checked scheme on every device of this computer and asks what it takes"));
  connect(m_measure, &QPushButton::clicked, this, &MemoryPage::measureHere);
  m_measuredNote->setElide(Qt::ElideRight);
  head->addWidget(m_measure);
  head->addWidget(m_measuredNote, 1);
  column->addLayout(head);
  m_measured->setObjectName(QStringLiteral("memory-measured"));
  m_measured->fitColumns();
  column->addWidget(m_measured, 1);
  return page;
}

QWidget* MemoryPage::buildClaims() {
  m_claims->setObjectName(QStringLiteral("memory-claims"));
  m_claims->fitColumns();
  m_claims->wrapLastColumn();
  return m_claims;
}

std::vector<core::model::Recipe> MemoryPage::recipes() const {
  std::vector<core::model::Recipe> all{core::model::Recipe()};
  for (const auto& recipe : m_state.selection().checkedRecipes()) all.push_back(recipe);
  return all;
}

void MemoryPage::refresh() {
  if (!isVisible()) return;
  m_devices->setHere(m_state.devicesHere());
  m_plans->request(recipes());
  refreshBars();
  refreshClaims();
}

void MemoryPage::refreshBars() {
  if (!isVisible()) return;
  const Selection& selection = m_state.selection();
  const auto& source = m_plans->source();
  std::vector<MemoryBars::Group> groups;
  m_shown.clear();
  std::vector<std::pair<const PlannedModel*, core::model::Recipe>> plans;
  for (const auto& recipe : recipes())
    if (const PlannedModel* plan = m_plans->plan(recipe)) plans.emplace_back(plan, recipe);
  for (const auto& [plan, recipe] : plans) m_shown.push_back(recipe);
  for (const PlannedDevice& device : m_devices->shown()) {
    if (plans.empty()) break;
    MemoryBars::Group group{QString::fromStdString(device.name), {}};
    for (const auto& [plan, recipe] : plans) {
      const bool isStored = recipe.keepsEverything();
      const QString kept = source.kind == PlannedSource::Kind::Known   ? tr("FP16")
                           : source.kind == PlannedSource::Kind::Typed ? tr("BF16")
                                                                       : tr("as stored");
      group.bars.push_back({isStored ? kept : selection.title(recipe),
                            isStored ? Theme::instance().colors().reference : selection.color(recipe),
                            planOn(*plan, device, m_bar->question()), plan->trainedContext});
    }
    groups.push_back(std::move(group));
  }
  const bool isOpen = source.kind == PlannedSource::Kind::OpenModel;
  const auto& model = selection.model();
  m_bars->setMessage(isOpen && !model                    ? tr("Open a model, or choose one by its measures above.")
                     : isOpen && model->whyNotRunnable() ? QString::fromStdString(*model->whyNotRunnable())
                     : plans.empty()                     ? tr("Computing…")
                     : groups.empty()                    ? tr("Tick a device below.")
                                                         : QString());
  const PlannedModel* first = plans.empty() ? nullptr : plans.front().first;
  if (first != nullptr) {
    const MemoryQuestion& question = m_bar->question();
    QString summary = tr("%1 · %2 parameters · %3 · %4 for each position")
                          .arg(m_plans->title(), text::shortCount(static_cast<std::uint64_t>(first->parameters)),
                               QString::fromStdString(first->kv.describe()),
                               plannedBytes(first->kv.bytesPerPosition(question.kv) * first->kv.layers));
    if (!first->note.empty()) summary += QStringLiteral(" · ") + QString::fromStdString(first->note);
    if (first->trainedContext != 0 && question.context > first->trainedContext)
      summary += tr(" · trained for %1 only").arg(text::count(first->trainedContext));
    m_summary->setText(summary);
  } else {
    m_summary->setText(QString());
  }
  m_bars->setProvenance(m_summary->text());
  m_bars->setGroups(std::move(groups));
  const auto& current = selection.currentRecipe();
  const auto found = current ? std::ranges::find(m_shown, *current) : m_shown.end();
  m_bars->setSelected(found == m_shown.end() ? -1 : static_cast<int>(found - m_shown.begin()));
  m_measure->setEnabled(model && !model->whyNotRunnable() && isOpen);
  sayMeasured();
}

MemoryPage::MeasureQuestion MemoryPage::measureQuestion() const {
  const auto& model = m_state.selection().model();
  const MemoryQuestion& question = m_bar->question();
  return {std::min(question.context, model ? model->config().contextLength : question.context), question.kv, recipes()};
}

void MemoryPage::measureHere() {
  const auto model = m_state.selection().model();
  if (!model) return;
  const MeasureQuestion asked = measureQuestion();
  std::vector<PlannedModel> plans;
  std::vector<core::model::Recipe> planned;
  for (const auto& recipe : asked.recipes) {
    const PlannedModel* plan = m_state.plan(recipe);
    if (plan == nullptr) continue;
    plans.push_back(*plan);
    planned.push_back(recipe);
  }
  const auto work = [model, engine = m_state.engine(), devices = m_state.devicesHere(), plans, planned, type = asked.kv,
                     context = asked.context](const core::JobContext& job) {
    std::vector<Measured> rows;
    const double count = static_cast<double>(plans.size() * devices.size());
    for (std::size_t i = 0; i < plans.size(); ++i) {
      for (const PlannedDevice& device : devices) {
        const auto at = static_cast<double>(rows.size());
        const bool isHost = device.kind == PlannedDevice::Kind::Host;
        const Variant variant{planned[i],
                              DeviceChoice::parse(isHost ? "cpu" : "vulkan:" + std::to_string(device.index)), type};
        const auto measured =
            measureOnDevice(*model, *engine, variant, context, job.part(at / count, (at + 1) / count));
        const MemoryParts parts = partsOn(plans[i], device, {.context = context, .kv = type});
        rows.push_back({plans[i].title, measured.device, parts.total() - parts.overhead,
                        measured.residentBytes + measured.kvBytes});
      }
    }
    return rows;
  };
  m_isMeasuring = true;
  m_whyNotMeasured.clear();
  sayMeasured();
  m_state.jobs().run(
      this, {kMemoryTag, tr("Measuring memory"), Lane::Inference}, work,
      [this, asked](const std::vector<Measured>& rows) {
        m_isMeasuring = false;
        showMeasured(rows, asked);
      },
      [this](const QString& sentence) {
        m_isMeasuring = false;
        m_whyNotMeasured = sentence;
        sayMeasured();
      });
}

// A job that somebody cancelled delivers nothing.
void MemoryPage::noticeStopped() {
  if (!m_isMeasuring || m_state.jobs().isActive(kMemoryTag)) return;
  m_isMeasuring = false;
  m_whyNotMeasured = tr("Stopped before all was measured.");
  sayMeasured();
}

void MemoryPage::showMeasured(const std::vector<Measured>& rows, const MeasureQuestion& of) {
  m_measuredOf = of;
  std::vector<QStringList> lines;
  for (const Measured& row : rows) {
    const QString scheme = row.scheme == "stored" ? tr("as stored") : QString::fromStdString(row.scheme);
    lines.push_back({scheme, QString::fromStdString(row.device), plannedBytes(row.planned), plannedBytes(row.measured),
                     signedPercent(row.planned / row.measured - 1)});
  }
  m_measured->setLines(lines);
  sayMeasured();
}

void MemoryPage::sayMeasured() {
  const bool isOld = !(m_measuredOf == measureQuestion());
  QString note = m_whyNotMeasured;
  if (m_isMeasuring)
    note = tr("Measuring…");
  else if (note.isEmpty() && m_measuredOf.recipes.empty())
    note = tr("Not measured yet. It loads every checked scheme on this computer's devices.");
  else if (note.isEmpty())
    note = (isOld ? tr("Old: weights, scratch and a cache of %1 positions in %2. Measure again for what is asked now.")
                  : tr("Weights, scratch and a cache of %1 positions in %2."))
               .arg(text::count(m_measuredOf.context), kvTitle(m_measuredOf.kv));
  m_measuredNote->setText(note);
}

void MemoryPage::refreshClaims() {
  if (m_hasClaims || m_tabs->currentWidget() != m_claims) return;
  m_hasClaims = true;
  m_state.jobs().run(
      this, {kClaimTag, QString(), Lane::Inference}, [](const core::JobContext&) { return sizeClaims(); },
      [this](std::vector<SizeClaim> claims) {
        const QString verdicts[] = {tr("holds"), tr("with reserve"), tr("wrong")};
        std::vector<QStringList> lines;
        for (const SizeClaim& claim : claims) {
          const QString figure = claim.isFactor ? tr("%1×").arg(text::number(claim.value, 3))
                                                : tr("%1 GB").arg(text::number(claim.value, 3));
          const QString of = QString::fromStdString(claim.computed);
          const QString reason = QString::fromStdString(claim.reason);
          lines.push_back({QString::fromStdString(claim.said), figure, signedPercent(claim.error()),
                           verdicts[static_cast<int>(claim.verdict)],
                           reason.isEmpty() ? of : of + QStringLiteral(": ") + reason});
        }
        m_claims->setLines(lines);
      });
}

void MemoryPage::saveState(QSettings& settings) const {
  const MemoryQuestion& question = m_bar->question();
  settings.setValue(QStringLiteral("memory"), m_splitter->saveState());
  settings.setValue(QStringLiteral("memory-context"), question.context);
  settings.setValue(QStringLiteral("memory-sequences"), question.sequences);
  settings.setValue(QStringLiteral("memory-kv"), QString::fromStdString(nameOf(question.kv)));
  settings.setValue(QStringLiteral("memory-program"), static_cast<int>(question.program));
  settings.setValue(QStringLiteral("memory-source"), m_plans->source().toString());
  settings.setValue(QStringLiteral("memory-devices"), m_devices->save());
}

void MemoryPage::restoreState(QSettings& settings) {
  m_splitter->restoreState(settings.value(QStringLiteral("memory")).toByteArray());
  MemoryQuestion question;
  question.context = std::clamp(settings.value(QStringLiteral("memory-context"), 4096U).toUInt(), 1U, 1U << 20U);
  question.sequences = std::clamp(settings.value(QStringLiteral("memory-sequences"), 1U).toUInt(), 1U, 256U);
  try {
    question.kv = core::model::kvTypeOf(
        settings.value(QStringLiteral("memory-kv"), QStringLiteral("f16")).toString().toStdString());
  } catch (const core::Error&) {
    question.kv = core::model::KvType::F16;
  }
  question.program =
      settings.value(QStringLiteral("memory-program")).toInt() == 1 ? Program::LlamaCpp : Program::Quantscope;
  m_bar->setQuestion(question);
  m_plans->setSource(PlannedSource::parse(settings.value(QStringLiteral("memory-source")).toString()));
  m_devices->restore(settings.value(QStringLiteral("memory-devices")).toStringList());
}

}  // namespace app
