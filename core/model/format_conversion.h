#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/io/checkpoint.h"
#include "core/model/architectures/architecture.h"
#include "core/model/config.h"
#include "core/quant/quantized_tensor.h"

namespace core::model {

/// A tensor of a model in a file of the other format, and what it is made of.
struct ConvertedTensor {
  std::string name;            ///< there
  const WeightRow* row;        ///< of the architecture's table, for that file
  const WeightRow* folderRow;  ///< for whichever of the two is a folder: what differs between the values of both
  tensor::Shape shape;         ///< as the file lists it: [out, in], of a stack [matrices, out, in]
  bool isTurned = false;       ///< its plain elements are stored input × output there (FolderForm)
  std::vector<std::size_t> sources = {};  ///< in the open model's table; none: it is made of the config alone
  bool isStack = false;  ///< of its sources, one behind the other; below is what becomes of each of them

  /// Of one or two sources with all their rows one below the other, or values where there is one a row: the one that
  /// becomes row r, r < rowCount. Null: all rows of the only source as they lie.
  std::function<std::uint64_t(std::uint64_t)> rowThere = {};
  std::uint64_t rowCount = 0;
  std::function<std::uint64_t(std::uint64_t)> columnThere = {};  ///< likewise; null: as they lie
  bool turnsFirst = false;                   ///< each matrix of the first source, a stack, is turned before that,
  bool turnsResult = false;                  ///< or of the result behind it
  std::optional<std::uint64_t> matrix = {};  ///< it is one matrix of a stack
  std::vector<float> values = {};            ///< of what has no source

  /// Whether columns mean what they do in the source, so that what a text has shown of its inputs holds.
  bool keepsInputs() const { return !turnsFirst && !turnsResult; }
};

/// What a folder has of experts where it may have stacks of all of them or a matrix for each.
enum class FolderExperts : std::uint8_t {
  AsUsual,  ///< as transformers writes them
  Each      ///< for layouts, which pack matrices
};

/// All tensors of a model in a file of the other format, by the tables of weights alone (Architecture::weights): names,
/// order of rows, stacks, matrices that the one has apart and the other as one.
class FormatConversion {
 public:
  /// @param source outlives this  @param config of it, with what its tensors of factors say (factor_tensors.h)
  /// @throws Error (Unsupported) naming a tensor that has no place there
  FormatConversion(const io::Checkpoint& source, const ModelConfig& config,
                   FolderExperts experts = FolderExperts::AsUsual);

  std::span<const ConvertedTensor> tensors() const { return m_tensors; }
  /// How many tensors stay behind that guess further tokens and the like (Architecture::ignores).
  std::size_t ignoredTensors() const { return m_ignored; }

 private:
  void addRow(const WeightRow& row, std::uint32_t layer);
  void addStack(const WeightRow& row, const WeightRow& from, std::uint32_t layer);
  void addEachExpert(const WeightRow& row, const WeightRow* from, std::uint32_t layer);
  bool addFactors(const WeightRow& row);
  bool addZeros(const WeightRow& row);
  bool addParts(const WeightRow& row, std::uint32_t layer);
  ConvertedTensor base(const WeightRow& row, std::uint32_t layer) const;
  void order(const WeightRow& row, ConvertedTensor& tensor) const;
  std::string nameOf(const WeightRow& row, std::uint32_t layer, io::FileFormat format) const;
  std::string nameOfExpert(const WeightRow& row, std::uint32_t layer, std::uint64_t expert) const;
  const WeightRow* rowOf(WeightKind kind) const;
  /// The row by which the open model has a weight, in a layer of it; null: it has none, or has it otherwise.
  const WeightRow* sourceOf(const WeightRow& row, std::uint32_t layer) const;
  std::optional<std::size_t> find(const WeightRow& row, std::uint32_t layer) const;
  void checkLeftovers();

  const io::Checkpoint& m_source;
  const ModelConfig& m_config;
  io::FileFormat m_from, m_to;
  ModelConfig m_there;  ///< as readers of the new file see it
  std::vector<ConvertedTensor> m_tensors;
  std::size_t m_ignored = 0;
};

/// The weight as it multiplies in the new file, of its sources as they multiply here, in their types where rows are
/// moved as they are. Its name stays the first source's, or that of a matrix of it (quant/matrix_name.h), while its
/// columns mean the same.
quant::QuantizedTensorPtr arrange(const ConvertedTensor& tensor, std::span<const quant::QuantizedTensorPtr> sources);

/// Whether values differ between the formats: norms that are stored as differences, logarithms.
bool changesValues(const WeightRow& row);
/// Values of a file of one format as one of the other has them; the same tensor where the formats are the same.
/// @throws Error (InvalidFile) for a value that has no logarithm
quant::QuantizedTensorPtr withValuesOf(const WeightRow& row, io::FileFormat from, io::FileFormat to,
                                       const quant::QuantizedTensorPtr& tensor);

}  // namespace core::model
