#include "core/model/kv_type.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/io/text_checks.h"

namespace core::model {

namespace {

constexpr KvFormat kFormats[] = {KvFormat::F32,  KvFormat::F16, KvFormat::Int8,
                                 KvFormat::Q8_0, KvFormat::Fp8, KvFormat::Q4_0};
constexpr std::string_view kFormatNames[] = {"f32", "f16", "int8", "q8_0", "fp8", "q4_0"};
constexpr std::string_view kFormatTitles[] = {"FP32", "FP16", "INT8", "Q8_0", "FP8", "Q4_0"};

const KvFormat* findFormat(std::string_view name) {
  const auto* const found = std::ranges::find_if(kFormats, [name](KvFormat format) { return nameOf(format) == name; });
  return found == std::end(kFormats) ? nullptr : found;
}

}  // namespace

std::span<const KvFormat> allKvFormats() { return kFormats; }

std::string_view nameOf(KvFormat format) { return kFormatNames[static_cast<std::size_t>(format)]; }
std::string_view titleOf(KvFormat format) { return kFormatTitles[static_cast<std::size_t>(format)]; }

std::uint64_t kvHeadBytes(KvFormat format, std::uint64_t values) {
  const std::uint64_t blocks = (values + blockValues(format) - 1) / blockValues(format);
  switch (format) {
    case KvFormat::F32:
      return values * sizeof(float);
    case KvFormat::F16:
      return values * sizeof(std::uint16_t);
    case KvFormat::Int8:
      return values == 0 ? 0 : values + sizeof(float);
    case KvFormat::Fp8:
      return values;
    case KvFormat::Q8_0:
      return blocks * 34;
    case KvFormat::Q4_0:
      return blocks * 18;
  }
  return 0;
}

std::string nameOf(KvType type) {
  return type.keys == type.values ? std::string(nameOf(type.keys))
                                  : fmt::format("{}/{}", nameOf(type.keys), nameOf(type.values));
}

std::string titleOf(KvType type) {
  return type.keys == type.values ? std::string(titleOf(type.keys))
                                  : fmt::format("{}/{}", titleOf(type.keys), titleOf(type.values));
}

KvType kvTypeOf(std::string_view name) {
  const std::size_t slash = name.find('/');
  const KvFormat* const keys = findFormat(name.substr(0, slash));
  const KvFormat* const values = slash == std::string_view::npos ? keys : findFormat(name.substr(slash + 1));
  if (keys != nullptr && values != nullptr) return {*keys, *values};
  throw Error(ErrorCode::InvalidArgument,
              fmt::format("The type of a KV cache should be f32, f16, int8, q8_0, fp8 or q4_0, or one of them for keys "
                          "and one for values (q8_0/q4_0), but is {}.",
                          io::inQuotes(name)));
}

}  // namespace core::model
