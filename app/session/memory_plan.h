#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/session/device_list.h"
#include "app/session/kv_layout.h"
#include "app/session/llama_shape.h"
#include "app/session/open_model.h"
#include "core/model/planned_weights.h"
#include "core/model/weight_placement.h"

namespace app {

/// Whose rules a plan follows.
enum class Program : std::uint8_t {
  Quantscope,  ///< this program's executors, exactly: weights as the device packs them, one cache per sequence
  LlamaCpp     ///< weights as in the file, windows used, compute buffer by a formula
};

/// What is to run beside the weights.
struct MemoryQuestion {
  std::uint32_t context = 4096;  ///< positions of every sequence
  std::uint32_t sequences = 1;   ///< at the same time
  core::model::KvType kv = core::model::KvType::F16;
  Program program = Program::Quantscope;
  bool operator==(const MemoryQuestion&) const = default;
};

/// Bytes of memory by part.
struct MemoryParts {
  double weights = 0, kvCache = 0;
  double compute = 0;          ///< activations, results, norms and tables
  double overhead = 0;         ///< of the device, before any model
  double hostWeights = 0;      ///< weights that lie in the computer's memory, beside those of the device
  std::string hostParts = {};  ///< which: "the embedding, layers 25–31"
  /// Of the device's memory.
  double total() const { return weights + kvCache + compute + overhead; }
};

/// A model under a recipe, as far as plans ask: made once (a job), asked often (arithmetic).
struct PlannedModel {
  struct Footprint {
    double weights = 0, compute = 0;
    std::shared_ptr<const std::vector<core::model::WeightLoad>> loads = {};  ///< one by one; null: unknown
    std::uint64_t reservedBytes = 0;  ///< of the device's memory, beside keys and values
  };
  std::string scheme;  ///< the recipe's text
  std::string title;   ///< for people
  double parameters = 0;
  double weightBytes = 0;  ///< as stored
  std::vector<core::model::TypeBytes> types;
  KvLayout kv;
  bool kvIsTyped = false;  ///< it is not the graph's: keys and values are counted by it, whatever the program
  std::uint32_t vocabulary = 0, width = 0;
  std::uint32_t trainedContext = 0;  ///< 0: not known
  std::string note;                  ///< what was assumed; empty for nothing
  /// Of the graph that would run, with hollow weights; null where only sizes are known.
  std::shared_ptr<const core::model::Graph> graph;
  Footprint host, graphics;
  std::map<std::uint32_t, Footprint> vulkan;  ///< by device of this computer

  double bitsPerWeight() const { return parameters > 0 ? 8 * weightBytes / parameters : 0; }
};

/// The open model under a recipe. Nothing is quantized. @throws core::Error where it cannot run, and as planRecipe
PlannedModel planModel(OpenModel& model, const core::model::Recipe& recipe,
                       const core::JobContext& job = core::JobContext());
/// A model of such a shape, in FP16 where the recipe keeps a matrix.
PlannedModel planShape(const LlamaShape& shape, const KvLayout& kv, const core::model::Recipe& recipe,
                       std::uint32_t trainedContext = 0);
/// A model of which only the number of parameters is known: all of them under one scheme, scales included, with the
/// keys and values of the known shape that is nearest in size, unless others are given.
PlannedModel planParameters(double parameters, const std::optional<KvLayout>& kv, const core::model::Recipe& recipe);

/// What it takes on a device. Weights that a device of this computer has no room for lie in the computer's memory where
/// the device can read it, as its executor places them. This program's caches are those of its executors.
/// llama.cpp's compute buffer: 512 tokens of logits and
/// residuals, 512 · (vocabulary + width) · 4 bytes. Its logs say the same with flash attention: 70.5 MiB for Llama 2
/// 7B, 258.5 MiB for Llama 3 8B.
MemoryParts partsOn(const PlannedModel& model, const PlannedDevice& device, const MemoryQuestion& question);

struct DevicePlan {
  PlannedDevice device;
  MemoryParts parts;
  double capacity = 0;               ///< of the device for a model and its overhead
  std::uint32_t longestContext = 0;  ///< of each sequence that fits; 0: not even the weights do
  bool fits() const { return parts.total() <= capacity; }
  double left() const { return capacity - parts.total(); }  ///< negative: what is missing
};
DevicePlan planOn(const PlannedModel& model, const PlannedDevice& device, const MemoryQuestion& question);

}  // namespace app
