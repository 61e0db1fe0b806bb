#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/model/recipe/file_type.h"
#include "core/model/recipe/tensor_pattern.h"
#include "core/quant/quantized_tensor.h"
#include "core/quant/scheme.h"

namespace core::model {

class OtherModel;

/// What tensors become whose names a pattern matches.
struct RecipeRule {
  TensorPattern pattern;
  std::optional<quant::Scheme> scheme;  ///< one that a text can express; nothing: they stay as stored
  std::string origin;                   ///< for people, where it was said: "line 3"; may be empty

  std::string toString() const;  ///< "attn_v=q6_k"
};

/// An importance matrix that weights are quantized with, as llama-quantize's --imatrix.
struct ImportanceSource {
  std::string title;                           ///< its file's name
  std::string identity;                        ///< quant::Calibration::identity()
  std::set<std::string, std::less<>> weights;  ///< it knows something about
  std::vector<std::string> datasets;           ///< the texts it was made from
  std::uint32_t chunks = 0;                    ///< of text; 0: not said
};

/// What happens to every tensor of a model: a base and what differs from it. planRecipe() applies it to a model.
///   nothing   everything stays as it is stored
///   a scheme  every matrix that multiplies activations gets it, where its shape allows (chooseTensors)
///   file type the mixture that llama.cpp's quantizer makes under this name
///   a model   its weights, as they are stored there, take the place of the open model's
/// An adapter may be added to all that while it runs: its factors stand beside the matrices, whatever those became.
/// A single scheme is a recipe.
class Recipe {
 public:
  using Base = std::variant<std::monostate, quant::Scheme, FileType, std::shared_ptr<const OtherModel>>;

  Recipe() = default;
  Recipe(const quant::Scheme& scheme) : base(scheme) {}  // NOLINT(google-explicit-constructor): it is one
  Recipe(FileType type) : base(type) {}                  // NOLINT(google-explicit-constructor)
  Recipe(const std::optional<quant::Scheme>& scheme);    // NOLINT(google-explicit-constructor)
  explicit Recipe(std::shared_ptr<const OtherModel> other) : base(std::move(other)) {}

  Base base;
  std::shared_ptr<const OtherModel> adapter = nullptr;  ///< added while the rest runs; null for none
  /// Matrices of the blocks whose types can be multiplied with bytes are, whatever the base makes of them or leaves:
  /// activations=int8_dynamic of every such scheme. Not where a rule decides.
  bool int8Inputs = false;
  std::vector<RecipeRule> rules;  ///< the first that matches decides, before the base does
  /// Tensors by name that take the place of the model's own, before all rules, and nothing is added to: one tensor
  /// swapped, a weight changed.
  std::map<std::string, quant::QuantizedTensorPtr> replacements;
  /// Whatever can use importance and says nothing of a method gets method=imatrix, where this has the tensor. Null:
  /// schemes are as they were said.
  std::shared_ptr<const ImportanceSource> importance;
  std::string title;  ///< what its file is called, for people; empty: its name says what it does

  bool keepsEverything() const {
    return base.index() == 0 && !adapter && !int8Inputs && rules.empty() && replacements.empty();
  }
  /// "stored", "nf4", "Q4_K_M", "Q4_K_M, attn_v=q6_k", "Q4_K_M with imatrix.gguf", "model:PATH",
  /// "nf4+adapter:PATH:50%".
  std::string toString() const;
  /// For people: the title, or "NF4 · 64", "Q4_K_M"; "Q4_0 recipe" where a format has the name, too.
  std::string displayName() const;
  /// The scheme it is when it is nothing more; null otherwise.
  const quant::Scheme* asScheme() const;
  /// The model whose weights it takes; null where it takes none.
  const OtherModel* otherModel() const;
  /// Whether it is more than its text: another model or an adapter, whose files are opened.
  bool namesFiles() const { return adapter != nullptr || otherModel() != nullptr; }
  /// Whether both do the same, whatever they are called.
  bool operator==(const Recipe& other) const;
};

/// "q6_k", "nf4:block=128", and as GGUF spells types: "F16", "Q6_K"; "keep" is nothing.
/// @throws Error (InvalidArgument) as Scheme::parse
std::optional<quant::Scheme> parseTreatment(std::string_view text);

/// A file type or a scheme by its text: "Q4_K_M", "nf4"; lower case words that are both ("q4_0") are the scheme.
/// "Q4_K_M:activations=int8_dynamic" and "stored:activations=int8_dynamic" are with Recipe::int8Inputs.
/// "model:PATH" is another model that is only remembered, as is the adapter of "nf4+adapter:PATH",
/// "stored+adapter:PATH": whoever opens models opens them. Nothing when it is none of them.
std::optional<Recipe> recipeByName(std::string_view text);

}  // namespace core::model
