#pragma once
#include <QString>
#include <optional>

namespace app {

/// The system's keyring by its D-Bus interface, as far as keys of servers need it. Where none answers within two
/// seconds, is locked, or there is no session bus, nothing is found and nothing kept.
/// Source: freedesktop.org, Secret Service API 0.2 (plain sessions: what is sent stays on this computer's bus).
namespace secret_service {

std::optional<QString> find(const QString& url);
/// @return whether the keyring has it now
bool keep(const QString& url, const QString& key);
void forget(const QString& url);

}  // namespace secret_service

}  // namespace app
