#include "core/train/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/train/token_loss.h"

namespace core::train {

namespace {

/// Another seed for every step and minibatch of a run (SplitMix64's finalizer, Steele et al. 2014).
std::uint64_t mixedSeed(std::uint64_t seed, std::uint64_t step, std::uint64_t minibatch) {
  std::uint64_t x = seed + 0x9e3779b97f4a7c15U * (step * 4096 + minibatch + 1);
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

void checkSettings(const TrainerSettings& settings, bool hasTeacher) {
  const auto require = [](bool holds, const char* sentence) {
    if (!holds) throw Error(ErrorCode::InvalidArgument, sentence);
  };
  const AdamWSettings& optimizer = settings.optimizer;
  require(settings.steps > 0, "A training run needs at least one step.");
  require(std::isfinite(settings.rate.peak) && settings.rate.peak > 0.0, "A learning rate is a number above 0.");
  require(settings.rate.lastShare >= 0.0 && settings.rate.lastShare <= 1.0,
          "The last learning rate is a share of the first, 0 to 1.");
  require(settings.clipNorm >= 0.0, "Gradients cannot be clipped to a length below 0.");
  require(optimizer.beta1 >= 0.0 && optimizer.beta1 < 1.0 && optimizer.beta2 >= 0.0 && optimizer.beta2 < 1.0,
          "AdamW's betas are at least 0 and below 1.");
  require(optimizer.epsilon > 0.0 && optimizer.weightDecay >= 0.0,
          "AdamW needs an epsilon above 0 and a weight decay of at least 0.");
  require(settings.distillation >= 0.0 && settings.distillation <= 1.0,
          "The teacher's share of the loss is between 0 and 1.");
  require(hasTeacher == (settings.distillation > 0.0), "A share of the loss that a teacher has goes with a teacher.");
}

}  // namespace

Trainer::Trainer(TrainedModel& model, const BatchSource& source, const TrainerSettings& settings,
                 std::optional<model::Graph> teacher)
    : m_model(model),
      m_source(source),
      m_settings(settings),
      m_optimizer(model.parameters(), settings.optimizer),
      m_pass(model.graph(), model.weights(), {.mostKeptBytes = settings.mostKeptBytes}) {
  checkSettings(settings, teacher.has_value());
  if (teacher && teacher->vocabulary() != model.graph().vocabulary())
    throw Error(ErrorCode::InvalidArgument, "The teacher has another vocabulary than the model.");
  if (teacher) m_teacher = std::make_unique<ReversePass<float>>(*std::move(teacher), PassSettings{.mostKeptBytes = 0});
}

Trainer::~Trainer() = default;

void Trainer::throwDiverged(const std::string& where) const {
  throw Error(ErrorCode::NotFinite,
              fmt::format("In step {} {} is no longer a number: the run has diverged. A lower learning rate (it was "
                          "{:.2g}) or a longer warm-up helps.",
                          m_done + 1, where, m_settings.rate.at(m_done, m_settings.steps)),
              where);
}

double Trainer::addGradients(const Minibatch& batch, std::uint64_t seed, const JobContext& job) {
  const Sequences sequences{batch.tokens, batch.length};
  std::span<const float> teacher;
  if (m_teacher) teacher = m_teacher->forward(sequences, model::LogitsWanted::AllTokens, job.part(0.0, 0.2));
  m_pass.setDropouts(m_model.dropouts(seed));
  std::span<const float> logits;
  try {
    logits = m_pass.forward(sequences, model::LogitsWanted::AllTokens, job.part(0.2, 0.45));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::NotFinite) throw;
    throwDiverged(m_pass.firstNotFinite());
  }
  m_logitGradients.resize(logits.size());
  const TokenLoss loss = tokenLoss(logits, batch, batch.weight, teacher, m_settings.distillation, m_logitGradients);
  if (loss.counted == 0) return 0.0;
  const std::span<const WeightId> wanted = m_model.wanted();
  m_pass.backward(m_logitGradients,
                  {.weights = {wanted.begin(), wanted.end()},
                   .visit = [this](const WeightGradient<float>& panel) { m_model.add(panel); }},
                  job.part(0.45, 1.0));
  return batch.weight * loss.mean;
}

double Trainer::gradientNorm() {
  double squares = 0.0;
  for (const Parameter& parameter : m_model.parameters()) {
    constexpr std::size_t kChunk = 16384;
    const std::vector<float>& gradient = parameter.gradient;
    std::vector<double> parts((gradient.size() + kChunk - 1) / kChunk, 0.0);
    parallelFor(parts.size(), 4, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin * kChunk; i < std::min(end * kChunk, gradient.size()); ++i)
        parts[i / kChunk] += static_cast<double>(gradient[i]) * static_cast<double>(gradient[i]);
    });
    double sum = 0.0;
    for (const double part : parts) sum += part;
    if (!std::isfinite(sum)) throwDiverged(fmt::format("the gradient of '{}'", parameter.name));
    squares += sum;
  }
  return std::sqrt(squares);
}

StepReport Trainer::step(const JobContext& job) {
  const auto begin = std::chrono::steady_clock::now();
  StepReport report{.step = m_done + 1, .rate = m_settings.rate.at(m_done, m_settings.steps)};
  for (Parameter& parameter : m_model.parameters()) std::ranges::fill(parameter.gradient, 0.0F);
  m_model.prepare(job);
  const std::vector<Minibatch> batches = m_source.batches(m_done);
  for (std::size_t i = 0; i < batches.size(); ++i) {
    const double each = 1.0 / static_cast<double>(batches.size());
    report.loss += addGradients(batches[i], mixedSeed(m_settings.seed, m_done, i),
                                job.part(static_cast<double>(i) * each, static_cast<double>(i + 1) * each));
    report.tokens += batches[i].tokens.size();
  }
  report.gradientNorm = gradientNorm();
  const bool isLong = m_settings.clipNorm > 0.0 && report.gradientNorm > m_settings.clipNorm;
  m_optimizer.step(m_model.parameters(), report.rate, isLong ? m_settings.clipNorm / report.gradientNorm : 1.0,
                   m_done + 1);
  ++m_done;
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return report;
}

}  // namespace core::train
