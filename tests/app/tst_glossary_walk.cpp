// Through every workspace as a reader would go: each abbreviation and each name of a format that stands on a label, a
// button, a tab, a head of a table or an axis is explained by the glossary, so that the pointer finds it.
#include <qcustomplot.h>

#include <QAbstractButton>
#include <QComboBox>
#include <QGroupBox>
#include <QHeaderView>
#include <QLabel>
#include <QRegularExpression>
#include <QTabBar>
#include <QTest>
#include <algorithm>

#include "app/lessons/glossary.h"
#include "app/workspaces/workspace.h"
#include "core/model/ops/vector_kernels.h"
#include "core/model/recipe/file_type.h"

#include "workspace_window.h"

using namespace app;

namespace {

/// What model files are named after: the schemes panel describes each.
bool isFileType(const QString& text) {
  return std::ranges::any_of(core::model::allFileTypes(), [&](const core::model::FileTypeInfo& type) {
    return text == QLatin1String(type.name.data(), static_cast<qsizetype>(type.name.size()));
  });
}

/// What people read on a widget.
QStringList textsOn(const QWidget& widget) {
  if (const auto* label = qobject_cast<const QLabel*>(&widget)) return {label->text()};
  if (const auto* button = qobject_cast<const QAbstractButton*>(&widget)) return {button->text().remove(u'&')};
  if (const auto* box = qobject_cast<const QGroupBox*>(&widget)) return {box->title()};
  QStringList texts;
  if (const auto* box = qobject_cast<const QComboBox*>(&widget))
    for (int i = 0; i < box->count(); ++i)
      if (!isFileType(box->itemText(i))) texts << box->itemText(i);
  if (const auto* tabs = qobject_cast<const QTabBar*>(&widget))
    for (int i = 0; i < tabs->count(); ++i) texts << tabs->tabText(i).remove(u'&');
  if (const auto* header = qobject_cast<const QHeaderView*>(&widget); header && header->orientation() == Qt::Horizontal)
    for (int i = 0; i < header->count(); ++i) texts << header->model()->headerData(i, Qt::Horizontal).toString();
  if (const auto* chart = qobject_cast<const QCustomPlot*>(&widget))
    for (const QCPAxisRect* rect : chart->axisRects())
      for (const QCPAxis* axis : rect->axes()) texts << axis->label();
  return texts;
}

/// Names of graphics processors that a list offers, whole and as the status line shortens them.
QStringList devicesIn(const QWidget& widget) {
  QStringList names;
  const auto* box = qobject_cast<const QComboBox*>(&widget);
  for (int i = 0; box != nullptr && i < box->count(); ++i)
    if (box->itemData(i).toString().startsWith(QStringLiteral("vulkan:")) ||
        box->objectName() == QStringLiteral("advice-device") || box->objectName() == QStringLiteral("memory-model"))
      names << box->itemText(i) << box->itemText(i).section(QStringLiteral(" ("), 0, 0);
  return names;
}

/// Abbreviations and names of formats in a text, as far as the glossary does not know them.
QStringList unexplained(QString text) {
  text.replace(QRegularExpression(QStringLiteral("<[^>]*>")), QStringLiteral(" "));
  const auto known = Glossary::instance().matches(text);
  for (auto match = known.rbegin(); match != known.rend(); ++match)
    text.replace(match->start, match->length, QStringLiteral(" "));
  static const QRegularExpression kWord(QStringLiteral("[^\\s,;:()\\[\\]·…“”\"?!]+"));
  static const QRegularExpression kShort(QStringLiteral("[A-Z].*[A-Z]|[A-Za-z]\\d|\\d[A-Za-z]|[α-ω]|R²"));
  QStringList words;
  for (auto it = kWord.globalMatch(text); it.hasNext();) {
    const QString word = it.next().captured();
    const bool isOther = word.startsWith(QStringLiteral("0x")) || word == QStringLiteral("0b") ||
                         word.contains(QStringLiteral("Ctrl")) ||
                         word == QStringLiteral("LM");  // codes, keys, "LM Studio"
    if (!isOther && kShort.match(word).hasMatch()) words << word;
  }
  return words;
}

}  // namespace

class TestGlossaryWalk : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void whatIsNotKnownIsFound() {
    QVERIFY(unexplained(QStringLiteral("INT4 under its absmax, Q4_K, σ, 3.5 KiB, 0x3f80")).isEmpty());
    QCOMPARE(unexplained(QStringLiteral("INT4 in XYZ7 (QQ)")),
             (QStringList{QStringLiteral("XYZ7"), QStringLiteral("QQ")}));
  }

  void everyAbbreviationIsExplained() {
    WorkspaceWindow window(QStringLiteral("inspect"));
    QStringList texts, missing;
    // The names of devices are the machine's, not the program's.
    QStringList devices{QStringLiteral("(%1)").arg(QLatin1String(core::model::ops::vectorKernels().name))};
    for (const WorkspaceEntry& entry : workspaceEntries()) {
      window.window().showWorkspace(QString::fromLatin1(entry.id));
      window.window().currentWorkspace()->showExample();
      QVERIFY(window.waitUntilIdle(240000));
      for (const QWidget* widget : window.window().findChildren<QWidget*>()) {
        texts << textsOn(*widget);
        devices << devicesIn(*widget);
      }
    }
    QVERIFY(texts.size() > 1000);  // it did read them
    texts.removeDuplicates();
    for (QString text : texts) {
      for (const QString& device : devices) text.remove(device);
      for (const QString& word : unexplained(text)) missing << QStringLiteral("%1 (%2)").arg(word, text.left(60));
    }
    QVERIFY2(missing.isEmpty(), qPrintable(missing.join(u'\n')));
  }
};

QTEST_MAIN(TestGlossaryWalk)
#include "tst_glossary_walk.moc"
