#include "core/io/checkpoint.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/io/text_checks.h"

namespace core::io {

std::optional<std::size_t> Checkpoint::find(std::string_view tensorName) const {
  const auto found = m_index.find(tensorName);
  return found == m_index.end() ? std::nullopt : std::optional(found->second);
}

std::uint64_t Checkpoint::parameters() const {
  std::uint64_t sum = 0;
  for (const TensorInfo& tensor : m_tensors) sum += tensor.shape.count();
  return sum;
}

tensor::TensorView Checkpoint::view(std::size_t index) const {
  const TensorInfo& tensor = m_tensors.at(index);
  return {tensor.name, tensor.dtype, tensor.shape, fileContents(tensor.file).subspan(tensor.offset, tensor.bytes),
          shared_from_this()};
}

tensor::TensorView Checkpoint::view(std::string_view tensorName) const {
  const auto index = find(tensorName);
  if (!index) {
    throw Error(ErrorCode::NotFound, fmt::format("{} has no tensor called {}.", inQuotes(m_name), inQuotes(tensorName)),
                std::string(tensorName));
  }
  return view(*index);
}

}  // namespace core::io
