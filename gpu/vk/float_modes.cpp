#include "gpu/vk/float_modes.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace gpu::vk {

namespace {

// Of the SPIR-V specification, sections 2.3, 3.6 and 3.31.
constexpr std::uint32_t kMagic = 0x07230203;
constexpr std::size_t kHeaderWords = 5;
constexpr std::uint32_t kOpExtension = 10, kOpEntryPoint = 15, kOpExecutionMode = 16, kOpCapability = 17;
constexpr std::string_view kExtension = "SPV_KHR_float_controls";

struct Mode {
  std::uint32_t capability, mode, width;
};

std::vector<Mode> wanted(const FloatModes& modes) {
  constexpr std::uint32_t kDenormPreserve = 4464, kSignedZeroInfNanPreserve = 4466, kRoundingModeRte = 4467;
  constexpr std::uint32_t kModeDenormPreserve = 4459, kModeSignedZeroInfNanPreserve = 4461, kModeRoundingRte = 4462;
  std::vector<Mode> list;
  if (modes.preservesSubnormals32) list.push_back({kDenormPreserve, kModeDenormPreserve, 32});
  if (modes.preservesSubnormals16) list.push_back({kDenormPreserve, kModeDenormPreserve, 16});
  if (modes.preservesNonFinite32) list.push_back({kSignedZeroInfNanPreserve, kModeSignedZeroInfNanPreserve, 32});
  if (modes.roundsToNearest32) list.push_back({kRoundingModeRte, kModeRoundingRte, 32});
  return list;
}

constexpr std::uint32_t instruction(std::uint32_t op, std::size_t words) {
  return static_cast<std::uint32_t>(words << 16U) | op;
}

/// Where parts of a module end, which come in this order.
struct Layout {
  std::size_t capabilities = 0, extensions = 0, entryPoints = 0;
  std::uint32_t entryPoint = 0;  ///< id of its function; 0: there is none
  bool asksAlready = false;
};

Layout layoutOf(std::span<const std::uint32_t> words) {
  Layout layout;
  for (std::size_t at = kHeaderWords; at < words.size();) {
    const std::uint32_t op = words[at] & 0xFFFFU;
    const std::size_t count = words[at] >> 16U, end = at + count;
    if (count == 0 || end > words.size()) return {};
    if (op == kOpCapability) layout.capabilities = layout.extensions = end;
    if (op == kOpExtension) {
      layout.extensions = end;
      const auto* text = reinterpret_cast<const char*>(&words[at + 1]);
      layout.asksAlready |= std::string_view(text, strnlen(text, (count - 1) * 4)) == kExtension;
    }
    if (op == kOpEntryPoint && count > 2) layout.entryPoints = end, layout.entryPoint = words[at + 2];
    at = end;
  }
  return layout;
}

}  // namespace

FloatModes modesOf(std::string_view shader, const FloatModes& offered) {
  FloatModes modes = offered;
  const bool readsWeights = shader.starts_with("embed.") || shader.starts_with("matmul_");
  if (!readsWeights) modes.preservesSubnormals32 = false;
  if (!readsWeights && !shader.starts_with("attention_")) modes.preservesSubnormals16 = false;
  return modes;
}

std::vector<std::uint32_t> withFloatModes(std::span<const std::uint32_t> words, const FloatModes& modes) {
  const std::vector<Mode> list = wanted(modes);
  const bool isSpirv = words.size() > kHeaderWords && words[0] == kMagic;
  const Layout layout = isSpirv ? layoutOf(words) : Layout();
  if (list.empty() || layout.capabilities == 0 || layout.entryPoint == 0 || layout.asksAlready)
    return {words.begin(), words.end()};
  std::vector<std::uint32_t> result(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(layout.capabilities));
  const auto copy = [&](std::size_t from, std::size_t to) {
    const auto part = words.subspan(from, to - from);
    result.insert(result.end(), part.begin(), part.end());
  };
  for (std::size_t i = 0; i < list.size(); ++i) {
    const bool isNew = std::none_of(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(i),
                                    [&](const Mode& mode) { return mode.capability == list[i].capability; });
    if (isNew) result.insert(result.end(), {instruction(kOpCapability, 2), list[i].capability});
  }
  copy(layout.capabilities, layout.extensions);
  std::array<std::uint32_t, kExtension.size() / 4 + 1> name{};  // ends with a zero
  std::memcpy(name.data(), kExtension.data(), kExtension.size());
  result.push_back(instruction(kOpExtension, 1 + name.size()));
  result.insert(result.end(), name.begin(), name.end());
  copy(layout.extensions, layout.entryPoints);
  for (const Mode& mode : list)
    result.insert(result.end(), {instruction(kOpExecutionMode, 4), layout.entryPoint, mode.mode, mode.width});
  copy(layout.entryPoints, words.size());
  return result;
}

}  // namespace gpu::vk
