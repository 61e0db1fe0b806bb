#pragma once
#include <cstdint>
#include <vector>

#include "core/tensor/dtype.h"

namespace support {

/// Every GGUF block type that files store.
std::vector<core::tensor::DType> blockTypes();

/// Random blocks of any of these types with moderate values: scales are near 1/64, all other bits any.
/// @param values a whole number of blocks
std::vector<std::uint8_t> moderateBlocks(core::tensor::DType type, std::uint64_t values);

}  // namespace support
