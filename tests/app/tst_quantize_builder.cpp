// Quantize: a scheme as text and as controls, each of which follows the other.
#include <QComboBox>
#include <QLineEdit>
#include <QTest>

#include "core/quant/registry.h"
#include "core/quant/scheme_options.h"

#include "quantize_lab.h"

using namespace app;
using namespace quantize_lab;

class TestQuantizeBuilder : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void textAndControlsFollowEachOther() {
    Lab lab{QString()};
    lab.type("lab-scheme", QStringLiteral("int4:range=percentile,group=64,p=99"));
    QCOMPARE(lab.state().input().scheme.toString(), std::string("int4:group=64,range=percentile,p=99"));
    QCOMPARE(lab.find<QLineEdit>("lab-scheme")->text(), QStringLiteral("int4:group=64,range=percentile,p=99"));
    QCOMPARE(lab.find<QComboBox>("lab-format")->currentText(), QStringLiteral("INT4"));
    QCOMPARE(lab.find<QComboBox>("lab-option-group")->currentText(), QStringLiteral("64"));
    QVERIFY(lab.find<QComboBox>("lab-option-p")->isVisible());
    const auto choose = [&](const char* name, const QString& value) {
      auto* box = lab.find<QComboBox>(name);
      box->setFocus();
      box->setCurrentIndex(box->findText(value));
      Q_EMIT box->activated(box->currentIndex());
    };
    choose("lab-option-range", QStringLiteral("mse"));
    QCOMPARE(lab.find<QLineEdit>("lab-scheme")->text(), QStringLiteral("int4:group=64,range=mse"));
    QVERIFY(!lab.find<QComboBox>("lab-option-p")->isVisible());
    choose("lab-option-zero", QStringLiteral("on"));
    choose("lab-format", QStringLiteral("NF4"));
    QCOMPARE(lab.find<QLineEdit>("lab-scheme")->text(), QStringLiteral("nf4"));
    choose("lab-option-double", QStringLiteral("on"));
    QCOMPARE(lab.state().input().scheme.toString(), std::string("nf4:double=on"));
    while (lab.state().undoStack().canUndo()) lab.state().undoStack().undo();
    QVERIFY(lab.find<QLineEdit>("lab-scheme")->text() != QStringLiteral("nf4:double=on"));
  }

  /// Every option that a scheme takes has a control that shows its value, and no other has one.
  void thereIsAControlForEveryOption() {
    Lab lab{QString()};
    for (const core::quant::Preset& preset : core::quant::presets()) {
      lab.state().setScheme(preset.scheme);
      for (const core::quant::SchemeOption& option : core::quant::schemeOptions()) {
        auto* box = lab.find<QComboBox>(QByteArray("lab-option-").append(option.key.data()));
        QVERIFY(box != nullptr);
        QCOMPARE(box->isVisible(), option.belongsTo(preset.scheme));
        if (box->isVisible()) QCOMPARE(box->currentText().toStdString(), option.print(preset.scheme));
      }
    }
  }

  void aSizeOfOnesOwnCanBeTyped() {
    Lab lab{QString()};
    QVERIFY(lab.open(QStringLiteral("scheme=int4&distribution=normal")).isEmpty());
    auto* box = lab.find<QComboBox>("lab-option-group");
    box->setFocus();
    box->lineEdit()->selectAll();
    QTest::keyClicks(box->lineEdit(), QStringLiteral("48"));
    QTest::keyClick(box->lineEdit(), Qt::Key_Return);
    QCOMPARE(lab.state().input().scheme.toString(), std::string("int4:group=48"));
    box->lineEdit()->selectAll();
    QTest::keyClicks(box->lineEdit(), QStringLiteral("many"));
    QTest::keyClick(box->lineEdit(), Qt::Key_Return);
    QCOMPARE(lab.state().input().scheme.toString(), std::string("int4:group=48"));
    QVERIFY2(lab.text("lab-problem").contains(QStringLiteral("many")), qPrintable(lab.text("lab-problem")));
    QCOMPARE(box->currentText(), QStringLiteral("48"));
  }

  void aBadSchemeIsRefusedWithASentence() {
    Lab lab{QString()};
    const core::quant::Scheme before = lab.state().input().scheme;
    lab.type("lab-scheme", QStringLiteral("int9"));
    QVERIFY(lab.find<Label>("lab-problem")->isVisible());
    QVERIFY2(lab.text("lab-problem").contains(QStringLiteral("int9")) && lab.text("lab-problem").endsWith(u'.'),
             qPrintable(lab.text("lab-problem")));
    QCOMPARE(lab.state().input().scheme, before);
    lab.type("lab-scheme", QStringLiteral("int3"));
    QVERIFY(!lab.find<Label>("lab-problem")->isVisible());
    QCOMPARE(lab.state().input().scheme.toString(), std::string("int3"));
  }

  void usedEverywhereItIsTickedInTheList() {
    Lab lab;
    Selection& selection = lab.window().selection();
    QVERIFY(lab.state().setSchemeText(QStringLiteral("int4:group=48,range=mse")).isEmpty());
    const core::model::Recipe recipe(lab.state().input().scheme);
    QVERIFY(!selection.isChecked(recipe));
    lab.click("lab-use");
    QVERIFY(selection.isChecked(recipe));
    QCOMPARE(selection.currentRecipe(), std::optional(recipe));
    QVERIFY(!lab.find<QAbstractButton>("lab-use")->isEnabled());
    selection.setChecked(recipe, false);
    QVERIFY(lab.find<QAbstractButton>("lab-use")->isEnabled());
  }
};

QTEST_MAIN(TestQuantizeBuilder)
#include "tst_quantize_builder.moc"
