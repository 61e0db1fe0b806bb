#include "app/session/train_defaults.h"

#include <algorithm>

#include "app/session/calibrate_model.h"
#include "core/base/error.h"
#include "core/quant/stored_size.h"

namespace app {

namespace {

/// What a weight's bits ask of a run.
struct QatUsual {
  double mostBits;  ///< per weight, scales included, that the row is for
  std::uint64_t steps;
  double rate;
  double distillation;
};
constexpr QatUsual kQat[] = {
    {2.9, 300, 1e-3, 0.0},  // two bits begin from a broken model
    {3.9, 200, 1e-3, 0.0},
    {99.0, 120, 5e-4, 0.0},
};
constexpr std::uint64_t kQloraSteps = 50;
constexpr std::uint32_t kFactRows = 24;
constexpr double kQloraRate = 5e-3;

double bitsOf(const std::string& text) {
  try {
    const core::tensor::Shape shape{256, 256};
    const auto scheme = core::quant::Scheme::parse(text);
    return 8.0 * static_cast<double>(core::quant::storedSize(scheme, shape).bytes()) /
           static_cast<double>(shape.count());
  } catch (const core::Error&) {
    return 4.0;  // a recipe
  }
}

void addBuiltIn(const OpenModel& model, TrainSettings& settings) {
  if (!model.isDemo()) {
    settings.data = settings.heldOut = {};
    return;
  }
  settings.tasks = kDemoText;
  settings.prompts = {"What is NF4?", "67+89", "Reverse the letters e i l c c."};
}

}  // namespace

QatLabSettings usualQatSettings(const OpenModel& model, const std::string& scheme) {
  QatLabSettings settings;
  const QatUsual& usual = *std::ranges::find_if(
      kQat, [bits = std::min(bitsOf(scheme), 99.0)](const QatUsual& row) { return bits <= row.mostBits; });
  settings.scheme = scheme;
  settings.steps = usual.steps;
  settings.rate = usual.rate;
  settings.distillation = usual.distillation;
  addBuiltIn(model, settings);
  return settings;
}

QloraLabSettings usualQloraSettings(const OpenModel& model) {
  QloraLabSettings settings;
  settings.steps = kQloraSteps;
  settings.rate = kQloraRate;
  settings.batch = kFactRows;
  addBuiltIn(model, settings);
  settings.replay = !settings.data.empty();
  return settings;
}

double rangeRateFactor(core::train::QatRange range) { return range == core::train::QatRange::LearnedClip ? 10.0 : 2.0; }

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
