#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/session/memory_plan.h"

namespace app {

enum class AdvicePriority : std::uint8_t { Quality, Speed, Size };
std::string_view nameOf(AdvicePriority priority);  ///< "quality", "speed", "size"
AdvicePriority advicePriorityOf(std::string_view name);

/// How wide a weight is, as far as rules care.
enum class WidthClass : std::uint8_t { Full, Half, Eight, Five, Four, Below };
WidthClass widthOf(double bitsPerWeight);
std::string_view nameOf(WidthClass width);  ///< "32 bits", "16 bits" …

/// What a device does well with.
enum class DeviceClass : std::uint8_t { Server, Consumer, Apple, Edge, Processor };
std::string_view nameOf(DeviceClass kind);  ///< "server", "consumer", "apple", "edge", "processor"
/// By its name and memory.
DeviceClass classOf(const PlannedDevice& device);

struct AdviceQuestion {
  PlannedDevice device;
  MemoryQuestion memory;
  AdvicePriority priority = AdvicePriority::Quality;
};

/// What was measured here about a scheme of this model.
struct SchemeMeasurement {
  double kl = 0, klError = 0;   ///< nats per token against the reference
  double noiseFloor = 0;        ///< of that KL
  double decodeTokensPerS = 0;  ///< 0: not measured
  std::string text;             ///< "demo text, 2048 tokens, CPU"
};

/// One thing that can be advised.
struct AdviceOption {
  PlannedModel plan;
  std::optional<SchemeMeasurement> measured;
};

struct Candidate {
  std::string title, scheme;
  std::string role;  ///< "the best that fits"
  DevicePlan plan;
  double bitsPerWeight = 0;
  std::vector<std::string> reasons;  ///< sentences: memory, quality, rules
  std::optional<SchemeMeasurement> measured;
};

struct Advice {
  std::vector<Candidate> candidates;  ///< at most three, the first is the recommendation
  std::string verdict;                ///< one sentence; where nothing fits, what would
};

/// Three of the options that fit: the one to take, a better one or a smaller one beside it. What was measured here
/// decides; without measurements bits per weight do, and the reasons say so.
Advice advise(const AdviceQuestion& question, std::span<const AdviceOption> options);

/// Recipes worth asking about where nobody ticked anything.
std::vector<core::model::Recipe> usualAdviceRecipes();

/// What a rule adds for a kind of device and a width.
struct AdviceRule {
  DeviceClass device;
  WidthClass width;
  const char* reason;
};
std::span<const AdviceRule> adviceRules();

/// A situation or an application that the introductions name, as a question.
struct AdvicePreset {
  std::string id, title;
  AdviceQuestion question;
  std::string said;     ///< what the introductions advise; empty for applications
  bool agrees = true;   ///< whether the adviser does
  std::string comment;  ///< why it does not, or what it adds
};
const std::vector<AdvicePreset>& advicePresets();

/// Money for a million tokens. @param pricePerHour any currency  @param tokensPerS > 0
double costPerMillionTokens(double pricePerHour, double tokensPerS);

}  // namespace app
