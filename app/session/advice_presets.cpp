// The situations and applications that the introductions name, as questions to the adviser.
#include "app/session/adviser.h"

namespace app {

namespace {

PlannedDevice usual(std::string_view name) {
  for (const PlannedDevice& device : usualDevices())
    if (device.name == name) return device;
  return usualDevices().front();
}

AdviceQuestion ask(std::string_view device, std::uint32_t context, std::uint32_t sequences, AdvicePriority priority) {
  return {usual(device), {.context = context, .sequences = sequences}, priority};
}

}  // namespace

const std::vector<AdvicePreset>& advicePresets() {
  using enum AdvicePriority;
  static const std::vector<AdvicePreset> presets{
      {"cloud", "Cloud, memory to spare", ask("80 GB card", 8192, 4, Quality), "BF16 or FP16", true,
       "As long as it fits. With many users at once the caches fill the card, and 8 bits serve more of them."},
      {"consumer", "Consumer graphics card", ask("RTX 3080", 4096, 1, Quality), "INT4 or INT8", true,
       "For models of 7B and 8B: 8 bits fit 10 GB with this context. Small models fit in 16 bits, and need no less."},
      {"apple", "Apple Silicon", ask("Apple 16 GB", 4096, 1, Speed), "FP16 or INT4", true,
       "4 bits for speed and for models that do not fit otherwise; 16 bits where memory is large."},
      {"edge", "Edge and phone", ask("Phone 8 GB", 2048, 1, Size), "INT4 or INT8 with an NPU", true,
       "4 bits for a language model: 8-bit weights of 7B do not fit a phone."},
      {"research", "Research, maximum accuracy", ask("80 GB card", 4096, 1, Quality), "FP32", false,
       "Weights that were published in BF16 are the same numbers in FP32: twice the memory for nothing. What gains is "
       "arithmetic in FP32, which this program always does, whatever the weights are stored as."},
      {"embedded", "Embedded systems", ask("Edge board 4 GB", 1024, 1, Size), "", true, ""},
      {"healthcare", "Healthcare devices", ask("Edge board 4 GB", 1024, 1, Quality), "", true,
       "Where an answer matters, measure on the device's own questions before choosing."},
      {"inference", "Model optimisation for inference", ask("RTX 4090", 8192, 1, Speed), "", true, ""},
      {"mobile", "Edge and mobile deployment", ask("Phone 8 GB", 2048, 1, Speed), "", true, ""},
      {"latency", "Latency reduction", ask("RTX 4090", 2048, 1, Speed), "", true, ""},
      {"scaling", "Cost-effective scaling", ask("80 GB card", 4096, 16, Size), "", true,
       "Every gigabyte that the weights leave is room for the caches of more users."},
  };
  return presets;
}

}  // namespace app
