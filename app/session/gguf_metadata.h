#pragma once
#include <vector>

#include "app/session/quantize_plan.h"
#include "core/io/gguf_writer.h"

namespace app {

/// Gives a quantized file the metadata of its source, but for what is true of the source alone: the file type and the
/// version of the quantization say what the new file holds, or nothing (a recipe that is a file type is that file
/// type); the keys of a split model and of the importance matrix that made the source are left out.
void copyMetadata(const core::io::Checkpoint& source, const core::model::Recipe& recipe,
                  const std::vector<QuantizedFileRow>& rows, core::io::GgufWriter& writer);

/// What the new file holds: its file type, the version of its blocks, the importance matrix it was made with.
void describeQuantization(const core::io::Checkpoint& source, const core::model::Recipe& recipe,
                          const std::vector<QuantizedFileRow>& rows, core::io::GgufWriter& writer);

}  // namespace app
