#pragma once
#include <QByteArray>
#include <QFile>
#include <QString>
#include <filesystem>
#include <functional>

#include "app/session/demo_model.h"
#include "app/session/open_model.h"
#include "core/io/gguf_writer.h"

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

/// The demo model under another chat template.
inline void writeDemoWithTemplate(const std::string& path, const std::string& chatTemplate) {
  const auto demo = app::OpenModel::open("demo");
  const core::io::Checkpoint& source = demo->checkpoint();
  core::io::GgufWriter writer{std::filesystem::path(path)};
  for (const auto& entry : source.metadata().entries()) {
    if (entry.key == "tokenizer.chat_template")
      writer.addString(entry.key, chatTemplate);
    else
      writer.addEntry(entry);
  }
  for (const auto& tensor : source.tensors()) writer.declareTensor(tensor.name, tensor.dtype, tensor.shape);
  for (std::size_t i = 0; i < source.tensors().size(); ++i) writer.append(source.view(i).bytes);
  writer.finish();
}
