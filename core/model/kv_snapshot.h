#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/job_context.h"
#include "core/io/mapped_file.h"
#include "core/io/output_file.h"
#include "core/model/kv_cache.h"

namespace core::model {

/// One thing that decides what keys and values are.
struct KvTrait {
  std::string what;   ///< for people: "model", "scheme"
  std::string value;  ///< equal for equal keys and values
  bool operator==(const KvTrait&) const = default;
};

/// What a KV cache held, in a file that outlives it (a prompt cache): the first tokens of a text with their keys and
/// values, and the states that were kept, as the executor that made them lays them out. A file is used by whoever has
/// the same traits, as far as the texts are the same; nothing of it is believed before it was checked. Little-endian:
///
///   "QSPROMPT", version (u32)
///   traits: count (u64), pairs of strings    what the cache is of, its KvType among them
///   tokens: count (u64), ids (i32)
///   row bytes, state bytes: count (u64), u64 each    KvCache::Layout
///   states: count (u64), position (u32) and isOfOne (u8) each
///   XXH64 of all that
///   of each part its rows, in blocks of at most 4 MiB or one row, each with its XXH64 behind
///   of each state what is kept of it, in the order above, each with its XXH64 behind
class KvSnapshot {
 public:
  /// Reads the head. @throws Error (InvalidFile) for what is no such file, is damaged or of another version; (NotFound,
  /// Io)
  explicit KvSnapshot(const std::filesystem::path& file);

  std::span<const TokenId> tokens() const { return m_tokens; }
  /// Nothing where a cache of these traits can take it up; otherwise a sentence.
  std::optional<std::string> whyNot(const std::vector<KvTrait>& traits, const KvCache& cache) const;

  /// Takes up what these tokens and the file's begin with in common, if it is more than the cache has of them; forgets
  /// what the cache has of others. @pre !whyNot()
  /// @returns how many of the cache's tokens came from the file; the others were there
  /// @throws Error (InvalidFile) when it is damaged, Cancelled, (Io, Device, DeviceLost, OutOfMemory): the cache holds
  /// what it had of these tokens
  std::uint32_t restore(KvCache& cache, std::span<const TokenId> tokens, const JobContext& job = JobContext()) const;

  /// Writes what a cache holds; its type becomes one of the traits. @throws Error (Io, Device, DeviceLost,
  /// OutOfMemory), Cancelled: then the output is not complete
  static void write(const KvCache& cache, std::vector<KvTrait> traits, io::OutputFile& output,
                    const JobContext& job = JobContext());
  /// Bytes that would take, but for the head.
  static std::uint64_t plannedBytes(const KvCache& cache);

 private:
  void readHead(std::span<const std::byte> bytes);
  std::span<const std::byte> checked(std::uint64_t at, std::uint64_t bytes) const;
  void restoreRows(KvCache& cache, std::uint32_t first, std::uint32_t end, const JobContext& job) const;

  io::MappedFile m_file;
  std::string m_source;  ///< what sentences call it
  std::vector<KvTrait> m_traits;
  std::vector<TokenId> m_tokens;
  KvCache::Layout m_layout;
  std::vector<StateSlots::Kept> m_states;
  std::uint64_t m_rows = 0, m_stateData = 0;  ///< where they begin
};

}  // namespace core::model
