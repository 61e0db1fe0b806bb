#include "app/workspaces/train/fact_bar.h"

#include <QFileDialog>
#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>

#include "app/session/train_facts.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/train/fact_table.h"
#include "core/base/error.h"

namespace app {

FactBar::FactBar(FactTable& table, QWidget* parent)
    : QWidget(parent),
      m_table(table),
      m_known(new Label(Label::Style::Heading, tr("Facts to learn"))),
      m_problem(new Label(Label::Style::Error)),
      m_add(new QPushButton(tr("Add"))),
      m_remove(new QPushButton(tr("Remove"))),
      m_paste(new QPushButton(tr("Paste"))),
      m_load(new QPushButton(tr("Load…"))) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(space::kTwo, 0, space::kTwo, 0);
  column->setSpacing(space::kHalf);
  auto* row = new QHBoxLayout;
  row->setSpacing(space::kHalf);
  m_known->setObjectName(QStringLiteral("qlora-known"));
  m_known->setWrapping();
  row->addWidget(m_known, 1);
  m_add->setObjectName(QStringLiteral("qlora-add"));
  m_remove->setObjectName(QStringLiteral("qlora-remove"));
  m_paste->setObjectName(QStringLiteral("qlora-paste"));
  m_load->setObjectName(QStringLiteral("qlora-load"));
  m_add->setToolTip(tr("Another row: a question and its answer"));
  m_remove->setToolTip(tr("Take the selected rows away (Delete)"));
  m_paste->setToolTip(
      tr("Lines of a question and an answer, apart by a tabulator, as spreadsheets copy them (Ctrl+V)"));
  m_load->setToolTip(tr("From a file with a line {\"question\": \"…\", \"answer\": \"…\"} for each (JSONL)"));
  for (QPushButton* button : {m_add, m_remove, m_paste, m_load}) row->addWidget(button);
  column->addLayout(row);
  m_problem->setObjectName(QStringLiteral("qlora-facts-problem"));
  m_problem->setWrapping();
  m_problem->hide();
  column->addWidget(m_problem);
  connect(m_add, &QPushButton::clicked, this, [this] { m_table.addRow(); });
  connect(m_remove, &QPushButton::clicked, this, [this] { m_table.removeRows(); });
  connect(m_paste, &QPushButton::clicked, this, [this] { say(m_table.paste()); });
  connect(m_load, &QPushButton::clicked, this, &FactBar::ask);
  connect(&m_table, &FactTable::pasteFailed, this, &FactBar::say);
  connect(&m_table, &FactTable::edited, this, [this] { say({}); });
}

void FactBar::setKnown(const QString& text) { m_known->setText(text.isEmpty() ? tr("Facts to learn") : text); }

void FactBar::setEditable(bool editable) {
  for (QPushButton* button : {m_add, m_remove, m_paste, m_load}) button->setEnabled(editable);
}

void FactBar::say(const QString& problem) {
  m_problem->setText(problem);
  m_problem->setVisible(!problem.isEmpty());
}

void FactBar::ask() {
  auto* dialog = new QFileDialog(window(), tr("Facts to learn"), QString(), tr("Facts (*.jsonl);;All files (*)"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::ExistingFile);
  connect(dialog, &QFileDialog::fileSelected, this, &FactBar::load);
  dialog->open();
}

void FactBar::load(const QString& file) {
  try {
    m_table.setFacts(openNewFacts(file.toStdString()));
    say({});
  } catch (const core::Error& error) {
    say(QString::fromUtf8(error.what()));
  }
}

}  // namespace app
