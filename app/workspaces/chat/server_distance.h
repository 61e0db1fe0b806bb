#pragma once
#include <optional>
#include <span>

#include "app/workspaces/chat/server_comparison.h"
#include "app/workspaces/chat/server_writer.h"
#include "core/model/session.h"

namespace app {

/// How far a model is from a server: it reads the server's words behind its own prompt of the same messages, and its
/// distributions are compared with what the server told of its own. As far as the server's tokens are those of its
/// vocabulary, and its context reaches; nothing where that is not the first token.
/// @throws core::Error as Session::score, core::Cancelled
std::optional<ServerComparison> compareWithServer(core::model::Session& reference,
                                                  std::span<const core::text::TokenId> prompt,
                                                  std::span<const core::text::TokenId> answer,
                                                  std::span<const ServerWriter::Known> known,
                                                  const core::JobContext& job);

}  // namespace app
