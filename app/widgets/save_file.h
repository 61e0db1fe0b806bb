#pragma once
#include <QByteArray>
#include <QString>

namespace app {

/// Writes what a person saves from the window, through the door of all outputs: the file appears whole or stays as it
/// was, and no open model is overwritten. @return empty, or the sentence that says why not
QString saveFile(const QString& path, const QByteArray& bytes);

}  // namespace app
