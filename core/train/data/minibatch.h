#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/text/token.h"

namespace core::train {

/// Sequences of one length that go through the model together. A shorter one is filled up at its end with token 0,
/// which counts nowhere.
struct Minibatch {
  std::size_t length = 0;               ///< of every sequence
  std::vector<text::TokenId> tokens;    ///< [count · length] what is read
  std::vector<text::TokenId> targets;   ///< [count · length] what comes next
  std::vector<std::uint8_t> isCounted;  ///< [count · length] whether the prediction of targets[i] is in the loss
  double weight = 1.0;                  ///< of its mean loss in the step's loss, which is Σ weight · mean

  std::size_t count() const { return length == 0 ? 0 : tokens.size() / length; }
};

/// Where the steps of a run get what they read.
class BatchSource {
 public:
  BatchSource() = default;
  virtual ~BatchSource() = default;
  BatchSource(const BatchSource&) = delete;
  BatchSource& operator=(const BatchSource&) = delete;

  /// What step `step` (from 0) reads, one after the other; their gradients are added up. A function of the step alone,
  /// so that a run that is resumed goes on with what it would have read.
  virtual std::vector<Minibatch> batches(std::uint64_t step) const = 0;
};

}  // namespace core::train
