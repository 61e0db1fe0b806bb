#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "app/session/open_model.h"
#include "app/session/train_settings.h"

namespace app {

enum class TrainMethod : std::uint8_t {
  Full,   ///< every weight trained: FP32 weights, gradients and AdamW's moments
  Lora,   ///< adapters over the weights as they are stored (16 bits of a published model)
  Qlora,  ///< adapters over a quantized base
  Qat     ///< every matrix trained through its quantization
};
constexpr std::size_t kTrainMethods = 4;
/// "full", "lora", "qlora", "qat": what JSON calls them.
std::string_view nameOf(TrainMethod method);

/// Bytes of memory by part, as this program trains.
struct TrainMemory {
  std::uint64_t weights = 0;      ///< frozen ones as they are stored, trained ones in FP32, codes of QAT
  std::uint64_t adapters = 0;     ///< factors
  std::uint64_t gradients = 0;    ///< of what is trained, and the panels in which they are formed
  std::uint64_t optimizer = 0;    ///< AdamW's moments
  std::uint64_t activations = 0;  ///< values that the backward pass reads, logits and their gradients

  std::uint64_t total() const { return weights + adapters + gradients + optimizer + activations; }
};

/// Of a run on the open model, pages of mapped files apart: the system takes those back when it needs memory, and what
/// reads them again is slower but right. @throws core::Error where it cannot be trained
TrainMemory predictMemory(OpenModel& model, const QatLabSettings& settings);
TrainMemory predictMemory(OpenModel& model, const QloraLabSettings& settings);

/// One model under every method.
struct TrainMemoryRow {
  std::string id, title;  ///< "llama-2-7b", "Llama 2 7B"; of the open model its name
  double parameters = 0;
  TrainMemory methods[kTrainMethods];  ///< by TrainMethod
};

/// The open model, where there is one, and published ones of 1.1B, 7B, 13B and 70B. @param settings base, adapter,
/// optimizer and how much is read in a step
std::vector<TrainMemoryRow> trainMemoryTable(OpenModel* open, const QloraLabSettings& settings);

/// Measures how much more memory the program needs than when this was made, at its most, pages of mapped files apart:
/// asks the kernel many times a second (Linux, /proc/self/statm).
class PeakMemory {
 public:
  PeakMemory();
  ~PeakMemory();
  PeakMemory(const PeakMemory&) = delete;
  PeakMemory& operator=(const PeakMemory&) = delete;

  std::uint64_t bytes() const;  ///< 0 where nobody knows

 private:
  void watch();

  std::uint64_t m_before;
  std::atomic<std::uint64_t> m_most;
  bool m_isOver = false;
  std::mutex m_mutex;
  std::condition_variable m_end;
  std::thread m_watcher;
};

}  // namespace app
