#pragma once
#include <string>
#include <string_view>

#include "app/session/device_choice.h"
#include "core/model/kv_cache.h"
#include "core/model/recipe/recipe.h"

namespace app {

/// What runs: an open model's weights under a recipe (a scheme, a mixture, another model), on a device, with keys and
/// values of a type. What is compared are variants.
///
/// Its text is the recipe's, with suffixes where device or type are not the usual ones:
///   nf4   stored@vulkan:1   nf4@cpu@kv=int8   nf4@kv=q8_0/q4_0   model:PATH@kv=f32
/// Suffixes are taken off the end where they are valid and only one of a kind, for paths may hold "@".
struct Variant {
  core::model::Recipe recipe;  ///< the default: the weights as stored
  DeviceChoice device;
  core::model::KvType kv = core::model::KvType::F16;

  /// @param text "stored", whatever openRecipe() knows, and rules behind either (", attn_v=q6_k"); then suffixes.
  /// Another model is opened. @param usual device and type where the text says nothing of them
  /// @throws core::Error as openRecipe, parseRecipeRule
  static Variant parse(const std::string& text, const Variant& usual);
  static Variant parse(const std::string& text);
  /// What parse() reads as this one, but for replaced tensors and importance matrices, which are named only.
  std::string toString() const;
  /// For people: "NF4 · 64", "NF4 · 64 · CPU", "stored · Vulkan 1 · KV INT8".
  std::string displayName() const;
  bool operator==(const Variant&) const = default;
};

}  // namespace app
