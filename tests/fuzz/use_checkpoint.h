#pragma once
#include "core/io/checkpoint.h"

/// Calls every accessor of an opened model and reads the first and last byte of every tensor.
/// Aborts when the table breaks its promise: each tensor inside its file, each found under its own name.
void useCheckpoint(const core::io::Checkpoint& model);

/// Calls every accessor of metadata; core::Error from a conversion is expected.
void useMetadata(const core::io::Metadata& metadata);
