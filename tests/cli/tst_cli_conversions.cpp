// GGUF files from Hugging Face folders, folders from GGUF files, and back: the same weights, the same answers.
#include <QtTest>
#include <cmath>
#include <cstring>
#include <map>
#include <random>
#include <set>

#include "app/session/open_model.h"
#include "app/session/quantize_model.h"
#include "core/io/gguf_writer.h"
#include "core/io/safetensors_writer.h"
#include "core/model/architectures/tensor_names.h"
#include "core/model/recipe/row_order.h"
#include "core/quant/load_tensor.h"
#include "core/quant/quantizer.h"
#include "written_folders.h"

using namespace cli;
using core::quant::Scheme;
using core::tensor::DType;

namespace {

/// Every tensor of a GGUF file: its type, shape and bytes.
std::map<std::string, std::pair<std::string, QByteArray>> tensorsOf(const QString& file) {
  std::map<std::string, std::pair<std::string, QByteArray>> tensors;
  const QByteArray bytes = contents(file);
  const Json answer = json({QStringLiteral("inspect"), file});
  for (const Json& row : answer["tensors"])
    tensors[row["name"]] = {row["dtype"].get<std::string>() + row["shape"].dump(),
                            bytes.mid(row["offset"].get<qsizetype>(), row["bytes"].get<qsizetype>())};
  return tensors;
}

/// log softmax of every row of the logits that a model gives for some tokens.
std::vector<std::vector<double>> logProbabilities(const QString& model, const QString& folder) {
  const QString file = folder + QStringLiteral("/logits.npy");
  const Run result = run({QStringLiteral("logits"), model, QStringLiteral("--tokens"),
                          QStringLiteral("1,5,9,40,33,21,60,12,55,8,2,17"), QStringLiteral("--device"),
                          QStringLiteral("cpu"), QStringLiteral("-o"), file});
  if (result.code != 0) throw std::runtime_error(result.err.toStdString());
  const QByteArray bytes = contents(file);
  constexpr int kRows = 12;
  quint16 header = 0;
  std::memcpy(&header, bytes.constData() + 8, sizeof(header));
  const auto values = static_cast<std::size_t>(bytes.size() - 10 - header) / sizeof(float);
  std::vector<float> all(values);
  std::memcpy(all.data(), bytes.constData() + 10 + header, values * sizeof(float));
  std::vector<std::vector<double>> rows;
  for (std::size_t row = 0; row < kRows; ++row) {
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(row * values / kRows);
    std::vector<double> logs(first, first + static_cast<std::ptrdiff_t>(values / kRows));
    double sum = 0;
    for (const double logit : logs) sum += std::exp(logit - logs[0]);
    const double offset = logs[0] + std::log(sum);
    for (double& logit : logs) logit -= offset;
    rows.push_back(std::move(logs));
  }
  return rows;
}

double meanKl(const std::vector<std::vector<double>>& reference, const std::vector<std::vector<double>>& other) {
  double sum = 0;
  for (std::size_t row = 0; row < reference.size(); ++row)
    for (std::size_t i = 0; i < reference[row].size(); ++i)
      sum += std::exp(reference[row][i]) * (reference[row][i] - other[row][i]);
  return sum / static_cast<double>(reference.size());
}

/// A small Llama with biases in every attention matrix and random weights, without a tokenizer.
void writeSmallFolder(const QString& folder, const Json& scaling) {
  constexpr std::uint64_t kWidth = 64, kKeys = 32, kFeedForward = 96, kTokens = 80;
  std::vector<std::pair<std::string, core::tensor::Shape>> tensors = {{"lm_head.weight", {kTokens, kWidth}},
                                                                      {"model.embed_tokens.weight", {kTokens, kWidth}},
                                                                      {"model.norm.weight", {kWidth}}};
  for (const std::string block : {"model.layers.0.", "model.layers.1."}) {
    for (const char* norm : {"input_layernorm.weight", "post_attention_layernorm.weight"})
      tensors.push_back({block + norm, {kWidth}});
    for (const auto& [name, rows] : {std::pair("q", kWidth), {"k", kKeys}, {"v", kKeys}, {"o", kWidth}}) {
      tensors.push_back({block + "self_attn." + name + "_proj.weight", {rows, kWidth}});
      tensors.push_back({block + "self_attn." + name + "_proj.bias", {rows}});
    }
    tensors.push_back({block + "mlp.gate_proj.weight", {kFeedForward, kWidth}});
    tensors.push_back({block + "mlp.up_proj.weight", {kFeedForward, kWidth}});
    tensors.push_back({block + "mlp.down_proj.weight", {kWidth, kFeedForward}});
  }
  QDir().mkpath(folder);
  core::io::SafetensorsWriter writer((folder + QStringLiteral("/model.safetensors")).toStdString());
  for (const auto& [name, shape] : tensors) writer.declareTensor(name, DType::F32, shape);
  std::mt19937 random(5);
  for (const auto& [name, shape] : tensors) {
    const bool isNorm = name.find("norm") != std::string::npos;
    std::normal_distribution<float> normal(isNorm ? 1.0F : 0.0F, shape.rank() == 1 ? 0.2F : 0.15F);
    std::vector<float> values(shape.count());
    for (float& value : values) value = normal(random);
    writer.append(std::as_bytes(std::span(values)));
  }
  writer.finish();
  const Json config = {
      {"model_type", "llama"},          {"hidden_size", kWidth},    {"intermediate_size", kFeedForward},
      {"num_hidden_layers", 2},         {"num_attention_heads", 4}, {"num_key_value_heads", 2},
      {"max_position_embeddings", 256}, {"rms_norm_eps", 1e-6},     {"rope_theta", 500.0},
      {"rope_scaling", scaling},        {"attention_bias", true},   {"vocab_size", kTokens},
      {"tie_word_embeddings", false},   {"torch_dtype", "float32"}};
  writeFile(folder + QStringLiteral("/config.json"), QByteArray::fromStdString(config.dump(1)));
}

/// A text that shows every input alike, with larger and smaller columns.
class EvenCalibration final : public core::quant::Calibration {
 public:
  explicit EvenCalibration(const core::io::Checkpoint& source) : m_source(source) {}
  core::quant::TensorCalibrationPtr of(const std::string& tensor, core::quant::CalibrationNeed,
                                       const core::JobContext&) override {
    const std::uint64_t columns = m_source.view(tensor).shape.rowValues();
    auto known = std::make_shared<core::quant::TensorCalibration>();
    known->samples = 1;
    known->hessian.assign(columns * columns, 0.0F);
    for (std::uint64_t c = 0; c < columns; ++c) {
      const float magnitude = 0.25F + static_cast<float>(c * 7 % 13);
      known->meanMagnitude.push_back(magnitude);
      known->maxMagnitude.push_back(2 * magnitude);
      known->importance.push_back(magnitude * magnitude);
      known->hessian[c * columns + c] = magnitude * magnitude;
    }
    return known;
  }
  std::string identity() const override { return "even"; }
  std::string title() const override { return "even"; }

 private:
  const core::io::Checkpoint& m_source;
};

}  // namespace

class TestCliConversions : public QObject, private Written {
  Q_OBJECT

 private slots:
  /// What the reader assembles is what the scheme made of the weights in the folder's order, bit for bit.
  void weightsComeBackAsTheyWere_data() {
    QTest::addColumn<QString>("layout");
    QTest::addColumn<QString>("text");
    const std::pair<const char*, const char*> cases[] = {
        {"bitsandbytes", "nf4"},
        {"bitsandbytes", "fp4:block=128,double=on"},
        {"bitsandbytes", "llm_int8"},
        {"gptq", "int4:group=128"},
        {"gptq", "int3:group=64,range=minmax"},
        {"gptq_v2", "int4:group=128,range=minmax,method=gptq,act_order=on"},
        {"awq", "int4:group=128,range=minmax"},
        {"compressed-tensors", "int4:group=128,range=minmax"},
        {"compressed-tensors", "int4:group=128,range=minmax,method=gptq,act_order=on"},
        {"compressed-tensors", "int8:activations=int8_dynamic"},
        {"compressed-tensors", "fp8_e4m3:scale=block128"},
        {"compressed-tensors", "nv_e2m1"},
        {"compressed-tensors", "mx_e2m1"}};
    for (const auto& [layout, text] : cases)
      QTest::addRow("%s %s", layout, text) << QString::fromLatin1(layout) << QString::fromLatin1(text);
  }

  void weightsComeBackAsTheyWere() {
    QFETCH(QString, layout);
    QFETCH(QString, text);
    const auto model = app::OpenModel::open("demo");
    const Scheme scheme = Scheme::parse(text.toStdString());
    const QString out = path(QStringLiteral("back"));
    QDir(out).removeRecursively();
    const auto calibration = model->calibration().current();
    const app::QuantizeTarget target(out.toStdString(), {}, core::quant::folderLayoutOf(layout.toStdString()));
    app::writeModel(model->checkpoint(), scheme, target, core::JobContext(), {calibration.get(), {}});
    const auto written = core::io::openCheckpoint(out.toStdString());
    const core::model::TensorNames names(model->checkpoint());
    for (const char* part : {"attn_q", "attn_k", "attn_v", "ffn_down"}) {
      const std::string name = std::string("blk.1.") + part + ".weight";
      auto stored = core::quant::loadTensor(model->checkpoint(), name);
      const std::uint64_t rows = stored->shape.rows();
      const auto order = names.rowOrder(name);
      if (order != core::model::RowOrder::Same) {
        const std::uint64_t headRows = rows / (order == core::model::RowOrder::QueryHeads ? 8 : 4);
        stored =
            core::model::reorderRows(stored, [&](std::uint64_t row) { return core::model::ggufRow(row, headRows); });
      }
      const auto need = core::quant::calibrationNeed(scheme);
      const auto known =
          need == core::quant::CalibrationNeed::None ? nullptr : calibration->of(name, need, core::JobContext());
      const auto expected = core::quant::dequantize(*core::quant::quantize(scheme, *stored, {}, known.get()));
      const auto found = core::quant::loadTensor(*written, *names.huggingFace(name));
      QCOMPARE(found->shape, stored->shape);
      QVERIFY2(core::quant::dequantize(*found) == expected, name.c_str());
    }
  }

  void aGgufFileFromAFolderIsTheOneItCameFrom() {
    for (const char* options : {"--scheme bf16", "--scheme q8_0", "--recipe Q4_K_M"}) {
      static_cast<void>(quantize(QStringLiteral("demo"), options, QStringLiteral("direct.gguf")));
      static_cast<void>(quantize(plain(), options, QStringLiteral("again.gguf")));
      QVERIFY2(tensorsOf(path(QStringLiteral("direct.gguf"))) == tensorsOf(path(QStringLiteral("again.gguf"))),
               options);
      const Json before = json({QStringLiteral("inspect"), path(QStringLiteral("direct.gguf"))})["metadata"];
      const Json after = json({QStringLiteral("inspect"), path(QStringLiteral("again.gguf"))})["metadata"];
      for (const auto& [key, value] : before.items()) {
        const bool isOfTheFolder = key == "general.name" || key == "general.size_label" || key == "general.alignment" ||
                                   key == "general.author" || key == "general.description" ||
                                   key == "general.license" || key == "general.languages";
        // A folder's merges have ranks, not scores: they join in the same order.
        if (isOfTheFolder || key == "tokenizer.ggml.scores") continue;
        QVERIFY2(after.contains(key) && after[key] == value,
                 qPrintable(QString::fromStdString(key + ": " + value.dump() + " " + after.value(key, Json()).dump())));
      }
    }
    for (const char* text : {"Hello world", "  two blanks", "Übermut\n\n1234 🙂", "<|user|>\nHi</s>"}) {
      const QStringList arguments{QStringLiteral("--special"), QStringLiteral("--"), QString::fromUtf8(text)};
      const auto tokens = [&](const QString& model) {
        return json(QStringList{QStringLiteral("tokenize"), model, QStringLiteral("--json")} + arguments.mid(0, 1) +
                    QStringList{QString::fromUtf8(text)})["tokens"];
      };
      QCOMPARE(tokens(path(QStringLiteral("again.gguf"))), tokens(QStringLiteral("demo")));
    }
  }

  /// Order of rows, biases and rotary scaling: a file that is not the folder's model computes something else.
  void bothFormsComputeTheSame_data() {
    QTest::addColumn<QString>("scaling");
    QTest::newRow("none") << QStringLiteral("null");
    QTest::newRow("linear") << QStringLiteral(R"({"rope_type": "linear", "factor": 4.0})");
    QTest::newRow("llama3") << QStringLiteral(R"({"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
                                                  "high_freq_factor": 4.0, "original_max_position_embeddings": 32})");
  }

  void bothFormsComputeTheSame() {
    QFETCH(QString, scaling);
    const Json wanted = Json::parse(scaling.toStdString());
    for (const char* name : {"small", "small-again"}) QDir(path(QLatin1String(name))).removeRecursively();
    writeSmallFolder(path(QStringLiteral("small")), wanted);
    static_cast<void>(quantize(path(QStringLiteral("small")), "--scheme fp32", QStringLiteral("small.gguf")));
    static_cast<void>(
        quantize(path(QStringLiteral("small.gguf")), "--scheme fp32 --layout plain", QStringLiteral("small-again")));
    const auto ofFolder = logProbabilities(path(QStringLiteral("small")), folder());
    const double file = meanKl(ofFolder, logProbabilities(path(QStringLiteral("small.gguf")), folder()));
    const double again = meanKl(ofFolder, logProbabilities(path(QStringLiteral("small-again")), folder()));
    QVERIFY2(std::abs(file) < 1e-9 && std::abs(again) < 1e-9, qPrintable(QStringLiteral("%1 %2").arg(file).arg(again)));
    // Whichever way a file says how it turns, the two can be compared: nothing differs.
    const Json rows = json({QStringLiteral("error"), path(QStringLiteral("small.gguf")), QStringLiteral("--reference"),
                            path(QStringLiteral("small"))});
    QVERIFY(!rows.empty());
    for (const Json& row : rows) QCOMPARE(row["outcome"], Json("exact"));
    const Json config = read(QStringLiteral("small-again/config.json"));
    QCOMPARE(config["attention_bias"], Json(true));
    if (!wanted.is_null())
      for (const auto& [key, value] : wanted.items()) QCOMPARE(config["rope_scaling"][key], value);
    else
      QVERIFY(config["rope_scaling"].is_null());
    // The same bytes, too.
    const auto before = core::io::openCheckpoint(path(QStringLiteral("small")).toStdString());
    const auto after = core::io::openCheckpoint(path(QStringLiteral("small-again")).toStdString());
    QCOMPARE(after->tensors().size(), before->tensors().size());
    for (const auto& tensor : before->tensors())
      QVERIFY2(std::ranges::equal(before->view(tensor.name).bytes, after->view(tensor.name).bytes),
               tensor.name.c_str());
  }

  void aFolderFromAFolderKeepsWhatLiesBesideIt() {
    const QString source = path(QStringLiteral("source"));
    QDir().mkpath(source);
    for (const QString& name : QDir(plain()).entryList(QDir::Files))
      QVERIFY(QFile::exists(source + u'/' + name) || QFile::copy(plain() + u'/' + name, source + u'/' + name));
    Json config = read(QStringLiteral("source/config.json"));
    config["somebodys_own"] = {{"key", 1e-5}};
    config["quantization_config"] = nullptr;
    writeFile(source + QStringLiteral("/config.json"), QByteArray::fromStdString(config.dump(1)));
    writeFile(source + QStringLiteral("/special_tokens_map.json"), "{ \"bos_token\" :\t\"<s>\"}\n");
    static_cast<void>(quantize(source, "--scheme int4:group=64 --layout gptq", QStringLiteral("copied")));
    Json made = read(QStringLiteral("copied/config.json"));
    QCOMPARE(made["quantization_config"]["quant_method"], Json("gptq"));
    made.erase("quantization_config");
    config.erase("quantization_config");
    QCOMPARE(made, config);
    for (const char* name : {"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"})
      QVERIFY2(contents(path(QStringLiteral("copied/") + QLatin1String(name))) ==
                   contents(source + u'/' + QLatin1String(name)),
               name);
    // Packed weights are decoded before they become something else; the old settings go.
    static_cast<void>(
        quantize(path(QStringLiteral("copied")), "--scheme fp16 --layout plain", QStringLiteral("decoded")));
    QVERIFY(!read(QStringLiteral("decoded/config.json")).contains("quantization_config"));
    QCOMPARE(read(QStringLiteral("decoded/config.json"))["torch_dtype"], Json("float16"));
    QVERIFY(!names(QStringLiteral("decoded")).contains(QStringLiteral("quantize_config.json")));
    const Json tensors = json({QStringLiteral("inspect"), path(QStringLiteral("decoded"))})["tensors"];
    for (const Json& row : tensors) QVERIFY2(row["name"].get<std::string>().ends_with(".weight"), row.dump().c_str());
    // What a file of weights cannot say of its source is said.
    static_cast<void>(quantize(source, "--scheme int8:activations=int8_dynamic --layout compressed-tensors",
                               QStringLiteral("inputs")));
    const Json decoded = quantize(path(QStringLiteral("inputs")), "--scheme q8_0", QStringLiteral("inputs.gguf"));
    QCOMPARE(decoded["notes"].size(), std::size_t{1});
    QVERIFY(decoded["notes"][0].get<std::string>().find("42 matrices") != std::string::npos);
  }

  void partsOfAGgufFileFromAFolder() {
    static_cast<void>(quantize(plain(), "--scheme q8_0", QStringLiteral("whole.gguf")));
    const Json answer = quantize(plain(), "--scheme q8_0 --split-max-size 3M", QStringLiteral("part.gguf"));
    QVERIFY(answer["files"].size() > 1);
    const QString first = QString::fromStdString(answer["files"][0]);
    const auto rows = [](const QString& file) {
      std::set<std::string> found;
      const Json answered = json({QStringLiteral("inspect"), file});
      for (const Json& row : answered["tensors"])
        found.insert(row["name"].get<std::string>() + row["dtype"].get<std::string>());
      return found;
    };
    QCOMPARE(rows(first), rows(path(QStringLiteral("whole.gguf"))));
  }

  /// Factors of columns stand in no file: they are multiplied into the weights and divided out of what lies before.
  void factorsOfColumnsAreFolded() {
    const auto reference = logProbabilities(QStringLiteral("demo"), folder());
    const auto loss = [&](const char* options) {
      QDir(path(QStringLiteral("folded"))).removeRecursively();
      static_cast<void>(quantize(QStringLiteral("demo"), options, QStringLiteral("folded")));
      return meanKl(reference, logProbabilities(path(QStringLiteral("folded")), folder()));
    };
    const double exact = loss("--scheme int8:group=128,range=minmax,scales=fp16,method=awq,clip=off --layout gptq_v2");
    QVERIFY2(exact < 5e-3, qPrintable(QString::number(exact)));
    const double awq = loss("--scheme int4:group=128,range=minmax,method=awq --layout awq");
    const double plainly = loss("--scheme int4:group=128,range=minmax --layout awq");
    QVERIFY2(awq < plainly, qPrintable(QStringLiteral("%1 %2").arg(awq).arg(plainly)));
    const double smooth = loss("--scheme int8:method=smooth,activations=int8_dynamic --layout compressed-tensors");
    const double rough = loss("--scheme int8:activations=int8_dynamic --layout compressed-tensors");
    QVERIFY2(smooth < rough, qPrintable(QStringLiteral("%1 %2").arg(smooth).arg(rough)));
    const Json answer = quantize(QStringLiteral("demo"), "--scheme int4:group=128,range=minmax,method=awq --layout awq",
                                 QStringLiteral("folded-again"));
    QCOMPARE(answer["notes"].size(), std::size_t{1});
    QVERIFY(answer["notes"][0].get<std::string>().find("share their values") != std::string::npos);
  }

  /// With a head of values for every head of queries the attention's output has factors, too: rows of V are divided.
  void rowsOfValuesAreDivided() {
    const QString file = QStringLiteral(QS_TEST_DATA "/logits/tiny-headdim-f32.gguf");
    const auto source = core::io::openCheckpoint(file.toStdString());
    EvenCalibration calibration(*source);
    const app::QuantizeTarget target(path(QStringLiteral("heads")).toStdString(), {},
                                     core::quant::FolderLayout::GptqV2);
    app::writeModel(*source, Scheme::parse("int8:group=32,range=minmax,scales=fp16,method=awq,clip=off"), target,
                    core::JobContext(), {&calibration, {}});
    const auto made = core::io::openCheckpoint(path(QStringLiteral("heads")).toStdString());
    const auto before = core::quant::dequantize(*core::quant::loadTensor(*source, "blk.0.attn_v.weight"));
    const auto after =
        core::quant::dequantize(*core::quant::loadTensor(*made, "model.layers.0.self_attn.v_proj.weight"));
    QVERIFY(before != after);
    const double loss =
        meanKl(logProbabilities(file, folder()), logProbabilities(path(QStringLiteral("heads")), folder()));
    QVERIFY2(loss < 1e-3, qPrintable(QString::number(loss)));
  }

  void aModelWithoutATokenizerIsWritten() {
    const auto source = core::io::openCheckpoint(QS_TEST_DATA "/logits/tiny-gqa-f32.gguf");
    const QString bare = path(QStringLiteral("bare.gguf"));
    {
      core::io::GgufWriter writer(bare.toStdString());
      for (const auto& entry : source->metadata().entries())
        if (!entry.key.starts_with("tokenizer.")) writer.addEntry(entry);
      for (const auto& tensor : source->tensors()) writer.declareTensor(tensor.name, tensor.dtype, tensor.shape);
      for (std::size_t i = 0; i < source->tensors().size(); ++i) writer.append(source->view(i).bytes);
      writer.finish();
    }
    const Json answer = quantize(bare, "--scheme fp32 --layout plain", QStringLiteral("bare"));
    QCOMPARE(answer["notes"].size(), std::size_t{1});
    QVERIFY(!names(QStringLiteral("bare")).contains(QStringLiteral("tokenizer.json")));
    static_cast<void>(quantize(path(QStringLiteral("bare")), "--scheme fp32", QStringLiteral("bare-again.gguf")));
    QVERIFY(tensorsOf(path(QStringLiteral("bare-again.gguf"))) == tensorsOf(bare));
  }

  /// Wherever a folder keeps its template; one that is no text is said, and costs nothing else.
  void chatTemplatesOfFolders() {
    static_cast<void>(quantize(QStringLiteral("demo"), "--scheme bf16 --layout plain", QStringLiteral("chat")));
    QFile::remove(path(QStringLiteral("chat/chat_template.jinja")));
    const auto made = [&](const char* name, const QByteArray& text) {
      QFile file(path(QStringLiteral("chat/")) + QLatin1String(name));
      if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size()) throw std::runtime_error(name);
      file.close();
      const Json answer = quantize(path(QStringLiteral("chat")), "--scheme fp16", QStringLiteral("chat.gguf"));
      const Json metadata = json({QStringLiteral("inspect"), path(QStringLiteral("chat.gguf"))})["metadata"];
      return std::pair(metadata.value("tokenizer.chat_template", ""), answer["notes"].dump());
    };
    Json settings = read(QStringLiteral("chat/tokenizer_config.json"));
    settings["chat_template"] = {{{"name", "rag"}, {"template", "R{{ eos_token }}"}}};
    QCOMPARE(made("tokenizer_config.json", QByteArray::fromStdString(settings.dump())).first,
             std::string("R{{ eos_token }}"));
    settings["chat_template"] = {{{"name", 7}, {"template", 7}}};
    QCOMPARE(made("tokenizer_config.json", QByteArray::fromStdString(settings.dump())).first, std::string());
    QCOMPARE(made("chat_template.json", R"({"chat_template": "J"})").first, std::string("J"));
    const auto bad = made("chat_template.jinja", "\xFF\xFE");
    QCOMPARE(bad.first, std::string());
    QVERIFY2(bad.second.find("The file has no chat template.") != std::string::npos, bad.second.c_str());
  }
};

QTEST_GUILESS_MAIN(TestCliConversions)
#include "tst_cli_conversions.moc"
