#include "core/io/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "core/base/checked_math.h"
#include "core/base/error.h"
#include "core/io/text_checks.h"

namespace core::io {

namespace {

struct KindText {
  std::string_view name, description;
};

/// In the order of the enumeration.
constexpr std::array kKinds = {KindText{"model", "a model"},
                               KindText{"adapter", "a LoRA adapter"},
                               KindText{"projector", "a multimodal projector (mmproj)"},
                               KindText{"vocabulary", "a vocabulary without weights"},
                               KindText{"importance_matrix", "an importance matrix"},
                               KindText{"control_vector", "a control vector"}};
static_assert(kKinds.size() == static_cast<std::size_t>(ModelKind::ControlVector) + 1);

}  // namespace

std::string_view name(ModelKind kind) { return kKinds[static_cast<std::size_t>(kind)].name; }
std::string_view describe(ModelKind kind) { return kKinds[static_cast<std::size_t>(kind)].description; }

std::optional<std::size_t> Checkpoint::find(std::string_view tensorName) const {
  const auto found = m_index.find(tensorName);
  return found == m_index.end() ? std::nullopt : std::optional(found->second);
}

const SideFile* Checkpoint::sideFile(std::string_view name) const {
  const auto found = std::ranges::find(m_sideFiles, name, &SideFile::name);
  return found == m_sideFiles.end() ? nullptr : &*found;
}

std::uint64_t Checkpoint::parameters() const {
  std::uint64_t sum = 0;
  for (const TensorInfo& tensor : m_tensors) {
    // A tensor of an unknown type may claim any shape.
    sum = checkedAdd(sum, tensor.parameters).value_or(std::numeric_limits<std::uint64_t>::max());
  }
  return sum;
}

tensor::TensorView Checkpoint::view(std::size_t index) const {
  const TensorInfo& tensor = m_tensors.at(index);
  // The bytes of an assembled weight are its codes alone, even where they have the type and size of weights.
  const bool isAlone = tensor.assembly == Assembly::None || !tensor.isReadable();
  const char* const assembled =
      tensor.assembly == Assembly::Turned ? "its rows are stored as columns" : "its weights lie in several tensors";
  return {tensor.name,        tensor.dtype,
          tensor.shape,       fileContents(tensor.file).subspan(tensor.offset, tensor.bytes),
          shared_from_this(), isAlone ? tensor.unreadable : assembled};
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
