// The selection's list of schemes and recipes: what is checked, its colours, and what is a person's own.
#include <algorithm>

#include "app/selection/selection.h"
#include "app/selection/trace_question.h"
#include "app/session/other_models.h"
#include "app/widgets/theme.h"
#include "core/base/error.h"
#include "core/model/recipe/recipe_text.h"
#include "core/quant/registry.h"

namespace app {

namespace {
/// What a newcomer sees compared: from "nothing visible" to "clearly visible".
constexpr const char* kCheckedAtFirst[] = {"int8", "nf4", "q4_0", "int4"};

QString fromView(std::string_view text) { return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size())); }

SchemeEntry ownEntry(const core::model::Recipe& recipe, const QString& name) {
  const QString text = QString::fromStdString(recipe.toString());
  return {recipe,
          name.isEmpty() ? QString::fromStdString(recipe.displayName()) : name,
          recipe.asScheme() ? Selection::tr("Your own scheme: %1").arg(text)
                            : Selection::tr("Your own recipe: %1").arg(text),
          false,
          -1,
          true};
}
}  // namespace

void Selection::loadPresets() {
  for (const core::quant::Preset& preset : core::quant::presets()) {
    m_schemes.push_back(
        {preset.scheme, QString::fromStdString(preset.title), QString::fromStdString(preset.description)});
  }
  for (const core::model::FileTypeInfo& type : core::model::allFileTypes()) {
    const core::model::Recipe recipe(type.type);
    m_schemes.push_back({recipe, QString::fromStdString(recipe.displayName()), fromView(type.description)});
  }
  for (SchemeEntry& entry : m_schemes) {
    const std::string text = entry.recipe.toString();
    if (std::find(std::begin(kCheckedAtFirst), std::end(kCheckedAtFirst), text) == std::end(kCheckedAtFirst)) continue;
    giveColor(entry);
    entry.checked = true;
    if (!m_place.recipe || text == "nf4") m_place.recipe = entry.recipe;
  }
  resolveCurrentScheme();
}

SchemeEntry* Selection::find(const core::model::Recipe& recipe) {
  const auto found =
      std::find_if(m_schemes.begin(), m_schemes.end(), [&](const SchemeEntry& e) { return e.recipe == recipe; });
  return found == m_schemes.end() ? nullptr : &*found;
}

const SchemeEntry* Selection::entry(const core::model::Recipe& recipe) const {
  return const_cast<Selection*>(this)->find(recipe);
}

// A scheme keeps its place in the palette for good: an unchecked one may still stand in a pane or a picture, so its
// colour is not given to another while there is a free one.
void Selection::giveColor(SchemeEntry& entry) {
  if (entry.colorSlot >= 0) return;
  const auto uses = [&](int slot) {
    return std::count_if(m_schemes.begin(), m_schemes.end(),
                         [&](const SchemeEntry& other) { return other.colorSlot == slot; });
  };
  int best = 0;
  for (int slot = 1; slot < kSeriesSlots; ++slot)
    if (uses(slot) < uses(best)) best = slot;
  entry.colorSlot = best;
}

void Selection::addCompared() {
  const core::model::Recipe recipe = otherRecipe(*m_compared);
  m_plans.erase(recipe.toString());  // of one that was only remembered, which could not be planned
  const bool isAdapter = recipe.otherModel()->adapter() != nullptr;
  m_schemes.push_back({recipe, QString::fromStdString(recipe.displayName()),
                       (isAdapter ? tr("The open model with what this adapter adds to its matrices: %1")
                                  : tr("The model beside the open one, with its weights as it stores them: %1"))
                           .arg(QString::fromStdString(m_compared->source()))});
  giveColor(m_schemes.back());
  m_schemes.back().checked = true;
}

// What leaves is current nowhere: its files may be closed.
void Selection::removeCompared() {
  if (std::erase_if(m_schemes, [](const SchemeEntry& entry) { return entry.isModel(); }) == 0) return;
  m_plans.clear();
  const auto isGone = [](const Place& place) { return place.recipe && place.recipe->otherModel() != nullptr; };
  const auto isTraced = [](const Place& place) {
    return place.trace && (place.trace->reference.recipe.otherModel() || place.trace->compared.recipe.otherModel());
  };
  const auto leave = [&](Place& place) {
    if (isGone(place)) place.recipe = m_beforeCompared;
    if (isTraced(place)) place.trace.reset();
  };
  for (Place& place : m_history) leave(place);
  leave(m_place);
  resolveCurrentScheme();
}

std::vector<core::model::Recipe> Selection::checkedRecipes() const {
  std::vector<core::model::Recipe> result;
  for (const SchemeEntry& entry : m_schemes)
    if (entry.checked) result.push_back(entry.recipe);
  return result;
}

bool Selection::isChecked(const core::model::Recipe& recipe) const {
  const SchemeEntry* found = entry(recipe);
  return found && found->checked;
}

QString Selection::title(const core::model::Recipe& recipe) const {
  const SchemeEntry* found = entry(recipe);
  if (found) return found->title;
  // An answer may still be of a recipe that was edited since and goes on under its name.
  const QString name = QString::fromStdString(recipe.displayName());
  const bool isTaken = std::any_of(m_schemes.begin(), m_schemes.end(), [&](const auto& e) { return e.title == name; });
  return isTaken ? tr("%1 (earlier)").arg(name) : name;
}

QColor Selection::color(const core::model::Recipe& recipe) const {
  const SchemeEntry* found = entry(recipe);
  return found && found->colorSlot >= 0 ? Theme::instance().seriesColor(found->colorSlot)
                                        : Theme::instance().colors().reference;
}

SeriesMark Selection::mark(const core::model::Recipe& recipe) const {
  const SchemeEntry* found = entry(recipe);
  return Theme::seriesMark(found ? std::max(found->colorSlot, 0) : 0);
}

Qt::PenStyle Selection::penStyle(const core::model::Recipe& recipe) const {
  const SchemeEntry* found = entry(recipe);
  return Theme::penStyle(found ? found->colorSlot : 0);
}

void Selection::setChecked(const core::model::Recipe& recipe, bool checked) {
  SchemeEntry* found = find(recipe);
  if (!found || found->checked == checked) return;
  if (checked) giveColor(*found);
  found->checked = checked;
  Q_EMIT schemesChanged();
}

void Selection::addOwn(const core::model::Recipe& recipe, const QString& name) {
  SchemeEntry* found = find(recipe);
  if (!found) {
    m_schemes.push_back(ownEntry(recipe, name));
    found = &m_schemes.back();
  } else if (found->isOwn && !name.isEmpty() && found->title != name) {
    found->title = name;
  } else if (found->checked) {
    return;
  }
  giveColor(*found);
  found->checked = true;
  Q_EMIT schemesChanged();
}

void Selection::renameOwn(const core::model::Recipe& recipe, const QString& name) {
  SchemeEntry* found = find(recipe);
  if (!found || !found->isOwn || name.isEmpty() || found->title == name) return;
  found->title = name;
  Q_EMIT schemesChanged();
}

void Selection::removeOwn(const core::model::Recipe& recipe) {
  if (std::erase_if(m_schemes, [&](const SchemeEntry& e) { return e.isOwn && e.recipe == recipe; }) == 0) return;
  Q_EMIT schemesChanged();
}

void Selection::replaceOwn(const core::model::Recipe& recipe, const core::model::Recipe& edited) {
  SchemeEntry* found = find(recipe);
  if (!found || !found->isOwn || recipe == edited) return;
  if (SchemeEntry* other = find(edited)) {
    giveColor(*other);
    other->checked = other->checked || found->checked;
    std::erase_if(m_schemes, [&](const SchemeEntry& e) { return e.isOwn && e.recipe == recipe; });
  } else {
    found->recipe = edited;
    found->description = ownEntry(edited, found->title).description;
  }
  for (Place& place : m_history)
    if (place.recipe == recipe) place.recipe = edited;
  const bool wasCurrent = m_place.recipe == recipe;
  if (wasCurrent) m_place.recipe = edited;
  resolveCurrentScheme();
  Q_EMIT schemesChanged();
  if (wasCurrent) Q_EMIT currentSchemeChanged();
}

// Fields between tabs: checked, colour, text, name; the name is there for one's own only.
QStringList Selection::saveSchemes() const {
  QStringList saved;
  for (const SchemeEntry& entry : m_schemes) {
    if (entry.colorSlot < 0 || entry.recipe.namesFiles() || !entry.recipe.replacements.empty()) continue;
    QStringList fields{QString::number(entry.checked ? 1 : 0), QString::number(entry.colorSlot),
                       QString::fromStdString(core::model::textOf(entry.recipe))};
    if (entry.isOwn) fields << entry.title;
    saved << fields.join(u'\t');
  }
  return saved;
}

void Selection::restoreScheme(const QString& line) {
  // Earlier versions wrote spaces between the fields, and no names.
  const QStringList fields = line.split(line.contains(u'\t') ? u'\t' : u' ');
  if (fields.size() < 3) return;
  const core::model::Recipe recipe = core::model::recipeFromText(fields[2].toStdString());
  if (recipe.namesFiles()) return;
  if (!find(recipe)) m_schemes.push_back(ownEntry(recipe, fields.value(3)));
  SchemeEntry* entry = find(recipe);
  const int slot = std::clamp(fields[1].toInt(), 0, kSeriesSlots - 1);
  const bool taken = std::any_of(m_schemes.begin(), m_schemes.end(),
                                 [slot](const SchemeEntry& other) { return other.colorSlot == slot; });
  if (!taken) entry->colorSlot = slot;
  giveColor(*entry);  // earlier versions gave one colour twice
  entry->checked = fields[0] == QLatin1String("1");
}

void Selection::restoreSchemes(const QStringList& saved) {
  if (saved.isEmpty()) return;
  for (SchemeEntry& entry : m_schemes) {
    if (entry.isModel()) continue;
    entry.checked = false;
    entry.colorSlot = -1;
  }
  for (const QString& line : saved) {
    try {
      restoreScheme(line);
    } catch (const core::Error&) {
      continue;  // a scheme of another version of the program
    }
  }
  Q_EMIT schemesRestored();
  Q_EMIT schemesChanged();
}

}  // namespace app
