// What window and command line share: devices' names, patterns, the error table, quantized files.
#include <QTemporaryDir>
#include <QTest>
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "app/session/device_choice.h"
#include "app/session/engine.h"
#include "app/session/error_store.h"
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

  // tr(ΔW H ΔWᵀ) / tr(W H Wᵀ), summed plainly in double.
  void theOutputErrorIsThatOfTheProducts() {
    const auto model = OpenModel::open("demo");
    const auto& checkpoint = model->checkpoint();
    const auto calibration = model->calibration().current();
    const std::size_t tensor = *checkpoint.find("blk.2.ffn_gate.weight");
    const Scheme scheme = Scheme::parse("int3");
    const auto row =
        measureSchemeError(checkpoint, tensor, scheme, core::JobContext(), calibration.get(), Measure::Outputs);
    const auto original = model->tensor(tensor);
    const std::vector<float> weights = core::quant::dequantize(*original);
    const std::vector<float> stored = core::quant::dequantize(*core::quant::quantize(scheme, *original));
    const auto known =
        calibration->of("blk.2.ffn_gate.weight", core::quant::CalibrationNeed::Hessian, core::JobContext());
    const std::size_t columns = original->rowValues();
    const auto power = [&](const auto& at) {
      double sum = 0;
      for (std::size_t r = 0; r < original->rows(); ++r)
        for (std::size_t i = 0; i < columns; ++i) {
          double product = 0;
          for (std::size_t j = 0; j < columns; ++j)
            product += static_cast<double>(known->hessian[i * columns + j]) * at(r * columns + j);
          sum += at(r * columns + i) * product;
        }
      return sum;
    };
    const auto weight = [&](std::size_t i) { return static_cast<double>(weights[i]); };
    const auto error = [&](std::size_t i) { return static_cast<double>(stored[i]) - static_cast<double>(weights[i]); };
    const double expected = std::sqrt(power(error) / power(weight));
    QVERIFY2(std::abs(row.output.weights.value / expected - 1) < 1e-4,
             qPrintable(QStringLiteral("%1 %2").arg(row.output.weights.value).arg(expected)));
    QCOMPARE(value(row, core::metrics::Metric::OutputError), row.output.weights.value);
    QVERIFY(std::isnan(measureSchemeError(checkpoint, tensor, scheme).output.weights.value));
    QVERIFY(sentence([&] {
              measureSchemeError(checkpoint, tensor, scheme, core::JobContext(), nullptr, Measure::Outputs);
            }).contains(QStringLiteral("needs a calibration text")));
    // The store keeps them apart: of one that was measured without, nothing is known of the outputs.
    ErrorStore store;
    store.measure(checkpoint, tensor, scheme);
    QVERIFY(!store.find(tensor, scheme, calibration.get(), Measure::Outputs));
    store.measure(checkpoint, tensor, scheme, core::JobContext(), calibration.get(), Measure::Outputs);
    QCOMPARE(store.find(tensor, scheme, calibration.get(), Measure::Outputs)->output.weights.value,
             row.output.weights.value);
  }

  // A job may hold the calibration for longer than anybody the model.
  void aCalibrationOutlivesItsModel() {
    const auto ask = [](const core::quant::CalibrationPtr& calibration) {
      return calibration->of("blk.2.ffn_gate.weight", core::quant::CalibrationNeed::Columns, core::JobContext());
    };
    auto model = OpenModel::open("demo");
    const auto read = model->calibration().current();
    const auto before = ask(read);
    model.reset();
    QCOMPARE(ask(read)->maxMagnitude, before->maxMagnitude);
    const auto unread = OpenModel::open("demo")->calibration().current();
    QVERIFY_THROWS_EXCEPTION(core::Cancelled, ask(unread));
  }

  void fewerBitsMeanMoreError() {
    const auto model = OpenModel::open("demo");
    const auto tensors = core::model::tensorsToQuantize(model->checkpoint());
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
      // Says what the file holds: the new file's own (tests/cli/tst_cli_quantize).
      if (entry.key == "general.alignment" || entry.key == "general.file_type") continue;
      const auto* copied = written->checkpoint().metadata().find(entry.key);
      QVERIFY2(copied != nullptr && core::io::toDisplayText(*copied) == core::io::toDisplayText(entry.value),
               entry.key.c_str());
    }
    const auto tensor = core::model::tensorsToQuantize(model->checkpoint()).front();
    const auto expected = core::quant::dequantize(*core::quant::quantize(scheme, model->checkpoint().view(tensor)));
    const auto found = core::quant::dequantize(*core::quant::wrapStored(written->checkpoint().view(tensor)));
    QVERIFY(expected == found);
  }

  void fourBitSafetensorsHoldWhatBitsandbytesReads() {
    QTemporaryDir folder;
    const auto model = OpenModel::open("demo");
    const auto tensor = core::model::tensorsToQuantize(model->checkpoint()).front();
    const std::string name = model->checkpoint().tensors()[tensor].name;
    for (const char* text : {"nf4", "fp4:double=on"}) {
      const auto scheme = Scheme::parse(text);
      const auto target = std::filesystem::path(folder.filePath(QStringLiteral("model.safetensors")).toStdString());
      quantizeModel(model->checkpoint(), scheme, target);
      const auto written = core::io::openCheckpoint(target);
      const auto expected = core::quant::quantize(scheme, model->checkpoint().view(tensor));
      const auto packed = written->view(name);
      QCOMPARE(written->tensors()[*written->find(name)].storedShape,
               (core::tensor::Shape{expected->payload.size(), 1}));
      QVERIFY(std::equal(packed.bytes.begin(), packed.bytes.end(), expected->payload.begin(), expected->payload.end()));
      const bool nested = scheme.format.doubleQuantization == core::quant::DoubleQuantization::On;
      QCOMPARE(written->view(name + ".absmax").dtype, nested ? core::tensor::DType::U8 : core::tensor::DType::F32);
      QCOMPARE(written->view(name + ".quant_map").shape, core::tensor::Shape{16});
      QCOMPARE(written->find(name + ".nested_quant_map").has_value(), nested);
      const auto state =
          written->view(name + ".quant_state.bitsandbytes__" + std::string(toString(scheme.format.name))).bytes;
      const auto json = nlohmann::json::parse(reinterpret_cast<const char*>(state.data()),
                                              reinterpret_cast<const char*>(state.data()) + state.size());
      QCOMPARE(json["blocksize"].get<int>(), 64);
      QCOMPARE(json["shape"].get<std::vector<std::uint64_t>>(), model->checkpoint().tensors()[tensor].shape.extents());
      QCOMPARE(json.contains("nested_offset"), nested);
    }
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
    QVERIFY(sentence([&] {
              quantizeModel(checkpoint, Scheme::parse("int4"), path("a.safetensors"));
            }).contains(QStringLiteral("int4")));
    QVERIFY(!std::filesystem::exists(path("a.gguf")));
    QVERIFY(!std::filesystem::exists(path("a.safetensors")));
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

#ifdef QS_HAS_GPU
  // A device that stopped responding is opened anew for the next executor, while the lost one is still held.
  void aLostDeviceIsOpenedAnew() {
    const auto model = OpenModel::open("demo");
    Engine engine;
    Engine::SessionOptions options;
    options.device = DeviceChoice::parse("vulkan");
    const auto logitsOf = [](core::model::Executor& executor) {
      const auto cache = executor.createKvCache(8, core::model::KvType::F16);
      const core::model::TokenId tokens[] = {1, 5, 9};
      std::vector<float> logits(executor.graph().vocabulary());
      executor.forward(tokens, *cache, core::model::LogitsWanted::LastToken, logits);
      return logits;
    };
    const auto lost = engine.createExecutor(*model, options);
    const std::vector<float> expected = logitsOf(*lost);
    engine.injectDeviceLoss(1);
    QVERIFY(sentence([&] { logitsOf(*lost); }).contains("stopped responding while computing; the CPU can go on."));
    QVERIFY(sentence([&] { logitsOf(*lost); }).contains("stopped responding earlier and has to be opened anew"));
    QCOMPARE(logitsOf(*engine.createExecutor(*model, options)), expected);
    options.device = DeviceChoice::parse("cpu");
    QVERIFY(!logitsOf(*engine.createExecutor(*model, options)).empty());
  }
#endif
};

QTEST_GUILESS_MAIN(TestAppSession)
#include "tst_app_session.moc"
