#pragma once
#include <QString>
#include <cstdint>
#include <memory>
#include <optional>

#include "app/session/open_model.h"
#include "core/numeric/number_format.h"

namespace app {

/// One weight as the bit explorer wants it.
struct WeightReading {
  float value = 0;
  double blockAbsmax = 1;  ///< of its 64 neighbours in the flattened tensor, the block that NF4 and integers scale by
  QString origin;          ///< "blk.3.attn_q.weight [12, 45]"
  std::optional<core::numeric::FormatId> storedAs;  ///< nothing for blocks and types without a row of bits
};

/// "blk.3.attn_q.weight [12, 45]"
QString weightOrigin(const OpenModel& model, std::size_t tensor, std::uint64_t flatIndex);

/// @throws core::Error (Unsupported) when the tensor's type has no decoder
WeightReading readWeight(const OpenModel& model, std::size_t tensor, std::uint64_t flatIndex);

/// Flat index of the weight of largest magnitude. @throws core::Error, core::Cancelled
std::uint64_t largestWeight(const OpenModel& model, std::size_t tensor, const core::JobContext& job);

/// Flat index of the first weight from `low` to `high`; nothing when there is none. @throws core::Error,
/// core::Cancelled
std::optional<std::uint64_t> firstWeightBetween(const core::quant::QuantizedTensor& tensor, double low, double high,
                                                const core::JobContext& job);

/// What a scheme stores in place of one weight. @throws core::Error, core::Cancelled
float quantizedWeight(const OpenModel& model, std::size_t tensor, std::uint64_t flatIndex,
                      const core::quant::Scheme& scheme, const core::JobContext& job);

}  // namespace app
