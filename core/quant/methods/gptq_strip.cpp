#include "core/quant/methods/gptq_strip.h"

#include <algorithm>
#include <array>

#include "core/base/multiversion.h"
#include "core/quant/methods/finite_weights.h"

namespace core::quant {

namespace {

constexpr std::size_t kBlockColumns = 128;

/// weights[j] −= errors · factors[j] for `count` columns of 32 rows.
QS_MULTIVERSION void pushErrors(const double* __restrict__ errors, const float* __restrict__ factors, std::size_t count,
                                double* __restrict__ weights) {
  for (std::size_t j = 0; j < count; ++j) {
    const auto factor = static_cast<double>(factors[j]);
    for (std::size_t row = 0; row < kStrip; ++row) weights[j * kStrip + row] -= errors[row] * factor;
  }
}

}  // namespace

GptqStrip::GptqStrip(const GptqPlan& plan, std::uint64_t firstRow, GptqTrace* trace)
    : m_plan(plan),
      m_trace(trace),
      m_firstRow(firstRow),
      m_rows(std::min<std::uint64_t>(kStrip, plan.source.rows() - firstRow)),
      m_columns(plan.source.rowValues()),
      m_weights(m_columns * kStrip),
      m_errors(kBlockColumns * kStrip) {}

void GptqStrip::run() {
  load();
  if (m_trace != nullptr) {
    const std::uint64_t row = m_trace->row - m_firstRow;
    m_trace->steps.resize(m_columns);
    for (std::size_t k = 0; k < m_columns; ++k) m_trace->steps[k].weight = m_weights[k * kStrip + row];
  }
  for (std::size_t first = 0; first < m_columns; first += kBlockColumns) {
    const std::size_t count = std::min(kBlockColumns, m_columns - first);
    runBlock(first, count);
    tellLaterColumns(first, count);
  }
}

void GptqStrip::load() {
  std::vector<float> row(m_columns);
  for (std::uint64_t r = 0; r < m_rows; ++r) {
    finiteWeights(m_plan.source, (m_firstRow + r) * m_columns, row);
    for (std::size_t k = 0; k < m_columns; ++k) {
      const std::uint32_t column = m_plan.order[k];
      m_weights[k * kStrip + r] = m_plan.isDead[column] != 0 ? 0.0 : static_cast<double>(row[column]);
    }
  }
}

void GptqStrip::chooseGrids(std::size_t column) {
  const std::size_t count = std::min<std::size_t>(m_plan.waitingGroup, m_columns - column);
  std::vector<float> group(count);
  for (std::uint64_t r = 0; r < m_rows; ++r) {
    for (std::size_t k = 0; k < count; ++k) group[k] = static_cast<float>(m_weights[(column + k) * kStrip + r]);
    m_plan.grids.choose(groupOf(m_plan.grids.grouping(), m_columns, (m_firstRow + r) * m_columns + column), group);
  }
}

void GptqStrip::roundColumn(std::size_t column, std::size_t inBlock) {
  const std::uint64_t stored = m_plan.waitingGroup != 0 ? column : m_plan.order[column];
  const auto diagonal = static_cast<double>(m_plan.factor.at(column, column));
  const Grouping grouping = m_plan.grids.grouping();
  for (std::uint64_t r = 0; r < m_rows; ++r) {
    const std::uint64_t index = (m_firstRow + r) * m_columns + stored;
    const double weight = m_block[inBlock * kStrip + r];
    const RoundedValue rounded = m_plan.grids.round(groupOf(grouping, m_columns, index), static_cast<float>(weight));
    m_plan.codes[index] = rounded.code;
    m_errors[inBlock * kStrip + r] = (weight - static_cast<double>(rounded.value)) / diagonal;
    if (m_trace != nullptr && m_firstRow + r == m_trace->row) note(column, inBlock, stored, rounded);
  }
}

/// What roundColumn() has in hand, and what goes on from there.
void GptqStrip::note(std::size_t column, std::size_t inBlock, std::uint64_t stored, const RoundedValue& rounded) {
  const std::size_t at = inBlock * kStrip + static_cast<std::size_t>(m_trace->row - m_firstRow);
  GptqStep& step = m_trace->steps[column];
  step.column = m_plan.order[column];
  step.stored = stored;
  step.stood = m_block[at];
  step.code = rounded.code;
  step.decoded = rounded.value;
  step.diagonal = static_cast<double>(m_plan.factor.at(column, column));
  step.scaledError = m_errors[at];
  const std::size_t end = std::min<std::size_t>(m_columns, column + 1 + GptqTrace::kMostPushed);
  for (std::size_t k = column + 1; k < end; ++k)
    step.pushed.push_back(-step.scaledError * static_cast<double>(m_plan.factor.at(column, k)));
}

void GptqStrip::runBlock(std::size_t first, std::size_t count) {
  const auto from = m_weights.begin() + static_cast<std::ptrdiff_t>(first * kStrip);
  m_block.assign(from, from + static_cast<std::ptrdiff_t>(count * kStrip));
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t column = first + i;
    if (m_plan.waitingGroup != 0 && column % m_plan.waitingGroup == 0) chooseGrids(column);
    roundColumn(column, i);
    for (std::size_t at = column + 1; at < first + count;) {
      const std::size_t end = std::min(first + count, (at / kStrip + 1) * kStrip);
      pushErrors(m_errors.data() + i * kStrip, m_plan.factor.strip(at / kStrip, column) + at % kStrip, end - at,
                 m_block.data() + (at - first) * kStrip);
      at = end;
    }
  }
}

void GptqStrip::tellLaterColumns(std::size_t first, std::size_t count) {
  std::array<double, kBlockColumns * kStrip> factors;
  std::array<double, kStrip * kStrip> pushed;
  for (std::size_t at = first + count; at < m_columns; at += kStrip) {
    const float* const strip = m_plan.factor.strip(at / kStrip, first);
    std::copy(strip, strip + count * kStrip, factors.begin());
    stripProduct(factors.data(), m_errors.data(), count, pushed.data());
    double* const weights = m_weights.data() + at * kStrip;
    const std::size_t values = std::min(kStrip, m_columns - at) * kStrip;
    for (std::size_t k = 0; k < values; ++k) weights[k] -= pushed[k];
  }
}

}  // namespace core::quant
