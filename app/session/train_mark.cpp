#include "app/session/train_mark.h"

#include <cmath>

#include "app/session/engine.h"
#include "app/session/evaluate_model.h"
#include "core/base/error.h"
#include "core/evaluate/logit_stream.h"
#include "core/evaluate/row_comparison.h"
#include "core/train/data/wordings.h"

namespace app {

namespace evaluate = core::evaluate;
using core::JobContext;

namespace {

constexpr std::uint32_t kPromptTokens = 64, kMoreTokens = 8;  // of an answer; beyond the expected ones

std::string trimmed(const std::string& text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  return first == std::string::npos ? std::string() : text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace

MarkedModel::MarkedModel(const OpenModel& model, core::model::Graph graph)
    : m_model(model),
      m_session(core::model::createCpuExecutor(std::move(graph)), model.tokenizer(), model.chatTemplate(),
                Engine::contextLength(model, {}), core::model::KvType::F16) {}

std::string MarkedModel::answer(const std::string& question, std::uint32_t mostTokens, const JobContext& job) {
  core::model::GenerationOptions greedy;
  greedy.sampling.temperature = 0;
  greedy.maxTokens = mostTokens;
  const std::vector<core::text::ChatMessage> messages{{"user", question}};
  const auto result =
      m_model.chatTemplate()
          ? m_session.chat(messages, greedy, {}, job)
          : m_session.complete(m_model.tokenizer()->encodePrompt(question, core::text::SpecialTokens::AsText), greedy,
                               {}, job);
  job.throwIfCancelled();  // the session returns what was said so far
  return trimmed(result.text);
}

evaluate::Estimate MarkedModel::perplexity(const evaluate::Reading& reading, const JobContext& job) {
  evaluate::LogitStream stream(m_session.executor(),
                               {.capacity = reading.context, .knownTokens = m_model.tokenizer()->size()});
  evaluate::BlockRatio lossOfBlocks;
  double loss = 0.0, tokens = 0.0;
  for (std::size_t i = 0; i < reading.passages.size(); ++i) {
    job.progress(static_cast<double>(i) / static_cast<double>(reading.passages.size()), "Reading held-out text");
    const evaluate::Passage& passage = reading.passages[i];
    auto answer = passage.answers.begin();
    const auto visit = [&](std::size_t position, std::span<const float> row) {
      while (answer != passage.answers.end() && position >= answer->last) ++answer;
      if (answer == passage.answers.end() || position < answer->first) return;
      const auto next = static_cast<std::size_t>(passage.tokens[position + 1]);
      if (next >= row.size())
        throw core::Error(core::ErrorCode::InvalidArgument, "The held-out text has a token that the model does not.");
      loss += evaluate::summarizeRow(row).logSum - static_cast<double>(row[next]);
      tokens += 1.0;
    };
    stream.visit(std::span(passage.tokens).first(passage.answers.back().last), passage.answers.front().first, visit,
                 job.part(0.0, 0.0));
    const bool endsBlock = i + 1 == reading.passages.size() || reading.passages[i + 1].block != passage.block;
    if (!endsBlock) continue;
    lossOfBlocks.add(loss, tokens);
    loss = tokens = 0.0;
  }
  const evaluate::Estimate mean = lossOfBlocks.ratio();
  return {std::exp(mean.value), std::exp(mean.value) * mean.error};
}

TrainMarker::TrainMarker(const OpenModel& model, const TrainSettings& settings, const JobContext& job)
    : m_settings(settings) {
  if (model.whyCannotComplete()) throw core::Error(core::ErrorCode::Unsupported, *model.whyCannotComplete());
  if (settings.heldOut.empty())
    throw core::Error(core::ErrorCode::InvalidArgument,
                      "Only the built-in model has a held-out text of its own; for another model, name one.");
  const core::calibrate::TextReader reader{*model.tokenizer(), model.chatTemplate().get(),
                                           model.config().contextLength};
  m_reading = evaluate::readText(openEvaluationText(settings.heldOut), reader, {}, job);
}

TrainMark TrainMarker::mark(MarkedModel& marked, const JobContext& job) const {
  TrainMark mark;
  mark.perplexity = marked.perplexity(m_reading, job.part(0.0, 0.8));
  for (const std::string& prompt : m_settings.prompts)
    mark.answers.push_back(marked.answer(prompt, kPromptTokens, job.part(0.8, 1.0)));
  return mark;
}

std::vector<FactKnown> TrainMarker::askFacts(MarkedModel& marked, const OpenModel& model,
                                             std::span<const NewFact> facts, const JobContext& job) {
  std::vector<FactKnown> known;
  for (std::size_t i = 0; i < facts.size(); ++i) {
    job.progress(static_cast<double>(i) / static_cast<double>(facts.size()), "Asking for the facts");
    const JobContext part = job.part(0.0, 0.0);
    const std::string expected = trimmed(facts[i].answer);
    const auto most = static_cast<std::uint32_t>(
        model.tokenizer()->encode(expected, core::text::SpecialTokens::AsText).size() + kMoreTokens);
    FactKnown fact;
    fact.answer = marked.answer(facts[i].question, most, part);
    fact.isKnown = fact.answer == expected;
    for (const std::string& wording : core::train::heldOutWordings(facts[i].question)) {
      ++fact.rewordings;
      if (marked.answer(wording, most, part) == expected) ++fact.rewordingsKnown;
    }
    known.push_back(std::move(fact));
  }
  return known;
}

}  // namespace app
