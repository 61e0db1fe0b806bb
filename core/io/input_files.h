#pragma once
#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/io/checkpoint.h"

namespace core::io {

/// What a Hugging Face folder has beside its weights and config.json that is as true of a quantized copy: tokenizer,
/// chat template, defaults of sampling, how an encoder's rows are pooled, the model's card and licence.
inline constexpr const char* kCarriedFiles[] = {"generation_config.json",
                                                "tokenizer.json",
                                                "tokenizer.model",
                                                "tokenizer_config.json",
                                                "special_tokens_map.json",
                                                "added_tokens.json",
                                                "vocab.json",
                                                "merges.txt",
                                                "chat_template.json",
                                                "chat_template.jinja",
                                                "preprocessor_config.json",
                                                "README.md",
                                                "LICENSE",
                                                "modules.json",
                                                "1_Pooling/config.json",
                                                "sentence_bert_config.json",
                                                "config_sentence_transformers.json"};

/// The files a job reads, which its output must not be. Known by device and inode: a hard link, a link or another
/// mount of the same file is the same file.
class InputFiles {
 public:
  InputFiles() = default;
  /// Everything a model was read from, with the files beside it that belong to it (config.json, tokenizer.json, …).
  explicit InputFiles(const Checkpoint& checkpoint) { add(checkpoint); }

  void add(const Checkpoint& checkpoint);
  /// @param what completes "it is …": "the model itself". A path that does not exist protects nothing.
  void add(const std::filesystem::path& path, std::string what);
  /// What add() was told about this file.
  std::optional<std::string> find(dev_t device, ino_t inode) const;

 private:
  struct Entry {
    dev_t device;
    ino_t inode;
    std::string what;
  };
  std::vector<Entry> m_entries;
};

}  // namespace core::io
