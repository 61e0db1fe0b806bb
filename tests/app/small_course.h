#pragma once
#include <QDir>
#include <QFile>
#include <QTemporaryDir>

#include "app/lessons/course.h"
#include "app/workspaces/workspace.h"
#include "core/base/error.h"

inline const QString kFolder = QStringLiteral(QS_SOURCE_DIR "/resources/lessons");

inline app::CourseSource source(const QString& folder = kFolder, const QString& language = {}) {
  app::CourseSource source{folder, language, {}};
  for (const app::WorkspaceEntry& entry : app::workspaceEntries()) source.workspaces << QLatin1String(entry.id);
  return source;
}

/// A lesson of one step in a folder of its own, to be spoilt.
class SmallCourse {
 public:
  SmallCourse() {
    QDir(m_folder.path()).mkdir(QStringLiteral("en"));
    write(QStringLiteral("course.json"), R"({"lessons": ["one"]})");
    write(QStringLiteral("one.json"), R"({"number": 1, "minutes": 5, "steps": [{"step": "only",
      "stage": "quantscope://bits/fp32?text=1", "asks": {"kind": "number"},
      "truth": {"fact": "bias", "format": "fp32"}, "values": {"half": {"fact": "bias", "format": "fp16"}},
      "wrong": {"other": 15}}]})");
    write(QStringLiteral("en/one.json"), R"({"title": "One", "summary": "Its summary.", "steps": {"only": {
      "title": "Step", "text": "Look.", "question": "What?", "why": "{truth}, not {half}.", "wrong": {"other": "No."}}}})");
  }
  void write(const QString& name, const QByteArray& text) {
    QFile file(m_folder.filePath(name));
    if (!file.open(QIODevice::WriteOnly)) qFatal("cannot write %s", qPrintable(name));
    file.write(text);
  }
  void replace(const QString& name, const QByteArray& before, const QByteArray& after) {
    QFile file(m_folder.filePath(name));
    if (!file.open(QIODevice::ReadOnly)) qFatal("cannot read %s", qPrintable(name));
    QByteArray text = file.readAll();
    if (!text.contains(before)) qFatal("%s has no %s", qPrintable(name), before.constData());
    file.close();
    write(name, text.replace(before, after));
  }
  static constexpr auto kGerman =
      R"({"title": "Eins", "steps": {"only": {"question": "Wie viel?", "why": "{truth}."}}})";
  QString path() const { return m_folder.path(); }
  QString problem() const {
    try {
      app::loadCourse(source(path()));
      return {};
    } catch (const core::Error& error) {
      return QString::fromUtf8(error.what());
    }
  }

 private:
  QTemporaryDir m_folder;
};
