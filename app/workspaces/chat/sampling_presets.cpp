#include "app/workspaces/chat/sampling_presets.h"

#include <QLocale>
#include <QStringList>
#include <algorithm>
#include <cmath>

#include "app/text/tr.h"

namespace app {

using text::tr;

namespace {

constexpr std::uint32_t kMostTokens = 4096;  ///< that the knob can show

bool alike(float a, float b) { return std::fabs(a - b) < 0.005F + 1e-6F; }

bool alike(const core::model::GenerationOptions& a, const core::model::GenerationOptions& b) {
  const auto &p = a.sampling, &q = b.sampling;
  return alike(p.temperature, q.temperature) && alike(p.topP, q.topP) && alike(p.minP, q.minP) &&
         alike(p.repetitionPenalty, q.repetitionPenalty) && p.topK == q.topK &&
         std::min(a.maxTokens, kMostTokens) == std::min(b.maxTokens, kMostTokens);
}

}  // namespace

QString nameOf(SamplingPreset preset) {
  switch (preset) {
    case SamplingPreset::Greedy:
      return tr("Greedy");
    case SamplingPreset::ModelsOwn:
      return tr("The model's own");
    case SamplingPreset::Demonstration:
      return tr("The demonstration's");
    case SamplingPreset::Own:
      return tr("Own");
  }
  return {};
}

core::model::GenerationOptions applied(SamplingPreset preset, core::model::GenerationOptions options,
                                       const core::model::GenerationDefaults& defaults) {
  auto& s = options.sampling;
  switch (preset) {
    case SamplingPreset::Greedy:
      s.temperature = 0;
      s.repetitionPenalty = 1;
      break;
    case SamplingPreset::ModelsOwn:
      return defaults.applied(options);
    case SamplingPreset::Demonstration:
      s.temperature = 0.7F;
      s.topP = 0.9F;
      s.repetitionPenalty = 1.1F;
      s.topK = 0;
      s.minP = 0;
      options.maxTokens = 128;
      break;
    case SamplingPreset::Own:
      break;
  }
  return options;
}

SamplingPreset presetOf(const core::model::GenerationOptions& options,
                        const core::model::GenerationDefaults& defaults) {
  for (const auto preset : {SamplingPreset::ModelsOwn, SamplingPreset::Greedy, SamplingPreset::Demonstration}) {
    if (preset == SamplingPreset::ModelsOwn && defaults.isEmpty()) continue;
    if (alike(applied(preset, options, defaults), options)) return preset;
  }
  return SamplingPreset::Own;
}

QString inWords(const core::model::GenerationDefaults& defaults) {
  QStringList words;
  const auto add = [&words](const QString& name, const auto& value) {
    if (value) words << name.arg(QLocale().toString(static_cast<double>(*value), 'g', 4));
  };
  if (defaults.doSample && !*defaults.doSample)
    words << tr("greedy");
  else
    add(tr("temperature %1"), defaults.temperature);
  add(tr("top-k %1"), defaults.topK);
  add(tr("top-p %1"), defaults.topP);
  add(tr("min-p %1"), defaults.minP);
  add(tr("repetition %1"), defaults.repetitionPenalty);
  add(tr("at most %1 tokens"), defaults.maxNewTokens);
  return words.join(QStringLiteral(", "));
}

}  // namespace app
