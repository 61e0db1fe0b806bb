#include "app/lessons/facts/speed_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>

#include "app/session/demo_model.h"
#include "app/session/engine.h"
#include "app/session/token_profile.h"
#include "core/quant/model_size.h"

namespace app {
namespace {

using core::model::ModelPart;
using core::quant::Scheme;

// "parameters" are billions, "bandwidth" is in GB/s, "arithmetic" in TFLOP/s; weights alone are counted.

constexpr double kTeraByGiga = 1e3, kBitsOfByte = 8, kOperationsOfWeight = 2;

/// Of a "scheme", its scales included, or said as "bits".
double bitsPerWeight(const FactArguments& arguments) {
  return arguments.has("bits") ? arguments.number("bits")
                               : core::quant::largeMatrixBitsPerWeight(Scheme::parse(arguments.text("scheme")).format);
}

/// Gigabytes that a token reads.
double tokenGigabytes(const FactArguments& arguments) {
  return arguments.number("parameters") * bitsPerWeight(arguments) / kBitsOfByte;
}

/// Tokens a second that can be written at most: each reads all weights once.
FactValue decodeBound(const FactArguments& arguments, const core::JobContext&) {
  return arguments.number("bandwidth") / tokenGigabytes(arguments);
}

/// Bits per weight at which "speed" tokens a second can be written at most.
FactValue bitsForSpeed(const FactArguments& arguments, const core::JobContext&) {
  return arguments.number("bandwidth") * kBitsOfByte / (arguments.number("speed") * arguments.number("parameters"));
}

/// Tokens a second that can be read at most: each takes a multiply-add with every weight.
FactValue prefillBound(const FactArguments& arguments, const core::JobContext&) {
  return arguments.number("arithmetic") * kTeraByGiga / (kOperationsOfWeight * arguments.number("parameters"));
}

/// Operations for each byte that is read, when so many "tokens" are computed together.
double intensityOf(const FactArguments& arguments) {
  return kOperationsOfWeight * arguments.number("tokens", 1) / (bitsPerWeight(arguments) / kBitsOfByte);
}
FactValue arithmeticIntensity(const FactArguments& arguments, const core::JobContext&) {
  return intensityOf(arguments);
}

/// Operations for each byte at which memory and arithmetic take equally long.
double ridgeOf(const FactArguments& arguments) {
  return arguments.number("arithmetic") * kTeraByGiga / arguments.number("bandwidth");
}
FactValue rooflineRidge(const FactArguments& arguments, const core::JobContext&) { return ridgeOf(arguments); }

/// "memory" or "arithmetic".
FactValue whatLimits(const FactArguments& arguments, const core::JobContext&) {
  return std::string(intensityOf(arguments) < ridgeOf(arguments) ? "memory" : "arithmetic");
}

/// Tokens that have to be computed together for the arithmetic to be the limit.
FactValue tokensAtRidge(const FactArguments& arguments, const core::JobContext&) {
  return ridgeOf(arguments) * (bitsPerWeight(arguments) / kBitsOfByte) / kOperationsOfWeight;
}

/// TFLOP/s at most over operations for each byte, from a quarter to "most", four points an octave.
FactValue rooflineCurve(const FactArguments& arguments, const core::JobContext&) {
  constexpr double kFirst = 0.25, kPointsOfOctave = 4;
  const double bandwidth = arguments.number("bandwidth"), arithmetic = arguments.number("arithmetic");
  Curve curve;
  for (double i = 0; kFirst * std::exp2(i / kPointsOfOctave) <= arguments.number("most"); ++i) {
    curve.x.push_back(kFirst * std::exp2(i / kPointsOfOctave));
    curve.y.push_back(std::min(arithmetic, curve.x.back() * bandwidth / kTeraByGiga));
  }
  return curve;
}

/// What a token of the built-in model takes under a scheme ("stored": none) on this computer's CPU, behind 32 others:
/// measured once, the first time that it is asked for.
TokenProfile measuredToken(const FactArguments& arguments, const core::JobContext& job) {
  static std::mutex mutex;
  static std::map<std::string, TokenProfile> known;
  const std::string scheme = arguments.text("scheme");
  {
    const std::lock_guard lock(mutex);
    if (const auto found = known.find(scheme); found != known.end()) return found->second;
  }
  const auto model = OpenModel::open(std::string(kDemoName), job);
  Engine engine;
  Engine::SessionOptions options;
  if (scheme != "stored") options.recipe = core::model::Recipe(Scheme::parse(scheme));
  options.device.kind = DeviceChoice::Kind::Cpu;
  const auto executor = engine.createExecutor(*model, options, job);
  ProfileSettings settings;
  settings.positions = 32;
  const TokenProfile profile = profileToken(*executor, settings, job);
  const std::lock_guard lock(mutex);
  return known.insert_or_assign(scheme, profile).first->second;
}

/// Milliseconds, of a "part" of the model ("attention", "feed-forward", "output") or of the whole token.
FactValue measuredTime(const FactArguments& arguments, const core::JobContext& job) {
  constexpr double kMilliseconds = 1e3;
  const TokenProfile profile = measuredToken(arguments, job);
  if (!arguments.has("part")) return kMilliseconds * profile.seconds;
  const std::string name = arguments.text("part");
  const std::pair<std::string_view, ModelPart> parts[] = {
      {"attention", ModelPart::Attention}, {"feed-forward", ModelPart::FeedForward}, {"output", ModelPart::Output}};
  const auto* const part = std::ranges::find(parts, name, [](const auto& known) { return known.first; });
  if (part == std::end(parts)) refuseArgument(fmt::format("A token has no part {}.", name));
  double seconds = 0;
  for (const ProfiledStep& step : profile.steps)
    if (step.part == part->second) seconds += step.time.seconds;
  return kMilliseconds * seconds;
}

/// Megabytes that it reads.
FactValue tokenReads(const FactArguments& arguments, const core::JobContext& job) {
  constexpr double kMegabyte = 1e6;
  return static_cast<double>(measuredToken(arguments, job).work.bytes()) / kMegabyte;
}

/// How many times fewer bytes it reads under "to" than under "from".
FactValue timesFewerBytes(const FactArguments& arguments, const core::JobContext& job) {
  const auto bytesUnder = [&](const char* name) {
    const FactArguments of(nlohmann::json{{"scheme", arguments.text(name)}});
    return static_cast<double>(measuredToken(of, job).work.bytes());
  };
  return bytesUnder("from") / bytesUnder("to");
}

constexpr Fact kSpeedFacts[] = {
    {"decode_bound", FactKind::Number, "parameters bandwidth scheme? bits?", decodeBound},
    {"bits_for_speed", FactKind::Number, "parameters bandwidth speed", bitsForSpeed},
    {"prefill_bound", FactKind::Number, "parameters arithmetic", prefillBound},
    {"arithmetic_intensity", FactKind::Number, "scheme? bits? tokens?", arithmeticIntensity},
    {"roofline_ridge", FactKind::Number, "arithmetic bandwidth", rooflineRidge},
    {"roofline_curve", FactKind::Curve, "arithmetic bandwidth most", rooflineCurve},
    {"what_limits", FactKind::Text, "arithmetic bandwidth scheme? bits? tokens?", whatLimits},
    {"tokens_at_ridge", FactKind::Number, "arithmetic bandwidth scheme? bits?", tokensAtRidge},
    {"measured_token_time", FactKind::Number, "scheme part?", measuredTime},
    {"token_reads", FactKind::Number, "scheme", tokenReads},
    {"times_fewer_bytes", FactKind::Number, "from to", timesFewerBytes},
};

}  // namespace

std::span<const Fact> speedFacts() { return kSpeedFacts; }

}  // namespace app
