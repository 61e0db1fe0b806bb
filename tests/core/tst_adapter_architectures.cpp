// Adapters on models of every architecture: PEFT folders and GGUF files, on GGUF files and folders, add what a folder
// has whose matrices are W + s · B·A.
#include <QTemporaryDir>
#include <QtTest>
#include <filesystem>
#include <fstream>

#include "core/base/error.h"
#include "core/io/gguf_writer.h"
#include "core/io/safetensors_writer.h"
#include "core/model/architectures/tensor_names.h"
#include "core/model/executor.h"
#include "core/model/recipe/adapter.h"
#include "core/model/recipe/other_model.h"
#include "core/model/weights.h"
#include "core/quant/load_tensor.h"
#include "core/quant/quantizer.h"
#include "support/adapter_folder.h"
#include "support/architectures.h"

using namespace core;
namespace fs = std::filesystem;

class TestAdapterArchitectures : public QObject {
  Q_OBJECT

  QTemporaryDir m_folder;

  fs::path place(const char* name) const { return m_folder.filePath(QLatin1String(name)).toStdString(); }

  static std::vector<float> logits(const std::shared_ptr<const io::Checkpoint>& model, const model::Recipe& recipe) {
    const auto config = model::ModelConfig::fromCheckpoint(*model);
    const auto tokens = support::architectureTokens();
    const auto executor =
        model::createCpuExecutor(model::buildGraph(config, model::WeightLibrary(model).load(config, recipe)));
    const auto cache = executor->createKvCache(64, model::KvType::F32);
    std::vector<float> out(tokens.size() * config.vocabulary);
    executor->forward(tokens, *cache, model::LogitsWanted::AllTokens, out);
    return out;
  }

  static std::vector<float> adapted(const std::shared_ptr<const io::Checkpoint>& model, const fs::path& adapter) {
    model::Recipe recipe = *model::recipeByName("stored+adapter:x");
    recipe.adapter =
        std::make_shared<model::OtherModel>(model::Adapter::read(io::openCheckpoint(adapter), 100), "PLACE", "tuned");
    return logits(model, recipe);
  }

  static std::vector<float> values(const io::Checkpoint& file, const std::string& name) {
    return quant::dequantize(*quant::loadTensor(file, *file.find(name)));
  }

  /// Matrices of blocks that all tokens go through.
  static std::vector<support::AdaptedModule> modulesOf(const io::Checkpoint& folder) {
    std::vector<support::AdaptedModule> modules;
    const model::TensorNames names(folder);
    for (const auto& tensor : folder.tensors())
      if (const auto gguf = names.gguf(tensor.name);  // Granite 4 H has gate and up as one matrix there
          gguf && tensor.shape.rank() == 2 && tensor.name.starts_with("model.layers.") &&
          tensor.name.find("experts") == std::string::npos && gguf->find("ffn_gate_inp") == std::string::npos)
        modules.push_back({tensor.name.substr(0, tensor.name.size() - 7), tensor.shape[0], tensor.shape[1]});
    return modules;
  }

  /// The folder with sums in place of its matrices. Alpha is 8, the rank 4.
  void writeMerged(const io::Checkpoint& folder, const io::Checkpoint& adapter, const fs::path& to) const {
    fs::create_directories(to);
    fs::copy_file(folder.files().front().parent_path() / "config.json", to / "config.json",
                  fs::copy_options::overwrite_existing);
    io::SafetensorsWriter writer(to / "model.safetensors");
    for (const auto& tensor : folder.tensors()) writer.declareTensor(tensor.name, tensor::DType::F32, tensor.shape);
    for (const auto& tensor : folder.tensors()) {
      std::vector<float> weights = values(folder, tensor.name);
      const std::string module = "base_model.model." + tensor.name.substr(0, tensor.name.size() - 7);
      if (adapter.find(module + ".lora_A.weight")) {
        const auto a = values(adapter, module + ".lora_A.weight"), b = values(adapter, module + ".lora_B.weight");
        const std::size_t columns = tensor.shape[1];
        for (std::size_t i = 0; i < weights.size(); ++i) {
          double sum = static_cast<double>(weights[i]);
          for (std::size_t k = 0; k < 4; ++k)
            sum +=
                2.0 * static_cast<double>(b[i / columns * 4 + k]) * static_cast<double>(a[k * columns + i % columns]);
          weights[i] = static_cast<float>(sum);
        }
      }
      writer.append(std::as_bytes(std::span(weights)));
    }
    writer.finish();
  }

  /// As llama.cpp's convert_lora_to_gguf.py: B with the rows of the GGUF file's matrix.
  void writeGguf(const io::Checkpoint& folder, const io::Checkpoint& adapter, const fs::path& to) const {
    const model::TensorNames names(folder);
    const auto config = model::ModelConfig::fromCheckpoint(folder);
    io::GgufWriter writer(to);
    writer.addString("general.architecture", model::ggufArchitecture(folder));
    writer.addString("general.type", "adapter");
    writer.addString("adapter.type", "lora");
    writer.addF32("adapter.lora.alpha", 8.0F);
    const auto modules = modulesOf(folder);
    for (const auto& module : modules) {
      const std::string name = *names.gguf(module.name + ".weight");
      writer.declareTensor(name + ".lora_a", tensor::DType::F32, {4, module.in});
      writer.declareTensor(name + ".lora_b", tensor::DType::F32, {module.out, 4});
    }
    for (const auto& module : modules) {
      const std::string stem = "base_model.model." + module.name;
      const auto order = model::orderOf(*names.row(module.name + ".weight"), config, module.out);
      const auto a = values(adapter, stem + ".lora_A.weight"), b = values(adapter, stem + ".lora_B.weight");
      std::vector<float> columns, moved;
      for (std::size_t i = 0; i < a.size(); ++i)
        columns.push_back(a[i / module.in * module.in + order.columns.inFolder(i % module.in)]);
      for (std::uint64_t row = 0; row < module.out; ++row)
        for (std::size_t k = 0; k < 4; ++k) moved.push_back(b[order.rows.inFolder(row) * 4 + k]);
      writer.append(std::as_bytes(std::span(columns)));
      writer.append(std::as_bytes(std::span(moved)));
    }
    writer.finish();
  }

 private slots:
  void sumsAreTheSame_data() { support::addArchitectureRows(); }
  void sumsAreTheSame() {
    QFETCH(QString, name);
    QFETCH(QString, path);
    const auto folder = io::openCheckpoint(support::kArchitectures / (name.toStdString() + "-folder"));
    if (modulesOf(*folder).empty()) return;  // GPT-2's are [inputs, outputs], which no adapter here is for
    support::writeAdapterFolder(place("peft"), modulesOf(*folder), 0.15F);
    const auto peft = io::openCheckpoint(place("peft"));
    writeMerged(*folder, *peft, place("merged"));
    writeGguf(*folder, *peft, place("lora.gguf"));
    const auto merged = logits(io::openCheckpoint(place("merged")), {});
    const std::size_t vocabulary = merged.size() / support::architectureTokens().size();
    QVERIFY(support::worstDivergence(support::architectureLogits(name), merged, vocabulary) > 1e-3);
    const auto model = io::openCheckpoint(support::kArchitectures / path.toStdString());
    for (const char* adapter : {"peft", "lora.gguf"}) {
      // One matrix of the folder is two stacks in the file.
      if ((name == "deepseek2" || name == "deepseek2_lora" || name == "deepseek3") && !path.endsWith("folder")) {
        QVERIFY_THROWS_EXCEPTION(core::Error, adapted(model, place(adapter)));
        continue;
      }
      const double worst = support::worstDivergence(merged, adapted(model, place(adapter)), vocabulary);
      // Sums of factors against the sum of matrices, in float32: 1.4e-9 at most, of Gemma 4.
      QVERIFY2(worst <= 1e-8, qPrintable(QStringLiteral("%1: %2").arg(QLatin1String(adapter)).arg(worst)));
    }
  }
};

QTEST_GUILESS_MAIN(TestAdapterArchitectures)
#include "tst_adapter_architectures.moc"
