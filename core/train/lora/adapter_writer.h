#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/base/job_context.h"
#include "core/io/checkpoint.h"
#include "core/io/input_files.h"
#include "core/train/lora/lora_model.h"

namespace core::train {

/// Factors of one matrix, to be written.
struct NewAdapterPair {
  std::string target;  ///< the matrix by its name in the open model, whose order B's rows have
  std::uint64_t in = 0, out = 0;
  std::span<const float> a, b;  ///< A [rank, in], B [out, rank]
};

struct NewAdapter {
  std::string name;  ///< for people
  std::vector<NewAdapterPair> pairs;
  std::uint32_t rank = 0;
  double alpha = 0.0;
  double dropout = 0.0;  ///< that it was trained with: told on, where the format has a place for it
  bool isBf16 = false;   ///< factors are stored as BF16, else as FP32
};

/// A model's factors as they are now. They are the model's own: it must outlive this and not change meanwhile.
NewAdapter newAdapter(LoraModel& model, std::string name);

/// A folder as PEFT makes it (adapter_config.json, adapter_model.safetensors), which appears whole or not at all: names
/// and order of rows are those of Hugging Face, also where the open model is a GGUF file.
/// @param inputs what the folder must not be
/// @throws Error (Unsupported) for a matrix without a name there, (Io, NotFound, InvalidArgument) as io::OutputFolder
void writePeftAdapter(const NewAdapter& adapter, const io::Checkpoint& open, const std::filesystem::path& folder,
                      const io::InputFiles& inputs = {});

/// A GGUF file as llama.cpp's convert_lora_to_gguf.py makes it, for its --lora: names and order of rows are those of
/// GGUF, also where the open model is a folder.
/// @throws Error as the other, of io::OutputFile
void writeGgufAdapter(const NewAdapter& adapter, const io::Checkpoint& open, const std::filesystem::path& file,
                      const io::InputFiles& inputs = {});

}  // namespace core::train
