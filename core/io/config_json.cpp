#include "core/io/config_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/io/json_reader.h"
#include "core/io/metadata_encoding.h"

namespace core::io {

namespace {

constexpr std::size_t kMaxBytes = std::size_t{4} << 20;
constexpr std::size_t kMaxDepth = 16;

class ConfigVisitor final : public JsonVisitor {
 public:
  ConfigVisitor(Metadata& metadata, EncodedArrays& arrays, std::string_view source)
      : m_metadata(metadata), m_arrays(arrays), m_source(source) {}

  void onBegin(JsonContainer container) override {
    if (m_open.empty() && container == JsonContainer::Array) fail();
    m_open.push_back({container, m_open.empty() ? "config" : childKey(), {}, {}});
  }

  void onEnd(JsonContainer container) override {
    if (container == JsonContainer::Array) addArray(m_open.back());
    m_open.pop_back();
  }

  void onKey(std::string key) override { m_open.back().key = std::move(key); }

  void onScalar(JsonScalar value) override {
    if (m_open.empty()) fail();
    Frame& frame = m_open.back();
    if (frame.container == JsonContainer::Array) {
      frame.elements.push_back(std::move(value));
    } else {
      addScalar(childKey(), std::move(value));
    }
  }

 private:
  struct Frame {
    JsonContainer container;
    std::string prefix;
    std::string key;                   ///< the current one, of an object
    std::vector<JsonScalar> elements;  ///< so far, of an array; a null stands for a container
  };

  [[noreturn]] void fail() const {
    throw Error(ErrorCode::InvalidFile, fmt::format("{}: expected a JSON object.", m_source));
  }

  /// Full key of the value that comes next in the innermost container.
  std::string childKey() {
    Frame& frame = m_open.back();
    if (frame.container == JsonContainer::Object) return frame.prefix + "." + frame.key;
    frame.elements.emplace_back();
    return fmt::format("{}.{}", frame.prefix, frame.elements.size() - 1);
  }

  void addScalar(std::string key, JsonScalar value) {
    if (auto* const text = std::get_if<std::string>(&value)) m_metadata.add(std::move(key), std::move(*text));
    if (const auto* flag = std::get_if<bool>(&value)) m_metadata.add(std::move(key), *flag);
    if (const auto* number = std::get_if<std::uint64_t>(&value)) m_metadata.add(std::move(key), *number);
    if (const auto* number = std::get_if<std::int64_t>(&value)) m_metadata.add(std::move(key), *number);
    if (const auto* number = std::get_if<double>(&value)) m_metadata.add(std::move(key), *number);
  }

  template <typename T>
  static bool allAre(const Frame& frame) {
    return std::all_of(frame.elements.begin(), frame.elements.end(),
                       [](const JsonScalar& value) { return std::holds_alternative<T>(value); });
  }

  template <typename T, typename Encode>
  void addEncoded(const Frame& frame, MetadataType type, const Encode& encode) {
    std::vector<std::byte>& bytes = m_arrays.emplace_back();
    for (const JsonScalar& value : frame.elements) encode(bytes, std::get<T>(value));
    m_metadata.add(frame.prefix, MetadataArray(type, frame.elements.size(), bytes));
  }

  void addArray(Frame& frame) {
    const auto putNumber = [](std::vector<std::byte>& bytes, auto value) { appendNumber(bytes, value); };
    if (allAre<std::string>(frame)) {
      addEncoded<std::string>(frame, MetadataType::String, appendString);
    } else if (allAre<std::uint64_t>(frame)) {
      addEncoded<std::uint64_t>(frame, MetadataType::U64, putNumber);
    } else if (allAre<std::int64_t>(frame)) {
      addEncoded<std::int64_t>(frame, MetadataType::I64, putNumber);
    } else if (allAre<double>(frame)) {
      addEncoded<double>(frame, MetadataType::F64, putNumber);
    } else {
      for (std::size_t i = 0; i < frame.elements.size(); ++i) {
        addScalar(fmt::format("{}.{}", frame.prefix, i), std::move(frame.elements[i]));
      }
    }
  }

  Metadata& m_metadata;
  EncodedArrays& m_arrays;
  std::string_view m_source;
  std::vector<Frame> m_open;
};

}  // namespace

void readConfigJson(std::span<const std::byte> bytes, Metadata& metadata, EncodedArrays& arrays,
                    std::string_view source) {
  if (bytes.size() > kMaxBytes) {
    throw Error(ErrorCode::InvalidFile,
                fmt::format("{}: expected at most {} bytes of JSON but found {}.", source, kMaxBytes, bytes.size()));
  }
  ConfigVisitor visitor(metadata, arrays, source);
  readJson({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, visitor, source, kMaxDepth);
}

}  // namespace core::io
