#include "core/io/config_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/io/json_reader.h"
#include "core/io/metadata_encoding.h"
#include "core/io/sniff.h"
#include "core/io/text_checks.h"

namespace core::io {

namespace {

constexpr std::size_t kMaxBytes = std::size_t{4} << 20;
constexpr std::size_t kMostConfigDepth = 16;
constexpr std::size_t kMaxValues = 200'000;
/// Bytes of dotted keys: a nested key repeats those around it.
constexpr std::size_t kKeyBytesPerByte = 8;
constexpr std::size_t kKeyBytesOfAnyFile = 65536;

class ConfigVisitor final : public JsonVisitor {
 public:
  ConfigVisitor(Metadata& metadata, EncodedArrays& arrays, std::string_view source, std::string_view prefix,
                std::size_t fileBytes)
      : m_metadata(metadata),
        m_arrays(arrays),
        m_source(source),
        m_prefix(prefix),
        m_keyBytesLeft(kKeyBytesOfAnyFile + kKeyBytesPerByte * fileBytes) {}

  void onBegin(JsonContainer container) override {
    if (m_open.empty() && container == JsonContainer::Array) fail();
    countValue();
    m_open.push_back({container, m_open.empty() ? std::string(m_prefix) : childKey(), {}, {}});
  }

  void onEnd(JsonContainer container) override {
    if (container == JsonContainer::Array) addArray(m_open.back());
    m_open.pop_back();
  }

  void onKey(std::string key) override { m_open.back().key = std::move(key); }

  void onScalar(JsonScalar value) override {
    if (m_open.empty()) fail();
    countValue();
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

  [[noreturn]] void fail() const { refuse("expected a JSON object"); }
  [[noreturn]] void refuse(std::string_view detail) const {
    throw Error(ErrorCode::InvalidFile, fmt::format("{}: {}.", m_source, detail));
  }

  void countValue() {
    if (++m_values > kMaxValues) refuse(fmt::format("it has more than {} values", kMaxValues));
  }

  /// PREFIX.PART, paid for before it is made.
  std::string joined(const std::string& prefix, std::string_view part) {
    const std::size_t bytes = prefix.size() + 1 + part.size();
    if (bytes > m_keyBytesLeft) refuse("its keys are long and nested so often that they would fill the memory");
    m_keyBytesLeft -= bytes;
    return fmt::format("{}.{}", prefix, part);
  }

  /// Full key of the value that comes next in the innermost container.
  std::string childKey() {
    Frame& frame = m_open.back();
    if (frame.container == JsonContainer::Object) return joined(frame.prefix, frame.key);
    frame.elements.emplace_back();
    return joined(frame.prefix, std::to_string(frame.elements.size() - 1));
  }

  /// A dotted key can arise twice where no JSON key does: {"a.b": 1, "a": {"b": 2}}.
  void add(std::string key, MetadataValue value) {
    if (m_metadata.find(key) != nullptr) refuse(fmt::format("the key {} occurs twice", inQuotes(key)));
    m_metadata.add(std::move(key), std::move(value));
  }

  void addScalar(std::string key, JsonScalar value) {
    if (auto* const text = std::get_if<std::string>(&value)) add(std::move(key), std::move(*text));
    if (const auto* flag = std::get_if<bool>(&value)) add(std::move(key), *flag);
    if (const auto* number = std::get_if<std::uint64_t>(&value)) add(std::move(key), *number);
    if (const auto* number = std::get_if<std::int64_t>(&value)) add(std::move(key), *number);
    if (const auto* number = std::get_if<double>(&value)) add(std::move(key), *number);
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
    add(frame.prefix, MetadataArray(type, frame.elements.size(), bytes));
  }

  static bool isNumber(const JsonScalar& value) {
    return std::holds_alternative<double>(value) || std::holds_alternative<std::uint64_t>(value) ||
           std::holds_alternative<std::int64_t>(value);
  }
  static double numberOf(const JsonScalar& value) {
    if (const auto* whole = std::get_if<std::uint64_t>(&value)) return static_cast<double>(*whole);
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
    return std::get<double>(value);
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
    } else if (std::ranges::all_of(frame.elements, isNumber)) {  // whole ones among others, as JSON writes 1.0 or 1
      for (JsonScalar& value : frame.elements) value = numberOf(value);
      addEncoded<double>(frame, MetadataType::F64, putNumber);
    } else {
      for (std::size_t i = 0; i < frame.elements.size(); ++i) {
        addScalar(joined(frame.prefix, std::to_string(i)), std::move(frame.elements[i]));
      }
    }
  }

  Metadata& m_metadata;
  EncodedArrays& m_arrays;
  std::string_view m_source, m_prefix;
  std::size_t m_keyBytesLeft;
  std::size_t m_values = 0;
  std::vector<Frame> m_open;
};

/// Python's json module writes NaN, Infinity and -Infinity, which JSON has not; they become null.
std::string withoutPythonNumbers(std::string_view text) {
  constexpr std::string_view kNames[] = {"NaN", "-Infinity", "Infinity"};
  std::string result;
  result.reserve(text.size());
  bool isInString = false;
  for (std::size_t i = 0; i < text.size();) {
    const std::string_view rest = text.substr(i);
    std::size_t length = isInString && text[i] == '\\' ? std::min<std::size_t>(2, rest.size()) : 1;
    if (text[i] == '"') isInString = !isInString;
    const auto* const name = std::find_if(std::begin(kNames), std::end(kNames),
                                          [rest](std::string_view candidate) { return rest.starts_with(candidate); });
    if (!isInString && name != std::end(kNames)) {
      length = name->size();
      result += "null";
    } else {
      result += rest.substr(0, length);
    }
    i += length;
  }
  return result;
}

}  // namespace

void readConfigJson(std::span<const std::byte> bytes, Metadata& metadata, EncodedArrays& arrays,
                    std::string_view source, std::string_view prefix) {
  throwIfForeign(bytes, source, "a JSON object");
  if (bytes.size() > kMaxBytes) {
    throw Error(ErrorCode::InvalidFile,
                fmt::format("{}: expected at most {} bytes of JSON but found {}.", source, kMaxBytes, bytes.size()));
  }
  ConfigVisitor visitor(metadata, arrays, source, prefix, bytes.size());
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const bool isOfPython = text.find("NaN") != std::string_view::npos || text.find("Infinity") != std::string_view::npos;
  if (isOfPython) return readJson(withoutPythonNumbers(text), visitor, source, kMostConfigDepth);
  readJson(text, visitor, source, kMostConfigDepth);
}

}  // namespace core::io
