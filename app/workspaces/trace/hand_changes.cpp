#include "app/workspaces/trace/hand_changes.h"

#include <algorithm>

#include "app/jobs/stop_notice.h"
#include "app/session/traced_place.h"
#include "app/workspaces/trace/trace_words.h"
#include "core/base/error.h"

namespace app {

namespace {

const QString kChangeTag = QStringLiteral("trace.change");
using core::quant::QuantizedTensorPtr;

const core::trace::DifferingTensor& tensorNamed(const TracedModels& models, const std::string& name) {
  const auto found = std::ranges::find(models.tensors, name, &core::trace::DifferingTensor::name);
  if (found == models.tensors.end())
    throw core::Error(core::ErrorCode::NotFound, "Both models have the same " + name + ".");
  return *found;
}

QString placeText(const TracedTensor& tensor, std::uint64_t element) {
  return HandChanges::tr("%1, %2, column %3")
      .arg(shortTensorName(tracedPlace(tensor, element).tensor), rowText(tensor, element))
      .arg(element % tensor.width);
}

}  // namespace

HandChanges::HandChanges(TraceState& state, QObject* parent)
    : QObject(parent), m_state(state), m_stop(new StopNotice(state.jobs(), kChangeTag, this)) {
  connect(&state, &TraceState::changed, this, &HandChanges::changed);
  connect(&state.selection(), &Selection::modelChanged, this, &HandChanges::forgetModel);
  connect(m_stop, &StopNotice::stopped, this, [this] {
    m_failure = tr("Stopped before the model had run with the change.");
    Q_EMIT changed();
  });
}

// What was changed is another model's: its weights fit nowhere here.
void HandChanges::forgetModel() {
  m_state.jobs().cancelTag(kChangeTag);
  m_stop->end();
  m_tried.reset();
  m_used.reset();
  m_restoredOf.reset();
  m_usedTitle.clear();
  m_failure.clear();
  Selection& selection = m_state.selection();
  std::vector<core::model::Recipe> changed;
  for (const SchemeEntry& entry : selection.schemes())
    if (!entry.recipe.replacements.empty()) changed.push_back(entry.recipe);
  if (const auto& current = selection.currentRecipe(); current && !current->replacements.empty())
    selection.setCurrentRecipe(m_before);
  for (const auto& recipe : changed) selection.removeOwn(recipe);
  m_before.reset();
}

bool HandChanges::isRestoredInUse() const {
  return m_used && m_restoredOf != nullptr && m_restoredOf == m_state.result().question;
}

const HandChanges::Tried* HandChanges::tried() const {
  return m_tried && m_question == m_state.result().question ? &*m_tried : nullptr;
}

bool HandChanges::isComputing() const { return m_state.jobs().isActive(kChangeTag); }

QString HandChanges::comparedTitle() const {
  return variantTitle(m_state.result().question->compared, m_state.selection());
}

void HandChanges::run(const QString& jobTitle, const Maker& make, Then then) {
  if (!m_state.trace() || !m_state.trace()->search.found) return;
  m_failure.clear();
  m_tried.reset();
  m_question = m_state.result().question;
  const auto work = [engine = m_state.engine(), model = m_state.selection().model(), result = m_state.result(), make,
                     then](const core::JobContext& job) {
    const auto models = result.models ? result.models : makeTracedModels(*model, *result.question, job.part(0.0, 0.2));
    Tried tried;
    const core::model::Replacements replacements = make(*models, tried);
    tried.recipe = result.question->compared.recipe;
    for (const auto& [name, tensor] : replacements) tried.recipe.replacements[name] = tensor;
    tried.recipe.title = tried.title.toStdString();
    if (then == Then::Chat) return tried;
    try {
      tried.effect =
          effectOf(*engine, *model, result.question->compared, replacements, result.trace->found(), job.part(0.2, 1.0));
    } catch (const core::Error& error) {
      if (error.code() != core::ErrorCode::NotFinite) throw;
      tried.noNumbers = QString::fromUtf8(error.what());
    }
    return tried;
  };
  const auto done = [this, then](Tried tried) {
    m_stop->end();
    if (m_question != m_state.result().question) return Q_EMIT changed();  // another question stands there now
    m_tried = std::move(tried);
    if (then == Then::Chat) {
      useInChat();
      m_restoredOf = m_question;
    }
    Q_EMIT changed();
  };
  const auto failed = [this](const QString& sentence) {
    m_stop->end();
    m_failure = sentence;
    Q_EMIT changed();
  };
  m_stop->end();
  m_state.jobs().run(this, {kChangeTag, jobTitle, Lane::Inference}, work, done, failed);
  m_stop->begin();
  Q_EMIT changed();
}

void HandChanges::restoreWeights() {
  const Trace* trace = m_state.trace();
  if (trace == nullptr || !trace->proof) return;
  const auto& set = trace->proof->weights ? trace->proof->weights : trace->proof->blocks;
  if (!set) return;
  const QString title = restoredTitle(comparedTitle(), *set);
  const auto make = [engine = m_state.engine(), model = m_state.selection().model(), result = m_state.result(),
                     set = *set, title](const TracedModels&, Tried& tried) {
    tried.title = title;
    tried.what = title;
    return restoredTensors(*engine, *model, result.question->reference, result.question->compared, *result.trace, set);
  };
  run(tr("Restoring weights"), make, Then::Chat);
}

void HandChanges::storeDifferently(std::size_t tensor, std::uint64_t element, Direction direction) {
  const TracedTensor of = m_state.trace()->tensors[tensor];
  const auto make = [of, element, direction, title = tr("%1 with one code changed").arg(comparedTitle())](
                        const TracedModels& models, Tried& tried) {
    const QuantizedTensorPtr& stored = tensorNamed(models, of.name).mine;
    const auto neighbours = core::quant::codeNeighbours(*stored, element);
    const auto code = direction == Direction::Lower ? neighbours.lower : neighbours.higher;
    if (!code)
      throw core::Error(core::ErrorCode::InvalidArgument, direction == Direction::Lower
                                                              ? "There is no lower code: it is the lowest already."
                                                              : "There is no higher code: it is the highest already.");
    const auto place = core::quant::codePlace(*stored, element);
    tried.title = title;
    tried.what = tr("%1: code %2 instead of %3")
                     .arg(placeText(of, element))
                     .arg(*code)
                     .arg(core::quant::fieldBits(*stored, place));
    return core::model::Replacements{{of.name, core::quant::withFieldBits(*stored, place, *code)}};
  };
  run(tr("Trying another code"), make, Then::Show);
}

void HandChanges::toggleBit(std::size_t tensor, std::uint64_t element, const core::quant::FieldPlace& place,
                            std::uint32_t bit, const QString& name) {
  const TracedTensor of = m_state.trace()->tensors[tensor];
  const auto make = [of, element, place, bit, name, title = tr("%1 with one bit toggled").arg(comparedTitle())](
                        const TracedModels& models, Tried& tried) {
    tried.title = title;
    tried.what = tr("%1: %2 toggled").arg(placeText(of, element), name);
    return core::model::Replacements{
        {of.name, core::quant::withToggledBit(*tensorNamed(models, of.name).mine, place, bit)}};
  };
  run(tr("Toggling a bit"), make, Then::Show);
}

void HandChanges::switchOffLayer(std::uint32_t layer) {
  const auto make = [layer, title = tr("%1 without layer %2").arg(comparedTitle()).arg(layer)](
                        const TracedModels& models, Tried& tried) {
    tried.title = title;
    tried.what = tr("layer %1 switched off").arg(layer);
    return core::model::withoutLayer(models.compared, layer);
  };
  run(tr("Switching off a layer"), make, Then::Show);
}

void HandChanges::switchOffHead(std::uint32_t layer, std::uint32_t head) {
  const auto make = [layer, head,
                     title = tr("%1 without head %2 of layer %3").arg(comparedTitle()).arg(head).arg(layer)](
                        const TracedModels& models, Tried& tried) {
    tried.title = title;
    tried.what = tr("head %1 of layer %2 switched off").arg(head).arg(layer);
    return core::model::withoutHead(models.compared, layer, head);
  };
  run(tr("Switching off a head"), make, Then::Show);
}

Link HandChanges::chatLink(const QString& scheme) const {
  Link link{QStringLiteral("chat"), {}, {}};
  link.set(QStringLiteral("scheme"), scheme);
  if (m_question) link.set(QStringLiteral("prompt"), m_question->text);
  return link;
}

void HandChanges::useInChat() {
  if (!m_tried) return;
  Selection& selection = m_state.selection();
  // Two changes may be called the same; links name them by their titles.
  QString title = m_tried->title;
  const auto isTaken = [&](const QString& name) {
    return std::ranges::any_of(selection.schemes(), [&](const SchemeEntry& entry) {
      return entry.title == name && !(entry.recipe == m_tried->recipe);
    });
  };
  for (int number = 2; isTaken(title); ++number) title = QStringLiteral("%1 (%2)").arg(m_tried->title).arg(number);
  m_tried->recipe.title = title.toStdString();
  // The compared model; where that has its weights as stored, what was current, as Chat has those on its left.
  if (!m_used) {
    m_before = m_question->compared.recipe;
    if (m_before->keepsEverything()) m_before = selection.currentRecipe();
  }
  selection.addOwn(m_tried->recipe, title);
  m_used = m_tried->recipe;
  m_usedTitle = title;
  m_restoredOf.reset();
  Q_EMIT linkFollowed(chatLink(title));
  Q_EMIT changed();
}

void HandChanges::undo() {
  if (!m_used) return;
  const core::model::Recipe used = *m_used;
  m_used.reset();
  m_restoredOf.reset();
  m_usedTitle.clear();
  if (m_before && !(*m_before == used)) Q_EMIT linkFollowed(chatLink(QString::fromStdString(m_before->toString())));
  m_state.selection().removeOwn(used);
  Q_EMIT changed();
}

}  // namespace app
