#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace core::model {

/// What rows of keys, or of values, are rounded to, head by head.
///   F32, F16
///   Int8   signed bytes of every position and head under a scale of their own in FP32: code = round(x · (127 /
///   absmax)),
///          half to even, x = code · (absmax / 127)
///   Q8_0   GGUF's block type: 32 signed bytes under a scale in FP16 (core/quant/ggml_legacy.h)
///   Fp8    FP8 E4M3 (OCP) without a scale, as vLLM's fp8: nearest, ties to even; finite numbers beyond 448 become ±448
///   Q4_0   GGUF's block type: 32 codes of 4 bits under a scale in FP16
/// A head whose size is no multiple of 32 ends with a block of which only the first values count. What is not finite is
/// never hidden: where Int8 has such a head, and Q8_0 and Q4_0 such a block, all of it becomes NaN, in Fp8 the value.
enum class KvFormat : std::uint8_t { F32, F16, Int8, Q8_0, Fp8, Q4_0 };

/// In the order of their bits, most first.
std::span<const KvFormat> allKvFormats();
/// "f32", "f16", "int8", "q8_0", "fp8", "q4_0"
std::string_view nameOf(KvFormat format);
/// "FP32", "FP16", "INT8", "Q8_0", "FP8", "Q4_0"
std::string_view titleOf(KvFormat format);
/// Values that share a scale and are kept whole; 1: each for itself. Int8 has one scale for a head of any size.
constexpr std::uint32_t blockValues(KvFormat format) {
  return format == KvFormat::Q8_0 || format == KvFormat::Q4_0 ? 32 : 1;
}
/// Bytes of so many values of one head at one position, with their scales.
std::uint64_t kvHeadBytes(KvFormat format, std::uint64_t values);

/// The formats of a KV cache: keys decide where attention looks, and bear less rounding than values do.
struct KvType {
  KvFormat keys = KvFormat::F32, values = KvFormat::F32;

  constexpr KvType() = default;
  constexpr explicit KvType(KvFormat both) : keys(both), values(both) {}
  constexpr KvType(KvFormat keysIn, KvFormat valuesIn) : keys(keysIn), values(valuesIn) {}
  bool operator==(const KvType&) const = default;

  static const KvType F32, F16, Int8, Q8_0, Fp8, Q4_0;  ///< both in it
};
inline constexpr KvType KvType::F32{KvFormat::F32}, KvType::F16{KvFormat::F16}, KvType::Int8{KvFormat::Int8},
    KvType::Q8_0{KvFormat::Q8_0}, KvType::Fp8{KvFormat::Fp8}, KvType::Q4_0{KvFormat::Q4_0};

/// "f16", or "q8_0/q4_0" where values are kept otherwise than keys.
std::string nameOf(KvType type);
/// "FP16", "Q8_0/Q4_0"
std::string titleOf(KvType type);
/// The type of this name. @throws Error (InvalidArgument) for any other
KvType kvTypeOf(std::string_view name);

}  // namespace core::model
