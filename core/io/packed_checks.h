#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/io/packed_tensor.h"

namespace core::io {

/// Bits of the integers that codes are packed into.
inline constexpr std::uint64_t kWordBits = 32;

/// Refuses a packed weight. @param clause "its scales have the shape [31, 64] where [32, 64] was expected"
/// @throws Error (InvalidFile) with the clause
[[noreturn]] void refuse(const std::string& clause);

/// A piece that the weight cannot do without. @param what "scales"
const TensorInfo& needed(const PackedTensor& tensor, std::string_view ending, std::string_view what);
/// Refuses pieces of another type or shape. @param what "scales", to follow "its"
void expectFloats(const TensorInfo& piece, std::string_view what);
void expectWords(const TensorInfo& piece, std::string_view what);
void expectShape(const TensorInfo& piece, const tensor::Shape& shape, std::string_view what);

/// Refuses a weight whose inputs are multiplied column by column before (ModelOpt's AWQ, SmoothQuant) or take another
/// order.
void expectPlainInputs(const PackedTensor& tensor);

bool isFp8(const TensorInfo& tensor);
/// Powers of two in a byte: F8_E8M0, or U8 as most programs store them.
bool isE8M0(const TensorInfo& tensor);
/// ⌈a / b⌉. @pre b is not 0
std::uint64_t ceilDivide(std::uint64_t a, std::uint64_t b);
/// The extent of an axis as it is stored; 0 where there is none.
std::uint64_t extent(const TensorInfo* tensor, std::size_t axis);
/// a × b of counts that a file claims. @throws Error (InvalidFile) when it does not fit
std::uint64_t product(std::uint64_t a, std::uint64_t b);

/// How many neighbouring columns share a scale when a row has `groups` of them: as many as the config says where that
/// fits, else equal shares. @throws Error (InvalidFile) where neither fits
std::uint64_t groupSizeOf(std::uint64_t columns, std::uint64_t groups, std::optional<std::int64_t> configured);

/// The columns sorted by their group, within a group as they lie, from a list of each column's group (32-bit integers):
/// every group has `groupSize` columns then, the last one the rest. Empty where they lie so already, and for a list of
/// nothing but −1, which nobody filled in.
/// @throws Error (InvalidFile) for a list of another length, groups that are not there and groups of other sizes
std::vector<std::uint32_t> columnOrder(const PackedTensor& tensor, const TensorInfo& groupIndex, std::uint64_t columns,
                                       std::uint64_t groupSize, std::uint64_t groups);

/// "GPTQ INT4 · 128", "INT8 · row": what people call codes whose scales span `size` of `columns`.
std::string integerName(std::string_view family, std::uint64_t bits, std::uint64_t size, std::uint64_t columns);

}  // namespace core::io
