#include "app/session/writing_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "app/session/shared_factors.h"
#include "app/session/writing_refusals.h"
#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/io/towers.h"
#include "core/model/architectures/tensor_names.h"
#include "core/model/decoder_tensors.h"
#include "core/model/recipe/row_order.h"
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
    m_plan.settings.dtype = kind.isFolder() ? torchName(m_elements) : "float32";
    const bool fromGguf = source.format() == FileFormat::Gguf, toGguf = kind.format == FileFormat::Gguf;
    if (fromGguf != toGguf && (toGguf || kind.isFolder()))
      m_plan.config = core::model::ModelConfig::fromCheckpoint(source);
    m_plan.foldsColumns = kind.isFolder() && std::ranges::any_of(rows, [](const QuantizedFileRow& row) {
                            return row.decision.scheme && core::quant::multipliesColumns(*row.decision.scheme);
                          });
    if (m_plan.foldsColumns) m_factors.emplace(source, rows, nullptr);
  }

  WritingPlan plan() {
    for (std::size_t i = 0; i < m_rows.size(); ++i) {
      if (isDropped(i))
        m_rows[i].isLeftOut = true, m_rows[i].bytes = 0, m_rows[i].to = "left out";
      else
        add(i);
    }
    addFrequencies();
    noteTowers();
    if (needsHessians()) sortByLayers();
    if (m_factors) m_plan.notes.push_back(m_factors->describe());
    return std::move(m_plan);
  }

 private:
  bool copiesPieces() const { return m_plan.kind.format == FileFormat::Safetensors && !m_plan.kind.isFolder(); }

  /// A piece of a weight that is stored in another way now, and what only a file of the other kind has.
  bool isDropped(std::size_t index) const {
    const TensorInfo& tensor = m_source.tensors()[index];
    if (!tensor.pieceOf.empty()) {
      const auto whole = m_source.find(tensor.pieceOf);
      return !copiesPieces() || (whole && !m_rows[*whole].isCopied);
    }
    if (!m_plan.changesNames()) return false;
    if (m_plan.kind.isFolder()) return tensor.name == "rope_freqs.weight";
    if (m_hasTowers && core::io::isOfTower(tensor.name)) return true;
    return tensor.name.ends_with(".rotary_emb.inv_freq") || core::model::isTiedOutput(m_source, tensor.name);
  }

  std::string newName(const TensorInfo& tensor) const {
    if (!m_plan.changesNames()) return tensor.storedName.value_or(tensor.name);
    const core::model::TensorNames names(m_source);
    const auto name = m_plan.kind.isFolder() ? names.huggingFace(tensor.name) : names.gguf(tensor.name);
    return *name;  // others were refused
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

  void addOrder(const TensorInfo& tensor, NewWeight& weight) const {
    if (!m_plan.changesNames()) return;
    weight.order = core::model::TensorNames(m_source).rowOrder(tensor.name);
    if (weight.order == core::model::RowOrder::Same) return;
    const std::uint64_t rows = tensor.shape.rank() == 1 ? tensor.shape[0] : tensor.shape.rows();
    weight.headRows = core::model::headRows(weight.order, *m_plan.config, rows);
    if (weight.headRows == 0) weight.order = core::model::RowOrder::Same;
  }

  /// What is packed already has its rows moved as they are.
  static core::quant::Scheme schemeThere(const QuantizedFileRow& row, const NewWeight& weight) {
    const core::quant::Scheme& scheme = *row.decision.scheme;
    const auto& packed = row.decision.replacement;
    if (!packed || weight.order == core::model::RowOrder::Same) return scheme;
    if (!core::model::hasWholeRows(*packed))
      throw core::Error(core::ErrorCode::Unsupported,
                        fmt::format("The rows of {} have another order there, and groups of {} span them.",
                                    core::io::inQuotes(row.tensor), scheme.displayName()),
                        row.tensor);
    return core::model::reorderedScheme(scheme);
  }

  void addPacked(const core::quant::Scheme& scheme, const TensorInfo& tensor, NewWeight& weight) {
    std::string module = newName(tensor);
    module.resize(module.size() - kWeight.size());
    const auto specs = pieceSpecs(*m_plan.kind.layout, scheme, tensor.shape, m_plan.settings);
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
    NewWeight weight;
    weight.row = index;
    addOrder(tensor, weight);
    weight.folderOffset = core::model::TensorNames(m_source).folderOffset(tensor.name);
    // Programs that read the new folder expect its plain matrices as the old one has them.
    weight.isTurned = tensor.assembly == core::io::Assembly::Turned && m_plan.kind.format == FileFormat::Safetensors;
    const core::tensor::Shape& plainShape = weight.isTurned ? tensor.storedShape : tensor.shape;
    const bool isPackedNow = row.decision.scheme && !core::quant::storedDType(row.decision.scheme->format);
    if (row.isKept() || row.isCopied) {
      weight.cast = keptType(tensor);
      // What is divided was as exact as the factor is.
      if (m_factors && m_factors->dividesRows(index)) weight.cast = DType::F32;
      if (weight.folderOffset != 0.0F && m_plan.changesNames()) weight.cast = DType::F32;
      if (weight.cast) row.isCopied = false;
      const bool isDecoded = weight.cast.has_value();
      weight.tensors.push_back({tensor.codesName.empty() || isDecoded ? newName(tensor) : tensor.codesName,
                                weight.cast.value_or(tensor.dtype), isDecoded ? plainShape : tensor.storedShape});
      if (isDecoded) row.to = core::tensor::name(*weight.cast), row.type = *weight.cast;
    } else if (isPackedNow && m_plan.kind.isFolder()) {
      addPacked(schemeThere(row, weight), tensor, weight);
    } else if (isPackedNow) {
      addLinear4bit(*row.decision.scheme, tensor, weight);
    } else {
      weight.tensors.push_back({newName(tensor), row.type, plainShape});
    }
    row.target = weight.tensors.front().name;
    row.bytes = 0;
    for (const NewTensor& made : weight.tensors) row.bytes += made.bytes();
    m_plan.weights.push_back(std::move(weight));
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

  /// llama.cpp takes Llama 3's scaling from a tensor of factors that frequencies are divided by
  /// (convert_hf_to_gguf.py).
  void addFrequencies() {
    if (!m_plan.changesNames() || m_plan.kind.isFolder() ||
        m_plan.config->ropeScaling != core::model::RopeScaling::Llama3)
      return;
    core::model::ModelConfig plain = *m_plan.config;
    plain.ropeScaling = core::model::RopeScaling::None;
    const auto scaled = m_plan.config->ropeFrequencies(), unscaled = plain.ropeFrequencies();
    std::vector<float> factors(scaled.size());
    for (std::size_t i = 0; i < factors.size(); ++i) factors[i] = unscaled[i] / scaled[i];
    auto bytes = std::make_shared<std::vector<std::byte>>(factors.size() * sizeof(float));
    std::memcpy(bytes->data(), factors.data(), bytes->size());
    NewWeight weight;
    weight.tensors.push_back({"rope_freqs.weight", DType::F32, {factors.size()}});
    weight.added = std::move(bytes);
    m_plan.weights.push_back(std::move(weight));
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
