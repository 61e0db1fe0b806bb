#include "core/numeric/sorted_code_book.h"

#include <algorithm>
#include <cassert>

namespace core::numeric {

SortedCodeBook::SortedCodeBook(std::span<const float> codeBook) {
  assert(codeBook.size() == m_entries.size());
  for (std::size_t code = 0; code < codeBook.size(); ++code) m_entries[code] = {codeBook[code], code};
  std::stable_sort(m_entries.begin(), m_entries.end(),
                   [](const Entry& a, const Entry& b) { return a.value < b.value; });
  const auto last = std::unique(m_entries.begin(), m_entries.end(),
                                [](const Entry& a, const Entry& b) { return a.value == b.value; });
  m_size = static_cast<std::size_t>(last - m_entries.begin());
}

std::size_t SortedCodeBook::indexOf(float codeValue) const {
  std::size_t index = 0;
  while (index + 1 < m_size && m_entries[index].value != codeValue) ++index;
  return index;
}

std::size_t SortedCodeBook::nearest(double value) const {
  std::size_t index = 0;
  while (index + 1 < m_size && value > midpoint(index)) ++index;
  return index;
}

std::size_t SortedCodeBook::towardZero(double x) const {
  std::size_t index = indexOf(0.0F);
  if (x >= 0)
    while (index + 1 < m_size && value(index + 1) <= x) ++index;
  else
    while (index > 0 && value(index - 1) >= x) --index;
  return index;
}

bool SortedCodeBook::isMidpoint(double value) const {
  for (std::size_t index = 0; index + 1 < m_size; ++index)
    if (value == midpoint(index)) return true;
  return false;
}

}  // namespace core::numeric
