#pragma once
#include <cstdint>
#include <string_view>

#include "core/model/graph.h"
#include "core/model/kv_cache.h"
#include "core/model/step_times.h"

namespace core::model {

/// What computing one token asks of a device.
struct Work {
  std::uint64_t weightBytes = 0;  ///< that it reads as they are stored; of a stack of experts, those it goes through
  std::uint64_t kvBytes = 0;      ///< that it reads of keys and values, and of states
  std::uint64_t operations = 0;   ///< 2 for each multiply-add of products, experts, attention, convolutions and states

  std::uint64_t bytes() const { return weightBytes + kvBytes; }
  Work& operator+=(const Work& other);
  bool operator==(const Work&) const = default;
};

/// What an operation has to do for one token behind so many positions, which it sees with its own.
Work workOf(const Graph& graph, const Op& op, KvType type, std::uint32_t positions);
/// All of a token whose logits are wanted.
Work tokenWork(const Graph& graph, KvType type, std::uint32_t positions);
/// Of the operations that a step of that name makes, those of all layers together: StepTimes::add.
Work workOf(const Graph& graph, const StepTime& step, KvType type, std::uint32_t positions);
/// What reading so many tokens from the beginning on computes, 2 for each multiply-add as in Work, when only the last
/// one's logits are wanted.
std::uint64_t promptOperations(const Graph& graph, std::uint32_t tokens);

/// A part of the model that steps belong to.
enum class ModelPart : std::uint8_t {
  Embedding,    ///< of tokens, positions and layers
  Attention,    ///< with its norm, its products, RoPE and the KV cache
  State,        ///< convolutions, linear attention, state spaces, with what belongs to them
  FeedForward,  ///< with its norm, experts and their router
  Output,       ///< the last norm and the logits
  Other
};
inline constexpr int kModelParts = static_cast<int>(ModelPart::Other) + 1;
/// @param part as StepTime::part
ModelPart partOf(OpKind kind, std::string_view part);

}  // namespace core::model
