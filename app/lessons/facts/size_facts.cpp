#include "app/lessons/facts/size_facts.h"

#include <fmt/format.h>

#include <cmath>
#include <string>

#include "app/lessons/facts/model_shapes.h"
#include "core/quant/model_size.h"

namespace app {
namespace {

using namespace core::quant;

constexpr double kBillion = 1e9, kGigabyte = 1e9, kKilobyte = 1e3;

/// Bits per weight of a scheme's format; "scales": "without" counts the codes alone, as bytes-per-parameter tables do.
double bitsOf(const FactArguments& arguments, const std::string& scheme) {
  const Format format = Scheme::parse(scheme).format;
  return arguments.text("scales", "with") == "without" ? codeBits(format.name) : largeMatrixBitsPerWeight(format);
}

/// Of a "model" that is known, or "parameters" billions of them.
ModelParameters parametersOf(const FactArguments& arguments) {
  if (!arguments.has("model")) return {arguments.number("parameters") * kBillion, 0, 0};
  const LlamaShape& shape = modelShape(arguments.text("model"));
  const double end = shape.endParameters();
  return {shape.parameters() - 2 * end, end, end};
}

double totalOf(const ModelParameters& parameters) { return parameters.blocks + parameters.embedding + parameters.head; }

double weightGigabytes(const FactArguments& arguments) {
  const std::string scheme = arguments.text("scheme");
  const ModelParameters parameters = parametersOf(arguments);
  if (arguments.has("scales")) return totalOf(parameters) * bitsOf(arguments, scheme) / 8 / kGigabyte;
  const Format blocks = Scheme::parse(scheme).format, ends = Scheme::parse(arguments.text("ends", scheme)).format;
  return weightBytes(parameters, blocks, ends) / kGigabyte;
}

KvDimensions keysOf(const FactArguments& arguments) {
  if (!arguments.has("model") || arguments.has("layers"))
    return {arguments.number("layers"), arguments.number("kv_heads"), arguments.number("head_size")};
  const LlamaShape& shape = modelShape(arguments.text("model"));
  return {static_cast<double>(shape.blocks), static_cast<double>(shape.keyHeads), static_cast<double>(shape.headSize)};
}

double cacheGigabytes(const FactArguments& arguments) {
  if (!arguments.has("context")) return 0;
  return kvCacheBytes(keysOf(arguments), arguments.number("context")) / kGigabyte;
}

double totalGigabytes(const FactArguments& arguments) {
  return weightGigabytes(arguments) + cacheGigabytes(arguments) + arguments.number("overhead", 0);
}

FactValue bitsPerParameter(const FactArguments& arguments, const core::JobContext&) {
  return bitsOf(arguments, arguments.text("scheme"));
}

/// How many times smaller a model gets from one scheme to another. "scales" as above, of both.
FactValue timesSmaller(const FactArguments& arguments, const core::JobContext&) {
  return bitsOf(arguments, arguments.text("from")) / bitsOf(arguments, arguments.text("to"));
}

/// Billions of parameters of a model that is known: "all", or those of the "ends" (embedding and output).
FactValue modelParameters(const FactArguments& arguments, const core::JobContext&) {
  const std::string part = arguments.text("part", "all");
  const ModelParameters parameters = parametersOf(arguments);
  if (part == "ends") return (parameters.embedding + parameters.head) / kBillion;
  if (part != "all") refuseArgument(fmt::format("A model has no part {}.", part));
  return totalOf(parameters) / kBillion;
}

FactValue modelSize(const FactArguments& arguments, const core::JobContext&) { return weightGigabytes(arguments); }

/// Gigabytes of all that stands beside the codes.
FactValue scalesSize(const FactArguments& arguments, const core::JobContext&) {
  const double codes = codeBits(Scheme::parse(arguments.text("scheme")).format.name);
  return weightGigabytes(arguments) - totalOf(parametersOf(arguments)) * codes / 8 / kGigabyte;
}

/// A GGUF file of a model that is known, under a recipe of llama.cpp.
double fileGigabytes(const FactArguments& arguments) {
  const std::string name = arguments.text("recipe");
  const auto recipe = core::model::recipeByName(name);
  if (!recipe) refuseArgument(fmt::format("There is no recipe {}.", name));
  return modelShape(arguments.text("model")).bytesUnder(*recipe) / kGigabyte;
}

FactValue fileSize(const FactArguments& arguments, const core::JobContext&) { return fileGigabytes(arguments); }

/// What somebody "claims", less what it is: gigabytes too many.
FactValue claimExcess(const FactArguments& arguments, const core::JobContext&) {
  return arguments.number("claimed") -
         (arguments.has("recipe") ? fileGigabytes(arguments) : weightGigabytes(arguments));
}

/// Gigabytes that a recipe's file has more than the same model under one scheme throughout.
FactValue recipeExcess(const FactArguments& arguments, const core::JobContext&) {
  return fileGigabytes(arguments) - weightGigabytes(arguments);
}

FactValue cacheSize(const FactArguments& arguments, const core::JobContext&) { return cacheGigabytes(arguments); }

/// Kilobytes that each token adds.
FactValue cachePerToken(const FactArguments& arguments, const core::JobContext&) {
  return kvCacheBytes(keysOf(arguments), 1) / kKilobyte;
}

FactValue totalSize(const FactArguments& arguments, const core::JobContext&) { return totalGigabytes(arguments); }

FactValue cardsNeeded(const FactArguments& arguments, const core::JobContext&) {
  return std::ceil((weightGigabytes(arguments) + cacheGigabytes(arguments)) / arguments.number("card"));
}

FactValue fitsCard(const FactArguments& arguments, const core::JobContext&) {
  return std::string(totalGigabytes(arguments) <= arguments.number("card") ? "yes" : "no");
}

/// How many tokens of context fit beside the weights.
FactValue contextThatFits(const FactArguments& arguments, const core::JobContext&) {
  const double room = arguments.number("card") - weightGigabytes(arguments) - arguments.number("overhead", 0);
  return std::floor(std::fmax(room, 0) * kGigabyte / kvCacheBytes(keysOf(arguments), 1));
}

constexpr Fact kSizeFacts[] = {
    {"bits_per_parameter", FactKind::Number, "scheme scales?", bitsPerParameter},
    {"times_smaller", FactKind::Number, "from to scales?", timesSmaller},
    {"model_parameters", FactKind::Number, "model part?", modelParameters},
    {"model_size", FactKind::Number, "scheme parameters? model? scales? ends?", modelSize},
    {"scales_size", FactKind::Number, "scheme parameters? model?", scalesSize},
    {"file_size", FactKind::Number, "model recipe", fileSize},
    {"claim_excess", FactKind::Number, "claimed recipe? scheme? parameters? model? scales? ends?", claimExcess},
    {"recipe_excess", FactKind::Number, "model recipe scheme", recipeExcess},
    {"cache_size", FactKind::Number, "context model? layers? kv_heads? head_size?", cacheSize},
    {"cache_per_token", FactKind::Number, "model? layers? kv_heads? head_size?", cachePerToken},
    {"total_size", FactKind::Number,
     "scheme parameters? model? scales? ends? context? layers? kv_heads? head_size? overhead?", totalSize},
    {"cards_needed", FactKind::Number,
     "scheme card parameters? model? scales? ends? context? layers? kv_heads? head_size?", cardsNeeded},
    {"fits_card", FactKind::Text,
     "scheme card parameters? model? scales? ends? context? layers? kv_heads? head_size? overhead?", fitsCard},
    {"context_that_fits", FactKind::Number,
     "scheme card parameters? model? layers? kv_heads? head_size? scales? ends? overhead?", contextThatFits},
};

}  // namespace

std::span<const Fact> sizeFacts() { return kSizeFacts; }

}  // namespace app
