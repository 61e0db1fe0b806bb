#pragma once
#include <QString>
#include <QTemporaryDir>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/io/checkpoint.h"
#include "file_bytes.h"

/// A temporary folder to put model files into.
class ModelFolder {
 public:
  std::filesystem::path path(const std::string& name = {}) const {
    const std::filesystem::path folder = m_folder.path().toStdString();
    return name.empty() ? folder : folder / name;
  }
  /// Writes a file, with the folders on the way to it, and returns its path.
  std::filesystem::path write(const std::string& name, const FileBytes& file) const {
    const std::filesystem::path target = path(name);
    std::filesystem::create_directories(target.parent_path());
    std::ofstream(target, std::ios::binary)
        .write(reinterpret_cast<const char*>(file.bytes().data()), static_cast<std::streamsize>(file.bytes().size()));
    return target;
  }
  std::filesystem::path write(const std::string& name, std::string_view text) const {
    return write(name, FileBytes().raw(text));
  }

  /// The sentence a call is refused with; a text that says so when it is not, or with another code.
  template <typename Function>
  static QString refused(const Function& function, core::ErrorCode expected) {
    try {
      function();
    } catch (const core::Error& error) {
      const QString sentence = QString::fromUtf8(error.what());
      if (!sentence.endsWith('.') || sentence.contains('\n')) return "not one sentence: " + sentence;
      return error.code() == expected ? sentence : "wrong code: " + sentence;
    }
    return "was accepted";
  }
  QString refusal(const std::filesystem::path& opened, core::ErrorCode expected) const {
    return refused([&] { (void)core::io::openCheckpoint(opened); }, expected);
  }

 private:
  QTemporaryDir m_folder;
};
