// Schemes changed option by option: what the builder of the window does.
#include <QTest>

#include "core/quant/registry.h"
#include "core/quant/scheme_options.h"

using namespace core::quant;

namespace {
std::string edited(const char* scheme, const char* key, const char* value) {
  const auto result = withOption(Scheme::parse(scheme), key, value);
  return result ? result->toString() : "refused";
}
}  // namespace

class TestSchemeEdit : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void oneOptionChangesAndTheOthersStay() {
    QCOMPARE(edited("int4:group=64,range=minmax", "group", "16"), std::string("int4:group=16,range=minmax"));
    QCOMPARE(edited("int4:group=64,range=minmax", "range", "absmax"), std::string("int4:group=64"));
    QCOMPARE(edited("nf4", "double", "on"), std::string("nf4:double=on"));
    QCOMPARE(edited("int4:compute=bf16", "scales", "fp32"), std::string("int4:scales=fp32,compute=bf16"));
  }

  void whatFollowsFromTheOptionsBeforeFollowsAgain() {
    // FP16 scales are the default of groups, FP32 scales that of rows: neither was chosen.
    QCOMPARE(edited("int4", "group", "row"), std::string("int4:group=row"));
    // The percentile goes with its range, and so does the zero-point that comes with minmax.
    QCOMPARE(edited("int4:range=percentile,p=99", "range", "mse"), std::string("int4:range=mse"));
    QCOMPARE(edited("int4:range=minmax", "range", "mse"), std::string("int4:range=mse"));
  }

  void whatASchemeDoesNotTakeIsRefused() {
    QCOMPARE(edited("nf4", "range", "absmax"), std::string("refused"));
    QCOMPARE(edited("nf4", "block", "99"), std::string("refused"));
    QCOMPARE(edited("int4", "p", "99"), std::string("refused"));
    QCOMPARE(edited("log4", "scales", "uint8"), std::string("refused"));
    QCOMPARE(edited("q4_0", "group", "32"), std::string("refused"));
  }

  void anotherFormatKeepsWhatItTakes() {
    QCOMPARE(withFormat(Scheme::parse("int4:group=64,range=mse"), FormatName::Int3).toString(),
             std::string("int3:group=64,range=mse"));
    QCOMPARE(withFormat(Scheme::parse("int4:group=64,range=mse"), FormatName::Log4).toString(),
             std::string("log4:group=64"));
    QCOMPARE(withFormat(Scheme::parse("nf4:block=128,double=on"), FormatName::Fp4).toString(),
             std::string("fp4:block=128,double=on"));
    QCOMPARE(withFormat(Scheme::parse("int4:group=64"), FormatName::Nf4).toString(), std::string("nf4"));
  }

  /// From every preset, every value of every option leads to a scheme that prints, parses and is one.
  void everyOfferedValueIsAScheme() {
    int offered = 0;
    for (const Preset& preset : presets()) {
      for (const SchemeOption& option : schemeOptions()) {
        const auto values = valuesOf(option, preset.scheme);
        QCOMPARE(values.empty(), !option.belongsTo(preset.scheme));
        for (const std::string& value : values) {
          const auto scheme = withOption(preset.scheme, option.key, value);
          QVERIFY(scheme);
          QCOMPARE(scheme->problem(), std::string());
          QVERIFY(Scheme::parse(scheme->toString()) == *scheme);
          QCOMPARE(option.print(*scheme), value);
          ++offered;
        }
      }
    }
    QVERIFY(offered > 500);
  }

  void theSharingOptionIsTheOneOfTheGrouping() {
    QCOMPARE(sharingOption(Scheme::parse("int4"))->key, std::string_view("group"));
    QCOMPARE(sharingOption(Scheme::parse("kmeans4"))->key, std::string_view("group"));
    QCOMPARE(sharingOption(Scheme::parse("nf4"))->key, std::string_view("block"));
    QCOMPARE(sharingOption(Scheme::parse("fp8_e4m3"))->key, std::string_view("scale"));
    for (const char* fixed : {"q4_0", "q4_k", "mx_e2m1", "nv_e2m1", "bf16"})
      QVERIFY(sharingOption(Scheme::parse(fixed)) == nullptr);
  }
};

QTEST_APPLESS_MAIN(TestSchemeEdit)
#include "tst_scheme_edit.moc"
