#include "app/session/evaluate_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "app/session/build_text.h"
#include "app/session/calibrate_model.h"
#include "app/session/contestant.h"
#include "app/session/demo_model.h"
#include "app/session/evaluation_table.h"
#include "app/session/reordered_sums.h"
#include "core/base/error.h"
#include "core/calibrate/model_hash.h"
#include "core/evaluate/step_scorer.h"

namespace app {

namespace evaluate = core::evaluate;
using core::JobContext;

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kKeepInterval{15};
constexpr std::chrono::milliseconds kShowInterval{100};
constexpr std::uint32_t kOtherBatch = 64, kUsualBatch = 512;  ///< of the noise run, of the one beside 64

/// One evaluation from its beginning to its end.
class Evaluator {
 public:
  Evaluator(OpenModel& model, Engine& engine, const EvaluationRequest& request, const OnBlock& onBlock,
            const JobContext& job)
      : m_model(model), m_engine(engine), m_request(request), m_onBlock(onBlock) {
    if (model.whyCannotComplete()) throw core::Error(core::ErrorCode::Unsupported, *model.whyCannotComplete());
    const core::calibrate::TextReader reader{*model.tokenizer(), model.chatTemplate().get(),
                                             model.config().contextLength};
    m_reading =
        std::make_shared<const evaluate::Reading>(evaluate::readText(request.text, reader, request.reading, job));
    m_modelHash = core::calibrate::modelHash(model.checkpoint(), job);
    m_reference = std::make_unique<VariantReader>(model, engine, request.reference,
                                                  optionsOf(request.reference, request.batchTokens));
    m_referenceIdentity = identityOf(model, request.reference);
    for (const Variant& variant : request.compared) addContestant(variant, request.batchTokens, {});
    if (request.noise == Noise::Measure) addNoise(job);
    if (m_contestants.empty())
      m_contestants.push_back({nullptr, keptOf(request.reference, request.batchTokens, "itself"), {}});
  }

  Evaluation run(const JobContext& job) {
    try {
      for (std::uint32_t block = 0, at = 0; block < m_reading->blocks; ++block) {
        const double done = static_cast<double>(block) / m_reading->blocks;
        job.progress(done, "Reading the evaluation text");
        const std::uint32_t first = at;
        while (at < m_reading->passages.size() && m_reading->passages[at].block == block) ++at;
        // What making weights or a forward reports is no part of the text.
        readBlock(block, std::span(m_reading->passages).subspan(first, at - first), job.part(done, done));
        ++m_blocksDone;
        show();
        keepNowAndThen();
      }
    } catch (...) {
      for (Contestant& contestant : m_contestants) contestant.kept.keep();
      throw;
    }
    for (Contestant& contestant : m_contestants) contestant.kept.keep();
    return table(evaluate::QuantileErrors::Compute);
  }

 private:
  evaluate::LogitStreamOptions optionsOf(const Variant& variant, std::uint32_t batch) const {
    return {variant.kv, m_reading->context, m_model.tokenizer()->size(), batch};
  }

  KeptBlocks keptOf(const Variant& variant, std::uint32_t batch, const std::string& what) const {
    const auto compared = identityOf(m_model, variant);
    const bool isKnown = m_referenceIdentity && compared;
    return {isKnown ? m_request.cacheFolder : std::filesystem::path(),
            isKnown ? fmt::format("evaluation 2\n{}\n{}\n{:016x}\n{}\n{}\n{}\n{}\n{}", buildText(), m_modelHash,
                                  m_reading->hash, *m_referenceIdentity, m_request.batchTokens, *compared, batch, what)
                    : std::string(),
            m_reading->blocks};
  }

  /// @param noise how it differs from the reference, where that is all it is for
  void addContestant(const Variant& variant, std::uint32_t batch, std::string noise) {
    auto reader = std::make_unique<VariantReader>(m_model, m_engine, variant, optionsOf(variant, batch));
    // The reference's own recipe identifies what only computes it otherwise.
    Variant identity = variant;
    if (!noise.empty()) identity.recipe = m_request.reference.recipe;
    try {
      m_contestants.push_back({std::move(reader), keptOf(identity, batch, noise), noise});
    } catch (const core::Error& error) {  // it cannot be planned
      m_contestants.push_back({std::move(reader), KeptBlocks({}, {}, m_reading->blocks), noise, {}, error.what()});
    }
  }

  /// The reference again: in batches of another size, and on the other kind of device. Where the only other one is a
  /// software driver on the same processor, sums in another order say as much in a fraction of the time.
  void addNoise(const JobContext& job) {
    Variant variant = m_request.reference;
    const std::uint32_t batch = m_request.batchTokens == kOtherBatch ? kUsualBatch : kOtherBatch;
    addContestant(variant, batch, fmt::format("batches of {}", batch));
    using Kind = DeviceChoice::Kind;
    const bool isOnCpu = Engine::kindOf(variant.device) == Kind::Cpu;
    const bool hasGpu = Engine::kindOf(DeviceChoice()) == Kind::Vulkan;
    if (isOnCpu && !hasGpu && addReorderedSums(variant, job)) return;
    if (isOnCpu && !Engine::hasVulkan()) return;
    variant.device = {isOnCpu ? Kind::Vulkan : Kind::Cpu};
    addContestant(variant, m_request.batchTokens, variant.device.toString());
  }

  bool addReorderedSums(Variant variant, const JobContext& job) {
    if (!variant.recipe.keepsEverything()) return false;
    auto reordered = reorderedSums(m_model, job);
    if (!reordered) return false;
    variant.recipe = std::move(*reordered);
    addContestant(variant, m_request.batchTokens, "feed-forward sums in reverse");
    return true;
  }

  void readBlock(std::uint32_t block, std::span<const evaluate::Passage> passages, const JobContext& job) {
    std::vector<Contestant*> missing;
    for (Contestant& contestant : m_contestants)
      if (contestant.failure.empty() && !contestant.kept.block(block)) missing.push_back(&contestant);
    if (!missing.empty()) measure(block, passages, missing, job);
    for (Contestant& contestant : m_contestants)
      if (contestant.failure.empty()) contestant.statistics.add(*contestant.kept.block(block));
  }

  void measure(std::uint32_t block, std::span<const evaluate::Passage> passages, std::vector<Contestant*> missing,
               const JobContext& job) {
    evaluate::LogitStream& reference = m_reference->stream(job);
    std::erase_if(missing, [&](Contestant* contestant) { return !makeStream(*contestant, job); });
    if (missing.empty()) return;
    if (missing != m_scored) {
      std::vector<evaluate::LogitStream*> streams;
      for (const Contestant* const contestant : missing)
        if (contestant->reader) streams.push_back(&contestant->reader->stream(job));
      m_scorer.emplace(reference, std::move(streams));
      m_scored = missing;
    }
    std::vector<evaluate::BlockStatistics> blocks(missing.size());
    const double referenceSeconds = reference.seconds();
    const std::size_t tokensRead = reference.tokensRead();
    std::vector<double> seconds;
    for (const Contestant* const contestant : missing) seconds.push_back(streamOf(*contestant, job).seconds());
    try {
      for (const evaluate::Passage& passage : passages) {
        const auto scores = m_scorer->score(passage, job);
        for (std::size_t i = 0; i < missing.size(); ++i) blocks[i].add(passage, scores[i]);
      }
    } catch (const core::Error& error) {
      const auto failed = m_scorer->failed();
      if (!failed) throw;  // the reference, without which nothing is compared
      const auto gone = missing.begin() + static_cast<std::ptrdiff_t>(*failed);
      giveUp(**gone, error);
      missing.erase(gone);
      return measure(block, passages, std::move(missing), job);
    }
    for (std::size_t i = 0; i < missing.size(); ++i) {
      blocks[i].seconds = streamOf(*missing[i], job).seconds() - seconds[i];
      blocks[i].secondsOfReference = reference.seconds() - referenceSeconds;
      blocks[i].tokensRead = reference.tokensRead() - tokensRead;
      missing[i]->kept.setDevices(streamOf(*missing[i], job).executor().deviceName(),
                                  reference.executor().deviceName());
      missing[i]->kept.add(block, std::move(blocks[i]));
    }
  }

  evaluate::LogitStream& streamOf(const Contestant& contestant, const JobContext& job) {
    return contestant.reader ? contestant.reader->stream(job) : m_reference->stream(job);
  }

  /// Whether it can run; otherwise it says why.
  bool makeStream(Contestant& contestant, const JobContext& job) {
    try {
      streamOf(contestant, job);
      return true;
    } catch (const core::Error& error) {
      giveUp(contestant, error);
      return false;
    }
  }

  static void giveUp(Contestant& contestant, const core::Error& error) {
    contestant.failure = error.what();
    contestant.statistics = {};
  }

  /// Now and then, so that it takes no more than a tenth of the time.
  void show() {
    const auto begin = Clock::now();
    if (!m_onBlock || m_blocksDone == m_reading->blocks || begin < m_nextShown) return;
    m_onBlock(table(evaluate::QuantileErrors::Leave));
    m_nextShown = Clock::now() + std::max<Clock::duration>(kShowInterval, 10 * (Clock::now() - begin));
  }

  void keepNowAndThen() {
    if (Clock::now() - m_kept < kKeepInterval) return;
    for (Contestant& contestant : m_contestants) contestant.kept.keep();
    m_kept = Clock::now();
  }

  Evaluation table(evaluate::QuantileErrors errors) const {
    return tabulate(m_model, {m_request, m_reading, m_modelHash, m_contestants, m_blocksDone}, errors);
  }

  OpenModel& m_model;
  Engine& m_engine;
  const EvaluationRequest& m_request;
  const OnBlock& m_onBlock;
  std::shared_ptr<const evaluate::Reading> m_reading;
  std::string m_modelHash;
  std::optional<std::string> m_referenceIdentity;
  std::unique_ptr<VariantReader> m_reference;
  std::vector<Contestant> m_contestants;  ///< compared ones, then those that measure noise
  std::optional<evaluate::StepScorer> m_scorer;
  std::vector<Contestant*> m_scored;  ///< by m_scorer
  std::uint32_t m_blocksDone = 0;
  Clock::time_point m_nextShown = Clock::now(), m_kept = Clock::now();
};

}  // namespace

Evaluation evaluateModel(OpenModel& model, Engine& engine, const EvaluationRequest& request, const OnBlock& onBlock,
                         const JobContext& job) {
  Evaluator evaluator(model, engine, request, onBlock, job.part(0.0, 0.1));
  Evaluation result = evaluator.run(job.part(0.1, 1.0));
  if (onBlock) onBlock(result);
  return result;
}

core::calibrate::CalibrationText openEvaluationText(const std::string& wordOrFile) {
  if (wordOrFile != kDemoText) return openText(wordOrFile);
  auto text = core::calibrate::openCalibrationText(builtInTextPath("evaluation/conversations.jsonl"));
  text.title = "demo evaluation text";
  return text;
}

}  // namespace app
