#include "app/workspaces/chat/sampling_panel.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QPlainTextEdit>
#include <QSettings>
#include <QSpinBox>
#include <QStandardItemModel>
#include <algorithm>
#include <limits>

#include "app/text/device_hint.h"
#include "app/text/numbers.h"
#include "app/widgets/kv_type_field.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/chat/prompt_cache_field.h"
#include "app/workspaces/chat/template_panel.h"
#include "core/base/error.h"

namespace app {

namespace {
constexpr int kContextStep = 256;
}  // namespace

SamplingPanel::SamplingPanel(QWidget* parent) : QWidget(parent) {
  m_form = new QFormLayout(this);
  m_form->setContentsMargins(0, 0, 0, 0);
  m_form->setSpacing(space::kOne);
  m_form->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
  m_device = new QComboBox;
  m_device->setObjectName(QStringLiteral("sampling-device"));
  m_device->setAccessibleName(tr("Device"));
  m_device->setToolTip(text::deviceHint());
  m_device->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  m_device->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  m_form->addRow(tr("Device"), m_device);
  connect(m_device, &QComboBox::activated, this, &SamplingPanel::groundChanged);
  addKvType();
  addContext();
  m_promptCache = new PromptCacheField;
  m_form->addRow(tr("Prompt cache"), m_promptCache);
  m_template = new TemplatePanel;
  m_form->addRow(m_template);
  setTemplateVariables({});
  connect(m_template, &TemplatePanel::changed, this, &SamplingPanel::summaryChanged);

  addPresets();
  m_temperature = addReal(tr("Temperature"), 0, 5, 0.1, 0.0, tr("0 always takes the most probable token (greedy)."));
  m_topK = addWhole(tr("Top-k"), 0, 1000, 40, tr("Draw from the k most probable tokens; 0 is off."));
  m_topP =
      addReal(tr("Top-p"), 0.01, 1, 0.05, 0.95, tr("Draw from the smallest set with this much probability; 1 is off."));
  m_minP = addReal(tr("Min-p"), 0, 0.99, 0.01, 0.05,
                   tr("Leave out tokens below this share of the most probable one; 0 is off."));
  m_penalty = addReal(tr("Repetition"), 1, 3, 0.05, 1.0,
                      tr("Repetition penalty: makes tokens of the last 64 less probable; 1 is off."));
  m_seed = addWhole(tr("Seed"), 0, std::numeric_limits<int>::max(), 0,
                    tr("The same seed gives the same answer; every pane uses it."));
  m_maxTokens = addWhole(tr("Most tokens"), 1, 4096, 128, tr("Tokens after which an answer is cut off."));
  addSystemPrompt();
  for (QDoubleSpinBox* box : {m_temperature, m_topP, m_minP, m_penalty})
    connect(box, &QDoubleSpinBox::valueChanged, this, &SamplingPanel::summaryChanged);
  for (QSpinBox* box : {m_topK, m_seed, m_maxTokens})
    connect(box, &QSpinBox::valueChanged, this, &SamplingPanel::summaryChanged);
  connect(this, &SamplingPanel::summaryChanged, this, &SamplingPanel::showPreset);
  setDevices({{QStringLiteral("auto"), tr("Automatic")}});
  showPreset();
}

void SamplingPanel::addPresets() {
  m_preset = new QComboBox;
  m_preset->setObjectName(QStringLiteral("sampling-preset"));
  m_preset->setAccessibleName(tr("Sampling"));
  m_preset->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  m_preset->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  m_preset->setToolTip(
      tr("Greedy, as the model's makers say (generation_config.json, general.sampling.*), as the "
         "demonstration did (temperature 0.7, top-p 0.9, repetition 1.1, 128 tokens), or your own"));
  for (const auto preset :
       {SamplingPreset::Greedy, SamplingPreset::ModelsOwn, SamplingPreset::Demonstration, SamplingPreset::Own})
    m_preset->addItem(nameOf(preset), static_cast<int>(preset));
  m_presetText = new Label(Label::Style::Hint);
  m_presetText->setObjectName(QStringLiteral("own-sampling-text"));
  m_presetText->setWrapping();
  m_form->addRow(tr("Sampling"), m_preset);
  m_form->addRow(m_presetText);
  connect(m_preset, &QComboBox::activated, this,
          [this] { take(static_cast<SamplingPreset>(m_preset->currentData().toInt())); });
}

void SamplingPanel::setTemplateVariables(const std::vector<core::text::TemplateVariable>& variables) {
  m_template->setVariables(variables);
  m_form->setRowVisible(m_template, !m_template->isEmpty());
}

void SamplingPanel::setModelDefaults(const core::model::GenerationDefaults& defaults) {
  m_defaults = defaults;
  Q_EMIT summaryChanged();
}

SamplingPreset SamplingPanel::preset() const { return presetOf(options(), m_defaults); }

void SamplingPanel::take(SamplingPreset preset) {
  const auto wanted =
      preset == SamplingPreset::Own ? m_own.value_or(options()) : applied(preset, options(), m_defaults);
  const auto own = m_own;
  m_temperature->setValue(static_cast<double>(wanted.sampling.temperature));
  m_topK->setValue(static_cast<int>(wanted.sampling.topK));
  m_topP->setValue(static_cast<double>(wanted.sampling.topP));
  m_minP->setValue(static_cast<double>(wanted.sampling.minP));
  m_penalty->setValue(static_cast<double>(wanted.sampling.repetitionPenalty));
  m_maxTokens->setValue(static_cast<int>(wanted.maxTokens));
  m_own = own;  // what stood here between two knobs was nobody's
  showPreset();
}

void SamplingPanel::showPreset() {
  const SamplingPreset now = preset();
  if (now == SamplingPreset::Own) m_own = options();
  auto* items = qobject_cast<QStandardItemModel*>(m_preset->model());
  items->item(m_preset->findData(static_cast<int>(SamplingPreset::ModelsOwn)))->setEnabled(!m_defaults.isEmpty());
  items->item(m_preset->findData(static_cast<int>(SamplingPreset::Own)))->setEnabled(m_own.has_value());
  m_preset->setCurrentIndex(m_preset->findData(static_cast<int>(now)));
  m_form->setRowVisible(m_presetText, !m_defaults.isEmpty());
  m_presetText->setText(now == SamplingPreset::ModelsOwn ? tr("In force: %1").arg(inWords(m_defaults))
                                                         : tr("Its makers say: %1").arg(inWords(m_defaults)));
}

void SamplingPanel::addKvType() {
  m_kvType = new KvTypeField(QStringLiteral("kv-type"), Qt::Vertical);
  m_form->addRow(tr("KV cache"), m_kvType);
  connect(m_kvType, &KvTypeField::chosen, this, &SamplingPanel::groundChanged);
}

core::model::KvType SamplingPanel::kvType() const { return m_kvType->type(); }

void SamplingPanel::addContext() {
  m_context = addWhole(tr("Context"), 0, 0, 0,
                       tr("Tokens of conversation a pane can hold. A longer context takes more memory."));
  m_context->setObjectName(QStringLiteral("context"));
  m_context->setSingleStep(kContextStep);
  m_context->setSpecialValueText(tr("automatic"));
  m_context->setKeyboardTracking(false);
  m_contextCost = new Label(Label::Style::Hint);
  m_contextCost->setObjectName(QStringLiteral("context-cost"));
  m_contextCost->setWrapping();
  m_form->addRow(m_contextCost);
  connect(m_context, &QSpinBox::valueChanged, this, [this] {
    showContextCost();
    Q_EMIT groundChanged();
  });
}

void SamplingPanel::addSystemPrompt() {
  m_system = new QPlainTextEdit;
  m_system->setPlaceholderText(tr("None"));
  m_system->setMaximumHeight(72);
  m_system->setTabChangesFocus(true);
  m_system->setAccessibleName(tr("System prompt"));
  connect(m_system, &QPlainTextEdit::textChanged, this, &SamplingPanel::summaryChanged);
  m_form->addRow(new Label(Label::Style::Body, tr("System prompt")));
  m_form->addRow(m_system);
}

std::uint32_t SamplingPanel::contextLength() const { return static_cast<std::uint32_t>(m_context->value()); }

void SamplingPanel::setContextLength(std::uint32_t tokens) { m_context->setValue(static_cast<int>(tokens)); }

void SamplingPanel::focusContext() {
  m_context->setFocus(Qt::OtherFocusReason);
  m_context->selectAll();
}

void SamplingPanel::setModelContext(std::uint32_t own, std::uint32_t automatic, std::uint64_t kvBytesPerToken) {
  const QSignalBlocker blocker(m_context);
  m_automaticContext = automatic;
  m_kvBytesPerToken = kvBytesPerToken;
  m_context->setRange(0, static_cast<int>(std::min<std::uint32_t>(own, std::numeric_limits<int>::max())));
  m_context->setEnabled(own != 0);
  showContextCost();
}

void SamplingPanel::showContextCost() {
  if (!m_context->isEnabled()) return m_contextCost->setText({});
  const auto own = static_cast<std::uint64_t>(m_context->maximum());
  const std::uint64_t tokens = contextLength() == 0 ? m_automaticContext : contextLength();
  m_contextCost->setText(tr("%1 of the model's %2 tokens: %3 of KV cache a pane")
                             .arg(text::count(tokens), text::count(own), text::bytes(tokens * m_kvBytesPerToken)));
}

QString SamplingPanel::summary() const {
  const QString seed = text::count(static_cast<std::uint64_t>(m_seed->value()));
  const bool isGreedy = m_temperature->value() == 0;
  const SamplingPreset now = preset();
  QString how;  // short: it stands on a button
  if (now == SamplingPreset::ModelsOwn)
    how = isGreedy ? tr("the model's own · greedy") : tr("the model's own · seed %1").arg(seed);
  else if (now == SamplingPreset::Demonstration)
    how = tr("the demonstration's · seed %1").arg(seed);
  else
    how = isGreedy ? tr("greedy") : tr("temperature %1 · seed %2").arg(text::number(m_temperature->value(), 2), seed);
  return tr("%1 · at most %2 tokens").arg(how, text::count(static_cast<std::uint64_t>(m_maxTokens->value())));
}

QDoubleSpinBox* SamplingPanel::addReal(const QString& label, double low, double high, double step, double value,
                                       const QString& help) {
  auto* box = new QDoubleSpinBox;
  box->setRange(low, high);
  box->setSingleStep(step);
  box->setValue(value);
  box->setToolTip(help);
  box->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  box->setAccessibleName(label);
  m_form->addRow(label, box);
  return box;
}

QSpinBox* SamplingPanel::addWhole(const QString& label, int low, int high, int value, const QString& help) {
  auto* box = new QSpinBox;
  box->setRange(low, high);
  box->setValue(value);
  box->setToolTip(help);
  box->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  box->setAccessibleName(label);
  m_form->addRow(label, box);
  return box;
}

core::model::GenerationOptions SamplingPanel::options() const {
  core::model::GenerationOptions options;
  options.sampling.temperature = static_cast<float>(m_temperature->value());
  options.sampling.topK = static_cast<std::uint32_t>(m_topK->value());
  options.sampling.topP = static_cast<float>(m_topP->value());
  options.sampling.minP = static_cast<float>(m_minP->value());
  options.sampling.repetitionPenalty = static_cast<float>(m_penalty->value());
  options.sampling.seed = static_cast<std::uint64_t>(m_seed->value());
  options.maxTokens = static_cast<std::uint32_t>(m_maxTokens->value());
  return options;
}

QString SamplingPanel::systemPrompt() const { return m_system->toPlainText().trimmed(); }

DeviceChoice SamplingPanel::device() const {
  return DeviceChoice::parse(m_device->currentData().toString().toStdString());
}

void SamplingPanel::setDevices(const std::vector<std::pair<QString, QString>>& devices) {
  const QString current = m_device->currentData().toString();
  m_device->clear();
  for (const auto& [choice, name] : devices) m_device->addItem(name, choice);
  setDevice(current);
}

void SamplingPanel::setDevice(const QString& choice) {
  m_device->setCurrentIndex(std::max(m_device->findData(choice), 0));
}

void SamplingPanel::save(QSettings& settings) const {
  settings.setValue(QStringLiteral("temperature"), m_temperature->value());
  settings.setValue(QStringLiteral("topK"), m_topK->value());
  settings.setValue(QStringLiteral("topP"), m_topP->value());
  settings.setValue(QStringLiteral("minP"), m_minP->value());
  settings.setValue(QStringLiteral("repetitionPenalty"), m_penalty->value());
  settings.setValue(QStringLiteral("seed"), m_seed->value());
  settings.setValue(QStringLiteral("maxTokens"), m_maxTokens->value());
  settings.setValue(QStringLiteral("systemPrompt"), m_system->toPlainText());
  m_promptCache->save(settings);
  settings.setValue(QStringLiteral("keysAndValues"), QString::fromStdString(core::model::nameOf(kvType())));
}

void SamplingPanel::restore(const QSettings& settings) {
  m_temperature->setValue(settings.value(QStringLiteral("temperature"), m_temperature->value()).toDouble());
  m_topK->setValue(settings.value(QStringLiteral("topK"), m_topK->value()).toInt());
  m_topP->setValue(settings.value(QStringLiteral("topP"), m_topP->value()).toDouble());
  m_minP->setValue(settings.value(QStringLiteral("minP"), m_minP->value()).toDouble());
  m_penalty->setValue(settings.value(QStringLiteral("repetitionPenalty"), m_penalty->value()).toDouble());
  m_seed->setValue(settings.value(QStringLiteral("seed"), m_seed->value()).toInt());
  m_maxTokens->setValue(settings.value(QStringLiteral("maxTokens"), m_maxTokens->value()).toInt());
  try {
    m_kvType->setType(core::model::kvTypeOf(
        settings.value(QStringLiteral("keysAndValues"), QStringLiteral("f16")).toString().toStdString()));
  } catch (const core::Error&) {
    // Written by another version of the program: then as usual.
  }
  m_promptCache->restore(settings);
  m_system->setPlainText(settings.value(QStringLiteral("systemPrompt")).toString());
  m_own.reset();  // what stood here between two knobs was nobody's
  showPreset();
}

}  // namespace app
