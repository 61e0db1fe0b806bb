#pragma once
#include <QString>

namespace app {

/// Writes a model of sixty blocks with tiny widths, random weights, a long name and the demo model's tokenizer: real
/// numbers of layers and tensors for screenshots, in two megabytes.
/// @throws core::Error
void writeDeepModel(const QString& path);

}  // namespace app
