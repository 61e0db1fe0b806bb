#include "app/shell/report_dialog.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QToolButton>
#include <QVBoxLayout>

#include "app/report/record.h"
#include "app/widgets/dialog_column.h"
#include "app/widgets/file_choice.h"
#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"

namespace app {

namespace {

using report::Part;

const QString kPartsKey = QStringLiteral("report/parts");
constexpr int kReportWidth = 620;

QString sentence(const std::optional<std::string>& whyNot) {
  return whyNot ? QString::fromStdString(*whyNot) : QString();
}

}  // namespace

ReportDialog::ReportDialog(const OpenModel& model, QWidget* parent)
    : QDialog(parent),
      m_text(FileChoice::ofTexts()),
      m_tasks(FileChoice::ofTasks(model.isDemo())),
      m_folder(new QLineEdit),
      m_against(new QLineEdit),
      m_note(new Label(Label::Style::Hint)),
      m_write(nullptr) {
  auto* column =
      dialogColumn(*this, {tr("Write report"), QStringLiteral("report-dialog"),
                           tr("One page, and report.json with the same numbers, of the ticked schemes. Weights, bits, "
                              "errors of every layer and answers are always in it. Also:"),
                           kReportWidth});
  auto* grid = new QGridLayout;
  grid->setHorizontalSpacing(space::kTwo);
  grid->setVerticalSpacing(space::kOne);
  grid->setColumnStretch(1, 1);
  const QString noText = sentence(model.whyCannotComplete()), noChat = sentence(model.whyCannotChat());
  addPart(*grid, Part::Evaluation, tr("&Evaluation"),
          tr("perplexity, KL and flips on a text; quick where Compare has measured it"), noText);
  addPart(*grid, Part::Tasks, tr("&Tasks"), tr("questions with expected answers, asked under every scheme"), noChat);
  addPart(*grid, Part::Sensitivity, tr("&Sensitivity"),
          tr("what each tensor costs under the coarsest scheme; a pass over the text each"), noText);
  addPart(*grid, Part::Memory, tr("&Memory"), tr("planned against measured; loads every scheme"),
          sentence(model.whyNotRunnable()));
  addPart(*grid, Part::Trace, tr("T&race"), tr("the first word that parts, followed to its weights"), noChat);
  column->addLayout(grid);
  column->addWidget(buildTexts());
  m_note->setWrapping();
  m_note->setObjectName(QStringLiteral("report-note"));
  column->addWidget(m_note);
  column->addStretch(1);
  m_write = addDialogFoot(*this, *column, tr("Write"), QStringLiteral("report-write")).primary;
  connect(m_write, &QPushButton::clicked, this, &ReportDialog::start);
  refresh();
  m_folder->setFocus();
}

void ReportDialog::addPart(QGridLayout& grid, Part part, const QString& name, const QString& hint,
                           const QString& whyNot) {
  auto* box = new QCheckBox(name);
  box->setObjectName(QStringLiteral("report-") + report::wordOf(part));
  box->setAccessibleDescription(hint);
  box->setEnabled(whyNot.isEmpty());
  box->setToolTip(whyNot);
  const QStringList usual{report::wordOf(Part::Evaluation)};
  box->setChecked(whyNot.isEmpty() &&
                  QSettings().value(kPartsKey, usual).toStringList().contains(report::wordOf(part)));
  auto* said = new Label(Label::Style::Hint, whyNot.isEmpty() ? hint : whyNot);
  said->setElide(Qt::ElideRight);
  const int row = grid.rowCount();
  grid.addWidget(box, row, 0);
  grid.addWidget(said, row, 1);
  connect(box, &QCheckBox::toggled, this, &ReportDialog::refresh);
  m_parts[part] = box;
}

QWidget* ReportDialog::buildTexts() {
  auto* box = new QWidget;
  auto* form = new QFormLayout(box);
  form->setContentsMargins(0, 0, 0, 0);
  form->setSpacing(space::kOne);
  m_text->setObjectName(QStringLiteral("report-text"));
  m_tasks->setObjectName(QStringLiteral("report-tasks-file"));
  connect(m_tasks, &FileChoice::chosenByPerson, this, &ReportDialog::refresh);
  form->addRow(tr("Te&xt"), m_text);
  form->addRow(tr("&Questions"), m_tasks);
  form->addRow(tr("&Folder"), buildFolder(*m_folder, tr("Folder for the report"), QStringLiteral("report-folder")));
  form->addRow(tr("&Against"), buildFolder(*m_against, tr("Folder of an older report to compare with"),
                                           QStringLiteral("report-against")));
  m_folder->setPlaceholderText(tr("gets index.html and report.json"));
  m_against->setPlaceholderText(tr("an older report's folder; may be empty"));
  for (QWidget* field : {static_cast<QWidget*>(m_folder), static_cast<QWidget*>(m_against)})
    if (auto* label = qobject_cast<QLabel*>(form->labelForField(field->parentWidget()))) label->setBuddy(field);
  return box;
}

QWidget* ReportDialog::buildFolder(QLineEdit& edit, const QString& name, const QString& objectName) {
  auto* box = new QWidget;
  auto* row = new QHBoxLayout(box);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(space::kHalf);
  edit.setObjectName(objectName);
  edit.setAccessibleName(name);
  auto* browse = new QToolButton;
  browse->setIcon(icon(QStringLiteral("open-folder")));
  browse->setToolTip(name);
  browse->setAccessibleName(name);
  connect(browse, &QToolButton::clicked, this, [this, &edit, name] {
    auto* dialog = new QFileDialog(this, name, edit.text());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    connect(dialog, &QFileDialog::fileSelected, &edit, &QLineEdit::setText);
    dialog->open();
  });
  connect(&edit, &QLineEdit::textChanged, this, &ReportDialog::refresh);
  row->addWidget(&edit, 1);
  row->addWidget(browse);
  return box;
}

void ReportDialog::refresh() {
  if (m_write == nullptr) return;
  const auto isAsked = [this](Part part) { return m_parts.at(part)->isChecked(); };
  m_text->setEnabled(isAsked(Part::Evaluation) || isAsked(Part::Sensitivity));
  m_tasks->setEnabled(isAsked(Part::Tasks));
  const bool hasQuestions = !isAsked(Part::Tasks) || !m_tasks->chosen().isEmpty();
  const QString folder = m_folder->text().trimmed();
  m_note->setText(
      folder.isEmpty() ? tr("Choose a folder. It is made when it does not exist.")
      : !hasQuestions  ? tr("Choose a file of questions.")
      : QFileInfo::exists(report::recordPath(folder))
          ? tr("A report in this folder is replaced.")
          : tr("Both files appear when all is measured; the status line shows how far it is and stops it."));
  m_write->setEnabled(!folder.isEmpty() && hasQuestions);
}

void ReportDialog::start() {
  report::Request request;
  request.folder = m_folder->text().trimmed();
  request.against = m_against->text().trimmed();
  QStringList words;
  for (const auto& [part, box] : m_parts) {
    if (!box->isChecked()) continue;
    request.parts.parts.insert(part);
    words << report::wordOf(part);
  }
  if (m_text->isEnabled()) request.parts.text = m_text->chosen();
  if (m_tasks->isEnabled()) request.parts.tasks = m_tasks->chosen();
  QSettings().setValue(kPartsKey, words);
  Q_EMIT reportWanted(request);
  accept();
}

}  // namespace app
