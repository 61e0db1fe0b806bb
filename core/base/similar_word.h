#pragma once
#include <span>
#include <string_view>

namespace core {

/// The word that takes the fewest inserted, deleted or replaced characters (Levenshtein distance) to become `word`;
/// the first of equally near ones, empty when there are none. For sentences about words nobody knows.
std::string_view mostSimilar(std::string_view word, std::span<const std::string_view> words);

}  // namespace core
