// What window and command line share: devices' names, patterns, the error table, quantized files.
#include <QTemporaryDir>
#include <QTest>
#include <cmath>

#include "app/session/device_choice.h"
#include "app/session/engine.h"
#include "app/session/quantize_model.h"
#include "app/session/scheme_error.h"
#include "core/base/error.h"
#include "core/quant/quantizer.h"

using namespace app;
using core::quant::Scheme;

class TestAppSession : public QObject {
  Q_OBJECT
 private:
  static QString sentence(const std::function<void()>& action) {
    try {
      action();
    } catch (const core::Error& error) {
      return QString::fromUtf8(error.what());
    }
    return {};
  }

 private Q_SLOTS:
  void devicesAreNamed() {
    for (const char* text : {"auto", "cpu", "vulkan", "vulkan:0", "vulkan:12"})
      QCOMPARE(DeviceChoice::parse(text).toString(), std::string(text));
    for (const char* text : {"gpu", "vulkan:", "vulkan:x", "vulkan:-1", "vulkan:4294967295", "CPU"}) {
      QVERIFY2(sentence([&] { DeviceChoice::parse(text); }).contains(QLatin1String(text)), text);
    }
  }

  void patternsMatch() {
    QVERIFY(matchesPattern("blk.0.attn_q.weight", "*attn_q*"));
    QVERIFY(matchesPattern("blk.0.attn_q.weight", "blk.?.attn_q.weight"));
    QVERIFY(!matchesPattern("blk.10.attn_q.weight", "blk.?.attn_q.weight"));
    QVERIFY(matchesPattern("abcabc", "*abc"));
    QVERIFY(matchesPattern("", "*"));
    QVERIFY(!matchesPattern("", "?"));
  }

  void fewerBitsMeanMoreError() {
    const auto model = OpenModel::open("demo");
    const auto tensors = quantizableTensors(model->checkpoint());
    QCOMPARE(tensors.size(), std::size_t{42});
    double last = std::numeric_limits<double>::infinity();
    for (const char* scheme : {"int8", "int6", "int5", "int4", "int3", "int2"}) {
      const auto row =
          measureSchemeError(model->checkpoint(), tensors[3], Scheme::parse(std::string(scheme) + ":group=32"));
      QVERIFY2(row.stats.sqnrDb() < last, scheme);
      QVERIFY(row.refused.empty());
      last = row.stats.sqnrDb();
    }
    QCOMPARE(measureSchemeError(model->checkpoint(), tensors[3], Scheme::parse("bf16")).stats.mse(), 0.0);
  }

  void aQuantizedFileOpensAndHoldsWhatTheSchemeGives() {
    QTemporaryDir folder;
    const auto target = std::filesystem::path(folder.filePath(QStringLiteral("demo-q8_0.gguf")).toStdString());
    const auto model = OpenModel::open("demo");
    const auto scheme = Scheme::parse("q8_0");
    const auto rows = quantizeModel(model->checkpoint(), scheme, target);
    const auto written = OpenModel::open(target.string());
    QVERIFY(!written->whyNotRunnable());
    QCOMPARE(written->checkpoint().tensors().size(), rows.size());
    for (const auto& entry : model->checkpoint().metadata().entries()) {
      if (entry.key == "general.alignment") continue;  // the writer's own; left out when it is the default
      const auto* copied = written->checkpoint().metadata().find(entry.key);
      QVERIFY2(copied != nullptr && core::io::toDisplayText(*copied) == core::io::toDisplayText(entry.value),
               entry.key.c_str());
    }
    const auto tensor = quantizableTensors(model->checkpoint()).front();
    const auto expected = core::quant::dequantize(*core::quant::quantize(scheme, model->checkpoint().view(tensor)));
    const auto found = core::quant::dequantize(*core::quant::wrapStored(written->checkpoint().view(tensor)));
    QVERIFY(expected == found);
  }

  void whatCannotBeWrittenIsASentence() {
    QTemporaryDir folder;
    const auto path = [&](const char* name) {
      return std::filesystem::path(folder.filePath(QLatin1String(name)).toStdString());
    };
    const auto model = OpenModel::open("demo");
    const auto& checkpoint = model->checkpoint();
    QVERIFY(sentence([&] {
              quantizeModel(checkpoint, Scheme::parse("nf4"), path("a.gguf"));
            }).contains(QStringLiteral("nf4")));
    QVERIFY(sentence([&] {
              quantizeModel(checkpoint, Scheme::parse("q8_0"), path("a.bin"));
            }).contains(QStringLiteral(".gguf")));
    QVERIFY(sentence([&] {
              quantizeModel(checkpoint, Scheme::parse("q8_0"), checkpoint.files().front());
            }).contains(QStringLiteral("another name")));
    QVERIFY(!std::filesystem::exists(path("a.gguf")));
  }

  void twoSessionsAnswerAlike() {
    const auto model = OpenModel::open("demo");
    Engine engine;
    const auto answer = [&](const char* device) {
      Engine::SessionOptions options;
      options.device = DeviceChoice::parse(device);
      const auto session = engine.createSession(*model, options);
      core::model::GenerationOptions generation;
      generation.sampling.temperature = 0;
      const core::text::ChatMessage message{"user", "What is 47 + 38?"};
      return session->chat(std::span(&message, 1), generation, {}).text;
    };
    const std::string onCpu = answer("cpu");
    QVERIFY2(onCpu.find("85") != std::string::npos, onCpu.c_str());
#ifdef QS_HAS_GPU
    QCOMPARE(answer("vulkan"), onCpu);
#endif
  }
};

QTEST_GUILESS_MAIN(TestAppSession)
#include "tst_app_session.moc"
