#include "app/workspaces/layers/design_result.h"

#include <QFileDialog>
#include <QHBoxLayout>
#include <QPushButton>
#include <algorithm>

#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/save_file.h"
#include "app/widgets/theme.h"
#include "app/workspaces/layers/design_words.h"
#include "core/model/recipe/recipe_text.h"

namespace app {

DesignResult::DesignResult(Selection& selection, QWidget* parent)
    : QWidget(parent),
      m_selection(selection),
      m_verdict(new Label(Label::Style::Body)),
      m_add(new QPushButton(tr("Add to the schemes"))),
      m_save(new QPushButton(tr("Save as recipe file…"))) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(space::kOne);
  m_verdict->setObjectName(QStringLiteral("design-verdict"));
  m_verdict->setWrapping();
  m_add->setObjectName(QStringLiteral("design-add"));
  m_save->setObjectName(QStringLiteral("design-save"));
  row->addWidget(m_verdict, 1);
  row->addWidget(m_add);
  row->addWidget(m_save);
  connect(m_add, &QPushButton::clicked, this, &DesignResult::add);
  connect(m_save, &QPushButton::clicked, this, &DesignResult::save);
}

void DesignResult::show(const DesignOutcome* outcome, bool isOld) {
  m_recipe.reset();
  if (outcome != nullptr && outcome->design) {
    m_recipe = outcome->design->recipe;
    const auto& like = outcome->question.request.like;
    m_size = like ? m_selection.title(*like) : text::bytes(outcome->design->bytes);
  }
  m_verdict->setRole(m_recipe && !isOld ? Label::Style::Body : Label::Style::Muted);
  m_verdict->setText(m_recipe ? verdictText(*outcome, m_selection)
                              : tr("A designed recipe can be ticked, drawn, run, saved and exported like any other."));
  showButtons();
}

void DesignResult::showButtons() {
  QString whyNot;  // it is kept as text, which must be read again
  if (m_recipe && (m_recipe->rules.size() > core::model::kMostRecipeRules ||
                   core::model::formatRecipe(*m_recipe).size() > core::model::kLongestRecipe))
    whyNot = tr("A recipe that is kept has at most %1 rules; this one has one for every tensor, which is more.")
                 .arg(text::count(core::model::kMostRecipeRules));
  const SchemeEntry* const entry = m_recipe ? m_selection.entry(*m_recipe) : nullptr;
  m_save->setEnabled(m_recipe && whyNot.isEmpty());
  m_save->setToolTip(whyNot);
  m_add->setEnabled(m_save->isEnabled() && entry == nullptr);
  m_add->setToolTip(!whyNot.isEmpty()  ? whyNot
                    : entry != nullptr ? tr("It is in the list, as “%1”").arg(entry->title)
                                       : tr("Ticks it; then it is drawn, sized and run, and File › Export writes it"));
}

QString DesignResult::freeName() const {
  const auto& schemes = m_selection.schemes();
  QString name = tr("Designed, %1").arg(m_size);
  for (int number = 2; std::ranges::any_of(schemes, [&](const auto& entry) { return entry.title == name; }); ++number)
    name = tr("Designed, %1, %2").arg(m_size).arg(number);
  return name;
}

void DesignResult::add() {
  core::model::Recipe recipe = *m_recipe;
  const QString name = freeName();
  recipe.title = name.toStdString();
  m_selection.addOwn(recipe, name);
  m_selection.setCurrentRecipe(recipe);
}

void DesignResult::save() {
  const QString name = freeName().replace(u'/', u'_') + QStringLiteral(".txt");
  auto* dialog = new QFileDialog(window(), tr("Save the recipe"), name);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setAcceptMode(QFileDialog::AcceptSave);
  dialog->setDefaultSuffix(QStringLiteral("txt"));
  connect(dialog, &QFileDialog::fileSelected, this, [this, recipe = *m_recipe](const QString& file) {
    Q_EMIT saved(file, saveFile(file, QByteArray::fromStdString(core::model::formatRecipe(recipe))));
  });
  dialog->open();
}

}  // namespace app
