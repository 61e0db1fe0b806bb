#pragma once
#include <string>

#include "core/base/job_context.h"
#include "core/io/checkpoint.h"

namespace core::calibrate {

/// 16 hexadecimal digits that stand for everything a model computes with: metadata, names, types, shapes and every byte
/// of its tensors, wherever its files lie. Reads all of it, in parallel. @throws Error (Io), Cancelled
std::string modelHash(const io::Checkpoint& checkpoint, const JobContext& job = JobContext());

}  // namespace core::calibrate
