#include "app/selection/selection.h"

#include <algorithm>
#include <utility>

#include "app/selection/trace_question.h"
#include "app/widgets/theme.h"
#include "core/base/error.h"

namespace app {
namespace {
constexpr std::size_t kHistoryLimit = 200;
}  // namespace

Selection::Selection(QObject* parent) : QObject(parent) {
  loadPresets();
  m_history.push_back(m_place);
}

Selection::~Selection() = default;

const core::io::TensorInfo* Selection::tensorInfo() const {
  if (!m_model || !m_place.tensor) return nullptr;
  return &m_model->checkpoint().tensors()[*m_place.tensor];
}

std::optional<core::quant::Scheme> Selection::schemeFor(const core::model::Recipe& recipe, std::size_t tensor) const {
  if (const core::quant::Scheme* scheme = recipe.asScheme()) return *scheme;
  const core::model::RecipePlan* plan = planOf(recipe);
  return plan != nullptr && tensor < plan->tensors.size() ? plan->tensors[tensor].scheme : std::nullopt;
}

const core::model::RecipePlan* Selection::planOf(const core::model::Recipe& recipe) const {
  if (!m_model) return nullptr;
  // Two changes of one tensor by hand have the same text. (A plan holds what replaces, so no address comes twice.)
  std::string key = recipe.toString();
  if (recipe.adapter) key += '\n' + recipe.adapter->identity();
  for (const auto& [name, with] : recipe.replacements)
    key += ' ' + std::to_string(reinterpret_cast<std::uintptr_t>(with.get()));
  const auto [place, isNew] = m_plans.try_emplace(key);
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
  if (otherFor(*m_place.recipe, *m_place.tensor) || replacementFor(*m_place.recipe, *m_place.tensor)) return name;
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

std::optional<core::model::Recipe> Selection::comparedRecipe() const {
  const auto found = std::find_if(m_schemes.begin(), m_schemes.end(), [](const auto& e) { return e.isModel(); });
  return found == m_schemes.end() ? std::nullopt : std::optional(found->recipe);
}

std::shared_ptr<const core::model::OtherTensor> Selection::otherFor(const core::model::Recipe& recipe,
                                                                    std::size_t tensor) const {
  if (!recipe.namesFiles()) return nullptr;
  const core::model::RecipePlan* plan = planOf(recipe);
  return plan != nullptr && tensor < plan->tensors.size() ? plan->tensors[tensor].other : nullptr;
}

core::quant::QuantizedTensorPtr Selection::replacementFor(const core::model::Recipe& recipe, std::size_t tensor) const {
  if (!m_model || tensor >= m_model->checkpoint().tensors().size()) return nullptr;
  const auto found = recipe.replacements.find(m_model->checkpoint().tensors()[tensor].name);
  return found == recipe.replacements.end() ? nullptr : found->second;
}

std::shared_ptr<const core::model::OtherTensor> Selection::comparedTensor() const {
  const auto recipe = comparedRecipe();
  return recipe && m_place.tensor ? otherFor(*recipe, *m_place.tensor) : nullptr;
}

void Selection::setComparedModel(std::shared_ptr<OpenModel> model) {
  if (model == m_compared) return;
  const bool otherScheme = m_place.recipe && m_place.recipe->otherModel() != nullptr;
  const auto traced = m_place.trace;
  removeCompared();
  m_compared = std::move(model);
  if (m_compared) addCompared();
  Q_EMIT comparedModelChanged();
  Q_EMIT schemesChanged();
  if (otherScheme) Q_EMIT currentSchemeChanged();
  if (traced != m_place.trace) Q_EMIT traceQuestionChanged();
  if (!m_compared) return;
  m_beforeCompared = m_place.recipe;
  setCurrentRecipe(comparedRecipe());  // whoever opens a model to compare wants to see it
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
  m_calibrating = false;
  const bool compared = m_compared != nullptr;
  removeCompared();
  m_compared.reset();
  m_chatToken.reset();
  m_plans.clear();
  m_place.tensor = m_model ? firstChoice() : std::nullopt;
  m_place.weight.reset();
  const bool traced = std::exchange(m_place.trace, nullptr) != nullptr;
  m_history.assign(1, m_place);
  m_historyIndex = 0;
  const bool otherScheme = resolveCurrentScheme();
  Q_EMIT modelChanged();
  if (compared) {
    Q_EMIT comparedModelChanged();
    Q_EMIT schemesChanged();
  }
  Q_EMIT tensorChanged();
  Q_EMIT weightChanged();
  if (otherScheme) Q_EMIT currentSchemeChanged();
  Q_EMIT chatTokenChanged();
  if (traced) Q_EMIT traceQuestionChanged();
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
  if (before.trace != place.trace) Q_EMIT traceQuestionChanged();
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

void Selection::askTrace(const TraceQuestion& question) {
  if (!m_model) return;
  Place place = m_place;
  place.workspace = QStringLiteral("trace");
  if (!place.trace || !(*place.trace == question)) place.trace = std::make_shared<const TraceQuestion>(question);
  moveTo(place);
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

}  // namespace app
