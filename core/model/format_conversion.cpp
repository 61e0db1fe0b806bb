#include "core/model/format_conversion.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_set>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/io/towers.h"
#include "core/model/architectures/tensor_names.h"
#include "core/model/config_writing.h"
#include "core/model/decoder_tensors.h"
#include "core/model/factor_tensors.h"
#include "core/model/recipe/row_order.h"
#include "core/quant/matrix_name.h"
#include "core/quant/quantizer.h"
#include "core/quant/stacked_tensors.h"

namespace core::model {

namespace {

using io::FileFormat;
using quant::QuantizedTensorPtr;

FileFormat otherFormat(FileFormat format) {
  return format == FileFormat::Gguf ? FileFormat::Safetensors : FileFormat::Gguf;
}

/// How a file has in one weight what another has in two.
enum class Joining : std::uint8_t {
  Below,      ///< one below the other, in each matrix of a stack
  InTurn,     ///< row by row in turn, in each matrix of a stack
  HeadByHead  ///< of each head its rows of the first, turned there, then those of the second
};
struct JoinedKinds {
  WeightKind whole, first, second;
  Joining joining;
  constexpr bool hasPart(WeightKind kind) const { return kind == first || kind == second; }
};
constexpr std::array kJoined{
    JoinedKinds{WeightKind::GateUp, WeightKind::Gate, WeightKind::Up, Joining::Below},
    JoinedKinds{WeightKind::SharedGateUp, WeightKind::SharedGate, WeightKind::SharedUp, Joining::Below},
    JoinedKinds{WeightKind::GateUpStack, WeightKind::GateExperts, WeightKind::UpExperts, Joining::Below},
    JoinedKinds{WeightKind::GateUpExperts, WeightKind::GateExperts, WeightKind::UpExperts, Joining::InTurn},
    JoinedKinds{WeightKind::GateUpExpertsBias, WeightKind::GateExpertsBias, WeightKind::UpExpertsBias, Joining::InTurn},
    JoinedKinds{WeightKind::KeyValueUp, WeightKind::KeyUp, WeightKind::ValueUp, Joining::HeadByHead}};

/// Rows of a shape, or values where there is one a row.
std::uint64_t rowsOf(const WeightRow& row, const tensor::Shape& shape) {
  return row.columns == Side::None ? shape.count() : shape.rows();
}

bool isOfFactors(WeightKind kind) {
  return kind == WeightKind::RopeFactors || kind == WeightKind::RopeShortFactors || kind == WeightKind::RopeLongFactors;
}

/// A weight as a matrix whose rows can be moved.
QuantizedTensorPtr asRows(const QuantizedTensorPtr& tensor, bool hasColumns) {
  auto rows = std::make_shared<quant::QuantizedTensor>(*tensor);
  rows->shape = hasColumns ? tensor::Shape{tensor->shape.rows(), tensor->shape.rowValues()}
                           : tensor::Shape{tensor->shape.count(), 1};
  return rows;
}

/// Where rows of a joined weight lie in the two that it is made of, all of the first's before all of the second's.
struct Places {
  Joining joining;
  std::uint64_t groups;         ///< matrices of a stack, or heads
  std::uint64_t first, second;  ///< rows of each in a group

  std::uint64_t count() const { return groups * (first + second); }
  std::uint64_t inParts(std::uint64_t row) const {
    const std::uint64_t group = row / (first + second), inside = row % (first + second);
    const bool isFirst = joining == Joining::InTurn ? inside % 2 == 0 : inside < first;
    const std::uint64_t at = joining == Joining::InTurn ? inside / 2 : isFirst ? inside : inside - first;
    return isFirst ? group * first + at : groups * first + group * second + at;
  }
  /// The other way. @param isSecond which of the two  @param row of it
  std::uint64_t inWhole(bool isSecond, std::uint64_t row) const {
    const std::uint64_t rows = isSecond ? second : first, group = row / rows, at = row % rows;
    const std::uint64_t inside = joining == Joining::InTurn ? 2 * at + (isSecond ? 1 : 0) : at + (isSecond ? first : 0);
    return group * (first + second) + inside;
  }
};

Places placesOf(const JoinedKinds& joined, const WeightRow& first, const ModelConfig& config, std::uint32_t layer) {
  if (joined.joining == Joining::HeadByHead)
    return {joined.joining, config.heads, config.headSize - config.ropeDimensions, config.valueHeadSize};
  const std::uint64_t rows = lengthOf(first.rows, config, layer);
  const std::uint64_t matrices = first.stack == Side::None ? 1 : lengthOf(first.stack, config, layer);
  return {joined.joining, matrices, rows, rows};
}

/// Whether files of the format have gate and up of the model's experts as one stack.
bool areStacked(const Architecture& architecture, FileFormat format, FolderExperts experts) {
  if (format == FileFormat::Gguf) return architecture.ggufStacksGateUp;
  const auto isNamed = [&](WeightKind kind) {
    return std::ranges::any_of(architecture.weights,
                               [&](const WeightRow& row) { return row.kind == kind && !row.huggingFace.empty(); });
  };
  return isNamed(WeightKind::GateUpStack) && (experts == FolderExperts::AsUsual || !isNamed(WeightKind::GateExperts));
}

}  // namespace

FormatConversion::FormatConversion(const io::Checkpoint& source, const ModelConfig& config, FolderExperts experts)
    : m_source(source),
      m_config(config),
      m_from(source.format()),
      m_to(otherFormat(m_from)),
      m_there(asRead(config, m_to)) {
  m_there.areGateUpStacked = areStacked(*config.architecture, m_to, experts);
  for (const WeightRow& row : config.architecture->weights)
    if (!row.isOfBlock() && !row.nameIn(m_to).empty() && row.isIn(m_there, 0) &&
        (row.kind != WeightKind::Output || hasOwnOutput(source)))
      addRow(row, 0);
  for (std::uint32_t layer = 0; layer < config.layers; ++layer)
    for (const WeightRow& row : config.architecture->weights)
      if (row.isOfBlock() && !row.nameIn(m_to).empty() && row.isIn(m_there, layer)) addRow(row, layer);
  checkLeftovers();
  // In the order of the source; what is made of the config comes last.
  std::ranges::stable_sort(m_tensors, {}, [](const ConvertedTensor& tensor) {
    return tensor.sources.empty() ? SIZE_MAX : tensor.sources.front();
  });
}

std::string FormatConversion::nameOf(const WeightRow& row, std::uint32_t layer, FileFormat format) const {
  const std::string_view blocks = format == FileFormat::Gguf ? "blk." : m_config.architecture->folderBlocks;
  const std::string_view own = row.nameIn(format);
  return row.isOfBlock() ? fmt::format("{}{}.{}", blocks, layer, own) : std::string(own);
}

std::optional<std::size_t> FormatConversion::find(const WeightRow& row, std::uint32_t layer) const {
  if (row.nameIn(m_from).empty() || !row.isIn(m_config, layer)) return std::nullopt;
  const std::string name = nameOf(row, layer, m_from);
  return m_source.find(m_from == FileFormat::Gguf ? name : storedName(m_source, name));
}

const WeightRow* FormatConversion::sourceOf(const WeightRow& row, std::uint32_t layer) const {
  const auto isThere = [&](const WeightRow& other) {
    return other.kind == row.kind && !other.nameIn(m_from).empty() && other.isIn(m_config, layer);
  };
  if (isThere(row)) return &row;
  const auto found = std::ranges::find_if(m_config.architecture->weights, isThere);
  return found == m_config.architecture->weights.end() ? nullptr : &*found;
}

ConvertedTensor FormatConversion::base(const WeightRow& row, std::uint32_t layer) const {
  ConvertedTensor tensor{nameOf(row, layer, m_to), &row, &row, row.shape(m_there, layer)};
  if (m_to == FileFormat::Gguf) return tensor;
  // The class of an encoder alone has no name of its own in front.
  if (m_config.architecture->isEncoder) tensor.name.erase(0, tensor.name.find('.') + 1);
  if (row.form == FolderForm::WithMiddle) tensor.shape = {tensor.shape[0], 1, tensor.shape[1]};
  tensor.isTurned = row.form == FolderForm::Turned || row.form == FolderForm::TurnedUnlessPacked;
  return tensor;
}

/// Rows and columns in the order of the new file.
void FormatConversion::order(const WeightRow& row, ConvertedTensor& tensor) const {
  const MatrixOrder order = orderOf(row, m_config, rowsOf(row, tensor.shape));
  const auto there = [isGguf = m_to == FileFormat::Gguf](const LineOrder& lines) {
    return [lines, isGguf](std::uint64_t line) { return isGguf ? lines.inFolder(line) : lines.inGguf(line); };
  };
  tensor.rowCount = rowsOf(row, tensor.shape);
  if (!order.rows.isSame()) tensor.rowThere = there(order.rows);
  // RoBERTa's folders have rows in front of the first position, GGUF files have none.
  if (row.kind == WeightKind::Positions && m_config.firstPosition != m_there.firstPosition)
    tensor.rowThere = [first = m_config.firstPosition](std::uint64_t r) { return first + r; };
  if (!order.columns.isSame()) tensor.columnThere = there(order.columns);
}

void FormatConversion::addRow(const WeightRow& row, std::uint32_t layer) {
  const WeightRow* const from = sourceOf(row, layer);
  if (m_to != FileFormat::Gguf && row.form == FolderForm::EachExpert) return addEachExpert(row, from, layer);
  if (m_to == FileFormat::Gguf && from != nullptr && from->form == FolderForm::EachExpert)
    return addStack(row, *from, layer);
  const auto source = from == nullptr ? std::nullopt : find(*from, layer);
  if (!source) {  // one that a model need not have, or has otherwise
    if (!addFactors(row) && !addZeros(row)) addParts(row, layer);
    return;
  }
  ConvertedTensor tensor = base(row, layer);
  if (m_to == FileFormat::Gguf) tensor.folderRow = from;
  tensor.sources = {*source};
  order(row, tensor);
  m_tensors.push_back(std::move(tensor));
}

/// The name of an expert's matrix where a folder has one for each.
std::string FormatConversion::nameOfExpert(const WeightRow& row, std::uint32_t layer, std::uint64_t expert) const {
  const std::string pattern = nameOf(row, layer, FileFormat::Safetensors);
  const std::size_t star = pattern.find('*');
  return fmt::format("{}{}{}", pattern.substr(0, star), expert, pattern.substr(star + 1));
}

void FormatConversion::addStack(const WeightRow& row, const WeightRow& from, std::uint32_t layer) {
  ConvertedTensor tensor = base(row, layer);
  tensor.folderRow = &from;
  tensor.isStack = true;
  tensor.rowCount = tensor.shape[1];
  for (std::uint64_t expert = 0; expert < tensor.shape[0]; ++expert) {
    const auto source = m_source.find(storedName(m_source, nameOfExpert(from, layer, expert)));
    if (!source) return;
    tensor.sources.push_back(*source);
  }
  m_tensors.push_back(std::move(tensor));
}

void FormatConversion::addEachExpert(const WeightRow& row, const WeightRow* from, std::uint32_t layer) {
  const tensor::Shape shape = row.shape(m_there, layer);
  auto stack = from == nullptr ? std::nullopt : find(*from, layer);
  std::optional<Places> places;  // in a stack that is of another kind, too
  bool isSecond = false;
  for (const JoinedKinds& joined : kJoined) {
    const WeightRow* const whole = stack || !joined.hasPart(row.kind) ? nullptr : rowOf(joined.whole);
    if (whole == nullptr) continue;
    stack = find(*whole, layer);
    places = placesOf(joined, row, m_config, layer);
    isSecond = joined.second == row.kind;
  }
  if (!stack) return;
  for (std::uint64_t expert = 0; expert < shape[0]; ++expert) {
    ConvertedTensor tensor{nameOfExpert(row, layer, expert), &row, &row, {shape[1], shape[2]}};
    tensor.sources = {*stack};
    tensor.matrix = expert;
    tensor.rowCount = shape[1];
    tensor.rowThere = [first = expert * shape[1], places, isSecond](std::uint64_t r) {
      return places ? places->inWhole(isSecond, first + r) : first + r;
    };
    m_tensors.push_back(std::move(tensor));
  }
}

bool FormatConversion::addFactors(const WeightRow& row) {
  ConvertedTensor tensor = base(row, 0);
  if (row.kind == WeightKind::RopeShortFactors) tensor.values = m_config.ropeShortFactors;
  if (row.kind == WeightKind::RopeLongFactors) tensor.values = m_config.ropeLongFactors;
  if (row.kind == WeightKind::RopeFactors && m_config.ropeScaling == RopeScaling::Llama3) {
    // llama.cpp takes Llama 3's scaling from a tensor of factors that frequencies are divided by
    // (convert_hf_to_gguf.py).
    ModelConfig plain = m_config;
    plain.ropeScaling = RopeScaling::None;
    const auto scaled = m_config.ropeFrequencies(), unscaled = plain.ropeFrequencies();
    for (std::size_t i = 0; i < scaled.size(); ++i) tensor.values.push_back(unscaled[i] / scaled[i]);
  }
  if (row.kind == WeightKind::RopeFactors && m_config.ropeTurnedPairs != 0)
    for (std::uint32_t pair = 0; pair < m_config.ropeDimensions / 2; ++pair)
      tensor.values.push_back(pair < m_config.ropeTurnedPairs ? 1.0F : kStandingPair);
  if (!tensor.values.empty()) {
    tensor.shape = {tensor.values.size()};
    m_tensors.push_back(std::move(tensor));
  }
  return isOfFactors(row.kind);
}

/// A class of BERT has types of tokens, which not every model has.
bool FormatConversion::addZeros(const WeightRow& row) {
  if (row.kind != WeightKind::TokenTypes || m_to == FileFormat::Gguf) return false;
  ConvertedTensor tensor = base(row, 0);
  tensor.values.assign(tensor.shape.count(), 0.0F);
  m_tensors.push_back(std::move(tensor));
  return true;
}

/// The first of the table that the open model's format has a name for.
const WeightRow* FormatConversion::rowOf(WeightKind kind) const {
  const auto found = std::ranges::find_if(m_config.architecture->weights, [&](const WeightRow& row) {
    return row.kind == kind && !row.nameIn(m_from).empty();
  });
  return found == m_config.architecture->weights.end() ? nullptr : &*found;
}

/// What is one weight in the one file and two in the other.
bool FormatConversion::addParts(const WeightRow& row, std::uint32_t layer) {
  for (const JoinedKinds& joined : kJoined) {
    const bool isWhole = joined.whole == row.kind, isSecond = joined.second == row.kind;
    if (!isWhole && !joined.hasPart(row.kind)) continue;
    ConvertedTensor tensor = base(row, layer);
    const bool isOfHeads = joined.joining == Joining::HeadByHead;
    std::vector<const WeightRow*> from{rowOf(isWhole ? joined.first : joined.whole)};
    if (isWhole) from.push_back(rowOf(joined.second));
    for (const WeightRow* const source : from)
      if (const auto index = source == nullptr ? std::nullopt : find(*source, layer)) tensor.sources.push_back(*index);
    if (tensor.sources.size() != from.size()) continue;
    const Places places = placesOf(joined, isWhole ? *from.front() : row, m_config, layer);
    if (isWhole) {
      tensor.rowCount = places.count();
      tensor.rowThere = [places](std::uint64_t r) { return places.inParts(r); };
      tensor.turnsFirst = isOfHeads;
    } else {
      tensor.rowCount = places.groups * (isSecond ? places.second : places.first);
      tensor.rowThere = [places, isSecond](std::uint64_t r) { return places.inWhole(isSecond, r); };
      tensor.turnsResult = isOfHeads && !isSecond;
    }
    m_tensors.push_back(std::move(tensor));
    return true;
  }
  return false;
}

void FormatConversion::checkLeftovers() {
  std::unordered_set<std::size_t> used;
  for (const ConvertedTensor& tensor : m_tensors) used.insert(tensor.sources.begin(), tensor.sources.end());
  const bool hasTowers = io::hasTowers(m_source.metadata());
  const TensorNames names(m_source);
  for (std::size_t i = 0; i < m_source.tensors().size(); ++i) {
    const io::TensorInfo& tensor = m_source.tensors()[i];
    if (used.contains(i) || !tensor.pieceOf.empty() || isWithoutEffect(m_source, tensor)) continue;
    if (m_from != FileFormat::Gguf && hasTowers && io::isOfTower(tensor.name)) continue;  // left out, and said
    const WeightRow* const row = names.row(tensor.name);
    if (m_from == FileFormat::Gguf && row != nullptr && isOfFactors(row->kind)) continue;  // in the config
    const auto ignores = m_config.architecture->ignores;
    if (ignores != nullptr && ignores(m_config, m_from, tensor.name)) {
      ++m_ignored;
      continue;
    }
    throw Error(ErrorCode::Unsupported,
                fmt::format("The tensor {} has no name in {}.", io::inQuotes(tensor.name),
                            m_to == FileFormat::Gguf ? "a GGUF file" : "a Hugging Face folder"),
                tensor.name);
  }
}

QuantizedTensorPtr arrange(const ConvertedTensor& tensor, std::span<const QuantizedTensorPtr> sources) {
  const bool hasColumns = tensor.row->columns != Side::None;
  QuantizedTensorPtr made = sources.front();
  if (tensor.rowThere) {
    std::vector<QuantizedTensorPtr> rows;
    for (const QuantizedTensorPtr& source : sources) {
      const bool isTurned = tensor.turnsFirst && rows.empty();
      rows.push_back(asRows(isTurned ? quant::turned(*source) : source, hasColumns));
    }
    made = joinRows(rows, tensor.rowCount, tensor.rowThere, {tensor.rowCount, rows.front()->rowValues()});
  }
  if (tensor.columnThere) made = reorderColumns(made, tensor.columnThere);
  tensor::Shape shape = tensor.isStack ? tensor::Shape{tensor.shape[1], tensor.shape[2]} : tensor.shape;
  auto result = std::make_shared<quant::QuantizedTensor>(*made);
  if (tensor.turnsResult) {
    result->shape = {shape[0], shape[2], shape[1]};
    result = std::make_shared<quant::QuantizedTensor>(*quant::turned(*result));
  }
  result->shape = std::move(shape);
  result->name = sources.front()->name;
  if (!tensor.keepsInputs()) result->name = tensor.name;
  if (tensor.matrix) result->name = quant::MatrixName{sources.front()->name, *tensor.matrix}.toString();
  return result;
}

bool changesValues(const WeightRow& row) { return row.folderOffset != 0.0F || row.isLogarithm; }

QuantizedTensorPtr withValuesOf(const WeightRow& row, FileFormat from, FileFormat to,
                                const QuantizedTensorPtr& tensor) {
  if (from == to || !changesValues(row)) return tensor;
  auto values = std::make_shared<std::vector<float>>(quant::dequantize(*tensor));
  const bool toGguf = to == FileFormat::Gguf;
  for (float& value : *values) {
    if (row.isLogarithm && !toGguf && !(value <= 0.0F))
      throw Error(ErrorCode::InvalidFile,
                  fmt::format("{} has the value {}, where a folder has the logarithm of what is below 0.",
                              io::inQuotes(tensor->name), value),
                  tensor->name);
    if (row.isLogarithm) value = toGguf ? -std::exp(value) : std::log(-value);
    value += toGguf ? row.folderOffset : -row.folderOffset;
  }
  auto result = std::make_shared<quant::QuantizedTensor>();
  result->name = tensor->name;
  result->shape = tensor->shape;
  result->layout = quant::Elements{tensor::DType::F32};
  result->payload = std::as_bytes(std::span(*values));
  result->owner = std::move(values);
  return result;
}

}  // namespace core::model
