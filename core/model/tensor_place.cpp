#include "core/model/tensor_place.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace core::model {

namespace {

/// Words before the number of a block. A number after another word counts only where none of these does.
constexpr std::array<std::string_view, 14> kStacks = {"blk",
                                                      "layers",
                                                      "layer",
                                                      "h",
                                                      "blocks",
                                                      "block",
                                                      "stages",
                                                      "encoder",
                                                      "decoder",
                                                      "decoder_layer",
                                                      "transformer_encoder",
                                                      "resblocks",
                                                      "convnext",
                                                      "posnet"};

bool isNumber(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<std::uint32_t> numberOf(std::string_view word) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  return error == std::errc() && end == word.data() + word.size() ? std::optional(number) : std::nullopt;
}

std::vector<std::string_view> words(std::string_view name) {
  std::vector<std::string_view> result;
  while (true) {
    const std::size_t dot = name.find('.');
    result.push_back(name.substr(0, dot));
    if (dot == std::string_view::npos) return result;
    name.remove_prefix(dot + 1);
  }
}

std::string_view withoutWeight(std::string_view name) {
  constexpr std::string_view kEnding = ".weight";
  return name.size() > kEnding.size() && name.ends_with(kEnding) ? name.substr(0, name.size() - kEnding.size()) : name;
}

/// Index of the word that numbers the block; the number of words when there is none. A number that ends the name
/// counts parts of one layer ("mm.model.mlp.0"), not blocks.
std::size_t blockNumber(const std::vector<std::string_view>& parts) {
  std::size_t first = parts.size();
  for (std::size_t i = 1; i + 1 < parts.size(); ++i) {
    if (!isNumber(parts[i]) || !numberOf(parts[i])) continue;
    if (std::find(kStacks.begin(), kStacks.end(), parts[i - 1]) != kStacks.end()) return i;
    first = std::min(first, i);
  }
  return first;
}

}  // namespace

TensorPlace placeOf(std::string_view name) {
  const auto parts = words(withoutWeight(name));
  const std::size_t number = blockNumber(parts);
  TensorPlace place;
  if (number == parts.size()) {
    place.path = withoutWeight(name);
    return place;
  }
  for (std::size_t i = 0; i < number; ++i) place.stack += (i == 0 ? "" : ".") + std::string(parts[i]);
  place.layer = numberOf(parts[number]);
  for (std::size_t i = number + 1; i < parts.size(); ++i) {
    if (isNumber(parts[i])) {
      // "experts.5.down_proj" of Hugging Face, "ffn_down.5" of early GGUF files
      if (parts[i - 1].find("expert") != std::string_view::npos || i + 1 == parts.size())
        place.expert = numberOf(parts[i]);
      continue;
    }
    place.path += (place.path.empty() ? "" : ".") + std::string(parts[i]);
  }
  return place;
}

std::optional<std::string> stackOfExperts(std::string_view name) {
  const std::optional<std::uint32_t> expert = placeOf(name).expert;
  if (!expert) return std::nullopt;
  const std::string number = "." + std::to_string(*expert) + ".";
  const std::size_t at = name.rfind(number);
  if (at == std::string_view::npos) return std::nullopt;
  return std::string(name.substr(0, at)) + ".*." + std::string(name.substr(at + number.size()));
}

}  // namespace core::model
