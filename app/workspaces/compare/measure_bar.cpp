#include "app/workspaces/compare/measure_bar.h"

#include <QComboBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>

#include "app/widgets/flow_layout.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/compare/compare_fields.h"
#include "app/workspaces/compare/compare_state.h"

namespace app {

namespace {

const QString kFile = QStringLiteral("file…");
constexpr int kMostTokens = 1 << 22, kTokenStep = 1024, kContents = 13;

}  // namespace

MeasureBar::MeasureBar(CompareState& state, QWidget* parent)
    : QWidget(parent),
      m_state(state),
      m_text(new QComboBox),
      m_device(new QComboBox),
      m_kv(new QComboBox),
      m_reference(new QComboBox),
      m_tokens(new QSpinBox),
      m_measure(new QPushButton) {
  auto* flow = new FlowLayout(this);
  flow->setSpacing(space::kOne);
  buildText();
  buildDevices();
  flow->addWidget(namedField(tr("Text"), m_text));
  flow->addWidget(namedField(tr("Tokens"), m_tokens));
  flow->addWidget(namedField(tr("Device"), m_device));
  flow->addWidget(namedField(tr("KV"), m_kv));
  flow->addWidget(namedField(tr("Against"), m_reference));
  m_measure->setObjectName(QStringLiteral("compare-measure"));
  m_measure->setProperty("kind", QStringLiteral("primary"));
  connect(m_measure, &QPushButton::clicked, this,
          [this] { m_state.isMeasuring() ? m_state.stop() : m_state.measure(); });
  connect(&m_state, &CompareState::measured, this, &MeasureBar::refresh);
  connect(&m_state, &CompareState::questionChanged, this, &MeasureBar::refresh);
  connect(&m_state, &CompareState::plansChanged, this, &MeasureBar::buildDevices);
  connect(&m_state.selection(), &Selection::comparedModelChanged, this, &MeasureBar::fillReference);
  connect(&m_state.selection(), &Selection::modelChanged, this, &MeasureBar::refresh);
  connect(&m_state.selection(), &Selection::schemesChanged, this, &MeasureBar::refresh);
  fillReference();
  refresh();
}

void MeasureBar::buildText() {
  m_text->setObjectName(QStringLiteral("compare-text"));
  m_text->addItem(tr("Demo conversations"), QStringLiteral("demo"));
  m_text->addItem(tr("Prose"), QStringLiteral("prose"));
  m_text->addItem(tr("File…"), kFile);
  m_text->setToolTip(tr("What is read. Of conversations (JSONL) only the answers are scored."));
  m_tokens->setObjectName(QStringLiteral("compare-tokens"));
  m_tokens->setRange(0, kMostTokens);
  m_tokens->setSingleStep(kTokenStep);
  m_tokens->setSpecialValueText(tr("all"));
  m_tokens->setValue(static_cast<int>(m_state.question().tokens));
  m_tokens->setToolTip(tr("Read at most so many tokens; 0 reads all of the text"));
  m_kv->setObjectName(QStringLiteral("compare-kv"));
  for (const auto type : {core::model::KvType::F16, core::model::KvType::F32, core::model::KvType::Int8})
    m_kv->addItem(kvText(storageOf(type)), static_cast<int>(type));
  m_kv->setToolTip(tr("What the compared models round keys and values to; the reference keeps FP16"));
  m_reference->setObjectName(QStringLiteral("compare-reference"));
  m_device->setObjectName(QStringLiteral("compare-device"));
  for (QComboBox* box : {m_device, m_reference, m_text}) {
    box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    box->setMinimumContentsLength(kContents);
  }
  connect(m_text, &QComboBox::activated, this, [this] { m_text->currentData() == kFile ? chooseFile() : ask(); });
  connect(m_tokens, &QSpinBox::valueChanged, this, &MeasureBar::ask);
  for (QComboBox* box : {m_device, m_kv, m_reference}) connect(box, &QComboBox::activated, this, &MeasureBar::ask);
}

void MeasureBar::buildDevices() {
  const QVariant before = m_device->currentData();
  const QSignalBlocker blocked(m_device);
  m_device->clear();
  m_device->addItem(tr("Automatic"), QStringLiteral("auto"));
  m_device->addItem(tr("CPU"), QStringLiteral("cpu"));
  for (const PlannedDevice& device : m_state.devicesHere())
    if (device.kind == PlannedDevice::Kind::Vulkan)
      m_device->addItem(QString::fromStdString(device.name), QStringLiteral("vulkan:%1").arg(device.index));
  const QString asked = QString::fromStdString(m_state.question().device.toString());
  const int index = m_device->findData(before.isValid() ? before : QVariant(asked));
  m_device->setCurrentIndex(std::max(index, 0));
}

void MeasureBar::fillReference() {
  const QSignalBlocker blocked(m_reference);
  m_reference->clear();
  m_reference->addItem(tr("Weights as stored"), static_cast<int>(CompareQuestion::Reference::Stored));
  if (const auto compared = m_state.selection().comparedRecipe())
    m_reference->addItem(m_state.selection().title(*compared),
                         static_cast<int>(CompareQuestion::Reference::ComparedModel));
  m_reference->setCurrentIndex(std::max(0, m_reference->findData(static_cast<int>(m_state.question().reference))));
  ask();
}

void MeasureBar::chooseFile() {
  auto* dialog = new QFileDialog(window(), tr("A text to evaluate on"), QString(),
                                 tr("Texts and conversations (*.txt *.md *.jsonl);;All files (*)"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::ExistingFile);
  connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& file) {
    CompareQuestion question = m_state.question();
    question.text = file;
    m_state.setQuestion(question);
  });
  connect(dialog, &QFileDialog::finished, this, &MeasureBar::refresh);
  dialog->open();
}

void MeasureBar::ask() {
  CompareQuestion question = m_state.question();
  if (m_text->currentData() != kFile) question.text = m_text->currentData().toString();
  question.tokens = static_cast<std::uint32_t>(m_tokens->value());
  question.device = DeviceChoice::parse(m_device->currentData().toString().toStdString());
  question.kv = static_cast<core::model::KvType>(m_kv->currentData().toInt());
  question.reference = static_cast<CompareQuestion::Reference>(m_reference->currentData().toInt());
  m_state.setQuestion(question);
}

void MeasureBar::refresh() {
  const CompareQuestion& question = m_state.question();
  const QSignalBlocker text(m_text), tokens(m_tokens), device(m_device), kv(m_kv), reference(m_reference);
  if (m_text->findData(question.text) < 0) {
    if (m_text->count() > 3) m_text->removeItem(2);
    m_text->insertItem(2, QFileInfo(question.text).fileName(), question.text);
  }
  m_text->setCurrentIndex(m_text->findData(question.text));
  m_tokens->setValue(static_cast<int>(question.tokens));
  const QString asked = QString::fromStdString(question.device.toString());
  if (m_device->findData(asked) < 0) m_device->addItem(asked, asked);
  m_device->setCurrentIndex(m_device->findData(asked));
  m_kv->setCurrentIndex(m_kv->findData(static_cast<int>(question.kv)));
  m_reference->setCurrentIndex(std::max(0, m_reference->findData(static_cast<int>(question.reference))));
  const bool isMeasuring = m_state.isMeasuring();
  m_measure->setText(isMeasuring ? tr("Stop") : m_state.measurement() == nullptr ? tr("Measure") : tr("Measure again"));
  const auto& model = m_state.selection().model();
  const bool canRead = model && !model->whyCannotComplete();
  m_measure->setEnabled(isMeasuring || (canRead && !m_state.selection().checkedRecipes().empty()));
  m_measure->setToolTip(isMeasuring ? tr("What is known is kept")
                        : model && model->whyCannotComplete()
                            ? QString::fromStdString(*model->whyCannotComplete())
                            : tr("Reads the text with the reference and every checked scheme, then measures speed"));
}

}  // namespace app
