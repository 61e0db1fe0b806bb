#include "app/lessons/facts/chat_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "app/lessons/facts/lesson_models.h"
#include "core/classic/experiments.h"
#include "core/quant/model_size.h"

namespace app {
namespace {

using namespace core::classic;
using core::quant::Scheme;

// The chat model. "scheme" of its matrices, without it as stored; "calibrated" with which built-in text ("demo").

AnswerScore scoreOf(const FactArguments& arguments, const core::JobContext& job) {
  return chatScore(arguments.text("scheme", "stored"), job, arguments.text("calibrated", "demo"));
}

FactValue chatPerplexity(const FactArguments& arguments, const core::JobContext& job) {
  return scoreOf(arguments, job).perplexity;
}

FactValue chatKl(const FactArguments& arguments, const core::JobContext& job) { return scoreOf(arguments, job).kl; }

FactValue chatSameFavourite(const FactArguments& arguments, const core::JobContext& job) {
  return kPercent * scoreOf(arguments, job).sameTop;
}

FactValue chatExactAnswers(const FactArguments& arguments, const core::JobContext& job) {
  return kPercent * scoreOf(arguments, job).exactShare;
}

FactValue chatAnswers(const FactArguments&, const core::JobContext&) {
  return static_cast<double>(lessonExchanges().size());
}

/// The last whole number in what the model answers to "question"; NaN when there is none.
FactValue chatNumber(const FactArguments& arguments, const core::JobContext& job) {
  const std::string answer = chatAnswer(arguments.text("scheme", "stored"), arguments.text("question"), job);
  const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
  const auto end = std::find_if(answer.rbegin(), answer.rend(), isDigit);
  const auto begin = std::find_if_not(end, answer.rend(), isDigit);
  const std::string digits(begin.base(), end.base());
  return digits.empty() || digits.size() > 15 ? std::nan("") : static_cast<double>(std::stoull(digits));
}

/// The first of "schemes" under which less than "below" percent of the answers are exact, or "none".
FactValue chatFirstToBreak(const FactArguments& arguments, const core::JobContext& job) {
  for (const std::string& scheme : arguments.texts("schemes"))
    if (kPercent * chatScore(scheme, job).exactShare < arguments.number("below")) return scheme;
  return std::string("none");
}

/// Bits per weight between which the share of exact answers falls below "below" percent: those of the smallest scheme
/// that keeps it and of the largest that does not. @pre "schemes" from the largest to the smallest
FactValue chatBreakingPoint(const FactArguments& arguments, const core::JobContext& job) {
  double kept = std::nan("");
  for (const std::string& scheme : arguments.texts("schemes")) {
    const double bits = core::quant::largeMatrixBitsPerWeight(Scheme::parse(scheme).format);
    if (kPercent * chatScore(scheme, job).exactShare < arguments.number("below") && !std::isnan(kept))
      return Interval{bits, kept};
    kept = bits;
  }
  refuseArgument("The answers do not break between these schemes.");
}

/// The scheme that changes the model's expectations least (of smallest KL divergence), by its name among "names".
FactValue chatBestScheme(const FactArguments& arguments, const core::JobContext& job) {
  const std::vector<std::string> schemes = arguments.texts("schemes");
  const std::vector<std::string> names = arguments.has("names") ? arguments.texts("names") : schemes;
  if (schemes.empty() || names.size() != schemes.size()) refuseArgument("Every scheme to choose from needs a name.");
  std::vector<double> divergences;
  for (const std::string& scheme : schemes) divergences.push_back(chatScore(scheme, job).kl);
  return names[static_cast<std::size_t>(std::ranges::min_element(divergences) - divergences.begin())];
}

/// Percent of exact answers over the bits per weight that "schemes" take.
FactValue chatCurve(const FactArguments& arguments, const core::JobContext& job) {
  Curve curve;
  for (const std::string& scheme : arguments.texts("schemes")) {
    curve.x.push_back(core::quant::largeMatrixBitsPerWeight(Scheme::parse(scheme).format));
    curve.y.push_back(kPercent * chatScore(scheme, job).exactShare);
  }
  return curve;
}

/// Which model loses most, in percent of what is measured of it, when its numbers get "bits" bits: "regression" (R²),
/// "tree", "digits" (weights alone; activations INT8, calibrated) or "chat" (exact answers; weights in groups of 32).
FactValue mostHurt(const FactArguments& arguments, const core::JobContext& job) {
  const std::uint64_t bits = arguments.count("bits");
  if (bits < 2 || bits > 8) refuseArgument("The models are compared at 2 to 8 bits.");
  const std::string scheme = fmt::format("int{}", bits);
  const TableQuantization table{static_cast<std::uint32_t>(bits), ColumnScale::Own};
  const ImageQuantization images{Scheme::parse(scheme + ":group=row"), {}};
  const std::pair<double, std::string> losses[] = {
      {houseRegression({}).rSquared - houseRegression(table).rSquared, "regression"},
      {fruitTree({}) - fruitTree(table), "tree"},
      {digitAccuracy(digitNetwork(), {}, kHeldOutImages, job) -
           digitAccuracy(digitNetwork(), images, kHeldOutImages, job),
       "digits"},
      {chatScore("stored", job).exactShare - chatScore(scheme, job).exactShare, "chat"}};
  return std::ranges::max_element(losses)->second;
}

constexpr Fact kChatFacts[] = {
    {"chat_perplexity", FactKind::Number, "scheme? calibrated?", chatPerplexity},
    {"chat_kl", FactKind::Number, "scheme? calibrated?", chatKl},
    {"chat_same_favourite", FactKind::Number, "scheme? calibrated?", chatSameFavourite},
    {"chat_exact_answers", FactKind::Number, "scheme? calibrated?", chatExactAnswers},
    {"chat_answers", FactKind::Number, "", chatAnswers},
    {"chat_number", FactKind::Number, "question scheme?", chatNumber},
    {"chat_first_to_break", FactKind::Text, "schemes below", chatFirstToBreak},
    {"chat_breaking_point", FactKind::Interval, "schemes below", chatBreakingPoint},
    {"chat_best_scheme", FactKind::Text, "schemes names?", chatBestScheme},
    {"chat_curve", FactKind::Curve, "schemes", chatCurve},
    {"most_hurt", FactKind::Text, "bits", mostHurt},
};

}  // namespace

std::span<const Fact> chatFacts() { return kChatFacts; }

}  // namespace app
