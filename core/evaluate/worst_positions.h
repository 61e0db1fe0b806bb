#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "core/evaluate/row_comparison.h"

namespace core::evaluate {

/// A position of a text, and how far two models are apart there.
struct WorstPosition {
  std::uint32_t block = 0;                 ///< of the text
  std::uint32_t passage = 0;               ///< of the block, from 0
  std::uint32_t position = 0;              ///< the prediction made after the passage's tokens[0] … tokens[position]
  text::TokenId token = 0;                 ///< what the text goes on with
  double kl = 0;                           ///< KL(reference ‖ compared), nats
  double inReference = 0, inCompared = 0;  ///< the probability either gives the text's token, 0 … 1
  Favourite referenceTop = {}, comparedTop = {};

  bool hasSameTop() const { return referenceTop.token == comparedTop.token; }
  /// The reference has the text's token as its favourite and the compared model has not; the other way round.
  bool turnsWrong() const { return referenceTop.token == token && comparedTop.token != token; }
  bool turnsRight() const { return referenceTop.token != token && comparedTop.token == token; }
  bool operator==(const WorstPosition&) const = default;
};

/// Whether the first is listed before the second: by KL, equal ones in the order of the text.
bool isWorse(const WorstPosition& first, const WorstPosition& second);

/// The positions at which two models are furthest apart, a fixed number of them however long the text. Whatever the
/// order they come in, those of the parts of a text put together are those of the whole.
class WorstPositions {
 public:
  static constexpr std::size_t kMost = 50;  ///< that are kept of a block

  explicit WorstPositions(std::size_t most = kMost) : m_most(most) {}

  /// What is no number is left out.
  void add(const WorstPosition& position);
  /// Those of another part of the text.
  void add(const WorstPositions& part);
  std::size_t size() const { return m_heap.size(); }
  /// The worst first.
  std::vector<WorstPosition> sorted() const;

 private:
  std::size_t m_most;
  std::vector<WorstPosition> m_heap;  ///< the least bad in front, which goes when a worse one comes
};

}  // namespace core::evaluate
