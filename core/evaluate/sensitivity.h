#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/evaluate/exchange.h"

namespace core::evaluate {

/// What is exchanged at once, from coarse to fine.
enum class Level : std::uint8_t { Layer, Role, Tensor };
/// Swap: the reference with a part quantized. Restore: the quantized model with a part as the reference has it.
enum class Direction : std::uint8_t { Swap, Restore };
/// "layer", "role", "tensor"
std::string_view toString(Level level);
/// "swap", "restore"
std::string_view toString(Direction direction);

/// A tensor and where it stands.
struct PlacedTensor {
  std::string name;
  std::optional<std::uint32_t> layer;
  std::string role;  ///< "query"
};

/// Tensors that are exchanged together.
struct Part {
  Level level = Level::Tensor;
  std::string name;  ///< of the tensor, "layer 3", "value"
  std::vector<std::string> tensors;
};

/// The parts of a level: tensors, layers or roles in the order in which they first occur. What stands in no layer is a
/// layer of its own, under its name.
std::vector<Part> partsOf(const std::vector<PlacedTensor>& tensors, Level level);

/// What one part does.
struct Sensitivity {
  std::size_t part = 0;  ///< index
  Direction direction = Direction::Swap;
  BlockRatio divergence;  ///< KL(reference ‖ what ran) by block of text
  Estimate kl;            ///< its mean, nats per token
  /// What the part adds to the KL: Swap, all of it; Restore, that of the quantized model less that with the part
  /// restored, paired by blocks. Negative: it makes up for errors of others.
  Estimate change;
  std::string failure;  ///< one sentence, where what ran computes no numbers: there are no figures then
};

/// What a sweep measures.
struct Sweep {
  Exchanged quantized;  ///< the compared model's tensors
  std::vector<Part> parts;
  bool swaps = true, restores = false;
};

/// Shown every figure as soon as it is known; also of the quantized model as a whole, at first. All but `part` may be
/// empty.
struct SweepVisitor {
  std::function<void(const BlockRatio& quantized)> whole;
  std::function<void(const std::string& why)> wholeFails;  ///< instead, where it computes no numbers
  std::function<void(const Sensitivity& of)> part;
};

/// Measures each part: coarse levels first, of a level what is quickest first (the last layers, as all before them are
/// known), swaps before restores. A part none of whose tensors is quantized is left out. What was shown when it is
/// cancelled is right; with a store, a sweep begun anew goes on where it was. Where a part makes the model compute no
/// numbers, that is its row, and the others are measured.
/// @throws Error as Executor::forward but NotFinite, Cancelled
void measureSensitivity(ExchangeMeter& meter, const Sweep& sweep, const SweepVisitor& visitor, const JobContext& job);

}  // namespace core::evaluate
