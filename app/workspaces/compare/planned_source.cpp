#include "app/workspaces/compare/planned_source.h"

#include "app/session/known_shapes.h"
#include "app/text/numbers.h"
#include "core/base/error.h"

namespace app {

namespace {

const QString kOpen = QStringLiteral("open"), kTyped = QStringLiteral("typed:"),
              kSourcePlanTag = QStringLiteral("compare.shapes");

PlannedModel planSource(const PlannedSource& source, core::model::Recipe recipe) {
  if (source.kind == PlannedSource::Kind::Known) {
    const KnownShape& known = knownShape(source.known.toStdString());
    return planShape(known.shape, known.kv(), recipe, known.context);
  }
  if (recipe.keepsEverything()) recipe = *core::model::recipeByName("bf16");
  return planParameters(source.parameters, source.kv, recipe);
}

}  // namespace

QString PlannedSource::toString() const {
  switch (kind) {
    case Kind::Known:
      return known;
    case Kind::Typed:
      return kTyped + QString::number(parameters, 'g', 12);
    case Kind::OpenModel:
      break;
  }
  return kOpen;
}

PlannedSource PlannedSource::parse(const QString& text) {
  PlannedSource source;
  if (text.startsWith(kTyped)) {
    source.kind = Kind::Typed;
    const double parameters = text.mid(kTyped.size()).toDouble();
    if (parameters >= 1 && parameters < 1e15) source.parameters = parameters;
    return source;
  }
  for (const KnownShape& shape : knownShapes()) {
    if (text != QString::fromUtf8(shape.id.data(), static_cast<qsizetype>(shape.id.size()))) continue;
    source.kind = Kind::Known;
    source.known = text;
  }
  return source;
}

SourcePlans::SourcePlans(CompareState& state, QObject* parent) : QObject(parent), m_state(state) {
  connect(&state, &CompareState::plansChanged, this, &SourcePlans::changed);
}

void SourcePlans::setSource(const PlannedSource& source) {
  if (source == m_source) return;
  // Plans of typed measures are not kept: there are too many of them while somebody types.
  std::erase_if(m_plans, [](const auto& entry) { return entry.first.startsWith(kTyped); });
  m_source = source;
  Q_EMIT changed();
}

QString SourcePlans::title() const {
  switch (m_source.kind) {
    case PlannedSource::Kind::Known:
      return QString::fromUtf8(knownShape(m_source.known.toStdString()).title.data());
    case PlannedSource::Kind::Typed:
      return tr("Typed measures");
    case PlannedSource::Kind::OpenModel:
      break;
  }
  const auto& model = m_state.selection().model();
  return model ? QString::fromStdString(model->checkpoint().name()) : QString();
}

QString SourcePlans::keyOf(const core::model::Recipe& recipe) const {
  QString key = m_source.toString() + u'\n' + QString::fromStdString(recipe.toString());
  if (m_source.kind == PlannedSource::Kind::Typed && m_source.kv) {
    const KvLayout& kv = *m_source.kv;
    for (const std::uint64_t measure :
         {std::uint64_t{kv.layers}, std::uint64_t{kv.heads}, std::uint64_t{kv.kvHeads}, kv.headSize,
          std::uint64_t{kv.window}, std::uint64_t{kv.latent}, std::uint64_t{kv.ropeDims}})
      key += QStringLiteral(" %1").arg(measure);
  }
  return key;
}

const PlannedModel* SourcePlans::plan(const core::model::Recipe& recipe) const {
  if (m_source.kind == PlannedSource::Kind::OpenModel) return m_state.plan(recipe);
  const auto found = m_plans.find(keyOf(recipe));
  return found == m_plans.end() ? nullptr : &found->second;
}

void SourcePlans::request(const std::vector<core::model::Recipe>& recipes) {
  if (m_source.kind == PlannedSource::Kind::OpenModel) return m_state.request(recipes);
  m_state.request({});  // for the devices of this computer
  std::vector<std::pair<QString, core::model::Recipe>> missing;
  std::vector<QString> keys;
  for (const auto& recipe : recipes) {
    if (recipe.namesFiles() || m_plans.contains(keyOf(recipe))) continue;
    missing.emplace_back(keyOf(recipe), recipe);
    keys.push_back(keyOf(recipe));
  }
  if (missing.empty() || (m_state.jobs().isActive(kSourcePlanTag) && keys == m_asked)) return;
  m_asked = keys;
  const auto work = [missing, source = m_source](const core::JobContext& job) {
    std::map<QString, PlannedModel> plans;
    for (const auto& [key, recipe] : missing) {
      job.throwIfCancelled();
      try {
        plans.emplace(key, planSource(source, recipe));
      } catch (const core::Error&) {
        continue;  // a recipe that cannot be planned for this shape has no bar
      }
    }
    return plans;
  };
  const auto done = [this](std::map<QString, PlannedModel> plans) {
    if (plans.empty()) return;
    m_plans.merge(plans);
    Q_EMIT changed();
  };
  // On the inference lane: plans ask the drivers for their limits.
  m_state.jobs().run(this, {kSourcePlanTag, QString(), Lane::Inference}, work, done);
}

}  // namespace app
