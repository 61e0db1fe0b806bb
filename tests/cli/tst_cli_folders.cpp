// `quantize --layout`: Hugging Face folders from GGUF files, GGUF files from folders, and what they say of themselves.
#include <signal.h>

#include <QDir>
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>
#include <cstring>
#include <map>
#include <random>
#include <set>

#include "app/session/open_model.h"
#include "app/session/quantize_model.h"
#include "cli_process.h"
#include "core/io/gguf_writer.h"
#include "core/io/safetensors_writer.h"
#include "core/model/llama_names.h"
#include "core/model/recipe/row_order.h"
#include "core/quant/load_tensor.h"
#include "core/quant/quantizer.h"

using namespace cli;
using core::quant::Scheme;
using core::tensor::DType;

namespace {

QStringList words(const char* text) { return QString::fromLatin1(text).split(u' ', Qt::SkipEmptyParts); }

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

class TestCliFolders : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir m_folder;

  QString path(const QString& name) const { return m_folder.filePath(name); }
  QStringList names(const QString& folder = {}) const {
    return QDir(path(folder)).entryList(QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot);
  }
  /// Writes and gives the answer.
  Json quantize(const QString& model, const char* options, const QString& out) const {
    return json(QStringList{QStringLiteral("quantize"), model} + words(options) +
                QStringList{QStringLiteral("-o"), path(out)});
  }
  Run refused(const QString& model, const char* options, const QString& out) const {
    return run(QStringList{QStringLiteral("quantize"), model} + words(options) +
               QStringList{QStringLiteral("-o"), path(out)});
  }
  Json read(const QString& file) const { return Json::parse(contents(path(file)).toStdString()); }

  /// A folder in F32, made once.
  QString plain() {
    if (!QFileInfo::exists(path(QStringLiteral("plain"))))
      static_cast<void>(quantize(QStringLiteral("demo"), "--scheme bf16 --layout plain", QStringLiteral("plain")));
    return path(QStringLiteral("plain"));
  }

 private slots:
  void aFolderHasWhatItsReadersWant() {
    const Json answer = quantize(QStringLiteral("demo"), "--scheme nf4 --layout bitsandbytes", QStringLiteral("nf4"));
    QCOMPARE(answer["layout"], Json("bitsandbytes"));
    QCOMPARE(answer["notes"], Json::array());
    std::set<std::string> said;
    for (const Json& file : answer["files"])
      said.insert(QFileInfo(QString::fromStdString(file)).fileName().toStdString());
    std::set<std::string> found;
    for (const QString& name : names(QStringLiteral("nf4"))) found.insert(name.toStdString());
    QCOMPARE(found, said);
    QCOMPARE(found, (std::set<std::string>{"config.json", "generation_config.json", "model.safetensors",
                                           "tokenizer.json", "tokenizer_config.json"}));
    const Json config = read(QStringLiteral("nf4/config.json"));
    QCOMPARE(config["model_type"], Json("llama"));
    QCOMPARE(config["num_key_value_heads"], Json(4));
    QCOMPARE(config["tie_word_embeddings"], Json(true));
    QCOMPARE(config["rms_norm_eps"], Json(1e-5));
    QCOMPARE(config["quantization_config"]["bnb_4bit_quant_type"], Json("nf4"));
    QCOMPARE(config["quantization_config"]["llm_int8_skip_modules"], Json({"lm_head"}));
    QVERIFY(read(QStringLiteral("nf4/tokenizer_config.json"))["chat_template"].get<std::string>().find("<|user|>") !=
                std::string::npos ||
            read(QStringLiteral("nf4/tokenizer_config.json")).contains("chat_template"));
    const Json tokenizer = read(QStringLiteral("nf4/tokenizer.json"));
    QCOMPARE(tokenizer["model"]["vocab"].size(), std::size_t{2048});
    QVERIFY(tokenizer["model"]["merges"].size() > 1000);
    QCOMPARE(tokenizer["post_processor"]["single"][0]["SpecialToken"]["id"], Json("<s>"));
    // Rows and targets in the answer.
    std::map<std::string, Json> rows;
    for (const Json& row : answer["tensors"]) rows[row["tensor"]] = row;
    QCOMPARE(rows["blk.0.attn_q.weight"]["target"], Json("model.layers.0.self_attn.q_proj.weight"));
    QCOMPARE(rows["output_norm.weight"]["target"], Json("model.norm.weight"));
  }

  void settingsSayWhatTheSchemeDoes_data() {
    QTest::addColumn<QString>("options");
    QTest::addColumn<QString>("settings");  // a part of quantization_config
    const auto row = [](const char* options, const char* settings) {
      QTest::newRow(options) << QString::fromLatin1(options) << QString::fromLatin1(settings);
    };
    row("--scheme nf4:block=128,double=on,compute=bf16 --layout bitsandbytes",
        R"({"load_in_4bit": true, "bnb_4bit_use_double_quant": true, "bnb_4bit_compute_dtype": "bfloat16",
            "quant_method": "bitsandbytes"})");
    row("--scheme llm_int8:threshold=4 --layout bitsandbytes",
        R"({"load_in_8bit": true, "load_in_4bit": false, "llm_int8_threshold": 4.0})");
    row("--scheme int4:group=128 --layout gptq",
        R"({"bits": 4, "group_size": 128, "sym": true, "desc_act": false, "checkpoint_format": "gptq"})");
    row("--scheme int3:group=row,range=minmax,scales=fp16 --layout gptq_v2",
        R"({"bits": 3, "group_size": -1, "sym": false, "checkpoint_format": "gptq_v2"})");
    row("--scheme int4:group=64,range=minmax --layout awq",
        R"({"bits": 4, "group_size": 64, "zero_point": true, "version": "gemm", "quant_method": "awq"})");
    row("--scheme int4:group=128 --layout compressed-tensors",
        R"({"format": "pack-quantized", "quantization_status": "compressed", "ignore": ["lm_head"]})");
    row("--scheme int8:activations=int8_static --layout compressed-tensors", R"({"format": "int-quantized"})");
    row("--scheme fp8_e4m3:scale=row,activations=fp8_dynamic --layout compressed-tensors",
        R"({"format": "float-quantized"})");
    row("--scheme nv_e2m1 --layout compressed-tensors", R"({"format": "nvfp4-pack-quantized"})");
    row("--scheme mx_e2m1 --layout compressed-tensors", R"({"format": "mxfp4-pack-quantized"})");
  }
  void settingsSayWhatTheSchemeDoes() {
    QFETCH(QString, options);
    QFETCH(QString, settings);
    QDir(path(QStringLiteral("said"))).removeRecursively();
    static_cast<void>(quantize(QStringLiteral("demo"), qPrintable(options), QStringLiteral("said")));
    const Json found = read(QStringLiteral("said/config.json"))["quantization_config"];
    const Json wanted = Json::parse(settings.toStdString());
    for (const auto& [key, value] : wanted.items())
      QVERIFY2(found[key] == value, qPrintable(QString::fromStdString(key + ": " + found[key].dump())));
    if (options.contains(QLatin1String("gptq")))
      QCOMPARE(read(QStringLiteral("said/quantize_config.json")), found);
    else
      QVERIFY(!QFileInfo::exists(path(QStringLiteral("said/quantize_config.json"))));
  }

  void compressedTensorsSayHowInputsAreMultiplied() {
    const auto group = [this](const char* options) {
      QDir(path(QStringLiteral("said"))).removeRecursively();
      static_cast<void>(quantize(QStringLiteral("demo"), options, QStringLiteral("said")));
      return read(QStringLiteral("said/config.json"))["quantization_config"]["config_groups"]["group_0"];
    };
    Json found = group("--scheme int8:activations=int8_static --layout compressed-tensors");
    QCOMPARE(found["weights"]["strategy"], Json("channel"));
    QCOMPARE(found["input_activations"]["dynamic"], Json(false));
    QCOMPARE(found["input_activations"]["symmetric"], Json(false));
    found = group("--scheme fp8_e4m3:scale=block128 --layout compressed-tensors");
    QCOMPARE(found["weights"]["block_structure"], Json({128, 128}));
    QVERIFY(found["input_activations"].is_null());
    found = group("--scheme int4:group=128,range=minmax,method=gptq,act_order=on --layout compressed-tensors");
    QCOMPARE(found["weights"]["actorder"], Json("group"));
    QCOMPARE(found["weights"]["symmetric"], Json(false));
  }

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
    for (const char* part : {"attn_q", "attn_k", "attn_v", "ffn_down"}) {
      const std::string name = std::string("blk.1.") + part + ".weight";
      auto stored = core::quant::loadTensor(model->checkpoint(), name);
      const std::uint64_t rows = stored->shape.rows();
      const auto order = core::model::rowOrderOf(name);
      if (order != core::model::RowOrder::Same) {
        const std::uint64_t headRows = rows / (order == core::model::RowOrder::QueryHeads ? 8 : 4);
        stored =
            core::model::reorderRows(stored, [&](std::uint64_t row) { return core::model::ggufRow(row, headRows); });
      }
      const auto need = core::quant::calibrationNeed(scheme);
      const auto known =
          need == core::quant::CalibrationNeed::None ? nullptr : calibration->of(name, need, core::JobContext());
      const auto expected = core::quant::dequantize(*core::quant::quantize(scheme, *stored, {}, known.get()));
      const auto found = core::quant::loadTensor(*written, *core::model::huggingFaceName(name));
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
    const auto ofFolder = logProbabilities(path(QStringLiteral("small")), m_folder.path());
    const double file = meanKl(ofFolder, logProbabilities(path(QStringLiteral("small.gguf")), m_folder.path()));
    const double again = meanKl(ofFolder, logProbabilities(path(QStringLiteral("small-again")), m_folder.path()));
    QVERIFY2(std::abs(file) < 1e-9 && std::abs(again) < 1e-9, qPrintable(QStringLiteral("%1 %2").arg(file).arg(again)));
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

  void shardsComeWithAnIndex() {
    const Json answer = quantize(QStringLiteral("demo"), "--scheme llm_int8 --layout bitsandbytes --split-max-size 3M",
                                 QStringLiteral("shards"));
    const Json index = read(QStringLiteral("shards/model.safetensors.index.json"));
    std::set<std::string> shards;
    for (const auto& [tensor, shard] : index["weight_map"].items()) shards.insert(shard);
    QVERIFY(shards.size() > 1);
    for (const std::string& shard : shards) {
      const QString file = path(QStringLiteral("shards/") + QString::fromStdString(shard));
      QVERIFY2(QFileInfo(file).size() <= 3'000'000 + 20'000, shard.c_str());
    }
    QVERIFY(shards.contains("model-00001-of-0000" + std::to_string(shards.size()) + ".safetensors"));
    // All pieces of a weight are in one file.
    const auto& map = index["weight_map"];
    for (const auto& [tensor, shard] : map.items())
      if (tensor.ends_with(".SCB")) QCOMPARE(map[tensor.substr(0, tensor.size() - 3) + "weight"], shard);
    quint64 bytes = 0;
    for (const Json& row : answer["tensors"]) bytes += row["bytes"].get<quint64>();
    QCOMPARE(index["metadata"]["total_size"].get<quint64>(), bytes);
    const auto written = core::io::openCheckpoint(path(QStringLiteral("shards")).toStdString());
    for (const Json& row : answer["tensors"])
      QVERIFY2(core::quant::isLoadable(written->tensors()[written->find(row["target"].get<std::string>()).value()]),
               row.dump().c_str());
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
    const auto reference = logProbabilities(QStringLiteral("demo"), m_folder.path());
    const auto loss = [&](const char* options) {
      QDir(path(QStringLiteral("folded"))).removeRecursively();
      static_cast<void>(quantize(QStringLiteral("demo"), options, QStringLiteral("folded")));
      return meanKl(reference, logProbabilities(path(QStringLiteral("folded")), m_folder.path()));
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
    const double loss = meanKl(logProbabilities(file, m_folder.path()),
                               logProbabilities(path(QStringLiteral("heads")), m_folder.path()));
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

  void aDryRunShowsTheNewNames() {
    const QStringList before = names();
    const Json answer = json(QStringList{QStringLiteral("quantize"), QStringLiteral("demo")} +
                             words("--dry-run --scheme int4:group=128 --layout gptq --split-max-size 2M -o") +
                             QStringList{path(QStringLiteral("dry"))});
    QCOMPARE(names(), before);
    std::map<std::string, Json> rows;
    for (const Json& row : answer["tensors"]) rows[row["tensor"]] = row;
    QCOMPARE(rows["blk.3.ffn_up.weight"]["target"], Json("model.layers.3.mlp.up_proj.qweight"));
    QVERIFY(answer["parts"].size() > 1);
    QVERIFY(answer["parts"][0]["file"].get<std::string>().ends_with(
        "dry/model-00001-of-0000" + std::to_string(answer["parts"].size()) + ".safetensors"));
    // And it refuses what writing would.
    const Run refusal = run(QStringList{QStringLiteral("quantize"), QStringLiteral("demo")} +
                            words("--dry-run --scheme q4_0 --layout gptq"));
    QCOMPARE(refusal.code, 1);
    QVERIFY2(isOneSentence(refusal.err) && refusal.err.contains("GPTQ"), refusal.err.constData());
  }

  void whatCannotBeWrittenIsASentence_data() {
    QTest::addColumn<QString>("options");
    QTest::addColumn<QString>("out");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* name, const char* options, const char* out, const char* says) {
      QTest::newRow(name) << QString::fromLatin1(options) << QString::fromLatin1(out) << QString::fromLatin1(says);
    };
    row("a file's name", "--scheme nf4 --layout bitsandbytes", "x.safetensors", "a file's name");
    row("no layout", "--scheme nf4", "x", "with a layout");
    row("nothing packed", "--scheme bf16 --layout gptq", "x", "layout plain");
    row("two schemes", "--scheme nf4 --tensor-type attn_q=nf4:block=128 --layout bitsandbytes", "x",
        "one quantization_config");
    row("another format", "--recipe Q4_K_M --layout awq", "x", "AWQ");
    row("too small a shard", "--scheme nf4 --layout bitsandbytes --split-max-size 100", "x", "cannot hold the tensor");
    row("standard output", "--scheme nf4 --layout bitsandbytes", "-", "standard output");
  }
  void whatCannotBeWrittenIsASentence() {
    QFETCH(QString, options);
    QFETCH(QString, out);
    QFETCH(QString, says);
    const QStringList before = names();
    const Run result =
        run(QStringList{QStringLiteral("quantize"), QStringLiteral("demo")} + words(qPrintable(options)) +
            QStringList{QStringLiteral("-o"), out == QLatin1String("-") ? out : path(out)});
    QCOMPARE(result.code, 1);
    QVERIFY2(isOneSentence(result.err) && QString::fromUtf8(result.err).contains(says), result.err.constData());
    QCOMPARE(names(), before);
  }

  void onlyWhatIsUnderstoodGetsOtherNames() {
    const auto tensors = [this](const QString& file, const std::vector<std::string>& list) {
      core::io::SafetensorsWriter writer(path(file).toStdString());
      for (const auto& name : list) writer.declareTensor(name, DType::F32, {64, 64});
      for (std::size_t i = 0; i < list.size(); ++i) writer.append(std::vector<std::byte>(64 * 64 * 4));
      writer.finish();
    };
    QDir().mkpath(path(QStringLiteral("phi")));
    tensors(QStringLiteral("phi/model.safetensors"), {"model.layers.0.self_attn.qkv_proj.weight"});
    writeFile(path(QStringLiteral("phi/config.json")), R"({"model_type": "phi3"})");
    Run result = refused(path(QStringLiteral("phi")), "--scheme q8_0", QStringLiteral("x.gguf"));
    QCOMPARE(result.code, 1);
    QVERIFY2(isOneSentence(result.err) && result.err.contains("Llama family"), result.err.constData());
    // A folder of any family becomes another folder: nothing is renamed.
    const Json answer =
        quantize(path(QStringLiteral("phi")), "--scheme nf4 --layout bitsandbytes", QStringLiteral("phi-nf4"));
    QCOMPARE(answer["quantized"], Json(1));
    tensors(QStringLiteral("alone.safetensors"), {"model.layers.0.mlp.up_proj.weight"});
    QDir().mkpath(path(QStringLiteral("alone")));
    QVERIFY(QFile::rename(path(QStringLiteral("alone.safetensors")), path(QStringLiteral("alone/model.safetensors"))));
    result = refused(path(QStringLiteral("alone")), "--scheme nf4 --layout bitsandbytes", QStringLiteral("x"));
    QCOMPARE(result.code, 1);
    QVERIFY2(isOneSentence(result.err) && result.err.contains("config.json"), result.err.constData());
  }

  void anUnknownLayoutIsWrongUsage() {
    const Run result = refused(QStringLiteral("demo"), "--scheme nf4 --layout exl2", QStringLiteral("x"));
    QCOMPARE(result.code, 2);
    QVERIFY2(result.err.contains("compressed-tensors"), result.err.constData());
  }

  void inputsStay() {
    const QByteArray before = contents(plain() + QStringLiteral("/model.safetensors"));
    const QStringList beside = QDir(plain()).entryList();
    Run result = refused(plain(), "--scheme nf4 --layout bitsandbytes", QStringLiteral("plain"));
    QCOMPARE(result.code, 1);
    QVERIFY2(isOneSentence(result.err) && result.err.contains("model itself"), result.err.constData());
    QCOMPARE(contents(plain() + QStringLiteral("/model.safetensors")), before);
    QCOMPARE(QDir(plain()).entryList(), beside);
    QDir().mkpath(path(QStringLiteral("mine")));
    writeFile(path(QStringLiteral("mine/file")), "mine");
    result = refused(QStringLiteral("demo"), "--scheme nf4 --layout bitsandbytes", QStringLiteral("mine"));
    QCOMPARE(result.code, 1);
    QVERIFY2(isOneSentence(result.err) && result.err.contains("not empty"), result.err.constData());
    QCOMPARE(names(QStringLiteral("mine")), QStringList{QStringLiteral("file")});
  }

  void aKilledProcessLeavesNothing() {
    const QStringList before = names();
    for (const int signal : {SIGKILL, SIGTERM, SIGINT}) {
      QProcess process;
      process.start(QStringLiteral(QS_CLI),
                    QStringList{QStringLiteral("quantize"), QStringLiteral("demo")} +
                        words("--scheme int4:group=32,range=minmax,method=gptq,act_order=on --layout gptq -o") +
                        QStringList{path(QStringLiteral("killed"))});
      QVERIFY(process.waitForStarted());
      QTest::qWait(150);
      if (process.state() == QProcess::NotRunning) QSKIP("It was done before it could be killed.");
      ::kill(static_cast<pid_t>(process.processId()), signal);
      QVERIFY(process.waitForFinished(60'000));
      if (process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0) QSKIP("It was done in time.");
      QCOMPARE(names(), before);
    }
  }

  void aFullDiskLeavesNothing() {
    const QStringList before = names();
    const Run result = shell(QStringLiteral("ulimit -f 64; exec env -u LD_PRELOAD \"$0\" quantize demo --scheme nf4 "
                                            "--layout bitsandbytes -o full"),
                             m_folder.path());
    QCOMPARE(result.code, 1);
    QVERIFY2(isOneSentence(result.err) && result.err.contains("File too large"), result.err.constData());
    QCOMPARE(names(), before);
  }
};

QTEST_GUILESS_MAIN(TestCliFolders)
#include "tst_cli_folders.moc"
