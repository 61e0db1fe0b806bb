#include "app/lessons/facts/training_facts.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/lessons/facts/fact_weights.h"
#include "app/lessons/facts/lesson_training.h"
#include "app/session/train_memory.h"
#include "core/quant/quantizer.h"

namespace app {
namespace {

constexpr double kGigabytes = 1e9;

FactValue trainedPerplexity(const FactArguments& arguments, const core::JobContext& job) {
  return trainedScore(arguments.text("scheme"), arguments.count("steps"), job).perplexity;
}

FactValue trainedExactAnswers(const FactArguments& arguments, const core::JobContext& job) {
  return kPercent * trainedScore(arguments.text("scheme"), arguments.count("steps"), job).exactShare;
}

FactValue learned(const FactArguments& arguments, const core::JobContext& job) {
  return static_cast<double>(factsLearned(arguments.count("facts"), arguments.count("steps"), job));
}

/// How much what is stored changes with a weight, per unit of it: the quotient of differences over ± "by". The rest of
/// its group stays.
FactValue storedSlope(const FactArguments& arguments, const core::JobContext& job) {
  const auto scheme = core::quant::Scheme::parse(arguments.text("scheme"));
  const std::vector<double> values = arguments.numbers("values");
  const auto index = static_cast<std::size_t>(arguments.count("index"));
  const double by = arguments.number("by");
  if (index >= values.size() || !(by > 0)) refuseArgument("A slope is of one of the values, over a distance above 0.");
  const auto stored = [&](double moved) {
    std::vector<float> weights(values.begin(), values.end());
    weights[index] = static_cast<float>(values[index] + moved);
    const auto tensor = tensorOf(std::move(weights));
    return static_cast<double>(core::quant::dequantize(*core::quant::quantize(scheme, *tensor, job), job)[index]);
  };
  return (stored(by) - stored(-by)) / (2 * by);
}

TrainMethod methodOf(const FactArguments& arguments) {
  const std::string name = arguments.text("method");
  for (const TrainMethod method : {TrainMethod::Full, TrainMethod::Lora, TrainMethod::Qlora, TrainMethod::Qat})
    if (nameOf(method) == name) return method;
  refuseArgument(fmt::format("There is no way {} of training.", name));
}

/// Gigabytes that training a known model takes; one sequence of "tokens" is read at a time.
double trainingGigabytes(const FactArguments& arguments) {
  QloraLabSettings settings;
  settings.batch = 1;
  settings.replay = false;
  settings.length = static_cast<std::uint32_t>(arguments.count("tokens", 512));
  const auto rows = trainMemoryTable(nullptr, settings);
  const auto found = std::ranges::find(rows, arguments.text("model"), &TrainMemoryRow::id);
  if (found == rows.end()) refuseArgument(fmt::format("No memory is known of {}.", arguments.text("model")));
  return static_cast<double>(found->methods[static_cast<std::size_t>(methodOf(arguments))].total()) / kGigabytes;
}

FactValue trainingMemory(const FactArguments& arguments, const core::JobContext&) {
  return trainingGigabytes(arguments);
}

FactValue trainingFits(const FactArguments& arguments, const core::JobContext&) {
  return std::string(trainingGigabytes(arguments) <= arguments.number("card") ? "yes" : "no");
}

/// Of the two factors beside one matrix.
double factorsOf(const FactArguments& arguments) {
  return arguments.number("rank") * (arguments.number("in") + arguments.number("out"));
}

FactValue adapterParameters(const FactArguments& arguments, const core::JobContext&) { return factorsOf(arguments); }

/// In percent of the matrix.
FactValue adapterShare(const FactArguments& arguments, const core::JobContext&) {
  return kPercent * factorsOf(arguments) / (arguments.number("in") * arguments.number("out"));
}

constexpr Fact kTrainingFacts[] = {
    {"trained_perplexity", FactKind::Number, "scheme steps", trainedPerplexity},
    {"trained_exact_answers", FactKind::Number, "scheme steps", trainedExactAnswers},
    {"facts_learned", FactKind::Number, "facts steps", learned},
    {"stored_slope", FactKind::Number, "scheme values index by", storedSlope},
    {"training_memory", FactKind::Number, "model method tokens?", trainingMemory},
    {"training_fits", FactKind::Text, "model method card tokens?", trainingFits},
    {"adapter_parameters", FactKind::Number, "rank in out", adapterParameters},
    {"adapter_share", FactKind::Number, "rank in out", adapterShare},
};

}  // namespace

std::span<const Fact> trainingFacts() { return kTrainingFacts; }

}  // namespace app
