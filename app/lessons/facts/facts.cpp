#include "app/lessons/facts/facts.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/lessons/facts/activation_facts.h"
#include "app/lessons/facts/bit_facts.h"
#include "app/lessons/facts/chat_facts.h"
#include "app/lessons/facts/classic_facts.h"
#include "app/lessons/facts/fact_weights.h"
#include "app/lessons/facts/number_facts.h"
#include "app/lessons/facts/quantization_facts.h"
#include "app/lessons/facts/size_facts.h"
#include "app/lessons/facts/speed_facts.h"
#include "app/lessons/facts/training_facts.h"
#include "core/base/error.h"

namespace app {
namespace {

struct Parameter {
  std::string_view name;
  bool isOptional;
};

std::vector<Parameter> parametersOf(const Fact& fact) {
  std::vector<Parameter> result;
  std::string_view rest = fact.parameters;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    std::string_view word = rest.substr(0, end);
    const bool isOptional = word.ends_with('?');
    if (isOptional) word.remove_suffix(1);
    if (word == kWeightsParameter)
      for (const std::string_view name : weightParameters()) result.push_back({name, true});
    else
      result.push_back({word, isOptional});
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return result;
}

}  // namespace

std::span<const Fact> facts() {
  static const std::vector<Fact> all = [] {
    std::vector<Fact> result;
    for (const auto group : {numberFacts(), quantizationFacts(), sizeFacts(), classicFacts(), chatFacts(),
                             activationFacts(), bitFacts(), trainingFacts(), speedFacts()})
      result.insert(result.end(), group.begin(), group.end());
    return result;
  }();
  return all;
}

const Fact* findFact(std::string_view name) {
  const auto found = std::ranges::find(facts(), name, &Fact::name);
  return found == facts().end() ? nullptr : &*found;
}

std::string argumentProblem(const Fact& fact, const FactArguments& arguments) {
  const auto parameters = parametersOf(fact);
  for (const std::string& name : arguments.names())
    if (std::ranges::find(parameters, name, &Parameter::name) == parameters.end())
      return fmt::format("The fact {} has no argument {}.", fact.name, name);
  for (const Parameter& parameter : parameters)
    if (!parameter.isOptional && !arguments.has(parameter.name))
      return fmt::format("The fact {} needs the argument {}.", fact.name, parameter.name);
  return {};
}

FactValue FactCall::compute(const core::JobContext& job) const {
  try {
    return fact->compute(arguments, job);
  } catch (const core::Error& error) {
    throw core::Error(error.code(), fmt::format("The fact {} could not be computed: {}", fact->name, error.what()),
                      arguments.toString());
  }
}

}  // namespace app
