#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/text/jinja/budget.h"

namespace core::text::jinja {

/// Finds a text in others in linear time whatever both are (Knuth, Morris and Pratt 1977): std::string::find takes the
/// product of both lengths for some.
class TextSearch {
 public:
  /// @param part lives as long as this object
  TextSearch(std::string_view part, Budget& budget);
  /// Where the part begins first in text, at `from` or later; npos when nowhere. An empty part is found at once.
  std::size_t find(std::string_view text, std::size_t from = 0) const;
  /// All places where it begins, from left to right; they may overlap. @pre the part is not empty
  std::vector<std::size_t> findAll(std::string_view text) const;

 private:
  /// The end of the next occurrence whose search goes on from `at` with `matched` bytes; npos when there is none.
  std::size_t nextEnd(std::string_view text, std::size_t at, std::size_t& matched) const;

  std::string_view m_part;
  std::vector<std::uint32_t> m_borders;  ///< of every prefix, the longest proper prefix that is also its suffix
  Budget& m_budget;
};

}  // namespace core::text::jinja
