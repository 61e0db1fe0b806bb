#include "core/io/sniff.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/io/sniff_server_answer.h"

namespace core::io {

namespace {

constexpr std::string_view kPyTorch =
    "a PyTorch file, which is not supported because reading its pickle can run code; convert it to safetensors";
constexpr std::string_view kPickle =
    "a Python pickle (PyTorch files are such), which is not supported because reading a pickle can run code; convert "
    "it "
    "to safetensors";
constexpr std::string_view kNumPyArchive = "a NumPy archive (.npz); convert it to safetensors";
constexpr std::string_view kZip = "a ZIP archive (PyTorch files are such); unpack it, or convert it to safetensors";

std::string_view textOf(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

struct Known {
  std::size_t at;
  std::string_view magic;
  std::string_view description;
  ErrorCode code = ErrorCode::Unsupported;
};

constexpr Known kKnown[] = {
    {0, "version https://git-lfs", "a Git LFS pointer; the model itself was not downloaded (run git lfs pull)",
     ErrorCode::InvalidFile},
    {0, "version https://hawser", "a Git LFS pointer; the model itself was not downloaded (run git lfs pull)",
     ErrorCode::InvalidFile},
    {0, "/annex/objects/", "a git-annex pointer; the model itself was not downloaded", ErrorCode::InvalidFile},
    {0, "# xet version", "a Xet pointer; the model itself was not downloaded", ErrorCode::InvalidFile},
    {0, "tjgg", "a GGJT file, the predecessor of GGUF; convert the model again"},
    {0, "lmgg", "a GGML file, the predecessor of GGUF; convert the model again"},
    {0, "fmgg", "a GGMF file, the predecessor of GGUF; convert the model again"},
    {0, "algg", "a GGLA file, a LoRA adapter from before GGUF; convert it again"},
    {0, "\x89HDF", "an HDF5 file (Keras); convert it to safetensors"},
    {0, "\x93NUMPY", "a NumPy array (.npy)"},
    {0, "\x80\x02\x8A\x0Al\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19", kPyTorch},
    {0, "\x80\x02", kPickle},
    {0, "\x80\x03", kPickle},
    {0, "\x80\x04", kPickle},
    {0, "\x80\x05", kPickle},
    {0, "\x1F\x8B", "a gzip archive; unpack it first"},
    {0, "BZh", "a bzip2 archive; unpack it first"},
    {0,
     "\xFD"
     "7zXZ",
     "an xz archive; unpack it first"},
    {0, "\x28\xB5\x2F\xFD", "a Zstandard archive; unpack it first"},
    {0, "\x04\x22\x4D\x18", "an LZ4 archive; unpack it first"},
    {0, "7z\xBC\xAF\x27\x1C", "a 7-Zip archive; unpack it first"},
    {0, "Rar!\x1A\x07", "a RAR archive; unpack it first"},
    {257, "ustar", "a tar archive; unpack it first"},
    {4, "TFL3", "a TensorFlow Lite model, which is not supported"},
    {0, "PAR1", "a Parquet file, which holds a data set"},
    {0, "ARROW1", "an Arrow file, which holds a data set"},
    {0, "SQLite format 3", "an SQLite database"},
    {0, "%PDF", "a PDF document"},
    {0, "\x89PNG", "a picture"},
    {0, "\xFF\xD8\xFF", "a picture"},
    {0,
     "\x7F"
     "ELF",
     "a program or a library (ELF)"},
    {0, "#!", "a script"},
};

bool hasAt(std::span<const std::byte> bytes, std::size_t at, std::string_view magic) {
  return bytes.size() >= at + magic.size() && textOf(bytes.subspan(at, magic.size())) == magic;
}

/// What a ZIP archive holds, by the names in its first entry and in the directory at its end.
std::string_view describeZip(std::span<const std::byte> bytes) {
  constexpr std::size_t kDirectoryBytes = 65536;
  const std::string_view first = textOf(bytes.first(std::min<std::size_t>(bytes.size(), 512)));
  const std::string_view last = textOf(bytes.last(std::min(bytes.size(), kDirectoryBytes)));
  const auto holds = [&](std::string_view name) {
    return first.find(name) != std::string_view::npos || last.find(name) != std::string_view::npos;
  };
  if (holds("/data.pkl") || holds("constants.pkl") || holds(".data/serialization_id")) return kPyTorch;
  if (holds(".npy")) return kNumPyArchive;
  return kZip;
}

/// ONNX is a bare protobuf message: the version of its format, then another of its first fields.
bool looksLikeOnnx(std::span<const std::byte> bytes) {
  constexpr int kVersionField = 0x08, kLargestVersion = 30;
  constexpr std::array kNextFields = {0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42};  // producer … graph, operator sets
  if (bytes.size() < 16 || std::to_integer<int>(bytes[0]) != kVersionField) return false;
  const int version = std::to_integer<int>(bytes[1]), next = std::to_integer<int>(bytes[2]);
  return version >= 1 && version <= kLargestVersion &&
         std::find(kNextFields.begin(), kNextFields.end(), next) != kNextFields.end();
}

}  // namespace

std::optional<ForeignFile> recognizeForeign(std::span<const std::byte> bytes) {
  if (hasAt(bytes, 0, "PK\x03\x04") || hasAt(bytes, 0, "PK\x05\x06")) {
    return ForeignFile{std::string(describeZip(bytes)), ErrorCode::Unsupported};
  }
  for (const Known& known : kKnown) {
    if (hasAt(bytes, known.at, known.magic)) return ForeignFile{std::string(known.description), known.code};
  }
  if (looksLikeOnnx(bytes)) {
    return ForeignFile{"an ONNX model, which is not supported; convert it to safetensors", ErrorCode::Unsupported};
  }
  if (auto answer = recognizeServerAnswer(textOf(bytes)))
    return ForeignFile{std::move(*answer), ErrorCode::InvalidFile};
  return std::nullopt;
}

void throwIfForeign(std::span<const std::byte> bytes, std::string_view source, std::string_view expected) {
  if (const auto foreign = recognizeForeign(bytes)) {
    throw Error(foreign->code, fmt::format("{}: expected {} but found {}.", source, expected, foreign->description),
                "byte 0");
  }
}

}  // namespace core::io
