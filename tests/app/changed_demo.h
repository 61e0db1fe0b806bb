#pragma once
#include <QByteArray>
#include <QFile>
#include <QString>
#include <functional>

#include "app/session/demo_model.h"
#include "app/session/open_model.h"

/// The demo model's file with some of its bytes replaced. @return `path`, or nothing when it could not be written
inline QString changedDemo(const QString& path, const std::function<void(QByteArray&)>& change) {
  QFile source(QString::fromStdString(app::builtInModelPath(app::kDemoName).string()));
  if (!source.open(QIODevice::ReadOnly)) return {};
  QByteArray bytes = source.readAll();
  change(bytes);
  QFile target(path);
  return target.open(QIODevice::WriteOnly) && target.write(bytes) == bytes.size() ? path : QString();
}

/// The same with a NaN as the first weight of a tensor, which is BF16 there.
inline QString demoWithNan(const QString& path, const std::string& tensor) {
  const auto demo = app::OpenModel::open("demo");
  std::size_t index = 0;
  while (demo->checkpoint().tensors()[index].name != tensor) ++index;
  const auto stored = demo->checkpoint().view(index).bytes;
  const QByteArray head(reinterpret_cast<const char*>(stored.data()), 64);
  return changedDemo(path, [&head](QByteArray& bytes) {
    const auto at = bytes.indexOf(head);
    bytes[at] = '\xC0';
    bytes[at + 1] = '\x7F';
  });
}
