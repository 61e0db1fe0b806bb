#include "core/base/similar_word.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

namespace core {

namespace {

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string_view mostSimilar(std::string_view word, std::span<const std::string_view> words) {
  constexpr std::size_t kLongest = 64;  // of a word as long as a file the beginning will do
  std::string_view nearest;
  std::size_t least = std::numeric_limits<std::size_t>::max();
  for (const std::string_view candidate : words) {
    if (const std::size_t d = distance(word.substr(0, kLongest), candidate); d < least) {
      least = d;
      nearest = candidate;
    }
  }
  return nearest;
}

}  // namespace core
