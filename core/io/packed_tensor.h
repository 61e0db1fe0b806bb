#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/io/checkpoint.h"
#include "core/io/quantization_config.h"

namespace core::io {

/// Where the pieces of packed weights are looked up: a checkpoint, or the tables of one that is being opened.
struct PieceTable {
  std::function<const TensorInfo*(std::string_view)> find;  ///< by the name in the file; null when there is none
  std::function<std::span<const std::byte>(const TensorInfo&)> bytes;
  QuantizationConfig config;
};
/// @pre the checkpoint outlives the table
PieceTable piecesOf(const Checkpoint& checkpoint);

/// A tensor that may hold codes, and what lies beside it in the same checkpoint.
class PackedTensor {
 public:
  /// @param base the name of the codes in the file without the ending that marks them: "model.layers.0.mlp.up_proj"
  PackedTensor(const TensorInfo& codes, std::string base, const PieceTable& table)
      : m_codes(codes), m_base(std::move(base)), m_table(table) {}
  /// A weight that was recognised before. @pre codes.assembly is not None
  PackedTensor(const TensorInfo& codes, const PieceTable& table);

  const TensorInfo& codes() const { return m_codes; }
  const std::string& base() const { return m_base; }
  const QuantizationConfig& config() const { return m_table.config; }
  /// The tensor called like this one, with another ending; null when there is none.
  const TensorInfo* beside(std::string_view ending) const;
  /// The first of several that is there.
  const TensorInfo* besideAny(std::initializer_list<std::string_view> endings) const;
  std::span<const std::byte> bytes(const TensorInfo& piece) const { return m_table.bytes(piece); }
  /// The bytes of a tensor beside it, empty when there is none.
  std::span<const std::byte> bytes(std::string_view ending) const;
  /// The values of a small integer tensor beside it; empty when there is none or it is of another kind.
  std::vector<std::uint64_t> integers(std::string_view ending) const;

 private:
  const TensorInfo& m_codes;
  std::string m_base;
  const PieceTable& m_table;
};

}  // namespace core::io
