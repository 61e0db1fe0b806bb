// Another model's weights in place of the open one's: found by name, in the open model's order of rows, read lazily.
#include <QTemporaryDir>
#include <QtTest>
#include <numeric>

#include "core/base/error.h"
#include "core/io/gguf_writer.h"
#include "core/io/safetensors_writer.h"
#include "core/metrics/error_stats.h"
#include "core/model/architectures/tensor_names.h"
#include "core/model/format_conversion.h"
#include "core/model/recipe/recipe_plan.h"
#include "core/model/recipe/recipe_text.h"
#include "core/model/recipe/row_order.h"
#include "core/model/weights.h"
#include "core/quant/load_tensor.h"
#include "core/quant/quantizer.h"
#include "support/architectures.h"
#include "support/random_model.h"

using namespace core;
using model::OtherModel;
using model::Recipe;
using quant::Scheme;
using tensor::Shape;

namespace {

std::shared_ptr<const io::Checkpoint> randomModel(const QTemporaryDir& folder, const char* name,
                                                  const support::RandomModel& shape) {
  const std::filesystem::path path = folder.filePath(QString::fromLatin1(name)).toStdString();
  support::writeRandomModel(shape, path);
  return io::openCheckpoint(path);
}

Recipe recipeOf(const std::shared_ptr<const io::Checkpoint>& checkpoint) {
  return Recipe(std::make_shared<const OtherModel>(checkpoint, checkpoint->files().front().string(), "other"));
}

quant::QuantizedTensorPtr matrixUnder(const char* scheme, Shape shape) {
  static std::vector<float> values;
  values.resize(shape.count());
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = std::sin(static_cast<float>(i) * 0.37F) * (1.0F + static_cast<float>(i / shape.rowValues()) * 0.1F);
  tensor::TensorView view;
  view.name = "w";
  view.dtype = tensor::DType::F32;
  view.shape = shape;
  view.bytes = std::as_bytes(std::span(values));
  return quant::quantize(Scheme::parse(scheme), view);
}

}  // namespace

class TestOtherModel : public QObject {
  Q_OBJECT

  QTemporaryDir m_folder;

 private Q_SLOTS:
  void everyTensorOfTheSameNameAndShapeIsTaken() {
    const auto open = randomModel(m_folder, "open.gguf", {});
    support::RandomModel shape;
    shape.seed = 2;
    shape.matrixType = "q4_0";
    shape.extraTensors = {"extra.weight"};
    const auto other = randomModel(m_folder, "other.gguf", shape);
    const auto plan = model::planRecipe(recipeOf(other), *open);
    QCOMPARE(plan.tensors.size(), open->tensors().size());
    for (std::size_t i = 0; i < plan.tensors.size(); ++i) {
      const auto& decision = plan.tensors[i];
      QVERIFY2(decision.other != nullptr, open->tensors()[i].name.c_str());
      QVERIFY(decision.fate() == model::Fate::Quantize && !decision.scheme && decision.kept.empty());
      QCOMPARE(decision.other->info().name, open->tensors()[i].name);
      const auto made = model::makeTensor(decision, quant::loadTensor(*open, i));
      QCOMPARE(made->payload.data(), other->view(open->tensors()[i].name).bytes.data());  // mapped, not copied
    }
    // The other way round one has no counterpart, and says so.
    const auto back = model::planRecipe(recipeOf(open), *other);
    const auto& extra = back.tensors[*other->find("extra.weight")];
    QVERIFY(extra.other == nullptr && extra.kept == "other has no such tensor");
  }

  void anotherShapeIsKeptAndSaid() {
    const auto open = randomModel(m_folder, "open2.gguf", {});
    support::RandomModel wide;
    wide.feedForward = 192;
    const auto other = randomModel(m_folder, "wide.gguf", wide);
    const auto plan = model::planRecipe(recipeOf(other), *open);
    const auto& up = plan.tensors[*open->find("blk.0.ffn_up.weight")];
    QVERIFY2(up.other == nullptr && up.kept.find("has the shape [192") != std::string::npos, up.kept.c_str());
    QVERIFY(plan.tensors[*open->find("blk.0.attn_q.weight")].other != nullptr);
  }

  // Rules decide before the model does, as before any base.
  void rulesStandBeforeIt() {
    const auto open = randomModel(m_folder, "open3.gguf", {});
    Recipe recipe = recipeOf(open);
    recipe.rules.push_back(model::parseRecipeRule("attn_v=q8_0"));
    const auto plan = model::planRecipe(recipe, *open);
    const auto& value = plan.tensors[*open->find("blk.1.attn_v.weight")];
    QVERIFY(value.scheme && value.scheme->toString() == "q8_0" && value.other == nullptr);
  }

  void itsTextNamesItAndFilesThatChangeAreOthers() {
    const auto checkpoint = randomModel(m_folder, "text.gguf", {});
    const Recipe recipe = recipeOf(checkpoint);
    const std::string text = "model:" + checkpoint->files().front().string();
    QCOMPARE(recipe.toString(), text);
    QCOMPARE(recipe.displayName(), std::string("other"));
    QCOMPARE(model::textOf(recipe), text);
    QVERIFY(recipe == recipeOf(io::openCheckpoint(checkpoint->files().front())));
    QVERIFY(!(recipe == recipeOf(randomModel(m_folder, "text2.gguf", {}))));
    QVERIFY(!(recipe == Recipe(Scheme::parse("nf4"))));
    QVERIFY(!recipe.keepsEverything() && recipe.asScheme() == nullptr);

    // Read from a text it is only remembered: nothing can be made of it until its files are open.
    const Recipe remembered = model::recipeFromText(text);
    QCOMPARE(remembered.toString(), text);
    QCOMPARE(remembered.displayName(), std::string("text.gguf"));
    try {
      model::planRecipe(remembered, *checkpoint);
      QFAIL("a model that is not open was planned with");
    } catch (const Error& error) {
      QVERIFY(QByteArray(error.what()).contains("is not open"));
    }
  }

  void theLibraryTellsItsWeightsFromTheStoredOnes() {
    const auto open = randomModel(m_folder, "open4.gguf", {});
    support::RandomModel shape;
    shape.seed = 9;
    const auto other = randomModel(m_folder, "other4.gguf", shape);
    model::WeightLibrary library(open);
    const auto config = model::ModelConfig::fromCheckpoint(*open);
    const auto stored = library.load(config, {}), taken = library.load(config, recipeOf(other));
    QVERIFY(stored.blocks[0][model::WeightKind::Query] != taken.blocks[0][model::WeightKind::Query]);
    QCOMPARE(taken.blocks[0][model::WeightKind::Query]->payload.data(),
             other->view("blk.0.attn_q.weight").bytes.data());
    QCOMPARE(library.load(config, recipeOf(other)).blocks[0][model::WeightKind::Query],
             taken.blocks[0][model::WeightKind::Query]);
  }

  // Queries and keys lie in another order in GGUF than in a Hugging Face folder: both ways lead to the same weights.
  void aFolderAndAFileAreMatchedByNameAndOrder() {
    const auto gguf = randomModel(m_folder, "llama.gguf", {});
    const auto config = model::ModelConfig::fromCheckpoint(*gguf);
    const std::filesystem::path path = m_folder.filePath(QStringLiteral("model.safetensors")).toStdString();
    {
      io::SafetensorsWriter writer{io::OutputFile(path.string())};
      std::vector<std::pair<std::size_t, std::string>> tensors;
      for (std::size_t i = 0; i < gguf->tensors().size(); ++i)
        if (const auto name = model::TensorNames(*gguf).huggingFace(gguf->tensors()[i].name))
          tensors.emplace_back(i, *name);
      for (const auto& [index, name] : tensors)
        writer.declareTensor(name, tensor::DType::F32, gguf->tensors()[index].shape);
      for (const auto& [index, name] : tensors) {
        const auto view = gguf->view(index);
        const auto order = model::TensorNames(*gguf).rowOrder(name);
        const std::uint64_t heads = order == model::RowOrder::QueryHeads ? config.heads : config.kvHeads;
        std::vector<std::byte> bytes(view.bytes.begin(), view.bytes.end());
        if (order != model::RowOrder::Same) {
          const std::uint64_t rows = view.shape.rows(), size = bytes.size() / rows;
          for (std::uint64_t row = 0; row < rows; ++row)
            std::copy_n(view.bytes.begin() + static_cast<std::ptrdiff_t>(model::ggufRow(row, rows / heads) * size),
                        size, bytes.begin() + static_cast<std::ptrdiff_t>(row * size));
        }
        writer.append(bytes);
      }
      writer.finish();
    }
    const auto folder = io::openCheckpoint(path);
    for (const auto& [open, other] : {std::pair(gguf, folder), std::pair(folder, gguf)}) {
      const auto plan = model::planRecipe(recipeOf(other), *open);
      for (std::size_t i = 0; i < plan.tensors.size(); ++i) {
        const auto& name = open->tensors()[i].name;
        QVERIFY2(plan.tensors[i].other != nullptr, (name + ": " + plan.tensors[i].kept).c_str());
        const auto made = model::makeTensor(plan.tensors[i], quant::loadTensor(*open, i));
        QCOMPARE(made->name, name);
        const auto stats = metrics::compare(*quant::loadTensor(*open, i), *made);
        QVERIFY2(stats.outcome() == metrics::Outcome::Exact, name.c_str());
      }
    }
  }

  // Of every architecture what a file and a folder have in other shapes, and in the orders of heads.
  void bothFormsOfAModelAreMatched_data() { support::addArchitectureRows(); }
  void bothFormsOfAModelAreMatched() {
    QFETCH(QString, name);
    QFETCH(QString, path);
    const bool isFolder = path.endsWith(QStringLiteral("folder"));
    const auto open = io::openCheckpoint(support::kArchitectures / path.toStdString());
    const auto other =
        io::openCheckpoint(support::kArchitectures / (name.toStdString() + (isFolder ? ".gguf" : "-folder")));
    const auto config = model::ModelConfig::fromCheckpoint(*open);
    const auto plan = model::planRecipe(recipeOf(other), *open);
    const model::TensorNames names(*open);
    for (std::size_t i = 0; i < plan.tensors.size(); ++i) {
      const auto& taken = plan.tensors[i].other;
      // Heads of values are followed, rows and columns.
      QVERIFY2(taken || name != QStringLiteral("qwen35"), plan.tensors[i].kept.c_str());
      if (!taken) continue;
      const auto own = quant::loadTensor(*open, i);
      const auto* const row = names.row(own->name);
      const auto there = model::makeTensor(plan.tensors[i], own);
      const auto made = model::withValuesOf(*row, other->format(), open->format(), there);
      QCOMPARE(made->shape, own->shape);
      const auto found = quant::dequantize(*made), expected = quant::dequantize(*own), raw = quant::dequantize(*there);
      for (std::size_t at = 0; at < found.size(); ++at) {
        const float slack = model::changesValues(*row) ? 1e-6F * (1.0F + std::abs(expected[at])) : 0.0F;
        QVERIFY2(std::abs(found[at] - expected[at]) <= slack, own->name.c_str());
        if (at % 97 == 0) QCOMPARE(model::otherValue(*taken, at), raw[at]);
      }
    }
    const auto executor =
        model::createCpuExecutor(model::buildGraph(config, model::WeightLibrary(open).load(config, recipeOf(other))));
    const auto tokens = support::architectureTokens();
    const auto cache = executor->createKvCache(64, model::KvType::F32);
    std::vector<float> logits(tokens.size() * config.vocabulary);
    executor->forward(tokens, *cache, model::LogitsWanted::AllTokens, logits);
    QVERIFY(support::worstDivergence(support::architectureLogits(name), logits, config.vocabulary) <=
            support::kDivergenceLimit);
  }

  void rowsMoveWithTheirScalesInEveryLayout_data() {
    QTest::addColumn<QString>("scheme");
    for (const char* scheme : {"fp32", "bf16", "q8_0", "int8", "int8:group=tensor", "int4:range=minmax",
                               "int3:group=row", "nf4", "nf4:double=on", "nf4:block=4096", "fp8_e4m3:scale=row",
                               "fp8_e4m3:scale=block128", "kmeans3", "llm_int8", "nv_e2m1", "mx_e2m1", "dynamic8"})
      QTest::newRow(scheme) << QString::fromLatin1(scheme);
  }
  void rowsMoveWithTheirScalesInEveryLayout() {
    QFETCH(QString, scheme);
    const Shape shape{24, 128};
    const auto tensor = matrixUnder(scheme.toLatin1().constData(), shape);
    const auto from = [](std::uint64_t row) { return (row * 7 + 3) % 24; };
    const auto moved = model::reorderRows(tensor, from);
    std::vector<float> expected(128), found(128);
    for (std::uint64_t row = 0; row < 24; ++row) {
      quant::dequantizeRows(*tensor, from(row), 1, expected.data());
      quant::dequantizeRows(*moved, row, 1, found.data());
      QVERIFY2(expected == found, qPrintable(QStringLiteral("row %1").arg(row)));
    }
    QCOMPARE(moved->shape, shape);
    // Blocks of absmax values may span rows, so they are kept plain, and the scheme says so: it could not be written.
    const auto* book = moved->as<quant::CodeBook>();
    if (book != nullptr)
      QCOMPARE(book->nested.has_value(), moved->scheme->format.doubleQuantization == quant::DoubleQuantization::On);
  }
};

QTEST_GUILESS_MAIN(TestOtherModel)
#include "tst_other_model.moc"
