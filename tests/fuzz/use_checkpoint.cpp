#include "use_checkpoint.h"

#include <cstdlib>

#include "core/base/error.h"
#include "core/base/utf8.h"

namespace {

volatile std::size_t g_sink = 0;  // keeps the compiler from leaving out what is only read

void require(bool promise) {
  if (!promise) std::abort();
}

template <typename Function>
void ignoringErrors(const Function& function) {
  try {
    g_sink = g_sink + function();
  } catch (const core::Error&) {
  }
}

void useArray(const core::io::MetadataArray& array) {
  ignoringErrors([&array] { return array.strings().size(); });
  ignoringErrors([&array] { return array.numbers().size(); });
  ignoringErrors([&array] { return array.integers().size(); });
  ignoringErrors([&array] { return array.preview(3).size(); });
}

}  // namespace

void useMetadata(const core::io::Metadata& metadata) {
  for (const auto& entry : metadata.entries()) {
    require(metadata.find(entry.key) != nullptr);
    g_sink = g_sink + toDisplayText(entry.value).size();
    if (const auto* array = std::get_if<core::io::MetadataArray>(&entry.value)) useArray(*array);
    ignoringErrors([&] { return metadata.unsignedInteger(entry.key).value_or(0); });
    ignoringErrors([&] { return metadata.number(entry.key).value_or(0) > 0 ? 1U : 0U; });
    ignoringErrors([&] { return metadata.boolean(entry.key).value_or(false) ? 1U : 0U; });
    ignoringErrors([&] { return metadata.string(entry.key).value_or("").size(); });
  }
}

void useCheckpoint(const core::io::Checkpoint& model) {
  useMetadata(model.metadata());
  for (const std::string& warning : model.warnings()) require(core::isValidUtf8(warning) && warning.back() == '.');
  g_sink =
      g_sink + describe(model.kind()).size() + model.parameters() + model.name().size() + model.architecture().size();
  for (std::size_t i = 0; i < model.tensors().size(); ++i) {
    const auto& tensor = model.tensors()[i];
    require(model.find(tensor.name) == i);
    require(tensor.offset <= model.fileBytes() && tensor.bytes <= model.fileBytes() - tensor.offset);
    const auto view = model.view(tensor.name);
    require(view.bytes.size() == tensor.bytes);
    if (tensor.assembly != core::io::Assembly::None) {
      require(tensor.isReadable() && tensor.pieceOf.empty() && !view.unreadable.empty());  // codes alone are no weights
      require(tensor.shape.checkedCount() == tensor.parameters && tensor.parameters != 0);
      require(tensor.codesName.empty() || model.find(tensor.codesName) == i);
    } else if (tensor.isReadable()) {
      require(view.bytes.size() == core::tensor::storageBytes(view.dtype, view.shape));
      require(view.shape == tensor.storedShape && !view.shape.isEmpty());
    } else {
      require(tensor.unreadable.back() != '.');  // a clause that sentences end with
    }
    require(core::isValidUtf8(tensor.name) && core::isValidUtf8(tensor.typeName));
    require(!tensor.typeName.empty());
    require(tensor.assembly != core::io::Assembly::None || view.unreadable == tensor.unreadable);
    require(tensor.pieceOf.empty() || tensor.parameters == 0);
    if (!view.bytes.empty()) g_sink = g_sink + std::to_integer<std::size_t>(view.bytes.front() ^ view.bytes.back());
  }
}
