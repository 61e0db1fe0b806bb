#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/job_context.h"
#include "core/io/metadata.h"
#include "core/tensor/tensor_view.h"

namespace core::io {

enum class FileFormat { Gguf, Safetensors };

/// What the tensors of a file are for. Everything but a Model opens for inspection only.
enum class ModelKind : std::uint8_t { Model, Adapter, Projector, Vocabulary, ImportanceMatrix, ControlVector };
/// For programs: "model", "adapter", "importance_matrix".
std::string_view name(ModelKind kind);
/// For people, to follow "is": "a LoRA adapter".
std::string_view describe(ModelKind kind);

/// A weight that its program stored in pieces and this one assembles (quant::loadTensor).
enum class Assembly : std::uint8_t {
  None,
  Bitsandbytes4,   ///< NF4 or FP4: NAME holds codes; NAME.absmax, NAME.quant_map, NAME.quant_state… lie beside it
  Bitsandbytes8,   ///< rows of LLM.int8(): NAME.weight and NAME.SCB
  Gptq,            ///< NAME.qweight, NAME.scales, NAME.qzeros, NAME.g_idx
  Awq,             ///< the same names, packed along the outputs (or, for its matrix-vector kernels, along the inputs)
  PackedIntegers,  ///< compressed-tensors: NAME.weight_packed, NAME.weight_scale, NAME.weight_shape…
  ScaledElements,  ///< FP8 or INT8 elements in NAME.weight and scales for tensor, row or tile beside it
  PackedFp4,       ///< NVFP4 and MXFP4 of compressed-tensors and ModelOpt: two codes to a byte, scales beside them
  Mxfp4Blocks,     ///< gpt-oss: NAME_blocks and NAME_scales
  Hqq,             ///< NAME.W_q, NAME.scale, NAME.zero…
  Turned           ///< plain elements, stored with the inputs as rows (turned_matrices.h): nothing lies beside them
};

/// One row of a checkpoint's tensor table: a tensor as the file has it, or a weight that is assembled from several.
/// Such a weight has the name its model knows it by ("….q_proj.weight"), and stands where its codes are.
struct TensorInfo {
  std::string name;        ///< bytes that are no UTF-8 as \xNN
  tensor::DType dtype;     ///< of the stored elements; Unknown when this program has no such type
  tensor::Shape shape;     ///< of the weights: of packed codes, what they unpack to
  std::uint64_t offset{};  ///< of the first byte, from the start of its file
  std::uint64_t bytes{};
  std::uint32_t file{};                ///< index into Checkpoint::files()
  std::string typeName = {};           ///< for people: "bf16", "q4_k", "i2_s", "NF4, packed"
  std::string unreadable = {};         ///< empty, or why the bytes are no weights (a clause, see TensorView)
  tensor::Shape storedShape = {};      ///< as the file gives it; differs from `shape` for packed codes and Turned
  std::uint64_t parameters = 0;        ///< weights of the model it holds: 0 for the scales beside packed codes
  Assembly assembly = Assembly::None;  ///< how its weights come together
  std::string pieceOf = {};            ///< the tensor whose weights this one helps to assemble
  std::optional<std::string> storedName = {};  ///< the bytes of a name that is no UTF-8, for writers
  std::string codesName = {};                  ///< what the file calls the codes where the weight has another name
  bool isReadable() const { return unreadable.empty(); }
};

/// The bytes of a file beside the tensors, and what keeps them.
struct SideFile {
  std::string name;  ///< "tokenizer.json"
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;
};

/// An opened model: metadata and a table of tensors over read-only mapped bytes. It knows nothing of quantization.
/// Immutable after opening; every tensor's range has been checked to lie inside its file and overlap no other.
class Checkpoint : public std::enable_shared_from_this<Checkpoint> {
 public:
  virtual ~Checkpoint() = default;

  const std::string& name() const { return m_name; }  ///< file or folder name, or general.name
  FileFormat format() const { return m_format; }
  /// general.architecture of GGUF or model_type of config.json; empty when unknown.
  const std::string& architecture() const { return m_architecture; }
  ModelKind kind() const { return m_kind; }
  /// What could not be read but did not keep the model from opening: complete sentences for the model card.
  std::span<const std::string> warnings() const { return m_warnings; }
  const Metadata& metadata() const { return m_metadata; }
  std::span<const TensorInfo> tensors() const { return m_tensors; }
  /// By its name, or by what the file calls its codes.
  std::optional<std::size_t> find(std::string_view tensorName) const;
  /// A file of a Hugging Face folder that others than this folder's readers understand: "tokenizer.json". Null when
  /// there is none.
  const SideFile* sideFile(std::string_view name) const;
  const std::vector<std::filesystem::path>& files() const { return m_files; }
  std::uint64_t fileBytes() const { return m_fileBytes; }
  /// Sum of all tensors' parameters: packed codes count the weights they unpack to, their scales count nothing.
  std::uint64_t parameters() const;
  /// The tensor's bytes in the mapping, kept alive by the view. @pre index < tensors().size()
  tensor::TensorView view(std::size_t index) const;
  /// @throws Error (NotFound) naming the tensor.
  tensor::TensorView view(std::string_view tensorName) const;

 protected:
  virtual std::span<const std::byte> fileContents(std::uint32_t file) const = 0;

  std::string m_name;
  FileFormat m_format = FileFormat::Gguf;
  std::string m_architecture;
  ModelKind m_kind = ModelKind::Model;
  std::vector<std::string> m_warnings;
  Metadata m_metadata;
  std::vector<TensorInfo> m_tensors;
  std::vector<SideFile> m_sideFiles;
  std::vector<std::filesystem::path> m_files;
  std::uint64_t m_fileBytes = 0;
  std::unordered_map<std::string_view, std::size_t> m_index;  ///< views into m_tensors' names
};

/// Opens a GGUF file (any part of a split one), a safetensors file (any shard), a *.safetensors.index.json, the
/// manifest of an Ollama model, or a folder that holds one of them; a folder of the Hugging Face cache and an Ollama
/// store are such folders. Chosen by content (magic), not by name. What is odd beside or inside it becomes a warning.
/// @throws Error with one sentence naming file, what was expected, what was found and where.
std::shared_ptr<const Checkpoint> openCheckpoint(const std::filesystem::path& path,
                                                 const JobContext& job = JobContext());

}  // namespace core::io
