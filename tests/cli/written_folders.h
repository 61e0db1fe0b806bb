#pragma once
#include <QDir>
#include <QTemporaryDir>

#include "cli_process.h"

namespace cli {

inline QStringList words(const char* text) { return QString::fromLatin1(text).split(u' ', Qt::SkipEmptyParts); }

/// A place for the folders and files that `quantize` writes.
class Written {
 public:
  QString folder() const { return m_folder.path(); }
  QString path(const QString& name) const { return m_folder.filePath(name); }
  QStringList names(const QString& inside = {}) const {
    return QDir(path(inside)).entryList(QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot);
  }
  void remove(const QString& name) const { QDir(path(name)).removeRecursively(); }
  /// Writes and gives the answer.
  Json quantize(const QString& model, const char* options, const QString& out) const {
    return json(QStringList{QStringLiteral("quantize"), model} + words(options) +
                QStringList{QStringLiteral("-o"), path(out)});
  }
  Run refused(const QString& model, const char* options, const QString& out) const {
    return run(QStringList{QStringLiteral("quantize"), model} + words(options) +
               QStringList{QStringLiteral("-o"), path(out)});
  }
  Json read(const QString& file) const { return Json::parse(contents(path(file)).toStdString()); }
  /// The demo model as a folder in BF16, made once.
  QString plain() const {
    if (!QFileInfo::exists(path(QStringLiteral("plain"))))
      static_cast<void>(quantize(QStringLiteral("demo"), "--scheme bf16 --layout plain", QStringLiteral("plain")));
    return path(QStringLiteral("plain"));
  }

 private:
  QTemporaryDir m_folder;
};

}  // namespace cli
