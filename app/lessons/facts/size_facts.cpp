#include "app/lessons/facts/size_facts.h"

#include <cmath>
#include <string>

#include "core/quant/model_size.h"

namespace app {
namespace {

using namespace core::quant;

constexpr double kBillion = 1e9, kGigabyte = 1e9;

/// Bits per weight of a scheme's format; "scales": "without" counts the codes alone, as bytes-per-parameter tables do.
double bitsOf(const FactArguments& arguments, const std::string& scheme) {
  const Format format = Scheme::parse(scheme).format;
  return arguments.text("scales", "with") == "without" ? codeBits(format.name) : largeMatrixBitsPerWeight(format);
}

/// Parameters in billions: "parameters" is all of them, "embedding" and "head" those of the two ends.
ModelParameters parametersOf(const FactArguments& arguments) {
  ModelParameters parameters;
  parameters.embedding = arguments.number("embedding", 0) * kBillion;
  parameters.head = arguments.number("head", 0) * kBillion;
  parameters.blocks = arguments.number("parameters") * kBillion - parameters.embedding - parameters.head;
  return parameters;
}

double weightGigabytes(const FactArguments& arguments) {
  const std::string scheme = arguments.text("scheme");
  if (arguments.has("scales"))
    return arguments.number("parameters") * kBillion * bitsOf(arguments, scheme) / 8 / kGigabyte;
  const Format blocks = Scheme::parse(scheme).format, ends = Scheme::parse(arguments.text("ends", scheme)).format;
  return weightBytes(parametersOf(arguments), blocks, ends) / kGigabyte;
}

double cacheGigabytes(const FactArguments& arguments) {
  if (!arguments.has("context")) return 0;
  const KvDimensions dimensions{arguments.number("layers"), arguments.number("kv_heads"),
                                arguments.number("head_size")};
  return kvCacheBytes(dimensions, arguments.number("context")) / kGigabyte;
}

FactValue bitsPerParameter(const FactArguments& arguments, const core::JobContext&) {
  return bitsOf(arguments, arguments.text("scheme"));
}

FactValue modelSize(const FactArguments& arguments, const core::JobContext&) { return weightGigabytes(arguments); }

FactValue cacheSize(const FactArguments& arguments, const core::JobContext&) { return cacheGigabytes(arguments); }

FactValue totalSize(const FactArguments& arguments, const core::JobContext&) {
  return weightGigabytes(arguments) + cacheGigabytes(arguments) + arguments.number("overhead", 0);
}

FactValue cardsNeeded(const FactArguments& arguments, const core::JobContext&) {
  return std::ceil((weightGigabytes(arguments) + cacheGigabytes(arguments)) / arguments.number("card"));
}

FactValue fitsCard(const FactArguments& arguments, const core::JobContext&) {
  const double total = weightGigabytes(arguments) + cacheGigabytes(arguments) + arguments.number("overhead", 0);
  return std::string(total <= arguments.number("card") ? "yes" : "no");
}

/// How many tokens of context fit beside the weights.
FactValue contextThatFits(const FactArguments& arguments, const core::JobContext&) {
  const KvDimensions dimensions{arguments.number("layers"), arguments.number("kv_heads"),
                                arguments.number("head_size")};
  const double room = arguments.number("card") - weightGigabytes(arguments) - arguments.number("overhead", 0);
  return std::floor(std::fmax(room, 0) * kGigabyte / kvCacheBytes(dimensions, 1));
}

constexpr Fact kFacts[] = {
    {"bits_per_parameter", FactKind::Number, "scheme scales?", bitsPerParameter},
    {"model_size", FactKind::Number, "parameters scheme scales? embedding? head? ends?", modelSize},
    {"cache_size", FactKind::Number, "context layers kv_heads head_size", cacheSize},
    {"total_size", FactKind::Number,
     "parameters scheme scales? embedding? head? ends? context? layers? kv_heads? head_size? overhead?", totalSize},
    {"cards_needed", FactKind::Number,
     "parameters scheme card scales? embedding? head? ends? context? layers? kv_heads? head_size?", cardsNeeded},
    {"fits_card", FactKind::Text,
     "parameters scheme card scales? embedding? head? ends? context? layers? kv_heads? head_size? overhead?", fitsCard},
    {"context_that_fits", FactKind::Number,
     "parameters scheme card layers kv_heads head_size scales? embedding? head? ends? overhead?", contextThatFits},
};

}  // namespace

std::span<const Fact> sizeFacts() { return kFacts; }

}  // namespace app
