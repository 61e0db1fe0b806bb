// Running models from the command line where something is missing: a device, or a weight that is a number.
#include <QTemporaryDir>
#include <QtTest>

#include "cli_process.h"

using namespace cli;

class TestCliDevices : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir m_folder;

  static QProcessEnvironment withoutVulkan() {
    auto environment = QProcessEnvironment::systemEnvironment();
    for (const char* name : {"VK_ICD_FILENAMES", "VK_DRIVER_FILES"})
      environment.insert(QString::fromLatin1(name), QStringLiteral("/nonexistent"));
    return environment;
  }
  static QStringList logits(const QString& model, const QString& scheme, const QString& device) {
    return {QStringLiteral("logits"),   model,
            QStringLiteral("--tokens"), QStringLiteral("1,4,9"),
            QStringLiteral("--scheme"), scheme,
            QStringLiteral("--device"), device,
            QStringLiteral("-o"),       QStringLiteral("-")};
  }

 private slots:
  void withoutVulkanTheCpuComputes_data() {
    QTest::addColumn<QString>("scheme");
    for (const char* scheme : {"nf4", "kmeans4", "q4_k", "iq3_s"}) QTest::newRow(scheme) << QString::fromLatin1(scheme);
  }

  void withoutVulkanTheCpuComputes() {
    QFETCH(QString, scheme);
    const Run chosen = run(logits(kModel, scheme, QStringLiteral("auto")), withoutVulkan()),
              cpu = run(logits(kModel, scheme, QStringLiteral("cpu")));
    QVERIFY2(chosen.code == 0, chosen.err.constData());
    QVERIFY(chosen.out.startsWith("\x93NUMPY") && chosen.out == cpu.out);
    const Run answer =
        run({QStringLiteral("generate"), kModel, QStringLiteral("--prompt"), QStringLiteral("What is NF4?"),
             QStringLiteral("--max-tokens"), QStringLiteral("2"), QStringLiteral("--scheme"), scheme},
            withoutVulkan());
    QVERIFY2(answer.code == 0, answer.err.constData());
    const Run asked = run(logits(kModel, scheme, QStringLiteral("vulkan")), withoutVulkan());
    QCOMPARE(asked.code, 1);
    QVERIFY2(isOneSentence(asked.err) && asked.err.contains("Vulkan"), asked.err.constData());
    QVERIFY(asked.out.isEmpty());
  }

  /// A Vulkan driver on the same processor is slower than the CPU executor: it runs only where it is asked for.
  void softwareDriversRunWhereTheyAreAskedFor() {
    const Json devices = json({QStringLiteral("devices")});
    const auto generated = [](const char* device) {
      const Json answer = json({QStringLiteral("generate"), kModel, QStringLiteral("--prompt"), QStringLiteral("Hi"),
                                QStringLiteral("--max-tokens"), QStringLiteral("1"), QStringLiteral("--device"),
                                QString::fromLatin1(device)});
      return answer["device"].get<std::string>();
    };
    const auto isUsable = [](const Json& device) { return device["device"] != "cpu" && device["usable"] == true; };
    const auto isGpu = [&](const Json& device) { return isUsable(device) && device["type"] != "cpu"; };
    if (std::ranges::none_of(devices, isUsable)) QSKIP("There is no usable Vulkan device here.");
    QVERIFY(generated("vulkan") != generated("cpu"));
    QCOMPARE(generated("auto") == generated("cpu"), std::ranges::none_of(devices, isGpu));
  }

  /// Rounding to the type that products run in keeps a NaN a NaN; the sentence says whose it is.
  void aWeightThatIsNoNumberIsNamedInAnyArithmetic() {
    const QString model = m_folder.filePath(QStringLiteral("nan.gguf"));
    QByteArray bytes = contents(kModel);
    const Json tensors = json({QStringLiteral("inspect"), kModel})["tensors"];
    for (const Json& tensor : tensors)
      if (tensor["name"] == "blk.1.ffn_up.weight")
        bytes.replace(tensor["offset"].get<qsizetype>() + 2 * 300, 2, "\xc0\x7f", 2);  // BF16
    writeFile(model, bytes);
    for (const char* scheme : {"fp32:compute=fp16", "fp16:compute=fp16", "fp32:compute=bf16", "fp32"}) {
      const Run result = run(logits(model, QString::fromLatin1(scheme), QStringLiteral("cpu")));
      QCOMPARE(result.code, 1);
      QVERIFY2(isOneSentence(result.err) && result.err.contains("blk.1.ffn_up.weight holds NaN in row 1, column 44"),
               result.err.constData());
      QVERIFY(result.out.isEmpty());
    }
  }
};

QTEST_GUILESS_MAIN(TestCliDevices)
#include "tst_cli_devices.moc"
