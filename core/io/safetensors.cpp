#include "core/io/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/base/utf8.h"
#include "core/io/byte_reader.h"
#include "core/io/json_reader.h"
#include "core/io/sniff.h"
#include "core/io/text_checks.h"

namespace core::io {

namespace {

constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;
constexpr std::size_t kMaxDepth = 8;
constexpr std::size_t kMaxRank = 64;

/// Builds the tensor table from the events of the header's JSON. Offsets are still those of the header.
class HeaderVisitor final : public JsonVisitor {
 public:
  HeaderVisitor(std::string_view source, ParsedModel& model) : m_source(source), m_model(model) {}

  void onBegin(JsonContainer container) override {
    ++m_depth;
    const bool isObject = container == JsonContainer::Object;
    if (m_depth == 1 && !isObject) fail("expected the header to be a JSON object but found an array");
    if (m_entry == kMetadataKey) return beginInMetadata(isObject);
    if (m_depth == 2 && !isObject) fail(fmt::format("expected an object but found an array for {}", inQuotes(m_entry)));
    if (m_depth == 3) beginField(isObject);
    if (m_depth > 3 && m_field != Field::Other) failField("a plain value", "a container");
  }

  void onEnd(JsonContainer /*container*/) override {
    if (m_depth == 2 && m_entry != kMetadataKey) finishTensor();
    --m_depth;
  }

  void onKey(std::string key) override {
    if (m_depth == 1) {
      m_entry = std::move(key);
      if (m_entry.empty()) fail("a tensor has an empty name");
      m_dtype.reset();
      m_shape.reset();
      m_offsets.reset();
    } else if (m_depth == 2) {
      m_key = std::move(key);
      m_field = fieldOf(m_key);
    }
  }

  void onScalar(JsonScalar value) override {
    if (m_depth == 0) fail("expected the header to be a JSON object but found a plain value");
    if (m_entry == kMetadataKey) return addMetadata(std::move(value));
    if (m_depth == 1) fail(fmt::format("expected an object but found a plain value for {}", inQuotes(m_entry)));
    if (m_field == Field::DType) {
      readDType(value);
    } else if (m_field == Field::Shape || m_field == Field::Offsets) {
      addInteger(value);
    }
  }

 private:
  enum class Field { DType, Shape, Offsets, Other };

  static Field fieldOf(std::string_view key) {
    if (key == "dtype") return Field::DType;
    if (key == "shape") return Field::Shape;
    return key == "data_offsets" ? Field::Offsets : Field::Other;
  }

  void beginField(bool isObject) {
    if (m_field == Field::DType) failField("a text", "a container");
    if (m_field == Field::Other) return;
    if (isObject) failField("an array of integers", "an object");
    (m_field == Field::Shape ? m_shape : m_offsets).emplace();
  }

  void beginInMetadata(bool isObject) {
    if (m_depth == 2) m_isTextTable = isObject;
    if (m_depth != 2 || !isObject) noteOddMetadata();
  }

  void addMetadata(JsonScalar value) {
    auto* const text = std::get_if<std::string>(&value);
    if (m_depth != 2 || !m_isTextTable || text == nullptr) return noteOddMetadata();
    m_model.metadata.add(m_key, std::move(*text));
  }

  /// The metadata is a flat object of texts. Anything else in it tells people less, but the tensors are what they are.
  void noteOddMetadata() {
    if (std::exchange(m_isOddMetadata, true)) return;
    m_model.warnings.push_back(
        fmt::format("{}: its \"__metadata__\" should hold texts only; what is none was left out.", m_source));
  }

  void readDType(const JsonScalar& value) {
    const auto* const text = std::get_if<std::string>(&value);
    if (text == nullptr) failField("a text", "something else");
    m_dtype = tensor::fromSafetensors(*text).value_or(tensor::DType::Unknown);
    m_typeName = *text;
  }

  void addInteger(const JsonScalar& value) {
    auto& list = m_field == Field::Shape ? m_shape : m_offsets;
    const auto* const number = std::get_if<std::uint64_t>(&value);
    if (number == nullptr || !list || m_depth != 3) failField("an array of non-negative integers", "something else");
    if (list->size() == kMaxRank) failField(fmt::format("at most {} integers", kMaxRank), "more");
    list->push_back(*number);
  }

  void finishTensor() {
    if (!m_dtype || !m_shape || !m_offsets) {
      fail(fmt::format("the tensor {} lacks its {}", inQuotes(m_entry),
                       !m_dtype   ? "dtype"
                       : !m_shape ? "shape"
                                  : "data_offsets"));
    }
    if (m_offsets->size() != 2 || (*m_offsets)[0] > (*m_offsets)[1]) {
      failField("data_offsets [begin, end]", tensor::Shape(*m_offsets).toString());
    }
    const std::uint64_t begin = (*m_offsets)[0];
    const std::uint64_t bytes = (*m_offsets)[1] - begin;
    tensor::Shape shape(std::move(*m_shape));
    if (*m_dtype == tensor::DType::Unknown) return addUnknown(std::move(shape), begin, bytes);
    const auto expected = tensor::storageBytes(*m_dtype, shape);
    if (expected != bytes) {
      fail(fmt::format("the tensor {} of type {} and shape {} should take {} bytes but its data_offsets give {}",
                       inQuotes(m_entry), tensor::info(*m_dtype).safetensors, shape.toString(),
                       expected ? std::to_string(*expected) : "more than 2^64", bytes));
    }
    m_model.tensors.push_back({m_entry, *m_dtype, std::move(shape), begin, bytes, 0});
  }

  /// A type this program has no decoder for: the tensor is listed, with the size its offsets give.
  void addUnknown(tensor::Shape shape, std::uint64_t begin, std::uint64_t bytes) {
    if (!shape.checkedCount()) {
      fail(fmt::format("the tensor {} has the shape {}, which has more values than 64 bits can count",
                       inQuotes(m_entry), shape.toString()));
    }
    m_model.tensors.push_back({m_entry, tensor::DType::Unknown, std::move(shape), begin, bytes, 0, shownType(),
                               fmt::format("its type {} cannot be decoded", inQuotes(m_typeName))});
  }

  /// "f8_e8m0" for a name that could be a type's, "unknown" for any other text.
  std::string shownType() const {
    constexpr std::size_t kLongest = 24;
    std::string shown;
    for (const char c : m_typeName) {
      const bool isUpper = c >= 'A' && c <= 'Z';
      const bool isPlain = isUpper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
      if (!isPlain || shown.size() == kLongest) return "unknown";
      shown += isUpper ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return shown.empty() ? "unknown" : shown;
  }

  [[noreturn]] void fail(std::string_view detail) const {
    throw Error(ErrorCode::InvalidFile, fmt::format("{}: {}.", m_source, detail), m_entry);
  }
  [[noreturn]] void failField(std::string_view expected, std::string_view found) const {
    fail(fmt::format("the tensor {} should have {} as {} but has {}", inQuotes(m_entry), expected, inQuotes(m_key),
                     found));
  }

  std::string_view m_source;
  ParsedModel& m_model;
  std::size_t m_depth = 0;
  std::string m_entry;  ///< key at depth 1: a tensor's name or __metadata__
  std::string m_key;    ///< key at depth 2
  std::string m_typeName;
  bool m_isTextTable = false;    ///< __metadata__ is the object it should be
  bool m_isOddMetadata = false;  ///< it is none, or it holds something else than texts
  Field m_field = Field::Other;
  std::optional<tensor::DType> m_dtype;
  std::optional<std::vector<std::uint64_t>> m_shape, m_offsets;
};

/// The tensors have to cover the data section exactly, as the reference implementation demands.
void checkCoverage(std::span<const TensorInfo> tensors, std::uint64_t dataBytes, std::string_view source) {
  std::vector<std::uint32_t> order(tensors.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [tensors](std::uint32_t a, std::uint32_t b) {
    return std::pair(tensors[a].offset, tensors[a].bytes) < std::pair(tensors[b].offset, tensors[b].bytes);
  });
  std::uint64_t end = 0;
  for (const std::uint32_t index : order) {
    const TensorInfo& tensor = tensors[index];
    if (tensor.offset != end) {
      throw Error(ErrorCode::InvalidFile,
                  fmt::format("{}: the tensor {} should start at offset {} of the data but starts at {}, {}.", source,
                              inQuotes(tensor.name), end, tensor.offset,
                              tensor.offset < end ? "so that tensors overlap" : "which leaves a hole"),
                  tensor.name);
    }
    end += tensor.bytes;
    if (end > dataBytes || end < tensor.bytes) {
      throw Error(ErrorCode::InvalidFile,
                  fmt::format("{}: the tensor {} of {} bytes at offset {} does not fit into the data of {} bytes; the "
                              "file may be incomplete.",
                              source, inQuotes(tensor.name), tensor.bytes, tensor.offset, dataBytes),
                  tensor.name);
    }
  }
  if (end != dataBytes) {
    throw Error(ErrorCode::InvalidFile,
                fmt::format("{}: the tensors take {} bytes but the data section has {}.", source, end, dataBytes));
  }
}

/// PEFT and its relatives keep nothing but the two factors of every matrix.
bool isAdapter(std::span<const TensorInfo> tensors) {
  return !tensors.empty() && std::all_of(tensors.begin(), tensors.end(), [](const TensorInfo& tensor) {
    return tensor.name.find("lora_") != std::string::npos;
  });
}

std::uint64_t readHeaderLength(ByteReader& reader) {
  const auto length = reader.read<std::uint64_t>("the header length");
  if (length > kMaxHeaderBytes) {
    reader.fail(fmt::format("expected a header length of at most {} but found {}", kMaxHeaderBytes, length), 0);
  }
  return length;
}

}  // namespace

bool looksLikeSafetensors(std::span<const std::byte> bytes) {
  if (bytes.size() <= sizeof(std::uint64_t) || bytes[sizeof(std::uint64_t)] != std::byte{'{'}) return false;
  return ByteReader(bytes, "").read<std::uint64_t>("the header length") <= kMaxHeaderBytes;
}

ParsedModel readSafetensors(std::span<const std::byte> bytes, std::string_view source) {
  if (!looksLikeSafetensors(bytes)) throwIfForeign(bytes, source, "a safetensors model");
  ByteReader reader(bytes, source);
  const std::uint64_t length = readHeaderLength(reader);
  const auto header = reader.take(length, "the JSON header");
  const std::string_view json(reinterpret_cast<const char*>(header.data()), header.size());
  if (json.empty() || json.front() != '{') reader.fail("expected a JSON header that starts with \"{\"", sizeof(length));
  ParsedModel model{FileFormat::Safetensors, {}, {}, {}, {}};
  HeaderVisitor visitor(source, model);
  readJson(json, visitor, source, kMaxDepth);
  if (!isValidUtf8(json)) {
    model.warnings.push_back(
        fmt::format("{}: its header is not valid UTF-8; the bytes that are not are shown as \\xNN.", source));
  }
  checkCoverage(model.tensors, reader.remaining(), source);
  for (TensorInfo& tensor : model.tensors) tensor.offset += reader.position();
  if (isAdapter(model.tensors)) model.kind = ModelKind::Adapter;
  return model;
}

std::shared_ptr<const Checkpoint> parseSafetensors(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                                                   const std::string& name) {
  ParsedModel model = readSafetensors(bytes, inQuotes(name));
  model.name = name;
  std::vector<StoredFile> files = {{name, bytes, std::move(owner), nullptr}};
  return std::make_shared<const StoredCheckpoint>(std::move(model), std::move(files), inQuotes(name));
}

}  // namespace core::io
