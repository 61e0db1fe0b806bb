#pragma once
#include <span>
#include <string>
#include <vector>

#include "app/remote/remote_model.h"

namespace app::remote {

/// What the files of a repository can be run as, by their names, without having read one: each quantization of GGUF
/// files (all parts of a split one together; projectors and importance matrices are none), and the safetensors at the
/// top of the repository with configuration, tokenizer and template. Smallest first.
/// @param repository names them: "hf:OWNER/NAME"  @param url for sentences
std::vector<RemoteVariant> variantsOf(std::span<const RemoteFile> files, const std::string& repository);

/// The one a person means: by its name in any case, by a file's path, or the only one.
/// @throws core::Error (NotFound, InvalidArgument) listing what there is
const RemoteVariant& chosenVariant(const RemoteModel& model, const std::string& wanted);

/// Bits of one weight that a quantization's name promises, roughly: 4.5 for Q4_…, 16 for BF16; 0 where it says nothing.
double bitsInName(const std::string& quantization);

}  // namespace app::remote
