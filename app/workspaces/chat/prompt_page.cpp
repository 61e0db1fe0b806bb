#include "app/workspaces/chat/prompt_page.h"

#include <QComboBox>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QPushButton>
#include <QVBoxLayout>

#include "app/text/numbers.h"
#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/old_veil.h"
#include "app/widgets/save_file.h"
#include "app/widgets/text_table.h"
#include "app/widgets/theme.h"
#include "app/workspaces/chat/page_head.h"
#include "core/base/error.h"

namespace app {

namespace {
constexpr qint64 kLargestPromptFile = 16 << 20;
constexpr double kIndexWidth = 44;
}  // namespace

PromptPage::PromptPage(QWidget* parent)
    : QWidget(parent),
      m_head(new PageHead(tr("A set of questions"))),
      m_sets(new QComboBox),
      m_open(new QPushButton(icon(QStringLiteral("open-file")), tr("Open…"))),
      m_save(new QPushButton(icon(QStringLiteral("export")), tr("Save…"))),
      m_summary(new Label(Label::Style::Body)),
      m_notice(new Label(Label::Style::Error)),
      m_holder(new QWidget),
      m_tableVeil(new OldVeil(m_holder)),
      m_summaryVeil(new OldVeil(m_summary)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(space::kOne);
  column->addWidget(m_head);
  buildControls();
  for (Label* label : {m_notice, m_summary}) {
    label->setWrapping();
    column->addWidget(label);
  }
  m_notice->setObjectName(QStringLiteral("prompt-notice"));
  m_notice->hide();
  m_summary->setObjectName(QStringLiteral("prompt-summary"));
  auto* holder = new QVBoxLayout(m_holder);
  holder->setContentsMargins(0, 0, 0, 0);
  column->addWidget(m_holder, 1);
  connect(m_head, &PageHead::backWanted, this, &PromptPage::backWanted);
  connect(m_head, &PageHead::startWanted, this, &PromptPage::runWanted);
  connect(m_head, &PageHead::stopWanted, this, &PromptPage::stopWanted);
  fillSets();
  begin({});
  end();
}

void PromptPage::buildControls() {
  m_sets->setObjectName(QStringLiteral("prompt-sets"));
  m_sets->setAccessibleName(tr("Set of questions"));
  m_sets->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  m_sets->setMinimumContentsLength(18);
  connect(m_sets, &QComboBox::activated, this, [this] {
    if (m_isRunning) return;
    begin(m_run.titles());
    end();
  });
  m_head->controls()->addWidget(m_sets);
  m_open->setToolTip(
      tr("A file with one question a line, or one JSON object a line with “question” and perhaps "
         "“expected”"));
  connect(m_open, &QPushButton::clicked, this, &PromptPage::askForFile);
  m_head->controls()->addWidget(m_open);
  m_save->setObjectName(QStringLiteral("prompt-save"));
  m_save->setToolTip(tr("The table as CSV, or with everything the answers were computed from as JSON"));
  connect(m_save, &QPushButton::clicked, this, &PromptPage::askWhereToSave);
  m_head->controls()->addWidget(m_save);
}

void PromptPage::fillSets() {
  const int current = m_sets->currentIndex();
  m_sets->clear();
  for (const auto* sets : {&builtInPromptSets(), &std::as_const(m_files)})
    for (const PromptSet& set : *sets) m_sets->addItem(set.title);
  m_sets->setCurrentIndex(std::max(current, 0));
}

const PromptSet& PromptPage::chosen() const {
  const auto index = static_cast<std::size_t>(std::max(m_sets->currentIndex(), 0));
  const auto& builtIn = builtInPromptSets();
  return index < builtIn.size() ? builtIn[index] : m_files[index - builtIn.size()];
}

void PromptPage::openFile(const QString& path) {
  QFile file(path);
  QString problem;
  if (file.size() > kLargestPromptFile)
    problem = tr("%1 is larger than a file of questions may be.").arg(QFileInfo(path).fileName());
  else if (!file.open(QIODevice::ReadOnly))
    problem = tr("%1 cannot be read: %2").arg(QFileInfo(path).fileName(), file.errorString());
  try {
    if (problem.isEmpty()) m_files.push_back(parsePromptSet(QFileInfo(path).fileName(), file.readAll()));
  } catch (const core::Error& error) {
    problem = QFileInfo(path).fileName() + QStringLiteral(": ") + QString::fromStdString(error.what());
  }
  m_notice->setText(problem);
  m_notice->setVisible(!problem.isEmpty());
  if (!problem.isEmpty()) return;
  if (m_isRunning) Q_EMIT stopWanted();
  fillSets();
  m_sets->setCurrentIndex(m_sets->count() - 1);
  begin(m_run.titles());
  end();
}

void PromptPage::askForFile() {
  const QString file = QFileDialog::getOpenFileName(this, tr("Open a file of questions"), {},
                                                    tr("Questions (*.txt *.jsonl *.json);;All files (*)"));
  if (!file.isEmpty()) openFile(file);
}

void PromptPage::askWhereToSave() {
  const QString file = QFileDialog::getSaveFileName(this, tr("Save the answers"), QStringLiteral("answers.csv"),
                                                    tr("CSV (*.csv);;JSON (*.json)"));
  if (!file.isEmpty()) saveTo(file);
}

void PromptPage::saveTo(const QString& path) {
  const bool isJson = path.endsWith(QStringLiteral(".json"), Qt::CaseInsensitive);
  const QString problem = saveFile(path, isJson ? m_run.toJson() : m_run.toCsv());
  m_notice->setText(problem);
  m_notice->setVisible(!problem.isEmpty());
}

void PromptPage::setWhyNot(const QString& whyNot) {
  m_whyNot = whyNot;
  showState();
}

void PromptPage::setOld(bool old) {
  const bool isShown = old && !m_isRunning && m_run.answered() > 0;
  m_head->setOld(isShown ? tr("Old: the panes or the settings have changed since. “Run” asks again.") : QString());
  for (OldVeil* veil : {m_tableVeil, m_summaryVeil}) {
    veil->setVisible(isShown);
    veil->raise();
  }
}

void PromptPage::clear() {
  begin({});
  end();
  setOld(false);
}

void PromptPage::begin(const std::vector<QString>& titles) {
  m_isRunning = true;
  m_run = PromptRun(chosen(), titles);
  delete m_table;
  QStringList columns{tr("No."), tr("Question"), tr("Expected")};
  for (const QString& title : titles) columns << title;
  columns << tr("Difference");
  m_table = new TextTable(columns, tr("Questions and answers"), static_cast<int>(columns.size()));
  m_table->setObjectName(QStringLiteral("prompt-table"));
  m_table->setSelectionMode(QAbstractItemView::SingleSelection);
  m_table->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Fixed);
  m_table->setColumnWidth(0, Theme::instance().px(kIndexWidth));
  m_table->setColumnToolTip(2, tr("A right answer holds these words and numbers, or is what the task asks for"));
  m_table->setColumnToolTip(static_cast<int>(columns.size()) - 1,
                            tr("How the pane that differs the most stands to the reference"));
  connect(m_table, &QTableWidget::cellActivated, this, [this](int line, int) {
    const auto& turn = m_run.turn(m_order[static_cast<std::size_t>(line)]);
    if (turn) Q_EMIT opened(*turn);
  });
  m_holder->layout()->addWidget(m_table);
  showTable();
}

void PromptPage::take(std::size_t item, const Turn& turn) {
  m_run.take(item, turn);
  showTable();
}

void PromptPage::end() {
  m_isRunning = false;
  showState();
}

QStringList PromptPage::lineOf(std::size_t item) const {
  const PromptItem& question = m_run.set().items[item];
  QStringList line{QString::number(item + 1), question.question, question.expected};
  for (std::size_t pane = 0; pane < m_run.titles().size(); ++pane) {
    const auto right = m_run.isRight(item, pane);
    const QString mark = right ? *right ? QStringLiteral("✓ ") : QStringLiteral("✗ ") : QString();
    line << mark + m_run.answer(item, pane).simplified();
  }
  const auto likeness = m_run.likeness(item);
  line << (likeness ? nameOf(*likeness) : QString());
  return line;
}

void PromptPage::showTable() {
  m_order = m_run.order();
  std::vector<QStringList> lines;
  for (const std::size_t item : m_order) lines.push_back(lineOf(item));
  m_table->setLines(lines);
  showState();
}

void PromptPage::showState() {
  const std::size_t answered = m_run.answered();
  m_head->setRunning(m_isRunning, m_whyNot);
  m_head->setState(tr("%1 of %2 answered").arg(answered).arg(m_run.set().items.size()));
  m_save->setEnabled(answered > 0);
  m_sets->setEnabled(!m_isRunning);
  m_open->setEnabled(!m_isRunning);
  QStringList parts;
  for (std::size_t pane = 0; pane < m_run.titles().size(); ++pane) {
    const PromptRun::Right right = m_run.right(pane);
    if (right.of == 0) continue;
    QString part = tr("%1: %2 of %3 right [%4, %5]")
                       .arg(m_run.titles()[pane], text::count(right.right), text::count(right.of),
                            text::percent(right.interval.low, 0), text::percent(right.interval.high, 0));
    if (pane > 0) {
      const PromptRun::Flips flips = m_run.flips(pane);
      part += tr(", %1 gained, %2 lost against the reference (McNemar’s test, p = %3)")
                  .arg(text::count(flips.gained), text::count(flips.lost), text::number(flips.p, 2));
    }
    parts << part;
  }
  m_summary->setText(answered == 0 ? tr("Every pane answers every question on its own, without the conversation. "
                                        "Enter or a double click opens an answered question there.")
                                   : parts.join(u'\n'));
  m_summary->setVisible(!m_summary->text().isEmpty());
}

}  // namespace app
