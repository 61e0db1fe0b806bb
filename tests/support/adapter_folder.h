#pragma once
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace support {

/// A matrix that an adapter changes, by its module's name ("model.layers.0.self_attn.q_proj").
struct AdaptedModule {
  std::string name;
  std::uint64_t out = 0, in = 0;
};

/// Writes a PEFT folder with random factors of rank 4 and alpha 8, whose change has a standard deviation of about
/// 4 · `size`². The same options give the same bytes.
inline void writeAdapterFolder(const std::filesystem::path& folder, const std::vector<AdaptedModule>& modules,
                               float size) {
  constexpr std::uint64_t kRank = 4;
  std::filesystem::create_directories(folder);
  std::mt19937 engine(5);
  std::normal_distribution<float> normal(0.0F, size);
  nlohmann::ordered_json header;
  std::string data;
  nlohmann::json targets = nlohmann::json::array();
  for (const AdaptedModule& module : modules) {
    targets.push_back(module.name.substr(module.name.rfind('.') + 1));
    for (const auto& [suffix, rows, columns] :
         {std::tuple("lora_A", kRank, module.in), {"lora_B", module.out, kRank}}) {
      std::vector<float> values(rows * columns);
      for (float& value : values) value = normal(engine);
      const std::size_t begin = data.size();
      data.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
      header["base_model.model." + module.name + "." + suffix + ".weight"] = {
          {"dtype", "F32"}, {"shape", {rows, columns}}, {"data_offsets", {begin, data.size()}}};
    }
  }
  const std::string text = header.dump();
  const std::uint64_t length = text.size();
  std::string start(sizeof(length), '\0');
  std::memcpy(start.data(), &length, sizeof(length));
  std::ofstream(folder / "adapter_model.safetensors", std::ios::binary) << start << text << data;
  std::ofstream(folder / "adapter_config.json") << nlohmann::json{
      {"peft_type", "LORA"}, {"r", kRank}, {"lora_alpha", 8}, {"bias", "none"}, {"target_modules", targets}};
}

}  // namespace support
