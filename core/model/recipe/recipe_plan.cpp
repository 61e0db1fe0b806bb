#include "core/model/recipe/recipe_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <set>

#include "core/base/error.h"
#include "core/io/packed_weights.h"
#include "core/io/text_checks.h"
#include "core/model/architectures/tensor_names.h"
#include "core/model/recipe/adapted_matrix.h"
#include "core/model/recipe/mixture.h"
#include "core/model/recipe/row_order.h"
#include "core/model/recipe/shape_fallback.h"
#include "core/model/recipe/tensor_group.h"
#include "core/model/tensor_place.h"
#include "core/quant/calibrated_quantizer.h"
#include "core/quant/format.h"
#include "core/quant/load_tensor.h"
#include "core/quant/quantizer.h"
#include "core/quant/stored_size.h"

namespace core::model {

namespace {

bool isValue(TensorGroup group) {
  return group == TensorGroup::Value || group == TensorGroup::QueryKeyValue || group == TensorGroup::LatentKeyValue;
}

/// Makes the decisions of one plan, in the order in which mixtures count: by block, then by name.
class Planner {
 public:
  Planner(const Recipe& recipe, const MixtureModel& model, std::span<const io::TensorInfo> tensors,
          std::vector<TensorChoice> choices, io::FileFormat format, const io::Checkpoint* checkpoint = nullptr)
      : m_recipe(recipe), m_model(model), m_tensors(tensors), m_format(format), m_usedRules(recipe.rules.size()) {
    if (const auto* const other = std::get_if<std::shared_ptr<const OtherModel>>(&recipe.base)) {
      if (checkpoint == nullptr)
        throw Error(ErrorCode::InvalidArgument, "Another model takes the place of an open model's weights only.");
      m_others.emplace(*other, *checkpoint);
      if ((*other)->adapter() == nullptr) m_otherBytes = io::weightBytes(*(*other)->checkpoint());
    }
    if (recipe.adapter) {
      if (checkpoint == nullptr)
        throw Error(ErrorCode::InvalidArgument, "An adapter is added to an open model's matrices only.");
      m_adapter.emplace(recipe.adapter, *checkpoint);
    }
    bool hasOutput = false;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      m_groups.push_back(groupOf(tensors[i], choices[i], format));
      hasOutput = hasOutput || m_groups.back() == TensorGroup::Output;
      if (isValue(m_groups.back())) ++m_values;
      m_plan.tensors.push_back({std::move(choices[i]), {}, {}, {}, {}, {}, {}});
    }
    if (hasOutput) return;
    std::replace(m_groups.begin(), m_groups.end(), TensorGroup::Embedding, TensorGroup::TiedEmbedding);
  }

  RecipePlan plan() {
    std::vector<std::size_t> order(m_tensors.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) { return keyOf(a) < keyOf(b); });
    for (const std::size_t tensor : order) {
      decide(tensor);
      // What replaces a tensor is all of it: a cause that was restored, a matrix with the adapter in it.
      if (m_adapter && !m_plan.tensors[tensor].replacement) addAdapter(tensor);
    }
    noteUnused();
    return std::move(m_plan);
  }

 private:
  /// llama.cpp counts as blocks only those of the text model; other stacks come first.
  std::pair<std::int64_t, std::string_view> keyOf(std::size_t tensor) const {
    const TensorChoice& place = m_plan.tensors[tensor].place;
    const bool isBlock = place.layer && (m_format != io::FileFormat::Gguf || place.stack == "blk");
    return {isBlock ? static_cast<std::int64_t>(*place.layer) : -1, m_tensors[tensor].name};
  }

  /// By its name; of an expert's matrix also its part of what replaces all of them, whose number is a '*' in the name.
  quant::QuantizedTensorPtr replacementOf(const std::string& name, const TensorChoice& place) {
    if (m_recipe.replacements.empty()) return nullptr;
    if (const auto found = m_recipe.replacements.find(name); found != m_recipe.replacements.end()) {
      m_usedReplacements.insert(name);
      return found->second;
    }
    const auto stack = place.expert ? stackOfExperts(name) : std::nullopt;
    const auto found = stack ? m_recipe.replacements.find(*stack) : m_recipe.replacements.end();
    if (found == m_recipe.replacements.end() || found->second->shape.rank() != 3 ||
        *place.expert >= found->second->shape[0])
      return nullptr;
    m_usedReplacements.insert(found->first);
    return matrixOf(found->second, *place.expert, name);
  }

  void decide(std::size_t index) {
    const io::TensorInfo& tensor = m_tensors[index];
    TensorDecision& decision = m_plan.tensors[index];
    decision.replacement = replacementOf(tensor.name, decision.place);
    if (decision.replacement) {
      decision.rule = "replaced";
      return;
    }
    decideScheme(index);
    if (m_recipe.int8Inputs) addInt8Inputs(tensor, decision);
    if (!decision.scheme) return;
    std::string without;
    decision.scheme = withImportance(m_recipe, *decision.scheme, tensor.name, &without);
    if (!without.empty()) decision.fallback += (decision.fallback.empty() ? "" : "; ") + without;
  }

  /// Where no rule decided, and what the tensor becomes or stays can be multiplied with bytes.
  void addInt8Inputs(const io::TensorInfo& tensor, TensorDecision& decision) const {
    if (decision.place.fate == Fate::Keep || decision.other) return;
    const bool isRuled =
        std::ranges::any_of(m_recipe.rules, [&](const RecipeRule& rule) { return rule.pattern.matches(tensor.name); });
    if (isRuled) return;
    std::optional<quant::Scheme> scheme = decision.scheme;
    if (!scheme) {
      const auto stored = quant::elementType(tensor);
      const auto format = stored ? quant::formatOf(*stored) : std::nullopt;
      if (!format) return;
      scheme = quant::Scheme::defaults(*format);
    }
    scheme->activations.name = quant::ActivationName::Int8Dynamic;
    if (!scheme->problem().empty()) return;
    decision.rule += decision.scheme ? ", times 8-bit inputs" : "as it is stored, times 8-bit inputs";
    decision.scheme = std::move(scheme);
    decision.kept.clear();
  }

  /// Puts the adapter's factors beside what was decided, where it has some.
  void addAdapter(std::size_t index) {
    const io::TensorInfo& tensor = m_tensors[index];
    TensorDecision& decision = m_plan.tensors[index];
    std::string why;
    const auto found = m_adapter->of(tensor, why);
    if (found == nullptr) return;
    auto matrix = std::make_shared<AdaptedMatrix>(*found->adapted);
    matrix->beside = std::make_shared<const TensorDecision>(decision);
    auto added = std::make_shared<OtherTensor>(*found);
    added->bytes = bytesOf(decision, tensor) + matrix->factorBytes();
    added->adapted = std::move(matrix);
    decision.scheme.reset();
    decision.other = std::move(added);
    decision.rule = fmt::format("{} is added", m_recipe.adapter->title());
    decision.kept.clear();
  }

  static std::uint64_t bytesOf(const TensorDecision& decision, const io::TensorInfo& tensor) {
    if (decision.scheme) return quant::storedSize(*decision.scheme, tensor.shape).bytes();
    return decision.other ? decision.other->bytes : tensor.bytes;
  }

  void decideScheme(std::size_t index) {
    const io::TensorInfo& tensor = m_tensors[index];
    TensorDecision& decision = m_plan.tensors[index];
    const std::string untouched = whyUntouched(tensor, decision.place, m_format);
    if (untouched.empty() && decideByRule(tensor, decision)) return;
    if (const auto* const scheme = std::get_if<quant::Scheme>(&m_recipe.base)) {
      decideByScheme(*scheme, tensor, decision);
    } else if (const auto* const type = std::get_if<FileType>(&m_recipe.base)) {
      decision.kept = untouched;
      if (untouched.empty()) decideByMixture(*type, index);
    } else if (m_others && !tensor.pieceOf.empty()) {
      decision.kept = decision.place.reason;  // it goes with its weight
    } else if (m_others) {
      decideByOther(tensor, decision);
    } else {
      decision.kept = "no rule is for it";
    }
  }

  void decideByOther(const io::TensorInfo& tensor, TensorDecision& decision) const {
    const auto other = m_others->of(tensor, decision.kept);
    if (other == nullptr) return;
    auto sized = std::make_shared<OtherTensor>(*other);
    if (!sized->adapted) sized->bytes = m_otherBytes[other->index];
    const std::string& title = m_recipe.otherModel()->title();
    decision.rule = sized->adapted ? fmt::format("{} is added", title) : fmt::format("as {} has it", title);
    decision.other = std::move(sized);
  }

  /// Whether one of the recipe's own rules decided.
  bool decideByRule(const io::TensorInfo& tensor, TensorDecision& decision) {
    for (std::size_t i = 0; i < m_recipe.rules.size(); ++i) {
      const RecipeRule& rule = m_recipe.rules[i];
      if (!rule.pattern.matches(tensor.name)) continue;
      m_usedRules[i] = true;
      decision.rule = describe(rule);
      if (rule.scheme)
        store(*rule.scheme, tensor, decision);
      else
        decision.kept = decision.rule;
      return true;
    }
    return false;
  }

  static void decideByScheme(const quant::Scheme& scheme, const io::TensorInfo& tensor, TensorDecision& decision) {
    decision.kept = decision.place.reason;
    if (decision.place.fate == Fate::Keep) return;
    decision.kept = scheme.problem();
    if (decision.kept.empty()) decision.kept = quant::shapeProblem(scheme.format, tensor.shape);
    if (!decision.kept.empty()) return;
    decision.scheme = scheme;
    decision.rule = "every matrix that multiplies activations";
  }

  void decideByMixture(FileType type, std::size_t index) {
    const io::TensorInfo& tensor = m_tensors[index];
    TensorDecision& decision = m_plan.tensors[index];
    const std::size_t rank = tensor.shape.rank();
    const MixtureTensor seen{m_groups[index], positionOf(index), tensor.shape.rowValues(),
                             rank > 2 && tensor.shape[rank - 3] > 1};
    MixtureChoice choice = chooseByMixture(type, seen, m_model);
    decision.rule = std::move(choice.rule);
    store(quant::Scheme::defaults(*quant::formatOf(choice.type)), tensor, decision);
  }

  MixturePosition positionOf(std::size_t index) {
    const TensorGroup group = m_groups[index];
    if (isValue(group)) {
      const std::uint32_t ordinal = m_seen[static_cast<std::size_t>(TensorGroup::Value)]++;
      return {ordinal, ordinal, m_values};
    }
    const std::uint32_t ordinal = m_seen[static_cast<std::size_t>(group)]++;
    // With several experts a block may hold many tensors of a kind.
    const std::uint32_t block = m_model.experts > 1 ? m_plan.tensors[index].place.layer.value_or(ordinal) : ordinal;
    return {block, ordinal, m_model.blocks};
  }

  static void store(const quant::Scheme& scheme, const io::TensorInfo& tensor, TensorDecision& decision) {
    decision.scheme = scheme;
    if (quant::family(scheme.format.name) != quant::Family::GgufBlock) return;
    const tensor::DType wanted = *quant::info(scheme.format.name).dtype;
    const ShapeFallback fallback = fallbackFor(wanted, tensor.shape.rowValues());
    if (fallback.why.empty()) return;
    decision.scheme = quant::Scheme::defaults(*quant::formatOf(fallback.type));
    decision.fallback = fmt::format("{}: {} instead", fallback.why, tensor::name(fallback.type));
  }

  static std::string describe(const RecipeRule& rule) {
    return rule.origin.empty() ? rule.toString() : fmt::format("{} ({})", rule.toString(), rule.origin);
  }

  void noteUnused() {
    for (std::size_t i = 0; i < m_usedRules.size(); ++i)
      if (!m_usedRules[i]) m_plan.unused.push_back(describe(m_recipe.rules[i]));
    for (const auto& [tensor, with] : m_recipe.replacements)
      if (!m_usedReplacements.contains(tensor)) m_plan.unused.push_back(tensor);
  }

  const Recipe& m_recipe;
  const MixtureModel& m_model;
  std::span<const io::TensorInfo> m_tensors;
  io::FileFormat m_format;
  RecipePlan m_plan;
  std::vector<TensorGroup> m_groups;
  std::uint32_t m_values = 0;  ///< tensors that are values
  std::array<std::uint32_t, static_cast<std::size_t>(TensorGroup::Other) + 1> m_seen{};
  std::vector<bool> m_usedRules;
  std::set<std::string> m_usedReplacements;
  std::optional<OtherTensors> m_others, m_adapter;
  std::vector<std::uint64_t> m_otherBytes;  ///< of its tensors
};

}  // namespace

const TensorDecision& TensorDecision::running() const {
  return other && other->adapted && other->adapted->beside ? *other->adapted->beside : *this;
}

RecipePlan planRecipe(const Recipe& recipe, const MixtureModel& model, std::span<const io::TensorInfo> tensors,
                      io::FileFormat format) {
  return Planner(recipe, model, tensors, chooseTensors(tensors), format).plan();
}

RecipePlan planRecipe(const Recipe& recipe, const io::Checkpoint& checkpoint) {
  MixtureModel model =
      mixtureModelOf(checkpoint.metadata(), checkpoint.architecture(), checkpoint.format(), checkpoint.tensors());
  if (recipe.importance) model.importance = ImportanceData::Given;
  return Planner(recipe, model, checkpoint.tensors(), chooseTensors(checkpoint), checkpoint.format(), &checkpoint)
      .plan();
}

quant::Scheme withImportance(const Recipe& recipe, const quant::Scheme& scheme, const std::string& tensor,
                             std::string* fallback) {
  if (!recipe.importance) return scheme;
  const bool isAsked = scheme.method.name == quant::MethodName::ImportanceMatrix;
  const auto weighted = isAsked ? scheme : quant::byImportance(scheme);
  if (!weighted) return scheme;
  const auto& known = recipe.importance->weights;
  const auto other = otherName(tensor);
  if (known.contains(tensor) || (other && known.contains(*other))) return *weighted;
  if (fallback != nullptr)
    *fallback = fmt::format("{} has nothing on it: without importance", recipe.importance->title);
  quant::Scheme plain = scheme;
  plain.method.name = quant::MethodName::RoundToNearest;
  return plain;
}

quant::CalibrationNeed calibrationNeed(const RecipePlan& plan) {
  auto most = quant::CalibrationNeed::None;
  for (const TensorDecision& decision : plan.tensors)
    if (const auto& scheme = decision.running().scheme) most = std::max(most, quant::calibrationNeed(*scheme));
  return most;
}

bool isStoredAs(const quant::Scheme& scheme, std::optional<tensor::DType> stored) {
  return stored && quant::storedDType(scheme.format) == stored;
}

bool leavesAsStored(const quant::Scheme& scheme, std::optional<tensor::DType> stored) {
  return isStoredAs(scheme, stored) && scheme.compute == quant::ComputeType::Fp32 &&
         scheme.activations.name == quant::ActivationName::None;
}

quant::QuantizedTensorPtr makeTensor(const TensorDecision& decision, const quant::QuantizedTensorPtr& stored,
                                     const JobContext& job, quant::Calibration* calibration) {
  const quant::QuantizedTensor& tensor = *stored;
  if (&decision.running() != &decision)
    return mergeAdapter(*decision.other->adapted, *makeTensor(decision.running(), stored, job, calibration));
  if (decision.other) return loadOther(*decision.other);
  if (decision.replacement) {
    if (decision.replacement->shape == tensor.shape) return decision.replacement;
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("What takes the place of {} must have its shape {}, but has {}.", io::inQuotes(tensor.name),
                            tensor.shape.toString(), decision.replacement->shape.toString()),
                tensor.name);
  }
  if (!decision.scheme || leavesAsStored(*decision.scheme, tensor.dtype())) return stored;
  return quant::quantizeCalibrated(*decision.scheme, tensor, calibration, job);
}

}  // namespace core::model
