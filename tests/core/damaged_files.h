#pragma once
#include <QTest>
#include <algorithm>

#include <functional>
#include <string>

#include "allocation_meter.h"
#include "core/base/error.h"
#include "core/io/checkpoint.h"
#include "file_bytes.h"

/// Opens a file from memory and uses all that it claims to hold.
using OpenFunction =
    std::function<std::shared_ptr<const core::io::Checkpoint>(std::span<const std::byte>, std::shared_ptr<const void>)>;

/// Reads every tensor's first and last byte and every metadata value's text; gives a sum so that nothing is left out.
inline std::size_t touchEverything(const core::io::Checkpoint& model) {
  std::size_t sum = model.parameters();
  for (std::size_t i = 0; i < model.tensors().size(); ++i) {
    const auto view = model.view(i);
    if (!view.bytes.empty()) sum += std::to_integer<std::size_t>(view.bytes.front() ^ view.bytes.back());
  }
  for (const auto& entry : model.metadata().entries()) sum += toDisplayText(entry.value).size();
  return sum;
}

enum class Outcome { Opened, Refused };

/// What may be allocated at once for a file of this size: as much, or a few rows of the tensor table, which are larger
/// than the bytes they are read from.
inline std::size_t mostAtOnce(std::span<const std::byte> file) {
  return std::max(file.size(), 4 * sizeof(core::io::TensorInfo));
}

/// Opens one damaged variant. Anything but success or core::Error escapes and fails the test, and so does an
/// allocation larger than `limit` bytes while opening.
inline Outcome openDamaged(const OpenFunction& open, std::span<const std::byte> damaged, std::size_t limit,
                           const std::string& which) {
  const ExactBytes bytes(damaged);
  allocation_meter::reset();
  try {
    const auto model = open(bytes.span, bytes.owner);
    const std::size_t largest = allocation_meter::largest;
    if (largest > limit)
      QTest::qFail(("allocated " + std::to_string(largest) + " at once, " + which).c_str(), __FILE__, __LINE__);
    (void)touchEverything(*model);
    return Outcome::Opened;
  } catch (const core::Error& error) {
    const std::size_t largest = allocation_meter::largest;
    if (largest > limit)
      QTest::qFail(("allocated " + std::to_string(largest) + " at once, " + which).c_str(), __FILE__, __LINE__);
    const std::string sentence = error.what();
    if (sentence.empty() || sentence.back() != '.' || sentence.find('\n') != std::string::npos) {
      QTest::qFail(("not one sentence: " + sentence).c_str(), __FILE__, __LINE__);
    }
    return Outcome::Refused;
  }
}

/// Every proper prefix must be refused.
inline void checkEveryTruncation(const OpenFunction& open, std::span<const std::byte> valid) {
  for (std::size_t length = 0; length < valid.size(); ++length) {
    const std::string which = "cut to " + std::to_string(length) + " bytes";
    if (openDamaged(open, valid.first(length), mostAtOnce(valid), which) != Outcome::Refused) {
      QFAIL((which + ": was accepted").c_str());
    }
  }
}

/// Every byte of the file replaced by several others: opens or is refused, nothing else. Gives the number refused.
inline std::size_t countRefusedByteFlips(const OpenFunction& open, std::span<const std::byte> valid) {
  std::size_t refused = 0;
  std::vector<std::byte> damaged(valid.begin(), valid.end());
  for (std::size_t position = 0; position < damaged.size(); ++position) {
    const std::byte original = damaged[position];
    for (const std::byte value : {std::byte{0x00}, std::byte{0xFF}, std::byte{0x7F}, original ^ std::byte{0x01},
                                  original ^ std::byte{0x80}, std::byte{'"'}}) {
      damaged[position] = value;
      const std::string which =
          "byte " + std::to_string(position) + " changed to " + std::to_string(std::to_integer<int>(value));
      if (openDamaged(open, damaged, mostAtOnce(valid), which) == Outcome::Refused) ++refused;
    }
    damaged[position] = original;
  }
  return refused;
}
