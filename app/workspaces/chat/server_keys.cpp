#include "app/workspaces/chat/server_keys.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSaveFile>
#include <QSettings>
#include <mutex>

#include "app/text/tr.h"
#include "app/workspaces/chat/secret_service.h"

namespace app {

using text::tr;

namespace {

constexpr qint64 kLargestFile = 1 << 20;

std::mutex& fileMutex() {
  static std::mutex mutex;
  return mutex;
}

QString keyFile() { return QFileInfo(QSettings().fileName()).path() + QStringLiteral("/server-keys.json"); }

QJsonObject readKeys() {
  QFile file(keyFile());
  if (file.size() > kLargestFile || !file.open(QIODevice::ReadOnly)) return {};
  return QJsonDocument::fromJson(file.readAll()).object();
}

/// Nobody else can read it, at no moment.
bool writeKeys(const QJsonObject& keys) {
  if (keys.isEmpty()) return !QFile::exists(keyFile()) || QFile::remove(keyFile());
  QDir().mkpath(QFileInfo(keyFile()).path());
  QSaveFile file(keyFile());
  if (!file.open(QIODevice::WriteOnly)) return false;
  if (!file.setPermissions(QFileDevice::ReadOwner | QFileDevice::WriteOwner)) return false;
  const QByteArray text = QJsonDocument(keys).toJson();
  return file.write(text) == text.size() && file.commit();
}

}  // namespace

QString serverKey(const QString& url) {
  if (const auto kept = secret_service::find(url)) return *kept;
  const std::lock_guard lock(fileMutex());
  return readKeys().value(url).toString();
}

QString setServerKey(const QString& url, const QString& key) {
  secret_service::forget(url);
  const bool isInKeyring = !key.isEmpty() && secret_service::keep(url, key);
  const std::lock_guard lock(fileMutex());
  QJsonObject keys = readKeys();
  const bool stood = keys.contains(url);
  keys.remove(url);
  if (!key.isEmpty() && !isInKeyring) keys.insert(url, key);
  const bool isWritten = (!stood && (key.isEmpty() || isInKeyring)) || writeKeys(keys);
  if (key.isEmpty())
    return isWritten ? tr("No key is kept.") : tr("The key could not be removed from %1.").arg(keyFile());
  if (isInKeyring) return tr("The key is in the system's keyring.");
  return isWritten ? tr("No keyring answers: the key is in %1, which only you can read.").arg(keyFile())
                   : tr("The key could not be kept: no keyring answers, and %1 cannot be written.").arg(keyFile());
}

}  // namespace app
