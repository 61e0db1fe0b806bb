#include "app/workspaces/layers/recipe_painter.h"

#include <algorithm>

#include "app/selection/painted_recipe.h"
#include "app/text/numbers.h"
#include "core/base/error.h"
#include "core/model/recipe/recipe_text.h"

namespace app {

RecipePainter::RecipePainter(Selection& selection, QObject* parent) : QObject(parent), m_selection(selection) {
  connect(&selection, &Selection::modelChanged, this, [this] {
    m_steps.clear();
    say({});
  });
}

void RecipePainter::say(const QString& sentence) {
  m_sentence = sentence;
  Q_EMIT changed();
}

bool RecipePainter::editsCurrent() const {
  const auto& current = m_selection.currentRecipe();
  const SchemeEntry* entry = current ? m_selection.entry(*current) : nullptr;
  return entry != nullptr && entry->isOwn && entry->recipe.asScheme() == nullptr;
}

void RecipePainter::paint(const std::vector<std::size_t>& tensors, const std::optional<core::quant::Scheme>& scheme) {
  if (!m_selection.model() || !m_selection.currentRecipe()) return;
  const auto& checkpoint = m_selection.model()->checkpoint();
  if (scheme && !scheme->problem().empty()) return say(QString::fromStdString(scheme->problem()));
  const QString name = scheme ? QString::fromStdString(scheme->displayName()) : tr("as stored");
  const QString what = tensors.size() == 1
                           ? tr("%1: %2").arg(QString::fromStdString(checkpoint.tensors()[tensors[0]].name), name)
                           : tr("%1 tensors: %2").arg(text::count(tensors.size()), name);
  try {
    replaceCurrent(paintTensors(*m_selection.currentRecipe(), checkpoint, tensors, scheme), what);
  } catch (const core::Error& error) {
    say(QString::fromUtf8(error.what()));
  }
}

void RecipePainter::erase(const std::vector<std::size_t>& tensors) {
  if (!m_selection.model() || !editsCurrent()) return;
  try {
    replaceCurrent(eraseTensors(*m_selection.currentRecipe(), m_selection.model()->checkpoint(), tensors),
                   tr("%1 tensors: as the rest of the recipe says").arg(text::count(tensors.size())));
  } catch (const core::Error& error) {
    say(QString::fromUtf8(error.what()));
  }
}

void RecipePainter::replaceCurrent(const core::model::Recipe& recipe, const QString& what) {
  const core::model::Recipe before = *m_selection.currentRecipe();
  if (recipe == before) return say(tr("Nothing changes: the recipe says so already."));
  // It is kept as text, which must be read again.
  if (recipe.rules.size() > core::model::kMostRecipeRules ||
      core::model::formatRecipe(recipe).size() > core::model::kLongestRecipe)
    return say(
        tr("A recipe has at most %1 rules; this painting needs more.").arg(text::count(core::model::kMostRecipeRules)));
  const bool isNew = !editsCurrent();
  core::model::Recipe after = recipe;
  const QString nameBefore = m_selection.title(before);
  if (isNew) {
    const QString name = freeName(nameBefore);
    after.title = name.toStdString();
    m_selection.addOwn(after, name);
    m_selection.setCurrentRecipe(after);
  } else {
    m_selection.replaceOwn(before, after);
  }
  m_steps.push_back({before, after, nameBefore, isNew, what});
  say(what);
}

QString RecipePainter::freeName(const QString& over) const {
  const auto& schemes = m_selection.schemes();
  QString name = tr("%1, painted").arg(over);
  for (int number = 2; std::any_of(schemes.begin(), schemes.end(), [&](const auto& e) { return e.title == name; });
       ++number)
    name = tr("%1, painted %2").arg(over).arg(number);
  return name;
}

void RecipePainter::undo() {
  if (m_steps.empty()) return;
  const Step step = m_steps.back();
  m_steps.pop_back();
  const SchemeEntry* entry = m_selection.entry(step.after);
  if (entry == nullptr) {  // it was removed since
    m_steps.clear();
    return say(tr("The painted recipe is no longer there."));
  }
  if (!entry->isOwn) {  // without what was painted last it was what it was painted over
    m_selection.addOwn(step.before, step.name);
    m_selection.setCurrentRecipe(step.before);
  } else if (step.isNew) {
    m_selection.setCurrentRecipe(step.before);
    m_selection.removeOwn(step.after);
  } else {
    m_selection.replaceOwn(step.after, step.before);
    m_selection.setCurrentRecipe(step.before);
  }
  say(tr("Undone: %1").arg(step.what));
}

}  // namespace app
