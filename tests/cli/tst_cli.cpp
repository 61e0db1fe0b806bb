// quantscope-cli as a script sees it: a process with arguments, an exit code, JSON on stdout, one sentence on stderr.
#include <QFile>
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>
#include <cstring>
#include <filesystem>

#include "cli_process.h"

using namespace cli;

namespace {

const QString kTensor = QStringLiteral("blk.0.attn_q.weight");

std::vector<std::string> keysOf(const Json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

/// A version 1 .npy file of little-endian float32 in C order.
struct Npy {
  QByteArray header;
  std::vector<float> values;
};

Npy readNpy(const QString& path) {
  QFile file(path);
  if (!file.open(QIODevice::ReadOnly)) throw std::runtime_error("Cannot open " + path.toStdString());
  const QByteArray bytes = file.readAll();
  if (!bytes.startsWith("\x93NUMPY\x01")) throw std::runtime_error("Not a .npy file");
  const int length = static_cast<unsigned char>(bytes[8]) + 256 * static_cast<unsigned char>(bytes[9]);
  Npy npy{bytes.mid(10, length),
          std::vector<float>(static_cast<std::size_t>(bytes.size() - 10 - length) / sizeof(float))};
  std::memcpy(npy.values.data(), bytes.constData() + 10 + length, npy.values.size() * sizeof(float));
  return npy;
}

/// KL(p ‖ q) of two rows of logits, in nats.
double klDivergence(const float* p, const float* q, std::size_t count) {
  double sumP = 0, sumQ = 0, result = 0;
  for (std::size_t i = 0; i < count; ++i) {
    sumP += std::exp(static_cast<double>(p[i]));
    sumQ += std::exp(static_cast<double>(q[i]));
  }
  for (std::size_t i = 0; i < count; ++i) {
    const double logP = static_cast<double>(p[i]) - std::log(sumP), logQ = static_cast<double>(q[i]) - std::log(sumQ);
    result += std::exp(logP) * (logP - logQ);
  }
  return result;
}

bool hasVulkan() {
  for (const auto& device : json({QStringLiteral("devices")})) {
    if (device["device"] != "cpu" && device["usable"] == true) return true;
  }
  return false;
}

}  // namespace

class TestCli : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void documentedKeys_data();
  void documentedKeys();
  void exitCodes_data();
  void exitCodes();
  void truncatedFilesGiveOneSentence();
  void helpAndVersion();
  void bitsHaveEveryDigit();
  void inspectListsEveryTensor();
  void builtInModelsOpen();
  void dumpEqualsInspect();
  void errorEqualsDump();
  void everySchemeThatEncodesIsMeasured();
  void inputsOfStoredBlocksBecomeIntegers();
  void quantizedFileReopens();
  void logitsAgreeBetweenDevices_data();
  void logitsAgreeBetweenDevices();
  void generateIsDeterministicPerSeed();
  void aModelThatDoesNotComputeNumbersFails_data();
  void aModelThatDoesNotComputeNumbersFails();
  void textSurvivesTokens_data();
  void textSurvivesTokens();
  void templateRendersAConversation();

 private:
  QString path(const QString& name) const { return m_folder.filePath(name); }
  /// Logits of a fixed prompt.
  Npy logits(const QString& device, const QString& scheme);

  QTemporaryDir m_folder;
};

void TestCli::documentedKeys_data() {
  QTest::addColumn<QStringList>("arguments");
  QTest::addColumn<QString>("path");  // JSON pointer to the object that has the keys
  QTest::addColumn<QStringList>("keys");
  const auto row = [](const char* name, const QString& arguments, const QString& path, const QString& keys) {
    QStringList words = arguments.split(u' ');
    words.replaceInStrings(QStringLiteral("MODEL"), kModel);
    QTest::newRow(name) << words << path << keys.split(u' ');
  };
  row("inspect", "inspect MODEL", {}, "name format architecture parameters bytes metadata tensors");
  row("inspect tensor", "inspect MODEL", "/tensors/0", "name shape dtype offset bytes");
  row("inspect stats", "inspect MODEL --stats", "/tensors/0",
      "min max mean std abs_max kurtosis outliers_6_sigma zeros nans");
  row("inspect formats", "inspect MODEL --format fp8_e4m3 --format int4", "/tensors/0/formats/1",
      "format scale zero_point exact rounded subnormal became_zero zero clipped overflowed non_finite "
      "relative_squared_error");
  row("inspect histogram", "inspect MODEL --histogram 8", "/tensors/0/histogram", "edges counts");
  row("bits", "bits 0.1", {}, "input formats");
  row("bits format", "bits 0.1", "/formats/0",
      "format bits hex sign exponent_field exponent mantissa_field class value ulp error previous next");
  row("schemes", "schemes", "/0", "scheme family bits_per_weight needs_calibration runs_on");
  row("error of outputs", "error demo --metric output --scheme int4 --tensor blk.0.attn_q.weight", "/0",
      "output_error");
  row("error", "error MODEL --tensor blk.0.attn_q.weight", "/0",
      "tensor scheme bits_per_weight bytes mse sqnr_db relative_error cosine max_abs_error");
  row("error summary", "error MODEL --tensor blk.0.attn_q.weight --summary", {},
      "name metric totals kept_share kept rows");
  row("error totals", "error MODEL --tensor blk.0.attn_q.weight --summary", "/totals/0",
      "scheme measured refused bytes bits_per_weight mean worst worst_tensor");
  row("error summary's rows", "error MODEL --tensor blk.0.attn_q.weight --summary", "/rows/0",
      "tensor scheme bits_per_weight bytes mse sqnr_db relative_error cosine max_abs_error");
  row("tokenize", "tokenize MODEL hello", {}, "tokens pieces");
  row("generate", "generate MODEL --prompt Hi --max-tokens 2 --device cpu", {},
      "text tokens prompt_tokens time_to_first_token_s prefill_tokens_per_s decode_tokens_per_s weight_bytes "
      "memory_bytes device scheme seed");
  row("bench", "bench MODEL --device cpu -p 8 -n 4 -r 1", {},
      "device scheme kv_type prefill_tokens_per_s decode_tokens_per_s weight_bytes weight_bytes_per_token "
      "kv_bytes_per_token bytes_per_token bytes_per_s_of_memory memory_bandwidth_share joules_per_token "
      "submissions_per_token dispatches_per_token barriers_per_token returned_bytes_per_token operations_per_s "
      "operations_per_token "
      "operations_of_prompt arithmetic_share prefill_arithmetic_share prefill_memory_bandwidth_share "
      "card_joules_per_token");
  row("bench of several schemes", "bench MODEL --device cpu --scheme stored --scheme int8 -p 8 -n 2 -r 1",
      "/benchmarks/1", "device scheme prefill_tokens_per_s decode_tokens_per_s bytes_per_token arithmetic_share");
  row("bench of all devices", "bench MODEL --device all -p 8,9 -n 1 -r 1", "/benchmarks/0/runs/1",
      "prompt_tokens prefill_tokens_per_s decode_tokens_per_s");
  row("bench's lengths", "bench MODEL --device cpu -p 8,16 -n 4 -r 1", "/runs/1",
      "prompt_tokens prefill_tokens_per_s decode_tokens_per_s bytes_per_token");
  row("bench's steps", "bench MODEL --device cpu -p 8 -n 4 -r 1 --steps", "/steps/decode/0",
      "kind part count seconds share");
  row("devices", "devices", "/0", "device name usable");
}

void TestCli::documentedKeys() {
  QFETCH(QStringList, arguments);
  QFETCH(QString, path);
  QFETCH(QStringList, keys);
  const Json answer = json(arguments);
  const auto present = keysOf(answer.at(Json::json_pointer(path.toStdString())));
  for (const QString& key : keys)
    QVERIFY2(std::find(present.begin(), present.end(), key.toStdString()) != present.end(), qPrintable(key));
}

void TestCli::exitCodes_data() {
  QTest::addColumn<QStringList>("arguments");
  QTest::addColumn<int>("code");
  QTest::addColumn<QString>("says");
  const auto row = [](const char* name, const QString& arguments, int code, const char* says) {
    QStringList words = arguments.split(u' ');
    words.replaceInStrings(QStringLiteral("MODEL"), kModel);
    QTest::newRow(name) << words << code << QString::fromUtf8(says);
  };
  row("missing file", "inspect /nonexistent/model.gguf", 1, "No such file");
  row("unknown format", "inspect MODEL --format fp7", 1, "eXmY");
  row("not a model", "inspect " QS_SOURCE_DIR "/CMakeLists.txt", 1, "GGUF or safetensors");
  row("folder without a model", "inspect " QS_SOURCE_DIR "/core", 1, "holds no model");
  row("unknown tensor", "inspect MODEL --tensor nope", 1, "no tensor called \"nope\"");
  row("dump unknown tensor", "dump MODEL --tensor nope -o /nonexistent/x.npy", 1, "no tensor called \"nope\"");
  row("dump to nowhere", "dump MODEL --tensor output_norm.weight -o /nonexistent/x.npy", 1, "/nonexistent");
  row("bad scheme", "error MODEL --scheme int99", 1, "'int99'");
  row("bad scheme key", "error MODEL --scheme int4:gruop=64", 1, "gruop");
  row("bad metric", "error MODEL --metric goodness", 1, "'goodness'");
  row("output error without a text", "error MODEL --metric output", 1, "calibration text");
  row("no such matrix", "error MODEL --tensor x*", 1, "x*");
  row("bad number", "bits 1.2.3", 1, "1.2.3");
  row("bad format", "bits 1 --format fp7", 1, "\"fp7\"");
  row("GGUF cannot hold it", "quantize MODEL --scheme nf4 -o /nonexistent/x.gguf", 1, "nf4");
  row("quantize to nowhere", "quantize MODEL --scheme q8_0 -o /nonexistent/x.gguf", 1, "/nonexistent");
  row("quantize onto itself", "quantize MODEL --scheme q8_0 -o MODEL", 1, "model itself");
  row("token beyond the vocabulary", "detokenize MODEL 1,2048", 1, "'2048'");
  row("tokens that are none", "logits MODEL --tokens 1,two", 1, "'two'");
  row("bad device", "logits MODEL --tokens 1 --device cuda", 1, "'cuda'");
#ifdef QS_HAS_GPU
  row("no such device", "logits MODEL --tokens 1 --device vulkan:99", 1, "99");
#else
  row("no such device", "logits MODEL --tokens 1 --device vulkan:99", 1, "no Vulkan backend");
#endif
  row("bad temperature", "generate MODEL --prompt Hi --temperature -1", 1, "emperature");
  row("a folder as conversation", "template MODEL " QS_SOURCE_DIR "/core", 1, "Could not read");
  row("no end of a conversation", "template MODEL /dev/zero", 1, "at most");
  row("missing conversation", "template MODEL /nonexistent/chat.json", 1, "/nonexistent/chat.json");
  row("bench beyond the context", "bench MODEL -p 5000 -n 1", 1, "context");
  row("one of bench's lengths beyond the context", "bench MODEL -p 8,5000 -n 1", 1, "context");
  row("bench of no length", "bench MODEL -p 8,none -n 1", 2, "none");
  row("no verb", "--json", 2, "");
  row("unknown verb", "frobnicate MODEL", 2, "frobnicate");
  row("no model", "inspect", 2, "required");
  row("unknown option", "inspect MODEL --frobnicate", 2, "--frobnicate");
  row("negative seed", "generate MODEL --prompt Hi --seed -1", 2, "--seed");
  row("seed of 65 bits", "generate MODEL --prompt Hi --seed 18446744073709551616", 2, "--seed");
  row("missing option", "generate MODEL", 2, "--prompt");
  row("value out of range", "inspect MODEL --histogram 0", 2, "--histogram");
}

void TestCli::exitCodes() {
  QFETCH(QStringList, arguments);
  QFETCH(int, code);
  QFETCH(QString, says);
  const Run result = run(arguments);
  QCOMPARE(result.code, code);
  QVERIFY2(result.out.isEmpty(), result.out.constData());
  const QString sentence = QString::fromUtf8(result.err);
  QVERIFY2(sentence.contains(says), result.err.constData());
  if (code != 1) return;
  QCOMPARE(sentence.count(u'\n'), 1);
  QVERIFY2(sentence.endsWith(QLatin1String(".\n")), result.err.constData());
}

void TestCli::truncatedFilesGiveOneSentence() {
  QFile source(kModel);
  QVERIFY(source.open(QIODevice::ReadOnly));
  const QByteArray whole = source.readAll();
  // Header, metadata, tensor table, data: every part is cut once or twice.
  for (const qsizetype size : {qsizetype{0}, qsizetype{3}, qsizetype{12}, qsizetype{23}, qsizetype{60}, qsizetype{500},
                               qsizetype{20'000}, whole.size() / 2, whole.size() - 1}) {
    QFile cut(path(QStringLiteral("cut.gguf")));
    QVERIFY(cut.open(QIODevice::WriteOnly));
    QCOMPARE(cut.write(whole.left(size)), size);
    cut.close();
    const Run result = run({QStringLiteral("inspect"), cut.fileName(), QStringLiteral("--json")});
    QCOMPARE(result.code, 1);
    QVERIFY(result.out.isEmpty());
    QVERIFY2(result.err.count('\n') == 1 && result.err.endsWith(".\n"), result.err.constData());
  }
}

void TestCli::helpAndVersion() {
  const Run help = run({QStringLiteral("--help")});
  QCOMPARE(help.code, 0);
  for (const char* verb : {"inspect", "dump", "bits", "schemes", "error", "quantize", "tokenize", "detokenize",
                           "template", "logits", "generate", "devices", "bench", "models"})
    QVERIFY2(help.out.contains(verb), verb);
  QCOMPARE(run({QStringLiteral("--version")}).code, 0);
}

void TestCli::bitsHaveEveryDigit() {
  const Json answer = json({QStringLiteral("bits"), QStringLiteral("0.1")});
  QCOMPARE(answer["input"].get<std::string>(), std::string("0.1"));
  const auto format = [&answer](const char* name) {
    for (const Json& row : answer["formats"]) {
      if (row["format"] == name) return row;
    }
    throw std::runtime_error(std::string("no format ") + name);
  };
  const Json fp64 = format("fp64"), fp32 = format("fp32"), bf16 = format("bf16"), e4m3 = format("fp8_e4m3");
  QCOMPARE(fp64["value"].get<std::string>(), std::string("0.1000000000000000055511151231257827021181583404541015625"));
  QCOMPARE(fp64["error"].get<std::string>(), std::string("0.0000000000000000055511151231257827021181583404541015625"));
  QCOMPARE(fp32["value"].get<std::string>(), std::string("0.100000001490116119384765625"));
  QCOMPARE(fp32["hex"].get<std::string>(), std::string("0x3dcccccd"));
  QCOMPARE(fp32["exponent_field"].get<int>(), 123);
  QCOMPARE(fp32["exponent"].get<int>(), -4);
  QCOMPARE(fp32["mantissa_field"].get<int>(), 0x4ccccd);
  QCOMPARE(fp32["previous"].get<std::string>(), std::string("0.0999999940395355224609375"));
  QCOMPARE(bf16["value"].get<std::string>(), std::string("0.10009765625"));
  QCOMPARE(bf16["error"].get<std::string>(), std::string("0.00009765625"));
  QCOMPARE(e4m3["value"].get<std::string>(), std::string("0.1015625"));
  QCOMPARE(json({"bits", "0x3f800000"})["formats"][1]["value"].get<std::string>(), std::string("1"));
  QCOMPARE(json({"bits", "-1e-7", "--format", "fp16"})["formats"][0]["class"].get<std::string>(),
           std::string("subnormal"));
}

void TestCli::inspectListsEveryTensor() {
  const Json answer = json({QStringLiteral("inspect"), kModel});
  std::uint64_t parameters = 0;
  for (const Json& tensor : answer["tensors"]) {
    std::uint64_t count = 1;
    for (const auto& extent : tensor["shape"]) count *= extent.get<std::uint64_t>();
    parameters += count;
    QVERIFY(tensor["offset"].get<std::uint64_t>() + tensor["bytes"].get<std::uint64_t>() <=
            answer["bytes"].get<std::uint64_t>());
  }
  QCOMPARE(answer["parameters"].get<std::uint64_t>(), parameters);
  QCOMPARE(answer["bytes"].get<qint64>(), QFile(kModel).size());
  QCOMPARE(answer["metadata"]["llama.block_count"].get<int>(), 6);
}

void TestCli::builtInModelsOpen() {
  for (const char* name : {"demo", "demo-smooth"})
    QCOMPARE(json({QStringLiteral("inspect"), QString::fromLatin1(name)})["can_chat"].get<bool>(), true);
}

void TestCli::dumpEqualsInspect() {
  const Json tensor = json({QStringLiteral("inspect"), kModel, QStringLiteral("--tensor"), kTensor,
                            QStringLiteral("--stats")})["tensors"][0];
  QCOMPARE(run({QStringLiteral("dump"), kModel, QStringLiteral("--tensor"), kTensor, QStringLiteral("-o"),
                path(QStringLiteral("t.npy"))})
               .code,
           0);
  const Npy npy = readNpy(path(QStringLiteral("t.npy")));
  QVERIFY2(npy.header.contains("'<f4'") && npy.header.contains("(256, 256)"), npy.header.constData());
  QCOMPARE(tensor["shape"], Json({256, 256}));
  QCOMPARE(npy.values.size(), std::size_t{256 * 256});
  double low = HUGE_VAL, high = -HUGE_VAL, sum = 0, squares = 0;
  for (const float f : npy.values) {
    const double value = static_cast<double>(f);
    low = std::min(low, value), high = std::max(high, value), sum += value, squares += value * value;
  }
  const double count = static_cast<double>(npy.values.size()), mean = sum / count;
  QCOMPARE(tensor["min"].get<double>(), low);
  QCOMPARE(tensor["max"].get<double>(), high);
  QVERIFY(std::abs(tensor["mean"].get<double>() - mean) < 1e-12);
  QVERIFY(std::abs(tensor["std"].get<double>() - std::sqrt(squares / count - mean * mean)) < 1e-9);
}

void TestCli::errorEqualsDump() {
  const auto dump = [this](const QString& scheme) {
    QStringList arguments{QStringLiteral("dump"),     kModel,
                          QStringLiteral("--tensor"), kTensor,
                          QStringLiteral("-o"),       path(QStringLiteral("e.npy"))};
    if (!scheme.isEmpty()) arguments << QStringLiteral("--scheme") << scheme;
    if (run(arguments).code != 0) throw std::runtime_error("dump failed");
    return readNpy(path(QStringLiteral("e.npy"))).values;
  };
  const auto original = dump({});
  for (const QString& scheme : {QStringLiteral("nf4"), QStringLiteral("int4:group=64"), QStringLiteral("q4_0")}) {
    const auto quantized = dump(scheme);
    QCOMPARE(quantized.size(), original.size());
    double errors = 0, signal = 0;
    for (std::size_t i = 0; i < original.size(); ++i) {
      const double x = static_cast<double>(original[i]), e = x - static_cast<double>(quantized[i]);
      errors += e * e, signal += x * x;
    }
    const Json row = json(
        {QStringLiteral("error"), kModel, QStringLiteral("--tensor"), kTensor, QStringLiteral("--scheme"), scheme})[0];
    QCOMPARE(row["scheme"].get<std::string>(), scheme.toStdString());
    QVERIFY(std::abs(row["sqnr_db"].get<double>() - 10 * std::log10(signal / errors)) < 1e-6);
    QVERIFY(std::abs(row["mse"].get<double>() * static_cast<double>(original.size()) / errors - 1) < 1e-9);
    QVERIFY(errors > 0);
  }
}

void TestCli::everySchemeThatEncodesIsMeasured() {
  QStringList arguments{QStringLiteral("error"), kModel, QStringLiteral("--tensor"), kTensor};
  std::vector<std::string> schemes;
  std::vector<double> bits;
  for (const Json& row : json({QStringLiteral("schemes")})) {
    if (row["can_encode"] == false || row["family"] == "recipe" || row["needs_calibration"] == true) continue;
    schemes.push_back(row["scheme"]);
    arguments << QStringLiteral("--scheme") << QString::fromStdString(schemes.back());
  }
  QVERIFY(schemes.size() >= 15);
  const Json rows = json(arguments);
  QCOMPARE(rows.size(), schemes.size());
  for (std::size_t i = 0; i < schemes.size(); ++i) {
    QCOMPARE(rows[i]["scheme"].get<std::string>(), schemes[i]);
    QVERIFY2(!rows[i].contains("refused"), schemes[i].c_str());
    // bits per weight are the bytes, nothing else
    QCOMPARE(rows[i]["bits_per_weight"].get<double>(), 8.0 * rows[i]["bytes"].get<double>() / (256 * 256));
  }
}

void TestCli::quantizedFileReopens() {
  const QString file = path(QStringLiteral("q.gguf"));
  const Json written = json({QStringLiteral("quantize"), kModel, QStringLiteral("--scheme"), QStringLiteral("q8_0"),
                             QStringLiteral("-o"), file});
  const Json before = json({QStringLiteral("inspect"), kModel}), after = json({QStringLiteral("inspect"), file});
  QCOMPARE(after["metadata"]["tokenizer.chat_template"], before["metadata"]["tokenizer.chat_template"]);
  QCOMPARE(after["tensors"].size(), before["tensors"].size());
  int quantized = 0;
  for (std::size_t i = 0; i < before["tensors"].size(); ++i) {
    const Json &old = before["tensors"][i], &now = after["tensors"][i];
    QCOMPARE(now["name"], old["name"]);
    QCOMPARE(now["shape"], old["shape"]);
    const std::string name = now["name"];
    const bool matrix = name.starts_with("blk.") && now["shape"].size() == 2;
    QCOMPARE(now["dtype"], matrix ? Json("q8_0") : old["dtype"]);
    QCOMPARE(now["dtype"], written["tensors"][i]["to"]);
    quantized += matrix ? 1 : 0;
  }
  QCOMPARE(quantized, 42);
  for (const QString& tensor :
       {kTensor, QStringLiteral("blk.5.ffn_down.weight"), QStringLiteral("token_embd.weight")}) {
    const bool matrix = tensor.startsWith(QLatin1String("blk."));
    QStringList direct{QStringLiteral("dump"),       kModel, QStringLiteral("--tensor"), tensor, QStringLiteral("-o"),
                       path(QStringLiteral("a.npy"))};
    if (matrix) direct << QStringLiteral("--scheme") << QStringLiteral("q8_0");
    QCOMPARE(run(direct).code, 0);
    QCOMPARE(run({QStringLiteral("dump"), file, QStringLiteral("--tensor"), tensor, QStringLiteral("-o"),
                  path(QStringLiteral("b.npy"))})
                 .code,
             0);
    const Npy a = readNpy(path(QStringLiteral("a.npy"))), b = readNpy(path(QStringLiteral("b.npy")));
    QVERIFY(!a.values.empty());
    QCOMPARE(std::memcmp(a.values.data(), b.values.data(), a.values.size() * sizeof(float)), 0);
  }
  const QStringList ask{QStringLiteral("--prompt"), QStringLiteral("What is NF4?"), QStringLiteral("--temperature"),
                        QStringLiteral("0"),        QStringLiteral("--device"),     QStringLiteral("cpu")};
  QCOMPARE(json(QStringList{QStringLiteral("generate"), file} + ask)["tokens"],
           json(QStringList{QStringLiteral("generate"), kModel, QStringLiteral("--scheme"), QStringLiteral("q8_0")} +
                ask)["tokens"]);
}

Npy TestCli::logits(const QString& device, const QString& scheme) {
  QStringList arguments{QStringLiteral("logits"),   kModel,
                        QStringLiteral("--tokens"), QStringLiteral("1,4,16,617,2,16,5,16,2024,2004,1998"),
                        QStringLiteral("--device"), device,
                        QStringLiteral("-o"),       path(QStringLiteral("logits.npy"))};
  if (!scheme.isEmpty()) arguments << QStringLiteral("--scheme") << scheme;
  const Json answer = json(arguments);
  Npy npy = readNpy(path(QStringLiteral("logits.npy")));
  if (answer["shape"] != Json({11, 2048}) || npy.values.size() != 11 * 2048) throw std::runtime_error("wrong shape");
  return npy;
}

/// By name alone: other logits than the same weights' with inputs as they are, and nearly the same.
void TestCli::inputsOfStoredBlocksBecomeIntegers() {
  for (const char* format : {"q4_0", "q8_0", "q4_1"}) {
    const QString scheme = QString::fromLatin1(format) + QStringLiteral(":activations=int8_dynamic");
    const Npy exact = logits(QStringLiteral("cpu"), QString::fromLatin1(format));
    const Npy rounded = logits(QStringLiteral("cpu"), scheme);
    double most = 0;
    for (std::size_t row = 0; row < 11; ++row)
      most = std::max(most, klDivergence(exact.values.data() + row * 2048, rounded.values.data() + row * 2048, 2048));
    QVERIFY2(most > 1e-9 && most < 0.05, qPrintable(QString::number(most)));
    const Json bench = json({QStringLiteral("bench"), kModel, QStringLiteral("--device"), QStringLiteral("cpu"),
                             QStringLiteral("-p"), QStringLiteral("2"), QStringLiteral("-n"), QStringLiteral("2"),
                             QStringLiteral("-r"), QStringLiteral("1"), QStringLiteral("--scheme"), scheme});
    QCOMPARE(bench["scheme"], Json(scheme.toStdString()));
  }
}

void TestCli::logitsAgreeBetweenDevices_data() {
  QTest::addColumn<QString>("scheme");
  for (const char* scheme : {"", "nf4", "int4:group=64", "q4_0", "q8_0"})
    QTest::newRow(*scheme ? scheme : "stored") << QString::fromLatin1(scheme);
}

void TestCli::logitsAgreeBetweenDevices() {
  QFETCH(QString, scheme);
  if (!hasVulkan()) QSKIP("There is no usable Vulkan device here.");
  const Npy cpu = logits(QStringLiteral("cpu"), scheme), vulkan = logits(QStringLiteral("vulkan"), scheme);
  for (std::size_t row = 0; row < 11; ++row) {
    const double kl = klDivergence(cpu.values.data() + row * 2048, vulkan.values.data() + row * 2048, 2048);
    // Float32 sums in another order; quantizing differently by a single code is a hundred times as much.
    QVERIFY2(std::isfinite(kl) && kl < 1e-5, qPrintable(QString::number(kl)));
  }
  if (scheme.isEmpty()) return;
  const Npy stored = logits(QStringLiteral("cpu"), {});
  QVERIFY(klDivergence(stored.values.data() + 10 * 2048, cpu.values.data() + 10 * 2048, 2048) > 0);
}

void TestCli::generateIsDeterministicPerSeed() {
  const auto answer = [](int seed) {
    return json({QStringLiteral("generate"), kModel, QStringLiteral("--prompt"),
                 QStringLiteral("Tell me a story about a bear."), QStringLiteral("--device"), QStringLiteral("cpu"),
                 QStringLiteral("--temperature"), QStringLiteral("1.2"), QStringLiteral("--max-tokens"),
                 QStringLiteral("40"), QStringLiteral("--seed"), QString::number(seed)});
  };
  const Json first = answer(7), again = answer(7), other = answer(8);
  QCOMPARE(first["tokens"], again["tokens"]);
  QCOMPARE(first["seed"].get<int>(), 7);
  QVERIFY(first["tokens"] != other["tokens"]);
  QVERIFY(first["tokens"].size() <= 40);
  QStringList ids;
  for (const auto& id : first["tokens"]) ids << QString::number(id.get<int>());
  QCOMPARE(json({QStringLiteral("detokenize"), kModel, ids.join(u',')})["text"], first["text"]);
}

void TestCli::aModelThatDoesNotComputeNumbersFails_data() {
  QTest::addColumn<QStringList>("arguments");
  for (const char* device : {"cpu", "vulkan"}) {
    for (const char* verb : {"logits --tokens 1,2,3", "generate --prompt Hi", "generate --prompt Hi --json",
                             "generate --raw --prompt Hi", "bench -p 4 -n 2 -r 1"}) {
      const QStringList words = QString::fromLatin1(verb).split(u' ');
      QTest::newRow(qPrintable(QStringLiteral("%1 on %2").arg(verb, device)))
          << (words + QStringList{QStringLiteral("--device"), QString::fromLatin1(device)});
    }
  }
}

void TestCli::aModelThatDoesNotComputeNumbersFails() {
  QFETCH(QStringList, arguments);
  if (arguments.contains(QStringLiteral("vulkan")) && !hasVulkan()) QSKIP("no Vulkan device");
  const QString model = path(QStringLiteral("broken.gguf"));
  if (!QFile::exists(model)) {
    QVERIFY(QFile::copy(kModel, model));
    const Json listed = json({QStringLiteral("inspect"), model});
    for (const Json& tensor : listed["tensors"]) {
      if (tensor["name"] != kTensor.toStdString()) continue;
      QCOMPARE(tensor["dtype"].get<std::string>(), std::string("bf16"));
      QFile file(model);
      QVERIFY(file.open(QIODevice::ReadWrite) && file.seek(tensor["offset"].get<qint64>()));
      QCOMPARE(file.write("\xC0\x7F", 2), qint64{2});  // NaN in bfloat16
    }
  }
  arguments.insert(1, model);
  const Run result = run(arguments);
  QCOMPARE(result.code, 1);
  QVERIFY2(result.out.isEmpty(), result.out.constData());
  const QByteArray expected = "The model does not compute numbers: blk.0.attn_q at position 0";
  QVERIFY2(result.err.contains(expected) && result.err.contains(kTensor.toLatin1() + " holds NaN in row 0, column 0."),
           result.err.constData());
  QCOMPARE(result.err.count('\n'), 1);
}

void TestCli::textSurvivesTokens_data() {
  QTest::addColumn<QString>("text");
  QTest::newRow("english") << QStringLiteral("What is NF4?");
  QTest::newRow("spaces") << QStringLiteral("  two  blanks and a\nnew line ");
  QTest::newRow("bytes") << QStringLiteral("Grüße, 47 + 38 = 85 🙂 中文");
  QTest::newRow("control token as text") << QStringLiteral("</s>");
}

void TestCli::textSurvivesTokens() {
  QFETCH(QString, text);
  const Json answer = json({QStringLiteral("tokenize"), kModel, text});
  QCOMPARE(answer["tokens"].size(), answer["pieces"].size());
  QStringList ids;
  for (const auto& id : answer["tokens"]) ids << QString::number(id.get<int>());
  QCOMPARE(QString::fromStdString(json({QStringLiteral("detokenize"), kModel, ids.join(u',')})["text"]), text);
}

void TestCli::templateRendersAConversation() {
  QFile chat(path(QStringLiteral("chat.json")));
  QVERIFY(chat.open(QIODevice::WriteOnly));
  chat.write(
      R"([{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}, {"role": "user", "content": "What is NF4?"}])");
  chat.close();
  const Json answer = json({QStringLiteral("template"), kModel, chat.fileName()});
  const std::string prompt = answer["prompt"];
  QCOMPARE(prompt,
           std::string("<|user|>\nHi</s>\n<|assistant|>\nHello!</s>\n<|user|>\nWhat is NF4?</s>\n<|assistant|>\n"));
  Json tokens =
      json({QStringLiteral("tokenize"), kModel, QString::fromStdString(prompt), QStringLiteral("--special")})["tokens"];
  tokens.insert(tokens.begin(), 1);  // the model asks for <s> in front
  QCOMPARE(answer["tokens"], tokens);
  QVERIFY(answer["variables"].is_array());
  const Json without = json({QStringLiteral("template"), kModel, chat.fileName(), QStringLiteral("--no-prompt")});
  QCOMPARE(without["prompt"].get<std::string>(),
           prompt.substr(0, prompt.size() - std::string("<|assistant|>\n").size()));
  const Json given = json({QStringLiteral("template"), kModel, chat.fileName(), QStringLiteral("--set"),
                           QStringLiteral("bos_token=x"), QStringLiteral("--set"), QStringLiteral("tools=[1]")});
  QCOMPARE(given["prompt"].get<std::string>(), prompt);
}

QTEST_GUILESS_MAIN(TestCli)
#include "tst_cli.moc"
