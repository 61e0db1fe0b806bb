#include "app/workspaces/chat/server_choice.h"

#include <QByteArray>
#include <QUrl>

#include "app/remote/api_server.h"
#include "app/remote/url.h"

namespace app {

std::string ServerChoice::toString() const { return remote::percentEncoded(url) + "," + remote::percentEncoded(model); }

std::optional<ServerChoice> ServerChoice::parse(const std::string& text) {
  const std::size_t comma = text.find(',');
  if (comma == std::string::npos) return std::nullopt;
  const auto decoded = [](const std::string& part) {
    return QByteArray::fromPercentEncoding(QByteArray::fromStdString(part)).toStdString();
  };
  try {
    return ServerChoice{remote::apiUrlOf(decoded(text.substr(0, comma))), decoded(text.substr(comma + 1))};
  } catch (const remote::RemoteError&) {
    return std::nullopt;
  }
}

QString titleOf(const ServerChoice& server) {
  const QUrl url(QString::fromStdString(server.url));
  const QString host = url.port() < 0 ? url.host() : QStringLiteral("%1:%2").arg(url.host()).arg(url.port());
  return server.model.empty() ? host : QStringLiteral("%1 · %2").arg(QString::fromStdString(server.model), host);
}

}  // namespace app
