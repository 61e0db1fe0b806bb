#include "app/session/trace_model.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include "app/session/merge_adapter.h"
#include "core/base/error.h"
#include "core/calibrate/model_hash.h"
#include "core/quant/explain/block_override.h"
#include "core/quant/quantizer.h"
#include "core/trace/ranking.h"
#include "core/trace/replay.h"

namespace app {

namespace trace = core::trace;
using core::Error;
using core::ErrorCode;
using core::JobContext;
using core::model::TokenId;
using trace::Replay;

namespace {

constexpr float kWideMargin = 0.02F;  // by which A leads where a set did not hold on the device itself

/// With one matrix per product, so that every weight is somebody's.
Variant traced(const OpenModel& model, Variant variant, const JobContext& job) {
  variant.recipe = withAdapterFolded(model, variant.recipe, job);
  return variant;
}

/// One ordinary run of a variant, some of whose tensors are others.
Confirmation runWith(Engine& engine, OpenModel& model, Variant variant,
                     const std::map<std::string, core::quant::QuantizedTensorPtr>& replacements,
                     const trace::PartingCase& at, const JobContext& job) {
  for (const auto& [name, tensor] : replacements) variant.recipe.replacements[name] = tensor;
  const auto executor = engine.createExecutor(model, variant, job);
  const auto& tokens = at.parting.tokens;
  const auto cache = executor->createKvCache(static_cast<std::uint32_t>(tokens.size()), variant.kv);
  std::vector<float> logits(executor->graph().vocabulary());
  executor->forward(tokens, *cache, core::model::LogitsWanted::LastToken, logits, job);
  const auto known = std::span<const float>(logits).first(at.referenceLogits.size());
  return {executor->deviceName(), trace::effectOf(known, at.parting, at.referenceLogits)};
}

class Tracer {
 public:
  Tracer(Engine& engine, OpenModel& model, const TraceRequest& request,
         const std::function<void(const Trace&, TraceStage)>& onStage, const JobContext& job)
      : m_engine(engine), m_model(model), m_request(request), m_onStage(onStage), m_job(job) {}

  Trace run() {
    begin();
    findCase();
    if (!m_trace.search.found) return std::move(m_trace);
    lookIntoDepth();
    const auto& tokens = m_trace.found().parting.tokens;
    const auto &mine = m_compared->graph(), &other = m_reference->graph();
    const std::size_t known = m_trace.found().referenceLogits.size();
    Replay compared(mine, other, tokens, m_request.compared.kv, known),
        reference(other, mine, tokens, m_request.reference.kv, known);
    noteTensors(compared);
    if (compared.tensors().empty()) return std::move(m_trace);
    restore(compared, reference);
    attribute();
    if (m_trace.found().agreement == trace::Agreement::Parted) prove(compared);
    return std::move(m_trace);
  }

 private:
  const trace::Parting& parting() const { return m_trace.found().parting; }

  void finish(TraceStage stage) {
    const auto now = std::chrono::steady_clock::now();
    m_trace.seconds.emplace_back(stage, std::chrono::duration<double>(now - m_since).count());
    if (m_onStage) m_onStage(m_trace, stage);
    m_since = std::chrono::steady_clock::now();
  }

  void begin() {
    m_trace.model = m_model.source();
    m_trace.modelHash = core::calibrate::modelHash(m_model.checkpoint(), m_job.part(0.0, 0.01));
    m_trace.reference = m_request.reference.toString();
    m_trace.compared = m_request.compared.toString();
    m_trace.referenceTitle = m_request.reference.displayName();
    m_trace.comparedTitle = m_request.compared.displayName();
    m_trace.seed = m_request.seed;
    m_reference = m_engine.createExecutor(m_model, traced(m_model, m_request.reference, m_job.part(0.01, 0.02)),
                                          m_job.part(0.02, 0.05));
    m_compared = m_engine.createExecutor(m_model, traced(m_model, m_request.compared, m_job.part(0.05, 0.06)),
                                         m_job.part(0.06, 0.1));
    m_trace.referenceDevice = m_reference->deviceName();
    m_trace.comparedDevice = m_compared->deviceName();
    m_since = std::chrono::steady_clock::now();
  }

  void findCase() {
    trace::PartingSettings settings;
    settings.position = m_request.position;
    settings.mostTokens = m_request.mostTokens;
    settings.contextLength = Engine::contextLength(m_model, {});
    settings.knownTokens = m_model.tokenizer() ? m_model.tokenizer()->size() : 0;
    if (const auto tokenizer = m_model.tokenizer())
      settings.ends = [tokenizer](TokenId token) { return tokenizer->isEndOfGeneration(token); };
    settings.referenceKv = m_request.reference.kv;
    settings.comparedKv = m_request.compared.kv;
    settings.referenceName = "The reference, " + m_trace.referenceTitle + ",";
    settings.comparedName = "The compared model, " + m_trace.comparedTitle + ",";
    const JobContext part = m_job.part(0.1, 0.15);
    if (m_request.answer) {
      std::vector<TokenId> tokens = m_request.prompt;
      tokens.insert(tokens.end(), m_request.answer->begin(), m_request.answer->end());
      m_trace.search.answer = *m_request.answer;
      m_trace.search.found =
          trace::partingBehind(*m_reference, *m_compared, tokens, m_request.prompt.size(), settings, part);
    } else {
      m_trace.search = trace::findParting(*m_reference, *m_compared, m_request.prompt, settings, part);
    }
    finish(TraceStage::Case);
  }

  void lookIntoDepth() {
    trace::DepthSettings settings;
    settings.knownTokens = m_model.tokenizer() ? m_model.tokenizer()->size() : 0;
    settings.referenceKv = m_request.reference.kv;
    settings.comparedKv = m_request.compared.kv;
    m_trace.depth = trace::lookIntoDepth(*m_reference, *m_compared, parting(), settings, m_job.part(0.15, 0.2));
    finish(TraceStage::Depth);
  }

  void noteTensors(const Replay& replay) {
    const trace::BlockSizes sizes = trace::blockSizesOf(replay.tensors());
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      const trace::DifferingTensor& tensor = replay.tensors()[i];
      m_trace.differingWeights += tensor.values();
      m_trace.tensors.push_back({tensor.name, tensor.layer, tensor.mine->rows(), tensor.mine->rowValues(), sizes[i],
                                 tensor.mine->shape.rank() == 3 ? tensor.mine->shape[1] : 0});
    }
  }

  void restore(Replay& compared, Replay& reference) {
    const auto onLayers = [this](const trace::Restoration& known) {
      m_trace.restoration = known;
      finish(TraceStage::Layers);
    };
    m_trace.restoration = trace::restoreTensors(compared, reference, parting(), onLayers, m_job.part(0.2, 0.45));
    finish(TraceStage::Tensors);
  }

  void attribute() {
    trace::AttributionSettings settings;
    settings.referenceKv = m_request.reference.kv;
    settings.comparedKv = m_request.compared.kv;
    m_trace.attribution = trace::attribute(m_reference->graph(), m_compared->graph(), parting().tokens,
                                           trace::Objective::difference(parting().reference, parting().compared),
                                           settings, m_job.part(0.45, 0.6));
    finish(TraceStage::Contributions);
  }

  void prove(Replay& replay) {
    const trace::LocalRanking local(m_compared->graph(), m_reference->graph(), parting().tokens, m_request.compared.kv,
                                    replay, trace::blockSizesOf(replay.tensors()));
    trace::ProofSettings settings;
    settings.seed = m_request.seed;
    const trace::Attribution& known = *m_trace.attribution;
    settings.slopesMislead =
        std::abs(known.remainder) > trace::AttributionSettings().remainder * std::abs(known.reference - known.compared);
    for (const trace::TensorEffect& tensor : m_trace.restoration->tensors)
      if (tensor.restored.isReferenceWord) settings.restoring.push_back(tensor.tensor);
    const JobContext part = m_job.part(0.6, 0.95);
    const auto rank = [&](const trace::Objective& objective, const trace::Restored& restored) {
      return local.rank(objective, restored, settings.keep, part);
    };
    const trace::Ranking byContribution = trace::rankByContribution(known, replay.tensors());
    const auto find = [&](bool shows) {
      m_trace.proof = trace::prove(
          replay, parting(), m_trace.found().referenceLogits, byContribution, rank, settings,
          [&](const trace::Proof& proof) {
            m_trace.proof = proof;
            if (shows && !m_seenBlocks) finish(TraceStage::Blocks);
            m_seenBlocks = true;
          },
          part);
      m_trace.confirmedBlocks = confirm(replay, m_trace.proof->blocks);
      m_trace.confirmedWeights = confirm(replay, m_trace.proof->weights);
    };
    find(true);
    if (!holds(m_trace.confirmedBlocks) || !holds(m_trace.confirmedWeights)) {
      settings.margin = kWideMargin;
      find(false);
    }
    nameFirst();
    if (m_trace.proof->weights) explain(replay, *m_trace.proof->weights);
    finish(TraceStage::Weights);
  }

  /// A proved set that lies in one tensor says more than how far that tensor as a whole brings the word.
  void nameFirst() {
    const auto named = trace::onlyTensor(*m_trace.proof);
    if (!named) return;
    auto& tensors = m_trace.restoration->tensors;
    const auto found = std::ranges::find(tensors, *named, &trace::TensorEffect::tensor);
    if (found != tensors.end()) std::rotate(tensors.begin(), found, found + 1);
  }

  void explain(const Replay& replay, const trace::ProvedSet& set) {
    m_trace.decisions.clear();
    for (const trace::Candidate& member : set.members) {
      const trace::DifferingTensor& tensor = replay.tensors()[member.tensor];
      core::quant::DecidedWeight known;
      known.element = member.first;
      core::quant::decode(*tensor.other, member.first, 1, &known.value);
      core::quant::decode(*tensor.mine, member.first, 1, &known.decoded);
      try {
        const auto place = core::quant::codePlace(*tensor.mine, member.first);
        const auto block = core::quant::decisionsOf(*tensor.other, *tensor.mine, place.row, place.block);
        known = *std::ranges::find(block, member.first, &core::quant::DecidedWeight::element);
      } catch (const Error&) {  // it has no code of its own
        known.step = std::numeric_limits<double>::quiet_NaN();
        known.decision = core::quant::plainDecision(known.value, known.decoded);
      }
      m_trace.decisions.push_back(known);
    }
  }

  static bool holds(const std::optional<Confirmation>& confirmation) {
    return !confirmation || confirmation->effect.isReferenceWord;
  }

  /// Whether a restored weight is multiplied with integers: as a float it cannot be, and no ordinary run holds both.
  static bool meetsIntegers(const Replay& replay, const trace::ProvedSet& set) {
    return std::ranges::any_of(set.members, [&](const trace::Candidate& member) {
      const auto& input = replay.tensors()[member.tensor].mine->input;
      return input && input->makesCodes();
    });
  }

  /// Runs the compared variant with the set's weights replaced, as anybody would run it.
  std::optional<Confirmation> confirm(Replay& replay, const std::optional<trace::ProvedSet>& set) {
    if (!set || meetsIntegers(replay, *set)) return std::nullopt;
    return runWith(m_engine, m_model, m_request.compared,
                   trace::restoredTensors(replay, trace::restoredBy(set->members)), m_trace.found(),
                   m_job.part(0.95, 1.0));
  }

  Engine& m_engine;
  OpenModel& m_model;
  const TraceRequest& m_request;
  const std::function<void(const Trace&, TraceStage)>& m_onStage;
  const JobContext& m_job;
  Trace m_trace;
  std::unique_ptr<core::model::Executor> m_reference, m_compared;
  std::chrono::steady_clock::time_point m_since;
  bool m_seenBlocks = false;
};

}  // namespace

std::string_view toString(TraceStage stage) {
  switch (stage) {
    case TraceStage::Case:
      return "case";
    case TraceStage::Depth:
      return "depth";
    case TraceStage::Layers:
      return "layers";
    case TraceStage::Tensors:
      return "tensors";
    case TraceStage::Contributions:
      return "contributions";
    case TraceStage::Blocks:
      return "blocks";
    case TraceStage::Weights:
      return "weights";
  }
  return "";
}

std::vector<TokenId> tracePrompt(const OpenModel& model, std::span<const core::text::ChatMessage> messages) {
  if (model.whyCannotChat()) throw Error(ErrorCode::Unsupported, *model.whyCannotChat());
  return model.tokenizer()->encodePrompt(model.chatTemplate()->render(messages), core::text::SpecialTokens::Parse);
}

std::vector<TokenId> tracePrompt(const OpenModel& model, const std::string& text) {
  if (model.whyCannotComplete()) throw Error(ErrorCode::Unsupported, *model.whyCannotComplete());
  return model.tokenizer()->encodePrompt(text, core::text::SpecialTokens::Parse);
}

Trace traceModel(Engine& engine, OpenModel& model, const TraceRequest& request,
                 const std::function<void(const Trace&, TraceStage)>& onStage, const JobContext& job) {
  return Tracer(engine, model, request, onStage, job).run();
}

std::map<std::string, core::quant::QuantizedTensorPtr> restoredTensors(Engine& engine, OpenModel& model,
                                                                       const Variant& reference,
                                                                       const Variant& compared, const Trace& trace,
                                                                       const core::trace::ProvedSet& set,
                                                                       const JobContext& job) {
  Variant mine = compared, other = reference;
  mine.device = other.device = DeviceChoice::parse("cpu");
  const auto executor = engine.createExecutor(model, traced(model, mine, job.part(0.0, 0.1)), job.part(0.1, 0.5)),
             source = engine.createExecutor(model, traced(model, other, job.part(0.5, 0.6)), job.part(0.6, 1.0));
  Replay replay(executor->graph(), source->graph(), trace.found().parting.tokens, mine.kv);
  auto restored = core::trace::restoredTensors(replay, core::trace::restoredBy(set.members));
  for (const auto& [name, tensor] : compared.recipe.replacements) restored.try_emplace(name, tensor);
  return restored;
}

trace::Effect effectOf(Engine& engine, OpenModel& model, const Variant& compared,
                       const std::map<std::string, core::quant::QuantizedTensorPtr>& replacements,
                       const trace::PartingCase& at, const JobContext& job) {
  return runWith(engine, model, compared, replacements, at, job).effect;
}

}  // namespace app
