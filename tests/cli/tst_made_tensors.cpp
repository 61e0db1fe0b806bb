// Quantizing layer by layer: what was made is found again after a stop, and nothing damaged is believed.
#include <QTemporaryDir>
#include <QtTest>

#include "app/session/calibrate_model.h"
#include "app/session/quantize_model.h"
#include "core/base/error.h"
#include "core/quant/quantizer.h"

using namespace app;
using core::quant::CalibrationNeed;
using core::quant::Scheme;
using core::quant::TensorCalibrationPtr;

namespace {

/// Counts how often somebody asks for a Hessian, and stops the job at one of them.
class Counting final : public core::quant::Calibration {
 public:
  explicit Counting(core::quant::CalibrationPtr inner) : m_inner(std::move(inner)) {}
  TensorCalibrationPtr of(const std::string& tensor, CalibrationNeed need, const core::JobContext& job) override {
    if (++asked == stopAt) throw core::Cancelled();
    return m_inner->of(tensor, need, job);
  }
  std::string identity() const override { return m_inner->identity(); }
  std::string title() const override { return m_inner->title(); }

  int asked = 0, stopAt = 0;

 private:
  core::quant::CalibrationPtr m_inner;
};

}  // namespace

class TestMadeTensors : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir m_folder;
  std::shared_ptr<OpenModel> m_model;

  std::filesystem::path path(const char* name) const {
    return m_folder.filePath(QString::fromUtf8(name)).toStdString();
  }
  static QByteArray contents(const std::filesystem::path& file) {
    QFile stream(QString::fromStdString(file.string()));
    return stream.open(QIODevice::ReadOnly) ? stream.readAll() : QByteArray();
  }
  QStringList kept() const { return QDir(m_folder.filePath(QStringLiteral("work"))).entryList(QDir::Files); }

 private slots:
  void initTestCase() { m_model = OpenModel::open("demo"); }

  void tensorsComeBackAsTheyWere_data() {
    QTest::addColumn<QString>("text");
    for (const char* text : {"q4_0", "q8_0", "nf4", "fp4:block=128", "log4", "int4", "int3:group=64,range=minmax"})
      QTest::newRow(text) << text;
  }
  void tensorsComeBackAsTheyWere() {
    QFETCH(QString, text);
    const Scheme scheme = Scheme::parse(text.toStdString());
    const auto& checkpoint = m_model->checkpoint();
    const auto stored = m_model->tensor(checkpoint.find("blk.0.attn_q.weight").value());
    const auto made = core::quant::quantize(scheme, *stored);
    std::vector<std::byte> bytes = packTensor(*made);
    QVERIFY(!bytes.empty());
    const auto again = unpackTensor(bytes, made->name, scheme, made->shape);
    QVERIFY(again);
    QVERIFY(std::ranges::equal(again->payload, made->payload));
    QCOMPARE(again->bytes(), made->bytes());
    QCOMPARE(core::quant::dequantize(*again), core::quant::dequantize(*made));
    // Of something else, or damaged anywhere: as good as nothing.
    QVERIFY(!unpackTensor(bytes, "other", scheme, made->shape));
    QVERIFY(!unpackTensor(bytes, made->name, Scheme::parse("q5_0"), made->shape));
    QVERIFY(!unpackTensor(bytes, made->name, scheme, {512, 256}));
    for (const std::size_t at : {std::size_t{0}, bytes.size() / 2, bytes.size() - 1}) {
      bytes[at] ^= std::byte{4};
      QVERIFY(!unpackTensor(bytes, made->name, scheme, made->shape));
      bytes[at] ^= std::byte{4};
    }
    for (const std::size_t length : {std::size_t{0}, std::size_t{7}, std::size_t{20}, bytes.size() - 1})
      QVERIFY(!unpackTensor(std::span(bytes).first(length), made->name, scheme, made->shape));
  }

  void whatNoFileHoldsIsNotPacked() {
    const auto stored = m_model->tensor(m_model->checkpoint().find("blk.0.attn_q.weight").value());
    QVERIFY(packTensor(*stored).empty());
    for (const char* text : {"kmeans3", "nf4:double=on"})
      QVERIFY(packTensor(*core::quant::quantize(Scheme::parse(text), *stored)).empty());
  }

  void aStoppedQuantizationGoesOn() {
    const core::model::Recipe recipe(Scheme::parse("q4_0:method=gptq"));
    const auto& source = m_model->checkpoint();
    const core::calibrate::CalibrationSettings reading{1024, 256, {}};
    const auto text = calibrationOf(*m_model, openText("demo"), reading, {});
    Counting undisturbed(text);
    quantizeModel(source, recipe, path("whole.gguf"), core::JobContext(), {&undisturbed, {}});
    QCOMPARE(undisturbed.asked, 42);

    Counting stopped(text);
    stopped.stopAt = 18;
    QVERIFY_EXCEPTION_THROWN(
        quantizeModel(source, recipe, path("part.gguf"), core::JobContext(), {&stopped, path("work")}),
        core::Cancelled);
    QCOMPARE(kept().size(), 17);
    QVERIFY(!std::filesystem::exists(path("part.gguf")));

    // One of the files that were kept is damaged: that matrix is made again.
    const QString file = m_folder.filePath("work/" + kept().front());
    QFile damaged(file);
    QVERIFY(damaged.open(QIODevice::ReadWrite) && damaged.seek(100) && damaged.write("damage") == 6);
    damaged.close();
    Counting again(text);
    quantizeModel(source, recipe, path("part.gguf"), core::JobContext(), {&again, path("work")});
    QCOMPARE(again.asked, 42 - 17 + 1);
    QCOMPARE(contents(path("part.gguf")), contents(path("whole.gguf")));
    QVERIFY(kept().isEmpty());  // the model is complete

    // Other methods leave nothing behind.
    Counting importance(text);
    importance.stopAt = 5;
    QVERIFY_EXCEPTION_THROWN(quantizeModel(source, Scheme::parse("q4_0:method=imatrix"), path("part.gguf"),
                                           core::JobContext(), {&importance, path("work")}),
                             core::Cancelled);
    QVERIFY(kept().isEmpty());
  }

  void theBuiltInModelIsCalibratedFromTheStart() {
    const auto state = m_model->calibration().state();
    QVERIFY(state && !state->made);
    QCOMPARE(state->text, std::string("demo text"));
    QCOMPARE(state->tokens, std::size_t{4096});
    QCOMPARE(m_model->calibration().current()->title(), std::string("demo text · 4,096 tokens"));
    const auto before = m_model->calibration().current();
    calibrateModel(*m_model, openText("prose"), {512, 128, {}}, {}, core::JobContext());
    const auto after = m_model->calibration().state();
    QVERIFY(after->made && *after->made <= std::chrono::system_clock::now());
    QCOMPARE(after->text, std::string("prose"));
    QCOMPARE(after->tokens, std::size_t{512});
    QVERIFY(m_model->calibration().current()->identity() != before->identity());
    // Measured errors are those of the calibration they were measured with.
    const auto tensor = m_model->checkpoint().find("blk.0.ffn_up.weight").value();
    const Scheme scheme = Scheme::parse("q4_k:method=imatrix");
    const auto measure = [&](core::quant::Calibration* calibration) {
      return m_model->errors()
          .measure(m_model->checkpoint(), tensor, scheme, core::JobContext(), calibration)
          .stats.mse();
    };
    const double byProse = measure(m_model->calibration().current().get()), byDemo = measure(before.get());
    QVERIFY(byProse != byDemo);
    QCOMPARE(measure(m_model->calibration().current().get()), byProse);
    QVERIFY_EXCEPTION_THROWN(measure(nullptr), core::Error);
  }
};

QTEST_GUILESS_MAIN(TestMadeTensors)
#include "tst_made_tensors.moc"
