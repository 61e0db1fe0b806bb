#include "core/io/gguf.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <utility>

#include "core/base/checked_math.h"
#include "core/base/error.h"
#include "core/base/utf8.h"
#include "core/io/byte_reader.h"
#include "core/io/sniff.h"
#include "core/io/text_checks.h"
#include "core/tensor/foreign_types.h"

namespace core::io {

namespace {

constexpr std::string_view kMagic = "GGUF";
constexpr std::uint32_t kUsualDimensions = 4;  // what ggml can compute with
constexpr std::uint32_t kMaxDimensions = 64;   // what is listed
constexpr std::uint32_t kDefaultAlignment = 32;
constexpr std::size_t kMaxArrayDepth = 4;
constexpr std::uint64_t kMaxKeyBytes = 65535;
constexpr std::uint32_t kTl2OfBitNet = 39;
/// Fewest bytes a metadata entry (empty string value excluded: u8) and a tensor entry can take, to bound their counts.
constexpr std::uint64_t kMinEntryBytes = 8 + 1 + 4 + 1;
constexpr std::uint64_t kMinTensorBytes = 8 + 1 + 4 + 4 + 8;

class GgufParser {
 public:
  GgufParser(std::span<const std::byte> bytes, std::string_view source)
      : m_bytes(bytes), m_source(source), m_reader(bytes, source) {}

  ParsedModel parse() {
    readHeader();
    for (std::uint64_t i = 0; i < m_metadataCount; ++i) readEntry();
    const std::uint64_t alignment = readAlignment();
    m_model.name = textOf("general.name");
    m_model.architecture = textOf("general.architecture");
    for (std::uint64_t i = 0; i < m_tensorCount; ++i) readTensor();
    placeTensors(alignment);
    m_model.kind = kindOf();
    if (m_badTexts != 0) {
      m_model.warnings.push_back(
          fmt::format("{}: {} of its strings are not valid UTF-8, first {}; their bytes are shown as \\xNN.", m_source,
                      m_badTexts, m_firstBadText));
    }
    return std::move(m_model);
  }

 private:
  void readHeader() {
    if (m_bytes.size() < kMagic.size()) throwIfForeign(m_bytes, m_source, "a GGUF model");
    const auto magic = m_reader.take(kMagic.size(), "the magic \"GGUF\"");
    const std::string_view found(reinterpret_cast<const char*>(magic.data()), magic.size());
    if (found != kMagic) throwIfForeign(m_bytes, m_source, "a GGUF model");
    if (found != kMagic) m_reader.fail(fmt::format("expected the magic \"GGUF\" but found {}", inQuotes(found)), 0);
    const auto version = m_reader.read<std::uint32_t>("the version");
    if (version != 2 && version != 3) throwVersion(version);
    m_tensorCount = readCount("tensor", kMinTensorBytes);
    m_metadataCount = readCount("metadata", kMinEntryBytes);
  }

  [[noreturn]] void throwVersion(std::uint32_t version) const {
    // A version of a few units in the other byte order.
    if ((version & 0xFFFFU) == 0 && version != 0) {
      throw Error(ErrorCode::Unsupported,
                  fmt::format("{}: this GGUF file is big-endian; only little-endian files can be opened.", m_source),
                  "byte 4");
    }
    throw Error(ErrorCode::Unsupported,
                fmt::format("{}: expected GGUF version 2 or 3 but found version {} at byte 4.", m_source, version),
                "byte 4");
  }

  /// A count of things of which each takes at least `minBytes` of the rest of the file.
  std::uint64_t readCount(std::string_view what, std::uint64_t minBytes) {
    const std::uint64_t start = m_reader.position();
    const auto count = m_reader.read<std::uint64_t>(fmt::format("the {} count", what));
    if (count > m_reader.remaining() / minBytes) {
      m_reader.fail(fmt::format("the {} count is {}, more than the remaining {} bytes can hold", what, count,
                                m_reader.remaining()),
                    start);
    }
    return count;
  }

  /// A string that should be UTF-8: one that is not does not make the file unreadable.
  /// @param stored gets the bytes of one that is not
  std::string readText(std::string_view what, std::optional<std::string>& stored) {
    const std::string_view text = m_reader.string(what);
    if (!noteIfBad(text, what)) return std::string(text);
    stored = text;
    return escapeInvalidUtf8(text);
  }

  /// @return whether the text is not UTF-8
  bool noteIfBad(std::string_view text, std::string_view what) {
    if (isValidUtf8(text)) return false;
    if (m_badTexts++ == 0) m_firstBadText = fmt::format("{} {}", what, inQuotes(text));
    return true;
  }

  /// A text that only tells people something: of another type, it is as good as none.
  std::string textOf(std::string_view key) {
    const MetadataValue* const value = m_model.metadata.find(key);
    if (value == nullptr) return {};
    if (const auto* text = std::get_if<std::string>(value)) return *text;
    m_model.warnings.push_back(
        fmt::format("{}: {} should be a text but is {}.", m_source, inQuotes(key), toDisplayText(*value)));
    return {};
  }

  ModelKind kindOf() {
    const std::string type = textOf("general.type");
    if (type == "adapter" || m_model.metadata.find("adapter.type") != nullptr) return ModelKind::Adapter;
    if (type == "mmproj" || m_model.architecture == "clip") return ModelKind::Projector;
    if (type == "imatrix") return ModelKind::ImportanceMatrix;
    if (m_model.architecture == "controlvector") return ModelKind::ControlVector;
    const bool isVocabulary = m_model.tensors.empty() && m_model.metadata.find("tokenizer.ggml.tokens") != nullptr;
    return isVocabulary ? ModelKind::Vocabulary : ModelKind::Model;
  }

  MetadataType readType(std::string_view what) {
    const std::uint64_t start = m_reader.position();
    const auto type = m_reader.read<std::uint32_t>(what);
    if (type > static_cast<std::uint32_t>(MetadataType::F64)) {
      m_reader.fail(fmt::format("{} should be 0…12 but is {}", what, type), start);
    }
    return static_cast<MetadataType>(type);
  }

  void readEntry() {
    const std::uint64_t start = m_reader.position();
    MetadataEntry entry{};
    entry.key = readText("a metadata key", entry.storedKey);
    const std::string& key = entry.key;
    const std::size_t keyBytes = entry.storedKey ? entry.storedKey->size() : key.size();
    if (keyBytes == 0 || keyBytes > kMaxKeyBytes) {
      m_reader.fail(fmt::format("a metadata key should have 1…{} bytes but has {}", kMaxKeyBytes, keyBytes), start);
    }
    const std::string what = "the value of key " + inQuotes(key);
    entry.type = readType("the type of " + what);
    if (entry.type == MetadataType::String) {
      entry.value = readText(what, entry.storedText);
    } else {
      entry.value = readValue(entry.type, what);
    }
    m_model.metadata.add(std::move(entry));
  }

  /// A value of any type but String.
  MetadataValue readValue(MetadataType type, std::string_view what) {
    switch (type) {
      case MetadataType::U8:
        return std::uint64_t{m_reader.read<std::uint8_t>(what)};
      case MetadataType::I8:
        return std::int64_t{m_reader.read<std::int8_t>(what)};
      case MetadataType::U16:
        return std::uint64_t{m_reader.read<std::uint16_t>(what)};
      case MetadataType::I16:
        return std::int64_t{m_reader.read<std::int16_t>(what)};
      case MetadataType::U32:
        return std::uint64_t{m_reader.read<std::uint32_t>(what)};
      case MetadataType::I32:
        return std::int64_t{m_reader.read<std::int32_t>(what)};
      case MetadataType::F32:
        return static_cast<double>(m_reader.read<float>(what));
      case MetadataType::Bool:
        return readBool(what);
      case MetadataType::Array:
        return readArray(what);
      case MetadataType::U64:
        return m_reader.read<std::uint64_t>(what);
      case MetadataType::I64:
        return m_reader.read<std::int64_t>(what);
      case MetadataType::F64:
        return m_reader.read<double>(what);
      case MetadataType::String:
        break;
    }
    m_reader.fail(fmt::format("{} has an unknown type", what));
  }

  bool readBool(std::string_view what) {
    const std::uint64_t start = m_reader.position();
    const auto value = m_reader.read<std::uint8_t>(what);
    if (value > 1) m_reader.fail(fmt::format("{} should be the truth value 0 or 1 but is {}", what, value), start);
    return value == 1;
  }

  MetadataArray readArray(std::string_view what) {
    const MetadataType type = readType(fmt::format("the element type of {}", what));
    const auto count = m_reader.read<std::uint64_t>(fmt::format("the element count of {}", what));
    const std::uint64_t start = m_reader.position();
    ByteReader look = m_reader;  // walks over the elements once; the array then takes the same bytes whole
    skipElements(look, type, count, what, 1);
    return {type, count, m_reader.take(look.position() - start, what)};
  }

  void skipElements(ByteReader& reader, MetadataType type, std::uint64_t count, std::string_view what,
                    std::size_t depth) {
    const std::uint64_t size = fixedSize(type);
    const std::uint64_t leastSize = size != 0 ? size : type == MetadataType::String ? 8 : 12;
    if (count > reader.remaining() / leastSize) {
      reader.fail(fmt::format("{} claims {} elements, more than the remaining {} bytes can hold", what, count,
                              reader.remaining()));
    }
    if (depth > kMaxArrayDepth) {
      reader.fail(fmt::format("{} nests arrays more than {} deep", what, kMaxArrayDepth));
    }
    if (type == MetadataType::String) {
      for (std::uint64_t i = 0; i < count; ++i) noteIfBad(reader.string(what), what);
    } else if (type == MetadataType::Array) {
      for (std::uint64_t i = 0; i < count; ++i) skipArray(reader, what, depth);
    } else {
      const std::uint64_t first = reader.position();
      const auto bytes = reader.take(count * size, what);
      if (type == MetadataType::Bool) checkBools(bytes, what, first);
    }
  }

  void skipArray(ByteReader& reader, std::string_view what, std::size_t depth) {
    const std::uint64_t start = reader.position();
    const auto type = reader.read<std::uint32_t>(what);
    if (type > static_cast<std::uint32_t>(MetadataType::F64)) {
      reader.fail(fmt::format("the type of an array inside {} should be 0…12 but is {}", what, type), start);
    }
    const auto count = reader.read<std::uint64_t>(what);
    skipElements(reader, static_cast<MetadataType>(type), count, what, depth + 1);
  }

  void checkBools(std::span<const std::byte> bytes, std::string_view what, std::uint64_t first) const {
    const auto bad = std::find_if(bytes.begin(), bytes.end(), [](std::byte value) { return value > std::byte{1}; });
    if (bad == bytes.end()) return;
    m_reader.fail(fmt::format("{} should hold truth values 0 or 1 but holds {}", what, std::to_integer<int>(*bad)),
                  first + static_cast<std::uint64_t>(bad - bytes.begin()));
  }

  std::uint64_t readAlignment() const {
    const auto alignment = m_model.metadata.unsignedInteger("general.alignment").value_or(kDefaultAlignment);
    if (!std::has_single_bit(alignment)) {
      throw Error(ErrorCode::InvalidFile,
                  fmt::format("{}: \"general.alignment\" should be a power of two but is {}.", m_source, alignment),
                  "general.alignment");
    }
    return alignment;
  }

  void readTensor() {
    const std::uint64_t start = m_reader.position();
    std::optional<std::string> stored;
    const std::string name = readText("a tensor name", stored);
    if (name.empty()) m_reader.fail("a tensor has an empty name", start);
    const std::string what = "the tensor " + inQuotes(name);
    TensorInfo tensor{name, tensor::DType::Unknown, readShape(what)};
    tensor.storedName = std::move(stored);
    readDType(tensor, what);
    tensor.offset = m_reader.read<std::uint64_t>("the offset of " + what);
    if (tensor.dtype != tensor::DType::Unknown) tensor.bytes = bytesOf(tensor, what);
    if (tensor.shape.rank() == 0 || tensor.shape.rank() > kUsualDimensions) {
      tensor.unreadable =
          fmt::format("it has {} dimensions, and GGUF has 1 to {}", tensor.shape.rank(), kUsualDimensions);
    }
    m_model.tensors.push_back(std::move(tensor));
  }

  tensor::Shape readShape(const std::string& what) {
    const std::uint64_t start = m_reader.position();
    const auto dimensions = m_reader.read<std::uint32_t>("the number of dimensions of " + what);
    if (dimensions > kMaxDimensions) {
      m_reader.fail(fmt::format("{} should have 1…{} dimensions but has {}", what, kUsualDimensions, dimensions),
                    start);
    }
    std::vector<std::uint64_t> extents(dimensions);
    for (std::uint64_t& extent : extents) extent = m_reader.read<std::uint64_t>("the shape of " + what);
    std::reverse(extents.begin(), extents.end());
    return tensor::Shape(std::move(extents));
  }

  void readDType(TensorInfo& tensor, const std::string& what) {
    const auto type = m_reader.read<std::uint32_t>("the type of " + what);
    // BitNet's fork took the number that ggml gave to MXFP4 later.
    const bool isBitNets = type == kTl2OfBitNet && m_model.architecture.starts_with("bitnet");
    if (isBitNets) {
      tensor.typeName = "tl2";
      tensor.unreadable = "its type tl2 of BitNet cannot be decoded";
    } else if (const auto dtype = tensor::fromGgmlType(type)) {
      tensor.dtype = *dtype;
      // An activation format, which no program stores on purpose and none decodes.
      if (*dtype == tensor::DType::Q8_1) tensor.unreadable = "its type q8_1 is for activations and cannot be decoded";
    } else if (const auto foreign = tensor::foreignGgmlType(type)) {
      tensor.typeName = foreign->name;
      tensor.unreadable = fmt::format("its type {} {} cannot be decoded", foreign->name, foreign->origin);
    } else {
      tensor.typeName = fmt::format("type {}", type);
      tensor.unreadable = fmt::format("its type number {} is not known", type);
    }
  }

  std::uint64_t bytesOf(const TensorInfo& tensor, const std::string& what) const {
    if (const auto bytes = tensor::storageBytes(tensor.dtype, tensor.shape)) return *bytes;
    const tensor::DTypeInfo& layout = tensor::info(tensor.dtype);
    if (tensor.shape.rowValues() % layout.blockValues != 0) {
      throwAt(tensor, fmt::format("{} of type {} should have rows of whole blocks of {} values but its shape is {}",
                                  what, layout.name, layout.blockValues, tensor.shape.toString()));
    }
    throwAt(tensor, fmt::format("{} has the shape {}, which has more values than 64 bits can count", what,
                                tensor.shape.toString()));
  }

  [[noreturn]] void throwAt(const TensorInfo& tensor, std::string_view detail) const {
    throw Error(ErrorCode::InvalidFile, fmt::format("{}: {}.", m_source, detail), tensor.name);
  }

  /// Turns offsets into the data section into offsets into the file, checking each range.
  void placeTensors(std::uint64_t alignment) {
    if (m_model.tensors.empty()) return;
    const auto dataStart = checkedAlignUp(m_reader.position(), alignment);
    if (!dataStart || *dataStart > m_bytes.size()) {
      m_reader.fail(fmt::format("the file ends before its data section, which is aligned to {} bytes", alignment));
    }
    const std::uint64_t dataBytes = m_bytes.size() - *dataStart;
    measureUnknown(dataBytes);
    for (TensorInfo& tensor : m_model.tensors) {
      if (tensor.offset % alignment != 0) {
        throwAt(tensor, fmt::format("the tensor {} should start at a multiple of {} bytes but starts at {}",
                                    inQuotes(tensor.name), alignment, tensor.offset));
      }
      if (tensor.offset > dataBytes || tensor.bytes > dataBytes - tensor.offset) {
        throwAt(tensor, fmt::format("the tensor {} of {} bytes at offset {} does not fit into the data section of {} "
                                    "bytes; the file may be incomplete",
                                    inQuotes(tensor.name), tensor.bytes, tensor.offset, dataBytes));
      }
      tensor.offset += *dataStart;
    }
    throwIfOverlapping(m_model.tensors, m_source);
  }

  /// A tensor of an unknown type reaches to the next tensor, or to the end of the data.
  void measureUnknown(std::uint64_t dataBytes) {
    std::vector<std::uint64_t> starts = {dataBytes};
    for (const TensorInfo& tensor : m_model.tensors) starts.push_back(tensor.offset);
    std::sort(starts.begin(), starts.end());
    for (TensorInfo& tensor : m_model.tensors) {
      if (tensor.dtype != tensor::DType::Unknown || tensor.shape.isEmpty()) continue;
      const auto next = std::upper_bound(starts.begin(), starts.end(), tensor.offset);
      if (next != starts.end()) tensor.bytes = *next - tensor.offset;
    }
  }

  std::span<const std::byte> m_bytes;
  std::string_view m_source;
  ByteReader m_reader;
  std::uint64_t m_tensorCount = 0;
  std::uint64_t m_metadataCount = 0;
  std::uint64_t m_badTexts = 0;  ///< strings that are not UTF-8
  std::string m_firstBadText;
  ParsedModel m_model{FileFormat::Gguf, {}, {}, {}, {}};
};

}  // namespace

bool looksLikeGguf(std::span<const std::byte> bytes) {
  return bytes.size() >= kMagic.size() && std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) == 0;
}

ParsedModel readGguf(std::span<const std::byte> bytes, std::string_view source) {
  return GgufParser(bytes, source).parse();
}

std::shared_ptr<const Checkpoint> parseGguf(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                                            const std::string& name) {
  ParsedModel model = readGguf(bytes, inQuotes(name));
  if (model.name.empty()) model.name = name;
  std::vector<StoredFile> files = {{name, bytes, std::move(owner), nullptr}};
  return std::make_shared<const StoredCheckpoint>(std::move(model), std::move(files), inQuotes(name));
}

}  // namespace core::io
