#include "app/session/adviser.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "app/session/host_weights.h"
#include "core/base/error.h"
#include "core/model/recipe/recipe.h"

namespace app {

namespace {

constexpr AdviceRule kRules[] = {
    {DeviceClass::Server, WidthClass::Half,
     "With memory to spare, 16 bits are what the model was trained in: nothing is lost and no kernel has to decode."},
    {DeviceClass::Server, WidthClass::Eight,
     "8 bits halve the memory, so twice as many sequences share the card; servers have kernels for them."},
    {DeviceClass::Server, WidthClass::Four, "4 bits leave most of the card to the caches of many users."},
    {DeviceClass::Consumer, WidthClass::Half, "16 bits fit: quantizing would gain speed only."},
    {DeviceClass::Consumer, WidthClass::Eight,
     "8 bits are near-lossless; decoding reads half the bytes of 16 bits, which is what its speed goes by."},
    {DeviceClass::Consumer, WidthClass::Five, "Between 8 and 4 bits: for when 4 lose too much and 8 do not fit."},
    {DeviceClass::Consumer, WidthClass::Four,
     "4 bits are the usual choice for cards of this size: a quarter of the bytes, and room for a context."},
    {DeviceClass::Apple, WidthClass::Half, "Shared memory is large and FP16 is native."},
    {DeviceClass::Apple, WidthClass::Eight, "Shared memory is read at the speed that limits decoding: half the bytes."},
    {DeviceClass::Apple, WidthClass::Four, "llama.cpp has Metal kernels for the 4-bit GGUF types."},
    {DeviceClass::Edge, WidthClass::Eight, "Small processors and NPUs multiply 8-bit integers natively."},
    {DeviceClass::Edge, WidthClass::Four, "What memory there is must serve the system, too: 4 bits leave it room."},
    {DeviceClass::Processor, WidthClass::Eight, "A processor decodes at the speed of its memory: half the bytes."},
    {DeviceClass::Processor, WidthClass::Four,
     "A processor decodes at the speed of its memory: a quarter of the bytes."},
    {DeviceClass::Processor, WidthClass::Half, "16 bits fit into this memory, but decoding reads all of them."},
};

constexpr double kSameSize = 0.02;

double quality(const AdviceOption& option) {  // larger is better
  return option.measured ? -std::log(std::max(option.measured->kl, 1e-12)) : option.plan.bitsPerWeight();
}
double bytesOf(const AdviceOption& option) { return option.plan.weightBytes; }
double speed(const AdviceOption& option) {
  // Without a measurement: decoding reads every weight once.
  return option.measured && option.measured->decodeTokensPerS > 0 ? option.measured->decodeTokensPerS
                                                                  : 1e12 / std::max(bytesOf(option), 1.0);
}

/// Whether two measured qualities cannot be told apart.
bool isSame(const AdviceOption& a, const AdviceOption& b) {
  if (!a.measured || !b.measured) return false;
  const double error = std::hypot(a.measured->klError, b.measured->klError);
  return std::abs(a.measured->kl - b.measured->kl) <=
         std::max({2 * error, a.measured->noiseFloor, b.measured->noiseFloor});
}

std::string grouped(std::uint32_t number) {
  std::string text = std::to_string(number);
  for (auto at = static_cast<int>(text.size()) - 3; at > 0; at -= 3) text.insert(static_cast<std::size_t>(at), 1, ',');
  return text;
}

/// What a scheme is called in a sentence.
std::string spoken(const PlannedModel& plan) { return plan.scheme == "stored" ? "the weights as stored" : plan.title; }

std::string memoryReason(const DevicePlan& plan, const MemoryQuestion& question, std::uint32_t trained) {
  const std::string longest = trained != 0 && plan.longestContext >= trained
                                  ? fmt::format("all {} that it was trained for fit", grouped(trained))
                                  : fmt::format("up to {} fit", grouped(plan.longestContext));
  return fmt::format("{} of {} on {}: {} left with {} positions{}; {}.", bytesText(plan.parts.total()),
                     bytesText(plan.capacity), plan.device.name, bytesText(plan.left()), grouped(question.context),
                     question.sequences > 1 ? fmt::format(" for each of {}", question.sequences) : std::string(),
                     longest);
}

std::string qualityReason(const AdviceOption& option) {
  if (!option.measured)
    return fmt::format("Not measured here: {:.2f} bits per weight are all that is known of its quality.",
                       option.plan.bitsPerWeight());
  const SchemeMeasurement& m = *option.measured;
  if (m.kl <= std::max(m.noiseFloor, 2 * m.klError))
    return fmt::format("Measured here ({}): indistinguishable from the reference.", m.text);
  return fmt::format("Measured here ({}): KL {:.2g} ± {:.1g} nats per token.", m.text, m.kl, m.klError);
}

std::string speedReason(const AdviceOption& option) {
  if (option.measured && option.measured->decodeTokensPerS > 0)
    return fmt::format("It decodes {:.3g} tokens/s here.", option.measured->decodeTokensPerS);
  return "Its speed was not measured here; decoding reads every weight once, so fewer bytes are faster where kernels "
         "keep up.";
}

class Adviser {
 public:
  Adviser(const AdviceQuestion& question, std::span<const AdviceOption> options) : m_question(question) {
    for (const AdviceOption& option : options) {
      DevicePlan plan = planOn(option.plan, question.device, question.memory);
      if (plan.fits()) m_fitting.push_back({&option, std::move(plan)});
      if (m_smallest == nullptr || bytesOf(option) < bytesOf(*m_smallest)) m_smallest = &option;
    }
    // What a device reads from the computer's memory it reads slowly: only where nothing fits without.
    const auto isWhole = [](const Entry& e) { return e.plan.parts.hostWeights == 0; };
    if (std::ranges::any_of(m_fitting, isWhole)) std::erase_if(m_fitting, std::not_fn(isWhole));
    // Measured and unmeasured qualities are no one scale: where there is a choice among measured ones, it is among
    // them.
    const auto isMeasured = [](const Entry& e) { return e.option->measured.has_value(); };
    if (std::ranges::count_if(m_fitting, isMeasured) >= 2) std::erase_if(m_fitting, std::not_fn(isMeasured));
    m_allMeasured = std::ranges::all_of(m_fitting, isMeasured);
  }

  Advice run() {
    Advice advice;
    if (m_fitting.empty()) {
      advice.verdict = m_smallest == nullptr ? "There is nothing to choose from." : nothingFits();
      return advice;
    }
    const Entry& first = recommended();
    add(advice, first, roleOfFirst());
    if (const Entry* better = nextBetter(first)) add(advice, *better, "more quality, less room");
    if (const Entry* smaller = nextSmaller(first)) add(advice, *smaller, "smaller, more room");
    if (advice.candidates.size() < 3)
      if (const Entry* other = nextBetter(first, advice)) add(advice, *other, "a third to compare");
    advice.verdict =
        fmt::format("Take {} on {}: {}.", spoken(first.option->plan), m_question.device.name, roleOfFirst());
    return advice;
  }

 private:
  struct Entry {
    const AdviceOption* option;
    DevicePlan plan;
  };

  double qualityOf(const Entry& entry) const {
    return m_allMeasured ? quality(*entry.option) : entry.option->plan.bitsPerWeight();
  }

  const Entry& recommended() const {
    const auto best = [&](auto key) -> const Entry& { return *std::ranges::max_element(m_fitting, {}, key); };
    switch (m_question.priority) {
      case AdvicePriority::Quality: {
        const Entry& top = best([this](const Entry& e) { return qualityOf(e); });
        // The smallest of those that cannot be told from the best, or whose numbers are the same.
        const Entry* chosen = &top;
        for (const Entry& entry : m_fitting) {
          const bool equal = m_allMeasured ? isSame(*entry.option, *top.option) : holdsSame(entry, top);
          if (equal && bytesOf(*entry.option) < bytesOf(*chosen->option)) chosen = &entry;
        }
        return *chosen;
      }
      case AdvicePriority::Speed:
        return best([this](const Entry& e) { return isUsable(e) ? speed(*e.option) : 0; });
      case AdvicePriority::Size:
        return best([this](const Entry& e) { return isUsable(e) ? 1 / bytesOf(*e.option) : 0; });
    }
    return m_fitting.front();
  }

  /// Unmeasured: more than 16 bits of weights that are stored in 16 hold the same numbers.
  static bool holdsSame(const Entry& entry, const Entry& top) {
    return widthOf(top.option->plan.bitsPerWeight()) == WidthClass::Full &&
           widthOf(entry.option->plan.bitsPerWeight()) == WidthClass::Half;
  }

  /// Below 4 bits errors grow quickly: only where nothing wider fits, or where it was measured to be good enough.
  bool isUsable(const Entry& entry) const {
    if (m_allMeasured) return entry.option->measured->kl < 0.1 || !anyUsable();
    return widthOf(entry.option->plan.bitsPerWeight()) != WidthClass::Below || !anyUsable();
  }
  bool anyUsable() const {
    return std::ranges::any_of(m_fitting, [this](const Entry& e) {
      return m_allMeasured ? e.option->measured->kl < 0.1
                           : widthOf(e.option->plan.bitsPerWeight()) != WidthClass::Below;
    });
  }

  /// In size; of two of about the same size the better one.
  bool isNearerOrBetter(const Entry& one, const Entry& other, double bytes) const {
    if (std::abs(bytesOf(*one.option) / bytesOf(*other.option) - 1) < kSameSize)
      return qualityOf(one) > qualityOf(other);
    return std::abs(bytesOf(*one.option) - bytes) < std::abs(bytesOf(*other.option) - bytes);
  }

  const Entry* nextBetter(const Entry& from, const Advice& without = {}) const {
    const Entry* found = nullptr;
    for (const Entry& entry : m_fitting) {
      const bool taken = std::ranges::any_of(without.candidates,
                                             [&](const Candidate& c) { return c.scheme == entry.option->plan.scheme; });
      if (taken || &entry == &from) continue;
      const double apart = std::abs(bytesOf(*entry.option) / bytesOf(*from.option) - 1);
      if (!without.candidates.empty() && apart < kSameSize) continue;  // the same once more
      if (without.candidates.empty() && qualityOf(entry) <= qualityOf(from)) continue;
      if (without.candidates.empty() && !m_allMeasured && holdsSame(from, entry)) continue;
      if (found == nullptr || isNearerOrBetter(entry, *found, bytesOf(*from.option))) found = &entry;
    }
    return found;
  }

  const Entry* nextSmaller(const Entry& from) const {
    const Entry* found = nullptr;
    for (const Entry& entry : m_fitting) {
      if (bytesOf(*entry.option) > 0.85 * bytesOf(*from.option) || !isUsable(entry)) continue;
      if (found == nullptr || qualityOf(entry) > qualityOf(*found)) found = &entry;
    }
    return found;
  }

  const char* roleOfFirst() const {
    switch (m_question.priority) {
      case AdvicePriority::Quality:
        return "the best that fits";
      case AdvicePriority::Speed:
        return "the fastest that is good enough";
      case AdvicePriority::Size:
        return "the smallest that is good enough";
    }
    return "";
  }

  void add(Advice& advice, const Entry& entry, const char* role) const {
    Candidate candidate;
    const PlannedModel& plan = entry.option->plan;
    candidate.title = plan.title;
    candidate.scheme = plan.scheme;
    candidate.role = role;
    candidate.plan = entry.plan;
    candidate.bitsPerWeight = plan.bitsPerWeight();
    candidate.measured = entry.option->measured;
    candidate.reasons = {memoryReason(entry.plan, m_question.memory, plan.trainedContext), qualityReason(*entry.option),
                         speedReason(*entry.option)};
    if (const MemoryParts& parts = entry.plan.parts; parts.hostWeights > 0)
      candidate.reasons.push_back(hostWeightsSentence(parts.hostWeights, parts.hostParts));
    for (const AdviceRule& rule : kRules)
      if (rule.device == classOf(m_question.device) && rule.width == widthOf(plan.bitsPerWeight()))
        candidate.reasons.emplace_back(rule.reason);
    if (plan.trainedContext != 0 && m_question.memory.context > plan.trainedContext)
      candidate.reasons.push_back(
          fmt::format("The model was trained for {} positions only.", grouped(plan.trainedContext)));
    advice.candidates.push_back(std::move(candidate));
  }

  std::string nothingFits() const {
    const DevicePlan plan = planOn(m_smallest->plan, m_question.device, m_question.memory);
    if (plan.longestContext > 0)
      return fmt::format("With {} positions nothing fits on {}; {} fits with {}.", grouped(m_question.memory.context),
                         m_question.device.name, spoken(m_smallest->plan), grouped(plan.longestContext));
    return fmt::format("Nothing fits on {}: the smallest, {}, needs {} and {} are there.", m_question.device.name,
                       m_smallest->plan.title, bytesText(plan.parts.total()), bytesText(plan.capacity));
  }

  const AdviceQuestion& m_question;
  std::vector<Entry> m_fitting;
  const AdviceOption* m_smallest = nullptr;
  bool m_allMeasured = false;
};

}  // namespace

std::string_view nameOf(AdvicePriority priority) {
  constexpr std::string_view kNames[] = {"quality", "speed", "size"};
  return kNames[static_cast<std::size_t>(priority)];
}

AdvicePriority advicePriorityOf(std::string_view name) {
  for (const auto priority : {AdvicePriority::Quality, AdvicePriority::Speed, AdvicePriority::Size})
    if (nameOf(priority) == name) return priority;
  throw core::Error(core::ErrorCode::InvalidArgument,
                    fmt::format("What matters is quality, speed or size, not \"{}\".", name));
}

WidthClass widthOf(double bits) {
  return bits > 20     ? WidthClass::Full
         : bits > 12   ? WidthClass::Half
         : bits > 7.5  ? WidthClass::Eight
         : bits > 5.2  ? WidthClass::Five
         : bits > 3.95 ? WidthClass::Four
                       : WidthClass::Below;
}

std::string_view nameOf(WidthClass width) {
  constexpr std::string_view kNames[] = {"32 bits", "16 bits", "8 bits", "5 to 6 bits", "4 bits", "below 4 bits"};
  return kNames[static_cast<std::size_t>(width)];
}

std::string_view nameOf(DeviceClass kind) {
  constexpr std::string_view kNames[] = {"server", "consumer", "apple", "edge", "processor"};
  return kNames[static_cast<std::size_t>(kind)];
}

DeviceClass classOf(const PlannedDevice& device) {
  const auto has = [&](const char* word) { return device.name.find(word) != std::string::npos; };
  if (device.kind == PlannedDevice::Kind::Host) return DeviceClass::Processor;
  if (has("Apple")) return DeviceClass::Apple;
  if (has("Phone") || has("Edge") || device.bytes < (std::uint64_t{5} << 30)) return DeviceClass::Edge;
  return device.bytes >= (std::uint64_t{40} << 30) && !has("24 GB") ? DeviceClass::Server : DeviceClass::Consumer;
}

std::span<const AdviceRule> adviceRules() { return kRules; }

Advice advise(const AdviceQuestion& question, std::span<const AdviceOption> options) {
  return Adviser(question, options).run();
}

std::vector<core::model::Recipe> usualAdviceRecipes() {
  std::vector<core::model::Recipe> recipes;
  for (const char* name : {"F32", "BF16", "Q8_0", "int8", "Q6_K", "Q5_K_M", "Q4_K_M", "nf4", "int4", "Q3_K_M", "Q2_K"})
    recipes.push_back(*core::model::recipeByName(name));
  return recipes;
}

double costPerMillionTokens(double pricePerHour, double tokensPerS) { return pricePerHour / 3600 / tokensPerS * 1e6; }

}  // namespace app
