#include "app/widgets/file_choice.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QSignalBlocker>
#include <utility>

namespace app {

namespace {

const QString kFile = QStringLiteral("file…");
constexpr int kContents = 15;

}  // namespace

FileChoice::FileChoice(QString title, QString filter, QWidget* parent)
    : QComboBox(parent), m_title(std::move(title)), m_filter(std::move(filter)) {
  addItem(tr("File…"), kFile);
  setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  setMinimumContentsLength(kContents);
  connect(this, &QComboBox::activated, this, &FileChoice::take);
}

FileChoice* FileChoice::ofTexts() {
  auto* choice =
      new FileChoice(tr("A text to measure on"), tr("Texts and conversations (*.txt *.md *.jsonl);;All files (*)"));
  choice->addWord(tr("Demo conversations"), QStringLiteral("demo"));
  choice->addWord(tr("Prose"), QStringLiteral("prose"));
  return choice;
}

FileChoice* FileChoice::ofTasks(bool isDemo) {
  auto* choice = new FileChoice(tr("Questions with expected answers"), tr("Questions (*.jsonl);;All files (*)"));
  choice->addWord(isDemo ? tr("Demo questions") : tr("none chosen"), isDemo ? QStringLiteral("demo") : QString());
  return choice;
}

void FileChoice::addWord(const QString& name, const QString& word) {
  insertItem(m_words++, name, word);
  if (m_words == 1) choose(word);
}

void FileChoice::choose(const QString& wordOrFile) {
  const QSignalBlocker blocked(this);
  if (findData(wordOrFile) < 0) {
    if (count() > m_words + 1) removeItem(m_words);
    insertItem(m_words, QFileInfo(wordOrFile).fileName(), wordOrFile);
    setItemData(m_words, wordOrFile, Qt::ToolTipRole);
  }
  m_chosen = wordOrFile;
  setCurrentIndex(findData(wordOrFile));
}

void FileChoice::take(int index) {
  if (itemData(index) == kFile) return ask();
  m_chosen = itemData(index).toString();
  Q_EMIT chosenByPerson();
}

void FileChoice::ask() {
  auto* dialog = new QFileDialog(window(), m_title, QString(), m_filter);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::ExistingFile);
  connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& file) {
    choose(file);
    Q_EMIT chosenByPerson();
  });
  connect(dialog, &QFileDialog::rejected, this, [this] { choose(m_chosen); });
  dialog->open();
}

}  // namespace app
