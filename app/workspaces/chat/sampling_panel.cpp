#include "app/workspaces/chat/sampling_panel.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QPlainTextEdit>
#include <QSettings>
#include <QSpinBox>
#include <limits>

#include "app/widgets/label.h"
#include "app/widgets/theme.h"

namespace app {

SamplingPanel::SamplingPanel(QWidget* parent) : QWidget(parent) {
  m_form = new QFormLayout(this);
  m_form->setContentsMargins(0, 0, 0, 0);
  m_form->setSpacing(space::kOne);
  m_form->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
  m_device = new QComboBox;
  m_device->setAccessibleName(tr("Device"));
  m_device->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  m_device->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  m_form->addRow(tr("Device"), m_device);
  connect(m_device, &QComboBox::activated, this, &SamplingPanel::deviceChanged);

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
  m_system = new QPlainTextEdit;
  m_system->setPlaceholderText(tr("None"));
  m_system->setMaximumHeight(72);
  m_system->setTabChangesFocus(true);
  m_system->setAccessibleName(tr("System prompt"));
  m_form->addRow(new Label(Label::Style::Body, tr("System prompt")));
  m_form->addRow(m_system);
  setDevices({{QStringLiteral("auto"), tr("Automatic")}});
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
}

void SamplingPanel::restore(const QSettings& settings) {
  m_temperature->setValue(settings.value(QStringLiteral("temperature"), m_temperature->value()).toDouble());
  m_topK->setValue(settings.value(QStringLiteral("topK"), m_topK->value()).toInt());
  m_topP->setValue(settings.value(QStringLiteral("topP"), m_topP->value()).toDouble());
  m_minP->setValue(settings.value(QStringLiteral("minP"), m_minP->value()).toDouble());
  m_penalty->setValue(settings.value(QStringLiteral("repetitionPenalty"), m_penalty->value()).toDouble());
  m_seed->setValue(settings.value(QStringLiteral("seed"), m_seed->value()).toInt());
  m_maxTokens->setValue(settings.value(QStringLiteral("maxTokens"), m_maxTokens->value()).toInt());
  m_system->setPlainText(settings.value(QStringLiteral("systemPrompt")).toString());
}

}  // namespace app
