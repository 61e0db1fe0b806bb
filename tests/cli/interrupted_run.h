#pragma once
#include <signal.h>

#include <QProcess>
#include <QtTest>

/// Starts a training run and interrupts it as soon as its second step is told, in whatever it does then.
/// @return what it said on stderr; nothing where it could not be interrupted
inline QByteArray interruptedRun(const QStringList& arguments) {
  constexpr int kPatience = 60'000;
  QProcess process;
  process.start(QStringLiteral(QS_CLI), arguments);
  QByteArray out;
  while (!out.contains("\"step\":2,\"loss\"")) {
    if (!process.waitForReadyRead(kPatience)) return {};
    out += process.readAllStandardOutput();
  }
  if (::kill(static_cast<pid_t>(process.processId()), SIGINT) != 0 || !process.waitForFinished(kPatience)) return {};
  return process.readAllStandardError();
}
