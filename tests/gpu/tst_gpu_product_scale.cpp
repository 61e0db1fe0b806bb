// Scales beside matrices on Vulkan: packed with the rows (tst_gpu_layouts has every layout).
#include <QTemporaryDir>

#include "gpu/packed_format.h"
#include "gpu_models.h"
#include "support/scaled_model.h"

using namespace gputest;

class TestGpuProductScale : public QObject {
  Q_OBJECT

 private slots:
  void agreesWithTheCpu_data() {
    QTest::addColumn<QString>("type");
    QTest::addColumn<QString>("scheme");
    QTest::addColumn<QString>("family");
    for (const QString& family : families()) {
      for (const char* type : {"nvfp4", "iq4_nl", "q4_0"})
        QTest::newRow(qPrintable(type + QString(" ") + family)) << QString(type) << QString() << family;
      QTest::newRow(qPrintable("nf4 of nvfp4 " + family)) << QString("nvfp4") << QString("nf4:double=on") << family;
    }
  }

  void agreesWithTheCpu() {
    QFETCH(QString, type);
    QFETCH(QString, scheme);
    QFETCH(QString, family);
    const auto files = support::writeScaledModel(type.toStdString(), m_folder.path().toStdString());
    Model model(files.scaled);
    const auto graph = scheme.isEmpty() ? model.graph() : model.graph(core::quant::Scheme::parse(scheme.toStdString()));
    const Tokens tokens = someTokens(40, graph.vocabulary());
    const auto cpu = core::model::createCpuExecutor(graph);
    const auto expected = allLogits(*cpu, tokens);
    const auto executor = gpu::createVulkanExecutor(sharedFamily(family), graph);
    QVERIFY(relativeError(allLogits(*executor, tokens), expected) < 1e-5);
  }

  /// A scale does not make the tensor grow.
  void staysPacked_data() {
    QTest::addColumn<QString>("type");
    for (const char* type : {"nvfp4", "iq4_nl", "q4_0"}) QTest::newRow(type) << QString(type);
  }
  void staysPacked() {
    QFETCH(QString, type);
    const auto files = support::writeScaledModel(type.toStdString(), m_folder.path().toStdString());
    Model model(files.scaled);
    int packed = 0;
    for (const auto& op : model.graph().ops) {
      if (op.kind() != core::model::OpKind::MatMul) continue;
      const auto& weight = *op.as<core::model::MatMul>().weight;
      QVERIFY(weight.factor != 1.0F);
      QVERIFY(!gpu::packedFormatOf(weight).isDecoded);
      ++packed;
    }
    QCOMPARE(packed, 2 * 7 + 1);
  }

 private:
  QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(TestGpuProductScale)
#include "tst_gpu_product_scale.moc"
