#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "gpu/recording.h"

namespace gpu {

/// Something that recorded commands name, by the buffers and descriptor sets they read: once it goes, nothing of them
/// runs any more, nor can it be run again.
class Recorded {
 public:
  Recorded();
  ~Recorded();
  Recorded(const Recorded&) = delete;
  Recorded& operator=(const Recorded&) = delete;

  /// No other one of this process has or will have it.
  std::uint64_t number() const { return m_number; }
  void isNamedBy(const std::shared_ptr<Recording>& recording);
  /// Nothing that names it runs any more.
  void settle() const noexcept;

 private:
  std::uint64_t m_number;
  std::vector<std::weak_ptr<Recording>> m_recordings;
};

/// The commands that an executor keeps to run them again.
class Recordings {
 public:
  /// What tells them apart: numbers of what they name, tokens of the batch, what is wanted.
  using Key = std::vector<std::uint64_t>;

  std::shared_ptr<Recording> find(const Key& key) const;
  /// @param isOfTokens it is of single tokens, which come again and again; a prompt's odd rest does not: such ones are
  /// all forgotten when many
  /// @param named all that it names
  std::shared_ptr<Recording> keep(const Key& key, Recording recording, bool isOfTokens,
                                  const std::vector<Recorded*>& named);

  std::size_t kept() const;
  std::size_t made() const { return m_made; }

 private:
  struct Kept {
    std::shared_ptr<Recording> recording;
    bool isOfTokens;
  };
  void makeRoom(bool isOfTokens);

  std::map<Key, Kept> m_kept;
  std::size_t m_made = 0;
};

}  // namespace gpu
