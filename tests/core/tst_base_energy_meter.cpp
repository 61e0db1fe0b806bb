// What processors have used, by counters as Linux has them.
#include <QTemporaryDir>
#include <QtTest>
#include <filesystem>
#include <fstream>

#include "core/base/energy_meter.h"

using core::EnergyMeter;

class TestBaseEnergyMeter : public QObject {
  Q_OBJECT

  std::unique_ptr<QTemporaryDir> m_folder;

  void write(const char* zone, const char* file, const std::string& text) {
    const std::filesystem::path path = m_folder->filePath(zone).toStdString();
    std::filesystem::create_directories(path);
    std::ofstream(path / file) << text << '\n';
  }
  void addZone(const char* zone, const char* name, const std::string& counter) {
    write(zone, "name", name);
    write(zone, "max_energy_range_uj", "1000000");
    write(zone, "energy_uj", counter);
  }
  std::optional<EnergyMeter> open() { return EnergyMeter::open(m_folder->path().toStdString()); }

 private Q_SLOTS:
  void init() { m_folder = std::make_unique<QTemporaryDir>(); }

  void packagesAreAddedUp() {
    addZone("intel-rapl:0", "package-0", "100000");
    addZone("intel-rapl:1", "package-1", "900000");
    addZone("intel-rapl:0:0", "core", "5");  // counted in its package
    addZone("intel-rapl:2", "psys", "7");
    auto meter = open();
    QVERIFY(meter.has_value());
    QCOMPARE(meter->takeJoules().value(), 0.0);
    write("intel-rapl:0", "energy_uj", "350000");
    write("intel-rapl:1", "energy_uj", "100000");  // it began anew: 100000 up to its range, and 100000
    write("intel-rapl:2", "energy_uj", "900000");
    QCOMPARE(meter->takeJoules().value(), 0.45);
    QCOMPARE(meter->takeJoules().value(), 0.0);
    std::filesystem::remove(m_folder->filePath("intel-rapl:1/energy_uj").toStdString());
    QVERIFY(!meter->takeJoules());
  }

  void whatCannotBeReadIsNotGuessed() {
    QVERIFY(!open());
    QVERIFY(!EnergyMeter::open("/nonexistent"));
    addZone("intel-rapl:0", "core", "5");
    QVERIFY(!open());  // no whole package
    addZone("intel-rapl:1", "package-0", "many");
    QVERIFY(!open());
    addZone("intel-rapl:1", "package-0", "5");
    QVERIFY(open());
    write("intel-rapl:1", "max_energy_range_uj", "0");
    QVERIFY(!open());
  }
};

QTEST_GUILESS_MAIN(TestBaseEnergyMeter)
#include "tst_base_energy_meter.moc"
