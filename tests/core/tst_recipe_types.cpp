// Every file type gives every tensor the type that llama.cpp's quantizer chooses: tests/data/recipes.
#include <QtTest>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/model/recipe/mixture_model.h"
#include "core/model/recipe/recipe_plan.h"
#include "core/model/recipe/recipe_text.h"
#include "core/quant/format.h"

using namespace core;
using Json = nlohmann::json;

namespace {

/// "blk.{0-3}.x" as four names.
std::vector<std::string> expand(const std::string& name) {
  const std::size_t open = name.find('{'), close = name.find('}');
  if (open == std::string::npos) return {name};
  int first = 0, last = 0;
  std::istringstream range(name.substr(open + 1, close - open - 1));
  char dash = 0;
  range >> first >> dash >> last;
  std::vector<std::string> names;
  for (int i = first; i <= last; ++i)
    names.push_back(name.substr(0, open) + std::to_string(i) + name.substr(close + 1));
  return names;
}

/// "0-2,5" as {0, 1, 2, 5}.
std::vector<std::size_t> numbers(const std::string& text) {
  std::vector<std::size_t> result;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    const std::size_t dash = part.find('-');
    const std::size_t first = std::stoul(part),
                      last = dash == std::string::npos ? first : std::stoul(part.substr(dash + 1));
    for (std::size_t i = first; i <= last; ++i) result.push_back(i);
  }
  return result;
}

struct PeerModel {
  std::string architecture;
  io::Metadata metadata;
  std::vector<io::TensorInfo> tensors;
  std::vector<std::vector<std::size_t>> rows;  ///< of the file's table: the tensors it stands for
  std::map<std::string, Json> types;
};

PeerModel read(const std::filesystem::path& path) {
  const Json json = Json::parse(std::ifstream(path));
  PeerModel model;
  model.architecture = json["architecture"].get<std::string>();
  for (const auto& [key, value] : json["keys"].items()) {
    const std::string full = model.architecture + '.' + key;
    if (value.is_number_unsigned())
      model.metadata.add(full, value.get<std::uint64_t>());
    else
      model.metadata.add(full, value.get<double>());
  }
  for (const Json& row : json["tensors"]) {
    const tensor::Shape shape(row[1].get<std::vector<std::uint64_t>>());
    const std::string type = row.size() > 2 ? row[2].get<std::string>() : shape.rank() == 1 ? "F32" : "F16";
    std::string lower;
    for (const char c : type) lower += static_cast<char>(std::tolower(c));
    model.rows.emplace_back();
    for (const std::string& name : expand(row[0].get<std::string>())) {
      model.rows.back().push_back(model.tensors.size());
      model.tensors.push_back({name, *tensor::fromName(lower), shape, 0, 0, 0});
    }
  }
  for (const auto& [key, value] : json["types"].items()) model.types[key] = value;
  return model;
}

/// The type each tensor has after llama.cpp's quantizer.
std::vector<std::string> expected(const PeerModel& model, const Json& types) {
  std::vector<std::string> result;
  for (const io::TensorInfo& tensor : model.tensors) result.emplace_back(tensor::name(tensor.dtype));
  for (const auto& [text, rows] : types.items()) {
    for (const std::size_t row : numbers(rows.get<std::string>())) {
      std::istringstream words(text);
      std::string usual, other;
      words >> usual;
      for (const std::size_t tensor : model.rows[row]) result[tensor] = usual;
      // The blocks of a range are numbered from its first.
      const std::size_t first = *model.rows[row].begin();
      const std::string name = model.tensors[first].name;
      const std::size_t number = name.starts_with("blk.") ? std::stoul(name.substr(4)) : 0;
      while (words >> other) {
        const std::size_t colon = other.find(':');
        for (const std::size_t block : numbers(other.substr(colon + 1)))
          result[model.rows[row].at(block - number)] = other.substr(0, colon);
      }
    }
  }
  return result;
}

}  // namespace

class TestRecipeTypes : public QObject {
  Q_OBJECT

 private slots:
  void everyTensorIsOfTheTypeLlamaCppChooses_data() {
    QTest::addColumn<QString>("file");
    for (const auto& entry : std::filesystem::directory_iterator(QS_TEST_DATA "/recipes")) {
      if (entry.path().extension() != ".json") continue;
      QTest::newRow(entry.path().stem().c_str()) << QString::fromStdString(entry.path().string());
    }
  }

  void everyTensorIsOfTheTypeLlamaCppChooses() {
    QFETCH(QString, file);
    const PeerModel model = read(file.toStdString());
    std::size_t compared = 0;
    for (const auto& [key, types] : model.types) {
      const std::string name = key.substr(0, key.find(' '));
      const model::FileTypeInfo* const fileType = model::findFileType(name);
      QVERIFY2(fileType != nullptr, key.c_str());
      if (types.is_string()) continue;  // refused by llama.cpp; ours falls back to F16
      model::Recipe recipe(fileType->type);
      if (key.ends_with("with overrides")) {
        for (const char* const rule : {R"(blk\.(0|1|5)\.attn_v=q8_0)", "ffn_down=q6_k", R"(blk\.2\.=q8_0)"})
          recipe.rules.push_back(model::parseRecipeRule(rule));
      }
      auto facts = model::mixtureModelOf(model.metadata, model.architecture, io::FileFormat::Gguf, model.tensors);
      if (key.ends_with("with importance")) facts.importance = model::ImportanceData::Given;
      const auto plan = model::planRecipe(recipe, facts, model.tensors, io::FileFormat::Gguf);
      const auto wanted = expected(model, types);
      for (std::size_t i = 0; i < model.tensors.size(); ++i) {
        const auto& decision = plan.tensors[i];
        const std::string found(
            tensor::name(decision.scheme ? *quant::info(decision.scheme->format.name).dtype : model.tensors[i].dtype));
        const std::string where = key + ", " + model.tensors[i].name + ": " + found + " but llama.cpp " + wanted[i] +
                                  " (" + decision.rule + "; " + decision.fallback + "; " + decision.kept + ")";
        QVERIFY2(found == wanted[i], where.c_str());
        QCOMPARE(decision.kept.empty(), decision.scheme.has_value());
        QCOMPARE(decision.rule.empty(), !decision.scheme.has_value());
        ++compared;
      }
    }
    QVERIFY(compared > 35 * model.tensors.size() / 2);
  }

  /// Where llama.cpp has no fallback and refuses, ours is F16.
  void whatLlamaCppRefusesFallsBack() {
    const PeerModel model = read(QS_TEST_DATA "/recipes/rows-of-none.json");
    QVERIFY(model.types.at("Q1_0").is_string());
    const auto facts = model::mixtureModelOf(model.metadata, model.architecture, io::FileFormat::Gguf, model.tensors);
    const auto plan = model::planRecipe(model::FileType::Q1_0, facts, model.tensors, io::FileFormat::Gguf);
    QCOMPARE(plan.tensors[0].scheme->toString(), std::string("fp16"));
    QCOMPARE(plan.tensors[0].fallback,
             std::string("rows of 1000 values are not whole blocks of q1_0 (128): f16 instead"));
  }
};

QTEST_GUILESS_MAIN(TestRecipeTypes)
#include "tst_recipe_types.moc"
