#include "app/report/measure_answers.h"

#include <QCoreApplication>
#include <algorithm>

#include "app/session/engine.h"
#include "core/base/error.h"

namespace app::report {

namespace {

using core::model::GenerationOptions;
using core::model::Session;
using core::text::ChatMessage;
using core::text::TokenId;

constexpr std::uint64_t kMostNoiseFloorBytes = std::uint64_t{1} << 30;

std::vector<QString> promptsFor(const OpenModel& model) {
  if (model.isDemo()) {
    return {QStringLiteral("What is NF4?"), QStringLiteral("Why are outliers a problem?"),
            QStringLiteral("What is 47 + 38?"), QStringLiteral("Reverse the letters k x o p d.")};
  }
  return {QStringLiteral("What is the capital of France?"), QStringLiteral("What is 47 + 38?"),
          QStringLiteral("Explain floating point in one sentence.")};
}

/// The reference and what is compared with it.
std::vector<std::optional<core::quant::Scheme>> columnSchemes() {
  std::vector<std::optional<core::quant::Scheme>> schemes{std::nullopt};
  for (const char* text : {"nf4", "int4:group=64", "int3"}) schemes.emplace_back(core::quant::Scheme::parse(text));
  return schemes;
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

/// Mean KL per token of the reference's answer, both models reading the same context.
class ForcedComparison {
 public:
  ForcedComparison(const OpenModel& model, Session& reference, const QString& prompt, const Answer& answer)
      : m_vocabulary(model.config().vocabulary) {
    const std::vector<ChatMessage> messages{{"user", prompt.toStdString()}};
    m_tokens =
        model.tokenizer()->encodePrompt(model.chatTemplate()->render(messages), core::text::SpecialTokens::Parse);
    m_first = m_tokens.size() - 1;  // its logits chose the answer's first token
    m_tokens.insert(m_tokens.end(), answer.result.tokens.begin(), answer.result.tokens.end());
    m_reference = reference.score(m_tokens);
  }

  double meanKl(Session& other) const {
    const std::vector<float> logits = other.score(m_tokens);
    double sum = 0;
    for (std::size_t i = m_first; i < m_tokens.size(); ++i)
      sum += core::model::klDivergence(row(m_reference, i), row(logits, i));
    return sum / static_cast<double>(m_tokens.size() - m_first);
  }

 private:
  std::span<const float> row(const std::vector<float>& logits, std::size_t index) const {
    return std::span(logits).subspan(index * m_vocabulary, m_vocabulary);
  }

  std::size_t m_vocabulary, m_first = 0;
  std::vector<TokenId> m_tokens;
  std::vector<float> m_reference;
};

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
  if (column.scheme) column.meanKl = kl / static_cast<double>(column.answers.size());
}

AnswerColumn measureColumn(Session& session, const std::optional<core::quant::Scheme>& scheme, const Answers& setup,
                           const core::JobContext& job) {
  AnswerColumn column;
  column.scheme = scheme;
  column.title =
      scheme ? QString::fromStdString(scheme->displayName()) : QCoreApplication::translate("Report", "As stored");
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
  return column;
}

void measureColumns(OpenModel& model, const DeviceChoice& device, Answers& answers, const core::JobContext& job) {
  Engine engine;
  const auto session = [&](const std::optional<core::quant::Scheme>& scheme) {
    return engine.createSession(model, {scheme, device, 0, core::model::KvType::F16});
  };
  const auto reference = session(std::nullopt);
  for (const auto& scheme : columnSchemes()) {
    job.progress(0.5 + 0.5 * static_cast<double>(answers.columns.size()) / static_cast<double>(columnSchemes().size()),
                 scheme ? scheme->toString() : std::string("as stored"));
    const auto other = scheme ? session(scheme) : nullptr;
    AnswerColumn column = measureColumn(scheme ? *other : *reference, scheme, answers, job);
    for (std::size_t i = 0; scheme && i < answers.prompts.size(); ++i) {
      const Answer& original = answers.columns.front().answers[i];
      mark(column.answers[i], original);
      column.answers[i].meanKl = ForcedComparison(model, *reference, answers.prompts[i], original).meanKl(*other);
    }
    addTotals(column, scheme ? answers.columns.front() : column);
    answers.columns.push_back(std::move(column));
  }
  if (answers.columns.front().weightBytes > kMostNoiseFloorBytes) return;
  const DeviceChoice cpu{DeviceChoice::Kind::Cpu};
  const auto again = engine.createSession(model, {{}, cpu, 0, core::model::KvType::F32});
  double kl = 0;
  for (std::size_t i = 0; i < answers.prompts.size(); ++i)
    kl += ForcedComparison(model, *reference, answers.prompts[i], answers.columns.front().answers[i]).meanKl(*again);
  answers.noiseFloorKl = kl / static_cast<double>(answers.prompts.size());
}

}  // namespace

Answers measureAnswers(OpenModel& model, const QString& device, const core::JobContext& job) {
  const DeviceChoice choice = DeviceChoice::parse(device.toStdString());
  Answers answers;
  answers.prompts = promptsFor(model);
  answers.maxTokens = model.isDemo() ? 96 : 48;
  if (model.whyCannotChat()) {
    answers.whyNot = QString::fromStdString(*model.whyCannotChat());
  } else {
    try {
      measureColumns(model, choice, answers, job);
    } catch (const core::Error& error) {
      answers.whyNot = QString::fromUtf8(error.what());
      answers.columns.clear();
    }
  }
  return answers;
}

}  // namespace app::report
