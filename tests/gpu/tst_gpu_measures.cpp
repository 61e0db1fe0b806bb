// What a device's arithmetic gives, and what a card says that it used: by a library that stands for NVIDIA's.
#include <dlfcn.h>

#include "gpu/arithmetic_rate.h"
#include "gpu/nvml_meter.h"
#include "gpu/vk/pci_address.h"
#include "gpu/vulkan_executor.h"
#include "gpu_models.h"
#include "support/random_model.h"

using namespace gputest;
using gpu::NvmlMeter;

class TestGpuMeasures : public QObject {
  Q_OBJECT

  void* m_library = nullptr;  ///< so that it keeps what it was told

  template <typename Function>
  Function* told(const char* name) {
    return reinterpret_cast<Function*>(dlsym(m_library, name));
  }
  void tell(unsigned card, unsigned long long millijoules) {
    told<void(unsigned, unsigned long long)>("fakeEnergy")(card, millijoules);
  }
  void results(int init, int energy) { told<void(int, int)>("fakeResults")(init, energy); }
  void cards(unsigned count) { told<void(unsigned)>("fakeCards")(count); }

 private Q_SLOTS:
  void init() {
    m_library = dlopen(QS_FAKE_NVML, RTLD_NOW);
    QVERIFY2(m_library != nullptr, QS_FAKE_NVML);
    cards(1);
    results(0, 0);
    tell(0, 5000);
  }
  void cleanup() {
    QCOMPARE(told<int()>("fakeUsers")(), 0);  // everyone who began has ended
    dlclose(m_library);
  }

  void arithmeticIsMeasured() {
    for (const QString& family : families()) {
      const double rate = gpu::measureArithmetic(*sharedFamily(family));
      QVERIFY2(rate > 1e8 && rate < 1e16, QByteArray::number(rate));
    }
  }

  void executorsKnowTheirDevice() {
    QTemporaryDir folder;
    const std::filesystem::path path = folder.filePath("model.gguf").toStdString();
    support::writeRandomModel({}, path);
    Model model(path);
    QCOMPARE(gpu::deviceOf(*gpu::createVulkanExecutor(sharedFamily("workgroups"), model.graph())),
             sharedFamily("workgroups"));
    QVERIFY(!gpu::deviceOf(*core::model::createCpuExecutor(model.graph())));
  }

  void theOnlyCardNeedsNoAddress() {
    auto meter = NvmlMeter::open("", QS_FAKE_NVML);
    QVERIFY(meter.has_value());
    QCOMPARE(meter->takeJoules().value(), 0.0);
    tell(0, 7250);
    QCOMPARE(meter->takeJoules().value(), 2.25);
    QCOMPARE(meter->takeJoules().value(), 0.0);
    cards(2);
    QVERIFY(!NvmlMeter::open("", QS_FAKE_NVML));  // one of two: which?
  }

  void cardsAreFoundByAddress() {
    cards(2);
    auto meter = NvmlMeter::open("0000:41:00.0", QS_FAKE_NVML);
    QVERIFY(meter.has_value());
    tell(0, 900000);
    tell(1, 70500);
    QCOMPARE(meter->takeJoules().value(), 0.5);
    QVERIFY(!NvmlMeter::open("0000:02:00.0", QS_FAKE_NVML));  // another maker's
    cards(1);
    QVERIFY(!NvmlMeter::open("0000:41:00.0", QS_FAKE_NVML));  // the only one is another one
  }

  void whatFailsIsNotGuessed() {
    QVERIFY(!NvmlMeter::open("", "libnothing-like-it.so.1"));
    QVERIFY(!NvmlMeter::open("", QS_OLD_NVML_LIBRARY));
    results(9, 0);
    QVERIFY(!NvmlMeter::open("", QS_FAKE_NVML));
    results(0, 3);  // a card too old to count
    QVERIFY(!NvmlMeter::open("", QS_FAKE_NVML));
    results(0, 0);
    auto meter = NvmlMeter::open("", QS_FAKE_NVML);
    QVERIFY(meter.has_value());
    results(0, 15);  // it fell off the bus
    QVERIFY(!meter->takeJoules());
    results(0, 0);
    tell(0, 10);  // it counts anew
    QVERIFY(!meter->takeJoules());
  }

  void softwareDevicesAreNoCards() {
    const auto device = sharedFamily("workgroups");
    if (!device->device()->caps().isCpu) QSKIP("A real device.");
    QVERIFY(!NvmlMeter::open(*device));
  }

  void addressesAreWrittenAsOthersReadThem() {
    const std::string address = gpu::vk::pciAddressOf(sharedFamily("workgroups")->device()->physical());
    static const QRegularExpression kAddress(QStringLiteral("^([0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\\.[0-7])?$"));
    QVERIFY2(kAddress.match(QString::fromStdString(address)).hasMatch(), address.c_str());
  }
};

QTEST_GUILESS_MAIN(TestGpuMeasures)
#include "tst_gpu_measures.moc"
