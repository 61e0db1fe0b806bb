#include "app/cli/train_text.h"

#include <fmt/format.h>

#include <cmath>

#include "app/session/train_json.h"
#include "core/io/text_checks.h"

namespace app::cli {

namespace {

constexpr double kGibi = 1024.0 * 1024.0 * 1024.0;

void printMark(const char* name, const std::optional<TrainMark>& mark) {
  if (mark) fmt::print("{:<28} {}\n", name, describe(*mark));
}

Json factsJson(const std::vector<FactKnown>& facts) {
  std::uint64_t known = 0, rewordings = 0, rewordingsKnown = 0;
  for (const FactKnown& fact : facts) {
    known += fact.isKnown ? 1 : 0;
    rewordings += fact.rewordings;
    rewordingsKnown += fact.rewordingsKnown;
  }
  return {{"facts", facts.size()},
          {"facts_known", known},
          {"rewordings", rewordings},
          {"rewordings_known", rewordingsKnown}};
}

}  // namespace

std::string describe(const TrainMark& mark) {
  if (std::isnan(mark.perplexity.value)) return "not evaluated";
  std::string text = fmt::format("perplexity {:.4f}", mark.perplexity.value);
  if (std::isfinite(mark.perplexity.error)) text += fmt::format(" ± {:.4f}", mark.perplexity.error);
  if (mark.accuracy)
    text += fmt::format(", {:.1f} ± {:.1f} % of the questions right", 100 * mark.accuracy->value,
                        100 * mark.accuracy->error);
  return text;
}

TrainVisitor TrainTeller::visitor() {
  TrainVisitor visitor;
  visitor.started = [this](const TrainStart& start) { tellStart(start); };
  visitor.step = [this](const core::train::StepReport& step) { tellStep(step); };
  visitor.evaluated = [this](const TrainEvaluation& evaluation) { tellEvaluation(evaluation); };
  return visitor;
}

void TrainTeller::tell(const Json& line) const {
  // One object a line; what a model wrote may be no UTF-8.
  fmt::print("{}\n", line.dump(-1, ' ', false, Json::error_handler_t::replace));
  flush();
}

void TrainTeller::tellStart(const TrainStart& start) const {
  if (m_output == Output::ForPrograms) return tell(trainStartJson(start));
  fmt::print(stderr, "as stored: {}\nbefore training: {}\n{} tokens to train on; about {:.2f} GiB of memory\n",
             describe(start.stored), describe(start.untrained), start.trainedTokens,
             static_cast<double>(start.predictedBytes) / kGibi);
}

void TrainTeller::tellStep(const core::train::StepReport& step) {
  m_seconds += step.seconds;
  ++m_told;
  const double left = m_seconds / static_cast<double>(m_told) * static_cast<double>(m_steps - step.step);
  const double speed = step.seconds > 0 ? static_cast<double>(step.tokens) / step.seconds : 0.0;
  if (m_output == Output::ForPrograms) {
    Json line = trainStepJson(step);
    line["tokens_per_s"] = speed;
    line["seconds_left"] = left;
    return tell(line);
  }
  fmt::print(stderr, "step {} of {}: loss {:.4f}, rate {:.2e}, gradient {:.3g}, {:.0f} tokens/s, {:.0f} s left\n",
             step.step, m_steps, step.loss, step.rate, step.gradientNorm, speed, left);
}

void TrainTeller::tellEvaluation(const TrainEvaluation& evaluation) {
  m_facts = evaluation.facts;
  if (m_output == Output::ForPrograms) return tell(trainEvaluationJson(evaluation));
  fmt::print(stderr, "after {} steps: {}", evaluation.step, describe(evaluation.now));
  if (!evaluation.facts.empty()) {
    const Json facts = factsJson(evaluation.facts);
    fmt::print(stderr, "; {} of {} facts, {} of {} unseen wordings", facts["facts_known"].get<int>(),
               facts["facts"].get<int>(), facts["rewordings_known"].get<int>(), facts["rewordings"].get<int>());
  }
  fmt::print(stderr, "\n");
  for (const std::string& answer : evaluation.now.answers) fmt::print(stderr, "  {}\n", core::io::printable(answer));
}

void TrainTeller::finish(const TrainSummary& summary, const std::string& folder) {
  if (m_output == Output::ForPrograms) {
    Json line = {{"summary", trainSummaryJson(summary)}};
    line["summary"]["run"] = folder;
    if (!m_facts.empty()) line["summary"].update(factsJson(m_facts));
    return tell(line);
  }
  fmt::print("{} steps, {} tokens, {:.1f} s of training, {:.2f} GiB of memory\n", summary.steps, summary.tokens,
             summary.seconds, static_cast<double>(summary.measuredBytes) / kGibi);
  printMark("as stored", summary.stored);
  printMark("before training", summary.untrained);
  printMark("after training", summary.trained);
  printMark("merged", summary.merged);
  printMark("merged, quantized again", summary.requantized);
  if (!m_facts.empty()) {
    const Json facts = factsJson(m_facts);
    fmt::print("{} of {} facts known, {} of {} in wordings that were never trained\n", facts["facts_known"].get<int>(),
               facts["facts"].get<int>(), facts["rewordings_known"].get<int>(), facts["rewordings"].get<int>());
  }
  if (!summary.storedAs.empty())
    fmt::print("{:.4g} bits per weight, stored as {} with {:.4g}\n", summary.bitsPerWeight, summary.storedAs,
               summary.storedBitsPerWeight);
  for (const std::string& note : summary.notes) fmt::print("{}\n", core::io::printable(note));
  fmt::print("{}\nto run it: --recipe {}\n", core::io::printable(summary.result), core::io::printable(summary.recipe));
}

Json memoryJson(const std::vector<TrainMemoryRow>& rows) {
  Json list = Json::array();
  for (const TrainMemoryRow& row : rows) {
    Json json = {{"id", row.id}, {"title", row.title}, {"parameters", row.parameters}};
    for (std::size_t i = 0; i < kTrainMethods; ++i) {
      const TrainMemory& memory = row.methods[i];
      json[std::string(nameOf(static_cast<TrainMethod>(i)))] = {
          {"weights", memory.weights},     {"adapters", memory.adapters},       {"gradients", memory.gradients},
          {"optimizer", memory.optimizer}, {"activations", memory.activations}, {"total", memory.total()}};
    }
    list.push_back(std::move(json));
  }
  return list;
}

void printMemory(const std::vector<TrainMemoryRow>& rows) {
  fmt::print("{:<24} {:<6} {:>9} {:>9} {:>9} {:>9} {:>11} {:>9}   (GiB)\n", "", "", "weights", "adapters", "gradients",
             "optimizer", "activations", "total");
  for (const TrainMemoryRow& row : rows)
    for (std::size_t i = 0; i < kTrainMethods; ++i) {
      const TrainMemory& memory = row.methods[i];
      const auto gibi = [](std::uint64_t bytes) { return static_cast<double>(bytes) / kGibi; };
      fmt::print("{:<24} {:<6} {:>9.3f} {:>9.3f} {:>9.3f} {:>9.3f} {:>11.3f} {:>9.3f}\n", i == 0 ? row.title : "",
                 nameOf(static_cast<TrainMethod>(i)), gibi(memory.weights), gibi(memory.adapters),
                 gibi(memory.gradients), gibi(memory.optimizer), gibi(memory.activations), gibi(memory.total()));
    }
}

}  // namespace app::cli
