#include "app/widgets/save_file.h"

#include <QCoreApplication>
#include <exception>
#include <filesystem>
#include <span>

#include "app/session/open_files.h"
#include "core/io/output_file.h"

namespace app {

QString saveFile(const QString& path, const QByteArray& bytes) {
  const std::filesystem::path target = path.toStdString();
  std::error_code error;
  // Opening a pipe waits for its reader, which a window must not.
  if (std::filesystem::is_fifo(target, error))
    return QCoreApplication::translate("SaveFile", "%1 is a pipe; choose a file.").arg(path);
  try {
    core::io::writeFile(target, openFiles(),
                        std::as_bytes(std::span(bytes.constData(), static_cast<std::size_t>(bytes.size()))));
    return {};
  } catch (const std::exception& problem) {
    return QString::fromUtf8(problem.what());
  }
}

}  // namespace app
