#include <fmt/format.h>

#include <charconv>
#include <cstring>

#include "core/base/error.h"
#include "core/io/checkpoint.h"
#include "core/io/mapped_file.h"
#include "core/io/safetensors.h"
#include "core/io/safetensors_writer.h"
#include "core/train/trainer.h"

namespace core::train {

namespace {

constexpr const char* kDone = "trainer.steps_done";

/// A piece of the state as a tensor of the file.
struct Piece {
  std::string name;
  tensor::DType dtype;
  std::span<std::byte> data;
};

std::vector<Piece> piecesOf(std::span<Parameter> parameters, AdamW& optimizer) {
  std::vector<Piece> pieces;
  for (Parameter& parameter : parameters)
    pieces.push_back(
        {"parameter." + parameter.name, tensor::DType::F32, std::as_writable_bytes(std::span(parameter.values))});
  for (const AdamW::Piece& piece : optimizer.pieces())
    pieces.push_back({"optimizer." + piece.name, piece.isBytes ? tensor::DType::U8 : tensor::DType::F32, piece.data});
  return pieces;
}

std::uint64_t elements(const Piece& piece) {
  return piece.dtype == tensor::DType::F32 ? piece.data.size() / sizeof(float) : piece.data.size();
}

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& clause) {
  throw Error(ErrorCode::InvalidFile, fmt::format("'{}' is no state of this training run: {}.", path.string(), clause));
}

}  // namespace

void Trainer::save(const std::filesystem::path& path, const std::map<std::string, std::string>& metadata) {
  io::SafetensorsWriter writer(io::OutputFile{path});
  const std::vector<Piece> pieces = piecesOf(m_model.parameters(), m_optimizer);
  for (const Piece& piece : pieces) writer.declareTensor(piece.name, piece.dtype, {elements(piece)});
  writer.addMetadata(kDone, std::to_string(m_done));
  for (const auto& [key, value] : metadata) writer.addMetadata(key, value);
  for (const Piece& piece : pieces) writer.append(piece.data);
  writer.finish();
}

std::map<std::string, std::string> Trainer::restore(const std::filesystem::path& path, const JobContext& job) {
  const auto bytes = std::make_shared<io::MappedFile>(path);
  const std::shared_ptr<const io::Checkpoint> file =
      io::parseSafetensors(bytes->contents(), bytes, path.filename().string());
  std::map<std::string, std::string> metadata;
  for (const io::MetadataEntry& entry : file->metadata().entries())
    if (const auto* text = std::get_if<std::string>(&entry.value)) metadata[entry.key] = *text;
  std::uint64_t done = 0;
  const std::string& said = metadata[kDone];
  const auto [end, error] = std::from_chars(said.data(), said.data() + said.size(), done);
  if (error != std::errc() || end != said.data() + said.size() || done > m_settings.steps)
    refuse(path, "it does not say how many steps were made, or more than the run has");
  const std::vector<Piece> pieces = piecesOf(m_model.parameters(), m_optimizer);
  std::vector<tensor::TensorView> stored;
  for (const Piece& piece : pieces) {
    const std::optional<std::size_t> index = file->find(piece.name);
    if (!index) refuse(path, fmt::format("'{}' is missing", piece.name));
    const io::TensorInfo& info = file->tensors()[*index];
    if (info.dtype != piece.dtype || info.bytes != piece.data.size())
      refuse(path, fmt::format("'{}' has another type or size", piece.name));
    stored.push_back(file->view(*index));
    job.throwIfCancelled();
  }
  if (file->tensors().size() != pieces.size()) refuse(path, "it has more in it than the run's parameters");
  bytes->throwIfShortened();
  for (std::size_t i = 0; i < pieces.size(); ++i)
    std::memcpy(pieces[i].data.data(), stored[i].bytes.data(), pieces[i].data.size());
  metadata.erase(kDone);
  m_done = done;
  return metadata;
}

}  // namespace core::train
