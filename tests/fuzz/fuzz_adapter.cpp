// A stranger's adapter: the text of an adapter_config.json, a zero byte, then a safetensors file; put on a small model.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "core/base/error.h"
#include "core/io/config_json.h"
#include "core/io/safetensors.h"
#include "core/io/stored_checkpoint.h"
#include "core/model/recipe/adapted_matrix.h"
#include "core/quant/quantizer.h"

namespace {

using namespace core;

/// Two matrices [4, 8] of zeros, in F32 and in F16.
std::shared_ptr<const io::Checkpoint> someModel() {
  const std::string header =
      R"({"model.layers.0.self_attn.q_proj.weight":{"dtype":"F32","shape":[4,8],"data_offsets":[0,128]},)"
      R"("model.layers.0.mlp.up_proj.weight":{"dtype":"F16","shape":[4,8],"data_offsets":[128,192]}})";
  auto bytes = std::make_shared<std::vector<std::byte>>(8 + header.size() + 192);
  const std::uint64_t length = header.size();
  std::memcpy(bytes->data(), &length, sizeof(length));
  std::memcpy(bytes->data() + 8, header.data(), header.size());
  const std::span<const std::byte> view = *bytes;
  return io::parseSafetensors(view, std::move(bytes), "open");
}

void use(const std::shared_ptr<const io::Checkpoint>& file, const io::Checkpoint& open) {
  const auto adapter = model::Adapter::read(file, 50);
  model::requireFinite(*adapter);
  for (const auto& matrix : model::fitAdapter(*adapter, open)) {
    const auto merged = model::mergeAdapter(*matrix);
    if (merged->shape != matrix->info().shape || merged->bytes() != matrix->bytes()) std::abort();
    static_cast<void>(quant::dequantize(*merged));
    static_cast<void>(model::adaptedValue(*matrix, 31));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto kOpen = someModel();
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto end = std::find(bytes.begin(), bytes.end(), std::byte{0});
  if (end == bytes.end()) return 0;
  const auto config = bytes.first(static_cast<std::size_t>(end - bytes.begin()));
  const auto file = bytes.subspan(config.size() + 1);
  try {
    io::ParsedModel parsed = io::readSafetensors(file, "fuzz");
    auto arrays = std::make_shared<io::EncodedArrays>();
    io::readConfigJson(config, parsed.metadata, *arrays, "adapter_config.json", "adapter");
    parsed.kind = io::ModelKind::Adapter;
    std::vector<io::StoredFile> files = {{"fuzz", file, nullptr, nullptr}};
    use(std::make_shared<const io::StoredCheckpoint>(std::move(parsed), std::move(files), "fuzz", arrays), *kOpen);
  } catch (const Error& error) {
    // Refused with a sentence: that is what a bad file should get.
    if (std::string_view(error.what()).empty()) std::abort();
  }
  return 0;
}
