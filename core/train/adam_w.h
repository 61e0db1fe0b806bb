#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/train/trained_model.h"

namespace core::train {

/// What an optimizer's moments are kept as.
enum class StateKind : std::uint8_t {
  Fp32,
  Int8,  ///< blocks of 256 under an absmax each, codes of bitsandbytes' dynamic maps (Dettmers et al. 2022, 8-bit
         ///< Optimizers via Block-wise Quantization); parameters below 4096 values stay FP32, as there
  Paged  ///< FP32 in a file mapped into memory, which the system may write out when memory is short (QLoRA's paged
         ///< optimizers, Dettmers et al. 2023)
};

struct AdamWSettings {
  double beta1 = 0.9, beta2 = 0.99;
  double epsilon = 1e-8;
  double weightDecay = 0.0;
  StateKind state = StateKind::Fp32;
  std::filesystem::path pageFolder = std::filesystem::temp_directory_path();  ///< of StateKind::Paged
};

/// Adam with decoupled weight decay (Loshchilov & Hutter 2019, algorithm 2):
///   m = β1 m + (1 − β1) g,  v = β2 v + (1 − β2) g²,
///   w −= rate · (m / (1 − β1ᵗ) / (sqrt(v / (1 − β2ᵗ)) + ε) + decay · w)
class AdamW {
 public:
  AdamW(std::span<const Parameter> parameters, const AdamWSettings& settings);
  ~AdamW();
  AdamW(const AdamW&) = delete;
  AdamW& operator=(const AdamW&) = delete;

  /// @param gradientFactor that every gradient is multiplied by first (clipping)  @param step from 1
  void step(std::span<Parameter> parameters, double rate, double gradientFactor, std::uint64_t step);

  /// In memory; pages on disk are not counted.
  std::uint64_t stateBytes() const;
  /// The moments as they are kept, in pieces to be written and read back.
  struct Piece {
    std::string name;  ///< "NAME.moments" (both, one after the other), or "NAME.state_codes" and "NAME.state_scales"
    bool isBytes;      ///< codes, else float32
    std::span<std::byte> data;  ///< until the optimizer goes
  };
  std::vector<Piece> pieces();
  /// What stateBytes() will be for one parameter of so many values.
  static std::uint64_t predictedBytes(std::uint64_t values, StateKind kind);

 private:
  struct State;
  AdamWSettings m_settings;
  std::vector<std::unique_ptr<State>> m_states;  ///< of each parameter
};

}  // namespace core::train
