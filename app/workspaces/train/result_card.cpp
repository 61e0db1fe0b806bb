#include "app/workspaces/train/result_card.h"

#include <QFileDialog>
#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>
#include <algorithm>

#include "app/session/recipe_file.h"
#include "app/session/train_export.h"
#include "app/session/train_qat.h"
#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/train/train_words.h"

namespace app {

ResultCard::ResultCard(TrainState& state, const QString& prefix, QWidget* parent)
    : QWidget(parent),
      m_state(state),
      m_said(new Label(Label::Style::Body)),
      m_notice(new Label(Label::Style::Muted)),
      m_chat(new QPushButton(tr("Use in Chat"))),
      m_keep(new QPushButton(state.lab() == TrainLab::Qat ? tr("Keep…") : tr("Save adapter…"))) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(space::kHalf);
  auto* row = new QHBoxLayout;
  row->setSpacing(space::kOne);
  m_said->setObjectName(prefix + QStringLiteral("-outcome"));
  m_said->setWrapping();
  m_chat->setObjectName(prefix + QStringLiteral("-chat"));
  m_keep->setObjectName(prefix + QStringLiteral("-keep"));
  row->addWidget(m_said, 1);
  row->addWidget(m_chat);
  row->addWidget(m_keep);
  column->addLayout(row);
  m_notice->setObjectName(prefix + QStringLiteral("-notice"));
  m_notice->setWrapping();
  m_notice->hide();
  column->addWidget(m_notice);
  connect(m_chat, &QPushButton::clicked, this, &ResultCard::useInChat);
  connect(m_keep, &QPushButton::clicked, this, &ResultCard::keep);
  refresh();
}

void ResultCard::refresh() {
  const TrainHistory& history = m_state.history();
  const bool isThere = !m_state.isRunning() && history.summary && !history.summary->recipe.empty();
  m_said->setText(m_state.settings() ? outcomeText(*m_state.settings(), history) : QString());
  setVisible(!m_said->text().isEmpty());
  m_chat->setVisible(isThere);
  m_keep->setVisible(isThere);
  m_chat->setToolTip(
      m_state.lab() == TrainLab::Qat
          ? tr("Beside the original and what rounding alone made of it, under one prompt")
          : tr("The quantized model with the adapter, beside the original; its strength can be changed"));
  m_keep->setToolTip(m_state.lab() == TrainLab::Qat ? tr("As a file that other programs open")
                                                    : tr("As a folder that PEFT opens, or as GGUF"));
  if (!isThere) m_notice->hide();
}

QString ResultCard::resultName() const {
  const auto& schemes = m_state.selection().schemes();
  const QString scheme = schemeName(*m_state.settings());
  const QString first =
      m_state.lab() == TrainLab::Qat ? tr("%1, trained").arg(scheme) : tr("%1 + new facts").arg(scheme);
  QString name = first;
  for (int number = 2; std::ranges::any_of(schemes, [&](const auto& entry) { return entry.title == name; }); ++number)
    name = QStringLiteral("%1, %2").arg(first).arg(number);
  return name;
}

// The file is opened beside the window; what is there already is not read again.
void ResultCard::useInChat() {
  m_chat->setEnabled(false);
  const auto work = [model = m_state.selection().model(), folder = m_state.folder(), lab = m_state.lab(),
                     text = m_state.history().summary->recipe](const core::JobContext& job) {
    return lab == TrainLab::Qat ? trainedRecipe(*model, folder, job) : openRecipe(text);
  };
  const auto done = [this](const core::model::Recipe& recipe) {
    m_chat->setEnabled(true);
    take(recipe);
  };
  const auto failed = [this](const QString& sentence) {
    m_chat->setEnabled(true);
    m_notice->setRole(Label::Style::Error);
    m_notice->setText(sentence);
    m_notice->show();
  };
  m_state.jobs().run(this, {QStringLiteral("train.use"), {}, Lane::Pool}, work, done, failed);
}

void ResultCard::take(core::model::Recipe recipe) {
  Selection& selection = m_state.selection();
  if (!m_state.settings()) return;  // the model was closed meanwhile
  QString name = resultName();
  recipe.title = name.toStdString();
  if (const SchemeEntry* entry = selection.entry(recipe))
    name = entry->title;
  else
    selection.addOwn(recipe, name);
  selection.setChecked(recipe, true);
  selection.setCurrentRecipe(recipe);
  Q_EMIT chatWanted(recipe.replacements.empty() ? QString::fromStdString(recipe.toString()) : name);
}

void ResultCard::keep() {
  auto* dialog = new QFileDialog(window(), m_keep->text().remove(u'…'));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setAcceptMode(QFileDialog::AcceptSave);
  const QString name = resultName().replace(u'/', u'_').replace(QStringLiteral(" · "), QStringLiteral("-"));
  if (m_state.lab() == TrainLab::Qat) {
    dialog->setNameFilters({tr("GGUF (*.gguf)")});
    dialog->setDefaultSuffix(QStringLiteral("gguf"));
  } else {
    dialog->setNameFilters({tr("GGUF adapter (*.gguf)"), tr("PEFT folder (*)")});
  }
  dialog->selectFile(m_state.lab() == TrainLab::Qat ? name + QStringLiteral(".gguf") : name);
  connect(dialog, &QFileDialog::fileSelected, this, [this, dialog](const QString& target) {
    const bool isGguf = dialog->selectedNameFilter().contains(QStringLiteral("gguf"));
    write(isGguf && !target.endsWith(QStringLiteral(".gguf")) ? target + QStringLiteral(".gguf") : target);
  });
  dialog->open();
}

void ResultCard::write(const QString& target) {
  m_keep->setEnabled(false);
  const auto tell = [this](const QString& sentence, Label::Style style) {
    m_keep->setEnabled(true);
    m_notice->setRole(style);
    m_notice->setText(sentence);
    m_notice->show();
  };
  const auto work = [model = m_state.selection().model(), folder = m_state.folder(), lab = m_state.lab(),
                     target = std::filesystem::path(target.toStdString())](const core::JobContext& job) {
    return lab == TrainLab::Qat ? exportTrained(*model, folder, target, job)
                                : exportAdapter(*model, folder, target, job);
  };
  const auto done = [tell](const WrittenResult& written) {
    QStringList said{tr("Saved as %1.").arg(text::shortened(QString::fromStdString(written.path.string())))};
    for (const std::string& note : written.notes) said << QString::fromStdString(note);
    tell(said.join(u' '), Label::Style::Muted);
  };
  const auto failed = [tell](const QString& sentence) { tell(sentence, Label::Style::Error); };
  m_state.jobs().run(this, {QStringLiteral("train.keep"), tr("Saving the result"), Lane::Pool}, work, done, failed);
}

}  // namespace app
