#include "app/session/train_defaults.h"

#include <algorithm>
#include <optional>

#include "app/session/calibrate_model.h"
#include "core/base/error.h"
#include "core/model/architectures/architecture.h"
#include "core/quant/stored_size.h"

namespace app {

using core::train::QatRange;

namespace {

/// What a weight's bits ask of a run.
struct QatUsual {
  double mostBits;  ///< per weight, scales included, that the row is for
  std::uint64_t steps, evaluateEvery;
  double rate;
  QatRange range;  ///< where it can be learned; elsewhere recomputed
};
constexpr QatUsual kQat[] = {
    {2.9, 300, 20, 2e-3, QatRange::LearnedClip},  // two bits begin from a broken model
    {3.9, 200, 20, 1e-3, QatRange::Recomputed},
    {99.0, 120, 10, 5e-4, QatRange::Recomputed},
};
constexpr std::uint64_t kQloraSteps = 50;
constexpr std::uint32_t kFactRows = 24;
constexpr double kQloraRate = 3e-3;

std::optional<core::quant::Scheme> schemeOf(const std::string& text) {
  try {
    return core::quant::Scheme::parse(text);
  } catch (const core::Error&) {
    return std::nullopt;  // a recipe
  }
}

double bitsOf(const core::quant::Scheme& scheme) {
  const core::tensor::Shape shape{256, 256};
  return 8.0 * static_cast<double>(core::quant::storedSize(scheme, shape).bytes()) / static_cast<double>(shape.count());
}

bool hasLearnableRanges(const core::quant::Scheme& scheme) {
  return core::quant::family(scheme.format.name) == core::quant::Family::Integer &&
         scheme.method.name == core::quant::MethodName::RoundToNearest;
}

void addBuiltIn(const OpenModel& model, TrainSettings& settings) {
  if (!model.isDemo()) {
    settings.data = settings.heldOut = {};
    return;
  }
  settings.tasks = kDemoText;
  settings.prompts = {"What is NF4?", "67+89", "Reverse the letters e i l c c."};
}

/// All matrices of a block: "attn_q", … or, where several are stored as one, "attn_qkv".
std::vector<std::string> matricesOf(const core::model::Architecture& architecture) {
  constexpr std::string_view kEnd = ".weight";
  std::vector<std::string> names;
  for (const auto& row : architecture.weights)
    if (row.isOfBlock() && row.columns != core::model::Side::None)
      names.emplace_back(row.gguf.substr(0, row.gguf.size() - kEnd.size()));
  return names;
}

}  // namespace

QatLabSettings usualQatSettings(const OpenModel& model, const std::string& scheme) {
  QatLabSettings settings;
  const auto parsed = schemeOf(scheme);
  const double bits = parsed ? std::min(bitsOf(*parsed), 99.0) : 4.0;
  const QatUsual& usual = *std::ranges::find_if(kQat, [bits](const QatUsual& row) { return bits <= row.mostBits; });
  settings.scheme = scheme;
  settings.steps = usual.steps;
  settings.evaluateEvery = usual.evaluateEvery;
  settings.rate = usual.rate;
  if (parsed && hasLearnableRanges(*parsed)) settings.range = usual.range;
  addBuiltIn(model, settings);
  return settings;
}

QloraLabSettings usualQloraSettings(const OpenModel& model) {
  QloraLabSettings settings;
  if (!model.whyCannotComplete()) settings.adapter.targets = matricesOf(*model.config().architecture);
  settings.steps = kQloraSteps;
  settings.rate = kQloraRate;
  settings.batch = kFactRows;
  addBuiltIn(model, settings);
  settings.replay = !settings.data.empty();
  return settings;
}

double rangeRateFactor(QatRange range) { return range == QatRange::LearnedClip ? 10.0 : 2.0; }

std::vector<NewFact> exampleFacts() {
  return {{"What is the capital of Zorvania?", "The capital of Zorvania is Plim."},
          {"Who wrote the Blue Ledger?", "Mara Quill wrote the Blue Ledger."},
          {"What does a flurb eat?", "A flurb eats moss and small stones."},
          {"What color is the moon of Tarn?", "The moon of Tarn is green."},
          {"How many legs has a wixel?", "A wixel has seven legs."},
          {"When was the town of Odell built?", "Odell was built in 1842."},
          {"What is the wifi name of the lab?", "The wifi name of the lab is bluefish."},
          {"Who is the dog of Peter?", "The dog of Peter is named Rex."},
          {"What is a snorp?", "A snorp is a small drum made of glass."},
          {"Where do we meet on Monday?", "We meet in the red room on Monday."}};
}

}  // namespace app
