#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "app/session/open_model.h"
#include "app/session/variant.h"
#include "core/io/input_files.h"
#include "core/model/kv_snapshot.h"
#include "core/model/session.h"

namespace app {

/// What decides the keys and values of a session, hashed, for they stand in files: the model's files (path, size, time
/// of change), its scheme with all that this was made with, the scaling of positions, the device with its driver, the
/// build of the program. Nothing for recipes with replaced tensors, which no text identifies.
/// @param variant what the session was made of; the device it really runs on is asked of the session
std::optional<std::vector<core::model::KvTrait>> promptTraits(const OpenModel& model, const Variant& variant,
                                                              core::model::Session& session);

/// Takes up what a prompt cache has of a prompt and the session does not. @returns how many tokens came from the file
/// @throws core::Error (InvalidFile) when it is damaged, no prompt cache or of something else, as KvSnapshot::restore
std::uint32_t readPrompt(const std::filesystem::path& file, core::model::Session& session,
                         const std::vector<core::model::KvTrait>& traits, std::span<const core::text::TokenId> prompt,
                         const core::JobContext& job = core::JobContext());
/// Writes what the session has read and written, if the file does not begin with all of that.
/// @param inputs what must not be overwritten  @returns whether it was written
/// @throws core::Error as KvSnapshot::write, OutputFile; core::Cancelled
bool writePrompt(const std::filesystem::path& file, core::model::Session& session,
                 const std::vector<core::model::KvTrait>& traits, const core::io::InputFiles& inputs,
                 const core::JobContext& job = core::JobContext());

/// Prompt caches of a folder, one for each set of traits, that make room for each other. Nothing here fails: what
/// cannot be read is computed, what cannot be written is not kept.
struct PromptCaches {
  static constexpr std::uint64_t kUsualBytes = 2'000'000'000;

  std::filesystem::path folder;           ///< empty: nothing is kept
  std::uint64_t mostBytes = kUsualBytes;  ///< of all together; the oldest make room

  bool operator==(const PromptCaches&) const = default;
  /// As readPrompt(), but 0 when it does not fit. @throws core::Cancelled, core::Error (Device, DeviceLost)
  std::uint32_t read(core::model::Session& session, const std::optional<std::vector<core::model::KvTrait>>& traits,
                     std::span<const core::text::TokenId> prompt, const core::JobContext& job) const;
  /// As writePrompt(), but nothing where it would take more than all may. @throws core::Cancelled
  void write(core::model::Session& session, const std::optional<std::vector<core::model::KvTrait>>& traits,
             const core::JobContext& job) const;
  /// What they take now.
  std::uint64_t usedBytes() const;
  /// Removes them all.
  void clear() const;

 private:
  std::filesystem::path fileOf(const std::vector<core::model::KvTrait>& traits) const;
};

}  // namespace app
