#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "core/io/checkpoint.h"
#include "core/io/gguf_writer.h"

namespace support {

/// Writes a GGUF file's tensors and metadata with a vocabulary of as many pieces as it has tokens: letters, signs and
/// made-up syllables, so that texts can be read and written with a model that has none.
inline void writeWithVocabulary(const std::filesystem::path& from, const std::filesystem::path& to) {
  const auto checkpoint = core::io::openCheckpoint(from);
  const std::size_t count = checkpoint->view("token_embd.weight").shape[0];
  std::vector<std::string> pieces{"<unk>", "<s>", "</s>", "\u2581"};
  for (char letter = 'a'; letter <= 'z'; ++letter) pieces.emplace_back(1, letter);
  for (const char* sign : {".", ",", "?", "!", "\u2581a", "th", "er"}) pieces.emplace_back(sign);
  for (std::size_t i = pieces.size(); i < count; ++i) pieces.push_back("q" + std::to_string(i));
  pieces.resize(count);
  std::vector<float> scores(count);
  std::vector<std::int32_t> types(count, 1);  // normal
  for (std::size_t i = 0; i < count; ++i) scores[i] = -static_cast<float>(i);
  types[0] = 2;             // unknown
  types[1] = types[2] = 3;  // control

  core::io::GgufWriter writer{core::io::OutputFile(to)};
  for (const auto& entry : checkpoint->metadata().entries())
    if (!entry.key.starts_with("tokenizer.")) writer.addEntry(entry);
  writer.addString("tokenizer.ggml.model", "llama");
  writer.addStrings("tokenizer.ggml.tokens", pieces);
  writer.addF32s("tokenizer.ggml.scores", scores);
  writer.addI32s("tokenizer.ggml.token_type", types);
  writer.addU32("tokenizer.ggml.unknown_token_id", 0);
  writer.addU32("tokenizer.ggml.bos_token_id", 1);
  writer.addU32("tokenizer.ggml.eos_token_id", 2);
  for (const auto& tensor : checkpoint->tensors()) writer.declareTensor(tensor.name, tensor.dtype, tensor.shape);
  for (std::size_t i = 0; i < checkpoint->tensors().size(); ++i) writer.append(checkpoint->view(i).bytes);
  writer.finish();
}

}  // namespace support
