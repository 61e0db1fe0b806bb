#include "app/workspaces/compare/adviser_page.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QScrollArea>
#include <QSettings>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QVBoxLayout>
#include <algorithm>

#include "app/text/numbers.h"
#include "app/widgets/card.h"
#include "app/widgets/flow_layout.h"
#include "app/widgets/label.h"
#include "app/widgets/named_field.h"
#include "app/widgets/reflow_row.h"
#include "app/widgets/theme.h"
#include "app/workspaces/compare/candidate_card.h"
#include "app/workspaces/compare/compare_fields.h"
#include "app/workspaces/compare/compare_rows.h"
#include "app/workspaces/compare/device_table_model.h"

namespace app {

namespace {

constexpr double kRowWidth = 640;
constexpr int kCandidates = 3;

QString nameOfPreset(const AdvicePreset& preset) { return QString::fromStdString(preset.title); }

}  // namespace

AdviserPage::AdviserPage(CompareState& state, SourcePlans& plans, DeviceTableModel& devices, QWidget* parent)
    : QWidget(parent),
      m_state(state),
      m_plans(plans),
      m_devices(devices),
      m_preset(new QComboBox),
      m_device(new QComboBox),
      m_priority(new QComboBox),
      m_context(new QSpinBox),
      m_sequences(new QSpinBox),
      m_price(new QDoubleSpinBox),
      m_verdict(new Label(Label::Style::Title)),
      m_said(new Label(Label::Style::Muted)),
      m_basis(new Label(Label::Style::Hint)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, space::kOne, 0, 0);
  column->setSpacing(space::kOne);
  column->addWidget(buildBar());
  m_verdict->setObjectName(QStringLiteral("advice-verdict"));
  m_said->setObjectName(QStringLiteral("advice-said"));
  m_basis->setObjectName(QStringLiteral("advice-basis"));
  for (Label* label : {m_verdict, m_said, m_basis}) {
    label->setWrapping();
    column->addWidget(label);
  }
  auto* inside = new QWidget;
  auto* cards = new QVBoxLayout(inside);
  cards->setContentsMargins(0, 0, 0, 0);
  auto* row = new ReflowRow(kRowWidth);
  row->setSpacing(space::kOneHalf);
  for (int i = 0; i < kCandidates; ++i) {
    auto* card = new CandidateCard;
    card->hide();
    connect(card, &CandidateCard::useWanted, this, [this, card] { use(*card); });
    row->addWidget(card, 1);
    m_cards.push_back(card);
  }
  cards->addLayout(row);
  cards->addStretch(1);
  auto* scroll = new QScrollArea;
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setWidget(inside);
  scroll->viewport()->setAutoFillBackground(false);
  inside->setAutoFillBackground(false);
  column->addWidget(scroll, 1);
  connect(&m_plans, &SourcePlans::changed, this, &AdviserPage::refresh);
  connect(&m_state, &CompareState::measured, this, &AdviserPage::advise);
  connect(&m_devices, &DeviceTableModel::devicesChanged, this, &AdviserPage::fillDevices);
  connect(&m_state.selection(), &Selection::schemesChanged, this, &AdviserPage::refresh);
  connect(&Theme::instance(), &Theme::changed, this, &AdviserPage::advise);
  fillDevices();
  askPreset();
}

QWidget* AdviserPage::buildBar() {
  auto* bar = new QWidget;
  auto* flow = new FlowLayout(bar);
  flow->setSpacing(space::kOne);
  m_preset->addItem(tr("My own"), QString());
  for (const AdvicePreset& preset : advicePresets())
    m_preset->addItem(nameOfPreset(preset), QString::fromStdString(preset.id));
  m_preset->setCurrentIndex(2);  // a consumer GPU
  m_priority->addItem(tr("quality"), static_cast<int>(AdvicePriority::Quality));
  m_priority->addItem(tr("speed"), static_cast<int>(AdvicePriority::Speed));
  m_priority->addItem(tr("size"), static_cast<int>(AdvicePriority::Size));
  m_context->setRange(1, 1 << 20);
  m_context->setSingleStep(1024);
  m_context->setGroupSeparatorShown(true);
  m_sequences->setRange(1, 256);
  m_price->setRange(0, 10000);
  m_price->setDecimals(2);
  m_price->setSpecialValueText(tr("none"));
  m_price->setToolTip(
      tr("What an hour of the device costs, in any currency; with the speed measured here it gives the "
         "cost of a million tokens"));
  const std::tuple<QWidget*, const char*, QString> fields[] = {
      {m_preset, "advice-preset", tr("Situation")},   {m_device, "advice-device", tr("Device")},
      {m_context, "advice-context", tr("Context")},   {m_sequences, "advice-sequences", tr("Sequences")},
      {m_priority, "advice-priority", tr("Matters")}, {m_price, "advice-price", tr("Price per hour")}};
  for (const auto& [field, name, title] : fields) {
    field->setObjectName(QLatin1String(name));
    flow->addWidget(namedField(title, field));
  }
  const auto own = [this] {
    m_preset->setCurrentIndex(0);
    advise();
  };
  connect(m_preset, &QComboBox::activated, this, &AdviserPage::askPreset);
  connect(m_device, &QComboBox::activated, this, own);
  connect(m_priority, &QComboBox::activated, this, own);
  connect(m_context, &QSpinBox::valueChanged, this, own);
  connect(m_sequences, &QSpinBox::valueChanged, this, own);
  connect(m_price, &QDoubleSpinBox::valueChanged, this, &AdviserPage::advise);
  return bar;
}

void AdviserPage::fillDevices() {
  const QString before = m_device->currentText();
  const QSignalBlocker blocked(m_device);
  m_device->clear();
  m_choices = m_devices.all();
  for (const PlannedDevice& device : m_choices) m_device->addItem(QString::fromStdString(device.name));
  const int index = m_device->findText(before);
  m_device->setCurrentIndex(std::max(index, 0));
  // A situation names its device; without that one it is no longer the situation.
  if (index < 0 && !preset().isEmpty()) return askPreset();
  advise();
}

QString AdviserPage::preset() const { return m_preset->currentData().toString(); }

bool AdviserPage::choosePreset(const QString& id) {
  const int index = m_preset->findData(id);
  if (index < 0) return false;
  m_preset->setCurrentIndex(index);
  askPreset();
  return true;
}

void AdviserPage::askPreset() {
  const auto& presets = advicePresets();
  const auto found = std::ranges::find(presets, preset().toStdString(), &AdvicePreset::id);
  if (found != presets.end()) {
    const QSignalBlocker a(m_device), b(m_context), c(m_sequences), d(m_priority);
    const AdviceQuestion& asked = found->question;
    int index = m_device->findText(QString::fromStdString(asked.device.name));
    if (index < 0) {  // removed from the list
      m_choices.push_back(asked.device);
      m_device->addItem(QString::fromStdString(asked.device.name));
      index = m_device->count() - 1;
    }
    m_device->setCurrentIndex(index);
    m_context->setValue(static_cast<int>(asked.memory.context));
    m_sequences->setValue(static_cast<int>(asked.memory.sequences));
    m_priority->setCurrentIndex(m_priority->findData(static_cast<int>(asked.priority)));
  }
  advise();
}

AdviceQuestion AdviserPage::question() const {
  AdviceQuestion asked;
  const int index = m_device->currentIndex();
  if (index >= 0) asked.device = m_choices[static_cast<std::size_t>(index)];
  asked.memory.context = static_cast<std::uint32_t>(m_context->value());
  asked.memory.sequences = static_cast<std::uint32_t>(m_sequences->value());
  asked.priority = static_cast<AdvicePriority>(m_priority->currentData().toInt());
  return asked;
}

/// The checked schemes, and what is usual, where nobody ticked it.
std::vector<core::model::Recipe> AdviserPage::recipes() const {
  std::vector<core::model::Recipe> all{core::model::Recipe()};
  const auto add = [&all](const core::model::Recipe& recipe) {
    if (std::ranges::find(all, recipe) == all.end()) all.push_back(recipe);
  };
  for (const auto& recipe : m_state.selection().checkedRecipes()) add(recipe);
  for (const auto& recipe : usualAdviceRecipes()) add(recipe);
  return all;
}

std::vector<AdviceOption> AdviserPage::options() const {
  std::vector<AdviceOption> all;
  const bool isOpen = m_plans.source().kind == PlannedSource::Kind::OpenModel;
  const CompareMeasurement* measurement = isOpen && !m_state.isOld() ? m_state.measurement() : nullptr;
  const auto rows = measurement == nullptr ? std::vector<CompareRow>() : compareRows(m_state);
  for (const auto& recipe : recipes()) {
    const PlannedModel* plan = m_plans.plan(recipe);
    if (plan == nullptr) continue;
    AdviceOption option{*plan, std::nullopt};
    const auto row = std::ranges::find_if(
        rows, [&](const CompareRow& r) { return r.recipe == recipe && r.state == CompareRow::State::Measured; });
    if (row != rows.end()) {
      option.measured = SchemeMeasurement{row->isReference ? 0 : row->figures.klMean.value,
                                          row->isReference ? 0 : row->figures.klMean.error, noiseFloorOf(m_state),
                                          row->decode, measurement->evaluation.textTitle};
    }
    all.push_back(std::move(option));
  }
  return all;
}

void AdviserPage::refresh() {
  if (!isVisible()) return;
  m_devices.setHere(m_state.devicesHere());
  m_plans.request(recipes());
  advise();
}

QString AdviserPage::costOf(const Candidate& candidate) const {
  if (m_price->value() <= 0) return {};
  if (!candidate.measured || candidate.measured->decodeTokensPerS <= 0) return tr("Cost: measure its speed first.");
  const double cost = costPerMillionTokens(m_price->value(), candidate.measured->decodeTokensPerS);
  return tr("%1 for a million tokens, at %2 tokens/s as measured here")
      .arg(text::number(cost, 3), text::number(candidate.measured->decodeTokensPerS, 3));
}

void AdviserPage::advise() {
  if (!isVisible()) return;
  const auto choices = options();
  const bool isOpen = m_plans.source().kind == PlannedSource::Kind::OpenModel;
  for (CandidateCard* card : m_cards) card->hide();
  const auto& presets = advicePresets();
  const auto preset = std::ranges::find(presets, this->preset().toStdString(), &AdvicePreset::id);
  QString said;
  if (preset != presets.end() && !preset->said.empty())
    said = (preset->agrees ? tr("The introductions say %1.") : tr("The introductions say %1; not agreed here."))
               .arg(QString::fromStdString(preset->said));
  if (preset != presets.end() && !preset->comment.empty())
    said += (said.isEmpty() ? QString() : QStringLiteral(" ")) + QString::fromStdString(preset->comment);
  m_said->setText(said);
  m_said->setVisible(!said.isEmpty());
  if (choices.empty()) {
    m_advice = {};
    m_basis->clear();
    const auto& model = m_state.selection().model();
    return m_verdict->setText(isOpen && !model ? tr("Open a model, or choose one by its measures in Memory.")
                              : isOpen && model->whyNotRunnable() ? QString::fromStdString(*model->whyNotRunnable())
                                                                  : tr("Computing what everything would weigh…"));
  }
  m_advice = app::advise(question(), choices);
  m_verdict->setText(QString::fromStdString(m_advice.verdict));
  const auto measured = std::ranges::count_if(choices, [](const AdviceOption& o) { return o.measured.has_value(); });
  m_basis->setText(
      measured == 0 ? tr("For %1, from %2 schemes. Nothing was measured: order is by bits per weight. Measure in the "
                         "first tab, and figures decide.")
                          .arg(m_plans.title())
                          .arg(choices.size())
                    : tr("For %1, from %2 schemes, %3 of them measured here.")
                          .arg(m_plans.title())
                          .arg(choices.size())
                          .arg(measured));
  for (std::size_t i = 0; i < m_advice.candidates.size(); ++i) {
    const Candidate& candidate = m_advice.candidates[i];
    const auto known = recipes();
    const auto recipe = std::ranges::find_if(known, [&](const auto& r) { return r.toString() == candidate.scheme; });
    const bool isListed = recipe != known.end() && m_state.selection().entry(*recipe) != nullptr;
    const QString title = candidate.scheme == "stored" ? tr("as stored")
                          : isListed                   ? m_state.selection().title(*recipe)
                                                       : QString::fromStdString(candidate.title);
    const QColor color = isListed && m_state.selection().isChecked(*recipe) ? m_state.selection().color(*recipe)
                                                                            : Theme::instance().colors().accent;
    m_cards[i]->show(candidate, title, color, costOf(candidate), i == 0);
  }
}

void AdviserPage::use(const CandidateCard& card) {
  for (const auto& recipe : recipes()) {
    if (recipe.toString() != card.scheme() || recipe.keepsEverything()) continue;
    if (m_state.selection().entry(recipe) == nullptr)
      m_state.selection().addOwn(recipe);
    else
      m_state.selection().setChecked(recipe, true);
    m_state.selection().setCurrentRecipe(recipe);
  }
}

void AdviserPage::saveState(QSettings& settings) const {
  settings.setValue(QStringLiteral("advice-preset"), preset());
  settings.setValue(QStringLiteral("advice-context"), m_context->value());
  settings.setValue(QStringLiteral("advice-sequences"), m_sequences->value());
  settings.setValue(QStringLiteral("advice-priority"), m_priority->currentIndex());
  settings.setValue(QStringLiteral("advice-device"), m_device->currentText());
  settings.setValue(QStringLiteral("advice-price"), m_price->value());
}

void AdviserPage::restoreState(QSettings& settings) {
  m_price->setValue(settings.value(QStringLiteral("advice-price"), 0.0).toDouble());
  const QString preset = settings.value(QStringLiteral("advice-preset"), QStringLiteral("consumer")).toString();
  if (!preset.isEmpty() && choosePreset(preset)) return;
  const QSignalBlocker a(m_device), b(m_context), c(m_sequences), d(m_priority), e(m_preset);
  m_preset->setCurrentIndex(0);
  m_context->setValue(settings.value(QStringLiteral("advice-context"), 4096).toInt());
  m_sequences->setValue(settings.value(QStringLiteral("advice-sequences"), 1).toInt());
  m_priority->setCurrentIndex(std::clamp(settings.value(QStringLiteral("advice-priority")).toInt(), 0, 2));
  const int device = m_device->findText(settings.value(QStringLiteral("advice-device")).toString());
  m_device->setCurrentIndex(std::max(device, 0));
}

}  // namespace app
