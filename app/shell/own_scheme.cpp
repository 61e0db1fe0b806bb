#include "app/shell/own_scheme.h"

#include <QCompleter>
#include <QFileDialog>
#include <QFileInfo>
#include <QGridLayout>
#include <QLineEdit>
#include <QStringListModel>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>

#include "app/jobs/job_runner.h"
#include "app/selection/scheme_completion.h"
#include "app/session/other_models.h"
#include "app/session/recipe_file.h"
#include "app/session/recipe_size.h"
#include "app/text/numbers.h"
#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "core/base/error.h"
#include "core/model/recipe/other_model.h"

namespace app {

namespace {

/// An adapter that is added to a scheme is only remembered: it is opened when it is taken.
/// @throws core::Error also for another model, which is opened and not typed
std::optional<core::model::Recipe> typedRecipe(const QString& text) {
  auto recipe = core::model::recipeByName(text.toStdString());
  if (recipe && recipe->otherModel())
    throw core::Error(core::ErrorCode::InvalidArgument,
                      "Another model, or one with an adapter merged, is a row of this list while it is open: File, "
                      "Compare with another model. An adapter beside a scheme is written nf4+adapter:PATH.");
  return recipe;
}

}  // namespace

OwnScheme::OwnScheme(Selection& selection, JobRunner& jobs, QWidget* parent)
    : QWidget(parent),
      m_selection(selection),
      m_jobs(jobs),
      m_text(new QLineEdit),
      m_name(new QLineEdit),
      m_completions(new QStringListModel(this)),
      m_sentence(new Label(Label::Style::Hint)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(space::kOneHalf, space::kOne, space::kOne, space::kOne);
  layout->setSpacing(space::kHalf);
  auto* lines = new QGridLayout;
  lines->setSpacing(space::kHalf);
  auto* file = new QToolButton;
  file->setIcon(icon(QStringLiteral("open-file")));
  file->setToolTip(tr("Take a recipe from a file: lines such as attn_v = q6_k"));
  file->setAccessibleName(tr("Take a recipe from a file"));
  connect(file, &QToolButton::clicked, this, &OwnScheme::askForFile);
  lines->addWidget(m_text, 0, 0);
  lines->addWidget(file, 0, 1);
  lines->addWidget(m_name, 1, 0);
  m_sentence->setWrapping();
  m_sentence->setObjectName(QStringLiteral("own-scheme-sentence"));
  m_sentence->hide();
  m_name->setObjectName(QStringLiteral("own-scheme-name"));
  m_name->setAccessibleName(tr("Name to keep it by"));
  m_name->setMaxLength(60);
  m_name->hide();
  layout->addLayout(lines);
  layout->addWidget(m_sentence);
  buildLine();
}

void OwnScheme::buildLine() {
  m_text->setPlaceholderText(tr("Your own: int4:group=64"));
  m_text->setAccessibleName(tr("Add a scheme in text form"));
  m_text->setToolTip(
      tr("A scheme in text form, for example int4:group=64,range=minmax, nf4:block=128,double=on, or "
         "nf4+adapter:PATH with a LoRA adapter beside it. Enter adds it."));
  m_text->setObjectName(QStringLiteral("own-scheme"));
  // The field's own: its list lies in front of the field, and closed with the rest it would finish an edit that nobody
  // can take any more.
  auto* completer = new QCompleter(m_completions, m_text);
  completer->setCompletionMode(QCompleter::UnfilteredPopupCompletion);
  completer->setMaxVisibleItems(8);
  m_text->setCompleter(completer);
  connect(m_text, &QLineEdit::textEdited, this,
          [this](const QString& typed) { m_completions->setStringList(schemeCompletions(typed.trimmed())); });
  connect(m_text, &QLineEdit::textChanged, this, &OwnScheme::follow);
  for (QLineEdit* field : {m_text, m_name}) connect(field, &QLineEdit::returnPressed, this, &OwnScheme::add);
}

void OwnScheme::say(const QString& sentence, bool isProblem) {
  m_sentence->setRole(isProblem ? Label::Style::Error : Label::Style::Hint);
  m_sentence->setText(sentence);
  m_sentence->setVisible(!sentence.isEmpty());
  m_text->setAccessibleDescription(sentence);
  if (m_text->property("invalid").toBool() == isProblem) return;
  m_text->setProperty("invalid", isProblem);
  m_text->style()->polish(m_text);
}

// What is being typed is not wrong yet: it is only called so when it was to be added.
void OwnScheme::follow() {
  const QString text = m_text->text().trimmed();
  bool isOne = false;
  QString sentence;
  try {
    const auto recipe = typedRecipe(text);
    isOne = recipe.has_value();
    if (isOne && recipe->adapter) {
      sentence = tr("Enter opens the adapter and adds it.");
    } else if (isOne && m_selection.model()) {
      const RecipeSize size = sizeUnder(m_selection.model()->checkpoint(), *recipe);
      sentence = tr("The whole model: %1, %2. Enter adds it.")
                     .arg(text::bytes(size.bytes), text::bitsPerWeight(size.bitsPerWeight));
    } else if (isOne) {
      sentence = tr("Enter adds it.");
    }
    if (isOne) m_name->setPlaceholderText(tr("Name: %1").arg(QString::fromStdString(recipe->displayName())));
  } catch (const core::Error& error) {
    sentence = QString::fromUtf8(error.what());
  }
  m_name->setVisible(isOne);
  if (!isOne && !text.isEmpty() && sentence.isEmpty())
    sentence =
        schemeCompletions(text, 1).isEmpty() ? tr("No format begins like this.") : tr("A format, then its options.");
  say(sentence, false);
}

void OwnScheme::add() {
  const QString text = m_text->text().trimmed();
  if (text.isEmpty()) return;
  try {
    // Parsing again says what is wrong with a text that names nothing.
    const auto named = typedRecipe(text);
    if (named && named->adapter) return openTyped(text);
    keep(named ? *named : core::model::Recipe(core::quant::Scheme::parse(text.toStdString())),
         m_name->text().simplified());
    m_text->clear();
    m_name->clear();
  } catch (const core::Error& error) {
    say(QString::fromUtf8(error.what()), true);
  }
}

// It may be large, and what it says is looked at.
void OwnScheme::openTyped(const QString& text) {
  const auto work = [model = m_selection.model(), typed = text.toStdString()](const core::JobContext& job) {
    core::model::Recipe recipe = openRecipe(typed);
    job.throwIfCancelled();
    if (model) requireComparable(*model, recipe);
    return recipe;
  };
  const auto done = [this, text, model = m_selection.model()](const core::model::Recipe& recipe) {
    if (m_text->text().trimmed() != text || m_selection.model() != model) return;  // another one is wanted by now
    keep(recipe, m_name->text().simplified());
    m_text->clear();
    m_name->clear();
  };
  say(tr("Opening the adapter…"), false);
  m_jobs.run(this, {QStringLiteral("recipe.typed"), {}}, work, done,
             [this](const QString& sentence) { say(sentence, true); });
}

void OwnScheme::keep(const core::model::Recipe& recipe, const QString& name) {
  m_selection.addOwn(recipe, name);
  m_selection.setCurrentRecipe(recipe);
  Q_EMIT added(recipe);
}

void OwnScheme::askForFile() {
  auto* dialog = new QFileDialog(this, tr("Take a recipe from a file"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::ExistingFile);
  connect(dialog, &QFileDialog::fileSelected, this, &OwnScheme::openFile);
  dialog->open();
}

void OwnScheme::openFile(const QString& file) {
  m_jobs.run(
      this, {QStringLiteral("recipe.file"), {}},
      [path = file.toStdString()](const core::JobContext&) { return openRecipe(path); },
      [this, name = QFileInfo(file).completeBaseName()](core::model::Recipe recipe) {
        if (recipe.keepsEverything()) return say(tr("%1 changes nothing: it holds no rule.").arg(name), true);
        recipe.title = name.toStdString();
        keep(recipe, name);
        say({}, false);
      },
      [this](const QString& sentence) { say(sentence, true); });
}

}  // namespace app
