#include "app/report/measure_answers.h"

#include <QCoreApplication>
#include <algorithm>
#include <memory>

#include "app/report/forced_comparison.h"
#include "app/session/engine.h"
#include "core/base/error.h"

namespace app::report {

namespace {

using core::model::GenerationOptions;
using core::model::Session;
using core::text::ChatMessage;

constexpr std::uint64_t kMostNoiseFloorBytes = std::uint64_t{1} << 30;

std::vector<QString> promptsFor(const OpenModel& model) {
  if (model.isDemo()) {
    return {QStringLiteral("What is NF4?"), QStringLiteral("Why are outliers a problem?"),
            QStringLiteral("What is 47 + 38?"), QStringLiteral("Reverse the letters k x o p d.")};
  }
  return {QStringLiteral("What is the capital of France?"), QStringLiteral("What is 47 + 38?"),
          QStringLiteral("Explain floating point in one sentence.")};
}

std::vector<core::model::Recipe> comparedRecipes(const Request& request) {
  if (!request.recipes.empty()) return request.recipes;
  std::vector<core::model::Recipe> recipes;
  for (const char* text : {"nf4", "int4:group=64", "int3"}) recipes.emplace_back(core::quant::Scheme::parse(text));
  return recipes;
}

GenerationOptions greedy(std::uint32_t maxTokens, std::uint64_t seed) {
  GenerationOptions options;
  options.sampling.temperature = 0;
  options.sampling.repetitionPenalty = 1;
  options.sampling.seed = seed;
  options.maxTokens = maxTokens;
  return options;
}

Answer answer(Session& session, const QString& prompt, const GenerationOptions& options) {
  const std::vector<ChatMessage> messages{{"user", prompt.toStdString()}};
  Answer written;
  session.reset();  // every prompt starts from an empty cache, so that the speeds compare
  written.result = session.chat(messages, options, [&](const core::model::GeneratedToken& token) {
    written.tokens.push_back({QString::fromStdString(token.text), static_cast<double>(token.probability), {}});
  });
  return written;
}

void mark(Answer& answer, const Answer& reference) {
  const auto marks = markDifferences(reference.result.tokens, answer.result.tokens);
  for (std::size_t i = 0; i < answer.tokens.size() && i < marks.size(); ++i) {
    answer.tokens[i].mark = marks[i];
    answer.differing += marks[i] == TokenMark::Same ? 0 : 1;
  }
}

void addTotals(AnswerColumn& column, const AnswerColumn& reference) {
  double decoded = 0, decodeSeconds = 0, prompt = 0, prefillSeconds = 0, kl = 0;
  for (std::size_t i = 0; i < column.answers.size(); ++i) {
    const auto& result = column.answers[i].result;
    column.timeToFirstTokenS += result.timeToFirstTokenS / static_cast<double>(column.answers.size());
    if (result.decodeTokensPerS > 0 && result.tokens.size() > 1) {
      decoded += static_cast<double>(result.tokens.size() - 1);
      decodeSeconds += static_cast<double>(result.tokens.size() - 1) / result.decodeTokensPerS;
    }
    if (result.prefillTokensPerS > 0) {
      prompt += result.promptTokens - result.cachedTokens;
      prefillSeconds += (result.promptTokens - result.cachedTokens) / result.prefillTokensPerS;
    }
    if (result.tokens == reference.answers[i].result.tokens) ++column.sameAnswers;
    kl += column.answers[i].meanKl.value_or(0);
  }
  if (decodeSeconds > 0) column.decodeTokensPerS = decoded / decodeSeconds;
  if (prefillSeconds > 0) column.prefillTokensPerS = prompt / prefillSeconds;
  if (column.recipe) column.meanKl = kl / static_cast<double>(column.answers.size());
}

void measureColumn(AnswerColumn& column, Session& session, const Answers& setup, const core::JobContext& job) {
  column.device = QString::fromStdString(session.executor().deviceName());
  // The first forward pass pays for paging in weights and for pipelines; it is not this prompt's time.
  static_cast<void>(answer(session, setup.prompts.front(), greedy(2, setup.seed)));
  for (const QString& prompt : setup.prompts) {
    job.throwIfCancelled();
    column.answers.push_back(answer(session, prompt, greedy(setup.maxTokens, setup.seed)));
  }
  const auto memory = session.executor().memory();
  column.weightBytes = memory.weightBytes;
  column.residentBytes = memory.residentBytes;
  column.kvBytes = session.kvBytes();
}

/// Makes sessions of one model on one device, one after the other.
class ColumnMaker {
 public:
  ColumnMaker(OpenModel& model, const DeviceChoice& device, Answers& answers)
      : m_model(model), m_device(device), m_answers(answers), m_reference(session({})) {}

  void addReference(const core::JobContext& job) {
    AnswerColumn column;
    column.title = QCoreApplication::translate("Report", "As stored");
    measureColumn(column, *m_reference, m_answers, job);
    addTotals(column, column);
    m_answers.columns.push_back(std::move(column));
  }

  void add(const core::model::Recipe& recipe, const core::JobContext& job) {
    AnswerColumn column;
    try {
      const auto other = session(recipe);
      measureColumn(column, *other, m_answers, job);
      compare(column, *other);
    } catch (const core::Error& error) {
      column = {};
      column.whyNot = QString::fromUtf8(error.what());
    }
    column.recipe = recipe;
    column.title = QString::fromStdString(recipe.displayName());
    if (column.whyNot.isEmpty()) addTotals(column, m_answers.columns.front());
    m_answers.columns.push_back(std::move(column));
  }

  /// Of the same weights on the CPU with a 32-bit cache.
  double noiseFloorKl() {
    const DeviceChoice cpu{DeviceChoice::Kind::Cpu};
    const auto again = m_engine.createSession(m_model, {{}, cpu, 0, core::model::KvType::F32});
    double kl = 0;
    for (std::size_t i = 0; i < m_answers.prompts.size(); ++i) kl += comparison(i).meanKl(*again);
    return kl / static_cast<double>(m_answers.prompts.size());
  }

 private:
  std::unique_ptr<Session> session(const core::model::Recipe& recipe) {
    return m_engine.createSession(m_model, {recipe, m_device, 0, core::model::KvType::F16});
  }
  ForcedComparison comparison(std::size_t prompt) {
    return {m_model, *m_reference, m_answers.prompts[prompt], m_answers.columns.front().answers[prompt]};
  }
  void compare(AnswerColumn& column, Session& other) {
    for (std::size_t i = 0; i < m_answers.prompts.size(); ++i) {
      mark(column.answers[i], m_answers.columns.front().answers[i]);
      column.answers[i].meanKl = comparison(i).meanKl(other);
    }
  }

  OpenModel& m_model;
  DeviceChoice m_device;
  Answers& m_answers;
  Engine m_engine;
  std::unique_ptr<Session> m_reference;
};

void measureColumns(OpenModel& model, const Request& request, Answers& answers, const core::JobContext& job) {
  ColumnMaker columns(model, DeviceChoice::parse(request.device.toStdString()), answers);
  const auto recipes = comparedRecipes(request);
  const auto progress = [&](const std::string& what) {
    job.progress(0.5 + 0.5 * static_cast<double>(answers.columns.size()) / static_cast<double>(recipes.size() + 1),
                 what);
  };
  progress("as stored");
  columns.addReference(job);
  for (const auto& recipe : recipes) {
    progress(recipe.toString());
    columns.add(recipe, job);
  }
  if (answers.columns.front().weightBytes <= kMostNoiseFloorBytes) answers.noiseFloorKl = columns.noiseFloorKl();
}

}  // namespace

Answers measureAnswers(OpenModel& model, const Request& request, const core::JobContext& job) {
  static_cast<void>(DeviceChoice::parse(request.device.toStdString()));
  Answers answers;
  answers.prompts = promptsFor(model);
  answers.maxTokens = model.isDemo() ? 96 : 48;
  if (model.whyCannotChat()) {
    answers.whyNot = QString::fromStdString(*model.whyCannotChat());
  } else {
    try {
      measureColumns(model, request, answers, job);
    } catch (const core::Error& error) {
      answers.whyNot = QString::fromUtf8(error.what());
      answers.columns.clear();
    }
  }
  return answers;
}

}  // namespace app::report
