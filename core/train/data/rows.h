#pragma once
#include <memory>
#include <vector>

#include "core/train/data/draws.h"
#include "core/train/data/example.h"
#include "core/train/data/minibatch.h"

namespace core::train {

/// How examples become the rows of a minibatch.
struct RowSettings {
  std::uint32_t rows = 16;     ///< sequences of a step; never more than there are
  std::uint32_t length = 256;  ///< predictions of a row, at most
  std::uint64_t seed = 1;      ///< of the order in which they are drawn
  double weight = 1.0;         ///< Minibatch::weight
};

/// Whole examples one behind the other in rows of length + 1 tokens, the last one of a row cut at its end, each row
/// read as one text: nothing is wasted on padding, and examples have others before them, as turns of a long chat have.
/// Which ones share a row is drawn once, rows are drawn without repetition.
class PackedRows final : public BatchSource {
 public:
  /// @throws Error (InvalidArgument) without examples or rows
  PackedRows(const std::vector<Example>& examples, const RowSettings& settings);

  std::size_t rows() const { return m_rows.size(); }
  std::vector<Minibatch> batches(std::uint64_t step) const override;

 private:
  RowSettings m_settings;
  std::vector<Example> m_rows;
  Draws m_draws;
};

/// An example a row, filled up to the longest of the minibatch: each is read from the beginning on, as a question of
/// its own. Examples are drawn without repetition.
class PaddedRows final : public BatchSource {
 public:
  /// @throws Error (InvalidArgument) without examples or rows
  PaddedRows(std::vector<Example> examples, const RowSettings& settings);

  std::size_t rows() const { return m_examples.size(); }
  std::vector<Minibatch> batches(std::uint64_t step) const override;

 private:
  RowSettings m_settings;
  std::vector<Example> m_examples;
  Draws m_draws;
};

/// What several sources give, one after the other in every step; each keeps its weight.
class MixedRows final : public BatchSource {
 public:
  explicit MixedRows(std::vector<std::unique_ptr<BatchSource>> sources) : m_sources(std::move(sources)) {}

  std::vector<Minibatch> batches(std::uint64_t step) const override;

 private:
  std::vector<std::unique_ptr<BatchSource>> m_sources;
};

}  // namespace core::train
