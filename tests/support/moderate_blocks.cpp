#include "support/moderate_blocks.h"

#include "support/random_blocks.h"

namespace support {

namespace {

using core::tensor::DType;

/// FP16 between 2^-7 and 2^-5, its lower bits as they are.
void tameHalf(std::uint8_t* at) { at[1] = static_cast<std::uint8_t>(0x20 | (at[1] & 7)); }

void tame(DType type, std::uint8_t* start, std::uint8_t* end) {
  switch (type) {
    case DType::Q2_K:
      tameHalf(end - 4);
      tameHalf(end - 2);
      break;
    case DType::Q4_1:
    case DType::Q5_1:
    case DType::Q4_K:
    case DType::Q5_K:
      tameHalf(start);
      tameHalf(start + 2);
      break;
    case DType::Q3_K:
    case DType::Q6_K:
    case DType::TQ1_0:
    case DType::TQ2_0:
      tameHalf(end - 2);
      break;
    case DType::IQ1_M:  // a quarter of the scale lies on top of each of the last four words
      end[-1] = static_cast<std::uint8_t>(0x20 | (end[-1] & 15));
      break;
    case DType::MXFP4:
      start[0] = static_cast<std::uint8_t>(118 + start[0] % 8);
      break;
    case DType::NVFP4:
      for (int i = 0; i < 4; ++i) start[i] = static_cast<std::uint8_t>(start[i] % 0x40);
      break;
    default:
      tameHalf(start);
  }
}

}  // namespace

std::vector<DType> blockTypes() {
  std::vector<DType> types;
  for (const core::tensor::DTypeInfo& info : core::tensor::allDTypes()) {
    const bool isIntermediate = info.dtype == DType::Q8_1 || info.dtype == DType::Q8_K;  // of dot products
    if (info.blockValues > 1 && !isIntermediate) types.push_back(info.dtype);
  }
  return types;
}

std::vector<std::uint8_t> moderateBlocks(DType type, std::uint64_t values) {
  const core::tensor::DTypeInfo& info = core::tensor::info(type);
  std::vector<std::uint8_t> bytes(values / info.blockValues * info.blockBytes);
  RandomNumbers random(3);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random.bits() >> 56);
  for (std::size_t at = 0; at < bytes.size(); at += info.blockBytes) {
    tame(type, bytes.data() + at, bytes.data() + at + info.blockBytes);
  }
  return bytes;
}

}  // namespace support
