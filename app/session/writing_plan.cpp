#include "app/session/writing_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>

#include "app/session/shared_factors.h"
#include "app/session/writing_refusals.h"
#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/io/towers.h"
#include "core/model/factor_tensors.h"
#include "core/model/recipe/row_order.h"
#include "core/model/recipe/shape_fallback.h"
#include "core/quant/format.h"
#include "core/quant/load_tensor.h"
#include "core/quant/methods/folded_columns.h"

namespace app {

using core::io::FileFormat;
using core::io::TensorInfo;
using core::tensor::DType;

namespace {

constexpr std::string_view kWeight = ".weight";

bool isPlainFloat(DType dtype) { return dtype == DType::F32 || dtype == DType::F16 || dtype == DType::BF16; }
bool isPacked(const TensorInfo& tensor) { return !core::quant::elementType(tensor); }

/// What decoded weights are stored as in a new model: the type that config.json names, or that most weights have.
DType elementTypeOf(const core::io::Checkpoint& source) {
  for (const char* key : {"config.dtype", "config.torch_dtype"}) {
    const auto* const text = std::get_if<std::string>(source.metadata().find(key));
    if (text == nullptr) continue;
    if (*text == "bfloat16") return DType::BF16;
    if (*text == "float16") return DType::F16;
    if (*text == "float32") return DType::F32;
  }
  std::map<DType, std::uint64_t> values;
  for (const TensorInfo& tensor : source.tensors())
    if (tensor.shape.rank() == 2 && !isPacked(tensor) && isPlainFloat(tensor.dtype))
      values[tensor.dtype] += tensor.shape.count();
  const auto most =
      std::max_element(values.begin(), values.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == values.end() ? DType::F16 : most->first;
}

std::string torchName(DType dtype) {
  return dtype == DType::BF16 ? "bfloat16" : dtype == DType::F16 ? "float16" : "float32";
}

class Planner {
 public:
  Planner(const core::io::Checkpoint& source, std::vector<QuantizedFileRow>& rows, const TargetKind& kind)
      : m_source(source), m_rows(rows), m_elements(elementTypeOf(source)) {
    m_plan.kind = kind;
    for (const QuantizedFileRow& row : rows) m_to.push_back(row.to);
    m_plan.settings.dtype = kind.isFolder() ? torchName(m_elements) : "float32";
    const bool fromGguf = source.format() == FileFormat::Gguf, toGguf = kind.format == FileFormat::Gguf;
    if (fromGguf != toGguf && (toGguf || kind.isFolder()))
      m_plan.config = core::model::withFactorTensors(source, core::model::ModelConfig::fromCheckpoint(source));
    m_plan.foldsColumns = kind.isFolder() && std::ranges::any_of(rows, [](const QuantizedFileRow& row) {
                            return row.decision.scheme && core::quant::multipliesColumns(*row.decision.scheme);
                          });
    if (m_plan.foldsColumns) m_factors.emplace(source, rows, nullptr);
  }

  WritingPlan plan() {
    m_plan.config ? addConverted() : addAsTheyAre();
    noteTowers();
    if (needsHessians()) sortByLayers();
    if (m_factors) m_plan.notes.push_back(m_factors->describe());
    return std::move(m_plan);
  }

 private:
  bool copiesPieces() const { return m_plan.kind.format == FileFormat::Safetensors && !m_plan.kind.isFolder(); }

  void leaveOut(std::size_t index) {
    m_rows[index].isLeftOut = true;
    m_rows[index].bytes = 0;
    m_rows[index].to = "left out";
  }

  void addAsTheyAre() {
    for (std::size_t i = 0; i < m_rows.size(); ++i) isDropped(i) ? leaveOut(i) : add(i);
  }

  /// A piece of a weight that is stored in another way now.
  bool isDropped(std::size_t index) const {
    const TensorInfo& tensor = m_source.tensors()[index];
    if (tensor.pieceOf.empty()) return false;
    const auto whole = m_source.find(tensor.pieceOf);
    return !copiesPieces() || (whole && !m_rows[*whole].isCopied);
  }

  /// The type of what the recipe keeps; nothing: as it is stored.
  std::optional<DType> keptType(const TensorInfo& tensor) const {
    if (copiesPieces()) return std::nullopt;
    if (isPacked(tensor)) return m_elements;
    if (m_plan.kind.isFolder())
      return core::tensor::info(tensor.dtype).safetensors.empty() ? std::optional(m_elements) : std::nullopt;
    if (m_source.format() == FileFormat::Gguf) return std::nullopt;
    if (tensor.shape.rank() <= 1) return tensor.dtype == DType::F32 ? std::nullopt : std::optional(DType::F32);
    return isPlainFloat(tensor.dtype) ? std::nullopt : std::optional(m_elements);
  }

  void addPacked(const core::quant::Scheme& scheme, std::string module, const core::tensor::Shape& shape,
                 NewWeight& weight) {
    module.resize(module.size() - kWeight.size());
    const auto specs = pieceSpecs(*m_plan.kind.layout, scheme, shape, m_plan.settings);
    for (const auto& piece : specs) weight.tensors.push_back({module + piece.ending, piece.dtype, piece.shape});
    weight.isPacked = true;
  }

  /// The pieces of one file in the way of bitsandbytes; a tensor's name need not end in ".weight" there.
  void addLinear4bit(const core::quant::Scheme& scheme, const TensorInfo& tensor, NewWeight& weight) const {
    const auto specs = pieceSpecs(core::quant::FolderLayout::Bitsandbytes, scheme, tensor.shape, m_plan.settings);
    for (const auto& piece : specs)
      weight.tensors.push_back({tensor.name + piece.ending.substr(kWeight.size()), piece.dtype, piece.shape});
    weight.isPacked = true;
  }

  void add(std::size_t index) {
    const TensorInfo& tensor = m_source.tensors()[index];
    QuantizedFileRow& row = m_rows[index];
    const std::string name = tensor.storedName.value_or(tensor.name);
    NewWeight weight;
    weight.row = index;
    // Programs that read the new folder expect its plain matrices as the old one has them.
    weight.isTurned = tensor.assembly == core::io::Assembly::Turned && m_plan.kind.format == FileFormat::Safetensors;
    const core::tensor::Shape& plainShape = weight.isTurned ? tensor.storedShape : tensor.shape;
    const bool isPackedNow = row.decision.scheme && !core::quant::storedDType(row.decision.scheme->format);
    if (row.isKept() || row.isCopied) {
      weight.cast = keptType(tensor);
      // What is divided was as exact as the factor is.
      if (m_factors && m_factors->dividesRows(index)) weight.cast = DType::F32;
      if (weight.cast) row.isCopied = false;
      const bool isDecoded = weight.cast.has_value();
      weight.tensors.push_back({tensor.codesName.empty() || isDecoded ? name : tensor.codesName,
                                weight.cast.value_or(tensor.dtype), isDecoded ? plainShape : tensor.storedShape});
      if (isDecoded) row.to = core::tensor::name(*weight.cast), row.type = *weight.cast;
    } else if (isPackedNow && m_plan.kind.isFolder()) {
      addPacked(*row.decision.scheme, name, tensor.shape, weight);
    } else if (isPackedNow) {
      addLinear4bit(*row.decision.scheme, tensor, weight);
    } else {
      weight.tensors.push_back({name, row.type, plainShape});
    }
    row.target = weight.tensors.front().name;
    row.bytes = 0;
    for (const NewTensor& made : weight.tensors) row.bytes += made.bytes();
    m_plan.weights.push_back(std::move(weight));
  }

  void addConverted() {
    using core::model::FolderExperts;
    const bool packs = m_plan.kind.isFolder() && m_plan.kind.layout != core::quant::FolderLayout::Plain;
    const core::model::FormatConversion conversion(m_source, *m_plan.config,
                                                   packs ? FolderExperts::Each : FolderExperts::AsUsual);
    for (std::size_t i = 0; i < m_rows.size(); ++i) leaveOut(i);
    for (const core::model::ConvertedTensor& tensor : conversion.tensors()) addConverted(tensor);
    if (const std::size_t count = conversion.ignoredTensors(); count != 0)
      m_plan.notes.push_back(fmt::format("What has no part in {} is left out ({}).",
                                         m_plan.config->architecture->isEncoder ? "an embedding" : "the next token",
                                         count == 1 ? "a tensor" : fmt::format("{} tensors", count)));
    if (!m_plan.kind.isFolder() && m_plan.config->ropeScaling == core::model::RopeScaling::Yarn &&
        !m_plan.config->hasWholeRopeBounds)
      m_plan.notes.emplace_back(
          "Programs that read GGUF files take whole numbers for the bounds of Yarn, which config.json asks not to be "
          "rounded (truncate is false): answers differ a little.");
  }

  void addConverted(const core::model::ConvertedTensor& tensor) {
    NewWeight weight;
    weight.converted = tensor;
    if (tensor.sources.empty()) {
      auto bytes = std::make_shared<std::vector<std::byte>>(tensor.values.size() * sizeof(float));
      std::memcpy(bytes->data(), tensor.values.data(), bytes->size());
      weight.added = std::move(bytes);
      weight.tensors.push_back({tensor.name, DType::F32, tensor.shape});
      m_plan.weights.push_back(std::move(weight));
      return;
    }
    weight.row = tensor.sources.front();
    weight.isTurned = tensor.isTurned;
    const QuantizedFileRow& first = m_rows[*weight.row];
    const bool isQuantized = first.decision.scheme && !isTakenAsItIs(tensor);
    const bool isPackedNow = isQuantized && !core::quant::storedDType(first.decision.scheme->format);
    if (isPackedNow) {
      refuseUnpackable(tensor, *first.decision.scheme, first);
      addPacked(schemeThere(first, tensor), tensor.name, tensor.shape, weight);
    } else {
      const DType type = typeOf(tensor, isQuantized);
      if (!isQuantized || type != first.type) weight.cast = type;
      weight.tensors.push_back({tensor.name, type, weight.isTurned ? turnedShape(tensor.shape) : tensor.shape});
    }
    describeRows(tensor, weight);
    m_plan.weights.push_back(std::move(weight));
  }

  static core::tensor::Shape turnedShape(const core::tensor::Shape& shape) {
    if (shape.rank() == 3) return {shape[0], shape[2], shape[1]};
    return {shape[1], shape[0]};
  }

  static bool isKeptOrCopied(const QuantizedFileRow& row) { return row.isKept() || row.isCopied; }
  static bool isReplaced(const QuantizedFileRow& row) { return row.decision.other || row.decision.replacement; }

  /// Whether a weight takes what its sources are or are replaced by, and nothing is quantized.
  /// @throws core::Error (Unsupported) where several sources make one weight and the recipe has another scheme for one
  bool isTakenAsItIs(const core::model::ConvertedTensor& tensor) const {
    const QuantizedFileRow& first = m_rows[tensor.sources.front()];
    const bool isOne = std::ranges::all_of(tensor.sources, [&](std::size_t source) {
      const QuantizedFileRow& row = m_rows[source];
      return isKeptOrCopied(row) == isKeptOrCopied(first) && isReplaced(row) == isReplaced(first) &&
             (isKeptOrCopied(row) || row.decision.scheme == first.decision.scheme);
    });
    const bool isAllPlain = std::ranges::all_of(tensor.sources, [&](std::size_t source) {
      return isKeptOrCopied(m_rows[source]) || isReplaced(m_rows[source]);
    });
    if (!isOne && (!isAllPlain || tensor.isStack)) {
      const auto other = std::ranges::find_if(tensor.sources, [&](std::size_t source) {
        return m_rows[source].decision.scheme != first.decision.scheme ||
               isReplaced(m_rows[source]) != isReplaced(first);
      });
      throw core::Error(
          core::ErrorCode::Unsupported,
          fmt::format("{} and {} are one tensor there, {}, and are to be stored in different ways.",
                      core::io::inQuotes(first.tensor),
                      core::io::inQuotes(m_rows[other == tensor.sources.end() ? tensor.sources.back() : *other].tensor),
                      core::io::inQuotes(tensor.name)),
          first.tensor);
    }
    return isAllPlain && !(isReplaced(first) && first.decision.scheme && tensor.sources.size() == 1);
  }

  /// What the plain elements of a weight are stored as.
  DType typeOf(const core::model::ConvertedTensor& tensor, bool isQuantized) {
    const QuantizedFileRow& first = m_rows[tensor.sources.front()];
    if (isQuantized) return fittingType(tensor, first);
    std::optional<DType> type;
    for (const std::size_t source : tensor.sources) {
      const QuantizedFileRow& row = m_rows[source];
      const DType own = isReplaced(row) ? row.type : keptTypeThere(tensor, source);
      if (type && *type != own) return m_elements;
      type = own;
    }
    const bool isFloat = isPlainFloat(*type) || !isReplaced(first) || tensor.sources.size() == 1;
    return isFloat ? *type : m_elements;
  }

  DType keptTypeThere(const core::model::ConvertedTensor& tensor, std::size_t source) const {
    const TensorInfo& info = m_source.tensors()[source];
    const bool isDivided = m_factors && m_factors->dividesRows(source);
    if (isDivided || core::model::changesValues(*tensor.folderRow)) return DType::F32;
    if (!m_plan.kind.isFolder() && isSmall(*tensor.row)) return DType::F32;
    return keptType(info).value_or(info.dtype);
  }

  /// What llama.cpp's converter has in float32, whatever the folder has it in.
  static bool isSmall(const core::model::WeightRow& row) {
    using core::model::WeightKind;
    constexpr std::array kSmall{WeightKind::Convolution,   WeightKind::DecayFactor, WeightKind::Skip,
                                WeightKind::RecurrentNorm, WeightKind::Router,      WeightKind::Positions,
                                WeightKind::TokenTypes};
    return row.columns == core::model::Side::None || std::ranges::find(kSmall, row.kind) != kSmall.end();
  }

  /// The type of a scheme, or another where its blocks do not fit the rows that the weight has there.
  DType fittingType(const core::model::ConvertedTensor& tensor, const QuantizedFileRow& row) {
    const auto fallback = core::model::fallbackFor(row.type, tensor.shape.rowValues());
    if (!fallback.why.empty())
      m_plan.notes.push_back(fmt::format("{} is stored as {}: {}.", core::io::inQuotes(tensor.name),
                                         core::tensor::name(fallback.type), fallback.why));
    return fallback.type;
  }

  void describeRows(const core::model::ConvertedTensor& tensor, const NewWeight& weight) {
    std::uint64_t bytes = 0;
    for (const NewTensor& made : weight.tensors) bytes += made.bytes();
    const std::uint64_t share = bytes / tensor.sources.size();
    for (const std::size_t source : tensor.sources) {
      QuantizedFileRow& row = m_rows[source];
      const TensorInfo& info = m_source.tensors()[source];
      const bool isFirst = source == tensor.sources.front();
      if (row.isLeftOut) row.bytes = 0, row.target = weight.tensors.front().name, row.to = m_to[source];
      row.isLeftOut = false;
      row.bytes += share + (isFirst ? bytes - share * tensor.sources.size() : 0);
      if (!weight.cast) continue;
      row.isCopied = row.isCopied && *weight.cast == info.dtype && !core::model::changesValues(*tensor.folderRow);
      row.to = core::tensor::name(*weight.cast);
      row.type = *weight.cast;
    }
  }

  /// What is packed already has its rows moved as they are.
  static core::quant::Scheme schemeThere(const QuantizedFileRow& row, const core::model::ConvertedTensor& tensor) {
    const core::quant::Scheme& scheme = *row.decision.scheme;
    const auto& packed = row.decision.replacement;
    if (!packed || !tensor.rowThere) return scheme;
    if (!core::model::hasWholeRows(*packed))
      throw core::Error(core::ErrorCode::Unsupported,
                        fmt::format("The rows of {} have another order there, and groups of {} span them.",
                                    core::io::inQuotes(row.tensor), scheme.displayName()),
                        row.tensor);
    return core::model::reorderedScheme(scheme);
  }

  /// What the folder's layout cannot pack of what the weight is there.
  void refuseUnpackable(const core::model::ConvertedTensor& tensor, const core::quant::Scheme& scheme,
                        const QuantizedFileRow& row) const {
    std::string why = whyNotPacked(*m_plan.kind.layout, tensor.name, tensor.isTurned, row.decision.place.role);
    if (why.empty()) why = whyNotLayout(*m_plan.kind.layout, scheme, tensor.shape);
    if (!why.empty()) throw core::Error(core::ErrorCode::Unsupported, why, row.tensor);
  }

  bool needsHessians() const {
    return std::ranges::any_of(m_rows, [](const QuantizedFileRow& row) {
      return row.decision.scheme &&
             core::quant::calibrationNeed(*row.decision.scheme) == core::quant::CalibrationNeed::Hessian;
    });
  }

  /// A text is read through a model from its first layer to its last, attention before feed-forward, while folders have
  /// their tensors in the order of their names.
  void sortByLayers() {
    const auto place = [this](const NewWeight& weight) {
      if (!weight.row) return std::pair(std::uint32_t{0}, 0);
      const auto& choice = m_rows[*weight.row].decision.place;
      using core::model::TensorRole;
      const bool isFeedForward =
          choice.role == TensorRole::Gate || choice.role == TensorRole::Up || choice.role == TensorRole::Down;
      return std::pair(choice.layer ? *choice.layer + 1 : 0, isFeedForward ? 1 : 0);
    };
    std::ranges::stable_sort(m_plan.weights, {}, place);
  }

  void noteTowers() {
    if (!m_plan.changesNames() || m_plan.kind.isFolder() || !m_hasTowers) return;
    const auto count = std::ranges::count_if(m_source.tensors(),
                                             [](const TensorInfo& tensor) { return core::io::isOfTower(tensor.name); });
    m_plan.notes.push_back(
        fmt::format("The file has the language model alone: what reads pictures or sound is left out ({}).",
                    count == 1 ? "a tensor" : fmt::format("{} tensors", count)));
  }

  const core::io::Checkpoint& m_source;
  std::vector<QuantizedFileRow>& m_rows;
  bool m_hasTowers = core::io::hasTowers(m_source.metadata());
  DType m_elements;
  std::optional<SharedFactors> m_factors;  ///< asked for names alone
  std::vector<std::string> m_to;           ///< of the rows, before any was left out
  WritingPlan m_plan;
};

}  // namespace

WritingPlan planWriting(const core::io::Checkpoint& source, const core::model::Recipe& recipe,
                        std::vector<QuantizedFileRow>& rows, const TargetKind& kind) {
  refuseWhatCannotBeWritten(source, recipe, rows, kind);
  return Planner(source, rows, kind).plan();
}

const core::quant::Scheme* packedScheme(const WritingPlan& plan, const std::vector<QuantizedFileRow>& rows) {
  const auto packed = std::ranges::find_if(plan.weights, [](const NewWeight& weight) { return weight.isPacked; });
  return packed == plan.weights.end() ? nullptr : &*rows[*packed->row].decision.scheme;
}

std::vector<core::io::SplitPart> planWeightParts(const WritingPlan& plan, const core::io::SplitLimits& limits) {
  std::vector<core::io::SizedTensor> weights;
  for (const NewWeight& weight : plan.weights) {
    std::uint64_t bytes = 0;
    for (const NewTensor& tensor : weight.tensors) bytes += tensor.bytes();
    weights.push_back({weight.tensors.front().name, bytes});
  }
  return core::io::planSplit(weights, limits);
}

std::vector<core::io::SplitPart> inTensors(const WritingPlan& plan, std::vector<core::io::SplitPart> parts) {
  std::size_t tensor = 0;
  for (core::io::SplitPart& part : parts) {
    const std::size_t first = part.first, last = part.first + part.count;
    part.first = tensor;
    for (std::size_t i = first; i < last; ++i) tensor += plan.weights[i].tensors.size();
    part.count = tensor - part.first;
  }
  return parts;
}

}  // namespace app
