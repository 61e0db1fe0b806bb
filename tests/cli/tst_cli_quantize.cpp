// What `quantize` touches, what it says of the rest, and what its files say of themselves.
#include <QFileInfo>
#include <QTemporaryDir>
#include <QtTest>
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <set>

#include "../core/file_bytes.h"
#include "cli_process.h"
#include "core/io/gguf_writer.h"
#include "core/io/safetensors_writer.h"
#include "support/scaled_model.h"

using namespace cli;
using core::tensor::DType;
using core::tensor::Shape;

namespace {

constexpr std::uint32_t kF32 = 0, kString = 8, kArray = 9;

struct Tensor {
  std::string name;
  Shape shape;
};

/// Normally distributed float32 values.
std::vector<float> someValues(std::uint64_t count, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0.0F, 0.02F);
  std::vector<float> values(count);
  for (float& value : values) value = normal(random);
  return values;
}

QByteArray bytesOf(const FileBytes& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), static_cast<qsizetype>(file.bytes().size())};
}

void writeTensors(core::io::ModelWriter& writer, const std::vector<Tensor>& tensors) {
  for (const Tensor& tensor : tensors) writer.declareTensor(tensor.name, DType::F32, tensor.shape);
  for (const Tensor& tensor : tensors) {
    const auto values = someValues(tensor.shape.count());
    writer.append(std::as_bytes(std::span(values)));
  }
  writer.finish();
}

std::set<std::string> quantizedOf(const Json& answer) {
  std::set<std::string> names;
  for (const Json& row : answer["tensors"]) {
    if (!row.contains("kept")) names.insert(row["tensor"].get<std::string>());
  }
  return names;
}

}  // namespace

class TestCliQuantize : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir m_folder;
  QString path(const QString& name) const { return m_folder.filePath(name); }

  QString gguf(const QString& name, const std::vector<Tensor>& tensors) const {
    core::io::GgufWriter writer(path(name).toStdString());
    writer.addString("general.architecture", "test");
    writeTensors(writer, tensors);
    return path(name);
  }
  QString safetensors(const QString& name, const std::vector<Tensor>& tensors) const {
    core::io::SafetensorsWriter writer(path(name).toStdString());
    writeTensors(writer, tensors);
    return path(name);
  }
  Json quantize(const QString& model, const QString& scheme, const QString& out) const {
    return json(
        {QStringLiteral("quantize"), model, QStringLiteral("--scheme"), scheme, QStringLiteral("-o"), path(out)});
  }

 private slots:
  void everyFamilyIsQuantizedWhole_data() {
    QTest::addColumn<QStringList>("matrices");
    const auto row = [](const char* name, const char* matrices) {
      QTest::newRow(name) << QString::fromLatin1(matrices).split(u' ');
    };
    row("phi-3", "attn_qkv.weight attn_output.weight ffn_up.weight ffn_down.weight");
    row("deepseek",
        "attn_q_a.weight attn_q_b.weight attn_kv_a_mqa.weight attn_kv_b.weight attn_output.weight "
        "ffn_gate_shexp.weight ffn_up_shexp.weight ffn_down_shexp.weight");
    row("mamba", "ssm_in.weight ssm_x.weight ssm_dt.weight ssm_out.weight");
    row("nobody's", "first_thing.weight second_thing.weight");
  }

  void everyFamilyIsQuantizedWhole() {
    QFETCH(QStringList, matrices);
    std::vector<Tensor> tensors = {
        {"token_embd.weight", {128, 64}}, {"output_norm.weight", {64}}, {"output.weight", {128, 64}}};
    std::set<std::string> wanted;
    for (int layer = 0; layer < 2; ++layer) {
      const std::string prefix = "blk." + std::to_string(layer) + ".";
      tensors.push_back({prefix + "attn_norm.weight", {64}});
      for (const QString& matrix : matrices) {
        tensors.push_back({prefix + matrix.toStdString(), {64, 64}});
        wanted.insert(tensors.back().name);
      }
    }
    const QString model = gguf(QStringLiteral("family.gguf"), tensors);
    const Json answer = quantize(model, QStringLiteral("q8_0"), QStringLiteral("family-q8_0.gguf"));
    QCOMPARE(quantizedOf(answer), wanted);
    QCOMPARE(answer["quantized"].get<std::size_t>(), wanted.size());
    // `error` measures the same tensors, and both name the same rest.
    const Json errors = json({QStringLiteral("error"), model, QStringLiteral("--scheme"), QStringLiteral("q8_0")});
    std::set<std::string> measured;
    for (const Json& row : errors) measured.insert(row["tensor"].get<std::string>());
    QCOMPARE(measured, wanted);
    QCOMPARE(errors[0]["kept"], answer["kept"]);
    const Json summary = json({QStringLiteral("error"), model, QStringLiteral("--scheme"), QStringLiteral("q8_0"),
                               QStringLiteral("--summary")});
    QCOMPARE(summary["kept"], answer["kept"]);
    QCOMPARE(summary["kept_share"].get<double>(), answer["kept_share"].get<double>());
    QCOMPARE(summary["totals"][0]["measured"], answer["quantized"]);
    QCOMPARE(summary["rows"].size(), wanted.size());
    // What the file holds is what was said.
    const Json written = json({QStringLiteral("inspect"), path(QStringLiteral("family-q8_0.gguf"))});
    for (const Json& row : written["tensors"])
      QCOMPARE(row["dtype"].get<std::string>(), std::string(wanted.contains(row["name"]) ? "q8_0" : "f32"));
  }

  void whatIsKeptIsListedWithItsShare() {
    const QString model = gguf(QStringLiteral("kept.gguf"), {{"token_embd.weight", {96, 64}},
                                                             {"blk.0.attn_norm.weight", {64}},
                                                             {"blk.0.attn_q.weight", {64, 64}},
                                                             {"blk.0.attn_v.weight", {64, 48}}});
    const Json answer = quantize(model, QStringLiteral("q8_0"), QStringLiteral("kept-q8_0.gguf"));
    QCOMPARE(answer["quantized"].get<int>(), 1);
    QCOMPARE(answer["kept"].size(), std::size_t{3});
    QCOMPARE(answer["kept"][0]["reason"].get<std::string>(), std::string("an embedding"));
    QCOMPARE(answer["kept"][1]["reason"].get<std::string>(), std::string("a norm"));
    QVERIFY(answer["kept"][2]["reason"].get<std::string>().find("multiple of 32") != std::string::npos);
    const double bytes = 96 * 64 + 64 + 64 * 64 + 64 * 48;
    QVERIFY(std::abs(answer["kept_share"].get<double>() - (bytes - 64 * 64) / bytes) < 1e-9);
    const Run text = run({QStringLiteral("quantize"), model, QStringLiteral("--scheme"), QStringLiteral("q8_0"),
                          QStringLiteral("-o"), path(QStringLiteral("kept-q8_0.gguf"))});
    QCOMPARE(text.code, 0);
    for (const char* part : {"1 of 4", "an embedding (45.9 %", "a norm (0.5 %", "multiple of 32"})
      QVERIFY2(text.out.contains(part), text.out.constData());
  }

  void errorsAddUp() {
    const QString model = gguf(
        QStringLiteral("sums.gguf"),
        {{"blk.0.attn_q.weight", {64, 64}}, {"blk.0.attn_v.weight", {64, 48}}, {"blk.0.ffn_up.weight", {128, 64}}});
    const QStringList arguments{QStringLiteral("error"),    model,
                                QStringLiteral("--scheme"), QStringLiteral("q4_0"),
                                QStringLiteral("--scheme"), QStringLiteral("fp32"),
                                QStringLiteral("--metric"), QStringLiteral("mse")};
    const Json rows = json(arguments), summary = json(arguments + QStringList{QStringLiteral("--summary")});
    QCOMPARE(summary["rows"], rows);
    QCOMPARE(summary["metric"].get<std::string>(), std::string("mse"));
    QCOMPARE(summary["kept"], Json::array());
    const Json &q4 = summary["totals"][0], &exact = summary["totals"][1];
    QCOMPARE(q4["measured"].get<int>(), 2);
    QCOMPARE(q4["refused"].get<int>(), 1);  // rows of 48 are not whole blocks
    QCOMPARE(q4["bytes"].get<int>(), (64 + 128) * 64 * 18 / 32);
    QCOMPARE(q4["bits_per_weight"].get<double>(), 4.5);
    double sum = 0, worst = 0;
    std::string where;
    for (const Json& row : rows) {
      if (row["scheme"] != "q4_0" || row.contains("refused")) continue;
      const double mse = row["mse"];
      sum += mse;
      if (mse > worst) worst = mse, where = row["tensor"];
    }
    QVERIFY(worst > 0);
    QCOMPARE(q4["mean"].get<double>(), sum / 2);
    QCOMPARE(q4["worst"].get<double>(), worst);
    QCOMPARE(q4["worst_tensor"].get<std::string>(), where);
    QCOMPARE(exact["measured"].get<int>(), 3);
    QCOMPARE(exact["worst"].get<double>(), 0.0);
    const Run text = run(arguments + QStringList{QStringLiteral("--summary")});
    QCOMPARE(text.code, 0);
    QCOMPARE(text.out.count('\n'), 2);
    QVERIFY2(text.out.contains("4.50 bits per weight") && text.out.contains("1 cannot have it"), text.out.constData());
    const Json none = json({QStringLiteral("error"), model, QStringLiteral("--scheme"), QStringLiteral("q4_0"),
                            QStringLiteral("--tensor"), QStringLiteral("*attn_v*"), QStringLiteral("--summary")});
    QVERIFY(none["totals"][0]["mean"].is_null() && none["totals"][0]["worst_tensor"].is_null());
  }

  void matricesThatAreStoredInputFirstAreMarked() {
    const QString model = safetensors(QStringLiteral("gpt2.safetensors"), {{"wte.weight", {128, 64}},
                                                                           {"h.0.attn.c_attn.weight", {64, 192}},
                                                                           {"h.0.attn.c_proj.weight", {64, 64}},
                                                                           {"h.0.mlp.c_fc.weight", {64, 256}},
                                                                           {"h.0.mlp.c_proj.weight", {256, 64}},
                                                                           {"h.0.other.weight", {64, 64}}});
    const std::set<std::string> wanted = {"h.0.attn.c_attn.weight", "h.0.attn.c_proj.weight", "h.0.mlp.c_fc.weight",
                                          "h.0.mlp.c_proj.weight"};
    const Json quantized = quantize(model, QStringLiteral("nf4"), QStringLiteral("gpt2-nf4.safetensors"));
    QCOMPARE(quantized["quantized"].get<int>(), 5);
    const QStringList error{QStringLiteral("error"), model, QStringLiteral("--scheme"), QStringLiteral("nf4")};
    const Json inspected = json({QStringLiteral("inspect"), model});
    std::set<std::string> marked;
    for (const Json& row : inspected["tensors"]) {
      if (!row.contains("stored_axes")) continue;
      QCOMPARE(row["stored_axes"], Json({"in", "out"}));
      QCOMPARE(row["shape"], Json({row["stored_shape"][1], row["stored_shape"][0]}));
      marked.insert(row["name"].get<std::string>());
    }
    QCOMPARE(marked, wanted);
    for (const Json& row : json({QStringLiteral("inspect"), model, QStringLiteral("--pieces")})["tensors"])
      if (row["name"] == "h.0.attn.c_attn.weight") QCOMPARE(row["shape"], Json({64, 192}));  // as the file has it
    QVERIFY(quantized["note"].get<std::string>().find("stored input × output") != std::string::npos);
    QCOMPARE(inspected["note"], quantized["note"]);
    QCOMPARE(json(error + QStringList{QStringLiteral("--summary")})["note"], quantized["note"]);
    const QStringList out{QStringLiteral("--scheme"), QStringLiteral("nf4"), QStringLiteral("-o"),
                          path(QStringLiteral("said.safetensors"))};
    for (const QStringList& arguments :
         {error, QStringList{QStringLiteral("inspect"), model}, QStringList{QStringLiteral("quantize"), model} + out}) {
      const Run text = run(arguments);
      QVERIFY2(text.out.contains("4 matrices are stored input × output"), text.out.constData());
    }
    QVERIFY(!json({QStringLiteral("inspect"), QStringLiteral("demo")}).contains("note"));
  }

  void bytesThatAreNoUtf8StayAsTheyAre() {
    const auto entry = [](FileBytes bytes) {
      return bytes.string("k\xFFy")
          .u32(kString)
          .string("\xC0\x80 and \xED\xA0\x80")
          .string("tokens")
          .u32(kArray)
          .u32(kString)
          .u64(2)
          .string("\xF0\x9F")
          .string("fine")
          .string("general.name")
          .u32(kString)
          .string("na\xEFve");
    };
    const FileBytes head = entry(FileBytes::gguf(1, 3));
    FileBytes file = head;
    file.tensor("blk.0.w\xFE", {64, 64}, kF32, 0).padTo(32).zeros(64 * 64 * 4);
    writeFile(path(QStringLiteral("bytes.gguf")), bytesOf(file));
    static_cast<void>(
        quantize(path(QStringLiteral("bytes.gguf")), QStringLiteral("q8_0"), QStringLiteral("bytes-q8_0.gguf")));
    const QByteArray written = contents(path(QStringLiteral("bytes-q8_0.gguf")));
    QVERIFY(written.contains(bytesOf(head).mid(24)));  // the entries, behind the counts
    QVERIFY(written.contains("blk.0.w\xFE"));
    // People see them escaped, before and after.
    for (const char* name : {"bytes.gguf", "bytes-q8_0.gguf"}) {
      const Json seen = json({QStringLiteral("inspect"), path(QString::fromLatin1(name))});
      QCOMPARE(seen["metadata"]["k\\xFFy"].get<std::string>(), std::string("\\xC0\\x80 and \\xED\\xA0\\x80"));
      QCOMPARE(seen["tensors"][0]["name"].get<std::string>(), std::string("blk.0.w\\xFE"));
    }
  }

  void nothingToQuantizeIsAnError_data() {
    QTest::addColumn<QString>("tensor");
    QTest::addColumn<int>("width");
    QTest::addColumn<QString>("says");
    QTest::newRow("no matrix") << QStringLiteral("blk.0.attn_norm.weight") << 0
                               << QStringLiteral("nothing to quantize");
    QTest::newRow("only an embedding") << QStringLiteral("token_embd.weight") << 64
                                       << QStringLiteral("nothing to quantize");
    QTest::newRow("every shape refused") << QStringLiteral("blk.0.attn_q.weight") << 48
                                         << QStringLiteral("multiple of 32");
  }

  void nothingToQuantizeIsAnError() {
    QFETCH(QString, tensor);
    QFETCH(int, width);
    QFETCH(QString, says);
    const Shape shape = width == 0 ? Shape{64} : Shape{64, static_cast<std::uint64_t>(width)};
    const QString model =
        gguf(QStringLiteral("nothing.gguf"), {{tensor.toStdString(), shape}, {"blk.0.ffn_norm.weight", {64}}});
    const Run result = run({QStringLiteral("quantize"), model, QStringLiteral("--scheme"), QStringLiteral("q8_0"),
                            QStringLiteral("-o"), path(QStringLiteral("nothing-q8_0.gguf"))});
    QCOMPARE(result.code, 1);
    QVERIFY2(isOneSentence(result.err) && QString::fromUtf8(result.err).contains(says), result.err.constData());
    QVERIFY(!QFileInfo::exists(path(QStringLiteral("nothing-q8_0.gguf"))));
  }

  void stacksOfExpertsAreQuantizedByRows() {
    const QString stacked = gguf(QStringLiteral("experts.gguf"),
                                 {{"blk.0.ffn_gate_inp.weight", {4, 64}}, {"blk.0.ffn_down_exps.weight", {4, 32, 64}}});
    // The same values as one matrix of 4 · 32 rows.
    const QString flat = gguf(QStringLiteral("flat.gguf"),
                              {{"blk.0.ffn_gate_inp.weight", {4, 64}}, {"blk.0.ffn_down.weight", {128, 64}}});
    const Json answer = quantize(stacked, QStringLiteral("q4_0"), QStringLiteral("experts-q4_0.gguf"));
    QCOMPARE(quantizedOf(answer), std::set<std::string>{"blk.0.ffn_down_exps.weight"});
    QCOMPARE(answer["kept"][0]["reason"].get<std::string>(), std::string("a router of experts"));
    static_cast<void>(quantize(flat, QStringLiteral("q4_0"), QStringLiteral("flat-q4_0.gguf")));
    const auto inspect = [this](const char* file) {
      return json({QStringLiteral("inspect"), path(QString::fromLatin1(file))})["tensors"][1];
    };
    const Json experts = inspect("experts-q4_0.gguf"), matrix = inspect("flat-q4_0.gguf");
    QCOMPARE(experts["shape"], Json({4, 32, 64}));
    const auto bytes = [this](const char* file, const Json& tensor) {
      return contents(path(QString::fromLatin1(file)))
          .mid(tensor["offset"].get<qsizetype>(), tensor["bytes"].get<qsizetype>());
    };
    QCOMPARE(bytes("experts-q4_0.gguf", experts), bytes("flat-q4_0.gguf", matrix));
  }

  void huggingFaceNamesAreKnown() {
    const QString model =
        safetensors(QStringLiteral("phi.safetensors"), {{"model.embed_tokens.weight", {128, 64}},
                                                        {"model.layers.0.self_attn.qkv_proj.weight", {192, 64}},
                                                        {"model.layers.0.self_attn.o_proj.weight", {64, 64}},
                                                        {"model.layers.0.mlp.gate_up_proj.weight", {256, 64}},
                                                        {"model.layers.0.mlp.down_proj.weight", {64, 128}},
                                                        {"model.layers.0.input_layernorm.weight", {64}}});
    for (const char* scheme : {"bf16", "nf4", "fp4:double=on"}) {
      const Json answer = quantize(model, QString::fromLatin1(scheme), QStringLiteral("phi-out.safetensors"));
      QCOMPARE(answer["quantized"].get<int>(), 4);
      QCOMPARE(answer["kept"].size(), std::size_t{2});
    }
  }

  void filesSayWhatTheyAre() {
    const QString source = path(QStringLiteral("source.gguf"));
    {
      core::io::GgufWriter writer(source.toStdString());
      writer.addString("general.architecture", "test");
      writer.addU32("general.file_type", 1);
      writer.addU32("general.quantization_version", 1);
      writer.addString("general.size_label", "8K");
      writer.addString("quantize.imatrix.file", "somebody's.dat");
      writer.addU32("split.count", 1);
      writer.addU32("split.no", 0);
      writer.addU32("split.tensors.count", 2);
      writeTensors(writer, {{"token_embd.weight", {16, 64}}, {"blk.0.attn_q.weight", {64, 64}}});
    }
    const auto metadata = [&](const char* scheme) {
      static_cast<void>(quantize(source, QString::fromLatin1(scheme), QStringLiteral("described.gguf")));
      return json({QStringLiteral("inspect"), path(QStringLiteral("described.gguf"))})["metadata"];
    };
    const Json q4 = metadata("q4_0");
    QCOMPARE(q4["general.file_type"].get<int>(), 2);
    QCOMPARE(q4["general.quantization_version"].get<int>(), 2);
    QCOMPARE(q4["general.size_label"].get<std::string>(), std::string("8K"));
    for (const char* key : {"split.count", "split.no", "split.tensors.count", "quantize.imatrix.file"})
      QVERIFY2(!q4.contains(key), key);
    QCOMPARE(metadata("q8_0")["general.file_type"].get<int>(), 7);
    const Json bf16 = metadata("bf16");
    QCOMPARE(bf16["general.file_type"].get<int>(), 32);
    QVERIFY(!bf16.contains("general.quantization_version"));  // nothing in it is a block of ggml's
    QCOMPARE(metadata("fp32")["general.file_type"].get<int>(), 0);
  }

  void safetensorsKeepTheirMetadata() {
    const auto header = [this](const char* file) {
      const QByteArray bytes = contents(path(QString::fromLatin1(file)));
      quint64 length = 0;
      std::memcpy(&length, bytes.constData(), sizeof(length));
      return Json::parse(bytes.mid(8, static_cast<qsizetype>(length)).toStdString());
    };
    {
      core::io::SafetensorsWriter writer(path(QStringLiteral("said.safetensors")).toStdString());
      writer.addMetadata("format", "np");
      writer.addMetadata("author", "somebody");
      writeTensors(writer, {{"layers.0.mlp.up_proj.weight", {64, 64}}});
    }
    static_cast<void>(quantize(path(QStringLiteral("said.safetensors")), QStringLiteral("nf4"),
                               QStringLiteral("said-nf4.safetensors")));
    QCOMPARE(header("said-nf4.safetensors")["__metadata__"], Json({{"format", "np"}, {"author", "somebody"}}));
    const QString silent =
        safetensors(QStringLiteral("silent.safetensors"), {{"layers.0.mlp.up_proj.weight", {64, 64}}});
    static_cast<void>(quantize(silent, QStringLiteral("bf16"), QStringLiteral("silent-bf16.safetensors")));
    QCOMPARE(header("silent-bf16.safetensors")["__metadata__"], Json({{"format", "pt"}}));
    static_cast<void>(quantize(QStringLiteral("demo"), QStringLiteral("nf4"), QStringLiteral("demo-nf4.safetensors")));
    QCOMPARE(header("demo-nf4.safetensors")["__metadata__"], Json({{"format", "pt"}}));
  }

  void valuesThatAreNoNumbersAreCountedAndLocated() {
    const QString model = path(QStringLiteral("odd.gguf"));
    {
      core::io::GgufWriter writer(model.toStdString());
      writer.declareTensor("blk.0.attn_norm.weight", DType::F32, {64});
      writer.declareTensor("blk.0.attn_q.weight", DType::F32, {64, 64});
      writer.declareTensor("blk.0.attn_k.weight", DType::F32, {64, 64});
      auto norm = someValues(64), query = someValues(64 * 64), key = someValues(64 * 64);
      norm[5] = -HUGE_VALF;
      query[3 * 64 + 17] = std::numeric_limits<float>::quiet_NaN();
      query[9 * 64] = HUGE_VALF;
      key[2 * 64 + 1] = 1e30F;  // finite, but not in FP16
      for (const auto* values : {&norm, &query, &key}) writer.append(std::as_bytes(std::span(*values)));
      writer.finish();
    }
    const Json answer = quantize(model, QStringLiteral("fp16"), QStringLiteral("odd-fp16.gguf"));
    QCOMPARE(answer["non_finite"],
             Json::parse(R"([{"tensor": "blk.0.attn_norm.weight", "nan": 0, "inf": 1, "first": [0, 5]},
                                                  {"tensor": "blk.0.attn_q.weight", "nan": 1, "inf": 1, "first": [3, 17]}])"));
    QCOMPARE(answer["overflowed"],
             Json::parse(R"([{"tensor": "blk.0.attn_k.weight", "nan": 0, "inf": 1, "first": [2, 1]}])"));
    const Run text = run({QStringLiteral("quantize"), model, QStringLiteral("--scheme"), QStringLiteral("fp16"),
                          QStringLiteral("-o"), path(QStringLiteral("odd-fp16.gguf"))});
    QCOMPARE(text.code, 0);
    for (const char* part : {"[3, 17]", "[0, 5]", "do not fit into f16"})
      QVERIFY2(text.out.contains(part), text.out.constData());
    QCOMPARE(quantize(QStringLiteral("demo"), QStringLiteral("q8_0"), QStringLiteral("fine.gguf"))["non_finite"],
             Json::array());
  }

  /// A block's largest weight is ±1 times its absmax, so the same format gives the same codes; another one reads
  /// weights.
  void ourOwnPackedFilesAreWeights() {
    const QString packed = path(QStringLiteral("demo-nf4.safetensors")), tensor = QStringLiteral("blk.0.attn_q.weight");
    static_cast<void>(quantize(QStringLiteral("demo"), QStringLiteral("nf4"), QStringLiteral("demo-nf4.safetensors")));
    const auto dumped = [&](const QString& model) {
      const QString values = path(QStringLiteral("values.npy"));
      const Run result =
          run({QStringLiteral("dump"), model, QStringLiteral("--tensor"), tensor, QStringLiteral("-o"), values});
      return result.code == 0 ? contents(values) : QByteArray();
    };
    const QByteArray before = dumped(packed);
    QVERIFY(!before.isEmpty());
    for (const char* scheme : {"nf4", "fp32"}) {
      const Json answer = quantize(packed, QString::fromLatin1(scheme), QStringLiteral("again.safetensors"));
      QVERIFY(answer["quantized"].get<int>() > 0);
      QCOMPARE(dumped(path(QStringLiteral("again.safetensors"))), before);
    }
  }

  /// NAME.scale is shown, stays in a new file, and multiplies what the matrix was quantized to there and in a pane
  /// alike.
  void scalesBesideMatricesStay() {
    const auto files = support::writeScaledModel("nvfp4", m_folder.path().toStdString());
    const QString scaled = QString::fromStdString(files.scaled.string()),
                  made = path(QStringLiteral("scaled-q8_0.gguf"));
    const auto scalesOf = [](const QString& model) {
      std::map<std::string, double> scales;
      const Json answer = json({QStringLiteral("inspect"), model});
      for (const Json& row : answer["tensors"])
        if (row.contains("product_scale")) scales[row["name"]] = row["product_scale"];
      return scales;
    };
    const auto scales = scalesOf(scaled);
    QCOMPARE(scales.size(), std::size_t{2 * 7 + 1});
    QVERIFY(scales.contains("blk.1.ffn_down.weight") && scales.contains("output.weight"));
    const Run text =
        run({QStringLiteral("inspect"), scaled, QStringLiteral("--tensor"), QStringLiteral("output.weight")});
    QVERIFY2(text.out.contains("  times 0."), text.out.constData());
    quantize(scaled, QStringLiteral("q8_0"), QStringLiteral("scaled-q8_0.gguf"));
    QCOMPARE(scalesOf(made), scales);
    const auto logits = [this](const QStringList& model) {
      const QString file = path(QStringLiteral("logits.npy"));
      const Run result = run(QStringList{QStringLiteral("logits")} + model +
                             QStringLiteral("--tokens 1,2,3 --device cpu -o").split(u' ') + QStringList{file});
      return result.code == 0 ? contents(file) : result.err;
    };
    QCOMPARE(logits({made}), logits({scaled, QStringLiteral("--scheme"), QStringLiteral("q8_0")}));
    QCOMPARE(logits({scaled}), logits({QString::fromStdString(files.plain.string())}));
  }
};

QTEST_GUILESS_MAIN(TestCliQuantize)
#include "tst_cli_quantize.moc"
