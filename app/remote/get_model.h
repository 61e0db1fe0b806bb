#pragma once
#include <string>
#include <string_view>

#include "app/remote/range_download.h"
#include "app/remote/remote_model.h"
#include "core/base/job_context.h"

namespace app::remote {

/// Whether a text is a name that can be got from elsewhere: "hf:…", "ollama:…".
bool isRemoteName(std::string_view text);

/// What a person may have copied, as such a name: an address on huggingface.co or ollama.com, "ollama pull NAME", a
/// bare OWNER/NAME of the hub; trimmed. Anything else stays what it is.
std::string remoteNameFrom(std::string_view typed);

/// What a server has under a name, with size and fit; nothing is downloaded. The one door for window and command line.
/// @param name "hf:OWNER/NAME…" or "ollama:NAME[:TAG]"
/// @throws RemoteError, core::Error (InvalidArgument), core::Cancelled
RemoteModel listModel(const std::string& name, const core::JobContext& job, const Patience& patience = {});

/// Downloads the variant that a name means to where the tools it belongs to keep it, and goes on where an earlier try
/// ended. What is whole already is not asked for again.
/// @param listed of listModel() for the same name @param wanted a variant's name or a file; empty: the only one
GotModel getModel(const RemoteModel& listed, const std::string& wanted, const core::JobContext& job,
                  const Patience& patience = {});

/// The variant that a name asks for itself: "Q4_K_M" of "hf:OWNER/NAME:Q4_K_M"; empty where it does not.
std::string variantInName(const std::string& name);

}  // namespace app::remote
