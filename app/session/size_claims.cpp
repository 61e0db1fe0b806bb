#include "app/session/size_claims.h"

#include <fmt/format.h>

#include <cmath>
#include <string_view>

#include "app/session/known_shapes.h"
#include "app/session/memory_plan.h"
#include "core/model/recipe/recipe_text.h"
#include "core/quant/model_size.h"

namespace app {

namespace {

using Verdict = SizeClaim::Verdict;

constexpr double kGigabyte = 1e9;

/// One claim: a model's weights under a recipe.
struct WeightClaim {
  const char* said;
  double claimed;
  const char *shape, *recipe;
  Verdict verdict;
  const char* reason;
};

constexpr const char* kAllNf4 = "nf4:double=on, token_embd=nf4:double=on, output=nf4:double=on";  // the ends, too

constexpr WeightClaim kWeights[] = {
    {"70B in FP32: 280 GB", 280, "llama-3.1-70b", "F32", Verdict::Holds, ""},
    {"70B in FP16 or BF16: 140 GB", 140, "llama-3.1-70b", "BF16", Verdict::Holds, ""},
    {"70B in INT8: 70 GB", 70, "llama-3.1-70b", "int8", Verdict::WithReserve,
     "one byte for each weight of the blocks; embedding and output stay in 16 bits and add 2 GB"},
    {"70B in INT4: 35 GB", 35, "llama-3.1-70b", "int4", Verdict::Wrong,
     "half a byte counts codes alone: scales of groups of 32 add half a bit, and embedding and output stay in 16 bits"},
    {"70B in INT2: 17.5 GB", 17.5, "llama-3.1-70b", "int2", Verdict::Wrong,
     "scales are a fifth of what two-bit codes take, and embedding and output stay in 16 bits"},
    {"a 32B model is 70 GB", 70, "qwen2.5-32b", "BF16", Verdict::WithReserve,
     "two bytes for each of 32.8 billion weights are 65.5 GB"},
    {"8B is 16 GB", 16, "llama-3.1-8b", "BF16", Verdict::Holds, ""},
    {"8B in NF4 with double quantization: 4 GB", 4, "llama-3.1-8b", "nf4:double=on", Verdict::Wrong,
     "bitsandbytes leaves embedding and output in 16 bits: 2.1 GB of this"},
    {"the same, embedding and output in NF4, too", 4, "llama-3.1-8b", kAllNf4, Verdict::WithReserve,
     "this is where the claim comes from: 4.13 bits for every weight, which bitsandbytes does not do"},
    {"Ollama llama3.1:8b: 4.7 GB", 4.7, "llama-3.1-8b", "Q4_0", Verdict::Holds, "it was q4_0 when this was written"},
    {"the same as it is pulled today: 4.9 GB", 4.9, "llama-3.1-8b", "Q4_K_M", Verdict::Holds, "it is q4_K_M now"},
    {"Ollama llama3.1:8b-q8_0: 8.5 GB", 8.5, "llama-3.1-8b", "Q8_0", Verdict::Holds, ""},
};

core::model::Recipe recipeOf(std::string_view text) {
  const std::size_t comma = text.find(", ");
  core::model::Recipe recipe = *core::model::recipeByName(text.substr(0, comma));
  for (std::size_t at = comma; at != std::string_view::npos;) {
    const std::size_t next = text.find(", ", at + 2);
    recipe.rules.push_back(
        core::model::parseRecipeRule(text.substr(at + 2, next == std::string_view::npos ? next : next - at - 2)));
    at = next;
  }
  return recipe;
}

SizeClaim weigh(const WeightClaim& claim) {
  const KnownShape& known = knownShape(claim.shape);
  const double bytes = known.shape.bytesUnder(recipeOf(claim.recipe));
  return {.said = claim.said,
          .claimed = claim.claimed,
          .computed = fmt::format("{} under {}", known.title,
                                  claim.recipe == kAllNf4 ? "nf4:double=on throughout" : claim.recipe),
          .value = bytes / kGigabyte,
          .verdict = claim.verdict,
          .reason = claim.reason};
}

/// A claim that something fits: the claimed figure is the memory, the value what is needed with so many positions.
SizeClaim fit(const char* said, const char* shape, const char* recipe, double gigabytes, double cards, Verdict verdict,
              const char* reason, std::uint32_t context = 4096) {
  const KnownShape& known = knownShape(shape);
  const PlannedModel model = planShape(known.shape, known.kv(), recipeOf(recipe));
  const PlannedDevice device{.name = "card", .bytes = static_cast<std::uint64_t>(gigabytes * cards * kGigabyte)};
  const DevicePlan plan = planOn(model, device, {.context = context, .program = Program::LlamaCpp});
  const std::string longest =
      plan.longestContext == 0 ? std::string("no context fits") : fmt::format("{} positions fit", plan.longestContext);
  return {.said = said,
          .claimed = gigabytes * cards,
          .computed = fmt::format("{} under {} with {} positions; {}", known.title, recipe, context, longest),
          .value = plan.parts.total() / kGigabyte,
          .verdict = verdict,
          .reason = reason};
}

SizeClaim factor(const char* type, double claimed, const char* scheme, Verdict verdict, const char* reason) {
  const auto format = core::quant::Scheme::parse(scheme).format;
  return {.said = fmt::format("{} is {:.0f}× smaller than FP32", type, claimed),
          .claimed = claimed,
          .computed = fmt::format("a large matrix under {}", scheme),
          .value = 32 / core::quant::largeMatrixBitsPerWeight(format),
          .isFactor = true,
          .verdict = verdict,
          .reason = reason};
}

}  // namespace

std::string nameOf(SizeClaim::Verdict verdict) {
  constexpr const char* kNames[] = {"holds", "with reserve", "wrong"};
  return kNames[static_cast<std::size_t>(verdict)];
}

std::vector<SizeClaim> sizeClaims() {
  std::vector<SizeClaim> claims;
  for (const WeightClaim& claim : kWeights) claims.push_back(weigh(claim));
  claims.push_back(fit("70B in FP32 on 4 cards of 80 GB", "llama-3.1-70b", "F32", 80, 4, Verdict::Holds,
                       "the least of the 4 to 8 that are named"));
  claims.push_back(fit("70B in BF16 on 2 cards of 80 GB", "llama-3.1-70b", "BF16", 80, 2, Verdict::Holds,
                       "the least of the 2 to 4 that are named"));
  claims.push_back(fit("70B in INT8 on 1 card of 80 GB", "llama-3.1-70b", "int8", 80, 1, Verdict::Holds,
                       "with a modest context, for one user"));
  claims.push_back(fit("70B in INT4 on 2 cards of 24 GB", "llama-3.1-70b", "int4", 24, 2, Verdict::Holds,
                       "the layers must be split between them evenly"));
  claims.push_back(fit("a 32B model in 4 bits within 24 GB", "qwen2.5-32b", "Q4_K_M", 24, 1, Verdict::Holds,
                       "with a modest context"));
  claims.push_back(
      fit("QLoRA-style 4 bits: 7B on 6 GB", "llama-2-7b", "nf4:double=on", 6, 1, Verdict::WithReserve,
          "to run it, but not with all of its 4096 positions; to train adapters, these, their optimizer and "
          "the activations must fit into the rest",
          2048));
  claims.push_back(factor("FP16", 2, "fp16", Verdict::Holds, ""));
  claims.push_back(factor("BF16", 2, "bf16", Verdict::Holds, ""));
  claims.push_back(factor("INT8", 4, "int8", Verdict::Holds, "with one scale for a row"));
  claims.push_back(factor("INT4", 8, "int4", Verdict::Wrong, "scales of groups of 32 cost half a bit for each weight"));
  claims.push_back(
      factor("INT2", 16, "int2", Verdict::Wrong, "scales of groups of 32 cost half a bit for each weight"));
  return claims;
}

}  // namespace app
