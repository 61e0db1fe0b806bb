#include <QTemporaryDir>
#include <QtTest>
#include <filesystem>
#include <fstream>

#include "app/session/engine.h"
#include "app/session/recipe_file.h"
#include "core/base/error.h"

using namespace app;
using core::model::KvType;

/// What runs, as a text.
class TestVariant : public QObject {
  Q_OBJECT

 private slots:
  void itsTextComesBack_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("canonical");
    QTest::addColumn<QString>("name");
    QTest::addColumn<int>("kind");
    QTest::addColumn<QString>("kv");
    const auto row = [](const char* text, const char* canonical, const char* name, DeviceChoice::Kind kind, KvType kv) {
      QTest::newRow(text) << text << canonical << name << int(kind) << QString::fromStdString(core::model::nameOf(kv));
    };
    using Kind = DeviceChoice::Kind;
    row("stored", "stored", "stored", Kind::Auto, KvType::F16);
    row("nf4", "nf4", "NF4 · 64", Kind::Auto, KvType::F16);
    row("nf4@cpu@kv=int8", "nf4@cpu@kv=int8", "NF4 · 64 · CPU · KV INT8", Kind::Cpu, KvType::Int8);
    row("nf4@kv=int8@cpu", "nf4@cpu@kv=int8", "NF4 · 64 · CPU · KV INT8", Kind::Cpu, KvType::Int8);
    row("nf4@kv=q8_0/q4_0", "nf4@kv=q8_0/q4_0", "NF4 · 64 · KV Q8_0/Q4_0", Kind::Auto,
        KvType(core::model::KvFormat::Q8_0, core::model::KvFormat::Q4_0));
    row("stored@kv=fp8/fp8", "stored@kv=fp8", "stored · KV FP8", Kind::Auto, KvType::Fp8);
    row("stored@vulkan:1", "stored@vulkan:1", "stored · Vulkan 1", Kind::Vulkan, KvType::F16);
    row("Q4_K_M@vulkan", "Q4_K_M@vulkan", "Q4_K_M · Vulkan", Kind::Vulkan, KvType::F16);
    row("int4:group=64,range=minmax@kv=f32", "int4:group=64,range=minmax@kv=f32", "", Kind::Auto, KvType::F32);
    row("Q4_K_M, attn_v=q6_k, ffn_up=int4:group=64@cpu", "Q4_K_M, attn_v=q6_k, ffn_up=int4:group=64@cpu", "", Kind::Cpu,
        KvType::F16);
    row("stored, attn_v=nf4", "stored, attn_v=nf4", "", Kind::Auto, KvType::F16);
    row("nf4@auto@kv=f16", "nf4", "NF4 · 64", Kind::Auto, KvType::F16);
  }
  void itsTextComesBack() {
    QFETCH(QString, text);
    QFETCH(QString, canonical);
    QFETCH(QString, name);
    QFETCH(int, kind);
    QFETCH(QString, kv);
    const Variant variant = Variant::parse(text.toStdString());
    QCOMPARE(QString::fromStdString(variant.toString()), canonical);
    if (!name.isEmpty()) QCOMPARE(QString::fromStdString(variant.displayName()), name);
    QCOMPARE(int(variant.device.kind), kind);
    QCOMPARE(QString::fromStdString(core::model::nameOf(variant.kv)), kv);
    QVERIFY(Variant::parse(variant.toString()) == variant);
  }

  /// A path may look as if a suffix stood behind it.
  void pathsMayHoldTheSign() {
    const QTemporaryDir folder;
    const auto place = std::filesystem::path(folder.path().toStdString());
    const auto source = std::filesystem::path(QS_SOURCE_DIR) / "resources/models/demo-smooth.gguf";
    for (const char* name : {"a@cpu", "b@home.gguf", "c@kv=int8"}) {
      std::filesystem::copy_file(source, place / name);
      Variant variant{openRecipe("model:" + (place / name).string()), {}, KvType::F16};
      for (const auto kind : {DeviceChoice::Kind::Auto, DeviceChoice::Kind::Cpu}) {
        variant.device.kind = kind;
        const Variant again = Variant::parse(variant.toString());
        QVERIFY2(again == variant, variant.toString().c_str());
        QCOMPARE(again.recipe.otherModel()->source(), (place / name).string());
      }
    }
  }

  void aRecipeFileIsOne() {
    const QTemporaryDir folder;
    const std::string file = folder.filePath("mine, attn_v=q6_k").toStdString();
    std::ofstream(file) << "base = q8_0\nattn_v = nf4\n";
    const Variant variant = Variant::parse(file + "@cpu");
    QCOMPARE(variant.recipe.rules.size(), std::size_t{1});
    QCOMPARE(variant.recipe.rules[0].toString(), std::string("attn_v=nf4"));
    QVERIFY(variant.device.kind == DeviceChoice::Kind::Cpu);
  }

  void whatIsNoneIsSaid() {
    for (const char* text : {"", "nosuch", "@cpu", "nf4@cpu@cpu", "nf4@kv=int9", "nf4@gpu", "nf4, attn_v=nosuch"})
      QVERIFY_THROWS_EXCEPTION(core::Error, Variant::parse(text));
  }

  void itRuns() {
    const auto model = OpenModel::open("demo");
    Engine engine;
    const auto session = engine.createSession(*model, Variant::parse("nf4@cpu@kv=int8"), 64);
    QCOMPARE(session->kvBytes(),
             engine.createExecutor(*model, Variant::parse("stored@cpu"))->createKvCache(64, KvType::Int8)->bytes());
    const auto stored = engine.createExecutor(*model, Variant::parse("stored@cpu"));
    QVERIFY(session->executor().memory().weightBytes < stored->memory().weightBytes);
  }
};

QTEST_APPLESS_MAIN(TestVariant)
#include "tst_variant.moc"
