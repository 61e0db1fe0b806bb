#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/model/graph.h"

namespace core::model {

/// A weight as far as it matters where it lies.
struct WeightLoad {
  enum class Kind : std::uint8_t {
    Table,    ///< read by row: the embedding
    Experts,  ///< a stack of matrices, of which a token goes through some
    Matrix
  };
  std::uint64_t bytes = 0;             ///< of memory
  double readShare = 1.0;              ///< of its bytes that a decoded token reads
  std::optional<std::uint32_t> layer;  ///< nothing for what belongs to none
  Kind kind = Kind::Matrix;
};

/// What may be spent on weights, in bytes.
struct MemoryRoom {
  std::uint64_t device = 0;  ///< of the device's own memory
  std::uint64_t host = 0;    ///< of the computer's memory that the device can read; 0 where there is only one memory
};

/// Which weights lie in the computer's memory.
struct WeightPlacement {
  std::vector<bool> isOnHost;  ///< [weights]
  std::uint64_t hostBytes = 0;
  std::string hostParts;  ///< "the embedding, layers 25–31"; empty where all lie on the device
};

/// Divides weights between a device's own memory and the computer's, which the device reads over its bus. What is read
/// least per byte goes first: tables that are read by row, then stacks of experts, then matrices; of those that are
/// read alike whole layers, the last one first, and what belongs to no layer (the output) last.
/// @return nothing where both memories together cannot hold them so
std::optional<WeightPlacement> placeWeights(std::span<const WeightLoad> weights, const MemoryRoom& room);

/// Those weights in words: "the embedding, experts of layers 20–31", the parts of a layer that lies there as a whole
/// not being said one by one. @param isOnHost [weights]
std::string hostPartsOf(std::span<const WeightLoad> weights, const std::vector<bool>& isOnHost);

/// An operation's weight, but for its bytes. @pre its weight is a table, a matrix or a stack
WeightLoad weightLoadOf(const Graph& graph, const Op& op);
/// Of a weight that another operation uses, too: it is read twice.
void addUse(WeightLoad& weight, const WeightLoad& again);

}  // namespace core::model
