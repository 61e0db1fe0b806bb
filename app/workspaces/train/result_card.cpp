#include "app/workspaces/train/result_card.h"

#include <QFileDialog>
#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>
#include <algorithm>

#include "app/session/keep_adapter.h"
#include "app/session/merge_model.h"
#include "app/session/recipe_file.h"
#include "app/session/train_export.h"
#include "app/session/train_qat.h"
#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/train/merge_dialog.h"
#include "app/workspaces/train/train_words.h"

namespace app {

namespace {

const QString kUseTag = QStringLiteral("train.use"), kKeepTag = QStringLiteral("train.keep"),
              kMergeTag = QStringLiteral("train.merge");

}  // namespace

ResultCard::ResultCard(TrainState& state, const QString& prefix, QWidget* parent)
    : QWidget(parent),
      m_state(state),
      m_said(new Label(Label::Style::Body)),
      m_notice(new Label(Label::Style::Muted)),
      m_chat(new QPushButton(tr("Use in Chat"))),
      m_keep(new QPushButton(state.lab() == TrainLab::Qat ? tr("Keep…") : tr("Save adapter…"))),
      m_merge(new QPushButton(tr("Save merged…"))) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(space::kHalf);
  auto* row = new QHBoxLayout;
  row->setSpacing(space::kOne);
  m_said->setObjectName(prefix + QStringLiteral("-outcome"));
  m_said->setWrapping();
  m_chat->setObjectName(prefix + QStringLiteral("-chat"));
  m_keep->setObjectName(prefix + QStringLiteral("-keep"));
  // Three buttons beside it would leave the sentence a column of words.
  if (state.lab() == TrainLab::Qat)
    row->addWidget(m_said, 1);
  else
    column->addWidget(m_said);
  row->addWidget(m_chat);
  row->addWidget(m_keep);
  m_merge->setObjectName(prefix + QStringLiteral("-merge"));
  m_merge->setToolTip(tr("The base with what the adapter adds, as one model"));
  row->addWidget(m_merge);
  if (state.lab() == TrainLab::Qlora) row->addStretch(1);
  column->addLayout(row);
  m_notice->setObjectName(prefix + QStringLiteral("-notice"));
  m_notice->setWrapping();
  m_notice->hide();
  column->addWidget(m_notice);
  connect(m_chat, &QPushButton::clicked, this, &ResultCard::useInChat);
  connect(m_keep, &QPushButton::clicked, this, &ResultCard::keep);
  connect(m_merge, &QPushButton::clicked, this, &ResultCard::askToMerge);
  connect(&m_state.jobs(), &JobRunner::changed, this, &ResultCard::enableButtons);  // also of one that is cancelled
  refresh();
}

void ResultCard::refresh() {
  const TrainHistory& history = m_state.history();
  const bool isThere = !m_state.isRunning() && history.summary && !history.summary->recipe.empty();
  m_said->setText(m_state.settings() ? outcomeText(*m_state.settings(), history) : QString());
  setVisible(!m_said->text().isEmpty());
  m_chat->setVisible(isThere);
  m_keep->setVisible(isThere);
  m_merge->setVisible(isThere && m_state.lab() == TrainLab::Qlora);
  const bool isQat = m_state.lab() == TrainLab::Qat, isWhole = m_state.phase() == TrainPhase::Finished;
  const QString asItIs = isWhole ? QString() : u' ' + tr("As it is at step %1.").arg(text::count(m_state.stepsDone()));
  m_chat->setToolTip(
      (isQat ? tr("Beside the original and what rounding alone made of it, under one prompt.")
             : tr("The quantized model with the adapter, beside the original; its strength can be changed.")) +
      asItIs);
  m_keep->setToolTip(
      (isQat ? tr("As a file that other programs open.") : tr("As a folder that PEFT opens, or as GGUF.")) + asItIs);
  if (!isThere) m_notice->hide();
}

QString ResultCard::resultName() const {
  const auto& schemes = m_state.selection().schemes();
  const QString scheme = schemeName(*m_state.settings());
  const bool isQat = m_state.lab() == TrainLab::Qat;
  const QString steps = text::count(m_state.stepsDone());
  const QString first = m_state.phase() == TrainPhase::Finished
                            ? (isQat ? tr("%1, trained") : tr("%1 + new facts")).arg(scheme)
                            : (isQat ? tr("%1, %2 steps") : tr("%1 + %2 steps of facts")).arg(scheme, steps);
  QString name = first;
  for (int number = 2; std::ranges::any_of(schemes, [&](const auto& entry) { return entry.title == name; }); ++number)
    name = QStringLiteral("%1, %2").arg(first).arg(number);
  return name;
}

QString ResultCard::fileName() const {
  return resultName().replace(u'/', u'_').replace(QStringLiteral(" · "), QStringLiteral("-"));
}

QString ResultCard::mergingText() { return tr("Merging the adapter, then measuring what that loses…"); }

// The file is opened beside the window; what is there already is not read again.
void ResultCard::useInChat() {
  const auto work = [model = m_state.selection().model(), folder = m_state.folder(), settings = *m_state.settings(),
                     adapter = m_state.history().summary->result](const core::JobContext& job) {
    const auto* const qlora = std::get_if<QloraLabSettings>(&settings);
    if (qlora == nullptr) return trainedRecipe(*model, folder, job);
    const auto kept = keepAdapter(adapter, folder.parent_path() / "adapters");
    return openRecipe(qlora->base + "+adapter:" + kept.string());
  };
  const auto done = [this](const core::model::Recipe& recipe) { take(recipe); };
  const auto failed = [this](const QString& sentence) { tell(sentence, Label::Style::Error); };
  m_state.jobs().run(this, {kUseTag, {}, Lane::Pool}, work, done, failed);
  enableButtons();
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
  const QString name = fileName();
  const auto layout = core::quant::folderLayoutOf(m_state.history().summary->storedAs);
  const bool isFile = m_state.lab() == TrainLab::Qat && !layout;
  if (isFile) {
    dialog->setNameFilters({tr("GGUF (*.gguf)")});
    dialog->setDefaultSuffix(QStringLiteral("gguf"));
  } else if (layout) {
    const std::string named(core::quant::displayName(*layout));
    dialog->setNameFilters(
        {tr("Folder for %1, code for code (*)").arg(QString::fromStdString(named)), tr("GGUF, decoded (*.gguf)")});
  } else {
    dialog->setNameFilters({tr("GGUF adapter (*.gguf)"), tr("PEFT folder (*)")});
  }
  dialog->selectFile(isFile ? name + QStringLiteral(".gguf") : name);
  connect(dialog, &QFileDialog::fileSelected, this, [this, dialog](const QString& target) {
    const bool isGguf = dialog->selectedNameFilter().contains(QStringLiteral("gguf"));
    write(isGguf && !target.endsWith(QStringLiteral(".gguf")) ? target + QStringLiteral(".gguf") : target);
  });
  dialog->open();
}

void ResultCard::write(const QString& target) {
  const auto work = [model = m_state.selection().model(), folder = m_state.folder(), lab = m_state.lab(),
                     target = std::filesystem::path(target.toStdString())](const core::JobContext& job) {
    return lab == TrainLab::Qat ? exportTrained(*model, folder, target, job)
                                : exportAdapter(*model, folder, target, job);
  };
  const auto done = [this](const WrittenResult& written) {
    QStringList said{tr("Saved as %1.").arg(text::shortened(QString::fromStdString(written.path.string())))};
    for (const std::string& note : written.notes) said << QString::fromStdString(note);
    tell(said.join(u' '), Label::Style::Muted);
  };
  const auto failed = [this](const QString& sentence) { tell(sentence, Label::Style::Error); };
  m_state.jobs().run(this, {kKeepTag, tr("Saving the result"), Lane::Pool}, work, done, failed);
  enableButtons();
}

void ResultCard::askToMerge() {
  auto* dialog = new MergeDialog(m_state, fileName() + QStringLiteral("-merged"), window());
  connect(dialog, &MergeDialog::mergeWanted, this, &ResultCard::merge);
  dialog->open();
}

// The file is measured as soon as it is written, on the text that training held out.
void ResultCard::merge(const MergeOrder& order) {
  const auto work = [model = m_state.selection().model(), engine = m_state.engine(), order,
                     heldOut = commonOf(*m_state.settings()).heldOut](const core::JobContext& job) {
    MergeRequest request{openRecipe(order.runs), order.stored, order.target};
    request.device = DeviceChoice::parse("cpu");  // where it was trained
    request.noise = Noise::Skip;
    if (!heldOut.empty()) request.text = openEvaluationText(heldOut);
    return mergeModel(*model, *engine, request, job);
  };
  const auto done = [this](const MergeReport& report) { tell(mergedText(report), Label::Style::Muted); };
  const auto failed = [this](const QString& sentence) { tell(sentence, Label::Style::Error); };
  m_state.jobs().run(this, {kMergeTag, tr("Merging the adapter"), Lane::Inference}, work, done, failed);
  tell(mergingText(), Label::Style::Muted);
  enableButtons();
}

void ResultCard::tell(const QString& sentence, Label::Style style) {
  m_notice->setRole(style);
  m_notice->setText(sentence);
  m_notice->show();
}

void ResultCard::enableButtons() {
  m_chat->setEnabled(!m_state.jobs().isActive(kUseTag));
  m_keep->setEnabled(!m_state.jobs().isActive(kKeepTag));
  const bool isMerging = m_state.jobs().isActive(kMergeTag);
  if (m_isMerging && !isMerging && m_notice->text() == mergingText()) m_notice->hide();  // it was cancelled
  m_isMerging = isMerging;
  m_merge->setEnabled(!isMerging);
}

}  // namespace app
