#include "app/workspaces/quantize/inputs_page.h"

#include <QComboBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QStackedLayout>

#include "app/jobs/stop_notice.h"
#include "app/session/calibrate_model.h"
#include "app/widgets/label.h"
#include "app/widgets/reflow_row.h"
#include "app/widgets/theme.h"
#include "app/workspaces/quantize/input_story.h"
#include "app/workspaces/quantize/input_tables.h"
#include "app/workspaces/quantize/inputs_chart.h"
#include "app/workspaces/quantize/lab_state.h"
#include "app/workspaces/quantize/sentence.h"

namespace app {
namespace {

const QString kTag = QStringLiteral("quantize.inputs");
constexpr int kInputsRowWidth = 760, kTablesWidth = 464, kInputsChartHeight = 168;
constexpr int kFile = 2;  ///< entry of the texts

QString fromWord(std::string_view word) { return QString::fromUtf8(word.data(), static_cast<qsizetype>(word.size())); }

}  // namespace

InputsPage::InputsPage(LabState& state, QWidget* parent)
    : LabPage(state, parent),
      m_stack(new QStackedLayout),
      m_message(new Label(Label::Style::Muted)),
      m_sentence(new Sentence),
      m_text(new QComboBox),
      m_chart(new InputsChart),
      m_tables(new InputTables),
      m_stop(new StopNotice(state.jobs(), kTag, this)) {
  auto* page = new QVBoxLayout(this);
  page->setContentsMargins(0, space::kHalf, 0, 0);
  page->setSpacing(space::kHalf);
  page->addWidget(m_line = buildText());
  page->addLayout(m_stack, 1);
  m_empty = new QWidget;
  auto* column = new QVBoxLayout(m_empty);
  m_message->setWrapping();
  m_message->setAlignment(Qt::AlignCenter);
  m_message->setObjectName(QStringLiteral("lab-inputs-message"));
  column->addWidget(m_message);
  m_stack->addWidget(m_study = buildStudy());
  m_stack->addWidget(m_empty);
  showMessage({});
  connect(m_chart, &InputsChart::rangeChosen, m_tables, &InputTables::choose);
  connect(m_tables, &InputTables::rangeChosen, m_chart, &InputsChart::setChosen);
  connect(m_stop, &StopNotice::stopped, this,
          [this] { showMessage(tr("Cancelled. It goes on when this tab is shown again.")); });
}

QWidget* InputsPage::buildStudy() {
  auto* study = new QWidget;
  auto* row = new ReflowRow(kInputsRowWidth, study);
  row->setSpacing(space::kTwo);
  m_chart->setObjectName(QStringLiteral("lab-inputs-chart"));
  m_chart->setMinimumHeight(Theme::instance().px(kInputsChartHeight));
  row->addWidget(framed(m_chart, tr("Inputs on the calibration text")), 1);
  row->addSide(m_tables, kTablesWidth);
  return study;
}

QWidget* InputsPage::buildText() {
  auto* line = new QWidget;
  auto* row = new QHBoxLayout(line);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(space::kOne);
  auto* name = new Label(Label::Style::Hint, tr("tried on"));
  name->setBuddy(m_text);
  m_text->addItem(tr("prose"), fromWord(kProseText));
  m_text->addItem(tr("demo text"), fromWord(kDemoText));
  m_text->addItem(tr("A file…"));
  m_text->setAccessibleName(tr("Text that the ranges are tried on"));
  m_text->setObjectName(QStringLiteral("lab-inputs-text"));
  m_sentence->setObjectName(QStringLiteral("lab-inputs-sentence"));
  row->addWidget(name);
  row->addWidget(m_text);
  row->addWidget(m_sentence, 1);
  connect(m_text, &QComboBox::activated, this, &InputsPage::chooseText);
  return line;
}

void InputsPage::chooseText() {
  if (m_text->currentIndex() == kFile) return askForFile();
  refresh();
}

// Without an answer the file before is meant, and where there was none, prose.
void InputsPage::askForFile() {
  auto* dialog =
      new QFileDialog(this, tr("A text to try the ranges on"), m_file, tr("Texts (*.txt *.md *.jsonl);;All files (*)"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::ExistingFile);
  connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& file) { m_file = file; });
  connect(dialog, &QDialog::finished, this, [this] {
    m_text->setItemText(kFile, m_file.isEmpty() ? tr("A file…") : QFileInfo(m_file).fileName());
    if (m_file.isEmpty()) m_text->setCurrentIndex(0);
    if (isShown()) refresh();
  });
  dialog->open();
}

QString InputsPage::chosenText() const {
  if (m_text->currentIndex() != kFile) return m_text->currentData().toString();
  return m_file.isEmpty() ? m_text->itemData(0).toString() : m_file;  // while it is asked for
}

void InputsPage::refresh() {
  const auto model = state().model();
  m_line->setVisible(model && state().tensor() && state().request().calibration);
  if (!model || !state().tensor())
    return showMessage(state().tensor() ? tr("Only weights of a model have inputs: choose the selected tensor above.")
                                        : state().whyNone());
  const auto calibration = state().request().calibration;
  if (!calibration)
    return showMessage(
        tr("What enters this layer is known once the model has read a text: “Calibrate” above lets it."));
  const auto& activations = state().input().scheme.activations;
  InputQuestion question{model, state().tensor()->name, calibration, chosenText().toStdString(), activations};
  if (!isSame(m_calibration, calibration)) m_computed.clear();
  m_calibration = calibration;
  const QString layer = QString::fromStdString(question.tensor) + QStringLiteral(" %1 %2 %3 ")
                                                                      .arg(static_cast<int>(activations.name))
                                                                      .arg(activations.percentile)
                                                                      .arg(static_cast<double>(activations.threshold));
  const QString key = layer + chosenText();
  if (key != m_computed) return compute(std::move(question), layer, key);
  if (m_inputs && m_tables->isEnabled() && m_said != state().input().scheme) say(rangeOf(*m_inputs, activations));
}

// Another text leaves the histogram as it is.
void InputsPage::compute(InputQuestion question, const QString& layer, const QString& key) {
  if (!m_inputs || !m_computed.startsWith(layer)) showMessage(tr("Computing…"));
  m_sentence->setText(tr("Reading %1…").arg(m_text->currentText()));
  m_tables->setEnabled(false);
  m_computed = key;
  state().jobs().run(
      this, {kTag, tr("Reading the inputs of %1").arg(QString::fromStdString(question.tensor))},
      [question = std::move(question)](const core::JobContext& job) { return studyLayerInputs(question, job); },
      [this, key](LabInputs inputs) {
        if (key == m_computed) take(std::move(inputs));
      },
      [this, key](const QString& sentence) {
        showMessage(sentence);
        m_computed = key;  // asked again it says the same
      });
  m_stop->begin();
}

void InputsPage::take(LabInputs inputs) {
  m_stop->end();
  const core::quant::Scheme& scheme = state().input().scheme;
  const bool isTriedAgain = m_inputs != nullptr && m_said == scheme;
  m_inputs = std::make_shared<const LabInputs>(std::move(inputs));
  QStringList names;
  for (const auto& range : m_inputs->study.ranges) names << rangeName(range.how);
  m_chart->setProvenance(state().sourceName() + QStringLiteral(" · ") + QString::fromStdString(m_inputs->text));
  m_chart->setInputs(m_inputs->calibrated, m_inputs->study, names);
  m_tables->setEnabled(true);
  bringForward(*m_stack, m_study);
  say(isTriedAgain ? m_tables->chosen() : rangeOf(*m_inputs, scheme.activations));
}

/// @param chosen range that comes to the front
void InputsPage::say(int chosen) {
  m_said = state().input().scheme;
  const bool isSplit = m_said.activations.name == core::quant::ActivationName::LlmInt8;
  m_sentence->setText(inputsSentence(*m_inputs, m_said));
  m_chart->setThreshold(isSplit ? static_cast<double>(m_said.activations.threshold) : 0);
  m_tables->setInputs(m_inputs, chosen);
  m_chart->setChosen(chosen);
}

void InputsPage::showMessage(const QString& message) {
  m_stop->end();
  m_computed.clear();
  m_inputs.reset();
  m_sentence->clear();
  m_message->setText(message);
  bringForward(*m_stack, m_empty);
}

}  // namespace app
