#include "core/train/data/rows.h"

#include <algorithm>

#include "core/base/error.h"

namespace core::train {

namespace {

constexpr std::uint64_t kPackingSeed = 0x7061636bU;  // apart from the order of the rows

const std::vector<Example>& checked(const std::vector<Example>& examples, const RowSettings& settings) {
  if (examples.empty()) throw Error(ErrorCode::InvalidArgument, "There is nothing to train on.");
  if (settings.rows == 0 || settings.length == 0)
    throw Error(ErrorCode::InvalidArgument, "A step needs at least one row of at least one token.");
  return examples;
}

std::vector<Example> packed(const std::vector<Example>& examples, const RowSettings& settings) {
  const std::size_t wanted = std::size_t{settings.length} + 1;
  std::vector<Example> rows;
  bool isFull = true;
  for (const std::size_t i : Draws(examples.size(), settings.seed ^ kPackingSeed).order(0)) {
    const Example& next = examples[i];
    if (isFull) rows.emplace_back();
    Example& row = rows.back();
    row.tokens.insert(row.tokens.end(), next.tokens.begin(), next.tokens.end());
    row.isCounted.insert(row.isCounted.end(), next.isCounted.begin(), next.isCounted.end());
    isFull = row.tokens.size() >= wanted;
    row.cut(wanted);
  }
  return rows;
}

/// Rows of one length, filled up with token 0.
Minibatch minibatchOf(const std::vector<Example>& examples, const std::vector<std::size_t>& drawn, double weight) {
  Minibatch batch;
  for (const std::size_t i : drawn) batch.length = std::max(batch.length, examples[i].tokens.size() - 1);
  const std::size_t all = drawn.size() * batch.length;
  batch.tokens.resize(all), batch.targets.resize(all), batch.isCounted.resize(all);
  batch.weight = weight;
  for (std::size_t row = 0; row < drawn.size(); ++row) {
    const Example& example = examples[drawn[row]];
    const auto at = static_cast<std::ptrdiff_t>(row * batch.length);
    std::copy(example.tokens.begin(), example.tokens.end() - 1, batch.tokens.begin() + at);
    std::copy(example.tokens.begin() + 1, example.tokens.end(), batch.targets.begin() + at);
    std::copy(example.isCounted.begin() + 1, example.isCounted.end(), batch.isCounted.begin() + at);
  }
  return batch;
}

std::vector<Minibatch> draw(const std::vector<Example>& examples, const Draws& draws, const RowSettings& settings,
                            std::uint64_t step) {
  const std::size_t count = std::min<std::size_t>(settings.rows, examples.size());
  return {minibatchOf(examples, draws.take(step * count, count), settings.weight)};
}

}  // namespace

PackedRows::PackedRows(const std::vector<Example>& examples, const RowSettings& settings)
    : m_settings(settings),
      m_rows(packed(checked(examples, settings), settings)),
      m_draws(m_rows.size(), settings.seed) {}

std::vector<Minibatch> PackedRows::batches(std::uint64_t step) const { return draw(m_rows, m_draws, m_settings, step); }

PaddedRows::PaddedRows(std::vector<Example> examples, const RowSettings& settings)
    : m_settings(settings),
      m_examples((checked(examples, settings), std::move(examples))),
      m_draws(m_examples.size(), settings.seed) {
  for (Example& example : m_examples) example.cut(std::size_t{settings.length} + 1);
}

std::vector<Minibatch> PaddedRows::batches(std::uint64_t step) const {
  return draw(m_examples, m_draws, m_settings, step);
}

std::vector<Minibatch> MixedRows::batches(std::uint64_t step) const {
  std::vector<Minibatch> all;
  for (const auto& source : m_sources)
    for (Minibatch& batch : source->batches(step)) all.push_back(std::move(batch));
  return all;
}

}  // namespace core::train
