#include "app/selection/selection.h"

#include <algorithm>
#include <utility>

#include "app/widgets/theme.h"
#include "core/base/error.h"
#include "core/model/recipe/recipe_text.h"
#include "core/quant/registry.h"

namespace app {
namespace {
constexpr std::size_t kHistoryLimit = 200;
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

Selection::Selection(QObject* parent) : QObject(parent) {
  loadPresets();
  m_history.push_back(m_place);
}

Selection::~Selection() = default;

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

const core::io::TensorInfo* Selection::tensorInfo() const {
  if (!m_model || !m_place.tensor) return nullptr;
  return &m_model->checkpoint().tensors()[*m_place.tensor];
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

std::optional<core::quant::Scheme> Selection::schemeFor(const core::model::Recipe& recipe, std::size_t tensor) const {
  if (const core::quant::Scheme* scheme = recipe.asScheme()) return *scheme;
  const core::model::RecipePlan* plan = planOf(recipe);
  return plan != nullptr && tensor < plan->tensors.size() ? plan->tensors[tensor].scheme : std::nullopt;
}

const core::model::RecipePlan* Selection::planOf(const core::model::Recipe& recipe) const {
  if (!m_model) return nullptr;
  const auto [place, isNew] = m_plans.try_emplace(recipe.toString());
  try {
    if (isNew) place->second = core::model::planRecipe(recipe, m_model->checkpoint());
  } catch (const core::Error&) {
    place->second.reset();  // a pattern that takes too many steps: whoever runs the recipe says so
  }
  return place->second ? &*place->second : nullptr;
}

QString Selection::currentTitle() const {
  if (!m_place.recipe) return {};
  const QString name = title(*m_place.recipe);
  if (m_place.recipe->asScheme() || !m_place.tensor) return name;
  return m_currentScheme ? tr("%1 (%2)").arg(name, QString::fromStdString(m_currentScheme->displayName()))
                         : tr("%1 (as stored)").arg(name);
}

// Whether it changed.
bool Selection::resolveCurrentScheme() {
  std::optional<core::quant::Scheme> scheme;
  if (m_place.recipe) {
    if (m_place.tensor)
      scheme = schemeFor(*m_place.recipe, *m_place.tensor);
    else if (const core::quant::Scheme* own = m_place.recipe->asScheme())
      scheme = *own;
  }
  return std::exchange(m_currentScheme, scheme) != m_currentScheme;
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

std::optional<std::size_t> Selection::comparedTensor() const {
  const core::io::TensorInfo* info = tensorInfo();
  if (!m_compared || info == nullptr) return std::nullopt;
  const auto found = m_compared->checkpoint().find(info->name);
  return found && m_compared->checkpoint().tensors()[*found].shape == info->shape ? found : std::nullopt;
}

void Selection::setComparedModel(std::shared_ptr<OpenModel> model) {
  if (model == m_compared) return;
  m_compared = std::move(model);
  Q_EMIT comparedModelChanged();
}

std::optional<std::size_t> Selection::firstChoice() const {
  const auto tensors = m_model->checkpoint().tensors();
  if (tensors.empty()) return std::nullopt;
  std::vector<std::size_t> matrices;
  std::size_t largest = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (m_model->choices()[i].fate == core::model::Fate::Quantize) matrices.push_back(i);
    if (tensors[i].bytes > tensors[largest].bytes) largest = i;
  }
  return matrices.empty() ? largest : matrices[matrices.size() / 2];
}

void Selection::setModel(std::shared_ptr<OpenModel> model) {
  if (model == m_model) return;
  m_model = std::move(model);
  const bool compared = std::exchange(m_compared, nullptr) != nullptr;
  m_chatToken.reset();
  m_plans.clear();
  m_place.tensor = m_model ? firstChoice() : std::nullopt;
  m_place.weight.reset();
  m_history.assign(1, m_place);
  m_historyIndex = 0;
  const bool otherScheme = resolveCurrentScheme();
  Q_EMIT modelChanged();
  if (compared) Q_EMIT comparedModelChanged();
  Q_EMIT tensorChanged();
  Q_EMIT weightChanged();
  if (otherScheme) Q_EMIT currentSchemeChanged();
  Q_EMIT chatTokenChanged();
  Q_EMIT historyChanged();
}

void Selection::moveTo(const Place& place) {
  if (place == m_place) return;
  m_history.resize(m_historyIndex + 1);
  m_history.push_back(place);
  if (m_history.size() > kHistoryLimit) m_history.erase(m_history.begin());
  m_historyIndex = m_history.size() - 1;
  apply(place);
}

void Selection::apply(const Place& place) {
  const Place before = std::exchange(m_place, place);
  const bool otherScheme = resolveCurrentScheme();
  if (before.tensor != place.tensor) Q_EMIT tensorChanged();
  if (before.tensor != place.tensor || before.weight != place.weight) Q_EMIT weightChanged();
  if (otherScheme || before.recipe != place.recipe) Q_EMIT currentSchemeChanged();
  if (before.workspace != place.workspace) Q_EMIT workspaceChanged();
  Q_EMIT historyChanged();
}

void Selection::setTensor(std::optional<std::size_t> index) {
  if (index == m_place.tensor || (index && (!m_model || *index >= m_model->checkpoint().tensors().size()))) return;
  Place place = m_place;
  place.tensor = index;
  place.weight.reset();
  moveTo(place);
}

void Selection::setWeight(std::optional<std::uint64_t> flatIndex) {
  const core::io::TensorInfo* info = tensorInfo();
  if (flatIndex && (!info || *flatIndex >= info->shape.count())) return;
  Place place = m_place;
  place.weight = flatIndex;
  moveTo(place);
}

void Selection::setTensorAndWeight(std::size_t tensor, std::uint64_t flatIndex) {
  if (!m_model || tensor >= m_model->checkpoint().tensors().size()) return;
  if (flatIndex >= m_model->checkpoint().tensors()[tensor].shape.count()) return;
  Place place = m_place;
  place.tensor = tensor;
  place.weight = flatIndex;
  moveTo(place);
}

void Selection::setCurrentRecipe(std::optional<core::model::Recipe> recipe) {
  Place place = m_place;
  place.recipe = std::move(recipe);
  moveTo(place);
}

void Selection::setTensorAndRecipe(std::size_t tensor, const core::model::Recipe& recipe) {
  if (!m_model || tensor >= m_model->checkpoint().tensors().size()) return;
  Place place = m_place;
  if (place.tensor != tensor) place.weight.reset();
  place.tensor = tensor;
  place.recipe = recipe;
  moveTo(place);
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

void Selection::setChatToken(std::optional<ChatToken> token) {
  if (token == m_chatToken) return;
  m_chatToken = token;
  Q_EMIT chatTokenChanged();
}

void Selection::setWorkspace(const QString& id) {
  if (id == m_place.workspace) return;
  Place place = m_place;
  place.workspace = id;
  // The page one starts on is not a step one can go back from.
  if (m_place.workspace.isEmpty()) {
    m_history[m_historyIndex].workspace = id;
    apply(place);
  } else {
    moveTo(place);
  }
}

void Selection::goTo(const QString& workspace, std::size_t tensor, std::optional<std::uint64_t> flatIndex) {
  if (!m_model || tensor >= m_model->checkpoint().tensors().size()) return;
  if (flatIndex && *flatIndex >= m_model->checkpoint().tensors()[tensor].shape.count()) return;
  Place place = m_place;
  place.workspace = workspace;
  if (place.tensor != tensor) place.weight.reset();
  place.tensor = tensor;
  if (flatIndex) place.weight = flatIndex;
  moveTo(place);
}

void Selection::back() {
  if (canGoBack()) apply(m_history[--m_historyIndex]);
}

void Selection::forward() {
  if (canGoForward()) apply(m_history[++m_historyIndex]);
}

// Fields between tabs: checked, colour, text, name; the name is there for one's own only.
QStringList Selection::saveSchemes() const {
  QStringList saved;
  for (const SchemeEntry& entry : m_schemes) {
    if (entry.colorSlot < 0) continue;
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
