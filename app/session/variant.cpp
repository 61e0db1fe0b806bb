#include "app/session/variant.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "app/session/recipe_file.h"
#include "core/base/error.h"

namespace app {

namespace {

using core::model::KvType;

constexpr std::string_view kStored = "stored", kKvKey = "kv=", kNextRule = ", ";

/// What stands behind an "@".
struct Suffix {
  std::optional<DeviceChoice> device;
  std::optional<KvType> kv;
};

Suffix readSuffix(std::string_view text) {
  try {
    if (text.starts_with(kKvKey)) return {{}, core::model::kvTypeOf(text.substr(kKvKey.size()))};
    if (!text.empty()) return {DeviceChoice::parse(text), {}};
  } catch (const core::Error&) {
    // A part of a path, then.
  }
  return {};
}

/// The suffixes at the end of a text, at most one of a kind, which are taken off it.
Suffix takeSuffixes(std::string& text) {
  Suffix all;
  for (std::size_t at = text.rfind('@'); at != std::string::npos; at = text.rfind('@')) {
    const Suffix one = readSuffix(std::string_view(text).substr(at + 1));
    const bool isDevice = one.device && !all.device, isKv = one.kv && !all.kv;
    if (!isDevice && !isKv) break;
    if (isDevice) all.device = one.device;
    if (isKv) all.kv = one.kv;
    text.resize(at);
  }
  return all;
}

bool isRule(const std::string& text) {
  try {
    core::model::Recipe probe;
    addRules(probe, {text});
    return true;
  } catch (const core::Error&) {
    return false;
  }
}

/// The rules behind a recipe's name, in their order, which are taken off it.
std::vector<std::string> takeRules(std::string& text) {
  std::vector<std::string> rules;
  for (std::size_t at = text.rfind(kNextRule); at != std::string::npos; at = text.rfind(kNextRule)) {
    std::string rule = text.substr(at + kNextRule.size());
    if (!isRule(rule)) break;
    rules.push_back(std::move(rule));
    text.resize(at);
  }
  std::ranges::reverse(rules);
  return rules;
}

core::model::Recipe recipeOf(std::string text) {
  if (text == kStored) return {};
  std::error_code error;
  if (std::filesystem::is_regular_file(text, error)) return openRecipe(text);
  const std::vector<std::string> rules = takeRules(text);
  core::model::Recipe recipe = text == kStored ? core::model::Recipe() : openRecipe(text);
  addRules(recipe, rules);
  return recipe;
}

std::string displayName(const DeviceChoice& device) {
  switch (device.kind) {
    case DeviceChoice::Kind::Auto:
      return {};
    case DeviceChoice::Kind::Cpu:
      return " · CPU";
    case DeviceChoice::Kind::Vulkan:
      break;
  }
  return device.index == DeviceChoice::kAnyIndex ? " · Vulkan" : " · Vulkan " + std::to_string(device.index);
}

std::string displayName(KvType type) { return " · KV " + core::model::titleOf(type); }

}  // namespace

Variant Variant::parse(const std::string& text) { return parse(text, Variant()); }

Variant Variant::parse(const std::string& text, const Variant& usual) {
  std::string name = text;
  const Suffix suffix = takeSuffixes(name);
  return {recipeOf(std::move(name)), suffix.device.value_or(usual.device), suffix.kv.value_or(usual.kv)};
}

std::string Variant::toString() const {
  std::string text = recipe.toString();
  // A path that ends like a suffix needs both, so that it is not taken for one.
  std::string probe = text;
  const Suffix mistaken = takeSuffixes(probe);
  const bool isMistaken = mistaken.device || mistaken.kv;
  if (isMistaken || device.kind != DeviceChoice::Kind::Auto) text += "@" + device.toString();
  if (isMistaken || kv != Variant().kv) text += "@" + std::string(kKvKey) + core::model::nameOf(kv);
  return text;
}

std::string Variant::displayName() const {
  std::string name = recipe.displayName() + app::displayName(device);
  return kv == Variant().kv ? name : name + app::displayName(kv);
}

}  // namespace app
