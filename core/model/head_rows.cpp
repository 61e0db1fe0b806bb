#include "core/model/head_rows.h"

#include <algorithm>

#include "core/model/architectures/architecture.h"
#include "core/model/config.h"

namespace core::model {

std::uint64_t LineOrder::inGguf(std::uint64_t folderLine) const {
  if (m_kind == Kind::Pairs) return ggufRow(folderLine, m_lines);
  if (m_kind == Kind::Same || folderLine < m_first) return folderLine;
  const std::uint64_t head = (folderLine - m_first) / m_lines, line = (folderLine - m_first) % m_lines;
  return m_first + (head % m_repeats * m_keyHeads + head / m_repeats) * m_lines + line;
}

std::uint64_t LineOrder::inFolder(std::uint64_t ggufLine) const {
  if (m_kind == Kind::Pairs) return huggingFaceRow(ggufLine, m_lines);
  if (m_kind == Kind::Same || ggufLine < m_first) return ggufLine;
  const std::uint64_t head = (ggufLine - m_first) / m_lines, line = (ggufLine - m_first) % m_lines;
  return m_first + (head % m_keyHeads * m_repeats + head / m_keyHeads) * m_lines + line;
}

MatrixOrder orderOf(const WeightRow& row, const ModelConfig& config, std::uint64_t rows) {
  const RecurrentSizes& sizes = config.recurrent;
  const std::uint64_t repeats = sizes.heads / std::max(sizes.keyHeads, 1U);
  const auto ofValues = [&](std::uint64_t first, std::uint64_t lines) {
    return LineOrder::ofValueHeads(first, lines, sizes.keyHeads, repeats);
  };
  switch (row.order) {
    case RowOrder::Same:
      break;
    case RowOrder::QueryHeads:
      return {LineOrder::inPairs(rows / config.heads), {}};
    case RowOrder::KeyHeads:
      return {LineOrder::inPairs(rows / config.kvHeads), {}};
    case RowOrder::ValueHeads:
      if (row.rows == Side::RecurrentMixed) return {ofValues(2 * std::uint64_t{sizes.keyWidth()}, sizes.valueSize), {}};
      if (row.rows == Side::RecurrentValues) return {ofValues(0, sizes.valueSize), {}};
      if (row.rows == Side::RecurrentHeads) return {ofValues(0, 1), {}};
      return {{}, ofValues(0, sizes.valueSize)};
  }
  return {};
}

}  // namespace core::model
