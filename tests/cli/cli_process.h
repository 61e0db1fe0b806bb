#pragma once
#include <QFile>
#include <QProcess>
#include <QStringList>
#include <stdexcept>
#include <string>

#include <nlohmann/json.hpp>

/// quantscope-cli as a script sees it: a process with arguments, an exit code, standard output and standard error.
namespace cli {

using Json = nlohmann::json;

const QString kModel = QStringLiteral(QS_TEST_DATA "/logits/prototype-outliers.gguf");

struct Run {
  int code = -1;
  QByteArray out, err;
};

inline Run runProgram(const QString& program, const QStringList& arguments, const QString& folder = {},
                      const QProcessEnvironment& environment = QProcessEnvironment::systemEnvironment()) {
  QProcess process;
  process.setProcessEnvironment(environment);
  if (!folder.isEmpty()) process.setWorkingDirectory(folder);
  process.start(program, arguments);
  if (!process.waitForFinished(120'000) || process.exitStatus() != QProcess::NormalExit) return {};
  return {process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
}

inline Run run(const QStringList& arguments, const QString& folder = {}) {
  return runProgram(QStringLiteral(QS_CLI), arguments, folder);
}

inline Run run(const QStringList& arguments, const QProcessEnvironment& environment) {
  return runProgram(QStringLiteral(QS_CLI), arguments, {}, environment);
}

/// A line for bash in which $0 is the program. Its exit code is that of the last command, pipes included.
inline Run shell(const QString& line, const QString& folder = {}) {
  return runProgram(
      QStringLiteral("bash"),
      {QStringLiteral("-o"), QStringLiteral("pipefail"), QStringLiteral("-c"), line, QStringLiteral(QS_CLI)}, folder);
}

/// The answer of a command that must succeed. @throws std::runtime_error otherwise, so that the test fails
inline Json json(QStringList arguments) {
  arguments << QStringLiteral("--json");
  const Run result = run(arguments);
  if (result.code != 0 || !result.err.isEmpty())
    throw std::runtime_error("exit code " + std::to_string(result.code) + ": " + result.err.toStdString());
  return Json::parse(result.out.toStdString());
}

inline QByteArray contents(const QString& path) {
  QFile file(path);
  if (!file.open(QIODevice::ReadOnly)) throw std::runtime_error("cannot open " + path.toStdString());
  return file.readAll();
}

inline void writeFile(const QString& path, const QByteArray& bytes) {
  QFile file(path);
  if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
    throw std::runtime_error("cannot write " + path.toStdString());
}

/// Whether this is one complete sentence, as every command's complaint is.
inline bool isOneSentence(const QByteArray& text) { return text.count('\n') == 1 && text.endsWith(".\n"); }

}  // namespace cli
