// `quantize --layout`: what folders hold and say of themselves, how they appear, and what is refused.
#include <signal.h>

#include <QtTest>
#include <map>
#include <set>

#include "core/io/checkpoint.h"
#include "core/io/gguf_writer.h"
#include "core/io/safetensors_writer.h"
#include "core/quant/load_tensor.h"
#include "written_folders.h"

using namespace cli;
using core::tensor::DType;

class TestCliFolders : public QObject, private Written {
  Q_OBJECT

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

  /// A matrix of a block that stays as it is, and an output matrix that does not.
  void settingsSayWhatIsPacked() {
    const auto source = core::io::openCheckpoint(QS_TEST_DATA "/logits/tiny-gqa-f32.gguf");
    QVERIFY(source->find("output.weight"));
    const auto settings = [this](const char* options) {
      remove(QStringLiteral("said"));
      static_cast<void>(
          quantize(QStringLiteral(QS_TEST_DATA "/logits/tiny-gqa-f32.gguf"), options, QStringLiteral("said")));
      return read(QStringLiteral("said/config.json"))["quantization_config"];
    };
    const Json kept = settings("--scheme nf4 --tensor-type blk.0.attn_v=keep --layout bitsandbytes");
    QCOMPARE(kept["llm_int8_skip_modules"], Json({"model.layers.0.self_attn.v_proj", "lm_head"}));
    const Json packed = settings("--scheme nf4 --tensor-type ^output=nf4 --layout bitsandbytes");
    QCOMPARE(packed["llm_int8_skip_modules"], Json::array());
    const Json gptq =
        settings("--scheme int4 --tensor-type ^output=int4 --tensor-type blk.1.ffn_up=keep --layout gptq");
    QCOMPARE(gptq["lm_head"], Json(true));
    QCOMPARE(gptq["dynamic"], Json({{"-:^model\\.layers\\.1\\.mlp\\.up_proj$", Json::object()}}));
    QCOMPARE(settings("--scheme int4 --layout gptq")["lm_head"], Json(false));
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

  // GPT-2's matrices lie input × output: plain ones go back as they lay, packed ones are packed as they multiply, and
  // either folder computes what the GGUF file of the same model computes under the scheme.
  void conv1dMatricesAreWrittenForTheirReaders_data() {
    QTest::addColumn<QString>("scheme");
    QTest::addColumn<QString>("layout");
    QTest::addColumn<QString>("stored");  // of the 24 inputs and 72 outputs
    QTest::newRow("plain") << "bf16"
                           << "plain"
                           << "[24,72]";
    QTest::newRow("bitsandbytes") << "nf4"
                                  << "bitsandbytes"
                                  << "[864,1]";
    QTest::newRow("GPTQ") << "int4:group=8"
                          << "gptq"
                          << "[3,72]";
  }
  void conv1dMatricesAreWrittenForTheirReaders() {
    QFETCH(QString, scheme);
    QFETCH(QString, layout);
    QFETCH(QString, stored);
    const QString models = QStringLiteral(QS_TEST_DATA "/architectures/");
    const QString options = QStringLiteral("--scheme %1 --layout %2").arg(scheme, layout);
    const QString out = QStringLiteral("gpt2-") + layout;
    quantize(models + QStringLiteral("gpt2-folder"), options.toUtf8().constData(), out);
    const auto written = core::io::openCheckpoint(path(out).toStdString());
    const auto& info = written->tensors()[*written->find("transformer.h.0.attn.c_attn.weight")];
    QCOMPARE(info.shape, (core::tensor::Shape{72, 24}));
    QCOMPARE(Json(info.storedShape.extents()).dump(), stored.toStdString());
    const QStringList tokens{QStringLiteral("--tokens"), QStringLiteral("1,2,3,7"), QStringLiteral("--device"),
                             QStringLiteral("cpu")};
    const Json ours = json(QStringList{QStringLiteral("logits"), path(out)} + tokens);
    const Json theirs = json(QStringList{QStringLiteral("logits"), models + QStringLiteral("gpt2.gguf"),
                                         QStringLiteral("--scheme"), scheme} +
                             tokens);
    QCOMPARE(ours["last_token_top"], theirs["last_token_top"]);
  }

  void conv1dMatricesAreRefusedWhereOnlyLinearLayersArePacked() {
    const Run refusal =
        run(QStringList{QStringLiteral("quantize"), QStringLiteral(QS_TEST_DATA "/architectures/gpt2-folder")} +
            words("--dry-run --scheme int4:group=8 --layout awq"));
    QCOMPARE(refusal.code, 1);
    QVERIFY2(isOneSentence(refusal.err) && refusal.err.contains("input × output"), refusal.err.constData());
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
    row("an embedding", "--scheme nf4 --tensor-type token_embd=nf4 --layout bitsandbytes", "x", "Linear layers");
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
    QVERIFY2(isOneSentence(result.err) && result.err.contains("settings are understood"), result.err.constData());
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

  /// What a folder's or a file's own words cannot break.
  void damagedModelsAreASentence() {
    // Rows that are no whole heads: nothing is reordered.
    const auto source = core::io::openCheckpoint(QS_TEST_DATA "/logits/tiny-gqa-f32.gguf");
    const QString odd = path(QStringLiteral("odd.gguf"));
    {
      core::io::GgufWriter writer(odd.toStdString());
      for (const auto& entry : source->metadata().entries()) writer.addEntry(entry);
      const auto shapeOf = [](const core::io::TensorInfo& tensor) {
        return tensor.name == "blk.0.attn_q.weight" ? core::tensor::Shape{tensor.shape[0] - 3, tensor.shape[1]}
                                                    : tensor.shape;
      };
      for (const auto& tensor : source->tensors()) writer.declareTensor(tensor.name, tensor.dtype, shapeOf(tensor));
      for (const auto& tensor : source->tensors())
        writer.append(
            source->view(tensor.name).bytes.first(*core::tensor::storageBytes(tensor.dtype, shapeOf(tensor))));
      writer.finish();
    }
    Run result = refused(odd, "--scheme fp32 --layout plain", QStringLiteral("x"));
    QCOMPARE(result.code, 1);
    QVERIFY2(isOneSentence(result.err) && result.err.contains("attn_q"), result.err.constData());
    // Settings as deep as a file allows.
    const QString deep = path(QStringLiteral("deep"));
    QDir().mkpath(deep);
    for (const QString& name : QDir(plain()).entryList(QDir::Files))
      QVERIFY(QFile::copy(plain() + u'/' + name, deep + u'/' + name));
    QByteArray config = contents(plain() + QStringLiteral("/config.json"));
    config.replace("\"use_cache\": true", "\"use_cache\": " + QByteArray(100000, '[') + QByteArray(100000, ']'));
    writeFile(deep + QStringLiteral("/config.json"), config);
    result = refused(deep, "--scheme nf4 --layout bitsandbytes", QStringLiteral("x"));
    QCOMPARE(result.code, 1);
    QVERIFY2(isOneSentence(result.err), result.err.constData());
    writeFile(deep + QStringLiteral("/config.json"), "{\"model_type\": \"llama\", \"x\": 1e999}");
    result = refused(deep, "--scheme nf4 --layout bitsandbytes", QStringLiteral("x"));
    QCOMPARE(result.code, 1);
    QVERIFY2(isOneSentence(result.err), result.err.constData());
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
                             folder());
    QCOMPARE(result.code, 1);
    QVERIFY2(isOneSentence(result.err) && result.err.contains("File too large"), result.err.constData());
    QCOMPARE(names(), before);
  }
};

QTEST_GUILESS_MAIN(TestCliFolders)
#include "tst_cli_folders.moc"
