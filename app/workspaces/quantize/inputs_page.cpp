#include "app/workspaces/quantize/inputs_page.h"

#include <QComboBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QStackedLayout>
#include <algorithm>
#include <cmath>

#include "app/jobs/stop_notice.h"
#include "app/session/calibrate_model.h"
#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/reflow_row.h"
#include "app/widgets/text_table.h"
#include "app/widgets/theme.h"
#include "app/workspaces/quantize/inputs_chart.h"
#include "app/workspaces/quantize/lab_state.h"
#include "app/workspaces/quantize/sentence.h"

namespace app {
namespace {

using core::quant::ActivationRange;

const QString kTag = QStringLiteral("quantize.inputs");
constexpr int kRowWidth = 620, kTablesWidth = 400;
constexpr std::size_t kMostTokens = 200;
constexpr int kFile = 2;  ///< entry of the texts

QString fromWord(std::string_view word) { return QString::fromUtf8(word.data(), static_cast<qsizetype>(word.size())); }

/// On one line.
QString shown(const std::string& text) { return QString::fromStdString(text).simplified(); }

}  // namespace

InputsPage::InputsPage(LabState& state, QWidget* parent)
    : LabPage(state, parent),
      m_stack(new QStackedLayout(this)),
      m_message(new Label(Label::Style::Muted)),
      m_tokensTitle(new Label(Label::Style::Muted)),
      m_sentence(new Sentence),
      m_text(new QComboBox),
      m_chart(new InputsChart),
      m_ranges(new TextTable({tr("range"), tr("from"), tr("to"), tr("step"), tr("clipped"), tr("there"), tr("error")},
                             tr("Ranges of the layer's inputs"), 1)),
      m_tokens(new TextTable({tr("token"), tr("in"), tr("max |x|")}, tr("Tokens that clip"), 2)),
      m_stop(new StopNotice(state.jobs(), kTag, this)) {
  m_stack->setContentsMargins(0, 0, 0, 0);
  m_empty = new QWidget;
  auto* column = new QVBoxLayout(m_empty);
  m_message->setWrapping();
  m_message->setAlignment(Qt::AlignCenter);
  m_message->setObjectName(QStringLiteral("lab-inputs-message"));
  column->addWidget(m_message);
  m_stack->addWidget(m_study = buildStudy());
  m_stack->addWidget(m_empty);
  connect(m_stop, &StopNotice::stopped, this, [this] {
    m_computed.clear();
    showMessage(tr("Cancelled. It goes on when this tab is shown again."));
  });
}

QWidget* InputsPage::buildStudy() {
  auto* study = new QWidget;
  auto* column = new QVBoxLayout(study);
  column->setContentsMargins(0, space::kHalf, 0, 0);
  column->setSpacing(space::kHalf);
  column->addWidget(buildText());
  auto* rest = new QWidget;
  auto* row = new ReflowRow(kRowWidth, rest);
  row->setSpacing(space::kTwo);
  m_chart->setObjectName(QStringLiteral("lab-inputs-chart"));
  m_chart->setMinimumHeight(Theme::instance().px(84));
  row->addWidget(framed(m_chart, tr("Inputs on the calibration text; band: ranges of single tokens")), 1);
  row->addSide(buildTables(), kTablesWidth);
  column->addWidget(rest, 1);
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

QWidget* InputsPage::buildTables() {
  auto* tables = new QWidget;
  auto* column = new QVBoxLayout(tables);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(space::kHalf);
  m_ranges->setObjectName(QStringLiteral("lab-inputs-ranges"));
  m_ranges->setSelectionMode(QAbstractItemView::SingleSelection);
  m_ranges->fitColumns();
  m_ranges->setColumnToolTip(3, tr("Between two codes; of dynamic ones for the token in the middle"));
  m_ranges->setColumnToolTip(4, tr("Share of the calibration text's values beyond the codes"));
  m_ranges->setColumnToolTip(5, tr("The same of the text that the ranges are tried on"));
  m_ranges->setColumnToolTip(6, tr("Of the inputs on the text that the ranges are tried on, of their size"));
  m_tokens->setObjectName(QStringLiteral("lab-inputs-tokens"));
  m_tokens->fitColumns();
  column->addWidget(m_ranges, 1);
  column->addWidget(m_tokensTitle);
  column->addWidget(m_tokens, 1);
  connect(m_ranges, &QTableWidget::currentCellChanged, this, [this] {
    if (m_inputs) showTokens();
  });
  return tables;
}

void InputsPage::chooseText() {
  if (m_text->currentIndex() == kFile) askForFile();
  refresh();
}

void InputsPage::askForFile() {
  const QString file = QFileDialog::getOpenFileName(this, tr("A text to try the ranges on"), m_file,
                                                    tr("Texts (*.txt *.md *.jsonl);;All files (*)"));
  if (!file.isEmpty()) m_file = file;
  m_text->setItemText(kFile, m_file.isEmpty() ? tr("A file…") : QFileInfo(m_file).fileName());
  if (m_file.isEmpty()) m_text->setCurrentIndex(0);
}

void InputsPage::refresh() {
  const auto model = state().model();
  if (!model || !state().tensor())
    return showMessage(state().tensor() ? tr("Only weights of a model have inputs: choose the selected tensor above.")
                                        : state().whyNone());
  const auto calibration = state().request().calibration;
  if (!calibration)
    return showMessage(tr("What enters this layer is known once the model has read a text. Calibrate it first."));
  InputQuestion question{model, state().tensor()->name, calibration,
                         (m_text->currentIndex() == kFile ? m_file : m_text->currentData().toString()).toStdString(),
                         state().input().scheme.activations};
  const QString key = QStringLiteral("%1 %2 %3 %4 %5")
                          .arg(reinterpret_cast<quintptr>(model.get()))
                          .arg(reinterpret_cast<quintptr>(calibration.get()))
                          .arg(QString::fromStdString(question.tensor), QString::fromStdString(question.text))
                          .arg(static_cast<int>(question.activations.name)) +
                      QString::number(question.activations.percentile);
  if (key == m_computed) return;
  m_computed = key;
  compute(std::move(question), key);
}

void InputsPage::compute(InputQuestion question, const QString& key) {
  if (!m_inputs) showMessage(tr("Computing…"));
  m_computed = key;
  state().jobs().run(
      this, {kTag, tr("Reading the inputs of %1").arg(QString::fromStdString(question.tensor))},
      [question = std::move(question)](const core::JobContext& job) { return studyLayerInputs(question, job); },
      [this, key](LabInputs inputs) {
        if (key == m_computed) take(std::move(inputs));
      },
      [this](const QString& sentence) {
        m_computed.clear();
        showMessage(sentence);
      });
  m_stop->begin();
}

void InputsPage::showMessage(const QString& message) {
  m_stop->end();
  if (m_inputs) m_chart->clearData();
  m_inputs.reset();
  m_computed.clear();
  m_message->setText(message);
  m_stack->setCurrentWidget(m_empty);
}

QString InputsPage::nameOf(const core::quant::Activations& how) const {
  if (!how.isStatic()) return tr("dynamic");
  if (how.range == ActivationRange::MinMax) return tr("min–max");
  return how.range == ActivationRange::Entropy ? tr("entropy")
                                               : tr("percentile %1").arg(text::trimmed(how.percentile, 6));
}

void InputsPage::take(LabInputs inputs) {
  m_stop->end();
  const int before = std::max(0, chosen());
  m_inputs = std::make_shared<const LabInputs>(std::move(inputs));
  m_stack->setCurrentWidget(m_study);
  QStringList names;
  for (const auto& range : m_inputs->study.ranges) names << nameOf(range.how);
  m_chart->setProvenance(state().sourceName());
  m_chart->setInputs(m_inputs->calibrated, m_inputs->study, names);
  showRanges();
  m_ranges->setCurrentCell(before, 0);
  showTokens();
}

int InputsPage::chosen() const { return m_ranges->currentRow(); }

void InputsPage::showRanges() {
  std::vector<QStringList> lines;
  const auto& ranges = m_inputs->study.ranges;
  const auto share = [](double part) { return part == 0 ? text::percent(0, 0) : text::percent(part, 3); };
  for (const auto& range : ranges)
    lines.push_back({nameOf(range.how), text::number(static_cast<double>(range.range.low), 3),
                     text::number(static_cast<double>(range.range.high), 3), text::number(range.step, 3),
                     range.how.isStatic() ? share(range.clippedBefore) : QStringLiteral("–"),
                     range.how.isStatic() ? share(range.clipped) : QStringLiteral("–"),
                     text::percent(std::sqrt(range.error), 2)});
  m_ranges->setLines(lines);
  const auto best = std::min_element(ranges.begin(), ranges.end() - 1,
                                     [](const auto& a, const auto& b) { return a.error < b.error; });
  const double fixed = std::sqrt(best->error), dynamic = std::sqrt(ranges.back().error);
  m_sentence->setText(
      tr("On %1 tokens of it the best static range, %2, has an error of %3 of the inputs' size, one per "
         "token %4.")
          .arg(text::count(m_inputs->study.tokens.size()), nameOf(best->how), text::percent(fixed, 2),
               text::percent(dynamic, 2)));
}

void InputsPage::showTokens() {
  const int at = std::clamp(chosen(), 0, static_cast<int>(m_inputs->study.ranges.size()) - 1);
  const auto& range = m_inputs->study.ranges[static_cast<std::size_t>(at)];
  const auto& tokens = m_inputs->study.tokens;
  m_chart->setChosen(at);
  std::vector<std::size_t> clipped;
  for (std::size_t i = 0; i < tokens.size(); ++i)
    if (core::calibrate::clips(range, tokens[i])) clipped.push_back(i);
  std::sort(clipped.begin(), clipped.end(),
            [&](std::size_t a, std::size_t b) { return tokens[a].magnitude() > tokens[b].magnitude(); });
  m_tokensTitle->setText(range.how.isStatic()
                             ? tr("%1 of %2 tokens have values that %3 clips")
                                   .arg(text::count(clipped.size()), text::count(tokens.size()), nameOf(range.how))
                             : tr("A range per token clips nothing"));
  if (clipped.size() > kMostTokens) clipped.resize(kMostTokens);
  std::vector<QStringList> lines;
  for (const std::size_t i : clipped) {
    const InputToken& token = m_inputs->tokens[i];
    lines.push_back(
        {shown(token.token),
         shown(token.before) + QStringLiteral(" [") + shown(token.token) + QStringLiteral("] ") + shown(token.after),
         text::number(static_cast<double>(tokens[i].magnitude()), 3)});
  }
  m_tokens->setLines(lines);
}

}  // namespace app
