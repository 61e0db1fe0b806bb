// What Bits puts on the clipboard, its links and what it keeps between runs.
#include <QLineEdit>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>

#include "app/workspaces/bits/copied_text.h"

#include "app/widgets/theme.h"

#include "bits_page.h"

using namespace bits;
using core::numeric::Rounding;

class TestBitsLinks : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() { Theme::instance().install(); }

  void copiesCanBePastedElsewhere() {
    Page page;
    page.type(QStringLiteral("0.45892"));
    page.select(FormatId::Fp32);
    const auto copied = [&](const char* name) {
      for (const CopiedText& entry : copiedTexts(page.state().selected()))
        if (entry.name == QLatin1String(name)) return entry.text;
      return QString();
    };
    QCOMPARE(copied("C literal"), QStringLiteral("0x1.d5ef2p-2F"));
    QCOMPARE(copied("Python literal"), QStringLiteral("float.fromhex('0x1.d5ef2p-2')"));
    QCOMPARE(copied("code"), QStringLiteral("0x3eeaf790"));
    QCOMPARE(copied("shortest value"), QStringLiteral("0.45892"));
    QCOMPARE(page.state().setText(copied("value")), QString());
    QVERIFY(page.state().selected().isExact());
  }

  void linksComeBackToTheSameView() {
    Page page;
    QCOMPARE(page.workspace().openLink(*Link::parse(QStringLiteral("quantscope://bits/fp32/0x3eeaf790"))), QString());
    QCOMPARE(page.state().selected().format->id, FormatId::Fp32);
    QCOMPARE(page.state().selected().code, std::uint64_t{0x3eeaf790});
    QCOMPARE(page.workspace().link().toString(), QStringLiteral("quantscope://bits/fp32/0x3eeaf790"));
    QCOMPARE(page.workspace().openLink(
                 *Link::parse(QStringLiteral("quantscope://bits/e4m3:bias=9/0x3f?rounding=toward_zero&view=rounding"))),
             QString());
    QCOMPARE(page.state().selected().format->bias, 9);
    QCOMPARE(page.state().rounding(), Rounding::TowardZero);
    const QString custom = page.workspace().link().toString();
    page.state().undoStack().undo();
    QCOMPARE(page.state().selected().code, std::uint64_t{0x3eeaf790});  // one step
    QCOMPARE(page.workspace().openLink(*Link::parse(custom)), QString());
    QCOMPARE(page.workspace().link().toString(), custom);
    QCOMPARE(
        page.workspace().openLink(*Link::parse(QStringLiteral(
            "quantscope://bits/bf16?text=0.1%2B0.2&rounding=nearest_even&chain=fp32,e5m10:bias=16,specials=fn,fp8_e4m3/"
            "up&view=chain"))),
        QString());
    QCOMPARE(page.find<QLineEdit>("bits-field").text(), QStringLiteral("0.1+0.2"));
    QCOMPARE(page.state().setup().chain.size(), std::size_t{3});
    QCOMPARE(page.state().setup().chain[2].rounding, Rounding::Up);
    const QString chain = page.workspace().link().toString();
    page.type(QStringLiteral("7"));
    QCOMPARE(page.workspace().openLink(*Link::parse(chain)), QString());
    QCOMPARE(page.workspace().link().toString(), chain);
    // INT8 with its scale.
    QCOMPARE(page.workspace().openLink(*Link::parse(QStringLiteral("quantscope://bits/int8?text=0.45892&absmax=1"))),
             QString());
    QCOMPARE(core::numeric::explain(*page.state().selected().format, page.state().selected().code).integer.value(), 58);
  }

  void wrongLinksSayWhatIsWrong() {
    Page page;
    page.type(QStringLiteral("0.5"));
    for (const char* bad :
         {"quantscope://bits/fp99/0x1", "quantscope://bits/fp16/0x12345", "quantscope://bits/fp16/banana",
          "quantscope://bits/fp16?text=zzz", "quantscope://bits/fp16?text=1&rounding=sideways",
          "quantscope://bits/fp16?text=1&chain=fp32,nothing", "quantscope://bits/fp16/0x1/0x2",
          "quantscope://bits/fp16?text=1&view=moon", "quantscope://bits/fp16?text=1&colour=red",
          "quantscope://bits/block/q4_0?text=1", "quantscope://bits/int8?text=1&absmax=-1",
          "quantscope://bits/int8?text=1&low=2&high=1", "quantscope://bits/block/q4_0/0x12",
          "quantscope://bits/block/nothing", "quantscope://bits/block/int8", "quantscope://bits/block"}) {
      const QString said = page.workspace().openLink(*Link::parse(QString::fromLatin1(bad)));
      QVERIFY2(said.size() > 10 && said.endsWith(u'.'), qPrintable(QString::fromLatin1(bad) + u' ' + said));
      QCOMPARE(page.state().number().nearest, 0.5);
    }
  }

  void settingsKeepFormatsNumberAndChain() {
    QTemporaryDir folder;
    QSettings settings(folder.filePath(QStringLiteral("s.ini")), QSettings::IniFormat);
    QString link;
    {
      Page page;
      QCOMPARE(page.state().addFormat(QStringLiteral("e3m4:bias=5")), QString());
      page.type(QStringLiteral("0.7"));
      page.state().setChain({{QStringLiteral("fp16")}, {QStringLiteral("e3m4:bias=5")}});
      page.state().setRounding(Rounding::Up);
      page.showTab(QStringLiteral("Conversions"));
      link = page.workspace().link().toString();
      page.workspace().saveState(settings);
    }
    Page page;
    page.workspace().restoreState(settings);
    QCOMPARE(page.workspace().link().toString(), link);
    QCOMPARE(page.state().rounding(), Rounding::Up);
    QCOMPARE(page.state().selected().format->bias, 5);
    QVERIFY(!page.state().undoStack().canUndo());
  }
};

QTEST_MAIN(TestBitsLinks)
#include "tst_bits_links.moc"
